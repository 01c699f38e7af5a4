//! A progress bar on standard error, if that is a terminal and standard output is not (they would mix).

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::input::source::Source;
use crate::terminal::{grouped, is_quiet};

/// Perhaps a bar.
pub struct Progress {
    bar: Option<ProgressBar>,
    taken: Arc<AtomicU64>,
}

impl Progress {
    /// A bar for reading `source`, if it is `wanted` and there is a place for it.
    pub fn new(source: &Source, wanted: bool) -> Progress {
        let shown = wanted && !is_quiet() && io::stderr().is_terminal() && !io::stdout().is_terminal();
        Progress { bar: shown.then(|| bar(source.size)), taken: source.taken.clone() }
    }

    /// Shows how far the replay is.
    pub fn show(&mut self, events: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(self.taken.load(Ordering::Relaxed));
            bar.set_message(format!("{} events", grouped(events)));
        }
    }

    /// Takes the bar away.
    pub fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn bar(size: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::stderr());
    let template =
        if size.is_some() { "{bar:40} {percent:>3} %  {msg}  {eta} left" } else { "{spinner} {msg}  {elapsed}" };
    bar.set_style(ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar()));
    bar
}

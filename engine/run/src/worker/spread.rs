//! Which thread runs which regions of an app.

use riddhi_plan::logical::{Handler, QueryPlan};

use crate::compile::App;

/// Threads that one app may be spread over. Asking for more gives as many.
pub const WORKERS_MAX: usize = 64;

/// How an app was spread over threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    /// Threads asked for.
    pub asked: usize,
    /// By thread: the regions it runs.
    pub regions: Vec<Vec<usize>>,
}

impl Spread {
    /// Spreads an app's regions: those with more queries first, each to the thread that has the fewest queries so far.
    pub(super) fn new(app: &App, asked: usize) -> Spread {
        let logs = |r: usize| app.regions[r].queries.iter().any(|&q| logs(&app.queries[q]));
        let (together, mut alone): (Vec<usize>, Vec<usize>) = (0..app.regions.len()).partition(|&r| logs(r));
        let parts = alone.len() + usize::from(!together.is_empty());
        let workers = asked.min(parts).clamp(1, WORKERS_MAX);
        let weight = |regions: &[usize]| regions.iter().map(|&r| app.regions[r].queries.len()).sum::<usize>();
        let mut regions = vec![Vec::new(); workers];
        regions[0] = together;
        alone.sort_by_key(|&r| std::cmp::Reverse(app.regions[r].queries.len()));
        for r in alone {
            let least = regions.iter_mut().min_by_key(|ours| weight(ours)).expect("there is one worker at least");
            least.push(r);
        }
        regions.iter_mut().for_each(|ours| ours.sort_unstable());
        Spread { asked, regions }
    }

    /// Threads used.
    pub fn workers(&self) -> usize {
        self.regions.len()
    }

    /// Why it is fewer than were asked for, to be told to whoever asked.
    pub fn note(&self) -> Option<String> {
        let (asked, workers) = (self.asked, self.workers());
        if workers >= asked {
            return None;
        }
        let parts = match self.regions.iter().map(Vec::len).sum::<usize>() {
            0 | 1 => "all queries of the app are connected".to_owned(),
            n if n <= workers => format!("the app has {n} parts that share no stream"),
            n if workers < WORKERS_MAX => {
                format!("the app has {n} parts that share no stream, and those with #log go together")
            }
            _ => format!("an app may be spread over {WORKERS_MAX} workers"),
        };
        let plural = if workers == 1 { "" } else { "s" };
        Some(format!("{parts}: {workers} worker{plural} used, not {asked}"))
    }

    /// By stream: who gets its rows. Of a stream that no query touches, the first part, where they can be read.
    pub(super) fn owners(&self, app: &App) -> Vec<usize> {
        let mut owner = vec![0; app.streams.len()];
        for (number, regions) in self.regions.iter().enumerate() {
            for &q in regions.iter().flat_map(|&r| &app.regions[r].queries) {
                app.queries[q].streams().for_each(|stream| owner[stream] = number);
            }
        }
        owner
    }
}

fn logs(query: &QueryPlan) -> bool {
    let handlers = query.before.iter().chain(&query.after);
    handlers.into_iter().any(|h| matches!(h, Handler::Stream { name, .. } if name == "log"))
}

//! The last lines of the role machine, for whoever waits for what comes of a command.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use riddhi_node::Line;

use super::mirror::lock;

/// Lines that are kept; nobody waits so long that more are of use.
const KEPT: usize = 64;

/// How long a process that begins anew lets those who wait have their answer.
const LAST_WORD: Duration = Duration::from_secs(1);

/// The lines.
#[derive(Default)]
pub struct Lines {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Number of the next line.
    next: u64,
    kept: VecDeque<Line>,
    stepped_down: bool,
    waiting: usize,
}

/// What was said since somebody began to wait.
pub struct Since {
    /// The lines.
    pub lines: Vec<Line>,
    /// Whether the node has stepped down.
    pub stepped_down: bool,
}

/// Somebody who waits; while there is one, a process that begins anew takes its time.
pub struct Waiting<'a> {
    lines: &'a Lines,
    from: u64,
}

impl Lines {
    /// Something was said.
    pub fn push(&self, line: &Line) {
        let mut state = lock(&self.state);
        state.next += 1;
        state.kept.push_back(line.clone());
        if state.kept.len() > KEPT {
            state.kept.pop_front();
        }
        self.changed.notify_all();
    }

    /// The process is about to begin anew: returns when nobody waits any more, or after a second.
    pub fn step_down(&self) {
        let begun = Instant::now();
        let mut state = lock(&self.state);
        state.stepped_down = true;
        self.changed.notify_all();
        while state.waiting > 0
            && let Some(left) = LAST_WORD.checked_sub(begun.elapsed())
        {
            state = match self.changed.wait_timeout(state, left) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    /// Waits from now on.
    pub fn wait(&self) -> Waiting<'_> {
        let mut state = lock(&self.state);
        state.waiting += 1;
        Waiting { lines: self, from: state.next }
    }
}

impl Waiting<'_> {
    /// What was said since; waits a little for more.
    pub fn since(&self, wait: Duration) -> Since {
        let state = lock(&self.lines.state);
        let (state, _) = match self.lines.changed.wait_timeout(state, wait) {
            Ok(waited) => waited,
            Err(poisoned) => poisoned.into_inner(),
        };
        let n = usize::try_from(state.next - self.from).unwrap_or(KEPT).min(state.kept.len());
        let lines = state.kept.iter().skip(state.kept.len() - n).cloned().collect();
        Since { lines, stepped_down: state.stepped_down }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        lock(&self.lines.state).waiting -= 1;
        self.lines.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_comes_after_is_seen() {
        let lines = Lines::default();
        lines.push(&Line::Alone);
        let waiting = lines.wait();
        lines.push(&Line::Serving);
        let since = waiting.since(Duration::ZERO);
        assert_eq!((since.lines, since.stepped_down), (vec![Line::Serving], false));
        (0..2 * KEPT).for_each(|_| lines.push(&Line::HandingOver));
        assert_eq!(waiting.since(Duration::ZERO).lines.len(), KEPT);
        std::thread::scope(|scope| {
            scope.spawn(|| lines.step_down());
            while !waiting.since(Duration::from_millis(10)).stepped_down {}
            drop(waiting);
        });
    }
}

//! Brings a passive up with the whole state.
//!
//! Invariant: one such at a time. The end of one in the stream of another would make that look whole before it is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::DataPath;
use crate::log::Log;

/// What those that were asked for have in common.
#[derive(Clone, Default)]
pub(crate) struct Upbringing {
    one: Arc<Mutex<()>>,
    latest: Arc<AtomicU64>,
}

impl Upbringing {
    /// Another one is asked for: its number.
    pub(crate) fn ask(&self) -> u64 {
        self.latest.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// Carries it out over this link, after those that are at work. Nothing comes of it if a later one was asked for meanwhile, or
    /// the link is another.
    pub(crate) fn carry_out(&self, number: u64, link: u64, log: &Log, path: &dyn DataPath) {
        let _one = self.one.lock().unwrap_or_else(PoisonError::into_inner);
        if self.latest.load(Ordering::Acquire) == number && log.begin_anew(link) {
            path.append_state();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::log::Next;
    use crate::still::Still;

    #[test]
    fn a_state_is_whole_when_it_says_so() {
        let log = Arc::new(Log::default());
        log.take_over(1, 0);
        log.set_link(1);
        let (upbringing, to) = (Upbringing::default(), log.clone());
        // The state takes its time.
        let append_state = Box::new(move || {
            for record in [&b"one"[..], b"two", b"whole"] {
                std::thread::sleep(Duration::from_millis(20));
                to.append(record.to_vec());
            }
        });
        let path = Still { append_state, ..Still::default() };
        std::thread::scope(|scope| {
            for wait in [0, 30, 40] {
                std::thread::sleep(Duration::from_millis(wait));
                let number = upbringing.ask();
                let (upbringing, log, path) = (&upbringing, &log, &path);
                scope.spawn(move || upbringing.carry_out(number, 1, log, path));
            }
        });
        let mut records = Vec::new();
        loop {
            match log.next(1, false) {
                Next::Begin { anew, .. } => {
                    assert!(anew);
                    records.clear();
                }
                Next::Record(_, bytes) => records.push(bytes.to_vec()),
                Next::Nothing => break,
                _ => panic!("something else"),
            }
        }
        assert_eq!(records, [b"one".to_vec(), b"two".to_vec(), b"whole".to_vec()]);
        // Nothing comes of one for a link that is gone.
        let end = log.position();
        upbringing.carry_out(upbringing.ask(), 2, &log, &path);
        assert_eq!(log.position(), end);
    }
}

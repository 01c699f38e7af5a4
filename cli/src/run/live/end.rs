//! How an app ends, for good or to go on as another.

use super::{End, Live};
use crate::exit::{Exit, Failure};
use crate::run::drain::Drain;
use crate::say;
use riddhi_connect::sink::Unsent;
use riddhi_run::worker::{SinkThread, WorkerCounter, WorkerError};
use std::collections::BTreeMap;

impl Live {
    /// Ends in order: a last snapshot, then the threads.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        let state = match self.store.is_some() {
            true => match self.saved() {
                Ok(state) => Some(state),
                Err(End::Failed(failure)) => return Err(failure),
                Err(End::Orderly) => None,
            },
            false => None,
        };
        let ended = self.end_threads();
        if let Some(state) = state.filter(|_| self.changed && matches!(ended, Ok(true))) {
            self.write_snapshot(state)?;
        }
        if let Some(journal) = &mut self.journal {
            journal.end()?;
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.end()?;
        }
        ended.map(drop)
    }

    /// Lets worker and sinks do all that was sent, and waits for their ends. False if the sinks did not want all.
    pub(super) fn end_threads(&mut self) -> Result<bool, Failure> {
        let mut failed = None;
        if let Some(worker) = self.worker.take() {
            match worker.finish() {
                Ok(finished) => {
                    self.account.handled += finished.counters.get(WorkerCounter::Handled);
                    self.account.refused += finished.counters.get(WorkerCounter::Refused);
                    self.account.failed_rows += finished.sink.failed.rows;
                    self.left = Some(finished.pool);
                    if let Some(core) = self.core().filter(|_| !finished.pinned) {
                        say(&format!("warning: the engine could not be pinned to core {core}\n"));
                    }
                }
                Err(WorkerError::Panicked { message, counters }) => {
                    self.account.handled += counters.get(WorkerCounter::Handled);
                    self.account.refused += counters.get(WorkerCounter::Refused);
                    let failure = Failure::new(Exit::Failed, format!("a mistake in Riddhi: {message}"));
                    failed = Some(failure.help("please report it with the app"));
                }
            }
        }
        for slot in &self.sources {
            self.account.accepted += slot.counts.accepted;
            self.account.refused += slot.counts.refused;
        }
        self.sources.iter_mut().for_each(|s| s.counts = Default::default());
        let out = match self.drain.take().map(SinkThread::finish) {
            Some(Ok(mut drain)) => self.end_drain(&mut drain, &mut failed),
            Some(Err(_)) => {
                failed = failed.or(Some(Failure::new(Exit::Failed, "a sink panicked, a mistake in Riddhi")));
                false
            }
            None => true,
        };
        self.figures.settle();
        failed.map_or(Ok(out), Err)
    }

    pub(super) fn end_drain(&mut self, drain: &mut Drain, failed: &mut Option<Failure>) -> bool {
        if drain.broken.is_none() {
            let _ = drain.settle();
        }
        for slot in &drain.slots {
            let name = format!("{} of {}", slot.ty, self.app.streams[slot.stream as usize].name);
            let sent = self.account.sent.entry(name).or_default();
            (sent.0, sent.1) = (sent.0 + slot.rows, sent.1 + slot.lost);
        }
        match drain.broken.take() {
            None => true,
            Some(Unsent::Closed) => {
                self.account.closed = true;
                false
            }
            Some(Unsent::Stopping(why) | Unsent::Unavailable(why) | Unsent::Partly(_, why)) => {
                *failed = failed.take().or(Some(Failure::new(Exit::Failed, why)));
                false
            }
        }
    }

    /// Ends the threads; gives what the sinks need to go on.
    pub(super) fn stop_for_reload(&mut self) -> Result<BTreeMap<String, Vec<u8>>, End> {
        let drain = self.drain.take();
        let ended = self.end_threads();
        let Some(drain) = drain else { return Ok(BTreeMap::new()) };
        let Ok(mut drain) = drain.finish() else {
            return Err(Failure::new(Exit::Failed, "a sink panicked, a mistake in Riddhi").into());
        };
        let mut failed = None;
        let out = self.end_drain(&mut drain, &mut failed);
        match (ended, failed) {
            (Err(failure), _) | (_, Some(failure)) => Err(failure.into()),
            _ if !out => Err(End::Orderly),
            _ => Ok(drain.slots.iter().map(|s| (s.key.clone(), s.save())).collect()),
        }
    }
}

//! The worker's side of a live app: rows copied to the sink thread, log lines and failed rows reported.

use std::ops::ControlFlow;

use riddhi_run::Outputs;
use riddhi_run::worker::{Forward, Sink};

use super::wake::Waker;
use crate::failed::FailedRows;

/// Where the engine's outputs go.
pub struct Taps {
    forward: Forward,
    waker: Waker,
    /// Rows that could not be computed.
    pub failed: FailedRows,
}

impl Taps {
    /// With nothing put out yet.
    pub fn new(forward: Forward, waker: Waker) -> Taps {
        Taps { forward, waker, failed: FailedRows::default() }
    }

    fn report(&mut self, outputs: &Outputs<'_>) {
        for line in outputs.log() {
            crate::terminal::log(format!("{line}\n").as_bytes());
        }
        self.failed.take(outputs);
    }
}

impl Sink for Taps {
    fn take(&mut self, outputs: &Outputs<'_>) -> ControlFlow<()> {
        self.report(outputs);
        self.forward.take(outputs)
    }

    fn idle(&mut self) -> ControlFlow<()> {
        // The sequencer may sleep for a timer that is due earlier now.
        self.waker.wake();
        self.forward.idle()
    }
}

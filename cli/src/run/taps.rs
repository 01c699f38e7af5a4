//! The worker's side of a live app: rows copied to the sink thread, log lines and failed rows reported.

use std::ops::ControlFlow;

use riddhi_run::Outputs;
use riddhi_run::worker::{Forward, Sink};

use super::wake::Waker;
use crate::say;

/// Reports of failed rows that are shown; further ones are only counted.
const REPORTS_MAX: u64 = 20;

/// Where the engine's outputs go.
pub struct Taps {
    forward: Forward,
    waker: Waker,
    /// Rows that could not be computed.
    pub failed_rows: u64,
    reports: u64,
}

impl Taps {
    /// With nothing put out yet.
    pub fn new(forward: Forward, waker: Waker) -> Taps {
        Taps { forward, waker, failed_rows: 0, reports: 0 }
    }

    fn report(&mut self, outputs: &Outputs<'_>) {
        for line in outputs.log() {
            crate::terminal::log(format!("{line}\n").as_bytes());
        }
        for failure in outputs.failures() {
            self.failed_rows += failure.rows;
            self.reports += 1;
            if self.reports <= REPORTS_MAX {
                let rows = if failure.rows == 1 { "a row".to_owned() } else { format!("{} rows", failure.rows) };
                let place = format!("query {}, entry {}", failure.query, failure.position);
                say(&format!("warning: {place}: {rows} could not be computed: {}\n", failure.reason));
            } else if self.reports == REPORTS_MAX + 1 {
                say("note: further failures are counted, not shown\n");
            }
        }
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

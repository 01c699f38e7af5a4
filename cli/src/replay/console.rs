//! The worker's side of a replay: rows printed, log lines and failed rows reported, on the thread that runs the engine.
//!
//! Invariant: what was printed is handed on before the worker waits, so nothing lies about while the input is slow.

use std::ops::ControlFlow;

use riddhi_batch::Schema;
use riddhi_plan::logical::AppPlan;
use riddhi_run::worker::Sink;
use riddhi_run::{Answer, Outputs};

use super::End;
use super::printing::Printing;
use crate::failed::FailedRows;
use crate::output::sink::Broken;
use crate::say;

/// Where the engine's outputs go.
pub struct Console {
    printing: Printing,
    /// Why nothing can be printed any more; the worker ends with it.
    broken: Option<Broken>,
    failed: FailedRows,
}

impl Console {
    /// With nothing printed yet.
    pub fn new(printing: Printing) -> Console {
        Console { printing, broken: None, failed: FailedRows::default() }
    }

    /// Rows that could not be computed.
    pub fn failed_rows(&self) -> u64 {
        self.failed.rows
    }

    /// Rows printed, by target.
    pub fn printed(&self) -> Vec<(String, u64)> {
        self.printing.counts()
    }

    /// Goes on with the rows of another app.
    pub fn restart(&mut self, app: &AppPlan) {
        self.printing.restart(app);
    }

    /// Prints the answer to the on-demand query of that number, or why there is none.
    pub fn answer(&mut self, number: u64, answer: Result<(Schema, Answer), String>) {
        if self.broken.is_none() {
            self.broken = self.printing.answer(number, answer).err();
        }
    }

    /// Hands on all that was printed.
    pub fn flush(&mut self) -> Result<(), End> {
        Ok(self.printing.flush()?)
    }

    /// Why the worker has ended, if printing was the reason.
    pub fn take_broken(&mut self) -> Option<Broken> {
        self.broken.take()
    }

    fn goes_on(&mut self, printed: Result<(), Broken>) -> ControlFlow<()> {
        match printed {
            Ok(()) => ControlFlow::Continue(()),
            Err(broken) => {
                self.broken = Some(broken);
                ControlFlow::Break(())
            }
        }
    }

    /// Shows log lines and failed rows of a frame.
    fn report(&mut self, outputs: &Outputs<'_>) {
        for line in outputs.log() {
            say(&format!("{line}\n"));
        }
        self.failed.take(outputs);
    }
}

impl Sink for Console {
    fn take(&mut self, outputs: &Outputs<'_>) -> ControlFlow<()> {
        let printed = self.printing.print(outputs);
        self.report(outputs);
        self.goes_on(printed)
    }

    fn idle(&mut self) -> ControlFlow<()> {
        let flushed = self.printing.flush();
        self.goes_on(flushed)
    }
}

//! Rows that could not be computed: counted, and the first of them told.

use riddhi_connect::Reports;
use riddhi_run::Outputs;

use crate::say;

/// Those of a worker.
pub struct FailedRows {
    /// How many.
    pub rows: u64,
    reports: Reports,
}

impl Default for FailedRows {
    fn default() -> FailedRows {
        FailedRows { rows: 0, reports: Reports::of("failures") }
    }
}

impl FailedRows {
    /// Those of a frame.
    pub fn take(&mut self, outputs: &Outputs<'_>) {
        for failure in outputs.failures() {
            self.rows += failure.rows;
            self.reports.say(&|line| say(&format!("{line}\n")), || {
                let rows = if failure.rows == 1 { "a row".to_owned() } else { format!("{} rows", failure.rows) };
                let place = format!("query {}, entry {}", failure.query, failure.position);
                format!("warning: {place}: {rows} could not be computed: {}", failure.reason)
            });
        }
    }
}

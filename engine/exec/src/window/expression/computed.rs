//! An argument that is computed for each row: it becomes an attribute of the row, and the window reads that.

use riddhi_batch::{Column, Sel};
use riddhi_plan::registry::{StreamCx, StreamKernel, StreamRows};

/// Adds its argument as it is.
#[derive(Debug)]
pub(crate) struct Computed;

impl StreamKernel for Computed {
    fn run(&self, _: &mut StreamCx<'_>, rows: &StreamRows<'_>, added: &mut [Column]) {
        added[0].append(&rows.args[0], Sel::From(0), rows.n);
    }
}

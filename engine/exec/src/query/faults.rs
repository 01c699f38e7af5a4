//! Which events of the input a failure loses, for the stream's fault stream: only those that the failing row *is*, not those that
//! made an older row come out.

use riddhi_batch::Flow;
use riddhi_plan::registry::{Failed, SignalKind};

use super::general::Buffers;
use super::rows::Selected;
use super::{Code, Cx, Query, first_step, report};

/// Events that entered a query that takes the general way, in this turn.
#[derive(Debug, Default)]
pub struct Entered {
    /// Number of the first in the store.
    first: u64,
    /// Row and chunk of the input.
    rows: Vec<(u32, u32)>,
}

impl Entered {
    pub(super) fn clear(&mut self) {
        self.rows.clear();
    }

    /// Notes the selected rows, which get numbers from `first` on.
    pub(super) fn note(&mut self, first: u64, selected: &Selected) {
        if self.rows.is_empty() {
            self.first = first;
        }
        let mut i = 0;
        for piece in &selected.pieces {
            self.rows.extend((i..piece.end).map(|i| (selected.row(i as usize) as u32, piece.chunk)));
            i = piece.end;
        }
    }

    /// The rows noted from the `from`-th on, and their chunks, were those of a copy.
    pub(super) fn rename(&mut self, from: usize, name: impl Fn(u32, u32) -> (u32, u32)) {
        self.rows[from..].iter_mut().for_each(|(row, chunk)| (*row, *chunk) = name(*row, *chunk));
    }

    /// How many were noted.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    fn find(&self, number: u64) -> Option<(u32, u32)> {
        self.rows.get(usize::try_from(number.checked_sub(self.first)?).ok()?).copied()
    }
}

/// Whether the input of the query has a fault stream.
pub(super) fn wanted(code: &Code, cx: &Cx<'_>) -> bool {
    matches!(cx.shared.faults.get(code.element as usize), Some(Some(_)))
}

/// Reports selected rows of the input that could not be computed; where the input has a fault stream, they go there.
pub(super) fn report_rows(code: &Code, cx: &mut Cx<'_>, failed: &Failed, input: &Flow, selected: &Selected) {
    report(code, cx, failed, first_step(input, selected, failed));
    note_rows(code, cx, failed, |i| selected.row(i) as u32);
}

/// Notes rows that go to a fault stream; `row` tells which row of the input the i-th is.
pub(super) fn note_rows(code: &Code, cx: &mut Cx<'_>, failed: &Failed, row: impl Fn(usize) -> u32) {
    note(code, cx, failed, |i| Some(row(i)));
}

/// The same of signals.
pub(super) fn note_signals(code: &Code, cx: &mut Cx<'_>, g: &Buffers, failed: &Failed, signal: impl Fn(usize) -> u32) {
    note(code, cx, failed, |i| {
        let signal = signal(i) as usize;
        let place = g.chunks.partition_point(|c| c.0 as usize <= signal);
        g.entered_with(g.rows[signal], place).filter(|_| g.kinds[signal] == SignalKind::Current)
    });
}

fn note(code: &Code, cx: &mut Cx<'_>, failed: &Failed, row: impl Fn(usize) -> Option<u32>) {
    let Some(Some(faults)) = cx.shared.faults.get_mut(code.element as usize) else { return };
    for (i, why) in failed.each() {
        if let Some(row) = row(i) {
            faults.note(code.fault_input, row, why);
        }
    }
}

impl Buffers {
    /// The row of the input that is the row of that number, if it came with the chunk from which chunk `chunk` of the signals comes.
    fn entered_with(&self, number: u64, chunk: usize) -> Option<u32> {
        let (row, from) = self.entered.find(number)?;
        (self.origins[chunk] == Some(from)).then_some(row)
    }
}

impl Query {
    /// Of a query that only collects: the row of its input that arrives with a signal of this chunk, if it is not an older one.
    pub fn entered_with(&self, number: u64, chunk: usize) -> Option<u32> {
        self.work.buffers.general.entered_with(number, chunk)
    }
}

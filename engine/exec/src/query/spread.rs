//! Stream functions that give any number of rows for a row: the copy that the rows stand in is made anew, a row for each that they give.

use riddhi_batch::{Chunk, Columns, Flow, Sel};
use riddhi_plan::registry::{Spreads, StreamCx, StreamRows};

use super::faults::report_rows;
use super::rows::Selected;
use super::{Code, Cx, StreamCode, Work};
use crate::fault::Faults;

/// Which rows of a turn the rows of its copy were.
#[derive(Debug, Default)]
pub(super) struct Origins {
    /// Rows of the input that were copied.
    copied: Selected,
    /// Per row of the copy: which of those it was made of, once a function has spread them.
    of: Option<Vec<u32>>,
    /// Failures noted so far that name rows of the input; those behind name rows of the copy. None, if nobody wants to know.
    noted: Option<usize>,
}

impl Origins {
    /// Those of a copy just made.
    pub(super) fn new(code: &Code, cx: &Cx<'_>, copied: &Selected) -> Option<Origins> {
        let noted = noted(code, cx)?;
        Some(Origins { copied: copied.clone(), of: None, noted: Some(noted) })
    }

    /// The row of the input that a row of the copy was.
    pub(super) fn row(&self, row: u32) -> u32 {
        let copied = self.of.as_ref().map_or(row, |of| of[row as usize]);
        self.copied.row(copied as usize) as u32
    }

    /// Lets what was noted since the last time name rows of the input.
    pub(super) fn settle(&mut self, code: &Code, cx: &mut Cx<'_>) {
        let (Some(from), Some(Some(faults))) = (self.noted, cx.shared.faults.get_mut(code.element as usize)) else {
            return;
        };
        faults.translate(from, |row| self.row(row));
        self.noted = Some(faults.len());
    }

    /// The copy was made anew, out of these rows of it.
    fn spread(&mut self, from: &[u32]) {
        let before = self.of.take();
        self.of = Some(from.iter().map(|&row| before.as_ref().map_or(row, |of| of[row as usize])).collect());
    }
}

fn noted(code: &Code, cx: &Cx<'_>) -> Option<usize> {
    cx.shared.faults.get(code.element as usize)?.as_ref().map(Faults::len)
}

/// The chunks of rows made of these rows of chunks: with `apart` each row is one, else those of one chunk stay together.
fn chunks(chunks: &[Chunk], from: &[u32], apart: bool) -> Vec<Chunk> {
    let mut made = Vec::new();
    let mut at = 0;
    for chunk in chunks {
        let (first, end) = (at, chunk.first + chunk.rows);
        at += from[at..].iter().take_while(|&&row| row < end).count();
        let each = if apart { 1 } else { (at - first).max(1) };
        let rows = |first: usize| Chunk { first: first as u32, rows: each as u32, ..*chunk };
        made.extend((first..at).step_by(each).map(rows));
    }
    made
}

impl Work {
    /// Makes the copy anew out of the rows that the function gives for the selected ones.
    pub(super) fn spread_rows(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        wide: &mut Flow,
        selected: &mut Selected,
        function: &StreamCode,
        own: Option<usize>,
        origins: Option<&mut Origins>,
    ) {
        let (mut added, mut from) = (function.added(), Vec::new());
        let args = self.stream_args(code, cx, wide, (0, wide.chunks.len()), selected, function, own);
        let attributes = &code.schema.attributes[..function.sees];
        let mut scx = StreamCx { arena: cx.arena, log: cx.log, attributes, app: &code.app };
        let rows = StreamRows { columns: &wide.rows, sel: selected.sel(), n: selected.n, args: &args, expired: &[] };
        let failed = &mut self.buffers.failed;
        function.kernel.spread(&mut scx, &rows, &mut added, &mut from, failed);
        if !failed.is_empty() {
            report_rows(code, cx, failed, wide, selected);
        }
        from.iter_mut().for_each(|row| *row = selected.row(*row as usize) as u32);
        if let Some(origins) = origins {
            origins.settle(code, cx);
            origins.spread(&from);
        }
        let mut rows = Columns::of(&code.schema);
        rows.ts.extend(from.iter().map(|&row| wide.rows.ts[row as usize]));
        let seen = rows.cols.iter_mut().zip(&wide.rows.cols).take(function.sees);
        seen.for_each(|(to, column)| to.append(column, Sel::Rows(&from), from.len()));
        rows.cols[function.sees..].iter_mut().zip(added).for_each(|(to, added)| *to = added);
        wide.rows = rows;
        wide.chunks = chunks(&wide.chunks, &from, function.kernel.spreads() == Spreads::Apart);
        selected.all(0, from.len());
    }
}

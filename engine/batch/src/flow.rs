//! Rows of one place in the query graph, and the chunks they came in.

use crate::{Column, Kind, Schema, Sel};

/// Rows: a timestamp each (milliseconds of event time) and a column an attribute.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// Milliseconds since 1970.
    pub ts: Vec<i64>,
    /// One column an attribute, all as long as `ts` between appends.
    pub cols: Vec<Column>,
}

impl Columns {
    /// Empty columns of these kinds.
    pub fn new(kinds: impl IntoIterator<Item = Kind>) -> Columns {
        Columns { ts: Vec::new(), cols: kinds.into_iter().map(Column::new).collect() }
    }

    /// Empty columns for a stream.
    pub fn of(schema: &Schema) -> Columns {
        Columns::new(schema.attributes.iter().map(|a| a.kind))
    }

    /// Rows.
    #[inline]
    pub fn len(&self) -> usize {
        self.ts.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.ts.is_empty()
    }

    /// Drops all rows, keeps capacity.
    pub fn clear(&mut self) {
        self.ts.clear();
        self.cols.iter_mut().for_each(Column::clear);
    }

    /// Keeps the first `rows` rows.
    pub fn truncate(&mut self, rows: usize) {
        self.ts.truncate(rows);
        self.cols.iter_mut().for_each(|c| c.truncate(rows));
    }

    /// Appends `n` rows of columns of the same kinds and arena.
    pub fn append(&mut self, from: &Columns, sel: Sel<'_>, n: usize) {
        sel.copy(&from.ts, n, &mut self.ts);
        for (to, from) in self.cols.iter_mut().zip(&from.cols) {
            to.append(from, sel, n);
        }
    }
}

/// Rows handed over together. 16 bytes, since one may come with every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// What the engine was doing: an entry of the frame, or `entries + n` for the n-th timer fired in it.
    pub step: u32,
    /// The chunk of the reader's input flow that this one came from; of a chunk that a timer made, that timer's step.
    pub cause: u32,
    /// First row.
    pub first: u32,
    /// Rows, at least one.
    pub rows: u32,
}

/// Rows of one place in the query graph within a frame, as chunks in processing order.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// The rows.
    pub rows: Columns,
    /// The chunks, which tile the rows in order.
    pub chunks: Vec<Chunk>,
    /// Rows that belong to chunks; those behind are being appended.
    pub committed: u32,
    /// Empty while all rows are current, else a byte a row: 0 current, 1 expired; of a named window and of joined rows also 2, the
    /// mark of a new batch, and of a named window what its readers know besides.
    pub kinds: Vec<u8>,
}

impl Flow {
    /// An empty flow for a stream.
    pub fn of(schema: &Schema) -> Flow {
        Flow { rows: Columns::of(schema), ..Flow::default() }
    }

    /// Drops everything, keeps capacity.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.chunks.clear();
        self.committed = 0;
        self.kinds.clear();
    }
}

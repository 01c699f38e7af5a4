//! The way of events that failed: what a query could not compute goes to its stream's fault stream, with the error.
//!
//! A query notes the rows of its input that failed ([`Faults`]); the node behind it takes them, chunk by chunk, when all that the
//! query made of the same chunk has been delivered.

use riddhi_batch::{Any, Chunk, Columns, Flow, Kind, LoadError, Schema, Value};

use crate::operator::{Inputs, Operator};
use crate::query::{Cx, Section};

/// Rows of a query's input that failed in this frame.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Row of the input's flow, and why.
    rows: Vec<(u32, String)>,
}

impl Faults {
    /// Notes a row.
    pub fn note(&mut self, row: u32, why: &str) {
        self.rows.push((row, why.to_owned()));
    }

    /// How many rows were noted.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows noted from the `n`-th on were places in a list of rows.
    pub fn translate(&mut self, n: usize, rows: impl Fn(u32) -> u32) {
        self.rows[n..].iter_mut().for_each(|(row, _)| *row = rows(*row));
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.rows.clear();
    }
}

/// The node that puts the failed events of a query into a fault stream.
pub struct FaultNode {
    key: String,
    /// The query's number.
    query: usize,
    out: Flow,
}

impl FaultNode {
    /// That of a query, for a fault stream of this shape: the event's attributes and the error.
    pub fn new(key: &str, query: usize, schema: &Schema) -> FaultNode {
        let kinds: Vec<Kind> = schema.attributes.iter().map(|a| a.kind).collect();
        FaultNode { key: key.to_owned(), query, out: Flow { rows: Columns::new(kinds), ..Flow::default() } }
    }
}

impl Operator for FaultNode {
    fn out(&self) -> &Flow {
        &self.out
    }

    fn clear_out(&mut self) {
        self.out.clear();
    }

    fn run(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>, from: usize, to: usize) {
        let Some(Some(faults)) = cx.shared.faults.get_mut(self.query) else { return };
        if faults.is_empty() {
            return;
        }
        // A row that failed in two places has failed once.
        faults.rows.sort_by_key(|(row, _)| *row);
        faults.rows.dedup_by_key(|(row, _)| *row);
        for place in from..to {
            let (_, flow, chunk) = inputs.at(place);
            let first = self.out.rows.len() as u32;
            let rows = chunk.first..chunk.first + chunk.rows;
            for (row, why) in faults.rows.iter().filter(|(row, _)| rows.contains(row)) {
                self.out.rows.ts.push(flow.rows.ts[*row as usize]);
                // What a partition adds behind the event's attributes is left out.
                let Some((error, event)) = self.out.rows.cols.split_last_mut() else { continue };
                event.iter_mut().zip(&flow.rows.cols).for_each(|(to, from)| to.push_from(from, *row as usize));
                error.push_any(Any::new(&Value::Str(why.as_str().into()), cx.arena));
            }
            let rows = self.out.rows.len() as u32 - first;
            if rows > 0 {
                self.out.chunks.push(Chunk { step: chunk.step, cause: place as u32, first, rows });
                self.out.committed += rows;
            }
        }
        let end = inputs.at(to - 1).2;
        faults.rows.retain(|(row, _)| *row >= end.first + end.rows);
    }

    fn save(&self, _out: &mut Vec<Section>) {}

    fn load(&mut self, role: &str, _bytes: &[u8]) -> Result<(), LoadError> {
        Err(LoadError::new(format!("`{}` has no {role}", self.key)))
    }

    fn bytes(&self) -> usize {
        0
    }
}

//! The way of events that failed: what a query could not compute goes to its stream's fault stream, with the error.
//!
//! A query notes the rows of its input that failed ([`Faults`]); the node behind it takes them, chunk by chunk, when all that the
//! query made of the same chunk has been delivered.

use riddhi_batch::{Any, Chunk, Columns, Flow, Kind, LoadError, Schema, Value};

use crate::operator::{Inputs, Operator};
use crate::query::{Cx, Section};

/// Instead of the number of an input: rows that the query has put together itself, until it tells what they were.
pub const MADE: u32 = u32::MAX;

/// Rows of a query's inputs that failed in this frame.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Input, row of its flow, and why.
    rows: Vec<(u32, u32, String)>,
    /// Rows that the query gave to a table, which could not do with them what it should.
    given: Vec<Given>,
}

/// A row of a query's output: where its chunk comes from, and its place in it.
#[derive(Clone, Debug)]
struct Given {
    step: u32,
    cause: u32,
    place: u32,
    rows: u32,
    why: String,
}

impl Given {
    /// The rows of the query's input that it stands for: its own if each row of the chunk gave one, else all of the chunk.
    fn rows(&self, of: Chunk) -> std::ops::Range<u32> {
        match of.rows == self.rows {
            true => of.first + self.place..of.first + self.place + 1,
            false => of.first..of.first + of.rows,
        }
    }
}

impl Faults {
    /// Notes a row of an input.
    pub fn note(&mut self, input: u32, row: u32, why: &str) {
        self.rows.push((input, row, why.to_owned()));
    }

    /// Notes the row at `place` of a chunk that the query put out, which could not be done to a table.
    pub fn note_given(&mut self, chunk: Chunk, place: u32, why: &str) {
        let Chunk { step, cause, rows, .. } = chunk;
        self.given.push(Given { step, cause, place, rows, why: why.to_owned() });
    }

    /// How many rows were noted.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.given.is_empty()
    }

    /// The rows noted from the `n`-th on were places in a list of rows.
    pub fn translate(&mut self, n: usize, rows: impl Fn(u32) -> u32) {
        self.rows[n..].iter_mut().for_each(|(_, row, _)| *row = rows(*row));
    }

    /// The rows noted of [`MADE`] were made of these, if of any event of this turn.
    pub fn trace(&mut self, of: impl Fn(u32) -> Option<(u32, u32)>) {
        self.rows.retain_mut(|(input, row, _)| {
            if *input == MADE {
                let Some(found) = of(*row) else { return false };
                (*input, *row) = found;
            }
            true
        });
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.given.clear();
    }
}

/// The node that puts the failed events of a query into a fault stream.
pub struct FaultNode {
    key: String,
    /// The query's number.
    query: usize,
    /// Which of its inputs.
    input: u32,
    out: Flow,
}

impl FaultNode {
    /// That of an input of a query, for a fault stream of this shape: the event's attributes and the error.
    pub fn new(key: &str, (query, input): (usize, u32), schema: &Schema) -> FaultNode {
        let kinds: Vec<Kind> = schema.attributes.iter().map(|a| a.kind).collect();
        FaultNode { key: key.to_owned(), query, input, out: Flow { rows: Columns::new(kinds), ..Flow::default() } }
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
        if !faults.given.is_empty() {
            // Of what is stepped the chunk at hand is the only one.
            let alone = inputs.order.len() == 1;
            let given = std::mem::take(&mut faults.given);
            for place in from..to {
                let (input, _, chunk) = inputs.at(place);
                let number = inputs.order[place].chunk;
                let own = |g: &&Given| g.step == chunk.step && (alone || g.cause == number);
                for given in given.iter().filter(own) {
                    given.rows(chunk).for_each(|row| faults.note(input, row, &given.why));
                }
            }
        }
        // A row that failed in two places has failed once.
        faults.rows.sort_by_key(|(input, row, _)| (*input, *row));
        faults.rows.dedup_by_key(|(input, row, _)| (*input, *row));
        let own = self.input;
        for place in from..to {
            let (_, flow, chunk) = inputs.at(place);
            let first = self.out.rows.len() as u32;
            let rows = chunk.first..chunk.first + chunk.rows;
            for (_, row, why) in faults.rows.iter().filter(|(input, row, _)| *input == own && rows.contains(row)) {
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
        faults.rows.retain(|(input, row, _)| *input != own || *row >= end.first + end.rows);
    }

    fn save(&self, _out: &mut Vec<Section>) {}

    fn load(&mut self, role: &str, _bytes: &[u8]) -> Result<(), LoadError> {
        Err(LoadError::new(format!("`{}` has no {role}", self.key)))
    }

    fn bytes(&self) -> usize {
        0
    }
}

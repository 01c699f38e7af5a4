//! What a store answered to the look-ups of a run of entries, as bytes for the journal, and read again.
//!
//! An answer: whether it was asked before the first entry of the run, what was asked (the number of a condition and values of
//! an event), and the rows, each with its number; or why there is no answer.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;
use riddhi_batch::{Arena, Column, Kind, LoadError, Reader, Writer};

/// Bytes of rows that an answer has at least.
const ROW_LEAST: usize = 9;

/// Rows that a store gave, with their numbers.
#[derive(Debug, Default)]
pub(super) struct StoreRows {
    pub cols: Vec<Column>,
    pub arena: Arena,
    pub numbers: Vec<u64>,
}

impl StoreRows {
    pub(super) fn of(kinds: impl Iterator<Item = Kind>) -> StoreRows {
        StoreRows { cols: kinds.map(Column::new).collect(), ..StoreRows::default() }
    }
}

/// Answers on their way to the journal.
#[derive(Debug, Default)]
pub(super) struct Record {
    bytes: Writer,
}

impl Record {
    /// Notes the rows `from..to` as the answer to what was asked.
    pub(super) fn rows(&mut self, asked: &[u8], ahead: bool, rows: &StoreRows, (from, to): (usize, usize)) {
        self.begin(asked, ahead);
        self.bytes.put_bool(true);
        self.bytes.put_u64((to - from) as u64);
        for row in from..to {
            self.bytes.put_u64(rows.numbers[row]);
            rows.cols.iter().for_each(|column| self.bytes.put_row(column, row, &rows.arena));
        }
    }

    /// Notes that there is no answer.
    pub(super) fn failed(&mut self, asked: &[u8], ahead: bool, why: &str) {
        self.begin(asked, ahead);
        self.bytes.put_bool(false);
        self.bytes.put_bytes(why.as_bytes());
    }

    fn begin(&mut self, asked: &[u8], ahead: bool) {
        self.bytes.put_bool(ahead);
        self.bytes.put_bytes(asked);
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> usize {
        self.bytes.bytes.len()
    }

    /// Forgets what was noted behind so many bytes.
    pub(super) fn cut(&mut self, bytes: usize) {
        self.bytes.bytes.truncate(bytes);
    }

    /// All of it, which is then forgotten.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes.bytes)
    }
}

/// An answer of the journal.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// These of the rows.
    Rows(usize, usize),
    /// There was none, for this reason.
    Failed(Arc<str>),
}

/// The answers of a run, from the journal.
#[derive(Debug)]
pub(super) struct Given {
    /// Position after the last entry of the run.
    pub until: u64,
    pub rows: StoreRows,
    pub by_asked: HashMap<Box<[u8]>, Answer, FixedState>,
    /// What was asked before the first entry, in order.
    pub ahead: Vec<Box<[u8]>>,
}

impl Given {
    /// Reads what [`Record`] wrote of a table with columns of these kinds.
    pub(super) fn read(bytes: &[u8], until: u64, kinds: impl Iterator<Item = Kind>) -> Result<Given, LoadError> {
        let rows = StoreRows::of(kinds);
        let mut given = Given { until, rows, by_asked: HashMap::default(), ahead: Vec::new() };
        let mut from = Reader::new(bytes);
        while from.left() > 0 {
            let ahead = from.get_bool()?;
            let asked: Box<[u8]> = from.get_bytes()?.into();
            let answer = match from.get_bool()? {
                true => {
                    let n = from.get_count(ROW_LEAST)?;
                    let first = given.rows.numbers.len();
                    for _ in 0..n {
                        given.rows.numbers.push(from.get_u64()?);
                        let StoreRows { cols, arena, .. } = &mut given.rows;
                        cols.iter_mut().try_for_each(|column| from.get_row(column, arena))?;
                    }
                    Answer::Rows(first, first + n)
                }
                false => Answer::Failed(String::from_utf8_lossy(from.get_bytes()?).into()),
            };
            if ahead {
                given.ahead.push(asked.clone());
            }
            given.by_asked.insert(asked, answer);
        }
        Ok(given)
    }
}

//! One side of a join at work: its handlers and window, and the rows of it that the other side can find.

use std::sync::Arc;

use riddhi_batch::{Any, Arena, Column, Data, Kind, LoadError, Sel, Str};
use riddhi_plan::join::SideOf;
use riddhi_plan::registry::{SignalKind, Times};

use super::code::{JoinCode, SideCode};
use super::contents::Contents;
use super::key::{NOTHING, words};
use crate::query::{Kept, Query};
use crate::store::{NO_ROW, Store};
use crate::table::Table;

/// A side.
pub struct Side {
    join: Arc<JoinCode>,
    at: usize,
    /// Handlers and window, which only say what happens.
    pub stage: Query,
    /// What can be found.
    pub contents: Contents,
    /// The rows of a named window, which stand in no store of ours otherwise.
    pub copy: Option<Store>,
    /// Words of the rows from `first` on.
    words: Vec<u128>,
    first: u64,
    /// Of a copy: for each signal of the turn the number of its row.
    copied: Vec<u64>,
    held: Vec<u64>,
    /// The number behind the last row that could be found.
    pub until: u64,
}

impl Side {
    /// A side with nothing remembered.
    pub fn new(join: Arc<JoinCode>, at: usize) -> Side {
        let code = &join.sides[at];
        let copied = matches!(code.of, SideOf::Window { .. });
        Side {
            stage: Query::new(code.stage.clone()),
            contents: Contents::new(code.any_order),
            copy: copied.then(|| Store::new(code.kinds.clone(), false)),
            words: Vec::new(),
            first: 0,
            copied: Vec::new(),
            held: Vec::new(),
            until: 0,
            at,
            join,
        }
    }

    /// What it would remember if nothing had come yet.
    pub fn empty(&self) -> (Kept, Contents, Option<Store>) {
        let code = self.code();
        let copy = self.copy.is_some().then(|| Store::new(code.kinds.clone(), false));
        (Kept::new(&code.stage), Contents::new(code.any_order), copy)
    }

    /// Whether all keys of a partition see the same of it.
    pub fn is_shared(&self) -> bool {
        self.copy.is_some()
    }

    /// The side, compiled.
    pub fn code(&self) -> &SideCode {
        &self.join.sides[self.at]
    }

    /// Before the stage of a turn runs.
    pub fn begin(&mut self) {
        self.stage.begin_raw();
        self.first = if self.code().windowed { self.store().tail() } else { 0 };
        self.words.clear();
        self.copied.clear();
    }

    /// After the stage has run: what its signals name can be looked at.
    pub fn prepare(&mut self, arena: &Arena) {
        if self.copy.is_some() {
            self.copy_rows(arena);
        }
        let code = &self.join.sides[self.at];
        let Some(first) = code.keys.first() else { return };
        if !code.windowed {
            let cols = self.stage.passed();
            let n = cols.get(first.column).map_or(0, Column::len);
            return words(&code.keys, cols, arena, 0, n, &mut self.words);
        }
        let store = self.copy.as_ref().unwrap_or_else(|| self.stage.store());
        let mut row = self.first;
        while row < store.tail() {
            let slice = store.slice(row, (store.tail() - row) as usize);
            words(&code.keys, slice.cols, slice.arena, slice.first, slice.n, &mut self.words);
            row += slice.n as u64;
        }
    }

    fn copy_rows(&mut self, arena: &Arena) {
        let Some(store) = &mut self.copy else { return };
        let signals = self.stage.raw_signals();
        let mut places = Vec::with_capacity(signals.rows.len());
        let mut times = Vec::with_capacity(signals.rows.len());
        for (i, kind) in signals.kinds.iter().enumerate() {
            if *kind == SignalKind::Reset {
                self.copied.push(NO_ROW);
                continue;
            }
            self.copied.push(store.tail() + places.len() as u64);
            places.push(signals.rows[i] as u32);
            times.push(signals.ts[i]);
        }
        let (passed, columns) = (self.stage.passed(), &self.join.sides[self.at].columns);
        let from = |c: usize| (&passed[columns[c] as usize], Sel::Rows(&places));
        store.push(|i| times[i], &[], from, places.len(), arena);
    }

    /// The rows, if they stand in a store.
    pub fn store(&self) -> &Store {
        self.copy.as_ref().unwrap_or_else(|| self.stage.store())
    }

    /// Of a signal of the turn: the number by which it names its row, and the row.
    #[inline]
    pub fn row(&self, signal: usize) -> (u64, u64) {
        let signals = self.stage.raw_signals();
        match self.copied.get(signal) {
            Some(&row) => (signals.numbers.get(signal).copied().unwrap_or(row), row),
            None => (signals.rows[signal], signals.rows[signal]),
        }
    }

    /// The word of a row that came in this turn.
    #[inline]
    pub fn word(&self, row: u64) -> u128 {
        if self.code().keys.is_empty() {
            return 0;
        }
        match row.checked_sub(self.first).and_then(|at| self.words.get(at as usize)) {
            Some(&word) => word,
            None => self.word_of_old(row),
        }
    }

    /// The word of a row that came before, of which nothing is known.
    #[cold]
    fn word_of_old(&self, row: u64) -> u128 {
        let (mut arena, mut found) = (Arena::new(), Vec::new());
        let column = |(c, kind): (usize, &Kind)| {
            let mut column = Column::new(*kind);
            self.store().take(c, &[row], &mut column, &mut arena);
            column
        };
        let cols: Vec<Column> = self.code().kinds.iter().enumerate().map(column).collect();
        words(&self.code().keys, &cols, &arena, 0, 1, &mut found);
        found.first().copied().unwrap_or(NOTHING)
    }

    /// Appends one column of the given rows.
    pub fn take(&self, column: usize, rows: &[u64], out: &mut Column, arena: &mut Arena) {
        match self.code().windowed {
            true => self.store().take(column, rows, out, arena),
            false => take_passed(&self.stage.passed()[column], rows, out),
        }
    }

    /// After a turn: rows that can be found no longer are let go.
    pub fn end(&mut self) {
        self.stage.end_raw();
        let Some(store) = &mut self.copy else { return };
        if self.join.sides[self.at].any_order {
            if store.is_sparse(self.contents.len()) {
                self.held.clear();
                self.held.extend(self.contents.all().iter().map(|&(_, row)| row));
                store.thin_out(&self.held);
            }
            return;
        }
        store.release(self.contents.oldest().unwrap_or(store.tail()));
    }

    /// The time of a row.
    pub fn time(&self, row: u64) -> i64 {
        self.store().time(row)
    }

    /// Makes these rows what can be found, given the numbers by which signals call them.
    pub fn load_contents(&mut self, numbers: &[u64], rows: &[u64]) -> Result<(), LoadError> {
        let (store, mut last) = (self.store(), None);
        for &row in rows {
            if last.is_some_and(|last| row <= last) || row >= store.tail() || !store.holds(row) {
                return Err(LoadError::new("a row that can be found is not there"));
            }
            last = Some(row);
        }
        self.contents.clear();
        self.first = u64::MAX;
        for (&number, &row) in numbers.iter().zip(rows) {
            let word = self.word(row);
            self.contents.enter(number, row, word);
            self.until = number + 1;
        }
        Ok(())
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        self.stage.bytes() + self.contents.bytes() + self.copy.as_ref().map_or(0, Store::bytes)
    }
}

/// Appends rows of a table, by their slots; [`NO_ROW`] gives a null.
pub fn take_slots(table: &Table, column: usize, rows: &[u64], out: &mut Column, arena: &mut Arena) {
    let before = out.len();
    take_passed(&table.cols()[column], rows, out);
    match &mut out.data {
        Data::Str(v) => {
            v[before..].iter_mut().filter(|s| !s.is_inline()).for_each(|s| *s = s.moved(table.arena(), arena))
        }
        Data::Any(v) => v[before..].iter_mut().for_each(|x| *x = x.moved(table.arena(), arena)),
        _ => {}
    }
}

/// Appends rows of a column of the same arena; [`NO_ROW`] gives a null.
fn take_passed(from: &Column, rows: &[u64], out: &mut Column) {
    let before = out.len();
    macro_rules! plain {
        ($kind:ident, $zero:expr) => {
            if let (Data::$kind(to), Data::$kind(from)) = (&mut out.data, &from.data) {
                to.extend(rows.iter().map(|&row| if row == NO_ROW { $zero } else { from[row as usize] }));
            }
        };
    }
    plain!(I32, 0);
    plain!(I64, 0);
    plain!(F32, 0.0);
    plain!(F64, 0.0);
    plain!(Bool, 0);
    plain!(Str, Str::EMPTY);
    plain!(Any, Any::NOTHING);
    let null = |&row: &u64| (row == NO_ROW || from.is_null(row as usize)) as u8;
    if from.nulls.is_empty() && !rows.contains(&NO_ROW) {
        if !out.nulls.is_empty() {
            out.nulls.resize(before + rows.len(), 0);
        }
        return;
    }
    out.nulls.resize(before, 0);
    out.nulls.extend(rows.iter().map(null));
    if before == 0 && !out.nulls.contains(&1) {
        out.nulls.clear();
    }
}

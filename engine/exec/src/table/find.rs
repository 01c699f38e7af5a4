//! Conditions over an event and a row of a table, compiled, and the look-ups that they make: a batch of events at a time.
//!
//! An index gives the rows that may do; the rest of the condition is computed by kernels over pairs of event and row, in blocks
//! whose strings lie in an arena of their own. What is found comes in the table's order, whatever the index.

use std::ops::{Bound, RangeBounds};

use riddhi_batch::{Arena, Column, Kind, Sel};
use riddhi_plan::expr::Expr;
use riddhi_plan::registry::{Failed, RowFailure};
use riddhi_plan::table::{Access, TableCondition};

use super::far::Asks;
use super::index::NONE;
use super::key::{Keys, NULL, Word, is_hash, ordered};
use super::pair::{BLOCK, Pairing, Pairs};
use super::{Index, Table};
use crate::expr::{Program, Rows, Scratch};

/// A compiled condition.
#[derive(Debug)]
pub struct Finder {
    table: usize,
    /// What it was compiled from.
    condition: Box<TableCondition>,
    pub(super) asks: Asks,
    access: Look,
    rest: Option<Pairing>,
    key_kinds: Vec<Kind>,
    /// The numbers of the keys, in order.
    key_places: Vec<u32>,
}

#[derive(Debug)]
enum Look {
    Scan,
    Equal { index: usize, keys: Vec<Program>, columns: Vec<u32> },
    Range { index: usize, column: usize, low: Limit, high: Limit },
}

/// A program of an end of a range, and whether that is one of it.
type Limit = Option<Box<(Program, bool)>>;

/// The rows found for a batch of events. One belongs to a [`Finder`] and is used again.
#[derive(Debug, Default)]
pub struct Found {
    /// Slots of the rows, one event's behind the other's, each event's in the table's order.
    pub slots: Vec<u32>,
    /// By event: the end of its rows. Where only whether there is one was asked: 1 if so, else 0.
    pub ends: Vec<u32>,
    /// Events for which the condition could not be computed; they have no rows.
    pub failed: Failed,
    keys: Vec<Column>,
    words: Vec<Word>,
    hashes: Vec<u64>,
    heads: Vec<u32>,
    /// Pairs that wait to be looked at: the event's number, and the row.
    events: Vec<u32>,
    pairs: Vec<u32>,
    paired: Pairs,
    hits: Vec<u32>,
    pair_failed: Failed,
    scratch: Scratch,
}

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask {
    /// Which rows.
    Rows,
    /// Whether there is one.
    Any,
}

impl Found {
    /// The rows of event `i`.
    pub fn of(&self, i: usize) -> &[u32] {
        let from = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.slots[from as usize..self.ends[i] as usize]
    }
}

impl Finder {
    /// Compiles a condition.
    pub fn compile(plan: &TableCondition) -> Finder {
        let program = |bound: &Option<(Expr, bool)>| bound.as_ref().map(|(e, x)| Box::new((Program::compile(e), *x)));
        let (access, key_kinds) = match &plan.access {
            Access::Scan => (Look::Scan, Vec::new()),
            Access::Equal { index, keys, columns } => {
                let kinds = keys.iter().map(|k| k.kind).collect();
                let keys = keys.iter().map(Program::compile).collect();
                (Look::Equal { index: *index, keys, columns: columns.clone() }, kinds)
            }
            Access::Range { index, column, low, high } => {
                let kinds = [low, high].map(|b| b.as_ref().map_or(Kind::I64, |(e, _)| e.kind)).to_vec();
                let (low, high) = (program(low), program(high));
                (Look::Range { index: *index, column: *column as usize, low, high }, kinds)
            }
        };
        let key_places = (0..key_kinds.len() as u32).collect();
        let rest = plan.rest.as_ref().map(|rest| Pairing::compile(&[rest]));
        let (condition, asks) = (Box::new(plan.clone()), Asks::of(plan));
        Finder { table: plan.table, condition, asks, access, rest, key_kinds, key_places }
    }

    /// What it was compiled from.
    pub(super) fn condition(&self) -> &TableCondition {
        &self.condition
    }

    /// The table's number.
    pub fn table(&self) -> usize {
        self.table
    }

    /// Whether an index answers all of it with at most one row.
    pub fn is_key(&self, table: &Table) -> bool {
        let unique = |index: usize| table.plan.indexes[index].unique;
        self.rest.is_none() && matches!(self.access, Look::Equal { index, .. } if unique(index))
    }

    /// The primary keys of the rows that it finds, if it asks for one: a column for each part.
    #[cold]
    pub(super) fn keys(&self, table: &Table, rows: &Rows<'_>, arena: &mut Arena) -> Option<(Vec<Column>, Failed)> {
        let Look::Equal { index, keys, .. } = &self.access else { return None };
        if !table.plan.indexes[*index].unique {
            return None;
        }
        let mut found = self.found();
        let mut columns = std::mem::take(&mut found.keys);
        compute(keys, rows, arena, &mut columns, &mut found);
        Some((columns, found.failed))
    }

    /// What it needs while it looks.
    pub fn found(&self) -> Found {
        Found {
            keys: self.key_kinds.iter().map(|&k| Column::new(k)).collect(),
            paired: self.rest.as_ref().map(Pairing::pairs).unwrap_or_default(),
            ..Found::default()
        }
    }

    /// Finds the rows for each of the events `rows`, whose strings lie in `arena`.
    pub fn find(&self, table: &mut Table, rows: &Rows<'_>, arena: &mut Arena, found: &mut Found) {
        table.fetch(self, rows, arena);
        self.look(table, rows, arena, found, Ask::Rows);
        let mut end = 0;
        for i in 0..rows.n {
            let from = end as usize;
            end += found.ends[i];
            found.ends[i] = end;
            table.sort(&mut found.slots[from..end as usize]);
        }
    }

    /// Tells, in [`Found::ends`], for which of the events there is a row.
    pub fn exists(&self, table: &mut Table, rows: &Rows<'_>, arena: &mut Arena, found: &mut Found) {
        table.fetch(self, rows, arena);
        self.look(table, rows, arena, found, Ask::Any);
    }

    /// Puts into `ends` how many rows each event has.
    fn look(&self, table: &Table, rows: &Rows<'_>, arena: &mut Arena, found: &mut Found, ask: Ask) {
        found.slots.clear();
        found.ends.clear();
        found.ends.resize(rows.n, 0);
        found.failed.clear();
        if rows.n == 0 {
            return;
        }
        if table.is_empty() {
            return if table.is_far() {
                table.mark_failed(self, rows, arena, &mut found.failed)
            };
        }
        match &self.access {
            Look::Scan => self.scan(table, rows, arena, found, ask),
            Look::Equal { index, keys, columns } => self.equal(table, (*index, keys, columns), rows, arena, found, ask),
            Look::Range { index, column, low, high } => {
                self.range(table, (*index, *column), (low, high), rows, arena, found, ask);
            }
        }
        if table.is_far() {
            table.mark_failed(self, rows, arena, &mut found.failed);
        }
        if !found.failed.is_empty() && ask == Ask::Any {
            // A row that does is enough.
            let ends = &found.ends;
            found.failed.unmark(|i| ends[i] != 0);
        } else if !found.failed.is_empty() {
            found.drop_failed();
        }
    }

    fn scan(&self, table: &Table, rows: &Rows<'_>, arena: &Arena, found: &mut Found, ask: Ask) {
        for i in 0..rows.n {
            let mut slot = 0;
            let slots = table.alive.len();
            while slot < slots && (ask == Ask::Rows || found.ends[i] == 0) {
                let end = slots.min(slot + BLOCK);
                for s in slot..end {
                    if table.alive[s] != 0 {
                        self.pair(table, rows, arena, found, (i, s as u32), ask);
                    }
                }
                slot = end;
                if ask == Ask::Any {
                    self.settle(table, rows, arena, found, ask);
                }
            }
        }
        self.settle(table, rows, arena, found, ask);
    }

    fn equal(
        &self,
        table: &Table,
        (number, programs, columns): (usize, &[Program], &[u32]),
        rows: &Rows<'_>,
        arena: &mut Arena,
        found: &mut Found,
        ask: Ask,
    ) {
        let Some(Index::Hash(index)) = table.indexes.get(number) else { return };
        let mut keys = std::mem::take(&mut found.keys);
        let (mut words, mut hashes) = (std::mem::take(&mut found.words), std::mem::take(&mut found.hashes));
        let mut heads = std::mem::take(&mut found.heads);
        words.clear();
        heads.clear();
        let bare = if let [one] = programs { one.attribute().map(|a| [a]) } else { None };
        let (given, sel) = match &bare {
            Some(by) => (Keys { cols: rows.input.cols, by, arena: &*arena }, rows.input.sel),
            None => {
                compute(programs, rows, arena, &mut keys, found);
                (Keys { cols: &keys, by: &self.key_places, arena: &*arena }, Sel::From(0))
            }
        };
        given.words(sel, rows.n, &mut words);
        let own = Keys { cols: &table.cols, by: columns, arena: &table.arena };
        if words.iter().any(|&w| is_hash(w)) {
            let find = |(i, &w): (usize, &Word)| index.find(&own, w, &given, sel.at(i)).unwrap_or(NONE);
            heads.extend(words.iter().enumerate().map(find));
        } else {
            index.find_words(&words, &mut hashes, &mut heads);
        }
        // Only in a primary key is null a value that null equals.
        if !table.plan.indexes[number].unique {
            let null = |i: usize, word: Word| word == NULL || (programs.len() > 1 && given.has_null(sel.at(i)));
            let rows = heads.iter_mut().enumerate().filter(|(i, _)| null(*i, words[*i]));
            rows.for_each(|(_, head)| *head = NONE);
        }
        for (i, &head) in heads.iter().enumerate() {
            let mut row = head;
            while row != NONE {
                if !found.failed.is(i) {
                    self.pair(table, rows, arena, found, (i, row), ask);
                }
                row = if ask == Ask::Any && self.rest.is_none() { NONE } else { index.next(row) };
            }
        }
        self.settle(table, rows, arena, found, ask);
        (found.keys, found.words, found.hashes, found.heads) = (keys, words, hashes, heads);
    }

    fn range(
        &self,
        table: &Table,
        (number, column): (usize, usize),
        (low, high): (&Limit, &Limit),
        rows: &Rows<'_>,
        arena: &mut Arena,
        found: &mut Found,
        ask: Ask,
    ) {
        let mut keys = std::mem::take(&mut found.keys);
        let mut heads = std::mem::take(&mut found.heads);
        keys.iter_mut().for_each(Column::clear);
        for (key, limit) in [low, high].into_iter().enumerate() {
            if let Some(limit) = limit {
                compute_one(&limit.0, rows, arena, &mut keys[key], found);
            }
        }
        let limit = |limit: &Limit, column: &Column, i: usize| match limit {
            Some(limit) => bound(column, i, limit.1),
            None => Some(Bound::Unbounded),
        };
        let most = if ask == Ask::Any && self.rest.is_none() { 1 } else { usize::MAX };
        for i in 0..rows.n {
            let bounds = (limit(low, &keys[0], i), limit(high, &keys[1], i));
            let (Some(from), Some(to)) = bounds else { continue };
            if found.failed.is(i) {
                continue;
            }
            heads.clear();
            match table.indexes.get(number) {
                Some(Index::Ordered(index)) => index.range(from, to, most, &mut heads),
                _ => in_range(table, column, (from, to), most, &mut heads),
            }
            for &row in &heads {
                self.pair(table, rows, arena, found, (i, row), ask);
            }
        }
        self.settle(table, rows, arena, found, ask);
        (found.keys, found.heads) = (keys, heads);
    }

    /// Event `i` and a row that an index gave.
    #[inline]
    fn pair(&self, table: &Table, rows: &Rows<'_>, arena: &Arena, found: &mut Found, (i, row): (usize, u32), ask: Ask) {
        let Some(rest) = &self.rest else {
            found.hit(i, row, ask);
            return;
        };
        if ask == Ask::Any && found.ends[i] != 0 {
            return;
        }
        found.events.push(i as u32);
        found.pairs.push(row);
        if found.pairs.len() == rest.block() {
            self.settle(table, rows, arena, found, ask);
        }
    }

    /// Looks at the pairs that wait.
    fn settle(&self, table: &Table, rows: &Rows<'_>, arena: &Arena, found: &mut Found, ask: Ask) {
        let Some(rest) = self.rest.as_ref().filter(|_| !found.pairs.is_empty()) else { return };
        found.paired.fill(rest, table, rows, arena, (&found.events, &found.pairs));
        found.hits.clear();
        found.pair_failed.clear();
        found.paired.select(rest, rows, &mut found.scratch, &mut found.hits, &mut found.pair_failed);
        let (hits, failed) = (std::mem::take(&mut found.hits), std::mem::take(&mut found.pair_failed));
        for &hit in &hits {
            let (event, row) = (found.events[hit as usize] as usize, found.pairs[hit as usize]);
            found.hit(event, row, ask);
        }
        if !failed.is_empty() {
            for (pair, why) in failed.each() {
                found.failed.mark(found.events[pair] as usize, rows.n, RowFailure::new(why));
            }
        }
        (found.hits, found.pair_failed) = (hits, failed);
        found.events.clear();
        found.pairs.clear();
    }
}

impl Found {
    /// All slots, or why the condition could not be computed for an event.
    pub fn into_slots(self) -> Result<Vec<u32>, String> {
        if self.failed.is_empty() { Ok(self.slots) } else { Err(self.failed.why()) }
    }

    #[inline]
    fn hit(&mut self, event: usize, row: u32, ask: Ask) {
        match ask {
            Ask::Rows => {
                self.slots.push(row);
                self.ends[event] += 1;
            }
            Ask::Any => self.ends[event] = 1,
        }
    }

    /// Takes out the rows of failed events.
    #[cold]
    fn drop_failed(&mut self) {
        let (mut from, mut to) = (0, 0);
        for event in 0..self.ends.len() {
            let n = self.ends[event] as usize;
            if self.failed.is(event) {
                self.ends[event] = 0;
            } else {
                self.slots.copy_within(from..from + n, to);
                to += n;
            }
            from += n;
        }
        self.slots.truncate(to);
    }
}

/// The rows whose keys lie in a range, where no index has them in order.
#[cold]
fn in_range(table: &Table, column: usize, range: (Bound<u64>, Bound<u64>), most: usize, out: &mut Vec<u32>) {
    let column = &table.cols[column];
    let within =
        |&slot: &usize| table.alive[slot] != 0 && ordered(column, slot).is_some_and(|key| range.contains(&key));
    out.extend((0..table.alive.len()).filter(within).take(most).map(|slot| slot as u32));
}

/// Computes keys, one column each.
fn compute(programs: &[Program], rows: &Rows<'_>, arena: &mut Arena, keys: &mut [Column], found: &mut Found) {
    for (program, column) in programs.iter().zip(keys) {
        column.clear();
        compute_one(program, rows, arena, column, found);
    }
}

fn compute_one(program: &Program, rows: &Rows<'_>, arena: &mut Arena, column: &mut Column, found: &mut Found) {
    let (mut scratch, mut failed) = (std::mem::take(&mut found.scratch), std::mem::take(&mut found.failed));
    program.eval(rows, arena, &mut scratch, column, &mut failed);
    (found.scratch, found.failed) = (scratch, failed);
}

/// A bound of a range of keys, from the value in row `i` of a column of the key's kind; none of null, which no row is beside.
fn bound(column: &Column, i: usize, inclusive: bool) -> Option<Bound<u64>> {
    let key = ordered(column, i)?;
    Some(if inclusive { Bound::Included(key) } else { Bound::Excluded(key) })
}

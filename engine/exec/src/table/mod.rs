//! Tables in memory.
//!
//! A row is a *slot* of the table's columns; slots are used again. In which order rows are found depends on the table's keys
//! ([`RowOrder`]), never on slots or indexes: what a look-up gives is put in order. Long strings lie in the table's own arena,
//! which is rewritten when it has doubled, so it does not grow once rows are gone.

mod change;
mod far;
mod find;
mod index;
mod key;
mod node;
mod ordered;
mod pair;
mod state;
mod store;
mod update;
mod whole;

use std::sync::Arc;

use riddhi_batch::{Arena, Column, Data, Kind, Sel, Writer};
use riddhi_plan::table::{IndexForm, RowOrder, TablePlan};

use far::Far;
use index::HashIndex;
use key::{Keys, Word, ordered};
use ordered::OrderedIndex;
use whole::{Tail, Whole};

pub(crate) use key::text_hashes;

pub use far::{Ahead, Away, LateFailure, Patience, StoreCounters};
pub use find::{Finder, Found};
pub use node::ChangeTable;
pub use store::{Answers, ChangeName, Events, InMemory, Prepared, Rejected, StoreError, TableStore};
pub use update::{Assigned, Place};

/// Rows of a table at most, unless set otherwise; a row too many is refused, counted and reported.
pub const ROWS_MAX: usize = 50_000_000;

/// Bytes of long strings below which they are not looked through for dead ones.
const ARENA_LEAST: usize = 1 << 16;

/// Buckets of an empty hash map of Java.
const BUCKETS: u64 = 16;

/// Why a change was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Another row has the primary key.
    Duplicate,
    /// An update would make a key null.
    NullKey,
    /// The table is full.
    Full,
}

impl Refusal {
    /// For the log.
    pub fn reason(self, table: &str) -> String {
        match self {
            Refusal::Duplicate => format!("table `{table}` has a row with this primary key"),
            Refusal::NullKey => format!("an update would make the primary key of table `{table}` null"),
            Refusal::Full => format!("table `{table}` has as many rows as it may have"),
        }
    }
}

#[derive(Debug)]
enum Index {
    Hash(HashIndex),
    Ordered(OrderedIndex),
}

/// A table and its rows.
#[derive(Debug)]
pub struct Table {
    plan: Arc<TablePlan>,
    rows_max: usize,
    cols: Vec<Column>,
    /// By slot: whether a row stands there.
    alive: Vec<u8>,
    /// By slot: rows that came later have greater numbers.
    numbers: Vec<u64>,
    /// By slot, of a table in the order of a hash map: the key's hash.
    hashes: Vec<u32>,
    /// Of such a table: the map's buckets.
    buckets: u64,
    /// Slots in use again, the next one last.
    free: Vec<u32>,
    rows: usize,
    next_number: u64,
    /// Whether the order of slots is that of the rows' numbers.
    tidy: bool,
    indexes: Vec<Index>,
    /// Of a table with indexes and no key: what makes it a set of rows.
    whole: Option<Whole>,
    /// Of a table with neither: the end of its list.
    tail: Tail,
    arena: Arena,
    /// Bytes of the arena when it was last rewritten.
    arena_live: usize,
    /// If the rows are in a store: what is known of it.
    far: Option<Box<Far>>,
    spare: Arena,
    old: Vec<Column>,
    text: String,
}

impl Table {
    /// An empty table.
    pub fn new(plan: Arc<TablePlan>, rows_max: usize) -> Table {
        let indexes = plan.indexes.iter().map(|index| match index.form {
            IndexForm::Hash => Index::Hash(HashIndex::new(index.columns.clone(), index.unique && !plan.key.is_empty())),
            IndexForm::Ordered => Index::Ordered(OrderedIndex::new(index.columns[0])),
        });
        let whole = plan.is_set().then(|| Whole::new(plan.schema.attributes.len()));
        let stamp = whole.is_some().then_some(Kind::I64);
        let columns = || plan.schema.attributes.iter().map(|a| a.kind).chain(stamp).map(Column::new).collect();
        Table {
            rows_max,
            cols: columns(),
            whole,
            tail: Tail::new(plan.is_list()),
            alive: Vec::new(),
            numbers: Vec::new(),
            hashes: Vec::new(),
            buckets: BUCKETS,
            free: Vec::new(),
            rows: 0,
            next_number: 0,
            tidy: true,
            indexes: indexes.collect(),
            arena: Arena::new(),
            arena_live: 0,
            far: None,
            spare: Arena::new(),
            old: columns(),
            text: String::new(),
            plan,
        }
    }

    /// What it is.
    pub fn plan(&self) -> &TablePlan {
        &self.plan
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The columns; rows stand at the slots that look-ups give.
    pub fn cols(&self) -> &[Column] {
        &self.cols[..self.plan.schema.attributes.len()]
    }

    /// Long strings of the columns.
    pub fn arena(&self) -> &Arena {
        &self.arena
    }

    /// Appends `columns` of the rows in these slots to `out`, one column each.
    pub fn gather(&self, slots: &[u32], columns: &[u32], out: &mut [Column], arena: &mut Arena) {
        for (&column, to) in columns.iter().zip(out) {
            to.append_from(&self.cols[column as usize], Sel::Rows(slots), slots.len(), &self.arena, arena);
        }
    }

    /// The slots of all rows, in order.
    pub fn all(&self, out: &mut Vec<u32>) {
        let first = out.len();
        out.extend(self.slots());
        self.sort(&mut out[first..]);
    }

    /// Puts slots into the order in which rows are found.
    pub fn sort(&self, slots: &mut [u32]) {
        if slots.len() < 2 {
            return;
        }
        match self.plan.order {
            RowOrder::Inserted if self.tidy => slots.sort_unstable(),
            RowOrder::Inserted => slots.sort_unstable_by_key(|&s| self.numbers[s as usize]),
            RowOrder::Key => {
                let column = &self.cols[self.plan.key[0] as usize];
                slots.sort_unstable_by_key(|&s| ordered(column, s as usize));
            }
            RowOrder::Hash => {
                let mask = (self.buckets - 1) as u32;
                slots.sort_unstable_by_key(|&s| (self.hashes[s as usize] & mask, self.numbers[s as usize]));
            }
        }
    }

    /// A table for rows that are on their way into this one: with its columns and indexes, but no key.
    pub fn antechamber(&self) -> Table {
        let plan = TablePlan { key: Vec::new(), order: RowOrder::Inserted, ..(*self.plan).clone() };
        let mut table = Table::new(Arc::new(plan), self.rows_max);
        table.whole.iter_mut().for_each(Whole::allow_equal_rows);
        table
    }

    /// Forgets all rows.
    pub fn clear(&mut self) {
        self.empty();
        self.buckets = BUCKETS;
    }

    fn own<'a>(cols: &'a [Column], by: &'a [u32], arena: &'a Arena) -> Keys<'a> {
        Keys { cols, by, arena }
    }

    /// The time of the event that became the row in the slot; 0 where nobody asks for it.
    fn time(&self, slot: u32) -> i64 {
        if self.whole.is_some() { whole::time(&self.cols, slot as usize) } else { 0 }
    }

    /// Makes a row of row `i` of these columns, whose long strings lie in `arena`.
    pub fn insert(&mut self, cols: &[Column], i: usize, arena: &Arena) -> Result<(), Refusal> {
        self.insert_at(cols, i, 0, arena)
    }

    /// The same of an event of that time.
    pub fn insert_at(&mut self, cols: &[Column], i: usize, ts: i64, arena: &Arena) -> Result<(), Refusal> {
        if self.tail.lost() {
            return Ok(());
        }
        if let Some(Index::Hash(index)) = self.indexes.first()
            && !self.plan.key.is_empty()
        {
            let keys = Keys { cols, by: &index.columns, arena };
            let own = Table::own(&self.cols, &index.columns, &self.arena);
            if index.find(&own, self.word_of(&keys, index, i), &keys, i).is_some() {
                return Err(Refusal::Duplicate);
            }
        }
        let hidden = self.whole.as_ref().map_or(0, Whole::hidden_rows);
        if self.rows + hidden >= self.rows_max {
            return Err(Refusal::Full);
        }
        self.tidy_arena();
        let slot = self.free_slot();
        for (to, from) in self.cols.iter_mut().zip(cols) {
            to.put_from(slot as usize, from, i, arena, &mut self.arena);
        }
        if let Some(whole) = &mut self.whole
            && !whole.enter(&mut self.cols, slot, ts, &mut self.arena)
        {
            self.free.push(slot);
            return Ok(());
        }
        self.stand(slot);
        Ok(())
    }

    /// The same for a row that has its number.
    fn place(&mut self, cols: &[Column], i: usize, arena: &Arena, number: u64) -> Result<(), Refusal> {
        let next = std::mem::replace(&mut self.next_number, number);
        let done = self.insert_at(cols, i, 0, arena);
        self.next_number = next;
        self.tidy = false;
        done
    }

    /// The slots with rows, in no order.
    fn slots(&self) -> impl Iterator<Item = u32> {
        (0..self.alive.len() as u32).filter(|&slot| self.is_alive(slot))
    }

    /// The primary key of the row in this slot, as bytes.
    fn put_key(&self, slot: u32, out: &mut Writer) {
        self.put_key_of(&self.cols, slot as usize, &self.arena, out);
    }

    /// The same of row `i` of other columns.
    fn put_key_of(&self, cols: &[Column], i: usize, arena: &Arena, out: &mut Writer) {
        out.bytes.clear();
        let columns = self.plan.indexes.first().map_or(&[][..], |i| &i.columns);
        columns.iter().for_each(|&c| out.put_row(&cols[c as usize], i, arena));
    }

    /// Gives a row another number.
    fn renumber(&mut self, slot: u32, number: u64) {
        self.numbers[slot as usize] = number;
        self.tidy = false;
    }

    /// Gives the row that has the primary key of row `i` of these columns another number.
    fn renumber_like(&mut self, cols: &[Column], i: usize, arena: &Arena, number: u64) {
        let Some(Index::Hash(index)) = self.indexes.first() else { return };
        let keys = Keys { cols, by: &index.columns, arena };
        let own = Table::own(&self.cols, &index.columns, &self.arena);
        if let Some(slot) = index.find(&own, self.word_of(&keys, index, i), &keys, i) {
            self.renumber(slot, number);
        }
    }

    /// The number of the row in this slot.
    pub fn number_of(&self, slot: u32) -> u64 {
        self.numbers[slot as usize]
    }

    /// A slot without a row.
    fn free_slot(&mut self) -> u32 {
        match self.free.pop() {
            Some(slot) => {
                self.tidy = false;
                slot
            }
            None => {
                self.alive.push(0);
                self.numbers.push(0);
                if self.plan.order == RowOrder::Hash {
                    self.hashes.push(0);
                }
                (self.alive.len() - 1) as u32
            }
        }
    }

    /// The values in the slot are a row from now on.
    fn stand(&mut self, slot: u32) {
        self.alive[slot as usize] = 1;
        self.rows += 1;
        self.tail.is(slot);
        self.number(slot);
        // How many rows of a store are at hand depends on who else looks rows up.
        let grows = self.plan.order == RowOrder::Hash && self.plan.store.is_none();
        if self.rows as u64 * 4 > self.buckets * 3 && grows {
            self.buckets *= 2;
        }
        for at in 0..self.indexes.len() {
            self.enter(at, slot);
        }
    }

    /// The word of a key that may be of other kinds than the table's columns, which then hold tagged values.
    fn word_of(&self, keys: &Keys<'_>, index: &HashIndex, i: usize) -> Word {
        let tagged = |&c: &u32| matches!(self.cols[c as usize].data, Data::Any(_));
        if index.columns.iter().any(tagged)
            && !index.columns.iter().all(|&c| matches!(keys.cols[c as usize].data, Data::Any(_)))
        {
            return self.tagged_word(keys, i);
        }
        keys.word(i)
    }

    /// The same where the kinds differ.
    #[cold]
    fn tagged_word(&self, keys: &Keys<'_>, i: usize) -> Word {
        let mut cols: Vec<Column> = self.cols.iter().map(|c| Column::new(c.kind())).collect();
        let mut arena = Arena::new();
        for &c in keys.by {
            cols[c as usize].put_from(0, &keys.cols[c as usize], i, keys.arena, &mut arena);
        }
        Keys { cols: &cols, by: keys.by, arena: &arena }.word(0)
    }

    /// The row in this slot is the latest now.
    fn number(&mut self, slot: u32) {
        self.numbers[slot as usize] = self.next_number;
        self.next_number += 1;
        if self.plan.order == RowOrder::Hash {
            let keys = Keys { cols: &self.cols, by: &self.plan.key, arena: &self.arena };
            self.hashes[slot as usize] = keys.java_hash(slot as usize, &mut self.text);
        }
    }

    fn enter(&mut self, at: usize, slot: u32) {
        match &mut self.indexes[at] {
            Index::Hash(index) => {
                let columns = std::mem::take(&mut index.columns);
                index.insert(&Table::own(&self.cols, &columns, &self.arena), slot);
                index.columns = columns;
            }
            Index::Ordered(index) => {
                if let Some(key) = ordered(&self.cols[index.column as usize], slot as usize) {
                    index.insert(key, slot);
                }
            }
        }
    }

    fn leave(&mut self, at: usize, slot: u32) {
        match &mut self.indexes[at] {
            Index::Hash(index) => {
                let columns = std::mem::take(&mut index.columns);
                index.remove(&Table::own(&self.cols, &columns, &self.arena), slot);
                index.columns = columns;
            }
            Index::Ordered(index) => {
                if let Some(key) = ordered(&self.cols[index.column as usize], slot as usize) {
                    index.remove(key, slot);
                }
            }
        }
    }

    /// Whether a row stands in the slot.
    #[inline]
    pub fn is_alive(&self, slot: u32) -> bool {
        self.alive[slot as usize] != 0
    }

    /// Removes the row in this slot, if there is one.
    pub fn remove(&mut self, slot: u32) {
        if !self.is_alive(slot) {
            return;
        }
        for at in 0..self.indexes.len() {
            self.leave(at, slot);
        }
        if let Some(whole) = &mut self.whole {
            whole.leave(&self.cols, slot, &self.arena);
            whole.uncover(slot);
        }
        self.alive[slot as usize] = 0;
        self.rows -= 1;
        self.free.push(slot);
        self.tail.goes(slot);
        if self.rows == 0 {
            self.empty();
        }
    }

    /// Forgets the slots. The map of Java keeps its buckets.
    fn empty(&mut self) {
        self.cols.iter_mut().for_each(Column::clear);
        self.alive.clear();
        self.numbers.clear();
        self.hashes.clear();
        self.free.clear();
        self.rows = 0;
        self.tidy = true;
        self.arena.clear();
        self.arena_live = 0;
        self.tail.clear();
        self.whole.iter_mut().for_each(Whole::clear);
        for index in &mut self.indexes {
            match index {
                Index::Hash(index) => index.clear(),
                Index::Ordered(index) => index.clear(),
            }
        }
    }

    /// Rewrites the arena when it has doubled.
    fn tidy_arena(&mut self) {
        if self.arena.len() < ARENA_LEAST.max(2 * self.arena_live) {
            return;
        }
        let mut fresh = std::mem::take(&mut self.spare);
        fresh.clear();
        let arena = &self.arena;
        for column in &mut self.cols {
            let nulls = &column.nulls;
            let there = |slot: usize| self.alive[slot] != 0 && (nulls.is_empty() || nulls[slot] == 0);
            match &mut column.data {
                Data::Str(v) => {
                    let rows = v.iter_mut().enumerate().filter(|(slot, _)| there(*slot));
                    rows.for_each(|(_, s)| *s = s.moved(arena, &mut fresh));
                }
                Data::Any(v) => {
                    let rows = v.iter_mut().enumerate().filter(|(slot, _)| there(*slot));
                    rows.for_each(|(_, x)| *x = x.moved(arena, &mut fresh));
                }
                _ => {}
            }
        }
        self.arena_live = fresh.len();
        self.spare = std::mem::replace(&mut self.arena, fresh);
    }
}

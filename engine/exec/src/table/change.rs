//! What events do to a table, compiled.
//!
//! Events are taken one after the other, since each may change what the next one finds. Where a condition is the primary key and
//! no event changes keys, the look-ups of all of them are made at once before that.

use riddhi_batch::{Arena, Column, Kind, Sel};
use riddhi_plan::expr::{Expr, Node};
use riddhi_plan::registry::{Failed, Volatility};
use riddhi_plan::table::{Access, Change, ChangePlan, SetPlan, TableCondition, TablePlan};

use super::pair::{Pairing, Pairs};
use super::{Assigned, Finder, Found, Place, Refusal, Table};
use crate::expr::{Program, Rows, Scratch, Source};

/// An event that changed nothing: why a table refused it, or what could not be computed.
pub(super) type Rejection = Result<Refusal, String>;

#[derive(Debug)]
enum What {
    Insert,
    Delete(Finder),
    Update(Finder, Sets),
    UpdateOrInsert(Finder, Sets),
}

/// Assignments in the order of the columns.
#[derive(Debug)]
struct Sets {
    list: Vec<(u32, Value)>,
    /// Those that look at the row.
    pairing: Pairing,
    over_rows: bool,
    /// Whether the condition is an equality on the primary key that none of them changes, so that all rows can be looked up
    /// before any is changed.
    keyed: bool,
    /// Whether what it is equal to is the key that the event would have as a row.
    own_key: bool,
}

/// Where the value of an assignment comes from.
#[derive(Debug)]
enum Value {
    /// An attribute of the event.
    Attribute(u32),
    /// The event alone.
    Event(Box<Program>),
    /// The event and the row; number of the expression.
    Row(usize),
}

/// A change, compiled, and what it needs while it is made.
#[derive(Debug)]
pub(super) struct Applier {
    what: What,
    work: Work,
    volatility: Option<Volatility>,
}

#[derive(Debug)]
struct Work {
    seed: u64,
    found: Found,
    /// For look-ups in between.
    again: Found,
    pairs: Pairs,
    scratch: Scratch,
    /// By assignment: its values.
    values: Vec<Column>,
    failed: Failed,
    zeros: Vec<u32>,
    /// Rows that wait for the end of their chunk.
    waiting: Option<Box<Table>>,
    /// The events that they were.
    waiting_events: Vec<usize>,
    slots: Vec<u32>,
}

impl Sets {
    fn compile(condition: &TableCondition, sets: &[SetPlan], table: &TablePlan) -> Sets {
        let unique = |index: usize| table.indexes[index].unique;
        let key = match &condition.access {
            Access::Equal { index, columns, keys } if condition.rest.is_none() && unique(*index) => {
                Some((columns, keys))
            }
            _ => None,
        };
        // What a row is found by it has already.
        let is_there = |set: &&SetPlan| {
            let Some((columns, keys)) = key else { return false };
            columns.iter().zip(keys).any(|(c, k)| *c == set.column && k.is_attribute_as(&set.value))
        };
        let mut list = Vec::new();
        let mut rows: Vec<&Expr> = Vec::new();
        for set in sets.iter().filter(|s| !is_there(s)) {
            let value = match &set.value.node {
                Node::Attr(a) => Value::Attribute(*a),
                _ if set.value.reads_table() => {
                    rows.push(&set.value);
                    Value::Row(rows.len() - 1)
                }
                _ => Value::Event(Box::new(Program::compile(&set.value))),
            };
            list.push((set.column, value));
        }
        let keyed = key.is_some_and(|(columns, _)| list.iter().all(|(c, _)| !columns.contains(c)));
        let own = |(column, key): (&u32, &Expr)| matches!(key.node, Node::Attr(a) if a == *column);
        let own_key = key.is_some_and(|(columns, keys)| columns.iter().zip(keys).all(own));
        Sets { over_rows: !rows.is_empty(), pairing: Pairing::compile(&rows), list, keyed, own_key }
    }

    /// Kinds of the values.
    fn kinds(&self, table: &TablePlan) -> impl Iterator<Item = Kind> {
        self.list.iter().map(|(column, value)| match value {
            Value::Attribute(_) => table.schema.attributes[*column as usize].kind,
            Value::Event(program) => program.kind(),
            Value::Row(number) => self.pairing.kind(*number),
        })
    }
}

/// Event `i` alone.
fn one<'a>(rows: &Rows<'a>, i: usize) -> Rows<'a> {
    let from = |of: &'a [i64]| of.get(i..i + 1).unwrap_or(&[]);
    Rows {
        n: 1,
        input: Source { cols: rows.input.cols, sel: Sel::From(rows.input.sel.at(i)) },
        ts: from(rows.ts),
        now: from(rows.now),
        serial: rows.serial + i as u64,
        ..*rows
    }
}

impl Applier {
    /// Compiles a change of that table.
    pub(super) fn new(plan: &ChangePlan, table: &TablePlan, seed: u64) -> Applier {
        let both = |condition, sets: &[SetPlan]| (Finder::compile(condition), Sets::compile(condition, sets, table));
        let what = match &plan.change {
            Change::Insert => What::Insert,
            Change::Delete(condition) => What::Delete(Finder::compile(condition)),
            Change::Update(condition, sets) => {
                let (finder, sets) = both(condition, sets);
                What::Update(finder, sets)
            }
            Change::UpdateOrInsert(condition, sets) => {
                let (finder, sets) = both(condition, sets);
                What::UpdateOrInsert(finder, sets)
            }
        };
        let (finder, sets) = match &what {
            What::Insert => (None, None),
            What::Delete(finder) => (Some(finder), None),
            What::Update(finder, sets) | What::UpdateOrInsert(finder, sets) => (Some(finder), Some(sets)),
        };
        let found = || finder.map(Finder::found).unwrap_or_default();
        let work = Work {
            seed,
            found: found(),
            again: found(),
            pairs: sets.map(|s| s.pairing.pairs()).unwrap_or_default(),
            scratch: Scratch::new(),
            values: sets.into_iter().flat_map(|s| s.kinds(table)).map(Column::new).collect(),
            failed: Failed::default(),
            zeros: Vec::new(),
            waiting: None,
            waiting_events: Vec::new(),
            slots: Vec::new(),
        };
        let volatility = plan.change.expressions().into_iter().map(Expr::volatility).max();
        let times = (table.is_set() && plan.change.inserts()).then_some(Volatility::RowTime);
        Applier { what, work, volatility: volatility.max(times) }
    }

    /// The most volatile thing inside: tells whether the events' timestamps and clock are needed.
    pub(super) fn volatility(&self) -> Volatility {
        self.volatility.unwrap_or(Volatility::Pure)
    }

    /// Lets events change the table, in order; `ends` are those of their chunks. Tells of each event that changed nothing
    /// because it could not.
    pub(super) fn apply(
        &mut self,
        table: &mut Table,
        events: &Rows<'_>,
        ends: &[u32],
        arena: &mut Arena,
        reject: &mut impl FnMut(usize, Rejection),
    ) {
        let events = Rows { seed: self.work.seed, ..*events };
        if table.is_far() {
            self.fetch(table, &events, arena);
        }
        let work = &mut self.work;
        match &self.what {
            What::Insert => (0..events.n).for_each(|i| insert(table, &events, i, arena, reject)),
            What::Delete(finder) => {
                for i in 0..events.n {
                    if work.find(finder, table, &one(&events, i), arena, i, reject) {
                        work.found.of(0).iter().for_each(|&slot| table.remove(slot));
                    }
                }
            }
            What::Update(finder, sets) if sets.keyed => {
                work.keyed(table, (finder, sets, false), &events, arena, reject);
            }
            What::UpdateOrInsert(finder, sets) if sets.keyed && sets.own_key => {
                work.keyed(table, (finder, sets, true), &events, arena, reject);
            }
            What::Update(finder, sets) => {
                for i in 0..events.n {
                    work.update(table, (finder, sets), &events, i, arena, reject);
                }
            }
            What::UpdateOrInsert(finder, sets) => {
                let mut i = 0;
                for &end in ends {
                    let lone = end as usize == i + 1;
                    while i < end as usize {
                        if work.update(table, (finder, sets), &events, i, arena, reject) {
                            // Nothing was found, and nothing failed.
                            match lone {
                                true => insert(table, &events, i, arena, reject),
                                false => work.wait(table, (finder, sets), &events, i, arena, reject),
                            }
                        }
                        i += 1;
                    }
                    work.enter_waiting(table, reject);
                }
            }
        }
    }
}

impl Applier {
    /// Has all rows of a store at hand that the events may look at or meet.
    #[cold]
    fn fetch(&self, table: &mut Table, events: &Rows<'_>, arena: &mut Arena) {
        let (finder, sets, inserts) = match &self.what {
            What::Insert => (None, None, true),
            What::Delete(finder) => (Some(finder), None, false),
            What::Update(finder, sets) => (Some(finder), Some(sets), false),
            What::UpdateOrInsert(finder, sets) => (Some(finder), Some(sets), true),
        };
        let moves = |sets: &Sets| sets.list.iter().any(|(column, _)| table.plan().key.contains(column));
        if sets.is_some_and(moves) {
            // Which keys there are only all rows tell.
            return table.fetch_all(events, arena);
        }
        finder.into_iter().for_each(|finder| table.fetch(finder, events, arena));
        if inserts {
            table.fetch_own(events, arena);
        }
    }
}

/// Makes a row of an event.
fn insert(table: &mut Table, events: &Rows<'_>, i: usize, arena: &Arena, reject: &mut impl FnMut(usize, Rejection)) {
    if let Err(why) = table.insert_at(events.input.cols, events.input.sel.at(i), time(events, i), arena) {
        reject(i, Ok(why));
    }
}

/// The time of an event, if the table asks for it.
fn time(events: &Rows<'_>, i: usize) -> i64 {
    events.ts.get(i).copied().unwrap_or(0)
}

impl Work {
    /// Finds the rows of one event. False if that failed.
    fn find(
        &mut self,
        finder: &Finder,
        table: &mut Table,
        event: &Rows<'_>,
        arena: &mut Arena,
        i: usize,
        reject: &mut impl FnMut(usize, Rejection),
    ) -> bool {
        finder.find(table, event, arena, &mut self.found);
        let fine = self.found.failed.is_empty();
        if !fine {
            reject(i, Err(self.found.failed.why()));
        }
        fine
    }

    /// Updates the rows of one event. True if it has none.
    fn update(
        &mut self,
        table: &mut Table,
        (finder, sets): (&Finder, &Sets),
        events: &Rows<'_>,
        i: usize,
        arena: &mut Arena,
        reject: &mut impl FnMut(usize, Rejection),
    ) -> bool {
        if !self.find(finder, table, &one(events, i), arena, i, reject) {
            return false;
        }
        let slots = std::mem::take(&mut self.found.slots);
        if let Err(why) = self.assign(table, sets, &one(events, i), &slots, arena) {
            reject(i, why);
        }
        let none = slots.is_empty();
        self.found.slots = slots;
        none
    }

    /// Assigns to the rows in `slots` for one event.
    fn assign(
        &mut self,
        table: &mut Table,
        sets: &Sets,
        event: &Rows<'_>,
        slots: &[u32],
        arena: &mut Arena,
    ) -> Result<(), Rejection> {
        if slots.is_empty() {
            return Ok(());
        }
        let row = event.input.sel.at(0);
        self.failed.clear();
        if sets.over_rows {
            self.zeros.clear();
            self.zeros.resize(slots.len(), 0);
            self.pairs.fill(&sets.pairing, table, event, arena, (&self.zeros, slots));
        }
        for (number, (column, value)) in sets.list.iter().enumerate() {
            let out = &mut self.values[number];
            let (place, own) = match value {
                Value::Attribute(_) => (Place::One(row), false),
                Value::Event(program) => {
                    out.clear();
                    program.eval(event, arena, &mut self.scratch, out, &mut self.failed);
                    (Place::One(0), false)
                }
                Value::Row(number) => {
                    self.pairs.eval(&sets.pairing, *number, event.seed, &mut self.scratch, out, &mut self.failed);
                    (Place::From(0), true)
                }
            };
            if sets.over_rows {
                let values = if let Value::Attribute(a) = value { &event.input.cols[*a as usize] } else { &*out };
                self.pairs.assign(&sets.pairing, &Assigned { column: *column, values, place, arena }, own);
            }
        }
        if !self.failed.is_empty() {
            return Err(Err(self.failed.why()));
        }
        let (values, of_pairs) = (&self.values, &self.pairs.arena);
        let assigned = |number: usize| {
            let (column, value) = &sets.list[number];
            let (values, place, arena) = match value {
                Value::Attribute(a) => (&event.input.cols[*a as usize], Place::One(row), &*arena),
                Value::Event(_) => (&values[number], Place::One(0), &*arena),
                Value::Row(_) => (&values[number], Place::From(0), of_pairs),
            };
            Assigned { column: *column, values, place, arena }
        };
        table.update(slots, sets.list.len(), assigned).map_err(Ok)
    }

    /// Looks all events up, then changes their rows one after the other.
    fn keyed(
        &mut self,
        table: &mut Table,
        (finder, sets, inserts): (&Finder, &Sets, bool),
        events: &Rows<'_>,
        arena: &mut Arena,
        reject: &mut impl FnMut(usize, Rejection),
    ) {
        let mut found = std::mem::take(&mut self.found);
        finder.find(table, events, arena, &mut found);
        for i in 0..events.n {
            if found.failed.is(i) {
                reject(i, Err(found.failed.why_of(i)));
                continue;
            }
            let done = match found.of(i) {
                [] if inserts => self.insert_or_find(table, (finder, sets), events, i, arena),
                slots => self.assign(table, sets, &one(events, i), slots, arena),
            };
            if let Err(why) = done {
                reject(i, why);
            }
        }
        self.found = found;
    }

    /// An event that had no row when all were looked up becomes one, unless one before it has.
    fn insert_or_find(
        &mut self,
        table: &mut Table,
        (finder, sets): (&Finder, &Sets),
        events: &Rows<'_>,
        i: usize,
        arena: &mut Arena,
    ) -> Result<(), Rejection> {
        match table.insert_at(events.input.cols, events.input.sel.at(i), time(events, i), arena) {
            Err(Refusal::Duplicate) => {}
            other => return other.map_err(Ok),
        }
        let event = one(events, i);
        let mut again = std::mem::take(&mut self.again);
        finder.find(table, &event, arena, &mut again);
        let done = match again.of(0) {
            [] => Err(Ok(Refusal::Duplicate)),
            slots => self.assign(table, sets, &event, slots, arena),
        };
        self.again = again;
        done
    }

    /// An event without a row waits for the end of its chunk; or changes those that wait, if they fit.
    fn wait(
        &mut self,
        table: &Table,
        (finder, sets): (&Finder, &Sets),
        events: &Rows<'_>,
        i: usize,
        arena: &mut Arena,
        reject: &mut impl FnMut(usize, Rejection),
    ) {
        let event = one(events, i);
        let mut waiting = self.waiting.take().unwrap_or_else(|| Box::new(table.antechamber()));
        let mut again = std::mem::take(&mut self.again);
        finder.find(&mut waiting, &event, arena, &mut again);
        if again.slots.is_empty() {
            match waiting.insert_at(event.input.cols, event.input.sel.at(0), time(&event, 0), arena) {
                Ok(()) => self.waiting_events.push(i),
                Err(why) => reject(i, Ok(why)),
            }
        } else if let Err(why) = self.assign(&mut waiting, sets, &event, &again.slots, arena) {
            reject(i, why);
        }
        (self.again, self.waiting) = (again, Some(waiting));
    }

    /// Makes rows of the events that wait.
    fn enter_waiting(&mut self, table: &mut Table, reject: &mut impl FnMut(usize, Rejection)) {
        let Some(mut waiting) = self.waiting.take() else { return };
        let mut slots = std::mem::take(&mut self.slots);
        slots.clear();
        waiting.all(&mut slots);
        for (&slot, &event) in slots.iter().zip(&self.waiting_events) {
            let ts = waiting.time(slot);
            if let Err(why) = table.insert_at(waiting.cols(), slot as usize, ts, waiting.arena()) {
                reject(event, Ok(why));
            }
        }
        waiting.clear();
        self.waiting_events.clear();
        (self.slots, self.waiting) = (slots, Some(waiting));
    }
}

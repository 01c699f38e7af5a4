//! What the rows of a query do to a table: the node behind the query.
//!
//! Events are taken one after the other, since each may change what the next one finds. Where a condition is the primary key and
//! no event changes keys, the look-ups of all of them are made at once before that.

use std::sync::Arc;

use riddhi_batch::{Column, Flow, LoadError, Reader, Sel, Writer};
use riddhi_plan::expr::{Expr, Node};
use riddhi_plan::logical::QueryPlan;
use riddhi_plan::registry::{Failed, Volatility};
use riddhi_plan::table::{Access, Change, ChangePlan, SetPlan, TableCondition, TablePlan};

use super::pair::{Pairing, Pairs};
use super::{Assigned, Finder, Found, Place, Refusal, Table};
use crate::expr::{Program, Rows, Scratch, Source};
use crate::operator::{Inputs, Operator};
use crate::query::{Cx, Failure, Section, seed};

/// The change, compiled.
#[derive(Debug)]
struct ChangeCode {
    node: u32,
    key: String,
    table: usize,
    name: String,
    seed: u64,
    what: What,
    asks_ts: bool,
    asks_now: bool,
    asks_random: bool,
}

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
    /// Whether the condition is an equality on the primary key that none of them changes, so that all rows can be looked up
    /// before any is changed.
    keyed: bool,
}

/// Where the value of an assignment comes from.
#[derive(Debug)]
enum Value {
    /// An attribute of the event.
    Attribute(u32),
    /// The event alone; place among the columns of a batch.
    Event(Box<Program>),
    /// The event and the row; number of the expression.
    Row(usize),
}

/// The node that changes a table.
pub struct ChangeTable {
    code: Arc<ChangeCode>,
    /// Events for which random values could have been drawn.
    serial: u64,
    /// Nothing comes out.
    out: Flow,
    found: Found,
    pairs: Pairs,
    scratch: Scratch,
    /// By assignment: its values.
    values: Vec<Column>,
    failed: Failed,
    zeros: Vec<u32>,
    ts: Vec<i64>,
    now: Vec<i64>,
    /// Rows that wait for the end of their chunk.
    waiting: Option<Box<Table>>,
    slots: Vec<u32>,
    trouble: Vec<Trouble>,
}

/// Events of a turn that could not be applied, for one reason.
#[derive(Debug)]
struct Trouble {
    why: Result<Refusal, String>,
    step: u32,
    rows: u64,
}

impl Sets {
    fn compile(condition: &TableCondition, sets: &[SetPlan], table: &TablePlan, finder: &Finder) -> Sets {
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
            columns.iter().zip(keys).any(|(c, k)| *c == set.column && same_attribute(k, &set.value))
        };
        let mut list = Vec::new();
        let mut over_rows: Vec<&Expr> = Vec::new();
        for set in sets.iter().filter(|s| !is_there(s)) {
            let value = match &set.value.node {
                Node::Attr(a) => Value::Attribute(*a),
                _ if set.value.reads_table() => {
                    over_rows.push(&set.value);
                    Value::Row(over_rows.len() - 1)
                }
                _ => Value::Event(Box::new(Program::compile(&set.value))),
            };
            list.push((set.column, value));
        }
        let keyed = key.is_some_and(|(columns, _)| list.iter().all(|(c, _)| !columns.contains(c)));
        debug_assert!(!keyed || finder.table() == condition.table);
        Sets { list, pairing: Pairing::compile(&over_rows), keyed }
    }
}

fn same_attribute(a: &Expr, b: &Expr) -> bool {
    matches!((&a.node, &b.node), (Node::Attr(a), Node::Attr(b)) if a == b)
}

impl ChangeTable {
    /// The node of that number.
    pub fn new(node: u32, query: &QueryPlan, plan: &ChangePlan, table: &TablePlan) -> ChangeTable {
        let finder = |condition: &TableCondition| Finder::compile(condition);
        let what = match &plan.change {
            Change::Insert => What::Insert,
            Change::Delete(condition) => What::Delete(finder(condition)),
            Change::Update(condition, sets) => {
                let finder = finder(condition);
                let sets = Sets::compile(condition, sets, table, &finder);
                What::Update(finder, sets)
            }
            Change::UpdateOrInsert(condition, sets) => {
                let finder = finder(condition);
                let sets = Sets::compile(condition, sets, table, &finder);
                What::UpdateOrInsert(finder, sets)
            }
        };
        let most = plan.change.expressions().into_iter().map(Expr::volatility).max();
        let (found, pairs, values) = match &what {
            What::Insert => (Found::default(), Pairs::default(), Vec::new()),
            What::Delete(finder) => (finder.found(), Pairs::default(), Vec::new()),
            What::Update(finder, sets) | What::UpdateOrInsert(finder, sets) => {
                let values = sets.list.iter().map(|(column, value)| {
                    Column::new(match value {
                        Value::Attribute(_) => table.schema.attributes[*column as usize].kind,
                        Value::Event(program) => program.kind(),
                        Value::Row(number) => sets.pairing.kind(*number),
                    })
                });
                (finder.found(), sets.pairing.pairs(), values.collect())
            }
        };
        ChangeTable {
            code: Arc::new(ChangeCode {
                node,
                key: query.key.clone(),
                table: plan.table,
                name: table.name.clone(),
                seed: seed(&query.key),
                what,
                asks_ts: most >= Some(Volatility::RowTime),
                asks_now: most >= Some(Volatility::Clock),
                asks_random: most == Some(Volatility::Random),
            }),
            serial: 0,
            out: Flow::default(),
            found,
            pairs,
            scratch: Scratch::new(),
            values,
            failed: Failed::default(),
            zeros: Vec::new(),
            ts: Vec::new(),
            now: Vec::new(),
            waiting: None,
            slots: Vec::new(),
            trouble: Vec::new(),
        }
    }

    fn refuse(&mut self, why: Result<Refusal, String>, step: u32) {
        match self.trouble.iter_mut().find(|t| t.why == why) {
            Some(trouble) => trouble.rows += 1,
            None => self.trouble.push(Trouble { why, step, rows: 1 }),
        }
    }

    /// Tells of the events that failed.
    fn report(&mut self, code: &ChangeCode, cx: &mut Cx<'_>) {
        for Trouble { why, step, rows } in self.trouble.drain(..) {
            let reason = match why {
                Ok(refusal) => refusal.reason(&code.name),
                Err(reason) => reason,
            };
            cx.failures.push(Failure { query: code.node, step, rows, reason });
        }
    }

    fn insert(&mut self, table: &mut Table, flow: &Flow, row: usize, arena: &riddhi_batch::Arena, step: u32) {
        if let Err(why) = table.insert(&flow.rows.cols, row, arena) {
            self.refuse(Ok(why), step);
        }
    }

    /// The event in row `row` of a flow, and the clock of its step.
    fn clock(&mut self, code: &ChangeCode, cx: &Cx<'_>, flow: &Flow, row: usize, step: u32) {
        self.ts.clear();
        self.now.clear();
        if code.asks_ts {
            self.ts.push(flow.rows.ts[row]);
        }
        if code.asks_now {
            self.now.push(cx.steps.now(step));
        }
    }

    /// Finds the rows of one event. False if that failed.
    fn find(
        &mut self,
        code: &ChangeCode,
        cx: &mut Cx<'_>,
        finder: &Finder,
        flow: &Flow,
        row: usize,
        step: u32,
    ) -> bool {
        let rows = Rows {
            n: 1,
            input: Source { cols: &flow.rows.cols, sel: Sel::From(row) },
            computed: Source::NONE,
            ts: &self.ts,
            now: &self.now,
            serial: self.serial,
            seed: code.seed,
        };
        let Cx { shared, arena, .. } = cx;
        finder.find(&shared.tables[code.table], &rows, arena, &mut self.found);
        if self.found.failed.is_empty() {
            return true;
        }
        let why = self.found.failed.reason.as_ref().map(ToString::to_string).unwrap_or_default();
        self.refuse(Err(why), step);
        false
    }

    /// Assigns to the rows in `slots` for the event in `row`.
    fn assign(
        &mut self,
        code: &ChangeCode,
        cx: &mut Cx<'_>,
        sets: &Sets,
        (flow, row, step): (&Flow, usize, u32),
        slots: &[u32],
        waiting: Option<&mut Table>,
    ) {
        if slots.is_empty() {
            return;
        }
        let rows = Rows {
            n: 1,
            input: Source { cols: &flow.rows.cols, sel: Sel::From(row) },
            computed: Source::NONE,
            ts: &self.ts,
            now: &self.now,
            serial: self.serial,
            seed: code.seed,
        };
        let Cx { shared, arena, .. } = cx;
        let table = waiting.unwrap_or(&mut shared.tables[code.table]);
        self.failed.clear();
        let over_rows = sets.list.iter().any(|(_, v)| matches!(v, Value::Row(_)));
        if over_rows {
            self.zeros.clear();
            self.zeros.resize(slots.len(), 0);
            self.pairs.fill(&sets.pairing, table, &rows, arena, (&self.zeros, slots));
        }
        for (number, (column, value)) in sets.list.iter().enumerate() {
            let out = &mut self.values[number];
            match value {
                Value::Attribute(a) => {
                    let values = &flow.rows.cols[*a as usize];
                    if over_rows {
                        let set = Assigned { column: *column, values, place: Place::One(row), arena };
                        self.pairs.assign(&sets.pairing, &set, false);
                    }
                }
                Value::Event(program) => {
                    out.clear();
                    program.eval(&rows, arena, &mut self.scratch, out, &mut self.failed);
                    if over_rows {
                        let set = Assigned { column: *column, values: out, place: Place::One(0), arena };
                        self.pairs.assign(&sets.pairing, &set, false);
                    }
                }
                Value::Row(expression) => {
                    self.pairs.eval(&sets.pairing, *expression, code.seed, &mut self.scratch, out, &mut self.failed);
                    let set = Assigned { column: *column, values: out, place: Place::From(0), arena };
                    self.pairs.assign(&sets.pairing, &set, true);
                }
            }
        }
        if !self.failed.is_empty() {
            let why = self.failed.reason.as_ref().map(ToString::to_string).unwrap_or_default();
            return self.refuse(Err(why), step);
        }
        if let Err(why) = apply(table, sets, &self.values, (flow, row), slots, arena, &self.pairs.arena) {
            self.refuse(Ok(why), step);
        }
    }

    /// Looks all events up, then changes their rows one after the other.
    fn run_keyed(
        &mut self,
        code: &ChangeCode,
        cx: &mut Cx<'_>,
        (finder, sets, inserts): (&Finder, &Sets, bool),
        inputs: Inputs<'_>,
        (from, to): (usize, usize),
    ) {
        let (_, flow, first) = inputs.at(from);
        let last = inputs.at(to - 1).2;
        let start = first.first as usize;
        let n = (last.first + last.rows) as usize - start;
        self.ts.clear();
        self.now.clear();
        let rows = Rows {
            n,
            input: Source { cols: &flow.rows.cols, sel: Sel::From(start) },
            computed: Source::NONE,
            ts: &[],
            now: &[],
            serial: self.serial,
            seed: code.seed,
        };
        let mut found = std::mem::take(&mut self.found);
        finder.find(&cx.shared.tables[code.table], &rows, cx.arena, &mut found);
        let mut row = start;
        for place in from..to {
            let chunk = inputs.at(place).2;
            for _ in 0..chunk.rows {
                let slots = found.of(row - start);
                if !slots.is_empty() {
                    self.assign(code, cx, sets, (flow, row, chunk.step), slots, None);
                } else if inserts {
                    self.insert_or_find(code, cx, (finder, sets), (flow, row, chunk.step));
                }
                row += 1;
            }
        }
        self.found = found;
    }

    /// An event that had no row when all were looked up becomes one, unless one before it has.
    fn insert_or_find(
        &mut self,
        code: &ChangeCode,
        cx: &mut Cx<'_>,
        (finder, sets): (&Finder, &Sets),
        (flow, row, step): (&Flow, usize, u32),
    ) {
        match cx.shared.tables[code.table].insert(&flow.rows.cols, row, cx.arena) {
            Ok(()) => {}
            Err(Refusal::Duplicate) => {
                let held = std::mem::replace(&mut self.found, finder.found());
                if self.find(code, cx, finder, flow, row, step) {
                    let again = std::mem::take(&mut self.found);
                    match again.of(0) {
                        [] => self.refuse(Ok(Refusal::Duplicate), step),
                        slots => self.assign(code, cx, sets, (flow, row, step), slots, None),
                    }
                }
                self.found = held;
            }
            Err(why) => self.refuse(Ok(why), step),
        }
    }

    /// One event after the other, chunk by chunk.
    fn run_each(&mut self, code: &ChangeCode, cx: &mut Cx<'_>, inputs: Inputs<'_>, from: usize, to: usize) {
        for place in from..to {
            let (_, flow, chunk) = inputs.at(place);
            for row in chunk.first as usize..(chunk.first + chunk.rows) as usize {
                self.clock(code, cx, flow, row, chunk.step);
                match &code.what {
                    What::Insert => self.insert(&mut cx.shared.tables[code.table], flow, row, cx.arena, chunk.step),
                    What::Delete(finder) => {
                        if self.find(code, cx, finder, flow, row, chunk.step) {
                            let table = &mut cx.shared.tables[code.table];
                            self.found.of(0).iter().for_each(|&slot| table.remove(slot));
                        }
                    }
                    What::Update(finder, sets) => {
                        if self.find(code, cx, finder, flow, row, chunk.step) {
                            let slots = std::mem::take(&mut self.found.slots);
                            self.assign(code, cx, sets, (flow, row, chunk.step), &slots, None);
                            self.found.slots = slots;
                        }
                    }
                    What::UpdateOrInsert(finder, sets) => {
                        self.update_or_wait(code, cx, (finder, sets), (flow, row, chunk.step), chunk.rows == 1);
                    }
                }
                self.serial += u64::from(code.asks_random);
            }
            self.enter_waiting(code, cx, chunk.step);
        }
    }

    fn update_or_wait(
        &mut self,
        code: &ChangeCode,
        cx: &mut Cx<'_>,
        (finder, sets): (&Finder, &Sets),
        (flow, row, step): (&Flow, usize, u32),
        lone: bool,
    ) {
        if !self.find(code, cx, finder, flow, row, step) {
            return;
        }
        let slots = std::mem::take(&mut self.found.slots);
        if !slots.is_empty() {
            self.assign(code, cx, sets, (flow, row, step), &slots, None);
            self.found.slots = slots;
            return;
        }
        self.found.slots = slots;
        if lone {
            return self.insert(&mut cx.shared.tables[code.table], flow, row, cx.arena, step);
        }
        let mut waiting = match self.waiting.take() {
            Some(waiting) => waiting,
            None => Box::new(cx.shared.tables[code.table].antechamber()),
        };
        let rows = Rows {
            n: 1,
            input: Source { cols: &flow.rows.cols, sel: Sel::From(row) },
            computed: Source::NONE,
            ts: &self.ts,
            now: &self.now,
            serial: self.serial,
            seed: code.seed,
        };
        finder.find(&waiting, &rows, cx.arena, &mut self.found);
        if self.found.failed.is_empty() && !self.found.slots.is_empty() {
            let slots = std::mem::take(&mut self.found.slots);
            self.assign(code, cx, sets, (flow, row, step), &slots, Some(&mut waiting));
            self.found.slots = slots;
        } else {
            self.insert(&mut waiting, flow, row, cx.arena, step);
        }
        self.waiting = Some(waiting);
    }

    /// Makes rows of the events that wait.
    fn enter_waiting(&mut self, code: &ChangeCode, cx: &mut Cx<'_>, step: u32) {
        let Some(mut waiting) = self.waiting.take_if(|w| !w.is_empty()) else { return };
        let mut slots = std::mem::take(&mut self.slots);
        slots.clear();
        waiting.all(&mut slots);
        for &slot in &slots {
            let entered = cx.shared.tables[code.table].insert(waiting.cols(), slot as usize, waiting.arena());
            if let Err(why) = entered {
                self.refuse(Ok(why), step);
            }
        }
        self.slots = slots;
        waiting.clear();
        self.waiting = Some(waiting);
    }
}

/// Gives rows what the assignments computed.
fn apply(
    table: &mut Table,
    sets: &Sets,
    values: &[Column],
    (flow, row): (&Flow, usize),
    slots: &[u32],
    arena: &riddhi_batch::Arena,
    of_pairs: &riddhi_batch::Arena,
) -> Result<(), Refusal> {
    let assigned = |number: usize| {
        let (column, value) = &sets.list[number];
        let (values, place) = match value {
            Value::Attribute(a) => (&flow.rows.cols[*a as usize], Place::One(row)),
            Value::Event(_) => (&values[number], Place::One(0)),
            Value::Row(_) => (&values[number], Place::From(0)),
        };
        let arena = if matches!(value, Value::Row(_)) { of_pairs } else { arena };
        Assigned { column: *column, values, place, arena }
    };
    table.update(slots, sets.list.len(), assigned)
}

impl Operator for ChangeTable {
    fn out(&self) -> &Flow {
        &self.out
    }

    fn clear_out(&mut self) {}

    fn run(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>, from: usize, to: usize) {
        if from == to {
            return;
        }
        let code = self.code.clone();
        match &code.what {
            What::Update(finder, sets) if sets.keyed && !code.asks_ts => {
                self.run_keyed(&code, cx, (finder, sets, false), inputs, (from, to));
            }
            What::UpdateOrInsert(finder, sets) if sets.keyed && !code.asks_ts => {
                self.run_keyed(&code, cx, (finder, sets, true), inputs, (from, to));
            }
            _ => self.run_each(&code, cx, inputs, from, to),
        }
        if !self.trouble.is_empty() {
            self.report(&code, cx);
        }
    }

    fn save(&self, out: &mut Vec<Section>) {
        if self.code.asks_random {
            let mut bytes = Writer::default();
            bytes.put_u64(self.serial);
            out.push(Section { name: format!("{}/change", self.code.key), bytes: bytes.bytes });
        }
    }

    fn load(&mut self, role: &str, bytes: &[u8]) -> Result<(), LoadError> {
        if role != "change" {
            return Err(LoadError::new(format!("it has no {role}")));
        }
        self.serial = Reader::new(bytes).get_u64()?;
        Ok(())
    }

    fn bytes(&self) -> usize {
        0
    }
}

//! Conditions of slots: those on the event alone are tested for many events ahead, the others for a match and an event.

use riddhi_batch::{Any, Arena, Column, Columns, Flow, LoadError, Reader, Sel, Value, Writer};
use riddhi_plan::registry::{Failed, StreamCx, StreamRows, Volatility};
use riddhi_plan::states::At;

use super::code::{Code, Of, Slot, Take};
use super::events::NONE;
use super::machine::Event;
use super::matches::{EMPTY, Memory};
use crate::expr::{Program, Rows, Scratch, Source};
use crate::operator::Inputs;
use crate::query::{Cx, Failure, Running, Step, stream_arguments};

/// Of the conditions tested ahead: the row could not be computed.
const FAILED: u8 = 2;

/// What is known ahead of the rows of a slot's stream.
#[derive(Debug, Default)]
struct Ahead {
    /// The first row.
    base: usize,
    /// By row: 1 if the conditions on the event alone hold.
    passed: Vec<u8>,
    /// The rows with what stream functions add.
    wide: Columns,
}

/// Tests conditions; all of it are buffers but the number of random values.
#[derive(Debug)]
pub(super) struct Tester {
    ahead: Vec<Ahead>,
    /// By slot and condition: the values of a match.
    values: Vec<Vec<Vec<Column>>>,
    /// By slot and condition: aggregates.
    running: Vec<Vec<Running>>,
    scratch: Scratch,
    hits: Vec<u32>,
    failed: Failed,
    now: Vec<i64>,
    /// By slot: the input its events come from.
    inputs: Vec<u32>,
    /// By slot: the last row that was told to have failed.
    told: Vec<Option<(u32, usize)>>,
    /// Times that a random value could have been drawn.
    pub serial: u64,
    seed: u64,
    app: String,
}

impl Tester {
    pub fn new(code: &Code, seed: u64, app: &str) -> Tester {
        let columns = |slot: &Slot| {
            let of = |c: &super::code::Condition| c.kinds.iter().map(|&k| Column::new(k)).collect();
            slot.rest.iter().map(of).collect()
        };
        Tester {
            ahead: code.slots.iter().map(|_| Ahead::default()).collect(),
            values: code.slots.iter().map(columns).collect(),
            running: code.slots.iter().map(|s| s.rest.iter().map(|c| Running::new(&c.aggregates)).collect()).collect(),
            scratch: Scratch::default(),
            hits: Vec::new(),
            failed: Failed::default(),
            now: Vec::new(),
            inputs: code.slots.iter().map(|slot| slot.input as u32).collect(),
            told: vec![None; code.slots.len()],
            serial: 0,
            seed,
            app: app.to_owned(),
        }
    }

    /// Lends the app's tables to the conditions, or takes them back.
    pub fn lend_tables(&mut self, cx: &mut Cx<'_>) {
        self.scratch.swap_tables(&mut cx.shared.tables);
    }

    /// A turn begins: steps and rows count anew.
    pub fn begin_turn(&mut self) {
        self.told.fill(None);
    }

    /// Looks at rows `first..end` of the input of a slot, which are offered next; `clock` tells the clock of each.
    pub fn prepare(
        &mut self,
        code: &Code,
        slot: usize,
        flow: &Flow,
        (first, end): (usize, usize),
        clock: impl Iterator<Item = i64>,
        cx: &mut Cx<'_>,
    ) {
        let of = &code.slots[slot];
        let n = end - first;
        self.ahead[slot].base = first;
        if !of.functions.is_empty() {
            self.widen(of, slot, flow, (first, n), cx);
        }
        self.ahead[slot].passed.clear();
        if of.alone.is_empty() {
            return;
        }
        self.now.clear();
        if of.alone.iter().any(|p| p.volatility() >= Volatility::Clock) {
            self.now.extend(clock);
        }
        let mut ahead = std::mem::take(&mut self.ahead[slot]);
        let (cols, at) = match of.functions.is_empty() {
            true => (&flow.rows.cols[..], first),
            false => (&ahead.wide.cols[..], 0),
        };
        let input = Source { cols, sel: Sel::From(at) };
        let ts = &flow.rows.ts[first..end];
        let rows = Rows { n, input, computed: Source::NONE, ts, now: &self.now, serial: 0, seed: self.seed };
        let passed = &mut ahead.passed;
        for (number, program) in of.alone.iter().enumerate() {
            self.hits.clear();
            self.failed.clear();
            program.select(&rows, cx.arena, &mut self.scratch, &mut self.hits, &mut self.failed);
            if number == 0 {
                passed.resize(n, 0);
                self.hits.iter().for_each(|&h| passed[h as usize] = 1);
                (0..n).filter(|&i| self.failed.is(i)).for_each(|i| passed[i] = FAILED);
            } else {
                let mut hits = self.hits.iter().peekable();
                for (i, passed) in passed.iter_mut().enumerate() {
                    let hit = hits.next_if(|&&h| h as usize == i).is_some();
                    if *passed == 1 && !hit {
                        *passed = if self.failed.is(i) { FAILED } else { 0 };
                    }
                }
            }
        }
        self.ahead[slot] = ahead;
    }

    /// Computes what stream functions add; what cannot be computed is null.
    fn widen(&mut self, of: &Slot, slot: usize, flow: &Flow, (first, n): (usize, usize), cx: &mut Cx<'_>) {
        let mut wide = std::mem::take(&mut self.ahead[slot].wide);
        if wide.cols.is_empty() {
            wide = Columns::of(&of.schema);
        }
        wide.clear();
        wide.append(&flow.rows, Sel::From(first), n);
        for function in &of.functions {
            let Step::Stream(function) = function else { continue };
            self.failed.clear();
            let mut added = function.added();
            let rows = Rows {
                n,
                input: Source { cols: &wide.cols, sel: Sel::From(0) },
                computed: Source::NONE,
                ts: &wide.ts,
                now: &[],
                serial: 0,
                seed: self.seed,
            };
            let args = stream_arguments(function, &rows, cx.arena, &mut self.scratch, &mut self.failed);
            let attributes = &of.schema.attributes[..function.sees];
            let mut scx = StreamCx { arena: cx.arena, log: cx.log, attributes, app: &self.app };
            let rows = StreamRows { columns: &wide, sel: Sel::From(0), n, args: &args, expired: &[] };
            function.kernel.run(&mut scx, &rows, &mut added);
            for (to, from) in wide.cols[function.sees..].iter_mut().zip(added) {
                *to = from;
            }
        }
        self.ahead[slot].wide = wide;
    }

    /// The columns in which a slot's event stands, and its row there.
    pub fn source<'a>(&'a self, code: &Code, slot: usize, event: &Event<'a>) -> (&'a [Column], usize) {
        match code.slots[slot].functions.is_empty() {
            true => (&event.flow.rows.cols, event.row),
            false => (&self.ahead[slot].wide.cols, event.row - self.ahead[slot].base),
        }
    }

    /// Whether the conditions on the event alone hold.
    #[inline]
    pub fn passed_alone(&mut self, slot: usize, event: &Event<'_>, cx: &mut Cx<'_>, element: u32) -> bool {
        let ahead = &self.ahead[slot];
        match ahead.passed.get(event.row - ahead.base) {
            None | Some(1) => true,
            Some(&FAILED) => {
                self.tell(slot, event, cx, element, "a condition of a state cannot be computed".to_owned());
                false
            }
            Some(_) => false,
        }
    }

    /// Notes an event whose conditions cannot be computed, once.
    #[cold]
    fn tell(&mut self, slot: usize, event: &Event<'_>, cx: &mut Cx<'_>, element: u32, reason: String) {
        if self.told[slot] != Some((event.step, event.row)) {
            self.told[slot] = Some((event.step, event.row));
            if let Some(Some(faults)) = cx.shared.faults.get_mut(element as usize) {
                faults.note(self.inputs[slot], event.row as u32, &reason);
            }
            cx.failures.push(Failure { query: element, step: event.step, rows: 1, reason });
        }
    }

    /// Whether the other conditions hold for the event with a match.
    pub fn test(
        &mut self,
        (code, slot): (&Code, usize),
        (memory, m): (&Memory, u32),
        event: &Event<'_>,
        except: Option<usize>,
        inputs: Option<Inputs<'_>>,
        cx: &mut Cx<'_>,
        element: u32,
    ) -> bool {
        let of = &code.slots[slot];
        for (number, condition) in of.rest.iter().enumerate() {
            if except == Some(number) {
                continue;
            }
            if !condition.aggregates.is_empty() {
                if !self.test_running(&condition.program, (code, slot, number), event, cx, element) {
                    return false;
                }
                continue;
            }
            let mut values = std::mem::take(&mut self.values[slot][number]);
            let (cols, row) = self.source(code, slot, event);
            for (take, to) in condition.takes.iter().zip(&mut values) {
                to.clear();
                push_tested(code, memory, m, take, slot, (cols, row, event.ts), inputs, to, cx.arena);
            }
            let passed = self.test_one(&condition.program, (code, slot), &values, event, cx);
            self.values[slot][number] = values;
            if !self.failed.is_empty() {
                let reason = self.failed.why();
                self.tell(slot, event, cx, element, reason);
            }
            if !passed {
                return false;
            }
        }
        true
    }

    /// A condition with aggregates, which take the event in first.
    #[cold]
    fn test_running(
        &mut self,
        program: &Program,
        (code, slot, number): (&Code, usize, usize),
        event: &Event<'_>,
        cx: &mut Cx<'_>,
        element: u32,
    ) -> bool {
        let mut running = std::mem::take(&mut self.running[slot]);
        let (mut scratch, mut hits) = (std::mem::take(&mut self.scratch), std::mem::take(&mut self.hits));
        let (cols, row) = self.source(code, slot, event);
        let rows = Rows {
            n: 1,
            input: Source { cols, sel: Sel::From(row) },
            computed: Source::NONE,
            ts: &[event.ts],
            now: &[event.now],
            serial: self.serial,
            seed: self.seed,
        };
        let failed = running[number].take_in(&rows, cx.arena, &mut scratch, &mut hits);
        (self.scratch, self.hits) = (scratch, hits);
        self.failed.clear();
        let passed = failed.is_none() && self.test_one(program, (code, slot), running[number].results(), event, cx);
        self.running[slot] = running;
        let failed = failed.or_else(|| (!self.failed.is_empty()).then(|| std::mem::take(&mut self.failed)));
        if let Some(failed) = failed {
            self.tell(slot, event, cx, element, failed.why());
        }
        passed
    }

    /// Writes what the aggregates of conditions hold.
    pub fn save_running(&self, out: &mut Writer) {
        self.running.iter().flatten().for_each(|running| running.save(out));
    }

    /// Reads what [`Tester::save_running`] wrote.
    pub fn load_running(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.running.iter_mut().flatten().try_for_each(|running| running.load(from))
    }

    fn test_one(
        &mut self,
        program: &Program,
        (code, slot): (&Code, usize),
        values: &[Column],
        event: &Event<'_>,
        cx: &mut Cx<'_>,
    ) -> bool {
        self.hits.clear();
        self.failed.clear();
        let (mut hits, mut scratch) = (std::mem::take(&mut self.hits), std::mem::take(&mut self.scratch));
        let mut failed = std::mem::take(&mut self.failed);
        let (cols, row) = self.source(code, slot, event);
        let rows = Rows {
            n: 1,
            input: Source { cols, sel: Sel::From(row) },
            computed: Source { cols: values, sel: Sel::From(0) },
            ts: &[event.ts],
            now: &[event.now],
            serial: self.serial,
            seed: self.seed,
        };
        program.select(&rows, cx.arena, &mut scratch, &mut hits, &mut failed);
        self.serial += (program.volatility() == Volatility::Random) as u64;
        let passed = !hits.is_empty();
        (self.hits, self.scratch, self.failed) = (hits, scratch, failed);
        passed
    }
}

/// Appends a value that a condition of `own` asks, the event under test being row `row` of `cols`.
fn push_tested(
    code: &Code,
    memory: &Memory,
    m: u32,
    take: &Take,
    own: usize,
    (cols, row, ts): (&[Column], usize, i64),
    inputs: Option<Inputs<'_>>,
    to: &mut Column,
    arena: &mut Arena,
) {
    let len = memory.held(m, take.slot).2;
    if take.slot != own || matches!(take.at, At::Last(_)) || take.at != At::Nth(len) {
        let event = event_of(memory, m, take.slot, take.at);
        if let (Of::Column(column), true) = (take.what, event != NONE)
            && memory.events[take.slot].loose(event) != NONE
            && let Some(inputs) = inputs
        {
            let row = memory.events[take.slot].loose(event);
            let of = &code.slots[take.slot];
            let from = &inputs.flow(of.input as u32).rows.cols[of.kept[column as usize] as usize];
            return to.push_from(from, row as usize);
        }
        return push_value(memory, m, take, to, arena);
    }
    // The event under test stands behind those collected.
    match take.what {
        Of::Column(c) | Of::List(c) => match code.slots[own].kept.get(c as usize) {
            Some(&a) => to.push_from(&cols[a as usize], row),
            None => to.push_null(),
        },
        Of::Time => to.push_i64(ts),
        Of::Missing => to.push_bool(false),
        Of::Key => to.push_i32(0),
    }
}

/// The event that is meant.
#[inline]
pub(super) fn event_of(memory: &Memory, m: u32, slot: usize, at: At) -> u32 {
    let (head, tail, len) = memory.held(m, slot);
    let (mut event, steps, forward) = match at {
        At::Nth(n) if n < len => (head, n, 1),
        At::Last(n) if n < len => (tail, n, 0),
        _ => return NONE,
    };
    for _ in 0..steps {
        event = memory.events[slot].links[event as usize][forward];
    }
    event
}

/// Appends a value of a match.
#[inline]
pub(super) fn push_value(memory: &Memory, m: u32, take: &Take, to: &mut Column, arena: &mut Arena) {
    if let Of::List(column) = take.what {
        return push_list(memory, m, take.slot, column, to, arena);
    }
    let event = event_of(memory, m, take.slot, take.at);
    let events = &memory.events[take.slot];
    match take.what {
        Of::Missing => {
            let there = event != NONE || (take.at == At::Nth(0) && memory.slot(m, take.slot) != EMPTY);
            to.push_bool(!there);
        }
        // Rows have it from the turn.
        Of::Key => to.push_i32(0),
        _ if event == NONE => to.push_null(),
        Of::Time => to.push_i64(events.ts(event)),
        Of::Column(column) | Of::List(column) => {
            let from = &events.cols[column as usize];
            match events.arena.is_empty() {
                true => to.push_from(from, event as usize),
                false => to.append_from(from, Sel::From(event as usize), 1, &events.arena, arena),
            }
        }
    }
}

fn push_list(memory: &Memory, m: u32, slot: usize, column: u32, to: &mut Column, arena: &mut Arena) {
    let (mut event, _, len) = memory.held(m, slot);
    if len == 0 {
        return to.push_null();
    }
    let events = &memory.events[slot];
    let mut list: Vec<Value> = Vec::with_capacity(len as usize);
    while event != NONE && list.len() < len as usize {
        list.push(events.cols[column as usize].value(event as usize, &events.arena));
        event = if memory.is_many(slot) { events.links[event as usize][1] } else { NONE };
    }
    to.push_any(Any::new(&Value::Set(list), arena));
}

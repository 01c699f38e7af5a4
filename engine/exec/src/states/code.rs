//! A pattern or sequence compiled: what is kept of events, who is offered which, and conditions as programs. Never changes.

use riddhi_batch::{Kind, Schema};
use riddhi_plan::expr::{Compare, Expr, Node};
use riddhi_plan::logical::{AggregatePlan, Handler};
use riddhi_plan::registry::Volatility;
use riddhi_plan::states::{At, Capture, ConditionPlan, SlotPlan, StateKind, StatesPlan, What};

use crate::expr::Program;
use crate::query::{Step, step};

/// A pattern or sequence, compiled.
#[derive(Debug)]
pub(super) struct Code {
    /// Whether events have to follow each other directly.
    pub sequence: bool,
    /// Milliseconds between the first event of a match and any other.
    pub within: Option<i64>,
    /// Whether a match begins when it leaves the start state.
    pub starts_once: bool,
    pub slots: Vec<Slot>,
    pub states: Vec<State>,
    pub inputs: Vec<Input>,
    /// Kinds of the columns of a matched row.
    pub kinds: Vec<Kind>,
    /// Events that the columns are read from.
    pub points: Vec<Point>,
    /// Columns that are filled from events when the turn ends.
    pub gathers: Vec<Gather>,
    /// Columns whose values are found at once.
    pub at_once: Vec<(usize, Take)>,
    /// The last slot, if it takes one event: that which completes the match.
    pub completing: Option<usize>,
    /// Slots of whose events something is computed ahead.
    pub ahead: Vec<usize>,
    /// Slots that wait for the absence of events, in the order of their timers' parts.
    pub timed: Vec<usize>,
    /// Whether the start state runs again by itself after each success.
    pub every_start: bool,
    /// Whether the start state begins again when the second one has tried an event.
    pub retries: bool,
    /// Whether anybody asks for the clock.
    pub asks_now: bool,
    /// Whether some condition looks at a table.
    pub asks_tables: bool,
    /// Whether who begins and is completed in one turn need not become a match.
    pub straight: bool,
}

/// A state.
#[derive(Debug)]
pub(super) struct State {
    /// Its slots: one, or the right and the left side.
    pub first: usize,
    pub last: usize,
    /// If an `every` ends here: its first state.
    pub again: Option<usize>,
    /// If it stands inside an `every`: the first state of that.
    pub group: Option<usize>,
}

/// A source of a state.
#[derive(Debug)]
pub(super) struct Slot {
    pub state: usize,
    pub input: usize,
    pub wait: Wait,
    pub many: bool,
    /// Whether anybody asks for its events; else it is only known whether one came.
    pub stored: bool,
    /// Whether an event that it takes may stand in its input until the turn ends.
    pub loose: bool,
    /// Attributes that are kept, rising.
    pub kept: Vec<u32>,
    pub schema: Schema,
    /// Stream functions that add attributes.
    pub functions: Vec<Step>,
    /// Conditions on the event alone that can be tested ahead.
    pub alone: Vec<Program>,
    /// All others.
    pub rest: Vec<Condition>,
    /// Where matches are looked up: how.
    pub key: Option<KeyCode>,
    /// Which of the timers' parts it is.
    pub part: Option<usize>,
}

/// What a slot waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    One,
    /// So many; `max` is `u32::MAX` if there is no limit.
    Count {
        min: u32,
        max: u32,
    },
    /// None for so many milliseconds.
    Absent(i64),
    /// An event of one side of a logical state.
    Side {
        and: bool,
        other: usize,
        left: bool,
    },
    /// None of one side.
    AbsentSide {
        and: bool,
        other: usize,
        left: bool,
        wait: Option<i64>,
    },
}

/// A condition that asks something of the match, or cannot be tested ahead.
#[derive(Debug)]
pub(super) struct Condition {
    pub program: Program,
    /// If it is an equality of an attribute of the event and a value of the match: which.
    equality: Option<(u32, u32)>,
    asked: Vec<Capture>,
    pub takes: Vec<Take>,
    pub kinds: Vec<Kind>,
    /// Aggregates, each of which takes an event in first. They are numbered as nothing of the match is.
    pub aggregates: Vec<AggregatePlan>,
}

/// An equality by which waiting matches are looked up.
#[derive(Debug)]
pub(super) struct KeyCode {
    /// The attribute of the event.
    pub own: u32,
    /// The slot of the event that matches hold, its attribute and the column in which that is kept.
    pub slot: usize,
    pub attribute: u32,
    pub column: u32,
    /// Which of the slot's conditions it is.
    pub condition: usize,
}

/// An event of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub slot: usize,
    pub at: At,
    /// Whether it is the only event that its slot takes.
    pub only: bool,
}

/// A column of matched rows that is read from events.
#[derive(Debug)]
pub(super) struct Gather {
    pub to: usize,
    pub point: usize,
    /// The attribute in the input, and the column where it is kept, if it is.
    pub attribute: u32,
    pub column: Option<u32>,
}

/// A value of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Take {
    pub slot: usize,
    pub at: At,
    pub what: Of,
}

/// What of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// The column of the slot's events.
    Column(u32),
    /// The same of all of them.
    List(u32),
    Time,
    Missing,
    /// The number of the key of the partition.
    Key,
}

/// A stream.
#[derive(Debug, Default)]
pub(super) struct Input {
    /// Slots that are offered its events, in that order.
    pub offers: Vec<usize>,
    /// Slots whose new matches it lets in.
    pub promotes: Vec<usize>,
}

impl Code {
    /// Compiles a plan. `looks_up`: whether matches are looked up by what they wait for, and those of one turn need not stand at all.
    pub fn new(plan: &StatesPlan, inputs: usize, looks_up: bool) -> Code {
        let mut slots: Vec<Slot> = plan.slots.iter().map(|_| empty_slot()).collect();
        let mut states = Vec::new();
        for (number, state) in plan.states.iter().enumerate() {
            let all: Vec<usize> = state.kind.slots().collect();
            for &slot in &all {
                slots[slot].state = number;
                slots[slot].wait = wait(state.kind, slot);
            }
            let (first, last) = (all[0], all[all.len() - 1]);
            states.push(State { first, last, again: state.again, group: state.group });
        }
        let last = &states[states.len() - 1];
        let completing =
            (slots[last.last].wait == Wait::One && plan.slots[last.last].functions.is_empty()).then_some(last.last);
        keep(plan, &mut slots, completing);
        for (slot, plan_slot) in slots.iter_mut().zip(&plan.slots) {
            slot.input = plan_slot.input;
            slot.many = plan_slot.many;
            slot.schema = plan_slot.schema.clone();
        }
        for (number, plan_slot) in plan.slots.iter().enumerate() {
            let (alone, rest) = conditions(plan_slot, &slots);
            let mut sees = plan_slot.schema.attributes.len() - added(plan_slot);
            slots[number].functions = plan_slot.functions.iter().map(|f| step(f, &mut sees)).collect();
            slots[number].alone = alone;
            slots[number].rest = rest;
            let slot = &mut slots[number];
            slot.loose = slot.stored && !slot.many && slot.functions.is_empty();
        }
        for number in 0..slots.len() {
            slots[number].key = if plan.sequence || !looks_up { None } else { key(number, plan, &slots) };
        }
        let (points, gathers, at_once) = columns(plan, &slots);
        let timed: Vec<usize> = (0..slots.len()).filter(|&s| slots[s].wait_ms().is_some()).collect();
        timed.iter().enumerate().for_each(|(part, &s)| slots[s].part = Some(part));
        let ahead =
            (0..slots.len()).filter(|&s| !slots[s].alone.is_empty() || !slots[s].functions.is_empty()).collect();
        let clock = |c: &Condition| c.program.volatility() >= Volatility::Clock;
        let asks_now = !timed.is_empty() || slots.iter().flat_map(|s| &s.rest).any(clock);
        let code = Code {
            ahead,
            sequence: plan.sequence,
            within: plan.within,
            starts_once: slots[states[0].last].wait == Wait::One,
            inputs: (0..inputs).map(|input| offers(input, &slots, &states)).collect(),
            points,
            gathers,
            at_once,
            completing,
            kinds: plan.captures.iter().map(|c| plan.attribute(c).kind).collect(),
            every_start: states[0].again == Some(0),
            retries: plan.sequence && matches!(slots[states[0].first].wait, Wait::Count { min: 0, .. }),
            slots,
            states,
            timed,
            asks_now,
            asks_tables: plan.slots.iter().flat_map(|s| &s.conditions).any(|c| c.expr.reads_table()),
            straight: false,
        };
        let straight = looks_up && code.is_straight();
        Code { straight, ..code }
    }

    /// The state with that number, if there is one.
    pub fn is_last(&self, state: usize) -> bool {
        state + 1 == self.states.len()
    }

    /// Whether all states from that one on are counted ones that need no event.
    pub fn needs_nothing_from(&self, state: usize) -> bool {
        self.states[state..].iter().all(|s| matches!(self.slots[s.last].wait, Wait::Count { min: 0, .. }))
    }

    /// The slots of a state.
    pub fn slots_of(&self, state: usize) -> std::ops::RangeInclusive<usize> {
        self.states[state].first..=self.states[state].last
    }

    /// Whether a state is one of absence, or has a side that is.
    pub fn is_absent(&self, state: usize) -> bool {
        self.slots_of(state).any(|s| matches!(self.slots[s].wait, Wait::Absent(_) | Wait::AbsentSide { .. }))
    }
}

impl Slot {
    /// Whether a condition that is tested ahead asks for the clock.
    pub fn asks_clock(&self) -> bool {
        self.alone.iter().any(|p| p.volatility() >= Volatility::Clock)
    }

    /// How long it waits for the absence of events.
    pub fn wait_ms(&self) -> Option<i64> {
        match self.wait {
            Wait::Absent(ms) => Some(ms),
            Wait::AbsentSide { wait, .. } => wait,
            _ => None,
        }
    }
}

fn empty_slot() -> Slot {
    Slot {
        state: 0,
        input: 0,
        wait: Wait::One,
        many: false,
        stored: false,
        loose: false,
        kept: Vec::new(),
        schema: Schema::default(),
        functions: Vec::new(),
        alone: Vec::new(),
        rest: Vec::new(),
        key: None,
        part: None,
    }
}

fn wait(kind: StateKind, slot: usize) -> Wait {
    match kind {
        StateKind::One(_) => Wait::One,
        StateKind::Count { min, max, .. } => Wait::Count { min, max: max.unwrap_or(u32::MAX) },
        StateKind::Absent(_, ms) => Wait::Absent(ms),
        StateKind::Logical { and, left, right } => {
            let (own, other) = if slot == left.slot { (left, right) } else { (right, left) };
            let left = slot == left.slot;
            match own.absent {
                None => Wait::Side { and, other: other.slot, left },
                Some(wait) => Wait::AbsentSide { and, other: other.slot, left, wait },
            }
        }
    }
}

fn added(slot: &SlotPlan) -> usize {
    let of = |h: &Handler| match h {
        Handler::Stream { function, .. } => function.adds.len(),
        Handler::Filter { .. } => 0,
    };
    slot.functions.iter().map(of).sum()
}

/// Notes what is kept of the events of each slot: what anybody asks for.
fn keep(plan: &StatesPlan, slots: &mut [Slot], completing: Option<usize>) {
    let conditions = plan.slots.iter().flat_map(|s| &s.conditions).flat_map(|c| &c.captures);
    for capture in plan.captures.iter().chain(conditions) {
        let slot = &mut slots[capture.slot];
        match capture.what {
            What::Attribute(a) | What::List(a) => {
                slot.stored = true;
                if let Err(at) = slot.kept.binary_search(&a) {
                    slot.kept.insert(at, a);
                }
            }
            What::Time => slot.stored = true,
            What::Missing | What::Key => {}
        }
    }
    for (number, (slot, plan_slot)) in slots.iter_mut().zip(&plan.slots).enumerate() {
        let start = slot.state == 0 && plan.within.is_some();
        // How many there are is asked of several, and when the first came of the start.
        slot.stored |= plan_slot.many || start;
        if completing == Some(number) {
            // It is put out at once.
            slot.stored = false;
            slot.kept.clear();
        }
    }
}

fn take(capture: &Capture, slots: &[Slot]) -> Take {
    let column = |a: u32| slots[capture.slot].kept.binary_search(&a).unwrap_or(0) as u32;
    let what = match capture.what {
        What::Attribute(a) => Of::Column(column(a)),
        What::List(a) => Of::List(column(a)),
        What::Time => Of::Time,
        What::Missing => Of::Missing,
        What::Key => Of::Key,
    };
    Take { slot: capture.slot, at: capture.at, what }
}

/// The conditions of a slot: those that can be tested ahead, and the others. One with aggregates is not, nor taken apart, and
/// keeps its place among the others.
fn conditions(slot: &SlotPlan, slots: &[Slot]) -> (Vec<Program>, Vec<Condition>) {
    let (mut alone, mut rest): (Vec<Program>, Vec<Condition>) = (Vec::new(), Vec::new());
    let running = slot.conditions.iter().any(|c| !c.aggregates.is_empty());
    for condition in &slot.conditions {
        let parts = if condition.aggregates.is_empty() { condition.parts() } else { vec![&condition.expr] };
        for part in parts {
            let program = Program::compile(part);
            let ahead = !running
                && !part.has_aggregate()
                && part.volatility() <= Volatility::Clock
                && (rest.is_empty() || program.is_tree());
            if ahead {
                alone.push(program);
            } else {
                rest.push(asking(program, part, condition, slots));
            }
        }
    }
    (alone, rest)
}

fn asking(program: Program, part: &Expr, condition: &ConditionPlan, slots: &[Slot]) -> Condition {
    let takes: Vec<Take> = condition.captures.iter().map(|c| take(c, slots)).collect();
    let kinds = condition.captures.iter().map(|c| capture_kind(c, slots)).collect();
    let aggregates = condition.aggregates.clone();
    Condition { program, equality: equality(part), asked: condition.captures.clone(), takes, kinds, aggregates }
}

/// Attribute and captured value, if the expression asks whether they are equal.
fn equality(expr: &Expr) -> Option<(u32, u32)> {
    let Node::Compare(Compare::Equal, a, b) = &expr.node else { return None };
    if a.kind != a.ty.kind() || b.kind != b.ty.kind() {
        return None;
    }
    match (&a.node, &b.node) {
        (Node::Attr(own), Node::Aggregate(captured)) | (Node::Aggregate(captured), Node::Attr(own)) => {
            Some((*own, *captured))
        }
        _ => None,
    }
}

fn capture_kind(capture: &Capture, slots: &[Slot]) -> Kind {
    match capture.what {
        What::Attribute(a) => slots[capture.slot].schema.attributes[a as usize].kind,
        What::List(_) => Kind::Any,
        What::Time => Kind::I64,
        What::Missing => Kind::Bool,
        What::Key => Kind::I32,
    }
}

/// The equality by which the matches that wait for a slot are looked up: of an attribute of the event and one of an event that
/// each of them holds, before which no condition can fail.
fn key(number: usize, plan: &StatesPlan, slots: &[Slot]) -> Option<KeyCode> {
    let slot = &slots[number];
    if slot.state == 0 || !matches!(slot.wait, Wait::One | Wait::Absent(_)) || !slot.functions.is_empty() {
        return None;
    }
    if slot.rest.iter().any(|condition| !condition.aggregates.is_empty()) {
        return None;
    }
    for (condition, of) in slot.rest.iter().enumerate() {
        let found = of.equality.and_then(|(own, captured)| {
            let capture = of.asked.get(captured as usize)?;
            let (What::Attribute(attribute), At::Nth(0)) = (capture.what, capture.at) else { return None };
            let other = &slots[capture.slot];
            let kinds = (slot.schema.attributes[own as usize].kind, other.schema.attributes[attribute as usize].kind);
            let fits = matches!(
                kinds,
                (Kind::I32 | Kind::I64, Kind::I32 | Kind::I64) | (Kind::Bool, Kind::Bool) | (Kind::Str, Kind::Str)
            );
            let column = other.kept.binary_search(&attribute).ok()? as u32;
            let single = !other.many && other.functions.is_empty() && matches!(other.wait, Wait::One);
            (fits && single).then_some(KeyCode { own, slot: capture.slot, attribute, column, condition })
        });
        if found.is_some() {
            return found;
        }
        if !of.program.is_tree() {
            return None;
        }
    }
    let _ = plan;
    None
}

/// What the columns of a matched row are read from.
fn columns(plan: &StatesPlan, slots: &[Slot]) -> (Vec<Point>, Vec<Gather>, Vec<(usize, Take)>) {
    let (mut points, mut gathers, mut at_once) = (Vec::new(), Vec::new(), Vec::new());
    for (to, capture) in plan.captures.iter().enumerate() {
        let What::Attribute(attribute) = capture.what else {
            at_once.push((to, take(capture, slots)));
            continue;
        };
        let only = capture.at == At::Nth(0) && !slots[capture.slot].many;
        let point = Point { slot: capture.slot, at: capture.at, only };
        let number = points.iter().position(|p| *p == point).unwrap_or_else(|| {
            points.push(point);
            points.len() - 1
        });
        let column = slots[capture.slot].kept.binary_search(&attribute).ok().map(|c| c as u32);
        gathers.push(Gather { to, point: number, attribute, column });
    }
    (points, gathers, at_once)
}

/// From the last state to the first, of a logical one the left side first.
fn offers(input: usize, slots: &[Slot], states: &[State]) -> Input {
    let mut of = Input::default();
    for state in states.iter().rev() {
        let reads: Vec<usize> = (state.first..=state.last).rev().filter(|&s| slots[s].input == input).collect();
        if !reads.is_empty() {
            of.promotes.extend(state.first..=state.last);
        }
        of.offers.extend(reads);
    }
    of
}

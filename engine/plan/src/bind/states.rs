//! Patterns and sequences: a chain of states, the conditions of each, and what the selection sees of a match.

use riddhi_ql::ast::{self, Handler, Query, State, StateInput, StateKind as Ast, StreamInput};

use super::Pass;
use super::aggregates::Aggregates;
use super::annotations::info_name;
use super::captured::Captured;
use super::catalog::Shape;
use super::expr::Binder;
use super::handlers::{Chain, handler_scope};
use super::output;
use super::partition::{group_by_number, select_number};
use super::query::is_inner;
use super::scope::{Input, Scope, marked};
use super::state_notes::differences;
use crate::diagnose::{multi as wrong, notes, unsupported};
use crate::logical::{Handler as Planned, Kinds, QueryPlan, Role};
use crate::registry::{Leaving, WindowUse};
use crate::states::{ConditionPlan, Side, SlotPlan, StateKind, StatePlan, StatesPlan};

impl<'a> Pass<'a> {
    pub(crate) fn state_query(&mut self, query: &'a Query, input: &'a StateInput, sequence: bool) {
        let mut sources = Vec::new();
        flatten(&input.root, &mut sources);
        let mut complete = true;
        let (mut inputs, mut streams): (Vec<Input<'a>>, Vec<Option<usize>>) = (Vec::new(), Vec::new());
        for state in &sources {
            let source = &state.input.source;
            let read = self.read_rows(source);
            streams.push(read.as_ref().and_then(|r| r.stream));
            inputs.push(Input {
                name: marked(source.scope, &source.name.name),
                reference: state.reference,
                shape: read.map_or_else(Shape::open, |r| r.shape),
                many: state.many,
                multi: true,
                state: true,
                first: 0,
            });
        }
        let mut slots = Vec::new();
        let mut read: Vec<usize> = streams.iter().copied().flatten().collect();
        read.sort_unstable();
        read.dedup();
        for (at, state) in sources.iter().enumerate() {
            // A filter sees the states before it.
            let handlers = self.state_handlers(state, &mut inputs, at);
            complete &= handlers.is_some() && streams[at].is_some();
            let (conditions, functions) = handlers.unwrap_or_default();
            slots.push(SlotPlan {
                name: inputs[at].label().to_owned(),
                input: streams[at].and_then(|s| read.binary_search(&s).ok()).unwrap_or(0),
                schema: inputs[at].shape.schema(),
                functions,
                conditions,
                many: state.many,
            });
        }
        let expired = output::kinds(query) != Kinds::Current;
        let window = WindowUse { sliding: false, expired, windowed: false, leaving: Leaving::Batch };
        let captured = Captured::default();
        self.captured = Some(captured.clone());
        let (shape, select) = self.selection(query.selection.as_ref(), &inputs, window, output::target_name(query));
        self.captured = None;
        let rate = self.rate(query);
        let target = self.output(query, shape);
        let mut states = Vec::new();
        chain(&input.root, &mut states, &mut 0, None);
        let column = if self.in_partition() { captured.key() } else { 0 };
        let partition = self.partition_use(column, rate.is_some());
        let plan =
            StatesPlan { sequence, within: input.within.map(|t| t.ms), slots, states, captures: captured.captures() };
        for what in differences(&plan) {
            self.diagnostics.push(notes::pattern_results(what, input.span));
        }
        let (Some(mut select), Some(output), true) = (select, target, complete) else { return };
        self.limits_only(&mut select, query);
        if let Some(of) = partition {
            if is_inner(query) {
                select_number(&mut select, of.column, query.output.span);
            }
            if !of.keyed {
                group_by_number(&mut select, of.column);
            }
        }
        self.rate_notes(query, None, &select, rate);
        let name = info_name(&query.annotations, &mut Default::default()).map(|n| n.name);
        self.add(QueryPlan {
            name,
            label: String::new(),
            key: String::new(),
            text: Query { annotations: Vec::new(), ..query.clone() }.to_string(),
            inputs: read,
            role: Role::States(Box::new(plan)),
            shared: Vec::new(),
            partition,
            schema: captured.schema(),
            before: Vec::new(),
            window: None,
            after: Vec::new(),
            select,
            rate,
            output: Some(output),
            kinds: output::kinds(query),
            span: query.span,
        });
    }

    /// The conditions and the stream functions of a state.
    fn state_handlers(
        &mut self,
        state: &FlatState<'a>,
        inputs: &mut [Input<'a>],
        at: usize,
    ) -> Option<(Vec<ConditionPlan>, Vec<Planned>)> {
        for handler in &state.input.handlers {
            if let Handler::Function(call) = handler
                && call.namespace.is_none()
                && call.name.name == "log"
            {
                self.diagnostics.push(wrong::log_in_pattern(call.span));
                return None;
            }
        }
        let (mut conditions, mut functions, mut complete) = (Vec::new(), Vec::new(), true);
        for handler in &state.input.handlers {
            match handler {
                Handler::Filter(condition, _) => match self.state_condition(condition, inputs, at) {
                    Some(condition) => conditions.push(condition),
                    None => complete = false,
                },
                Handler::Function(call) => {
                    let captured = Captured::of_condition();
                    self.captured = Some(captured.clone());
                    let mut chain = Chain::default();
                    complete &= self.stream_function(call, inputs, at, &mut chain, false).is_some();
                    self.captured = None;
                    let aggregates =
                        |h: &Planned| matches!(h, Planned::Stream { aggregates, .. } if !aggregates.is_empty());
                    if !captured.captures().is_empty() || chain.before.iter().any(aggregates) {
                        self.diagnostics.push(unsupported::state_handler(call.span));
                    }
                    functions.append(&mut chain.before);
                }
                // The grammar has none.
                Handler::Window(..) => complete = false,
            }
        }
        complete.then_some((conditions, functions))
    }

    fn state_condition(&mut self, condition: &ast::Expr, inputs: &[Input<'a>], at: usize) -> Option<ConditionPlan> {
        let captured = Captured::of_condition();
        let scope = Scope { captured: Some(captured.clone()), ..handler_scope(inputs, at) };
        let use_ = WindowUse { sliding: false, expired: false, windowed: false, leaving: Leaving::Batch };
        let mut aggregates = Aggregates::new(use_, inputs[at].shape.schema());
        let mut binder = Binder {
            aggregates: Some(&mut aggregates),
            ..Binder::new(self.registry, &self.catalog, &mut self.diagnostics, &scope, "a filter")
        };
        let expr = binder.condition(condition, "a filter")?;
        let (captures, aggregates) = (captured.captures(), aggregates.list);
        // Both have numbers, and each key would have aggregates of its own.
        if !aggregates.is_empty() && (!captures.is_empty() || self.open.is_some()) {
            self.diagnostics.push(unsupported::state_handler(condition.span));
        }
        Some(ConditionPlan { expr, captures, aggregates })
    }
}

/// A state with one stream.
pub(crate) struct FlatState<'a> {
    pub reference: Option<&'a str>,
    pub input: &'a StreamInput,
    pub many: bool,
}

/// The states in text order, but the right side of a logical state first: it counts as standing before the left one.
pub(crate) fn flatten<'a>(state: &'a State, out: &mut Vec<FlatState<'a>>) {
    match &state.kind {
        Ast::Next(states) => states.iter().for_each(|s| flatten(s, out)),
        Ast::Every(inner) => flatten(inner, out),
        Ast::Stream(s) => out.push(flat(s, false)),
        Ast::Count(s, _) => out.push(flat(s, true)),
        Ast::Logical { left, right, .. } => {
            let (left, right) = sides(left, right);
            flatten(right, out);
            flatten(left, out);
        }
        Ast::Absent(input, _) => out.push(FlatState { reference: None, input, many: false }),
    }
}

fn flat<'a>(stream: &'a ast::StateStream, many: bool) -> FlatState<'a> {
    let reference = stream.reference.as_ref().map(|r| r.name.as_str());
    FlatState { reference, input: &stream.input, many }
}

/// Left and right side: a single absent one is the left one wherever it stands.
fn sides<'a>(left: &'a State, right: &'a State) -> (&'a State, &'a State) {
    let absent = |s: &State| matches!(s.kind, Ast::Absent(..));
    if absent(right) && !absent(left) { (right, left) } else { (left, right) }
}

/// The states of a part, numbered from the number of those before it, and its slots, `slot` being the next one. `group`: the
/// first state of the `every` around it.
fn chain(part: &State, states: &mut Vec<StatePlan>, slot: &mut usize, group: Option<usize>) {
    let mut take = || {
        *slot += 1;
        *slot - 1
    };
    let kind = match &part.kind {
        Ast::Next(parts) => return parts.iter().for_each(|p| chain(p, states, slot, group)),
        Ast::Every(inner) => {
            let first = states.len();
            chain(inner, states, slot, Some(first));
            if let Some(last) = states.last_mut() {
                last.again = Some(first);
            }
            return;
        }
        Ast::Stream(_) => StateKind::One(take()),
        Ast::Count(_, count) => {
            let bound = |n: i32| u32::try_from(n).unwrap_or(0);
            StateKind::Count { slot: take(), min: bound(count.min), max: count.max.map(bound) }
        }
        Ast::Absent(_, time) => StateKind::Absent(take(), time.map_or(0, |t| t.ms)),
        Ast::Logical { op, left, right } => {
            let (left, right) = sides(left, right);
            let mut side = |s: &State| Side {
                slot: take(),
                absent: match &s.kind {
                    Ast::Absent(_, time) => Some(time.map(|t| t.ms)),
                    _ => None,
                },
            };
            let right = side(right);
            let left = side(left);
            StateKind::Logical { and: *op == ast::LogicalOp::And, left, right }
        }
    };
    states.push(StatePlan { kind, again: None, group });
}

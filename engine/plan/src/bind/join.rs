//! Joins: what each side is, what has to hold of a pair, and how rows are found.

use std::sync::Arc;

use riddhi_batch::{Schema, Type, Value};
use riddhi_ql::Span;
use riddhi_ql::ast::{self, ExprKind, Join, JoinKind, JoinSource, Query};

use super::annotations::info_name;
use super::catalog::{Class, NamedWindow, Shape};
use super::computed::over_computed;
use super::expr::{Binder, constant};
use super::handlers::Chain;
use super::multi::place;
use super::partition::select_number;
use super::query::is_inner;
use super::scope::{Input, Scope, marked};
use super::select::joined_schema;
use super::{Pass, output};
use crate::aggregation::{BucketsPlan, Unit};
use crate::diagnose::{calls, multi as wrong, unsupported};
use crate::expr::{Expr, Node};
use crate::join::{JoinPlan, SideOf, SidePlan};
use crate::logical::{Access, Item, Kinds, QueryPlan, Role, SelectPlan, Shared, WindowRead};
use crate::registry::{Leaving, WindowUse};
use crate::table::{TableCondition, TablePlan, both, over_table};

/// A side as far as it is known.
struct Side<'a> {
    class: Option<Class>,
    /// The plan's number of the stream it reads.
    stream: Option<usize>,
    /// The number of the table that it is.
    table: Option<usize>,
    /// The number of the aggregation that it is.
    aggregation: Option<usize>,
    window: Option<NamedWindow>,
    chain: Chain,
    source: &'a JoinSource,
}

impl Side<'_> {
    /// Whether its rows stand still: they never trigger.
    fn is_fixed(&self) -> bool {
        matches!(self.class, Some(Class::Table | Class::Aggregation))
    }
}

impl<'a> Pass<'a> {
    pub(crate) fn join_query(&mut self, query: &'a Query, join: &'a Join) {
        let (left, left_side) = self.join_side(&join.left);
        let (right, right_side) = self.join_side(&join.right);
        let mut sides = [left_side, right_side];
        let mut inputs = [left, right];
        self.check_sides(join, &sides);
        let kinds = output::kinds(query);
        let mut sliding = false;
        let numbered = self.in_partition();
        // The number of the key stands behind the attributes of a stream.
        let keys = [0, 1].map(|at| {
            let stream = numbered && sides[at].stream.is_some() && sides[at].window.is_none();
            stream.then(|| inputs[at].shape.fields.len().saturating_sub(1) as u32)
        });
        for at in [0, 1] {
            let chain = self.handlers(&sides[at].source.handlers, &mut inputs, at, true);
            sliding |= chain.window_use(true).sliding;
            if let (Some(span), Some(Class::Window)) = (chain.window_span, sides[at].class) {
                self.diagnostics.push(calls::window_on_window(span, &inputs[at].name));
            }
            sides[at].chain = chain;
        }
        place(&mut inputs);
        let plain = [0, 1].map(|at| sides[at].stream.is_some() && sides[at].window.is_none());
        let [left_side, right_side] = &mut sides;
        let chains = [&mut left_side.chain, &mut right_side.chain];
        let computed = self.computed_keys(join, &mut inputs, chains, plain);
        let firsts = [inputs[0].first, inputs[1].first];
        let aggregation = sides.iter().any(|s| s.class == Some(Class::Aggregation));
        let (on, range) = self.join_conditions(join, &inputs, aggregation).unzip();
        let window = WindowUse { sliding, expired: kinds != Kinds::Current, windowed: true, leaving: Leaving::Any };
        let target = output::target_name(query);
        let (shape, select) = self.selection(query.selection.as_ref(), &inputs, window, target);
        let rate = self.rate(query);
        let target = self.output(query, shape);
        let complete = sides.iter().all(|s| s.chain.complete);
        let (Some(mut on), Some(mut select), Some(output), true) = (on, select, target, complete) else { return };
        on.iter_mut().for_each(|on| over_computed(on, &computed, &inputs));
        let numbers = [sides[0].stream, sides[1].stream];
        let there = |s: &Side<'_>| s.stream.is_some() || s.table.is_some() || s.aggregation.is_some();
        if !sides.iter().all(there) {
            if !sides.iter().any(Side::is_fixed) {
                self.diagnostics.push(unsupported::join(join.kind_span));
            }
            return;
        }
        let schema = joined_schema(&inputs).attributes;
        let right = firsts[1];
        let mut table = self.table_condition(&sides, &firsts, &inputs, on.as_ref());
        let mut buckets = None;
        if let Some(aggregation) = sides[1].aggregation {
            let Some(range) = range.flatten() else { return };
            let columns = firsts[1] as u32..firsts[1] as u32 + inputs[1].shape.fields.len() as u32;
            let (found, condition) = self.buckets(aggregation, &columns, range, on.as_ref(), join.span);
            (buckets, table) = (found, condition);
            if buckets.is_none() {
                return;
            }
        }
        let key_columns = keys;
        let (keys, rest) = match table {
            Some(_) => (Vec::new(), None),
            None => JoinPlan::split(on.as_ref(), right, schema.len() - 2),
        };
        let mut streams: Vec<usize> = numbers.iter().flatten().copied().collect();
        streams.dedup();
        let place = |number: Option<usize>| number.and_then(|n| streams.iter().position(|&s| s == n)).map(|p| p as u32);
        let places = numbers.map(place);
        let read = sides.iter().flat_map(|s| {
            let aggregation = s.aggregation.and_then(|n| self.aggregations.get(n).map(|a| (n, a)));
            let kept = aggregation.into_iter().flat_map(|(n, a)| {
                std::iter::once(Shared::Aggregation(n)).chain(a.tables.iter().map(|&table| Shared::Table(table)))
            });
            s.table.map(Shared::Table).into_iter().chain(kept)
        });
        let mut reads: Vec<(Shared, Access)> = read.map(|shared| (shared, Access::Read)).collect();
        let looks =
            |(side, number): (&Side<'_>, &Option<usize>)| number.filter(|_| side.window.is_some_and(|w| w.kept_times));
        reads
            .extend(sides.iter().zip(&numbers).filter_map(looks).map(|stream| (Shared::Looked(stream), Access::Write)));
        let column = (0..2).find_map(|at| key_columns[at].map(|key| firsts[at] + key as usize));
        let partition = column.and_then(|column| self.partition_use(column, true));
        match partition {
            Some(of) if is_inner(query) => select_number(&mut select, of.column, query.output.span),
            // Nothing ever comes of it.
            None if numbered && is_inner(query) => {
                let expr = constant(Type::Int, Value::Int(0), query.output.span);
                select.items.push(Item { name: String::new(), expr });
            }
            _ => {}
        }
        let mut used = vec![false; schema.len()];
        on.iter().for_each(|e| e.mark_attributes(&mut used));
        let asked = buckets.iter().flat_map(|b: &BucketsPlan| [&b.start, &b.per].into_iter().chain(&b.end));
        asked.for_each(|e| e.mark_attributes(&mut used));
        note_selection(&select, &mut used);
        let chains = [std::mem::take(&mut sides[0].chain), std::mem::take(&mut sides[1].chain)];
        let side = |at: usize, chain: Chain| {
            let own = inputs[at].shape.schema();
            let used = &used[firsts[at]..firsts[at] + own.attributes.len()];
            let triggers = match join.unidirectional.map(|u| u.side) {
                None => true,
                Some(ast::Side::Left) => at == 0,
                Some(ast::Side::Right) => at == 1,
            };
            let of = match sides[at].window {
                _ if sides[at].table.is_some() => SideOf::Table(sides[at].table.unwrap_or(0)),
                _ if sides[at].aggregation.is_some() => SideOf::Aggregation(sides[at].aggregation.unwrap_or(0)),
                Some(NamedWindow { read: WindowRead { kinds, number }, any_order, finds, kept_times, .. }) => {
                    SideOf::Window { kinds, number, any_order, finds, looked: numbers[at].filter(|_| kept_times) }
                }
                None => SideOf::Stream,
            };
            let role = sides[at].window.map_or(Role::Select, |w| Role::Reader(w.read));
            SidePlan {
                label: inputs[at].label().to_owned(),
                input: places[at],
                of,
                stage: Box::new(stage(query, numbers[at].unwrap_or(0), own.clone(), chain, used, role)),
                // What a named window lets out reaches no key.
                triggers: triggers && !sides[at].is_fixed() && !(numbered && sides[at].window.is_some()),
                first: firsts[at],
                schema: own,
                key: key_columns[at],
            }
        };
        let outer = match join.kind {
            JoinKind::Inner => [false, false],
            JoinKind::LeftOuter => [true, false],
            JoinKind::RightOuter => [false, true],
            JoinKind::FullOuter => [true, true],
        };
        let [left, right] = chains;
        let plan = JoinPlan {
            sides: [side(0, left), side(1, right)],
            on,
            keys,
            rest,
            table,
            buckets,
            outer,
            expired: kinds != Kinds::Current || !select.aggregates.is_empty(),
            selfed: streams.len() == 1 && numbers[0] == numbers[1],
        };
        let name = info_name(&query.annotations, &mut Default::default()).map(|n| n.name);
        self.add(QueryPlan {
            name,
            text: Query { annotations: Vec::new(), ..query.clone() }.to_string(),
            inputs: streams,
            role: Role::Join(Box::new(plan)),
            shared: reads,
            partition,
            schema: Schema { attributes: schema },
            select,
            rate,
            output: Some(output),
            ..QueryPlan::of(kinds, query.span)
        });
    }

    /// If one side is a table: the condition as a look-up of it and a rest.
    fn table_condition(
        &mut self,
        sides: &[Side<'a>; 2],
        firsts: &[usize; 2],
        inputs: &[Input<'a>; 2],
        on: Option<&Expr>,
    ) -> Option<TableCondition> {
        let at = sides.iter().position(|s| s.table.is_some())?;
        let number = sides[at].table?;
        let first = firsts[at] as u32;
        let columns = first..first + inputs[at].shape.fields.len() as u32;
        let always = || constant(Type::Bool, Value::Bool(true), Span::default());
        let on = over_table(on.cloned().unwrap_or_else(always), &columns);
        Some(self.catalog.tables.get_mut()[number].condition(number, on))
    }

    fn check_sides(&mut self, join: &Join, sides: &[Side<'a>; 2]) {
        if sides.iter().all(Side::is_fixed) {
            self.diagnostics.push(wrong::both_fixed(join.span));
        }
        if sides[0].class == Some(Class::Aggregation) {
            self.diagnostics.push(wrong::aggregation_left(join.left.span));
        }
        for side in sides {
            let source = &side.source.source;
            if side.class == Some(Class::Window) && self.is_cron(&source.name.name) {
                self.diagnostics.push(wrong::cron_joined(&source.name.name, source.span));
            }
        }
    }

    fn join_side(&mut self, source: &'a JoinSource) -> (Input<'a>, Side<'a>) {
        let name = marked(source.source.scope, &source.source.name.name);
        let class = self.catalog.get(&name).map(|e| e.class).filter(|_| source.source.scope == ast::Scope::Plain);
        let read = match class {
            Some(Class::Table | Class::Aggregation) => None,
            // What a named window holds is there for all keys.
            Some(Class::Window) => {
                let open = self.open.take();
                let read = self.read(&source.source);
                self.open = open;
                read
            }
            _ => self.read(&source.source),
        };
        let shape = match class {
            Some(Class::Table | Class::Aggregation) => self.catalog.get(&name).map(|e| e.shape.clone()),
            _ => read.as_ref().map(|r| r.shape.clone()),
        };
        let input = Input {
            name,
            reference: source.alias.as_ref().map(|a| a.name.as_str()),
            shape: shape.unwrap_or_else(Shape::open),
            many: false,
            multi: true,
            state: false,
            first: 0,
        };
        let of = |wanted: Class| self.catalog.get(&input.name).filter(|_| class == Some(wanted)).map(|e| e.number);
        let side = Side {
            class,
            table: of(Class::Table),
            aggregation: of(Class::Aggregation),
            stream: read.as_ref().and_then(|r| r.stream),
            window: read.as_ref().and_then(|r| r.named),
            chain: Chain::default(),
            source,
        };
        (input, side)
    }

    fn is_cron(&self, window: &str) -> bool {
        self.app.definitions.iter().any(|d| match d {
            ast::Definition::Window(d) => {
                d.name.name == window && d.window.namespace.is_none() && d.window.name.name == "cron"
            }
            _ => false,
        })
    }

    /// What is asked of an aggregation, and the condition as one over a table of what is found.
    fn buckets(
        &mut self,
        aggregation: usize,
        columns: &std::ops::Range<u32>,
        range: Asked,
        on: Option<&Expr>,
        span: Span,
    ) -> (Option<BucketsPlan>, Option<TableCondition>) {
        let Some(plan) = self.aggregations.get(aggregation) else { return (None, None) };
        let mut table = TablePlan::new(plan.name.clone(), plan.reading.clone(), Vec::new(), &[], plan.span);
        let always = || constant(Type::Bool, Value::Bool(true), Span::default());
        let on = over_table(on.cloned().unwrap_or_else(always), columns);
        let kept = |column: u32| {
            let name = &plan.reading.attributes[column as usize].name;
            plan.row.attributes.iter().any(|a| a.name == *name)
        };
        let is_kept = |part: &Expr| {
            let mut kept_only = true;
            part.visit(&mut |e| kept_only &= !matches!(e.node, Node::Column(column) if !kept(column)));
            kept_only
        };
        let picks = (!is_kept(&on)).then(|| parts_of(&on, &is_kept).unwrap_or_else(always));
        let picks = picks.map(|part| table.condition(aggregation, part));
        let condition = table.condition(aggregation, on);
        let [start, per] = [range.start, range.per].map(|e| over_table(e, columns));
        let end = range.end.map(|e| over_table(e, columns));
        if [&start, &per].into_iter().chain(&end).any(Expr::reads_table) {
            self.diagnostics.push(unsupported::join(span));
            return (None, None);
        }
        (Some(BucketsPlan { aggregation, start, end, per, picks, table: Arc::new(table) }), Some(condition))
    }

    /// The condition, and what an aggregation is asked for; none if it could not be bound.
    fn join_conditions(
        &mut self,
        join: &'a Join,
        inputs: &[Input<'a>],
        aggregation: bool,
    ) -> Option<(Option<Expr>, Option<Asked>)> {
        let times = inputs.iter().map(|i| i.shape.fields.len()).sum::<usize>() as u32;
        let scope = Scope { inputs: inputs.to_vec(), times: Some(times), ..Scope::default() };
        let mut binder =
            Binder::new(self.registry, &self.catalog, &mut self.diagnostics, &scope, "the condition of a join");
        let on = match &join.on {
            Some(on) => binder.condition(on, "the condition of a join").map(Some),
            None => Some(None),
        };
        let Some(range) = &join.range else {
            if aggregation {
                self.diagnostics.push(wrong::range_missing(join.span));
            }
            return on.map(|on| (on, None));
        };
        if !aggregation {
            binder.diagnostics.push(wrong::range_without_aggregation(range.span));
        }
        let long = range.end.is_some();
        let mut limit = |limit: &ast::Expr| {
            let bound = binder.bind(limit)?;
            if bound.ty != Type::String && !(bound.ty == Type::Long && long) {
                binder.diagnostics.push(wrong::within_type(bound.ty, long, bound.span));
            }
            Some(bound)
        };
        let start = limit(&range.start);
        let end = range.end.as_ref().map(limit);
        let per = binder.bind(&range.per);
        if let Some(per) = per.as_ref().filter(|p| p.ty != Type::String) {
            binder.diagnostics.push(wrong::per_type(per.ty, per.span));
        } else if let ExprKind::Str(text) = &range.per.kind
            && Unit::of(text).is_none()
        {
            binder.diagnostics.push(wrong::per_unknown(text, range.per.span));
        }
        let end = end.map_or(Some(None), |end| end.map(Some));
        Some((on?, Some(Asked { start: start?, end: end?, per: per? })))
    }
}

/// `within start, end per per`, bound.
struct Asked {
    start: Expr,
    end: Option<Expr>,
    per: Expr,
}

/// Handlers and window of a side as a query of its own, which keeps what the join looks at.
fn stage(query: &Query, input: usize, schema: Schema, chain: Chain, used: &[bool], role: Role) -> QueryPlan {
    let item = |(at, attribute): (usize, &riddhi_batch::Attribute)| Item {
        name: attribute.name.clone(),
        expr: Expr::attribute(&schema, at, query.span),
    };
    let kept = schema.attributes.iter().enumerate().filter(|(at, _)| used[*at]);
    let items = kept.map(item).collect();
    // What comes of a named window comes with its kinds, which only handlers behind a window look at.
    let named = matches!(role, Role::Reader(_));
    let (before, after) = if named { (Vec::new(), chain.before) } else { (chain.before, chain.after) };
    QueryPlan {
        inputs: vec![input],
        role,
        schema,
        before,
        window: chain.window,
        after,
        select: SelectPlan { items, ..SelectPlan::default() },
        ..QueryPlan::of(Kinds::All, query.span)
    }
}

fn note_selection(select: &SelectPlan, used: &mut [bool]) {
    select.expressions().for_each(|e| e.mark_attributes(used));
    select.group_by.iter().for_each(|&a| used[a as usize] = true);
}

/// The parts of a condition, which `and` joins, for which `keep` holds.
fn parts_of(on: &Expr, keep: &dyn Fn(&Expr) -> bool) -> Option<Expr> {
    let Node::And(a, b) = &on.node else { return keep(on).then(|| on.clone()) };
    match (parts_of(a, keep), parts_of(b, keep)) {
        (Some(a), Some(b)) => Some(both(a, b)),
        (a, b) => a.or(b),
    }
}

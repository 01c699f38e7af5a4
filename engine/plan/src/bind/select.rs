//! The selection: items, group by, having, order by, limit and offset.

use std::collections::HashMap;

use riddhi_batch::{Attribute, Kind, Schema, Type};
use riddhi_ql::Span;
use riddhi_ql::ast::{self, AttrRef, ExprKind, Limit, OutAttr, SelectList};

use super::Pass;
use super::aggregates::Aggregates;
use super::catalog::{Field, Shape};
use super::expr::Binder;
use super::scope::{Found, Input, Output, Scope};
use crate::diagnose::{clauses, names, notes, warnings};
use crate::expr::{Expr, Node};
use crate::logical::{Item, SelectPlan, SortBy};
use crate::registry::WindowUse;

impl<'a> Pass<'a> {
    /// The shape of the output as far as it is known, and the selection if all of it could be bound.
    pub(crate) fn selection(
        &mut self,
        selection: Option<&'a ast::Selection>,
        inputs: &[Input<'a>],
        window: WindowUse,
        target: &str,
    ) -> (Shape, Option<SelectPlan>) {
        let aliases = selection.map_or(Vec::new(), aliases);
        let times = is_join(inputs).then(|| inputs.iter().map(|i| i.shape.fields.len()).sum::<usize>() as u32);
        let scope = Scope {
            inputs: inputs.to_vec(),
            lists: true,
            times,
            captured: self.captured.clone(),
            aliases,
            ..Scope::default()
        };
        let mut aggregates = Aggregates::new(window, joined_schema(inputs));
        aggregates.captured = self.captured.clone();
        let (outputs, open) = match selection.map(|s| &s.list) {
            None => self.star(&scope, Span::default()),
            Some(SelectList::Star(span)) => self.star(&scope, *span),
            Some(SelectList::List(list)) => (self.items(list, &scope, &mut aggregates), false),
        };
        let shape = Shape { fields: outputs.iter().map(field).collect(), open };
        let Some(selection) = selection else {
            return (shape, finish(outputs, open, SelectPlan::default()));
        };
        let group_by = self.group_by(selection, &scope);
        let having = self.having(selection, &scope, &outputs, target, &mut aggregates);
        let mut sort_keys = Vec::new();
        let order_by = self.order_by(selection, &scope, &outputs, target, &mut sort_keys);
        let limit = self.limit(selection.limit, "limit");
        let offset = self.limit(selection.offset, "offset");
        let plan = || {
            Some(SelectPlan {
                items: Vec::new(),
                aggregates: aggregates.list,
                group_by: group_by?,
                having: having?,
                order_by: order_by?,
                sort_keys,
                limit: limit?,
                offset: offset?,
                each_row: false,
                limits_only: false,
            })
        };
        let plan = plan().and_then(|p| finish(outputs, open, p));
        (shape, plan)
    }

    /// All attributes of all inputs.
    fn star(&mut self, scope: &Scope<'_>, span: Span) -> (Vec<Output>, bool) {
        let mut outputs: Vec<Output> = Vec::new();
        for (number, input) in scope.inputs.iter().enumerate() {
            for (at, field) in input.shape.named() {
                if outputs.iter().any(|o| o.name == field.name) {
                    self.diagnostics.push(names::star_twice(&field.name, span));
                    continue;
                }
                let node = scope.star_node(number, at);
                let expr = field.ty.map(|ty| Expr { ty, kind: field.kind, node, span });
                outputs.push(Output { name: field.name.clone(), expr });
            }
        }
        (outputs, scope.inputs.iter().any(|i| i.shape.open))
    }

    fn items(&mut self, list: &[OutAttr], scope: &Scope<'_>, aggregates: &mut Aggregates) -> Vec<Output> {
        let mut first: HashMap<&str, Span> = HashMap::new();
        let mut outputs = Vec::new();
        for item in list {
            let mut binder = Binder {
                aggregates: Some(aggregates),
                ..Binder::new(self.registry, &self.catalog, &mut self.diagnostics, scope, "select")
            };
            let expr = binder.bind(&item.expr);
            let Some(name) = item.name() else { continue };
            if let Some(before) = first.get(name.name.as_str()) {
                self.diagnostics.push(names::output_twice(name, name.span, *before));
                continue;
            }
            first.insert(&name.name, name.span);
            outputs.push(Output { name: name.name.clone(), expr });
        }
        outputs
    }

    fn group_by(&mut self, selection: &ast::Selection, scope: &Scope<'_>) -> Option<Vec<u32>> {
        let mut keys = Some(Vec::new());
        for attr in &selection.group_by {
            let mut binder = Binder::new(self.registry, &self.catalog, &mut self.diagnostics, scope, "group by");
            match (binder.attribute(attr).map(|e| e.node), &mut keys) {
                (Some(Node::Attr(at)), Some(keys)) => keys.push(at),
                (Some(_), _) => {}
                (None, _) => keys = None,
            }
        }
        if let [first, .., last] = &selection.group_by[..] {
            self.diagnostics.push(notes::joined_keys(first.span.to(last.span)));
        }
        keys
    }

    fn having(
        &mut self,
        selection: &ast::Selection,
        scope: &Scope<'_>,
        outputs: &[Output],
        target: &str,
        aggregates: &mut Aggregates,
    ) -> Option<Option<Expr>> {
        let Some(condition) = &selection.having else { return Some(None) };
        let scope = Scope { outputs: Some((target, outputs)), aliases: Vec::new(), ..scope.clone() };
        let mut binder = Binder {
            aggregates: Some(aggregates),
            ..Binder::new(self.registry, &self.catalog, &mut self.diagnostics, &scope, "having")
        };
        let bound = binder.condition(condition, "`having`")?;
        let aggregator = matches!(condition.kind, ExprKind::Call(_)) && matches!(bound.node, Node::Aggregate(_));
        if aggregator || matches!(condition.kind, ExprKind::Bool(_) | ExprKind::Attr(_)) {
            self.diagnostics.push(clauses::bare_having(condition.span));
            return None;
        }
        Some(Some(bound))
    }

    fn order_by(
        &mut self,
        selection: &ast::Selection,
        scope: &Scope<'_>,
        outputs: &[Output],
        target: &str,
        sort_keys: &mut Vec<Expr>,
    ) -> Option<Vec<(SortBy, bool)>> {
        let mut keys = Some(Vec::new());
        let scope = Scope { outputs: Some((target, outputs)), aliases: Vec::new(), ..scope.clone() };
        for order in &selection.order_by {
            let found = self.sort_by(&order.attr, &scope, outputs, sort_keys);
            match (found, &mut keys) {
                (Some(at), Some(keys)) => keys.push((at, order.order == ast::Order::Desc)),
                (None, _) => keys = None,
                (Some(_), None) => {}
            }
        }
        keys
    }

    /// What an attribute of `order by` is: an output attribute, of several inputs also one that shows what it names, or else a
    /// key of its own.
    fn sort_by(
        &mut self,
        attr: &AttrRef,
        scope: &Scope<'_>,
        outputs: &[Output],
        sort_keys: &mut Vec<Expr>,
    ) -> Option<SortBy> {
        let item = |at: usize| SortBy::Item(at as u32);
        let named = || outputs.iter().position(|o| o.name == attr.attr.name);
        match scope.find_for(attr, "order by") {
            Found::Expr(found) => {
                let shows = |o: &Output| match (&found.node, o.expr.as_ref().map(|e| &e.node)) {
                    (Node::Attr(a), Some(Node::Attr(b))) => a == b,
                    _ => false,
                };
                let by_name = named().filter(|_| attr.stream.is_none() || !scope.multi());
                let place = by_name.or_else(|| outputs.iter().position(shows));
                Some(place.map_or_else(
                    || {
                        sort_keys.push(*found);
                        SortBy::Key(sort_keys.len() as u32 - 1)
                    },
                    item,
                ))
            }
            Found::Unknown => named().map(item),
            Found::Wrong(diagnostic) => {
                self.diagnostics.push(*diagnostic);
                None
            }
        }
    }

    fn limit(&mut self, limit: Option<Limit>, clause: &str) -> Option<Option<u64>> {
        let Some(limit) = limit else { return Some(None) };
        let Ok(value) = u64::try_from(limit.value) else {
            self.diagnostics.push(clauses::negative_limit(clause, limit.value, limit.span));
            return None;
        };
        if value == 0 && clause == "limit" {
            self.diagnostics.push(warnings::limit_zero(limit.span));
        }
        Some(Some(value))
    }
}

/// Names that `as` gives.
fn aliases(selection: &ast::Selection) -> Vec<String> {
    match &selection.list {
        SelectList::Star(_) => Vec::new(),
        SelectList::List(list) => list.iter().filter_map(|i| i.alias.as_ref()).map(|a| a.name.clone()).collect(),
    }
}

fn field(output: &Output) -> Field {
    let ty = output.expr.as_ref().map(|e| e.ty);
    let kind = output.expr.as_ref().map_or(Kind::Any, |e| e.kind);
    Field { name: output.name.clone(), ty, kind }
}

/// The plan with its items, if all of them could be bound.
fn finish(outputs: Vec<Output>, open: bool, plan: SelectPlan) -> Option<SelectPlan> {
    let item = |o: Output| o.expr.map(|expr| Item { name: o.name, expr });
    let items: Option<Vec<Item>> = outputs.into_iter().map(item).collect();
    items.filter(|_| !open).map(|items| SelectPlan { items, ..plan })
}

fn is_join(inputs: &[Input<'_>]) -> bool {
    inputs.iter().any(|i| i.multi && !i.state)
}

/// The attributes of all inputs, one after the other; of a join's, the timestamps of the rows of both behind them.
pub(super) fn joined_schema(inputs: &[Input<'_>]) -> Schema {
    let mut attributes: Vec<Attribute> = inputs.iter().flat_map(|i| i.shape.schema().attributes).collect();
    if is_join(inputs) {
        let time = |i: &Input<'_>| Attribute::new(format!("eventTimestamp({})", i.label()), Type::Long);
        attributes.extend(inputs.iter().map(time));
    }
    Schema { attributes }
}

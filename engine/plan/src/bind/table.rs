//! Tables: their definitions, and the queries that write them.

use riddhi_batch::Type;
use riddhi_ql::ast::{self, Query};
use riddhi_ql::{Ident, Span};

use super::catalog::{Class, Entry, Field, Shape, join_kinds};
use super::expr::Binder;
use super::scope::{Input, Scope};
use super::{Pass, annotations, output};
use crate::diagnose::{multi as wrong, names, warnings};
use crate::expr::{Expr, Node};
use crate::logical::{Access, Kinds, QueryPlan, Role, Shared};
use crate::table::{Change, ChangePlan, SetPlan, TablePlan};
use crate::vain::deletes_nothing;

impl<'a> Pass<'a> {
    /// The plan of a table, as far as its keys are right.
    pub(crate) fn table_plan(&self, d: &ast::TableDef, shape: &Shape) -> TablePlan {
        let columns = |name: &'static str| {
            let all = d.annotations.iter().filter(move |a| annotations::is(a, name)).flat_map(|a| &a.elements);
            all.filter_map(|e| shape.find(&e.value.value).map(|(at, _)| at as u32))
        };
        let key = columns("primaryKey").collect();
        let indexed: Vec<u32> = columns("index").collect();
        TablePlan::new(d.name.name.clone(), shape.schema(), key, &indexed, d.name.span)
    }

    /// The stream on which the rows of the query in hand go to a table.
    pub(crate) fn way_to_table(&mut self, table: usize, change: Change, shape: Shape, span: Span) -> usize {
        let of = self.catalog.tables.borrow()[table].name.clone();
        let stream = self.catalog.streams.len();
        // No stream of the text has such a name.
        self.catalog.add(&format!("{of}:in:{stream}"), Entry { hidden: true, ..output::inferred(shape, span) });
        self.change = Some((stream, ChangePlan { table, change }));
        stream
    }

    /// The node that changes the table, right behind the query whose rows it takes.
    pub(crate) fn change_node(&self, query: &QueryPlan, stream: usize, change: ChangePlan) -> QueryPlan {
        let name = &self.catalog.streams[stream];
        let schema = self.catalog.get(name).map(|e| e.shape.schema()).unwrap_or_default();
        let mut shared = Vec::new();
        for expr in change.change.expressions() {
            shared.extend(table_reads(std::iter::once(expr)));
        }
        shared.retain(|(shared, _)| *shared != Shared::Table(change.table));
        shared.push((Shared::Table(change.table), Access::Write));
        QueryPlan {
            name: query.name.clone(),
            label: query.label.clone(),
            key: format!("{}:change", query.key),
            inputs: vec![stream],
            role: Role::Change(Box::new(change)),
            shared,
            schema,
            ..QueryPlan::of(Kinds::Current, query.span)
        }
    }

    /// `delete`, `update` and `update or insert`: the target has to be a table, and names have to fit.
    pub(crate) fn change(&mut self, query: &'a Query, shape: Shape) -> Option<usize> {
        let (target, on, set, whole) = match &query.output.kind {
            ast::OutputKind::Delete { target, on, .. } => (target, on.as_ref(), None, false),
            ast::OutputKind::Update { target, on, set, .. } => (target, Some(on), Some(set), false),
            ast::OutputKind::UpdateOrInsert { target, on, set, .. } => (target, Some(on), Some(set), true),
            _ => return None,
        };
        let entry = self.catalog.get(&target.name);
        let Some(entry) = entry.filter(|e| e.class == Class::Table) else {
            let class = entry.map(|e| e.class);
            self.diagnostics.push(names::not_a_table(target, class, self.catalog.names(&[Class::Table])));
            return None;
        };
        let (table, defined, number) = (entry.shape.clone(), entry.span, entry.number);
        if whole && let Some(what) = output::difference(&table, &shape) {
            let (expected, found) = (table.to_string(), shape.to_string());
            let wrong = names::other_shape(target, Class::Table, &expected, &found, what, target.span, defined);
            self.diagnostics.push(wrong);
            return None;
        }
        if whole {
            self.note_kinds(&target.name, &shape);
        }
        let all = set.is_some_and(|s| s.is_empty());
        if all && !whole && !self.all_columns(target, &table, &shape) {
            return None;
        }
        let Some(on) = on else {
            self.change_expressions(target, &table, &shape, None, set);
            self.diagnostics.push(wrong::delete_all(query.output.span));
            return None;
        };
        let (on, mut sets) = self.change_expressions(target, &table, &shape, Some(on), set);
        if all {
            sets = Some(by_name(&table, &shape));
        }
        let (on, sets) = (on?, sets?);
        self.note_sets(&target.name, &table, &sets);
        let vain = set.is_none() && deletes_nothing(&on, &self.catalog.tables.borrow()[number]);
        let span = on.span;
        let mut condition = self.catalog.tables.get_mut()[number].condition(number, on);
        if vain {
            self.diagnostics.push(warnings::deletes_nothing(&target.name, span));
            condition.never();
        }
        let change = match (set, whole) {
            (None, _) => Change::Delete(condition),
            (Some(_), false) => Change::Update(condition, sets),
            (Some(_), true) => Change::UpdateOrInsert(condition, sets),
        };
        Some(self.way_to_table(number, change, shape, target.span))
    }

    /// Whether the table has a column for each attribute, which is complained about.
    fn all_columns(&mut self, target: &Ident, table: &Shape, shape: &Shape) -> bool {
        let mut all = true;
        for field in &shape.fields {
            let fits = |(_, f): (usize, &Field)| f.ty.is_none() || field.ty.is_none() || f.ty == field.ty;
            if !table.find(&field.name).is_some_and(fits) && !table.open {
                self.diagnostics.push(wrong::no_column(target, &field.to_string(), target.span));
                all = false;
            }
        }
        all
    }

    fn change_expressions(
        &mut self,
        target: &Ident,
        table: &Shape,
        shape: &Shape,
        on: Option<&ast::Expr>,
        set: Option<&Vec<ast::SetClause>>,
    ) -> (Option<Expr>, Option<Vec<SetPlan>>) {
        let shape = shape.clone();
        let input =
            Input { name: String::new(), reference: None, shape, many: false, multi: false, state: false, first: 0 };
        let scope = Scope { inputs: vec![input], ..Scope::default() };
        let mut binder =
            Binder::new(self.registry, &self.catalog, &mut self.diagnostics, &scope, "a change of a table");
        binder.table = Some((&target.name, table));
        binder.bare_columns = self.bare_columns;
        let on = on.and_then(|on| binder.condition(on, "the condition of a change"));
        let mut sets: Vec<Option<SetPlan>> = Vec::new();
        for clause in set.into_iter().flatten() {
            let value = binder.bind(&clause.value);
            let column = table.find(&clause.target.attr.name).map(|(at, _)| at as u32);
            if column.is_none() && !table.open {
                binder.diagnostics.push(wrong::no_column(target, &clause.target.attr.name, clause.target.span));
            }
            // Of two assignments to one column the last counts.
            sets.retain(|s| s.as_ref().is_none_or(|s| Some(s.column) != column));
            sets.push(value.zip(column).map(|(value, column)| SetPlan { column, value }));
        }
        let mut sets: Option<Vec<SetPlan>> = sets.into_iter().collect();
        sets.iter_mut().for_each(|sets| sets.sort_by_key(|s| s.column));
        (on, sets)
    }

    /// Remembers what assignments give the table's columns.
    fn note_sets(&mut self, name: &str, table: &Shape, sets: &[SetPlan]) {
        let native: Vec<_> = table.fields.iter().map(|f| f.kind).collect();
        let known = self.written.entry(name.to_owned()).or_insert(native);
        for set in sets {
            if let Some(kind) = known.get_mut(set.column as usize) {
                *kind = join_kinds(*kind, set.value.kind);
            }
        }
    }
}

/// Every attribute to the column of its name.
fn by_name(table: &Shape, shape: &Shape) -> Vec<SetPlan> {
    let attribute = |(at, field): (usize, &Field)| {
        let (column, _) = table.find(&field.name)?;
        let ty = field.ty.unwrap_or(Type::Object);
        let value = Expr { ty, kind: field.kind, node: Node::Attr(at as u32), span: Span::default() };
        Some(SetPlan { column: column as u32, value })
    };
    let mut sets: Vec<SetPlan> = shape.named().filter_map(attribute).collect();
    sets.sort_by_key(|s| s.column);
    sets
}

/// The tables that expressions look at.
pub(crate) fn table_reads<'e>(expressions: impl Iterator<Item = &'e Expr>) -> Vec<(Shared, Access)> {
    let mut reads = Vec::new();
    for expr in expressions {
        expr.visit(&mut |e| {
            if let Node::In(condition) = &e.node {
                let read = (Shared::Table(condition.table), Access::Read);
                if !reads.contains(&read) {
                    reads.push(read);
                }
            }
        });
    }
    reads
}

//! EXPLAIN of tables: their keys and indexes, how conditions look rows up, and what changes them.

use riddhi_batch::Schema;
use serde_json::{Value, json};

use crate::expr::Node;
use crate::logical::{AppPlan, QueryPlan};
use crate::table::{Access, Change, ChangePlan, IndexForm, IndexPlan, RowOrder, TableCondition, TablePlan};
use crate::text::{condition_text, name_text, value_text};

/// `table T (...), primary key sym, rows by key; index of v for a condition`.
pub(super) fn table_line(table: &TablePlan, schema: &str) -> String {
    let mut text = format!("table {} ({schema})", name_text(&table.name));
    if !table.key.is_empty() {
        text += &format!(", primary key {}", columns(table, &table.key));
    }
    text += match table.order {
        RowOrder::Inserted => ", rows as inserted",
        RowOrder::Key => ", rows by key",
        RowOrder::Hash => ", rows as a hash map lists their keys",
    };
    for index in table.indexes.iter().filter(|i| !i.unique) {
        let what = form_text(index.form);
        let why = if index.declared { "" } else { ", for a condition" };
        text += &format!("; {what} index of {}{why}", columns(table, &index.columns));
    }
    if let Some(store) = &table.store {
        text += &format!("; in a store of type {}, asked for what a frame needs", store.ty);
        if let Some(cache) = store.cache {
            text += &format!("; {} rows cached", cache.size);
        }
    }
    text
}

fn form_text(form: IndexForm) -> &'static str {
    match form {
        IndexForm::Hash => "hash",
        IndexForm::Ordered => "ordered",
    }
}

fn columns(table: &TablePlan, columns: &[u32]) -> String {
    let name = |&c: &u32| table.schema.attributes.get(c as usize).map_or(String::new(), |a| name_text(&a.name));
    columns.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// How rows are found: `looks T up by sym`.
pub(super) fn access_text(plan: &AppPlan, condition: &TableCondition) -> String {
    plan.tables.get(condition.table).map_or_else(String::new, |table| access_of(table, condition))
}

/// The same of a table that is not the app's.
pub(super) fn access_of(table: &TablePlan, condition: &TableCondition) -> String {
    let name = name_text(&table.name);
    let rest = if condition.rest.is_some() { ", then tests the rest" } else { "" };
    match &condition.access {
        Access::Scan if condition.rest.is_none() => format!("takes all of {name}"),
        Access::Scan => format!("walks over {name}: nothing that an index could answer"),
        Access::Equal { columns: by, .. } => format!("looks {name} up by {}{rest}", columns(table, by)),
        Access::Range { column, .. } => format!("looks {name} up by a range of {}{rest}", columns(table, &[*column])),
    }
}

/// A line for each look-up in the expressions of a query.
pub(super) fn look_ups(plan: &AppPlan, query: &QueryPlan) -> Vec<String> {
    let mut lines = Vec::new();
    for expr in query.expressions() {
        expr.visit(&mut |e| {
            if let Node::In(condition) = &e.node {
                let line = access_text(plan, condition);
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
        });
    }
    lines
}

/// What a node does to a table, in lines.
pub(super) fn change_lines(plan: &AppPlan, change: &ChangePlan, schema: &Schema) -> Vec<String> {
    let Some(table) = plan.tables.get(change.table) else { return Vec::new() };
    let name = name_text(&table.name);
    let (what, condition, sets) = match &change.change {
        Change::Insert => return vec![format!("insert into {name}")],
        Change::Delete(condition) => ("delete", condition, &[][..]),
        Change::Update(condition, sets) => ("update", condition, &sets[..]),
        Change::UpdateOrInsert(condition, sets) => ("update or insert into", condition, &sets[..]),
    };
    let mut lines = vec![format!("{what} {name} on {}", condition_text(condition, schema))];
    for set in sets {
        lines.push(format!("set {} = {}", columns(table, &[set.column]), value_text(&set.value, condition, schema)));
    }
    lines.push(access_text(plan, condition));
    lines
}

/// A table for tools to read.
pub(super) fn table_json(table: &TablePlan, attributes: Vec<Value>) -> Value {
    let index = |i: &IndexPlan| json!({"columns": i.columns, "form": form_text(i.form), "unique": i.unique, "declared": i.declared});
    let mut all = json!({
        "name": table.name,
        "attributes": attributes,
        "key": table.key,
        "order": match table.order {
            RowOrder::Inserted => "inserted",
            RowOrder::Key => "key",
            RowOrder::Hash => "hash",
        },
        "indexes": table.indexes.iter().map(index).collect::<Vec<_>>(),
    });
    if let Some(store) = &table.store {
        all["store"] = json!({"type": store.ty, "cached": store.cache.map(|c| c.size)});
    }
    all
}

/// What a node does to a table, for tools to read.
pub(super) fn change_json(plan: &AppPlan, change: &ChangePlan, schema: &Schema) -> Value {
    let what = match change.change {
        Change::Insert => "insert",
        Change::Delete(_) => "delete",
        Change::Update(..) => "update",
        Change::UpdateOrInsert(..) => "update or insert",
    };
    json!({"operator": "change", "table": change.table, "change": what, "text": change_lines(plan, change, schema)})
}

//! Joins for people: their sides, and how rows are found.

use super::table::{access_of, access_text};
use crate::expr::Expr;
use crate::join::{JoinPlan, SideOf, SidePlan};
use crate::logical::{AppPlan, Handler, QueryPlan};
use crate::text::{condition_text, expr_text, handler_text, name_text};

/// What a side is, in one line.
fn side_text(name: &str, side: &SidePlan, outer: bool) -> String {
    let stage = &side.stage;
    let mut text = name_text(name);
    for handler in stage.before.iter().chain(&stage.after) {
        match handler {
            Handler::Filter { condition, aggregates } => {
                text += &format!(", filter {}", expr_text(condition, &stage.schema, aggregates));
            }
            // It stands in what rows are found by.
            Handler::Stream { name, function, .. } if name == "computed" && function.adds[0].name.is_empty() => {}
            Handler::Stream { .. } => text += &format!(", call {}", handler_text(handler, &stage.schema)),
        }
    }
    match (&stage.window, side.of) {
        (Some(window), _) => text += &format!(", window {}", window.text),
        (None, SideOf::Table(_)) => text += ", a table",
        (None, SideOf::Aggregation(_)) => text += ", an aggregation",
        (None, SideOf::Window { .. }) => text += ", a named window",
        (None, SideOf::Stream) => text += ", without a window, so its rows are never found",
    }
    if side.label != name {
        text += &format!(", as {}", name_text(&side.label));
    }
    if !side.triggers {
        text += ", does not trigger";
    }
    if outer {
        text += ", comes out alone if it finds nothing";
    }
    text
}

/// What an attribute without a name stands for.
fn computed(side: &SidePlan, at: usize) -> Option<&Expr> {
    let mut end = side.schema.attributes.len();
    for handler in side.stage.before.iter().rev() {
        if let Handler::Stream { function, args, .. } = handler {
            end -= function.adds.len().min(end);
            if end == at && function.adds.first().is_some_and(|a| a.name.is_empty()) {
                return args.first();
            }
        }
    }
    None
}

/// How rows are found, and why.
pub(super) fn how(plan: &AppPlan, join: &JoinPlan, query: &QueryPlan) -> String {
    if let Some(condition) = &join.table {
        let own = usize::from(matches!(join.sides[0].of, SideOf::Table(_)));
        let schema = &join.sides[own].schema;
        if let Some(buckets) = &join.buckets {
            let text = |e: &Expr| expr_text(e, schema, &[]);
            let end = buckets.end.as_ref().map(|end| format!(", {}", text(end))).unwrap_or_default();
            let (start, per) = (text(&buckets.start), text(&buckets.per));
            let access = access_of(&buckets.table, condition);
            let on = condition_text(condition, schema);
            return format!("{access} within {start}{end} per {per}, on {on}");
        }
        return format!("{}, on {}", access_text(plan, condition), condition_text(condition, schema));
    }
    let key = |side: usize, at: u32| {
        let side = &join.sides[side];
        let name = side.schema.attributes.get(at as usize).map_or("", |a| a.name.as_str());
        match computed(side, at as usize) {
            Some(value) => format!("{} of {}", expr_text(value, &side.schema, &[]), side.label),
            None => format!("{}.{name}", side.label),
        }
    };
    let keys: Vec<String> =
        join.keys.iter().map(|k| format!("{} == {}", key(0, k.attributes[0]), key(1, k.attributes[1]))).collect();
    match (keys.is_empty(), &join.on, &join.rest) {
        (false, _, None) => format!("find by index on {}", keys.join(" and ")),
        (false, _, Some(rest)) => {
            format!("find by index on {}, then test {}", keys.join(" and "), expr_text(rest, &query.schema, &[]))
        }
        (true, None, _) => "find by scan: there is no condition".to_owned(),
        (true, Some(on), _) => format!(
            "find by scan, test {}: no part of it, joined by `and`, compares attributes, sums of them or the like, one of each side, by ==",
            expr_text(on, &query.schema, &[])
        ),
    }
}

/// All that there is to say between the inputs and the selection.
pub(super) fn lines(plan: &AppPlan, names: [&str; 2], join: &JoinPlan, query: &QueryPlan) -> Vec<String> {
    vec![
        format!("left {}", side_text(names[0], &join.sides[0], join.outer[0])),
        format!("right {}", side_text(names[1], &join.sides[1], join.outer[1])),
        how(plan, join, query),
    ]
}

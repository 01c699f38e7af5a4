//! EXPLAIN of aggregations: what they keep, for which durations, and for how long.

use serde_json::{Value, json};

use crate::aggregation::AggregationPlan;
use crate::logical::AppPlan;
use crate::text::name_text;

/// What the node of an aggregation does, in lines.
pub(super) fn aggregation_lines(plan: &AppPlan, number: usize) -> Vec<String> {
    let Some(a) = plan.aggregations.get(number) else { return Vec::new() };
    let mut lines = vec![format!("keep {} by bucket", columns(a, a.first_latest()))];
    if a.groups > 0 {
        let first = a.keys().0 + usize::from(a.external);
        let names = a.row.attributes[first..first + a.groups].iter();
        lines.push(format!("group by {}", names.map(|n| name_text(&n.name)).collect::<Vec<_>>().join(", ")));
    }
    for (at, &table) in a.tables.iter().enumerate() {
        let name = plan.tables.get(table).map_or("", |t| t.name.as_str());
        let keep = a.purge.as_ref().and_then(|p| p.keep_ms[at]);
        let stay = keep.map_or("stay".to_owned(), |ms| format!("stay for {} s", ms / 1000));
        lines.push(format!("closed buckets go to {}, where they {stay}", name_text(name)));
    }
    lines
}

/// The same for programs.
pub(super) fn aggregation_json(plan: &AppPlan, number: usize) -> Value {
    let Some(a) = plan.aggregations.get(number) else { return Value::Null };
    let tables: Vec<Value> = a
        .tables
        .iter()
        .enumerate()
        .map(|(at, &table)| {
            let name = plan.tables.get(table).map(|t| &t.name);
            json!({"table": name, "keep_ms": a.purge.as_ref().and_then(|p| p.keep_ms[at])})
        })
        .collect();
    json!({"operator": "aggregation", "aggregation": a.name, "external_time": a.external, "durations": tables})
}

fn columns(a: &AggregationPlan, from: usize) -> String {
    let names: Vec<String> = a.row.attributes[from..].iter().map(|n| name_text(&n.name)).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

//! EXPLAIN as text.

use std::fmt::Write;

use riddhi_batch::Schema;

use super::aggregation::aggregation_lines;
use super::table::{change_lines, look_ups, table_line};
use super::{carries, input_names, merged, mode_text, rules_attribute, stream_name};
use crate::logical::{AggregatePlan, AppPlan, Handler, QueryPlan, Role, StreamPlan};
use crate::partition::{SplitKey, SplitPlan};
use crate::text::{clauses, expr_text, handler_text, insert_text, name_text, rate_text};

/// The plan for people to read.
pub fn explain_text(plan: &AppPlan) -> String {
    let mut out = String::new();
    let name = if plan.name.is_empty() { "without a name" } else { &plan.name };
    let clock = if plan.playback { ", clock from the events" } else { "" };
    let _ = writeln!(out, "app {name}{clock}\n");
    for (number, stream) in plan.streams.iter().enumerate() {
        let _ = writeln!(out, "{}", stream_line(plan, stream));
        for connector in plan.connectors.iter().filter(|c| c.stream == number) {
            let _ = writeln!(out, "  {} {}, {}", connector.direction.text(), connector.ty, connector.map.ty);
        }
    }
    for table in &plan.tables {
        let _ = writeln!(out, "{}", table_line(table, &schema_text(&table.schema)));
    }
    for rules in &plan.rules {
        let (n, stream) = (rules.rules.len(), name_text(stream_name(plan, rules.stream)));
        let attribute = name_text(rules_attribute(plan, rules));
        let _ = writeln!(out, "rules: {n} queries of {stream} are looked up by {attribute}");
    }
    for (number, region) in plan.regions.iter().enumerate() {
        let _ = writeln!(out, "\nregion {}: {}, {}", number + 1, mode_text(region.mode), region.reason);
        for &q in &region.queries {
            if let Some(query) = plan.queries.get(q) {
                query_lines(plan, query, &mut out);
            }
        }
    }
    out
}

fn stream_line(plan: &AppPlan, stream: &StreamPlan) -> String {
    let mut sources: Vec<String> = Vec::new();
    if stream.defined {
        sources.push("input".to_owned());
    }
    let label = |q: &usize| plan.queries.get(*q).map_or(String::new(), |query| query.label.clone());
    sources.extend(stream.writers.iter().map(label));
    let how = if merged(stream) { "merged from" } else { "from" };
    format!("stream {} ({}) {how} {}", name_text(&stream.name), schema_text(&stream.schema), sources.join(", "))
}

fn schema_text(schema: &Schema) -> String {
    let attribute = |a: &riddhi_batch::Attribute| match carries(a) {
        Some(kind) => format!("{} {} carrying {kind}", name_text(&a.name), a.ty),
        None => format!("{} {}", name_text(&a.name), a.ty),
    };
    schema.attributes.iter().filter(|a| !a.name.is_empty()).map(attribute).collect::<Vec<_>>().join(", ")
}

fn query_lines(plan: &AppPlan, query: &QueryPlan, out: &mut String) {
    let _ = writeln!(out, "  {}", query.label);
    let mut line = |text: String| {
        let _ = writeln!(out, "    {text}");
    };
    match &query.role {
        Role::Select | Role::Reader(_) | Role::Window(_) => line(format!("from {}", input_names(plan, query))),
        Role::Join(join) => {
            super::join::lines(plan, super::side_names(plan, query, join), join, query).into_iter().for_each(&mut line)
        }
        Role::States(states) => {
            line(format!("from {}", input_names(plan, query)));
            super::states::state_lines(plan, query, states).into_iter().for_each(&mut line);
        }
        Role::Trigger(trigger) => line(trigger.text()),
        Role::Split(split) => line(split_text(split, input_names(plan, query), &query.schema)),
        Role::Fault(of, _) => {
            let failing = plan.queries.get(*of).map_or("", |q| q.label.as_str());
            line(format!("events of {} that fail in {failing}", input_names(plan, query)));
            let fault = query.output.map_or("", |output| stream_name(plan, output));
            return line(format!("insert into {fault}"));
        }
        Role::Aggregate(number) => return aggregation_lines(plan, *number).into_iter().for_each(line),
        Role::Change(change) => return change_lines(plan, change, &query.schema).into_iter().for_each(line),
    }
    look_ups(plan, query).into_iter().for_each(&mut line);
    query.before.iter().for_each(|h| handler_lines(h, &query.schema, &mut line));
    if let Some(window) = &query.window {
        let how = if window.sliding { "sliding" } else { "in batches" };
        line(format!("window {}, {how}", window.text));
    }
    query.after.iter().for_each(|h| handler_lines(h, &query.schema, &mut line));
    aggregate_lines(&query.select.aggregates, &query.schema, &mut line);
    if !query.select.items.is_empty() {
        clauses(query).into_iter().for_each(&mut line);
    }
    query.rate.map(rate_text).into_iter().for_each(&mut line);
    if let Some(output) = query.output {
        line(format!("{} {}", insert_text(query.kinds), name_text(stream_name(plan, output))));
    }
}

/// How a stream is split by keys.
fn split_text(split: &SplitPlan, stream: String, schema: &Schema) -> String {
    match &split.key {
        SplitKey::Value(key) => format!("split {stream} by {}", expr_text(key, schema, &[])),
        SplitKey::Ranges(ranges) => {
            let range = |(condition, label): &(crate::expr::Expr, String)| {
                format!("{} as '{label}'", expr_text(condition, schema, &[]))
            };
            format!("split {stream} by {}", ranges.iter().map(range).collect::<Vec<_>>().join(" or "))
        }
        SplitKey::All => format!("give {stream} to all keys"),
    }
}

fn handler_lines(handler: &Handler, schema: &Schema, line: &mut dyn FnMut(String)) {
    match handler {
        Handler::Filter { condition, aggregates } => {
            aggregate_lines(aggregates, schema, line);
            line(format!("filter {}", expr_text(condition, schema, aggregates)));
        }
        Handler::Stream { aggregates, .. } => {
            aggregate_lines(aggregates, schema, line);
            line(format!("call {}", handler_text(handler, schema)));
        }
    }
}

fn aggregate_lines(aggregates: &[AggregatePlan], schema: &Schema, line: &mut dyn FnMut(String)) {
    for aggregate in aggregates {
        let when = aggregate.when.as_ref().map(|w| format!(" when {}", expr_text(w, schema, aggregates)));
        line(format!("aggregate {}{}: {}", aggregate.text, when.unwrap_or_default(), aggregate.function.ty));
    }
}

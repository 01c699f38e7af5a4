//! EXPLAIN: a plan as text and as a mermaid chart for people, and as JSON for tools. Text and chart may change with any
//! release; the JSON's members keep their names.

mod aggregation;
mod join;
mod json;
mod mermaid;
mod states;
mod table;
mod text;

pub use json::explain_json;
pub use mermaid::explain_mermaid;
pub use text::explain_text;

use riddhi_batch::{Attribute, Kind};

use crate::join::{JoinPlan, SideOf, SidePlan};
use crate::logical::{AppPlan, Mode, QueryPlan, RulesPlan, StreamPlan};
use crate::text::name_text;

/// Whether a stream's rows come from several sources, which have to be merged in order.
fn merged(stream: &StreamPlan) -> bool {
    stream.writers.len() + usize::from(stream.defined) > 1 && !stream.writers.is_empty()
}

/// The word for what a column carries, if that differs from what it declares.
fn carries(attribute: &Attribute) -> Option<&'static str> {
    (attribute.kind != attribute.ty.kind()).then(|| kind_text(attribute.kind))
}

fn kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::I32 => "int",
        Kind::I64 => "long",
        Kind::F32 => "float",
        Kind::F64 => "double",
        Kind::Bool => "bool",
        Kind::Str => "string",
        Kind::Any => "any",
    }
}

fn mode_text(mode: Mode) -> &'static str {
    match mode {
        Mode::Batched => "batched",
        Mode::Mixed => "mixed",
        Mode::Stepped => "stepped",
    }
}

/// The names of the streams that a query reads.
fn input_names(plan: &AppPlan, query: &QueryPlan) -> String {
    let names: Vec<String> = query.inputs.iter().map(|&s| name_text(stream_name(plan, s))).collect();
    names.join(", ")
}

/// The names of what stands on the sides of a join.
fn side_names<'a>(plan: &'a AppPlan, query: &QueryPlan, join: &JoinPlan) -> [&'a str; 2] {
    [0, 1].map(|at| {
        let SidePlan { input, of, .. } = &join.sides[at];
        let stream = input.and_then(|i| query.inputs.get(i as usize));
        match of {
            SideOf::Aggregation(number) => plan.aggregations.get(*number).map_or("", |a| a.name.as_str()),
            SideOf::Table(table) => plan.tables.get(*table).map_or("", |table| table.name.as_str()),
            _ => stream.map_or("", |&stream| stream_name(plan, stream)),
        }
    })
}

/// The name of a stream by number.
fn stream_name(plan: &AppPlan, number: usize) -> &str {
    plan.streams.get(number).map_or("", |s| s.name.as_str())
}

/// The name of the attribute by which queries are looked up.
fn rules_attribute<'a>(plan: &'a AppPlan, rules: &RulesPlan) -> &'a str {
    let attributes = plan.streams.get(rules.stream).map(|s| &s.schema.attributes);
    attributes.and_then(|a| a.get(rules.attribute as usize)).map_or("", |a| a.name.as_str())
}

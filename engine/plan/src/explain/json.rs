//! EXPLAIN as JSON.

use riddhi_batch::{Attribute, Schema};
use serde_json::{Map, Value, json};

use super::table::{change_json, table_json};
use super::{carries, input_names, kind_text, merged, mode_text, rules_attribute, stream_name};
use crate::connector::ConnectorPlan;
use crate::expr::{Expr, Node};
use crate::logical::{
    AggregatePlan, AppPlan, Handler, Kinds, QueryPlan, RatePlan, RegionPlan, Role, RulesPlan, SelectPlan, SortBy,
    StreamPlan,
};
use crate::text::{expr_text, handler_text, which_text};

/// The plan for tools to read: `app`, `streams`, `tables`, `connectors`, `queries`, `regions`, `rules`. Queries, streams and tables are numbered from 0.
pub fn explain_json(plan: &AppPlan) -> Value {
    json!({
        "app": {
            "name": plan.name,
            "playback": plan.playback,
            "idle": plan.idle.map(|(idle, increment)| json!({"idle_ms": idle, "increment_ms": increment})),
        },
        "streams": plan.streams.iter().map(stream).collect::<Vec<_>>(),
        "tables": plan.tables.iter().map(|t| table_json(t, attributes(&t.schema))).collect::<Vec<_>>(),
        "connectors": plan.connectors.iter().map(connector).collect::<Vec<_>>(),
        "queries": plan.queries.iter().map(|q| query(plan, q)).collect::<Vec<_>>(),
        "regions": plan.regions.iter().map(region).collect::<Vec<_>>(),
        "rules": plan.rules.iter().map(|r| rules(plan, r)).collect::<Vec<_>>(),
    })
}

fn stream(stream: &StreamPlan) -> Value {
    json!({
        "name": stream.name,
        "attributes": attributes(&stream.schema),
        "defined": stream.defined,
        "merged": merged(stream),
        "writers": stream.writers,
        "readers": stream.readers,
    })
}

fn connector(connector: &ConnectorPlan) -> Value {
    json!({
        "direction": connector.direction.text(),
        "type": connector.ty,
        "map": connector.map.ty,
        "stream": connector.stream,
    })
}

fn attributes(schema: &Schema) -> Vec<Value> {
    let of = |a: &Attribute| {
        let mut members = Map::new();
        members.insert("name".to_owned(), json!(a.name));
        members.insert("type".to_owned(), json!(a.ty.to_string()));
        if let Some(kind) = carries(a) {
            members.insert("carries".to_owned(), json!(kind));
        }
        Value::Object(members)
    };
    schema.attributes.iter().map(of).collect()
}

fn query(plan: &AppPlan, query: &QueryPlan) -> Value {
    let mut operators: Vec<Value> = query.before.iter().map(|h| handler(h, &query.schema)).collect();
    if let Role::Join(join) = &query.role {
        let side = |at: usize| {
            let side = &join.sides[at];
            json!({
                "from": super::side_names(plan, query, join)[at],
                "window": side.stage.window.as_ref().map(|w| &w.text),
                "triggers": side.triggers,
                "outer": join.outer[at],
            })
        };
        operators.push(json!({
            "operator": "join",
            "left": side(0),
            "right": side(1),
            "index": !join.keys.is_empty(),
            "how": super::join::how(plan, join, query),
        }));
    }
    if let Some(window) = &query.window {
        operators.push(json!({"operator": "window", "window": window.text, "sliding": window.sliding}));
    }
    operators.extend(query.after.iter().map(|h| handler(h, &query.schema)));
    if let Role::States(states) = &query.role {
        let operator = if states.sequence { "sequence" } else { "pattern" };
        let lines = super::states::state_lines(plan, query, states);
        operators.insert(0, json!({"operator": operator, "within_ms": states.within, "states": lines[1..]}));
    }
    if let Role::Aggregate(number) = &query.role {
        operators.push(super::aggregation::aggregation_json(plan, *number));
    }
    if let Role::Change(change) = &query.role {
        operators.push(change_json(plan, change, &query.schema));
    }
    json!({
        "name": query.name,
        "key": query.key,
        "text": query.text,
        "span": [query.span.start, query.span.end],
        "from": input_names(plan, query),
        "operators": operators,
        "select": select(&query.select, &query.schema),
        "rate": query.rate.map(rate),
        "events": match query.kinds {
            Kinds::Current => "current",
            Kinds::Expired => "expired",
            Kinds::All => "all",
        },
        "into": query.output.map(|output| stream_name(plan, output)),
    })
}

fn handler(handler: &Handler, schema: &Schema) -> Value {
    match handler {
        Handler::Filter { condition, aggregates } => json!({
            "operator": "filter",
            "condition": expression(condition, schema, aggregates),
            "aggregates": self::aggregates(aggregates, schema),
        }),
        Handler::Stream { function, aggregates, .. } => json!({
            "operator": "stream function",
            "call": handler_text(handler, schema),
            "aggregates": self::aggregates(aggregates, schema),
            "adds": attributes(&Schema { attributes: function.adds.clone() }),
        }),
    }
}

fn select(select: &SelectPlan, schema: &Schema) -> Value {
    let item =
        |i: &crate::logical::Item| json!({"name": i.name, "value": expression(&i.expr, schema, &select.aggregates)});
    let name = |at: &u32| schema.attributes.get(*at as usize).map(|a| a.name.clone());
    let sorted_by = |by: &SortBy| match *by {
        SortBy::Item(at) => json!({"name": select.items.get(at as usize).map(|i| i.name.clone())}),
        SortBy::Key(at) => {
            json!({"value": select.sort_keys.get(at as usize).map(|key| expression(key, schema, &select.aggregates))})
        }
    };
    let order = |(by, descending): &(SortBy, bool)| {
        let mut order = sorted_by(by);
        order["descending"] = json!(descending);
        order
    };
    json!({
        "items": select.items.iter().map(item).collect::<Vec<_>>(),
        "aggregates": aggregates(&select.aggregates, schema),
        "group_by": select.group_by.iter().map(name).collect::<Vec<_>>(),
        "having": select.having.as_ref().map(|e| expression(e, schema, &select.aggregates)),
        "order_by": select.order_by.iter().map(order).collect::<Vec<_>>(),
        "limit": select.limit,
        "offset": select.offset,
    })
}

fn rate(rate: RatePlan) -> Value {
    match rate {
        RatePlan::Events(which, count) => json!({"output": which_text(which), "events": count}),
        RatePlan::Time(which, ms) => json!({"output": which_text(which), "every_ms": ms}),
        RatePlan::Snapshot(ms) => json!({"output": "snapshot", "every_ms": ms}),
    }
}

fn aggregates(list: &[AggregatePlan], schema: &Schema) -> Vec<Value> {
    let when = |a: &AggregatePlan| a.when.as_ref().map(|w| expr_text(w, schema, list));
    list.iter().map(|a| json!({"text": a.text, "when": when(a), "type": a.function.ty.to_string()})).collect()
}

fn expression(expr: &Expr, schema: &Schema, aggregates: &[AggregatePlan]) -> Value {
    let mut members = Map::new();
    members.insert("text".to_owned(), json!(expr_text(expr, schema, aggregates)));
    members.insert("type".to_owned(), json!(expr.ty.to_string()));
    if expr.kind != expr.ty.kind() {
        members.insert("carries".to_owned(), json!(kind_text(expr.kind)));
    }
    members.insert("constant".to_owned(), json!(matches!(expr.node, Node::Const(_))));
    Value::Object(members)
}

fn rules(plan: &AppPlan, rules: &RulesPlan) -> Value {
    let queries: Vec<usize> = rules.rules.iter().map(|(q, _)| *q).collect();
    json!({"stream": rules.stream, "attribute": rules_attribute(plan, rules), "queries": queries})
}

fn region(region: &RegionPlan) -> Value {
    json!({"queries": region.queries, "mode": mode_text(region.mode), "reason": region.reason})
}

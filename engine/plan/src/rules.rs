//! Rules: queries of one stream whose first filter asks for an attribute to equal a constant.
//!
//! An app of a thousand such queries would look at each event a thousand times. Where a stream has many of them, the engine
//! looks the attribute's value up once and shows the row only to queries that can take it. Only filters that cannot fail
//! qualify: a row that is not shown could otherwise have failed, which is counted and reported.

use std::collections::BTreeMap;

use riddhi_batch::{Kind, Value};

use crate::expr::{Compare, Expr, Node};
use crate::logical::{Handler, Mode, QueryPlan, RegionPlan, RulesPlan, StreamPlan};

/// Fewer rules on an attribute are cheaper run one after the other.
pub const RULES_MIN: usize = 4;

/// The rules of the streams of batched regions, by stream, then by attribute.
pub fn rules(streams: &[StreamPlan], queries: &[QueryPlan], regions: &[RegionPlan]) -> Vec<RulesPlan> {
    let mut batched = vec![false; queries.len()];
    for region in regions.iter().filter(|r| r.mode == Mode::Batched) {
        region.queries.iter().for_each(|&q| batched[q] = true);
    }
    let mut all = Vec::new();
    for (stream, node) in streams.iter().enumerate() {
        let mut open: Vec<(usize, Vec<Equal>)> = node
            .readers
            .iter()
            .filter(|&&q| batched[q])
            .map(|&q| (q, equals(&queries[q])))
            .filter(|(_, equals)| !equals.is_empty())
            .collect();
        // The attribute that most of the queries left ask for, until too few do.
        while let Some(attribute) = commonest(&open) {
            let (with, without) = open.into_iter().partition(|(_, e)| e.iter().any(|e| e.attribute == attribute));
            open = without;
            let of = |(q, equals): (usize, Vec<Equal>)| {
                equals.into_iter().find(|e| e.attribute == attribute).map(|e| (q, e.value))
            };
            let with: Vec<(usize, Vec<Equal>)> = with;
            all.push(RulesPlan { stream, attribute, rules: with.into_iter().filter_map(of).collect() });
        }
    }
    all
}

/// `attribute == value`.
struct Equal {
    attribute: u32,
    value: Value,
}

fn commonest(open: &[(usize, Vec<Equal>)]) -> Option<u32> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for (_, equals) in open {
        let mut asked: Vec<u32> = equals.iter().map(|e| e.attribute).collect();
        asked.sort_unstable();
        asked.dedup();
        asked.into_iter().for_each(|a| *counts.entry(a).or_default() += 1);
    }
    let most = counts.into_iter().max_by_key(|&(attribute, n)| (n, std::cmp::Reverse(attribute)));
    most.filter(|&(_, n)| n >= RULES_MIN).map(|(attribute, _)| attribute)
}

/// What the first filter of a query asks to be equal.
fn equals(query: &QueryPlan) -> Vec<Equal> {
    let mut found = Vec::new();
    if let Some(Handler::Filter { condition, aggregates }) = query.before.first()
        && aggregates.is_empty()
        && cannot_fail(condition)
    {
        conjuncts(condition, &mut found);
    }
    found
}

fn conjuncts(expr: &Expr, found: &mut Vec<Equal>) {
    match &expr.node {
        Node::And(a, b) => {
            conjuncts(a, found);
            conjuncts(b, found);
        }
        Node::Compare(Compare::Equal, a, b) => found.extend(equal(a, b).or_else(|| equal(b, a))),
        _ => {}
    }
}

fn equal(a: &Expr, b: &Expr) -> Option<Equal> {
    let (Node::Attr(attribute), Node::Const(value)) = (&a.node, &b.node) else { return None };
    let fits = matches!(
        (a.kind, value),
        (Kind::Str, Value::Str(_)) | (Kind::I32, Value::Int(_)) | (Kind::I64, Value::Long(_))
    );
    fits.then(|| Equal { attribute: *attribute, value: value.clone() })
}

/// Whether no row can fail: values are of their declared types and no function is called.
fn cannot_fail(condition: &Expr) -> bool {
    let mut sound = true;
    condition.visit(&mut |e| {
        sound &= e.kind == e.ty.kind() && e.kind != Kind::Any;
        match &e.node {
            Node::Call { .. } | Node::Aggregate(_) | Node::In(_) => sound = false,
            Node::Arith(_, a, b) => sound &= a.ty.is_numeric() && b.ty.is_numeric(),
            _ => {}
        }
    });
    sound
}

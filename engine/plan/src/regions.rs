//! Cuts an app's queries into regions and says how each runs.
//!
//! Queries that share a stream, as input or output, are of one region. A region without a loop runs query by query over a
//! whole frame, which is exact because each query sees its chunks in order; a loop has no such order and is run entry by
//! entry.

use std::collections::{BTreeMap, BTreeSet};

use crate::logical::{Mode, QueryPlan, RegionPlan, StreamPlan};

/// The regions, each in text order of its first query (regions share no stream, so any order would do).
pub fn regions(streams: &[StreamPlan], queries: &[QueryPlan]) -> Vec<RegionPlan> {
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut parent: Vec<usize> = (0..streams.len()).collect();
    for query in queries {
        let (a, b) = (root(&mut parent, query.input), root(&mut parent, query.output));
        parent[a.max(b)] = a.min(b);
    }
    for (number, query) in queries.iter().enumerate() {
        groups.entry(root(&mut parent, query.input)).or_default().push(number);
    }
    let mut regions: Vec<RegionPlan> = groups.into_values().map(|g| region(g, streams, queries)).collect();
    regions.sort_by_key(|r| r.queries.iter().copied().min());
    regions
}

fn root(parent: &mut [usize], mut at: usize) -> usize {
    while parent[at] != at {
        parent[at] = parent[parent[at]];
        at = parent[at];
    }
    at
}

fn region(group: Vec<usize>, streams: &[StreamPlan], queries: &[QueryPlan]) -> RegionPlan {
    match topological(&group, queries) {
        Some(order) => {
            RegionPlan { reason: batched_reason(&group, streams, queries), queries: order, mode: Mode::Batched }
        }
        None => RegionPlan { reason: stepped_reason(&group, streams, queries), queries: group, mode: Mode::Stepped },
    }
}

/// Each query after those that write its input, ties in text order; `None` if there is a loop.
fn topological(group: &[usize], queries: &[QueryPlan]) -> Option<Vec<usize>> {
    let mut open: BTreeMap<usize, usize> = BTreeMap::new();
    for &q in group {
        *open.entry(queries[q].output).or_default() += 1;
    }
    let mut ready: BTreeSet<usize> = group.iter().copied().filter(|&q| !open.contains_key(&queries[q].input)).collect();
    let mut order = Vec::with_capacity(group.len());
    while let Some(q) = ready.pop_first() {
        order.push(q);
        let output = queries[q].output;
        if let Some(writers) = open.get_mut(&output) {
            *writers -= 1;
            if *writers == 0 {
                ready.extend(group.iter().copied().filter(|&r| queries[r].input == output));
            }
        }
    }
    (order.len() == group.len()).then_some(order)
}

fn batched_reason(group: &[usize], streams: &[StreamPlan], queries: &[QueryPlan]) -> String {
    let merged: BTreeSet<&str> = group
        .iter()
        .map(|&q| &streams[queries[q].output])
        .filter(|s| s.writers.len() + usize::from(s.defined) > 1)
        .map(|s| s.name.as_str())
        .collect();
    if merged.is_empty() {
        return "no loop".to_owned();
    }
    let names: Vec<String> = merged.iter().map(|n| format!("`{n}`")).collect();
    format!("no loop; the sources of {} are merged in order", names.join(", "))
}

/// Names the shortest loop through the first query that is in one.
fn stepped_reason(group: &[usize], streams: &[StreamPlan], queries: &[QueryPlan]) -> String {
    let shortest = group.iter().filter_map(|&q| loop_through(q, group, queries)).min_by_key(Vec::len);
    let Some(path) = shortest else {
        return "a loop".to_owned();
    };
    let mut text = format!("`{}`", streams[queries[path[0]].input].name);
    for &q in &path {
        text.push_str(&format!(" -> {} -> `{}`", query_label(q, &queries[q]), streams[queries[q].output].name));
    }
    text + " is a loop"
}

/// `query 2` or `query 2 (name)`.
pub(crate) fn query_label(number: usize, query: &QueryPlan) -> String {
    match &query.name {
        Some(name) => format!("query {} ({name})", number + 1),
        None => format!("query {}", number + 1),
    }
}

/// The shortest way from query `start` back to its input, by breadth-first search.
fn loop_through(start: usize, group: &[usize], queries: &[QueryPlan]) -> Option<Vec<usize>> {
    let mut before: BTreeMap<usize, Option<usize>> = BTreeMap::from([(start, None)]);
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(q) = queue.pop_front() {
        if queries[q].output == queries[start].input {
            let mut path = vec![q];
            while let Some(Some(earlier)) = before.get(&path[path.len() - 1]) {
                path.push(*earlier);
            }
            path.reverse();
            return Some(path);
        }
        for &next in group.iter().filter(|&&n| queries[n].input == queries[q].output) {
            if let std::collections::btree_map::Entry::Vacant(place) = before.entry(next) {
                place.insert(Some(q));
                queue.push_back(next);
            }
        }
    }
    None
}

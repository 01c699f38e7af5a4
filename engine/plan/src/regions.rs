//! Cuts an app's queries into regions and says how each runs.
//!
//! Queries that share a stream, as input or output, or a table are of one region. A region without a loop runs query by query
//! over a whole frame, which is exact because each query sees its chunks in order; a loop has no such order and is run entry
//! by entry. Of a region in which one query changes what another looks at, some frames run the one way and some the other.

use std::collections::{BTreeMap, BTreeSet};

use crate::logical::{Access, Mode, QueryPlan, RegionPlan, Role, Shared, StreamPlan};

/// The regions, each in text order of its first query (regions share no stream, so any order would do).
pub fn regions(streams: &[StreamPlan], queries: &[QueryPlan]) -> Vec<RegionPlan> {
    let mut places: BTreeMap<Shared, usize> = BTreeMap::new();
    for (shared, _) in queries.iter().flat_map(|q| &q.shared) {
        let next = streams.len() + places.len();
        places.entry(*shared).or_insert(next);
    }
    let mut parent: Vec<usize> = (0..streams.len() + places.len()).collect();
    let touched =
        |q: &QueryPlan| -> Vec<usize> { q.streams().chain(q.shared.iter().map(|(s, _)| places[s])).collect() };
    for query in queries {
        let all = touched(query);
        for pair in all.windows(2) {
            let (a, b) = (root(&mut parent, pair[0]), root(&mut parent, pair[1]));
            parent[a.max(b)] = a.min(b);
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, query) in queries.iter().enumerate() {
        if let Some(&first) = touched(query).first() {
            groups.entry(root(&mut parent, first)).or_default().push(number);
        }
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
    let Some(order) = topological(&group, queries) else {
        return RegionPlan { reason: stepped_reason(&group, streams, queries), queries: group, mode: Mode::Stepped };
    };
    let mut reason = batched_reason(&group, streams, queries);
    let contended = contended(&group, queries);
    let mode = if contended.is_empty() { Mode::Batched } else { Mode::Mixed };
    if let Some(first) = contended.first() {
        let what = match first {
            Shared::Table(_) => "a table",
            Shared::Keys(_) => "the keys of a partition",
            Shared::Aggregation(_) => "an aggregation",
            Shared::Looked(_) => "a window's marks",
        };
        reason +=
            &format!("; a frame in which several queries use {what} that one of them changes runs entry by entry");
    }
    RegionPlan { reason, queries: order, mode }
}

/// What several queries of the group use and at least one changes.
fn contended(group: &[usize], queries: &[QueryPlan]) -> Vec<Shared> {
    let mut uses: BTreeMap<Shared, (BTreeSet<usize>, bool)> = BTreeMap::new();
    for &q in group {
        for (shared, access) in &queries[q].shared {
            let (users, changed) = uses.entry(*shared).or_default();
            users.insert(q);
            *changed |= *access == Access::Write;
        }
    }
    uses.into_iter().filter(|(_, (users, changed))| users.len() > 1 && *changed).map(|(shared, _)| shared).collect()
}

/// Each query after those that write its inputs, ties in text order; `None` if there is a loop.
fn topological(group: &[usize], queries: &[QueryPlan]) -> Option<Vec<usize>> {
    let mut open: BTreeMap<usize, usize> = BTreeMap::new();
    for output in group.iter().filter_map(|&q| queries[q].output) {
        *open.entry(output).or_default() += 1;
    }
    // What could not be computed is known when the query has run.
    let fails = |q: usize| if let Role::Fault(of, _) = queries[q].role { Some(of) } else { None };
    let mut order: Vec<usize> = Vec::with_capacity(group.len());
    let closed = |q: usize, open: &BTreeMap<usize, usize>, order: &[usize]| {
        queries[q].inputs.iter().all(|input| open.get(input).is_none_or(|&writers| writers == 0))
            && fails(q).is_none_or(|of| order.contains(&of))
    };
    let mut ready: BTreeSet<usize> = group.iter().copied().filter(|&q| closed(q, &open, &order)).collect();
    while let Some(q) = ready.pop_first() {
        order.push(q);
        ready.extend(group.iter().copied().filter(|&r| fails(r) == Some(q) && closed(r, &open, &order)));
        let Some(output) = queries[q].output else { continue };
        if let Some(writers) = open.get_mut(&output) {
            *writers -= 1;
            if *writers == 0 {
                let readers = group.iter().copied().filter(|&r| queries[r].inputs.contains(&output));
                ready.extend(readers.filter(|&r| closed(r, &open, &order)).collect::<Vec<_>>());
            }
        }
    }
    (order.len() == group.len()).then_some(order)
}

fn batched_reason(group: &[usize], streams: &[StreamPlan], queries: &[QueryPlan]) -> String {
    let merged: BTreeSet<&str> = group
        .iter()
        .filter_map(|&q| queries[q].output)
        .map(|output| &streams[output])
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
    let shortest = group.iter().filter_map(|&q| loop_through(q, group, queries)).min_by_key(|(_, path)| path.len());
    let Some((first, path)) = shortest else {
        return "a loop".to_owned();
    };
    let mut text = format!("`{}`", streams[first].name);
    for &q in &path {
        let output = queries[q].output.map_or("", |output| streams[output].name.as_str());
        text.push_str(&format!(" -> {} -> `{output}`", queries[q].label));
    }
    text + " is a loop"
}

/// The shortest way from query `start` back to one of its inputs, by breadth-first search, and that input.
fn loop_through(start: usize, group: &[usize], queries: &[QueryPlan]) -> Option<(usize, Vec<usize>)> {
    let mut before: BTreeMap<usize, Option<usize>> = BTreeMap::from([(start, None)]);
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(q) = queue.pop_front() {
        let Some(output) = queries[q].output else { continue };
        if queries[start].inputs.contains(&output) {
            let mut path = vec![q];
            while let Some(Some(earlier)) = before.get(&path[path.len() - 1]) {
                path.push(*earlier);
            }
            path.reverse();
            return Some((output, path));
        }
        for &next in group.iter().filter(|&&n| queries[n].inputs.contains(&output)) {
            if let std::collections::btree_map::Entry::Vacant(place) = before.entry(next) {
                place.insert(Some(q));
                queue.push_back(next);
            }
        }
    }
    None
}

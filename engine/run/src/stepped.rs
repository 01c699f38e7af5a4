//! Stepped regions: entry by entry and timer by timer, depth first.
//!
//! A chunk is given whole to each reader of its stream in text order, and what a reader puts out is delivered before the
//! next reader sees the chunk. A stack of deliveries stands for the recursion, so a long loop costs memory, not the stack.

use std::cmp::Ordering;

use riddhi_batch::{Arena, Chunk, Columns, Flow, Frame, Sel};
use riddhi_exec::operator::{Delivered, Inputs};
use riddhi_exec::query::{Cx, Failure};
use riddhi_exec::steps::Fired;

use crate::engine::Engine;
use crate::merge::{OUTSIDE, Origin};
use crate::node::Node;

/// A chunk on its way to the readers of its stream.
#[derive(Clone, Copy, Debug)]
struct Delivery {
    stream: u32,
    /// From outside: a chunk of the frame; else one of the stream's own flow.
    outside: bool,
    chunk: u32,
    /// The next reader.
    reader: u32,
}

impl Engine {
    pub(crate) fn run_stepped(&mut self, region: usize, frame: &mut Frame) {
        for i in 0..self.graph.regions[region].queries.len() {
            let q = self.graph.regions[region].queries[i];
            self.queries.get_mut(q).begin();
            self.mark_ran(q);
        }
        if self.graph.regions[region].stateless && self.run_generations(region, frame) {
            return;
        }
        let mut seen: Vec<u32> = vec![0; frame.flows.len()];
        let mut stack = Vec::new();
        for e in 0..frame.entries.len() {
            let entry = frame.entries[e];
            let mine = self.graph.streams.get(entry.stream as usize).is_some_and(|s| s.region == Some(region));
            self.fire_timers(region, frame, Some(e as u32), &mut stack);
            if !mine {
                continue;
            }
            let chunk = seen[entry.stream as usize];
            seen[entry.stream as usize] += 1;
            stack.push(Delivery { stream: entry.stream, outside: true, chunk, reader: 0 });
            self.deliver(frame, &mut stack, e as u32);
        }
    }

    /// Fires the timers that come before an entry, each with all that follows from it.
    fn fire_timers(&mut self, region: usize, frame: &mut Frame, before: Option<u32>, stack: &mut Vec<Delivery>) {
        while let Some((q, timer)) = self.first_timer(region) {
            if before.is_some_and(|e| timer.entry > e) {
                return;
            }
            let step = (frame.entries.len() + self.steps.fired().len()) as u32;
            let mut query = self.queries.take(q);
            let Engine { steps, log, failures, shared, .. } = self;
            query.fire(&mut Cx { steps, arena: &mut frame.arena, log, failures, shared }, timer);
            self.counters.query_calls += 1;
            if let (false, Some(output)) = (query.out().chunks.is_empty(), self.graph.queries[q].output) {
                if self.merged[output].flow.chunks.is_empty() {
                    self.filled.push(output as u32);
                }
                if self.graph.queries[q].named {
                    append_log(&mut self.query_logs[q], query.out());
                }
                let to = &mut self.merged[output].flow;
                let kinded = self.graph.streams[output].kinded;
                let first = drain(&mut query, to, (output as u32, kinded), &mut frame.arena, stack);
                stack.push(first);
            }
            self.queries.put(q, query);
            self.forget_dropped();
            self.deliver(frame, stack, step);
        }
    }

    /// Tells the nodes of a partition which keys were just dropped.
    fn forget_dropped(&mut self) {
        for partition in 0..self.graph.partitions.len() {
            let dropped = std::mem::take(&mut self.shared.keys[partition].dropped);
            if dropped.is_empty() {
                continue;
            }
            let keys = self.shared.keys[partition].bound();
            for &q in &self.graph.partitions[partition] {
                match self.queries.get_mut(q) {
                    Node::Query(query) => {
                        query.forget(&dropped);
                        query.shrink(keys);
                    }
                    Node::Other(operator) => {
                        operator.forget(&dropped);
                        operator.shrink(keys);
                    }
                }
            }
        }
    }

    fn first_timer(&self, region: usize) -> Option<(usize, Fired)> {
        let mut first: Option<(usize, Fired)> = None;
        for &q in &self.graph.regions[region].timed {
            let Some(timer) = self.query(q).next_timer(&self.steps) else { continue };
            if first.is_none_or(|(_, f)| self.steps.first(&timer, &f) == Ordering::Less) {
                first = Some((q, timer));
            }
        }
        first
    }

    /// Works the stack off. The delivery at hand is kept out of it: most chunks go straight from one query to the next.
    fn deliver(&mut self, frame: &mut Frame, stack: &mut Vec<Delivery>, step: u32) {
        let most = self.options.deliveries_per_entry_max;
        let mut deliveries = 0;
        let Some(mut at) = stack.pop() else { return };
        loop {
            let Engine { graph, queries, merged, steps, log, failures, shared, filled, query_logs, counters, .. } =
                self;
            let readers = &graph.streams[at.stream as usize].readers[at.reader as usize..];
            let mut cx = Cx { steps, arena: &mut frame.arena, log, failures, shared };
            let mut taken = 0;
            let mut spoke = None;
            for &q in readers {
                taken += 1;
                let node = &graph.queries[q];
                let at_work = queries.get_mut(q);
                let chunk = at.chunk as usize;
                if let (true, Some(output)) = (node.direct, node.output) {
                    let query = at_work.query();
                    let passed = match (at.outside, output == at.stream as usize) {
                        (true, _) => {
                            query.pass(cx.arena, &frame.flows[at.stream as usize], chunk, &mut merged[output].flow)
                        }
                        (false, true) => query.pass_within(cx.arena, &mut merged[output].flow, chunk),
                        (false, false) => {
                            let pair = merged.get_disjoint_mut([at.stream as usize, output]);
                            let [from, to] = pair.expect("two different streams");
                            query.pass(cx.arena, &from.flow, chunk, &mut to.flow)
                        }
                    };
                    match passed {
                        Some(false) => continue,
                        Some(true) => {
                            spoke = Some((q, true));
                            break;
                        }
                        None => {}
                    }
                }
                let input: &Flow =
                    if at.outside { &frame.flows[at.stream as usize] } else { &merged[at.stream as usize].flow };
                match at_work {
                    Node::Query(query) => query.run(&mut cx, input, chunk, chunk + 1),
                    Node::Other(operator) => {
                        let place = node.inputs.iter().position(|&s| s == at.stream as usize).unwrap_or(0);
                        let order = [Delivered { input: place as u32, chunk: at.chunk }];
                        operator.run(&mut cx, Inputs::lone(&[input], &order), 0, 1);
                    }
                }
                if !at_work.out().chunks.is_empty() {
                    spoke = Some((q, false));
                    break;
                }
            }
            counters.query_calls += taken as u64;
            deliveries += taken;
            at.reader += taken;
            let Some((q, passed)) = spoke else {
                self.show(at);
                match stack.pop() {
                    Some(next) => at = next,
                    None => return,
                }
                continue;
            };
            let Some(output) = graph.queries[q].output else { unreachable!("what has no output says nothing") };
            let to = &mut merged[output].flow;
            if deliveries > most {
                // What was just put out is dropped too, or it would come with the next entry.
                if !passed {
                    queries.get_mut(q).clear_out();
                } else if to.chunks.len() == 1 {
                    filled.push(output as u32);
                }
                stack.push(at);
                return self.give_up(q, step, stack);
            }
            if passed {
                let chunk = to.chunks.len() as u32 - 1;
                if chunk == 0 {
                    filled.push(output as u32);
                }
                stack.push(at);
                at = Delivery { stream: output as u32, outside: false, chunk, reader: 0 };
                continue;
            }
            let query = queries.get_mut(q);
            if to.chunks.is_empty() {
                filled.push(output as u32);
            }
            if graph.queries[q].named {
                append_log(&mut query_logs[q], query.out());
            }
            stack.push(at);
            at = drain(query, to, (output as u32, graph.streams[output].kinded), cx.arena, stack);
        }
    }

    fn give_up(&mut self, query: usize, step: u32, stack: &mut Vec<Delivery>) {
        let reason = format!(
            "a loop between queries did not end within {} deliveries; the rest of this entry is dropped",
            self.options.deliveries_per_entry_max
        );
        self.failures.push(Failure { query: query as u32, step, rows: 1, reason });
        self.counters.endless_entries += 1;
        while let Some(d) = stack.pop() {
            self.show(d);
        }
    }

    /// Lets a stream's sink see a chunk: after all readers, so in a loop what follows from a chunk is seen before it.
    fn show(&mut self, d: Delivery) {
        if !self.graph.streams[d.stream as usize].shown {
            return;
        }
        let stream = &mut self.merged[d.stream as usize];
        if !std::mem::replace(&mut stream.touched, true) {
            self.touched.push(d.stream);
            stream.in_order = true;
        }
        stream.in_order &= !d.outside && d.chunk as usize == stream.origins.len();
        stream.origins.push(Origin { source: if d.outside { OUTSIDE } else { 0 }, chunk: d.chunk });
    }
}

/// Moves what a query put out to its stream. Gives the delivery of the first chunk; those of the others go on the stack.
fn drain(
    query: &mut Node,
    to: &mut Flow,
    (stream, kinded): (u32, bool),
    arena: &mut Arena,
    stack: &mut Vec<Delivery>,
) -> Delivery {
    let out = query.out();
    let (first_chunk, base) = (to.chunks.len() as u32, to.rows.len() as u32);
    append(&mut to.rows, &out.rows, arena);
    if kinded {
        to.kinds.extend_from_slice(&out.kinds);
        to.kinds.resize(to.rows.len(), 0);
    }
    let delivery = |chunk| Delivery { stream, outside: false, chunk, reader: 0 };
    if let [chunk] = out.chunks[..] {
        to.chunks.push(Chunk { first: chunk.first + base, ..chunk });
    } else {
        to.chunks.extend(out.chunks.iter().map(|c| Chunk { first: c.first + base, ..*c }));
        stack.extend((first_chunk + 1..to.chunks.len() as u32).rev().map(delivery));
    }
    query.clear_out();
    delivery(first_chunk)
}

/// Appends all rows of a query's output, converted to the stream's kinds where they differ.
pub(crate) fn append(to: &mut Columns, from: &Columns, arena: &mut Arena) {
    let n = from.len();
    match from.ts[..] {
        [ts] => to.ts.push(ts),
        _ => to.ts.extend_from_slice(&from.ts),
    }
    for (to, from) in to.cols.iter_mut().zip(&from.cols) {
        // What nobody reads may not be there.
        if from.is_empty() {
            continue;
        }
        if to.kind() == from.kind() && n == 1 {
            to.push_from(from, 0);
            continue;
        }
        if to.kind() == from.kind() {
            to.append(from, Sel::From(0), n);
            continue;
        }
        for row in 0..n {
            let value = from.value(row, arena);
            let pushed = to.push_value(&value, arena);
            assert!(pushed, "a column of kind {:?} cannot hold what a writer gives", to.kind());
        }
    }
}

/// Appends a query's output to the log of its rows.
fn append_log(to: &mut Flow, from: &Flow) {
    let base = to.rows.len() as u32;
    to.rows.append(&from.rows, Sel::From(0), from.rows.len());
    to.kinds.extend_from_slice(&from.kinds);
    to.chunks.extend(from.chunks.iter().map(|c| Chunk { first: c.first + base, ..*c }));
}

//! Stepped regions: entry by entry and timer by timer, depth first.
//!
//! A chunk is given whole to each reader of its stream in text order, and what a reader puts out is delivered before the
//! next reader sees the chunk. A stack of deliveries stands for the recursion, so a long loop costs memory, not the stack.

use std::cmp::Ordering;

use riddhi_batch::{Columns, Flow, Frame, Sel};
use riddhi_exec::query::Failure;
use riddhi_exec::steps::Fired;

use crate::engine::{Engine, cx};
use crate::merge::{OUTSIDE, Origin};

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
            self.queries[q].as_mut().expect("a query is away only while it runs").begin();
            self.mark_ran(q);
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
            let mut query = self.queries[q].take().expect("a query is away only while it runs");
            query.fire(&mut cx(&mut self.steps, &mut frame.arena, &mut self.log, &mut self.failures), timer);
            self.counters.query_calls += 1;
            self.queries[q] = Some(query);
            self.drain(q, frame, stack);
            self.deliver(frame, stack, step);
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

    /// Works the stack off.
    fn deliver(&mut self, frame: &mut Frame, stack: &mut Vec<Delivery>, step: u32) {
        let mut deliveries = 0;
        while let Some(top) = stack.last_mut() {
            let d = *top;
            let Some(&q) = self.graph.streams[d.stream as usize].readers.get(d.reader as usize) else {
                stack.pop();
                self.show(d);
                continue;
            };
            top.reader += 1;
            deliveries += 1;
            if deliveries > self.options.deliveries_per_entry_max {
                self.give_up(q, step, stack);
                return;
            }
            let query = self.queries[q].as_mut().expect("a query is away only while it runs");
            let input: &Flow =
                if d.outside { &frame.flows[d.stream as usize] } else { &self.merged[d.stream as usize].flow };
            let mut cx = cx(&mut self.steps, &mut frame.arena, &mut self.log, &mut self.failures);
            query.run(&mut cx, input, d.chunk as usize, d.chunk as usize + 1);
            self.counters.query_calls += 1;
            if !query.out().chunks.is_empty() {
                self.drain(q, frame, stack);
            }
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

    /// Moves what a query put out to its stream and puts it on the stack, first chunk on top.
    fn drain(&mut self, q: usize, frame: &mut Frame, stack: &mut Vec<Delivery>) {
        let query = self.queries[q].as_mut().expect("a query is away only while it runs");
        let out = query.out();
        if out.chunks.is_empty() {
            return;
        }
        let output = self.graph.queries[q].output;
        if self.merged[output].flow.chunks.is_empty() {
            self.filled.push(output as u32);
        }
        let to = &mut self.merged[output].flow;
        let (first_chunk, base) = (to.chunks.len() as u32, to.rows.len() as u32);
        append(&mut to.rows, &out.rows, &mut frame.arena);
        to.chunks.extend(out.chunks.iter().map(|c| riddhi_batch::Chunk { first: c.first + base, ..*c }));
        let (end, stream) = (to.chunks.len() as u32, output as u32);
        let new = (first_chunk..end).rev();
        stack.extend(new.map(|chunk| Delivery { stream, outside: false, chunk, reader: 0 }));
        if self.graph.queries[q].named {
            log(&mut self.query_logs[q], out);
        }
        query.clear_out();
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

/// Appends all rows of a query's output, converted to the stream's kinds where they differ.
fn append(to: &mut Columns, from: &Columns, arena: &mut riddhi_batch::Arena) {
    let n = from.len();
    to.ts.extend_from_slice(&from.ts);
    for (to, from) in to.cols.iter_mut().zip(&from.cols) {
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
fn log(to: &mut Flow, from: &Flow) {
    let base = to.rows.len() as u32;
    to.rows.append(&from.rows, Sel::From(0), from.rows.len());
    to.kinds.extend_from_slice(&from.kinds);
    to.chunks.extend(from.chunks.iter().map(|c| riddhi_batch::Chunk { first: c.first + base, ..*c }));
}

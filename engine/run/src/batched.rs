//! Batched regions: query after query over the whole frame.
//!
//! Exact, since each query sees its input's chunks in order, and a stream of several sources is merged before it is read.
//! A turn touches only queries that got rows or have a timer due.

use std::cmp::Ordering;

use riddhi_batch::{Entry, Flow, Frame};
use riddhi_exec::query::Query;
use riddhi_exec::steps::Steps;
use riddhi_plan::logical::Mode;

use crate::engine::{Engine, cx};
use crate::graph::{Graph, LoneReader};
use crate::merge::{Merged, OUTSIDE, Origin, copy_rows, merge_by_cause, merge_lists, merge_two};

/// A turn over a lone event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoneTurn {
    /// What took it.
    pub reader: LoneReader,
    /// Whether it came out.
    pub passed: bool,
}

impl Engine {
    pub(crate) fn run_batched(&mut self, frame: &mut Frame) {
        if self.order.is_empty() || self.run_linear(frame) {
            return;
        }
        for i in 0..frame.touched.len() {
            let stream = frame.touched[i] as usize;
            self.activate_readers(stream);
            if !self.graph.streams[stream].writers.is_empty() {
                self.touch(stream);
            }
        }
        self.activate_timers();
        for word in 0..self.active.len() {
            while self.active[word] != 0 {
                let bit = self.active[word].trailing_zeros();
                self.active[word] &= self.active[word] - 1;
                let query = self.order[word * 64 + bit as usize] as usize;
                self.run_query(query, frame);
            }
        }
        for i in 0..self.touched.len() {
            let stream = self.touched[i] as usize;
            let batched =
                self.graph.streams[stream].region.is_some_and(|r| self.graph.regions[r].mode == Mode::Batched);
            if batched {
                self.order_stream(stream, frame);
            }
        }
    }

    /// The whole turn of a frame of one event that goes the short way through one query. False, and nothing done, if this is
    /// none. Of turns like this in a row only the first looks at what the turn before left.
    #[inline]
    pub(crate) fn run_lone(&mut self, frame: &Frame) -> bool {
        let [Entry { stream, rows: 1, now, .. }] = frame.entries[..] else { return false };
        let Some(&Some(reader)) = self.graph.lone_readers.get(stream as usize) else { return false };
        if self.lone.is_none_or(|last| last.reader.query != reader.query) {
            self.begin(frame);
            self.linear_turn = true;
            self.ran.push(reader.query);
        }
        let input = &frame.flows[stream as usize];
        let query = self.queries[reader.query as usize].as_mut().expect("a query is away only while it runs");
        let Some(passed) = query.passes_lone(&frame.arena, input) else { return false };
        if passed && !reader.unchanged {
            query.put_lone(&frame.arena, input);
        }
        self.lone = Some(LoneTurn { reader, passed });
        self.base = frame.base;
        self.now = now;
        let c = &mut self.counters;
        c.frames += 1;
        c.entries += 1;
        c.events += 1;
        c.query_calls += 1;
        true
    }

    /// A turn of an app in which nothing is merged. False, and nothing done, if this is none.
    fn run_linear(&mut self, frame: &mut Frame) -> bool {
        let Engine { graph, queries, steps, log, failures, order, touched, ran, counters, .. } = self;
        if !graph.linear {
            return false;
        }
        let mut active = 0;
        for &stream in &frame.touched {
            if graph.streams[stream as usize].only_writer.is_some() {
                return false;
            }
            active |= graph.reader_masks[stream as usize];
        }
        if !graph.timed.is_empty() {
            let last = steps.entries().last().map_or(i64::MIN, |e| e.now);
            for (place, &q) in order.iter().enumerate() {
                let due = queries[q as usize].as_ref().and_then(|q| q.due());
                active |= (due.is_some_and(|due| due <= last) as u64) << place;
            }
        }
        self.linear_turn = true;
        while active != 0 {
            let q = order[active.trailing_zeros() as usize] as usize;
            active &= active - 1;
            let node = &graph.queries[q];
            let away = "a query is away only while it runs";
            let (query, input) = match graph.streams[node.input].only_writer {
                None => (queries[q].as_mut().expect(away), &frame.flows[node.input]),
                Some(writer) => {
                    let pair = queries.get_disjoint_mut([q, writer as usize]);
                    let [query, writer] = pair.expect("a query that reads its own output is no part of a linear graph");
                    (query.as_mut().expect(away), writer.as_ref().expect(away).out())
                }
            };
            query.begin();
            query.run_frame(&mut cx(steps, &mut frame.arena, log, failures), input);
            counters.query_calls += 1;
            if !query.out().chunks.is_empty() {
                ran.push(q as u32);
                touched.push(node.output as u32);
                active |= graph.reader_masks[node.output];
            }
        }
        true
    }

    /// Whether the stream belongs to a stepped region.
    pub(crate) fn stepped(&self, stream: usize) -> bool {
        self.graph.streams[stream].region.is_some_and(|r| self.graph.regions[r].mode == Mode::Stepped)
    }

    fn activate(&mut self, query: usize) {
        let place = self.place[query];
        if place != u32::MAX {
            self.active[place as usize / 64] |= 1 << (place % 64);
        }
    }

    fn activate_readers(&mut self, stream: usize) {
        for i in 0..self.graph.streams[stream].starters.len() {
            self.activate(self.graph.streams[stream].starters[i]);
        }
    }

    /// Queries whose timer may be due in this frame.
    fn activate_timers(&mut self) {
        let Some(last) = self.steps.entries().last().map(|e| e.now) else { return };
        for i in 0..self.graph.timed.len() {
            let query = self.graph.timed[i];
            if self.query(query).due().is_some_and(|due| due <= last) {
                self.activate(query);
            }
        }
    }

    fn run_query(&mut self, q: usize, frame: &mut Frame) {
        let stream = self.graph.queries[q].input;
        self.prepare_input(stream, frame);
        if self.graph.queries[q].ruled && !self.ruled.contains(&(stream as u32)) {
            self.find_rules(stream, q, frame);
        }
        if self.graph.queries[q].ruled && self.rule_rows[q].is_empty() && !self.graph.queries[q].code.has_timers() {
            return;
        }
        let mut query = self.queries[q].take().expect("a query is away only while it runs");
        query.begin();
        {
            let Engine { graph, queries, steps, merged, log, failures, rule_rows, .. } = self;
            let input = flow_of_stream(stream, graph, queries, merged, &frame.flows);
            let cx = &mut cx(steps, &mut frame.arena, log, failures);
            if graph.queries[q].ruled {
                query.run_frame_of(cx, input, &rule_rows[q]);
                rule_rows[q].clear();
            } else {
                query.run_frame(cx, input);
            }
        }
        self.counters.query_calls += 1;
        let some = !query.out().chunks.is_empty();
        self.queries[q] = Some(query);
        self.mark_ran(q);
        if some {
            let output = self.graph.queries[q].output;
            self.touch(output);
            self.activate_readers(output);
        }
    }

    /// Gives the rules of a stream their rows and sees to it that those that got some run, as the `first` is about to.
    fn find_rules(&mut self, stream: usize, first: usize, frame: &Frame) {
        self.ruled.push(stream as u32);
        let Engine { graph, queries, merged, rule_rows, active, place, .. } = self;
        let input = flow_of_stream(stream, graph, queries, merged, &frame.flows);
        for rules in &graph.streams[stream].rules {
            rules.find(input, &frame.arena, |query, row| {
                let (rows, place) = (&mut rule_rows[query as usize], place[query as usize]);
                if rows.is_empty() && query as usize != first {
                    active[place as usize / 64] |= 1 << (place % 64);
                }
                rows.push(row);
            });
        }
    }

    /// Sees to it that a stream's chunks can be read as one flow.
    fn prepare_input(&mut self, stream: usize, frame: &mut Frame) {
        let node = &self.graph.streams[stream];
        if node.writers.is_empty() || self.merged[stream].copied || self.merged[stream].single.is_some() {
            return;
        }
        self.order_stream(stream, frame);
        if self.merged[stream].single.is_some() || self.merged[stream].origins.is_empty() {
            return;
        }
        let Engine { graph, queries, merged, places, .. } = self;
        let flow_of = |source: u32| flow_of_source(source, stream, queries, &frame.flows);
        let Merged { origins, flow, copied, .. } = &mut merged[stream];
        copy_rows(origins, flow_of, &graph.streams[stream].read, flow, places, &mut frame.arena);
        *copied = true;
    }

    /// Finds the order of a stream's chunks, or its single source.
    fn order_stream(&mut self, stream: usize, frame: &Frame) {
        if self.merged[stream].ordered || self.merged[stream].single.is_some() {
            return;
        }
        let node = &self.graph.streams[stream];
        let length = |source: u32| flow_of_source(source, stream, &self.queries, &frame.flows).chunks.len();
        if let Some(writer) = node.only_writer
            && frame.flows[stream].chunks.is_empty()
        {
            self.merged[stream].single = (length(writer) > 0).then_some(writer);
            return;
        }
        let all = std::iter::once(OUTSIDE).chain(node.writers.iter().map(|&w| w as u32));
        let sources: Vec<(u32, usize)> = all.map(|s| (s, length(s))).filter(|&(_, n)| n > 0).collect();
        let mut merged = std::mem::take(&mut self.merged[stream]);
        match sources[..] {
            // Nothing is noted of a stream without chunks (a timer made its reader run): only touched ones are forgotten.
            [] => {
                self.merged[stream] = merged;
                return;
            }
            [(source, _)] if source == OUTSIDE || !node.converts => merged.single = Some(source),
            [(source, n)] => merged.origins.extend((0..n as u32).map(|chunk| Origin { source, chunk })),
            _ => self.merge(stream, &sources, frame, &mut merged),
        }
        merged.ordered = true;
        self.merged[stream] = merged;
    }

    fn merge(&self, stream: usize, sources: &[(u32, usize)], frame: &Frame, merged: &mut Merged) {
        if self.graph.streams[stream].one_parent && sources[0].0 != OUTSIDE {
            // All writers read one flow and none has timers: by cause, then by rank, which is the query's number.
            let flow = |source| &flow_of_source(source, stream, &self.queries, &frame.flows).chunks[..];
            if let &[(a, _), (b, _)] = sources {
                return merge_two((a, flow(a)), (b, flow(b)), &mut merged.origins);
            }
            let lists: Vec<_> = sources.iter().map(|&(source, _)| (source, flow(source))).collect();
            return merge_by_cause(&lists, &mut merged.origins);
        }
        let chunk = |o: Origin| flow_of_source(o.source, stream, &self.queries, &frame.flows).chunks[o.chunk as usize];
        let paths = Paths { engine: self, frame };
        let (mut x, mut y) = (Vec::new(), Vec::new());
        let order = |a: Origin, b: Origin| {
            let by_step = self.steps.compare(chunk(a).step, chunk(b).step);
            by_step.then_with(|| paths.compare(stream, a, b, &mut x, &mut y))
        };
        merge_lists(sources, order, &mut merged.origins);
    }
}

/// The flow of one source of a stream.
pub(crate) fn flow_of_source<'a>(
    source: u32,
    stream: usize,
    queries: &'a [Option<Box<Query>>],
    flows: &'a [Flow],
) -> &'a Flow {
    if source == OUTSIDE {
        return &flows[stream];
    }
    queries[source as usize].as_ref().expect("a query is away only while it runs").out()
}

/// The flow from which readers of a stream take its chunks.
fn flow_of_stream<'a>(
    stream: usize,
    graph: &Graph,
    queries: &'a [Option<Box<Query>>],
    merged: &'a [Merged],
    flows: &'a [Flow],
) -> &'a Flow {
    let m = &merged[stream];
    match m.single {
        Some(source) => flow_of_source(source, stream, queries, flows),
        None if graph.streams[stream].writers.is_empty() => &flows[stream],
        None => &m.flow,
    }
}

/// Climbs from chunks to their roots.
struct Paths<'a> {
    engine: &'a Engine,
    frame: &'a Frame,
}

impl Paths<'_> {
    /// Which of two chunks of the same step comes first.
    fn compare(
        &self,
        stream: usize,
        a: Origin,
        b: Origin,
        x: &mut Vec<(u32, u32)>,
        y: &mut Vec<(u32, u32)>,
    ) -> Ordering {
        self.climb(stream, a, x);
        self.climb(stream, b, y);
        // Both lists lead from the chunk up to the root.
        x.iter().rev().cmp(y.iter().rev())
    }

    fn climb(&self, mut stream: usize, mut origin: Origin, path: &mut Vec<(u32, u32)>) {
        path.clear();
        while origin.source != OUTSIDE {
            path.push((origin.source, origin.chunk));
            let flow = flow_of_source(origin.source, stream, &self.engine.queries, &self.frame.flows);
            let chunk = flow.chunks[origin.chunk as usize];
            if self.own_timer(origin.source, chunk.step) {
                return;
            }
            stream = self.engine.graph.queries[origin.source as usize].input;
            let merged = &self.engine.merged[stream];
            origin = match merged.single {
                Some(source) => Origin { source, chunk: chunk.cause },
                None if merged.origins.is_empty() => Origin { source: OUTSIDE, chunk: chunk.cause },
                None => merged.origins[chunk.cause as usize],
            };
        }
    }

    fn own_timer(&self, query: u32, step: u32) -> bool {
        let steps: &Steps = &self.engine.steps;
        steps.timer(step).is_some_and(|t| t.element == query)
    }
}

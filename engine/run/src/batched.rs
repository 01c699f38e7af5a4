//! Batched regions: query after query over the whole frame.
//!
//! Exact, since each query sees its input's chunks in order, and a stream of several sources is merged before it is read.
//! A turn touches only queries that got rows or have a timer due.

use std::cmp::Ordering;

use riddhi_batch::{Chunk, Entry, Flow, Frame};
use riddhi_exec::operator::{Delivered, Inputs};
use riddhi_exec::steps::Steps;

use crate::engine::{Engine, cx};
use crate::graph::{Graph, LoneReader};
use crate::merge::{Merged, OUTSIDE, Origin, copy_rows, merge_by_cause, merge_lists, merge_two};
use crate::node::Node;

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
            if self.stepped(stream) {
                continue;
            }
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
            if !self.stepped(stream) {
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
        let query = self.queries[reader.query as usize].as_mut().expect("a query is away only while it runs").query();
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
        let Engine { graph, queries, steps, log, failures, shared, order, touched, ran, counters, .. } = self;
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
            let input = node.inputs[0];
            let (node_at_work, input) = match graph.streams[input].only_writer {
                None => (queries[q].as_mut().expect(away), &frame.flows[input]),
                Some(writer) => {
                    let pair = queries.get_disjoint_mut([q, writer as usize]);
                    let [query, writer] = pair.expect("a query that reads its own output is no part of a linear graph");
                    (query.as_mut().expect(away), writer.as_ref().expect(away).out())
                }
            };
            let query = node_at_work.query();
            query.begin();
            query.run_frame(&mut cx(steps, &mut frame.arena, log, failures, shared), input);
            counters.query_calls += 1;
            if let (false, Some(output)) = (query.out().chunks.is_empty(), node.output) {
                ran.push(q as u32);
                touched.push(output as u32);
                active |= graph.reader_masks[output];
            }
        }
        true
    }

    /// Whether the stream belongs to a region that this frame runs entry by entry.
    pub(crate) fn stepped(&self, stream: usize) -> bool {
        self.graph.stepped && self.graph.streams[stream].region.is_some_and(|r| self.stepping[r])
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
            let stepping = self.graph.stepped && self.stepping[self.graph.queries[query].region];
            if !stepping && self.query(query).due().is_some_and(|due| due <= last) {
                self.activate(query);
            }
        }
    }

    fn run_query(&mut self, q: usize, frame: &mut Frame) {
        for i in 0..self.graph.queries[q].inputs.len() {
            self.prepare_input(self.graph.queries[q].inputs[i], frame);
        }
        let node = &self.graph.queries[q];
        if node.code.is_none() {
            self.order_deliveries(q, frame);
        } else if node.ruled {
            let stream = node.inputs[0];
            if !self.ruled.contains(&(stream as u32)) {
                self.find_rules(stream, q, frame);
            }
            if self.rule_rows[q].is_empty() && !self.graph.queries[q].timed {
                return;
            }
        }
        let mut at_work = self.queries[q].take().expect("a query is away only while it runs");
        at_work.begin();
        {
            let Engine { graph, queries, steps, merged, log, failures, shared, rule_rows, deliveries_of, .. } = self;
            let cx = &mut cx(steps, &mut frame.arena, log, failures, shared);
            let flow = |stream: usize| flow_of_stream(stream, graph, queries, merged, &frame.flows);
            let inputs = &graph.queries[q].inputs[..];
            match (&mut at_work, inputs) {
                (Node::Query(query), _) if graph.queries[q].ruled => {
                    query.run_frame_of(cx, flow(inputs[0]), &rule_rows[q]);
                    rule_rows[q].clear();
                }
                (Node::Query(query), _) => query.run_frame(cx, flow(inputs[0])),
                (Node::Other(operator), [one]) => {
                    operator.run_frame(cx, Inputs::lone(&[flow(*one)], &deliveries_of[q]));
                }
                (Node::Other(operator), [a, b]) => {
                    operator.run_frame(cx, Inputs::new(&[flow(*a), flow(*b)], &deliveries_of[q]));
                }
                (Node::Other(operator), _) => {
                    let flows: Vec<&Flow> = inputs.iter().map(|&s| flow(s)).collect();
                    operator.run_frame(cx, Inputs::new(&flows, &deliveries_of[q]));
                }
            }
        }
        self.counters.query_calls += 1;
        let some = !at_work.out().chunks.is_empty();
        self.queries[q] = Some(at_work);
        self.mark_ran(q);
        if let (true, Some(output)) = (some, self.graph.queries[q].output) {
            self.touch(output);
            self.activate_readers(output);
        }
    }

    /// Puts the chunks of a node's inputs into the order in which depth-first delivery would bring them.
    fn order_deliveries(&mut self, q: usize, frame: &Frame) {
        let mut order = std::mem::take(&mut self.deliveries_of[q]);
        order.clear();
        let inputs = &self.graph.queries[q].inputs;
        let flow =
            |input: u32| flow_of_stream(inputs[input as usize], &self.graph, &self.queries, &self.merged, &frame.flows);
        let chunks = |input: u32| (0..flow(input).chunks.len() as u32).map(move |chunk| Delivered { input, chunk });
        let mut filled = (0..inputs.len() as u32).filter(|&i| !flow(i).chunks.is_empty());
        match (filled.next(), filled.next(), filled.next()) {
            (None, ..) => {}
            (Some(one), None, _) => order.extend(chunks(one)),
            (Some(one), Some(other), more) => {
                let paths = Paths { engine: self, frame };
                let (mut x, mut y) = (Vec::new(), Vec::new());
                let mut compare = |a: &Delivered, b: &Delivered| paths.compare_deliveries(q, *a, *b, &mut x, &mut y);
                let two = [(one, &flow(one).chunks[..]), (other, &flow(other).chunks[..])];
                if more.is_none() {
                    merge_deliveries(two, &self.steps, compare, &mut order);
                } else {
                    order.extend((0..inputs.len() as u32).flat_map(chunks));
                    let step = |d: &Delivered| flow(d.input).chunks[d.chunk as usize].step;
                    // The inputs are sorted runs, which a stable sort merges.
                    order.sort_by(|a, b| self.steps.compare(step(a), step(b)).then_with(|| compare(a, b)));
                }
            }
        }
        self.deliveries_of[q] = order;
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

/// Appends the chunks of two inputs, each of which is in order, in the order of all. `compare` decides where the steps are one.
fn merge_deliveries(
    [(one, a), (other, b)]: [(u32, &[Chunk]); 2],
    steps: &Steps,
    mut compare: impl FnMut(&Delivered, &Delivered) -> Ordering,
    order: &mut Vec<Delivered>,
) {
    let of = |input: u32, chunk: usize| Delivered { input, chunk: chunk as u32 };
    order.reserve(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        let by_step = steps.compare(a[i].step, b[j].step);
        if by_step.then_with(|| compare(&of(one, i), &of(other, j))) == Ordering::Greater {
            order.push(of(other, j));
            j += 1;
        } else {
            order.push(of(one, i));
            i += 1;
        }
    }
    order.extend((i..a.len()).map(|i| of(one, i)));
    order.extend((j..b.len()).map(|j| of(other, j)));
}

/// The flow of one source of a stream.
pub(crate) fn flow_of_source<'a>(
    source: u32,
    stream: usize,
    queries: &'a [Option<Node>],
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
    queries: &'a [Option<Node>],
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
        x.clear();
        y.clear();
        self.climb(stream, a, x);
        self.climb(stream, b, y);
        // Both lists lead from the chunk up to the root.
        x.iter().rev().cmp(y.iter().rev())
    }

    /// Which of two chunks of the same step comes first to the reader `q`.
    fn compare_deliveries(
        &self,
        q: usize,
        a: Delivered,
        b: Delivered,
        x: &mut Vec<(u32, u32)>,
        y: &mut Vec<(u32, u32)>,
    ) -> Ordering {
        for (delivered, path) in [(a, &mut *x), (b, &mut *y)] {
            path.clear();
            path.push((q as u32, 0));
            let stream = self.engine.graph.queries[q].inputs[delivered.input as usize];
            self.climb(stream, self.origin(stream, delivered.chunk), path);
        }
        x.iter().rev().cmp(y.iter().rev()).then(a.input.cmp(&b.input)).then(a.chunk.cmp(&b.chunk))
    }

    /// Where a chunk of a stream's flow came from.
    fn origin(&self, stream: usize, chunk: u32) -> Origin {
        let merged = &self.engine.merged[stream];
        match merged.single {
            Some(source) => Origin { source, chunk },
            None if merged.origins.is_empty() => Origin { source: OUTSIDE, chunk },
            None => merged.origins[chunk as usize],
        }
    }

    fn climb(&self, mut stream: usize, mut origin: Origin, path: &mut Vec<(u32, u32)>) {
        while origin.source != OUTSIDE {
            path.push((origin.source, origin.chunk));
            let flow = flow_of_source(origin.source, stream, &self.engine.queries, &self.frame.flows);
            let chunk = flow.chunks[origin.chunk as usize];
            if self.own_timer(origin.source, chunk.step) {
                return;
            }
            let node = &self.engine.graph.queries[origin.source as usize];
            let cause = match node.code {
                Some(_) => Delivered { input: 0, chunk: chunk.cause },
                None => self.engine.deliveries_of[origin.source as usize][chunk.cause as usize],
            };
            stream = node.inputs[cause.input as usize];
            origin = self.origin(stream, cause.chunk);
        }
    }

    fn own_timer(&self, query: u32, step: u32) -> bool {
        let steps: &Steps = &self.engine.steps;
        steps.timer(step).is_some_and(|t| t.element == query)
    }
}

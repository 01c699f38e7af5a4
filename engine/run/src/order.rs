//! The order of depth-first delivery, found over a whole frame: of a stream's chunks where it has several sources, and of what
//! comes to a node of several inputs.

use std::cmp::Ordering;

use riddhi_batch::{Chunk, Flow, Frame};
use riddhi_exec::operator::Delivered;
use riddhi_exec::steps::Steps;

use crate::engine::Engine;
use crate::graph::Graph;
use crate::merge::{Merged, OUTSIDE, Origin, copy_rows, merge_by_cause, merge_lists, merge_two};
use crate::node::Nodes;

impl Engine {
    /// Puts the chunks of a node's inputs into the order in which depth-first delivery would bring them.
    pub(crate) fn order_deliveries(&mut self, q: usize, frame: &Frame) {
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
                let mut both = Default::default();
                let mut compare = |a: &Delivered, b: &Delivered| paths.compare_deliveries(q, *a, *b, &mut both);
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

    /// Sees to it that a stream's chunks can be read as one flow.
    pub(crate) fn prepare_input(&mut self, stream: usize, frame: &mut Frame) {
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
    pub(crate) fn order_stream(&mut self, stream: usize, frame: &Frame) {
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
        let mut both = Default::default();
        let order = |a: Origin, b: Origin| {
            let by_step = self.steps.compare(chunk(a).step, chunk(b).step);
            by_step.then_with(|| paths.compare(stream, a, b, &mut both))
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
pub(crate) fn flow_of_source<'a>(source: u32, stream: usize, queries: &'a Nodes, flows: &'a [Flow]) -> &'a Flow {
    if source == OUTSIDE { &flows[stream] } else { queries.get(source as usize).out() }
}

/// The flow from which readers of a stream take its chunks.
pub(crate) fn flow_of_stream<'a>(
    stream: usize,
    graph: &Graph,
    queries: &'a Nodes,
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

/// The way from a chunk up to its root: (reader, chunk) at each turn.
pub(crate) type Path = Vec<(u32, u32)>;

/// Climbs from chunks to their roots.
struct Paths<'a> {
    engine: &'a Engine,
    frame: &'a Frame,
}

impl Paths<'_> {
    /// Which of two chunks of the same step comes first.
    fn compare(&self, stream: usize, a: Origin, b: Origin, [x, y]: &mut [Path; 2]) -> Ordering {
        x.clear();
        y.clear();
        self.climb(stream, a, x);
        self.climb(stream, b, y);
        // Both lists lead from the chunk up to the root.
        x.iter().rev().cmp(y.iter().rev())
    }

    /// Which of two chunks of the same step comes first to the reader `q`.
    fn compare_deliveries(&self, q: usize, a: Delivered, b: Delivered, [x, y]: &mut [Path; 2]) -> Ordering {
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

    fn climb(&self, mut stream: usize, mut origin: Origin, path: &mut Path) {
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

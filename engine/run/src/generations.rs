//! Stepped regions whose queries remember nothing: generation by generation instead of entry by entry.
//!
//! Where no query has state, what a chunk becomes does not depend on what came before it, only the order of what is shown
//! does. So all chunks of the frame go through the readers of their streams together, then all that came of them, and so on
//! until nothing comes any more; then the chunks of the streams that are read outside are put into the order in which
//! depth-first delivery would have shown them: by entry, then by the path of (reader, chunk) from the entry's own chunk, and
//! a chunk after all that came of it.

use std::cmp::Ordering;

use riddhi_batch::{Chunk, Frame};
use riddhi_exec::query::Cx;

use crate::engine::Engine;
use crate::merge::{Merged, OUTSIDE, Origin};
use crate::order::Path;
use crate::stepped::append;

/// Which query made a chunk, and whether of a chunk from outside.
#[derive(Clone, Copy, Debug)]
pub struct Via {
    query: u32,
    outside: bool,
}

impl Engine {
    /// Runs a region without state. False, and nothing done, if an entry would be delivered too often: stepping then tells.
    pub(crate) fn run_generations(&mut self, region: usize, frame: &mut Frame) -> bool {
        self.deliveries.clear();
        self.deliveries.resize(frame.entries.len(), 0);
        // What the last generation added to each stream's own flow.
        let mut last = std::mem::take(&mut self.ranges);
        last.clear();
        last.resize(self.graph.streams.len(), (0, 0));
        let mut outside = true;
        loop {
            // Where each stream's next range begins; the ranges at hand stand in the first half of the pairs' list.
            let streams = self.graph.streams.len();
            last.truncate(streams);
            last.extend(self.merged.iter().map(|m| (m.flow.chunks.len() as u32, 0)));
            let mut any = false;
            for i in 0..self.graph.regions[region].queries.len() {
                let q = self.graph.regions[region].queries[i];
                let stream = self.graph.queries[q].inputs[0];
                let range = if outside { (0, frame.flows[stream].chunks.len() as u32) } else { last[stream] };
                if range.0 == range.1 {
                    continue;
                }
                if !self.count_deliveries(stream, range, outside, frame) {
                    self.take_back(region);
                    self.ranges = last;
                    return false;
                }
                any |= self.run_generation(q, range, outside, frame);
            }
            if !any {
                break;
            }
            for stream in 0..streams {
                last[stream] = (last[streams + stream].0, self.merged[stream].flow.chunks.len() as u32);
            }
            outside = false;
        }
        self.ranges = last;
        for stream in 0..self.graph.streams.len() {
            let node = &self.graph.streams[stream];
            if node.shown && node.region == Some(region) {
                self.put_in_order(stream, frame);
            }
        }
        true
    }

    /// Runs one query over a generation of its input's chunks. Whether anything came of it.
    fn run_generation(&mut self, q: usize, (from, to): (u32, u32), outside: bool, frame: &mut Frame) -> bool {
        let Engine { graph, queries, merged, steps, log, failures, shared, filled, counters, .. } = self;
        let node = &graph.queries[q];
        let query = queries.get_mut(q).query();
        let from_stream = node.inputs[0];
        let input = if outside { &frame.flows[from_stream] } else { &merged[from_stream].flow };
        query.run(&mut Cx { steps, arena: &mut frame.arena, log, failures, shared }, input, from as usize, to as usize);
        counters.query_calls += 1;
        let out = query.out();
        let Some(output) = node.output.filter(|_| !out.chunks.is_empty()) else { return false };
        let Merged { flow, via, .. } = &mut merged[output];
        if flow.chunks.is_empty() {
            filled.push(output as u32);
        }
        let base = flow.rows.len() as u32;
        append(&mut flow.rows, &out.rows, &mut frame.arena);
        flow.chunks.extend(out.chunks.iter().map(|c| Chunk { first: c.first + base, ..*c }));
        via.resize(flow.chunks.len(), Via { query: q as u32, outside });
        query.clear_out();
        true
    }

    /// Counts the deliveries of a range of chunks. False if an entry has too many.
    fn count_deliveries(&mut self, stream: usize, (from, to): (u32, u32), outside: bool, frame: &Frame) -> bool {
        let flow = if outside { &frame.flows[stream] } else { &self.merged[stream].flow };
        let mut most = 0;
        for chunk in &flow.chunks[from as usize..to as usize] {
            let count = &mut self.deliveries[chunk.step as usize];
            *count += 1;
            most = most.max(*count);
        }
        most <= self.options.deliveries_per_entry_max
    }

    /// Undoes what a region has done in this frame.
    fn take_back(&mut self, region: usize) {
        for (stream, merged) in self.merged.iter_mut().enumerate() {
            if self.graph.streams[stream].region == Some(region) {
                merged.clear();
            }
        }
        let queries = &self.graph.regions[region].queries;
        self.failures.retain(|f| !queries.contains(&(f.query as usize)));
    }

    /// Puts a stream's chunks into the order in which its sink sees them.
    fn put_in_order(&mut self, stream: usize, frame: &Frame) {
        let own = self.merged[stream].flow.chunks.len();
        let from_outside = frame.flows[stream].chunks.len();
        if own + from_outside == 0 {
            return;
        }
        self.touch(stream);
        let mut origins = std::mem::take(&mut self.merged[stream].origins);
        let internal = |chunk| Origin { source: 0, chunk };
        origins.extend((0..own as u32).map(internal));
        origins.extend((0..from_outside as u32).map(|chunk| Origin { source: OUTSIDE, chunk }));
        let step = |o: &Origin| {
            let flow = if o.source == OUTSIDE { &frame.flows[stream] } else { &self.merged[stream].flow };
            flow.chunks[o.chunk as usize].step
        };
        let in_order = from_outside == 0 && origins.windows(2).all(|w| step(&w[0]) < step(&w[1]));
        if !in_order {
            let mut both = Default::default();
            origins.sort_by(|a, b| step(a).cmp(&step(b)).then_with(|| self.compare_shown(stream, *a, *b, &mut both)));
        }
        let merged = &mut self.merged[stream];
        merged.origins = origins;
        merged.in_order = in_order;
    }

    /// Which of two chunks of one entry a stream's sink sees first.
    fn compare_shown(&self, stream: usize, a: Origin, b: Origin, [x, y]: &mut [Path; 2]) -> Ordering {
        self.lineage(stream, a, x);
        self.lineage(stream, b, y);
        let common = x.iter().rev().zip(y.iter().rev()).find(|(a, b)| a != b);
        // Of a chunk and one that came of it, the latter is seen first.
        common.map_or(y.len().cmp(&x.len()), |(a, b)| a.cmp(b))
    }

    /// The way from a chunk up to the entry's own: (query, chunk) at each turn.
    fn lineage(&self, mut stream: usize, mut at: Origin, path: &mut Path) {
        path.clear();
        while at.source != OUTSIDE {
            let merged = &self.merged[stream];
            let via = merged.via[at.chunk as usize];
            path.push((via.query, at.chunk));
            let cause = merged.flow.chunks[at.chunk as usize].cause;
            stream = self.graph.queries[via.query as usize].inputs[0];
            at = Origin { source: if via.outside { OUTSIDE } else { 0 }, chunk: cause };
        }
    }
}

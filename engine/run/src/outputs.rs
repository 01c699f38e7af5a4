//! What came out of a frame.

use riddhi_batch::{Arena, Chunk, Columns, Flow, Frame};
use riddhi_plan::logical::Mode;

use crate::batched::flow_of_source;
use crate::engine::Engine;
use crate::merge::OUTSIDE;

/// Where rows come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A stream that queries insert into, by number.
    Stream(u32),
    /// A query named by `@info`, by number.
    Query(u32),
}

/// A run of rows of one target.
#[derive(Clone, Copy, Debug)]
pub struct Output<'a> {
    /// Position of the entry to which the first row belongs.
    pub position: u64,
    /// The target.
    pub target: Target,
    /// The rows are `first..first + n` of these.
    pub rows: &'a Columns,
    /// First row.
    pub first: usize,
    /// Rows.
    pub n: usize,
    /// Empty while all rows are current, else a byte for each row of `rows`: 1 for expired.
    pub kinds: &'a [u8],
    /// Long strings of the rows.
    pub arena: &'a Arena,
}

/// What came out of a frame; see [`Engine::process`].
pub struct Outputs<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) frame: &'a Frame,
}

/// Chunks of one target, in order.
struct Lane<'a> {
    target: Target,
    /// How the i-th chunk is found.
    from: From<'a>,
    n: usize,
}

enum From<'a> {
    One(&'a Flow),
    Merged(&'a [crate::merge::Origin], usize),
}

impl<'a> Outputs<'a> {
    /// The engine, for its log, failures and counters.
    pub fn engine(&self) -> &'a Engine {
        self.engine
    }

    /// Calls `f` for all runs of rows, by (position, target, ordinal).
    pub fn each(&self, mut f: impl FnMut(Output<'a>)) {
        if self.engine.touched.is_empty() && !self.engine.options.queries {
            return;
        }
        if let Some(lane) = self.only_lane() {
            return self.whole(&lane, &mut f);
        }
        let lanes = self.lanes();
        if let [lane] = &lanes[..] {
            return self.whole(lane, &mut f);
        }
        let mut next = vec![0usize; lanes.len()];
        for entry in 0..self.frame.entries.len() as u32 {
            for (lane, next) in lanes.iter().zip(&mut next) {
                let start = *next;
                while *next < lane.n && self.entry(lane, *next) <= entry {
                    *next += 1;
                }
                if *next > start {
                    self.range(lane, start, *next, &mut f);
                }
            }
        }
    }

    /// Calls `f` for the runs of rows of one target.
    pub fn of(&self, target: Target, mut f: impl FnMut(Output<'a>)) {
        if self.engine.touched.is_empty() && !self.engine.options.queries {
            return;
        }
        if let Some(lane) = self.only_lane() {
            if lane.target == target {
                self.whole(&lane, &mut f);
            }
            return;
        }
        self.lanes().iter().filter(|l| l.target == target).for_each(|lane| self.whole(lane, &mut f));
    }

    /// Rows that came out at one target.
    pub fn rows(&self, target: Target) -> usize {
        let mut rows = 0;
        self.of(target, |out| rows += out.n);
        rows
    }

    fn whole(&self, lane: &Lane<'a>, f: &mut dyn FnMut(Output<'a>)) {
        if lane.n > 0 {
            self.range(lane, 0, lane.n, f);
        }
    }

    fn entry(&self, lane: &Lane<'a>, i: usize) -> u32 {
        self.engine.steps.entry(self.chunk(lane, i).1.step)
    }

    fn chunk(&self, lane: &Lane<'a>, i: usize) -> (&'a Flow, Chunk) {
        match &lane.from {
            From::One(flow) => (flow, flow.chunks[i]),
            From::Merged(origins, stream) => {
                let origin = origins[i];
                let flow = self.source(origin.source, *stream);
                (flow, flow.chunks[origin.chunk as usize])
            }
        }
    }

    /// The flow in which a source's chunk stands: of a stepped region, the stream's own.
    fn source(&self, source: u32, stream: usize) -> &'a Flow {
        if source != OUTSIDE && self.engine.stepped(stream) {
            return &self.engine.merged[stream].flow;
        }
        flow_of_source(source, stream, &self.engine.queries, &self.frame.flows)
    }

    /// Gives the chunks `from..to` of a lane, joined where their rows follow each other.
    fn range(&self, lane: &Lane<'a>, from: usize, to: usize, f: &mut dyn FnMut(Output<'a>)) {
        let give = |flow: &'a Flow, first: Chunk, rows: u32, f: &mut dyn FnMut(Output<'a>)| {
            f(Output {
                position: self.frame.base + self.engine.steps.entry(first.step) as u64,
                target: lane.target,
                rows: &flow.rows,
                first: first.first as usize,
                n: rows as usize,
                kinds: if matches!(lane.target, Target::Query(_)) { &flow.kinds } else { &[] },
                arena: &self.frame.arena,
            });
        };
        if let From::One(flow) = lane.from {
            let (first, last) = (flow.chunks[from], flow.chunks[to - 1]);
            return give(flow, first, last.first + last.rows - first.first, f);
        }
        let mut open: Option<(&Flow, Chunk, u32)> = None;
        for i in from..to {
            let (flow, chunk) = self.chunk(lane, i);
            match &mut open {
                Some((at, first, rows)) if std::ptr::eq(*at, flow) && first.first + *rows == chunk.first => {
                    *rows += chunk.rows;
                }
                _ => {
                    if let Some((at, first, rows)) = open.replace((flow, chunk, chunk.rows)) {
                        give(at, first, rows, f);
                    }
                }
            }
        }
        if let Some((at, first, rows)) = open {
            give(at, first, rows, f);
        }
    }

    /// The target, if there can be but one and its rows stand in one flow: the common case, without a list.
    fn only_lane(&self) -> Option<Lane<'a>> {
        let engine = self.engine;
        let &[stream] = &engine.touched[..] else { return None };
        let merged = &engine.merged[stream as usize];
        if engine.options.queries || !engine.graph.streams[stream as usize].shown {
            return None;
        }
        let flow = match engine.single_source(stream as usize) {
            Some(source) => flow_of_source(source, stream as usize, &engine.queries, &self.frame.flows),
            None if merged.copied || merged.in_order => &merged.flow,
            None => return None,
        };
        Some(Lane { target: Target::Stream(stream), from: From::One(flow), n: flow.chunks.len() })
    }

    /// The targets that have rows, in order.
    fn lanes(&self) -> Vec<Lane<'a>> {
        let engine = self.engine;
        let mut lanes = Vec::new();
        for &s in &engine.touched {
            let (stream, target) = (s as usize, Target::Stream(s));
            if !engine.graph.streams[stream].shown || lanes.iter().any(|l: &Lane<'_>| l.target == target) {
                continue;
            }
            let merged = &engine.merged[stream];
            let (from, n) = match engine.single_source(stream) {
                Some(source) => {
                    let flow = flow_of_source(source, stream, &engine.queries, &self.frame.flows);
                    (From::One(flow), flow.chunks.len())
                }
                None if merged.copied || merged.in_order => (From::One(&merged.flow), merged.flow.chunks.len()),
                None => (From::Merged(&merged.origins, stream), merged.origins.len()),
            };
            lanes.push(Lane { target, from, n });
        }
        for &q in engine.ran.iter().filter(|&&q| engine.graph.queries[q as usize].named) {
            let node = &engine.graph.queries[q as usize];
            let stepped = engine.graph.regions[node.region].mode == Mode::Stepped;
            let flow = if stepped { &engine.query_logs[q as usize] } else { engine.query(q as usize).out() };
            if !flow.chunks.is_empty() {
                lanes.push(Lane { target: Target::Query(q), from: From::One(flow), n: flow.chunks.len() });
            }
        }
        if lanes.len() > 1 {
            lanes.sort_by_key(|l| l.target);
        }
        lanes
    }
}

//! What came out of a frame.

use riddhi_batch::{Arena, Chunk, Columns, Flow, Frame};
use riddhi_exec::steps::Steps;

use crate::batched::LoneTurn;
use crate::compile::App;
use crate::engine::{Engine, FailureReport};
use crate::graph::LoneReader;
use crate::merge::OUTSIDE;
use crate::order::flow_of_source;

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
    /// What was handed over together: the chunks, which tile the rows in order.
    pub chunks: &'a [Chunk],
    /// Position of the first entry of the frame.
    pub(crate) base: u64,
    /// Which step belongs to which entry; none if steps were replaced by entries.
    pub(crate) steps: Option<&'a Steps>,
}

impl Output<'_> {
    /// Position of the first entry of the frame.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// The entry of the frame to which a chunk belongs, from 0.
    #[inline]
    pub(crate) fn entry_of(&self, chunk: &Chunk) -> u32 {
        self.steps.map_or(chunk.step, |steps| steps.entry(chunk.step))
    }

    /// Position of the entry to which a chunk belongs.
    #[inline]
    pub fn position_of(&self, chunk: &Chunk) -> u64 {
        self.base + u64::from(self.entry_of(chunk))
    }
}

/// What came out of a frame; see [`Engine::process`].
#[derive(Clone, Copy)]
pub struct Outputs<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) frame: &'a Frame,
    /// Further engines that ran other regions of the app over the same entries.
    pub(crate) rest: &'a [Box<Part>],
}

/// An engine and the frame it has run.
pub(crate) struct Part {
    pub engine: Engine,
    pub frame: Frame,
}

/// Chunks of one target, in order.
struct Lane<'a> {
    /// Of the one engine that has them.
    part: Outputs<'a>,
    target: Target,
    /// How the i-th chunk is found.
    from: From<'a>,
    n: usize,
    /// The first that is not given yet.
    next: usize,
}

/// What there is, where it can be told at once.
enum Only<'a> {
    Nothing,
    /// All rows of a flow, at one target.
    Flow(Target, &'a Flow),
    Several,
}

enum From<'a> {
    One(&'a Flow),
    Merged(&'a [crate::merge::Origin], usize),
}

impl<'a> Outputs<'a> {
    /// The app that was run.
    pub fn app(&self) -> &'a App {
        self.engine.app()
    }

    /// Position of the first entry of the frame.
    pub(crate) fn base(&self) -> u64 {
        self.frame.base
    }

    /// Position after the last entry of the frame.
    pub fn end(&self) -> u64 {
        self.frame.base + self.frame.entries.len() as u64
    }

    /// Those of each engine by itself.
    fn parts(self) -> impl Iterator<Item = Outputs<'a>> {
        let rest = self.rest.iter().map(|p| Outputs { engine: &p.engine, frame: &p.frame, rest: &[] });
        std::iter::once(Outputs { rest: &[], ..self }).chain(rest)
    }

    /// Lines that `#log` wrote.
    pub fn log(&self) -> impl Iterator<Item = &'a str> {
        self.parts().flat_map(|p| p.engine.log().iter().map(String::as_str))
    }

    /// Rows that could not be computed, region by region.
    pub fn failures(&self) -> Vec<FailureReport> {
        let mut all: Vec<_> = self.parts().flat_map(|p| p.engine.ranked_failures()).collect();
        all.sort_by_key(|(rank, _)| *rank);
        let late = self.parts().flat_map(|p| p.engine.late.iter().cloned());
        all.into_iter().map(|(_, failure)| failure).chain(late).collect()
    }

    /// Calls `f` for all runs of rows, by (position, target, ordinal).
    #[inline]
    pub fn each(&self, mut f: impl FnMut(Output<'a>)) {
        match self.only_flow() {
            Only::Nothing => {}
            Only::Flow(target, flow) => self.give_flow(target, flow, f),
            Only::Several => self.each_in_order(&mut f),
        }
    }

    /// The same where there are several targets, or several engines, whose targets are different ones.
    fn each_in_order(&self, f: &mut dyn FnMut(Output<'a>)) {
        let mut parts = self.parts().map(|p| p.lanes());
        let mut lanes = parts.next().unwrap_or_default();
        parts.for_each(|more| lanes.extend(more));
        if let [lane] = &lanes[..] {
            return lane.part.whole(lane, f);
        }
        lanes.sort_by_key(|lane| lane.target);
        for entry in 0..self.frame.entries.len() as u32 {
            for lane in &mut lanes {
                let start = lane.next;
                while lane.next < lane.n && lane.part.entry(lane, lane.next) <= entry {
                    lane.next += 1;
                }
                if lane.next > start {
                    lane.part.range(lane, start, lane.next, f);
                }
            }
        }
    }

    /// Calls `f` with what came in for a stream that no query inserts into: what came in is all there is of it.
    pub fn input(&self, stream: u32, mut f: impl FnMut(Output<'a>)) {
        for part in self.parts() {
            let flow = &part.frame.flows[stream as usize];
            if part.engine.app().streams[stream as usize].writers.is_empty() && !flow.chunks.is_empty() {
                part.give_flow(Target::Stream(stream), flow, &mut f);
            }
        }
    }

    /// Calls `f` for the runs of rows of one target.
    #[inline]
    pub fn of(&self, target: Target, mut f: impl FnMut(Output<'a>)) {
        match self.only_flow() {
            Only::Flow(only, flow) if only == target => self.give_flow(target, flow, f),
            Only::Nothing | Only::Flow(..) => {}
            Only::Several => self.parts().for_each(|p| p.of_one(target, &mut f)),
        }
    }

    fn of_one(&self, target: Target, f: &mut dyn FnMut(Output<'a>)) {
        self.lanes().iter().filter(|l| l.target == target).for_each(|lane| self.whole(lane, f));
    }

    /// Rows that came out at one target.
    pub fn rows(&self, target: Target) -> usize {
        let mut rows = 0;
        self.of(target, |out| rows += out.n);
        rows
    }

    /// Whether nothing came out.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rows that came out, at all targets together.
    pub fn len(&self) -> usize {
        let of_lane = |p: &Outputs<'a>, lane: &Lane<'a>| -> usize {
            match lane.from {
                From::One(flow) => flow.rows.len(),
                From::Merged(..) => (0..lane.n).map(|i| p.chunk(lane, i).1.rows as usize).sum(),
            }
        };
        match self.only_flow() {
            Only::Nothing => 0,
            Only::Flow(_, flow) => flow.rows.len(),
            Only::Several => self.parts().map(|p| p.lanes().iter().map(|l| of_lane(&p, l)).sum::<usize>()).sum(),
        }
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
        let give = |flow: &'a Flow, chunks: &'a [Chunk], f: &mut dyn FnMut(Output<'a>)| {
            self.output(lane.target, flow, chunks).into_iter().for_each(f);
        };
        if let From::One(flow) = lane.from {
            return give(flow, &flow.chunks[from..to], f);
        }
        let From::Merged(origins, stream) = lane.from else { return };
        // Chunks that follow each other in one flow are one run.
        let mut open: Option<(&Flow, usize, usize)> = None;
        for origin in &origins[from..to] {
            let (flow, chunk) = (self.source(origin.source, stream), origin.chunk as usize);
            match &mut open {
                Some((at, _, end)) if std::ptr::eq(*at, flow) && *end == chunk => *end += 1,
                _ => {
                    if let Some((at, first, end)) = open.replace((flow, chunk, chunk + 1)) {
                        give(at, &at.chunks[first..end], f);
                    }
                }
            }
        }
        if let Some((at, first, end)) = open {
            give(at, &at.chunks[first..end], f);
        }
    }

    /// The common cases, told without a list.
    #[inline]
    fn only_flow(&self) -> Only<'a> {
        let engine = self.engine;
        if engine.options.queries || !self.rest.is_empty() {
            return Only::Several;
        }
        if let Some(LoneTurn { reader, passed }) = engine.lone {
            let target = Target::Stream(reader.output);
            return if passed { Only::Flow(target, self.lone_flow(reader)) } else { Only::Nothing };
        }
        let stream = match engine.touched[..] {
            [] => return Only::Nothing,
            [stream] if engine.graph.streams[stream as usize].shown => stream,
            _ => return Only::Several,
        };
        let s = stream as usize;
        let flow = match engine.single_source(s) {
            Some(source) => flow_of_source(source, s, &engine.queries, &self.frame.flows),
            None if engine.merged[s].copied || engine.merged[s].in_order => &engine.merged[s].flow,
            None => return Only::Several,
        };
        Only::Flow(Target::Stream(stream), flow)
    }

    /// Where the row of a lone event came out.
    #[inline]
    fn lone_flow(&self, reader: LoneReader) -> &'a Flow {
        if reader.unchanged {
            return &self.frame.flows[reader.input as usize];
        }
        self.engine.query(reader.query as usize).out()
    }

    /// Gives all rows of a flow.
    #[inline]
    fn give_flow(&self, target: Target, flow: &'a Flow, mut f: impl FnMut(Output<'a>)) {
        if let Some(output) = self.output(target, flow, &flow.chunks) {
            f(output);
        }
    }

    /// The rows of chunks that follow each other in a flow; none if there is no chunk.
    #[inline]
    fn output(&self, target: Target, flow: &'a Flow, chunks: &'a [Chunk]) -> Option<Output<'a>> {
        let (first, last) = (chunks.first()?, chunks.last()?);
        Some(Output {
            position: self.frame.base + u64::from(self.engine.steps.entry(first.step)),
            target,
            rows: &flow.rows,
            first: first.first as usize,
            n: (last.first + last.rows - first.first) as usize,
            chunks,
            kinds: self.kinds(target, flow),
            arena: &self.frame.arena,
            base: self.frame.base,
            steps: Some(&self.engine.steps),
        })
    }

    /// The kinds of a target's rows, where they are told.
    fn kinds(&self, target: Target, flow: &'a Flow) -> &'a [u8] {
        match target {
            Target::Stream(stream) if !self.engine.graph.streams[stream as usize].tells => &[],
            _ => &flow.kinds,
        }
    }

    /// The targets that have rows.
    fn lanes(&self) -> Vec<Lane<'a>> {
        let engine = self.engine;
        if let Some(LoneTurn { reader, passed }) = engine.lone {
            let (target, from) = (Target::Stream(reader.output), From::One(self.lone_flow(reader)));
            return passed.then_some(Lane { part: *self, target, from, n: 1, next: 0 }).into_iter().collect();
        }
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
            lanes.push(Lane { part: *self, target, from, n, next: 0 });
        }
        for &q in engine.ran.iter().filter(|&&q| engine.graph.queries[q as usize].named) {
            let node = &engine.graph.queries[q as usize];
            let stepped = engine.stepping[node.region];
            let flow = if stepped { &engine.query_logs[q as usize] } else { engine.query(q as usize).out() };
            if !flow.chunks.is_empty() {
                let (target, from, n) = (Target::Query(q), From::One(flow), flow.chunks.len());
                lanes.push(Lane { part: *self, target, from, n, next: 0 });
            }
        }
        lanes
    }
}

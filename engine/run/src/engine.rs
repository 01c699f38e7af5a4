//! One app at work.

use riddhi_batch::{Flow, Frame};
use riddhi_exec::operator::Delivered;
use riddhi_exec::query::Failure;
use riddhi_exec::shared::Shared;
use riddhi_exec::states::PARTIAL_MATCHES_MAX;
use riddhi_exec::steps::Steps;
use riddhi_exec::table::Ahead;
use riddhi_plan::logical::{self, Mode};

use crate::batched::LoneTurn;
use crate::compile::App;
use crate::graph::Graph;
use crate::merge::Merged;
use crate::node::{Node, Nodes};
use crate::outputs::Outputs;

/// How an engine runs; none of it changes an answer.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Whether the rows of queries named by `@info` are put out too.
    pub queries: bool,
    /// The streams whose rows are read, by name; `None`: all that queries insert into.
    pub streams: Option<Vec<String>>,
    /// The regions to run, by number, if not all: the others' rows are not looked at and nothing of them is saved.
    pub regions: Option<Vec<usize>>,
    /// Chunks delivered because of one entry or timer, at most: what ends a loop between queries that never stops by
    /// itself. The rest of that entry's chunks is dropped, counted and reported.
    pub deliveries_per_entry_max: u32,
    /// Matches of one pattern that wait at most; of more the oldest is dropped, counted and reported.
    pub partial_matches_max: usize,
    /// Whether changes of tables whose rows are in stores wait until they are sent ([`Engine::send_changes`]), rather than going out at the end
    /// of each frame.
    pub hold_changes: bool,
    /// Run every region entry by entry, depth first. For tests: the definition that batching is held against.
    pub force_stepped: bool,
    /// Run every query the general way. For tests.
    pub force_general: bool,
}

impl Default for EngineOptions {
    fn default() -> EngineOptions {
        EngineOptions {
            queries: false,
            streams: None,
            regions: None,
            deliveries_per_entry_max: 100_000,
            partial_matches_max: PARTIAL_MATCHES_MAX,
            hold_changes: false,
            force_stepped: false,
            force_general: false,
        }
    }
}

/// What an engine has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Entries taken.
    pub entries: u64,
    /// Events taken.
    pub events: u64,
    /// Rows that could not be computed.
    pub failed_rows: u64,
    /// Entries whose chunks went round in a loop too often.
    pub endless_entries: u64,
    /// Timers fired.
    pub timers: u64,
    /// Timers that fired in a frame that had an entry before theirs.
    pub timers_inside: u64,
    /// Frames taken.
    pub frames: u64,
    /// Frames of more than one entry.
    pub frames_of_several: u64,
    /// Calls of a query for a range of chunks.
    pub query_calls: u64,
}

/// Rows of one frame that could not be computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureReport {
    /// The query, by `@info` name or number.
    pub query: String,
    /// The entry at which the first of them came.
    pub position: u64,
    /// How many.
    pub rows: u64,
    /// Why the first could not.
    pub reason: String,
}

/// One app at work: compiled queries and all that they remember.
pub struct Engine {
    pub(crate) app: App,
    pub(crate) options: EngineOptions,
    pub(crate) graph: Graph,
    pub(crate) queries: Nodes,
    pub(crate) shared: Shared,
    /// Tables whose rows are in stores.
    pub(crate) far: Vec<usize>,
    /// What can be foreseen of look-ups in them.
    pub(crate) ahead: Ahead,
    /// Changes that stores did not take, of frames before.
    pub(crate) late: Vec<FailureReport>,
    /// Of an app with such tables: position after the last frame.
    pub(crate) until: u64,
    pub(crate) steps: Steps,
    /// By region: whether this frame runs it entry by entry.
    pub(crate) stepping: Vec<bool>,
    /// By query of several inputs: what it takes in this frame, in order.
    pub(crate) deliveries_of: Vec<Vec<Delivered>>,
    /// By stream: chunks of several sources in order, where this frame has them.
    pub(crate) merged: Vec<Merged>,
    /// By query, of stepped regions: its rows as they came out, if they are asked for.
    pub(crate) query_logs: Vec<Flow>,
    /// Streams with chunks of queries in this frame.
    pub(crate) touched: Vec<u32>,
    /// Streams of stepped regions whose own flow has chunks.
    pub(crate) filled: Vec<u32>,
    /// By batched query: whether it is due to run, a bit each in order of the regions' lists.
    pub(crate) active: Vec<u64>,
    pub(crate) order: Vec<u32>,
    pub(crate) place: Vec<u32>,
    /// Queries that may have put something out.
    pub(crate) ran: Vec<u32>,
    /// Whether the last turn merged nothing, so that `merged` holds nothing of it.
    pub(crate) linear_turn: bool,
    /// The last turn, if that was over a lone event.
    pub(crate) lone: Option<LoneTurn>,
    pub(crate) places: Vec<(u32, u32)>,
    /// Streams whose rules have been given their rows in this frame.
    pub(crate) ruled: Vec<u32>,
    /// By query, of rules: the rows of its input that it may take, until it has run.
    pub(crate) rule_rows: Vec<Vec<u32>>,
    /// Deliveries by entry, of a region that runs by generations.
    pub(crate) deliveries: Vec<u32>,
    /// Of the same: ranges of chunks by stream.
    pub(crate) ranges: Vec<(u32, u32)>,
    pub(crate) log: Vec<String>,
    pub(crate) failures: Vec<Failure>,
    pub(crate) now: i64,
    /// Whether the clock has been set.
    pub(crate) started: bool,
    pub(crate) counters: Counters,
    pub(crate) base: u64,
}

impl Engine {
    /// An engine with nothing remembered.
    pub fn new(app: App, options: EngineOptions) -> Engine {
        let graph = Graph::new(&app, &options);
        let queries = Nodes::new((0..graph.queries.len()).map(|q| graph.node(q, &app)));
        let batched = graph.regions.iter().filter(|r| r.mode != Mode::Stepped);
        let order: Vec<u32> = batched.flat_map(|r| r.queries.iter().map(|&q| q as u32)).collect();
        let mut place = vec![u32::MAX; queries.len()];
        order.iter().enumerate().for_each(|(i, &q)| place[q as usize] = i as u32);
        Engine {
            merged: graph.streams.iter().map(|s| Merged::new(&s.schema)).collect(),
            query_logs: queries.iter().map(|q| q.out().clone()).collect(),
            shared: Shared::new(&app),
            far: (0..app.tables.len()).filter(|&n| app.tables[n].store.is_some()).collect(),
            ahead: Ahead::new(&app),
            late: Vec::new(),
            until: 0,
            stepping: vec![false; graph.regions.len()],
            deliveries_of: vec![Vec::new(); queries.len()],
            steps: Steps::new(app.playback),
            active: vec![0; order.len().div_ceil(64)],
            order,
            place,
            ran: Vec::new(),
            linear_turn: false,
            lone: None,
            places: Vec::new(),
            ruled: Vec::new(),
            rule_rows: vec![Vec::new(); queries.len()],
            deliveries: Vec::new(),
            ranges: Vec::new(),
            touched: Vec::new(),
            filled: Vec::new(),
            log: Vec::new(),
            failures: Vec::new(),
            now: 0,
            started: false,
            counters: Counters::default(),
            base: 0,
            app,
            options,
            graph,
            queries,
        }
    }

    /// The compiled app.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Whether the app's clock follows its events (`@app:playback`).
    pub fn playback(&self) -> bool {
        self.app.playback
    }

    /// An empty frame for this app.
    pub fn frame(&self) -> Frame {
        Frame::new(self.graph.streams.iter().map(|s| &s.schema))
    }

    /// Sets the clock before the first entry, or after a state was loaded: timers overdue by then fire with this clock.
    pub fn start(&mut self, now: i64) {
        self.now = now;
        if now != 0 {
            self.start_queries(now);
        }
    }

    /// What is counted from the start of the app begins. A clock that reads 0 is not set yet: then it is the first entry
    /// that starts them.
    fn start_queries(&mut self, now: i64) {
        self.started = true;
        self.queries.iter_mut().for_each(|q| q.start(now));
    }

    /// What the clock reads after the last entry.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// When the next timer is due.
    pub fn next_due(&self) -> Option<i64> {
        let timed = self.graph.regions.iter().flat_map(|r| &r.timed);
        timed.filter_map(|&q| self.query(q).due()).min()
    }

    /// What was done so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Bytes that the queries remember, about.
    pub fn state_bytes(&self) -> usize {
        let queries = (0..self.queries.len()).filter(|&q| self.runs(q)).map(|q| self.query(q).bytes());
        queries.sum::<usize>() + self.shared.bytes()
    }

    pub(crate) fn query(&self, q: usize) -> &Node {
        self.queries.get(q)
    }

    /// Takes all entries of a frame. What came out can be read until the frame is reset. A frame with a query is for a [`Pool`](crate::worker::Pool).
    #[inline]
    pub fn process<'a>(&'a mut self, frame: &'a mut Frame) -> Outputs<'a> {
        debug_assert!(frame.asked.is_empty(), "a query is asked of all engines of an app");
        if self.run_lone(frame) {
            return Outputs { engine: self, frame, rest: &[] };
        }
        self.begin(frame);
        for region in 0..if self.graph.stepped { self.graph.regions.len() } else { 0 } {
            self.stepping[region] = self.steps_through(region, frame);
            if self.stepping[region] {
                if !self.far.is_empty() {
                    self.fetch_ahead(region, frame);
                }
                self.run_stepped(region, frame);
            }
        }
        self.run_batched(frame);
        self.end(frame);
        Outputs { engine: self, frame, rest: &[] }
    }

    pub(crate) fn begin(&mut self, frame: &Frame) {
        self.base = frame.base;
        self.lone = None;
        self.shared.begin();
        if !self.far.is_empty() {
            self.shared.base = frame.base;
            self.late.clear();
            self.begin_far(frame.entries.first().map_or(self.now, |e| e.now), frame.answered.as_ref());
        }
        if !self.started
            && let Some(first) = frame.entries.iter().find(|e| e.sets)
        {
            self.start_queries(first.now);
        }
        // Where nothing looks at the clock and nothing is merged, a step is just a number.
        let timeless = self.graph.linear && self.graph.timeless;
        self.steps.begin(if timeless { &[] } else { &frame.entries });
        if self.linear_turn {
            self.touched.clear();
            self.linear_turn = false;
        } else {
            self.clear_merged();
        }
        for &q in &self.ran {
            self.queries.get_mut(q as usize).clear_out();
            if self.options.queries && self.graph.queries[q as usize].named {
                self.query_logs[q as usize].clear();
            }
        }
        self.ran.clear();
        self.ruled.clear();
        if !self.log.is_empty() || !self.failures.is_empty() {
            self.log.clear();
            self.failures.clear();
        }
    }

    fn clear_merged(&mut self) {
        for s in self.touched.drain(..).chain(self.filled.drain(..)) {
            self.merged[s as usize].clear();
        }
    }

    fn end(&mut self, frame: &Frame) {
        let c = &mut self.counters;
        c.frames += 1;
        c.frames_of_several += (frame.entries.len() > 1) as u64;
        c.entries += frame.entries.len() as u64;
        c.events += frame.rows as u64;
        if !self.failures.is_empty() {
            c.failed_rows += self.failures.iter().map(|f| f.rows).sum::<u64>();
        }
        if !self.graph.timeless {
            let (timers, inside) = self.steps.counts();
            c.timers += timers;
            c.timers_inside += inside;
        }
        if let Some(last) = frame.entries.last() {
            self.now = last.now;
        }
        if !self.far.is_empty() {
            self.end_far(frame.answered.as_ref(), frame.base + frame.entries.len() as u64);
        }
    }

    /// Lines that `#log` wrote in the last frame.
    pub fn log(&self) -> &[String] {
        &self.log
    }

    /// Rows of the last frame that could not be computed.
    pub fn failures(&self) -> impl Iterator<Item = FailureReport> {
        self.ranked_failures().map(|(_, failure)| failure)
    }

    /// The same, each with the rank of its region in the order in which regions run.
    pub(crate) fn ranked_failures(&self) -> impl Iterator<Item = ((bool, usize), FailureReport)> {
        self.failures.iter().map(|f| {
            let query = &self.graph.queries[f.query as usize];
            let rank = (!self.stepping[query.region], query.region);
            let report = FailureReport {
                query: query.label.clone(),
                position: self.base + self.steps.entry(f.step) as u64,
                rows: f.rows,
                reason: f.reason.clone(),
            };
            (rank, report)
        })
    }

    /// The one source of a stream's chunks in this frame, if there is but one and it can be read as it is.
    pub(crate) fn single_source(&self, stream: usize) -> Option<u32> {
        if self.linear_turn { self.graph.streams[stream].only_writer } else { self.merged[stream].single }
    }

    /// Notes that a stream has chunks in this frame.
    pub(crate) fn touch(&mut self, stream: usize) {
        if !std::mem::replace(&mut self.merged[stream].touched, true) {
            self.touched.push(stream as u32);
        }
    }

    /// Whether something shared is of a region that this engine runs, or of none.
    pub(crate) fn uses(&self, what: logical::Shared) -> bool {
        let user = self.app.queries.iter().position(|q| q.shared.iter().any(|(shared, _)| *shared == what));
        user.is_none_or(|q| self.runs(q))
    }

    /// Whether the query is of a region that this engine runs.
    pub(crate) fn runs(&self, query: usize) -> bool {
        !self.graph.regions[self.graph.queries[query].region].queries.is_empty()
    }

    pub(crate) fn mark_ran(&mut self, q: usize) {
        self.ran.push(q as u32);
    }
}

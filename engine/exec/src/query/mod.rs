//! A query at work: handlers, window and selection as one operator.
//!
//! The compiled query ([`Code`]) never changes; all that does is in [`Query`], owned by one worker. A turn takes a range of
//! chunks of the input flow and appends to the output flow; what the ranges are has no meaning. Timers fire between
//! chunks: [`Query::run_frame`] alternates the two, a stepped driver does it itself.

mod before;
mod code;
mod contents;
mod emit;
mod faults;
mod fetched;
mod flush;
mod general;
mod kept;
mod keyed;
mod limit;
mod plain;
mod raw;
mod rows;
mod running;
mod slide;
mod spread;
mod state;
mod widen;

use std::sync::Arc;

use riddhi_batch::{Arena, Column, Columns, Flow, Kind, Sel};
use riddhi_plan::registry::{Aggregate, Failed, RowFailure, Timers};

use crate::expr::{Program, Rows, Scratch};
use crate::keyed::ByKey;
use crate::shared::Shared;
use crate::steps::{Fired, Part, Steps};

pub(crate) use before::stream_arguments;
pub(crate) use code::seed;
pub(crate) use code::step;
pub use code::{AggregateCode, Code, Raw, Step, StreamCode, Takes, Way};
pub(crate) use kept::Kept;
pub use keyed::KeyedQuery;
pub use raw::RawSignals;
pub use rows::Piece;
pub(crate) use running::Running;
pub use state::Section;

use limit::Tags;
use rows::Selected;

/// Up to so many rows of a query that is looked up go the short way one by one; more are taken by column.
const SHORT_ROWS_MAX: usize = 8;

/// What a query may use while it works.
pub struct Cx<'a> {
    /// The steps of the frame.
    pub steps: &'a mut Steps,
    /// Long strings of the frame.
    pub arena: &'a mut Arena,
    /// Lines for the log.
    pub log: &'a mut Vec<String>,
    /// Rows that could not be computed.
    pub failures: &'a mut Vec<Failure>,
    /// What it shares with other nodes.
    pub shared: &'a mut Shared,
}

/// Rows of one turn that could not be computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The query.
    pub query: u32,
    /// The step at which the first of them came.
    pub step: u32,
    /// How many.
    pub rows: u64,
    /// Why the first could not.
    pub reason: String,
}

impl Failure {
    /// That of rows of a query, of which the first came at `step`.
    pub fn of(failed: &Failed, query: u32, step: u32) -> Failure {
        Failure { query, step, rows: failed.count() as u64, reason: failed.why() }
    }
}

/// Aggregates of a select or a filter, and their last results.
struct Aggregates {
    list: Vec<Box<dyn Aggregate>>,
    results: Vec<Column>,
}

impl Aggregates {
    fn new(codes: &[AggregateCode]) -> Aggregates {
        Aggregates {
            list: codes.iter().map(|a| (a.function.create)()).collect(),
            results: codes.iter().map(|a| Column::new(a.function.kind)).collect(),
        }
    }

    fn is_clear(&self, group: u32) -> bool {
        self.list.iter().all(|a| a.is_clear(group))
    }
}

/// Buffers of a turn, kept for their capacity.
#[derive(Default)]
struct Buffers {
    selected: Selected,
    scratch: Scratch,
    hits: Vec<u32>,
    failed: Failed,
    ids: Vec<u32>,
    args: Vec<Column>,
    /// Of the short way: results of one row.
    computed: Vec<Column>,
    ts: Vec<i64>,
    now: Vec<i64>,
    ends: Vec<u32>,
    leave: Vec<u32>,
    picks: Vec<u32>,
    places: Vec<u32>,
    /// Rows with room for the attributes that stream functions add before the window.
    wide: Flow,
    dues: Vec<i64>,
    held: Vec<u64>,
    slots: emit::Slots,
    sorter: emit::Sorter,
    flushes: flush::Buffers,
    general: general::Buffers,
}

/// A query and all that it remembers.
pub struct Query {
    code: Arc<Code>,
    work: Work,
}

/// State and buffers of a query.
struct Work {
    /// Inside a partition: of the key at hand.
    state: Kept,
    /// Rows for which random values were or could have been drawn.
    serial: u64,
    buffers: Buffers,
    /// Whether the general way only collects signals for now.
    collecting: bool,
    /// Of the rows that a turn gives to the limiter.
    tags: Tags,
    /// What came out in this frame; while a turn goes on before a limiter, what it gives to that.
    out: Flow,
}

impl Query {
    /// A query with nothing remembered.
    pub fn new(code: Arc<Code>) -> Query {
        let work = Work::new(&code);
        Query { code, work }
    }

    /// The compiled query.
    pub fn code(&self) -> &Code {
        &self.code
    }

    /// What came out in this frame.
    #[inline]
    pub fn out(&self) -> &Flow {
        &self.work.out
    }

    /// Forgets what came out.
    #[inline]
    pub fn clear_out(&mut self) {
        if !self.work.out.chunks.is_empty() {
            self.work.out.clear();
        }
    }

    /// What came out from the `first` chunk on names as its cause a chunk of `through`; now it names what caused that.
    pub fn trace(&mut self, first: usize, through: &Flow) {
        for chunk in &mut self.work.out.chunks[first..] {
            chunk.cause = through.chunks[chunk.cause as usize].cause;
        }
    }

    /// Begins a frame. What came out in the last one must have been cleared.
    #[inline]
    pub fn begin(&mut self) {
        if self.code.has_timers() {
            self.work.state.begin();
        }
    }

    /// The clock reads `now` when the app starts, or a loaded state goes on.
    pub fn start(&mut self, now: i64) {
        self.work.state.resume(now);
        self.work.state.start(now);
    }

    /// When the next timer is due.
    pub fn due(&self) -> Option<i64> {
        let limiter = self.work.state.limiter.as_ref().and_then(|l| l.timers().due());
        self.work.state.timers.due().into_iter().chain(limiter).min()
    }

    /// The next timer, if it fires in this frame.
    pub fn next_timer(&self, steps: &Steps) -> Option<Fired> {
        steps.earliest([self.work.state.timers.next(steps), self.next_tick(steps)])
    }

    /// The next timer of the limiter, if it fires in this frame.
    fn next_tick(&self, steps: &Steps) -> Option<Fired> {
        self.work.state.limiter.as_ref()?.timers().next(steps)
    }

    /// Takes all chunks of a frame's input, and fires the timers among and after them.
    #[inline]
    pub fn run_frame(&mut self, cx: &mut Cx<'_>, input: &Flow) {
        if !self.code.has_timers() {
            return self.run(cx, input, 0, input.chunks.len());
        }
        self.run_timed(cx, input, None);
    }

    /// The same where it is known that no row but these, which rise, can pass the first filter.
    pub fn run_frame_of(&mut self, cx: &mut Cx<'_>, input: &Flow, rows: &[u32]) {
        if !self.code.has_timers() {
            return self.run_rows(cx, input, 0, input.chunks.len(), rows);
        }
        self.run_timed(cx, input, Some(rows));
    }

    fn run_timed(&mut self, cx: &mut Cx<'_>, input: &Flow, rows: Option<&[u32]>) {
        if !self.code.collects {
            self.run_and_fire(cx, input, rows);
            return self.fire_before(cx, None);
        }
        self.work.collect_signals();
        self.run_and_fire(cx, input, rows);
        self.fire_before(cx, None);
        self.lend_tables(cx);
        self.work.take_collected(&self.code, cx);
        self.lend_tables(cx);
    }

    fn run_and_fire(&mut self, cx: &mut Cx<'_>, input: &Flow, mut rows: Option<&[u32]>) {
        let to = input.chunks.len();
        let mut from = 0;
        while from < to {
            self.fire_before(cx, Some(input.chunks[from].step));
            let until = self.until_timer(cx.steps, input, from);
            match &mut rows {
                None => self.run(cx, input, from, until),
                Some(rows) => {
                    let end = input.chunks[until - 1].first + input.chunks[until - 1].rows;
                    let (now, later) = rows.split_at(rows.partition_point(|&r| r < end));
                    self.run_rows(cx, input, from, until, now);
                    *rows = later;
                }
            }
            from = until;
        }
    }

    /// The end of the chunks from `from` on that can be taken at once: none of them comes after a timer that is armed
    /// already, or that one of them could arm. The first can always be taken.
    fn until_timer(&self, steps: &Steps, input: &Flow, from: usize) -> usize {
        let chunks = &input.chunks[from..];
        let tick = self.next_tick(steps);
        let before_tick = |t: Fired| from + chunks.partition_point(|c| !steps.precedes(&t, c.step)).max(1);
        let to = tick.map_or(input.chunks.len(), before_tick);
        let (Some(window), true) = (&self.work.state.window, self.code.timed) else { return to };
        let pending = self.next_timer(steps);
        let mut earliest = i64::MAX;
        let mut until = from;
        for chunk in &input.chunks[from..to] {
            let late = until > from
                && (steps.now(chunk.step) >= earliest || pending.is_some_and(|t| steps.precedes(&t, chunk.step)));
            if late {
                break;
            }
            let rows = chunk.first as usize..(chunk.first + chunk.rows) as usize;
            earliest = input.rows.ts[rows].iter().map(|&ts| window.earliest_due(ts)).fold(earliest, i64::min);
            until += 1;
        }
        until
    }

    /// Fires the timers that come before `step`, or all of the frame.
    fn fire_before(&mut self, cx: &mut Cx<'_>, step: Option<u32>) {
        while let Some(timer) = self.next_timer(cx.steps) {
            if step.is_some_and(|s| !cx.steps.precedes(&timer, s)) {
                return;
            }
            self.fire(cx, timer);
        }
    }

    /// Takes the chunks `from..to`. No timer of this query may come before the last of them.
    pub fn run(&mut self, cx: &mut Cx<'_>, input: &Flow, from: usize, to: usize) {
        let one_row = from + 1 == to && self.code.short && input.chunks[from].rows == 1;
        if from == to || (one_row && self.work.run_short(&self.code, cx, input, from)) {
            return;
        }
        self.lend_tables(cx);
        self.work.run(&self.code, cx, input, (from, to), None);
        self.lend_tables(cx);
    }

    /// Lends the app's tables to the expressions of a query that looks at some, or takes them back.
    #[inline]
    fn lend_tables(&mut self, cx: &mut Cx<'_>) {
        if self.code.asks_tables {
            self.work.buffers.scratch.swap_tables(&mut cx.shared.tables);
        }
    }

    /// Takes only these rows of the chunks `from..to`.
    fn run_rows(&mut self, cx: &mut Cx<'_>, input: &Flow, from: usize, to: usize, rows: &[u32]) {
        let singles = input.chunks.len() == input.rows.len();
        let few = self.code.short && rows.len() <= SHORT_ROWS_MAX && singles;
        if rows.is_empty() || (few && rows.iter().all(|&row| self.work.run_short(&self.code, cx, input, row as usize)))
        {
            return;
        }
        self.lend_tables(cx);
        self.work.run(&self.code, cx, input, (from, to), Some(rows));
        self.lend_tables(cx);
    }

    /// Fires a timer that [`Query::next_timer`] gave.
    pub fn fire(&mut self, cx: &mut Cx<'_>, timer: Fired) {
        self.lend_tables(cx);
        self.work.fire(&self.code, cx, timer);
        self.lend_tables(cx);
    }
}

impl Work {
    fn new(code: &Code) -> Work {
        let mut buffers = Buffers::default();
        buffers.args.extend(code.args.iter().map(|a| Column::new(a.kind())));
        buffers.computed.extend(code.output_kinds().into_iter().map(Column::new));
        buffers.general = general::Buffers::new(code);
        buffers.flushes = flush::Buffers::new(code);
        buffers.sorter = emit::Sorter::new(code);
        Work {
            state: Kept::new(code),
            serial: 0,
            tags: Tags::default(),
            collecting: false,
            out: Flow { rows: Columns::new(code.output_kinds()), ..Flow::default() },
            buffers,
        }
    }

    fn run(&mut self, code: &Code, cx: &mut Cx<'_>, input: &Flow, (from, to): (usize, usize), rows: Option<&[u32]>) {
        let first = input.chunks[from].first as usize;
        let last = input.chunks[to - 1];
        let mut selected = std::mem::take(&mut self.buffers.selected);
        match rows {
            None => selected.all(first, (last.first + last.rows) as usize - first),
            Some(rows) => selected.these(rows),
        }
        self.run_before(code, cx, input, (from, to), &mut selected);
        if code.narrow < code.before.len() {
            self.run_widened(code, cx, input, (from, to), &mut selected);
        } else {
            self.run_way(code, cx, input, (from, to), &mut selected);
        }
        self.buffers.selected = selected;
        self.sweep();
    }

    /// The window and all behind it, for the rows that passed the handlers before it.
    fn run_way(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        input: &Flow,
        (from, to): (usize, usize),
        selected: &mut Selected,
    ) {
        if selected.n == 0 {
            return;
        }
        selected.cut(&input.chunks, from, to);
        self.open_limiter();
        let before = self.out.chunks.len();
        match code.way {
            Way::Plain => self.run_plain(code, cx, input, selected),
            Way::Slide => self.run_slide(code, cx, input, selected),
            Way::Flush => self.run_flush(code, cx, input, selected),
            Way::General => self.run_general(code, cx, input, selected),
        }
        if code.joins_chunks {
            raw::join_chunks(&mut self.out, before, &input.chunks);
        }
        self.close_limiter(cx);
        self.arm(code, cx, selected.pieces.last().map_or(0, |p| p.step));
    }

    fn fire(&mut self, code: &Code, cx: &mut Cx<'_>, timer: Fired) {
        let step = cx.steps.fire(timer);
        let said = |work: &Work, cx: &Cx<'_>| {
            let collected = if work.collecting { work.buffers.general.chunks() } else { 0 };
            (work.out.chunks.len(), cx.failures.len(), collected)
        };
        let before = said(self, cx);
        match (timer.part, &mut self.state.limiter) {
            (Part::Limiter, Some(limiter)) => limiter.fire(step, &mut self.out, cx.steps, cx.arena),
            _ => self.fire_window(code, cx, step),
        }
        self.sweep();
        if before == said(self, cx) {
            cx.steps.forget_last();
        }
    }

    fn fire_window(&mut self, code: &Code, cx: &mut Cx<'_>, step: u32) {
        self.state.timers.pop();
        self.open_limiter();
        match code.way {
            Way::Flush => self.fire_flush(code, cx, step),
            _ => self.fire_general(code, cx, step),
        }
        self.close_limiter(cx);
        self.arm(code, cx, step);
    }

    /// From here on rows that pass the selection go to the limiter, if there is one.
    #[inline]
    fn open_limiter(&mut self) {
        if let Some(limiter) = &mut self.state.limiter {
            limiter.open(&mut self.out);
        }
    }

    /// Limits what passed since [`Work::open_limiter`].
    #[inline]
    fn close_limiter(&mut self, cx: &mut Cx<'_>) {
        if let Some(limiter) = &mut self.state.limiter {
            let bound = self.state.groups.bound();
            limiter.close(&mut self.out, &mut self.tags, bound, cx.steps, cx.arena);
        }
    }

    /// Notes in the buffers the times and the clocks of the selected rows, as far as they are asked for.
    fn note_times(&mut self, cx: &Cx<'_>, input: &Flow, selected: &Selected, (ts, now): (bool, bool)) {
        let b = &mut self.buffers;
        b.ts.clear();
        b.now.clear();
        if ts {
            b.ts.extend((0..selected.n).map(|i| input.rows.ts[selected.row(i)]));
        }
        if now {
            selected.clock(cx.steps, &mut b.now);
        }
    }

    /// Takes over the timers that the window asked for at `step`.
    fn arm(&mut self, code: &Code, cx: &Cx<'_>, step: u32) {
        if !code.timed {
            return;
        }
        let Some(window) = &mut self.state.window else { return };
        if code.window.as_ref().is_some_and(|w| w.timers == Timers::Next) {
            return self.state.timers.replace(window.next_due(), step, cx.steps);
        }
        window.arm(&mut self.buffers.dues);
        for due in self.buffers.dues.drain(..) {
            self.state.timers.arm(due, step, cx.steps);
        }
    }

    /// Drops groups that nothing refers to, once there are many.
    fn sweep(&mut self) {
        if self.state.groups.bound() < self.state.sweep_at || self.state.groups.is_dense() {
            return;
        }
        let (aggregates, limiter) = (&mut self.state.aggregates, &mut self.state.limiter);
        let mut gone = Vec::new();
        let limited = |g| limiter.as_ref().is_some_and(|l| !l.is_clear(g));
        self.state.groups.sweep(|g| aggregates.is_clear(g) && !limited(g), |g| gone.push(g));
        for &g in &gone {
            aggregates.list.iter_mut().for_each(|a| a.forget(g));
            limiter.iter_mut().for_each(|l| l.forget(g));
        }
        self.state.sweep_at = (2 * self.state.groups.bound()).max(64);
        if gone.len() * 2 > self.state.groups.bound() {
            // Mostly free numbers: the next sweep comes when they are used up.
            self.state.sweep_at = self.state.groups.bound() + 64;
        }
    }
}

/// Notes rows that could not be computed.
fn report(code: &Code, cx: &mut Cx<'_>, failed: &Failed, step: u32) {
    cx.failures.push(Failure::of(failed, code.element, step));
}

/// The step of the first selected row that could not be computed.
fn first_step(input: &Flow, selected: &Selected, failed: &Failed) -> u32 {
    step_of(input, selected, failed.first())
}

/// The step of a selected row.
fn step_of(input: &Flow, selected: &Selected, place: usize) -> u32 {
    let row = selected.row(place) as u32;
    let chunk = input.chunks.partition_point(|c| c.first + c.rows <= row);
    input.chunks.get(chunk).map_or(0, |c| c.step)
}

/// Appends the results of `program` for `n` rows; a bare attribute is copied.
fn compute(
    program: &Program,
    rows: &Rows<'_>,
    arena: &mut Arena,
    scratch: &mut Scratch,
    out: &mut Column,
    failed: &mut Failed,
) {
    match program.attribute() {
        Some(a) => out.append(&rows.input.cols[a as usize], rows.input.sel, rows.n),
        None => program.eval(rows, arena, scratch, out, failed),
    }
}

/// Appends the output attributes of `rows`; which of them cannot be computed is in `failed`.
fn compute_items(
    code: &Code,
    rows: &Rows<'_>,
    arena: &mut Arena,
    scratch: &mut Scratch,
    out: &mut [Column],
    failed: &mut Failed,
) {
    failed.clear();
    for (item, out) in code.items.iter().zip(out) {
        compute(item, rows, arena, scratch, out, failed);
    }
}

/// The same column with values of `kind` only: other values, which a `cast` let through, fail their rows.
pub(crate) fn exact_column(column: Column, kind: Kind, arena: &mut Arena, failed: &mut Failed) -> Column {
    if column.kind() == kind {
        return column;
    }
    let n = column.len();
    let mut exact = Column::new(kind);
    for i in 0..n {
        let value = column.value(i, arena);
        if !exact.push_value(&value, arena) {
            exact.push_null();
            let found = value.ty().map_or("null".to_owned(), |t| t.to_string());
            failed.mark(i, n, RowFailure::new(format!("a {found} cannot be taken for a {}", kind.native())));
        }
    }
    exact
}

/// Marks in `skipped` the rows for which an aggregate's condition does not hold.
fn skip_unless(
    when: &Program,
    rows: &Rows<'_>,
    arena: &mut Arena,
    scratch: &mut Scratch,
    hits: &mut Vec<u32>,
    skipped: &mut Vec<u8>,
) {
    let mut failed = Failed::default();
    hits.clear();
    when.select(rows, arena, scratch, hits, &mut failed);
    skipped.resize(rows.n, 0);
    let mut next = hits.iter().peekable();
    for (i, skip) in skipped.iter_mut().enumerate() {
        if next.next_if(|&&h| h as usize == i).is_none() {
            *skip = 1;
        }
    }
}

/// The selection of the rows at `places` of a selection.
fn compose<'a>(selected: &Selected, picks: &[u32], places: &'a mut Vec<u32>) -> Sel<'a> {
    places.clear();
    places.extend(picks.iter().map(|&p| selected.row(p as usize) as u32));
    Sel::Rows(places)
}

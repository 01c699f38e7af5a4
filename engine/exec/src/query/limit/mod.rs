//! Rate limiters: the last stage of a query. Rows that passed the selection are held back, thinned out or shown again.
//!
//! A limiter regroups: what it releases together is one chunk, caused by the chunk that completed it or by its own timer.
//! Timers tick on a grid that begins when the app starts. Not here: which rows pass the selection, and their order.

mod by_events;
mod by_time;
mod contents;
mod held;
mod last_rows;
mod latest;
mod shown;
mod ticks;

use riddhi_batch::{Arena, Chunk, Columns, Flow, LoadError, Reader, Sel, State, Writer};
use riddhi_plan::logical::{RatePlan, Which};

use super::Code;
use crate::steps::{Part, Steps};
use crate::timers::Pending;
use by_events::{AllOf, FirstOfGroup, LastOfGroups, OneOf};
use by_time::{All, First, FirstForGroup, Last};
use contents::Contents;
use shown::Shown;
use ticks::Ticks;

/// What a limiter has to know of the rows that passed besides their values.
#[derive(Debug, Default)]
pub(super) struct Tags {
    /// The group of each row, if the limiter tells groups apart; else empty.
    pub groups: Vec<u32>,
    /// Places among the rows at which a reset comes before the next row, rising; only snapshots want them.
    pub resets: Vec<u32>,
}

/// The rows of a turn, and where those go that come out.
struct Turn<'a> {
    rows: &'a mut Flow,
    tags: &'a Tags,
    /// Number below which all groups lie.
    bound: usize,
    steps: &'a Steps,
    ticks: &'a mut Ticks,
    arena: &'a mut Arena,
    out: &'a mut Flow,
}

impl Turn<'_> {
    /// Makes rows appended to the output since `before` the chunk that chunk `cause` of the input completed.
    fn close(&mut self, before: u32, chunk: Chunk) {
        let rows = self.out.rows.len() as u32 - before;
        if rows > 0 {
            self.out.chunks.push(Chunk { first: before, rows, ..chunk });
        }
    }
}

/// One way of limiting, with what it remembers. Groups are known by the query's numbers for them.
trait Limit: std::fmt::Debug + Send {
    /// Takes the rows of a turn.
    fn take(&mut self, turn: &mut Turn<'_>);

    /// An interval ends: appends the rows that come out.
    fn tick(&mut self, _out: &mut Flow, _arena: &mut Arena) {}

    /// Whether nothing would come out if an interval ended now.
    fn is_idle(&self) -> bool {
        true
    }

    /// Whether nothing is remembered of the group.
    fn is_clear(&self, _group: u32) -> bool {
        true
    }

    /// The number of a group of which nothing is remembered will be another's.
    fn forget(&mut self, _group: u32) {}

    /// Writes what is remembered; `groups` are those that the snapshot keeps, and a group is written as its place there.
    fn save(&self, groups: &[u32], out: &mut Writer);

    /// Reads it back; the groups' numbers are their places, all below `bound`.
    fn load(&mut self, bound: usize, from: &mut Reader<'_>) -> Result<(), LoadError>;

    /// Bytes held, about.
    fn bytes(&self) -> usize;
}

/// A query's limiter.
#[derive(Debug)]
pub(super) struct Limiter {
    form: Box<dyn Limit>,
    ticks: Ticks,
    timers: Pending,
    /// Between turns empty; while the query works, its output, and then the rows that passed.
    passed: Flow,
}

impl Limiter {
    /// The limiter that the query asks for.
    pub fn new(code: &Code) -> Option<Limiter> {
        let rate = code.rate?;
        let grouped = !code.group_by.is_empty();
        let form: Box<dyn Limit> = match rate {
            RatePlan::Events(Which::All, every) => Box::new(AllOf::new(every, code)),
            RatePlan::Events(Which::First, every) if grouped => Box::new(FirstOfGroup::new(every)),
            RatePlan::Events(Which::Last, every) if grouped => Box::new(LastOfGroups::new(every, code)),
            RatePlan::Events(Which::First, every) => Box::new(OneOf::new(every, 0)),
            RatePlan::Events(Which::Last, every) => Box::new(OneOf::new(every, every - 1)),
            RatePlan::Time(Which::All, _) => Box::new(All::new(code)),
            RatePlan::Time(Which::First, every) if grouped => Box::new(FirstForGroup::new(every)),
            RatePlan::Time(Which::First, every) => Box::new(First::new(every)),
            RatePlan::Time(Which::Last, _) => Box::new(Last::new(code)),
            RatePlan::Snapshot(_) if code.windowed && !code.all_aggregated() => Box::new(Contents::new(code)),
            RatePlan::Snapshot(_) => Box::new(Shown::new(code)),
        };
        let passed = Flow { rows: Columns::new(code.output_kinds()), ..Flow::default() };
        let ticks = Ticks::new(code.tick_ms());
        Some(Limiter { form, ticks, timers: Pending::new(code.element, Part::Limiter), passed })
    }

    /// Takes the query's output away: what it puts out from now on are rows for the limiter.
    #[inline]
    pub fn open(&mut self, out: &mut Flow) {
        std::mem::swap(out, &mut self.passed);
    }

    /// Gives the output back and limits what was put out in between.
    pub fn close(&mut self, out: &mut Flow, tags: &mut Tags, bound: usize, steps: &Steps, arena: &mut Arena) {
        std::mem::swap(out, &mut self.passed);
        let rows = &mut self.passed;
        if rows.chunks.is_empty() && tags.resets.is_empty() {
            return;
        }
        let last = rows.chunks.last().map_or(0, |c| c.step);
        self.form.take(&mut Turn { rows, tags, bound, steps, ticks: &mut self.ticks, arena, out });
        self.passed.clear();
        tags.groups.clear();
        tags.resets.clear();
        if self.ticks.moved() {
            let next = self.ticks.next().map(|next| next.max(steps.now(last)));
            self.timers.replace(next, last, steps);
        }
    }

    /// The app starts, or its clock is set for the first time: ticks are counted from there.
    pub fn start(&mut self, now: i64) {
        if let Some(first) = self.ticks.start(now) {
            self.timers.set(std::iter::once(first));
        }
    }

    /// An interval ends.
    pub fn fire(&mut self, step: u32, out: &mut Flow, steps: &Steps, arena: &mut Arena) {
        self.timers.pop();
        let before = out.rows.len() as u32;
        self.form.tick(out, arena);
        let rows = out.rows.len() as u32 - before;
        if rows > 0 {
            out.chunks.push(Chunk { step, cause: step, first: before, rows });
        }
        let now = steps.now(step);
        self.ticks.tick(now, self.form.is_idle());
        if let Some(next) = self.ticks.next() {
            self.timers.arm(next.max(now), step, steps);
        }
    }

    /// The timer for the next tick.
    pub fn timers(&self) -> &Pending {
        &self.timers
    }

    /// The same, to begin a frame or to go on with a loaded state.
    pub fn timers_mut(&mut self) -> &mut Pending {
        &mut self.timers
    }

    /// Whether nothing is remembered of the group.
    pub fn is_clear(&self, group: u32) -> bool {
        self.form.is_clear(group)
    }

    /// The number of the group will be another's.
    pub fn forget(&mut self, group: u32) {
        self.form.forget(group);
    }

    /// Writes what is remembered.
    pub fn save(&self, groups: &[u32], out: &mut Writer) {
        self.ticks.save(out);
        self.form.save(groups, out);
    }

    /// Reads what [`Limiter::save`] wrote, with the groups read before.
    pub fn load(&mut self, bound: usize, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.ticks.load(from)?;
        self.timers.set(self.ticks.next().into_iter());
        self.form.load(bound, from)
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        self.form.bytes()
    }
}

/// Rows of a turn that come out at once.
#[derive(Debug, Default)]
struct Picks {
    rows: Vec<u32>,
    /// Ends of what one input chunk releases, and that chunk.
    chunks: Vec<(u32, u32)>,
}

impl Picks {
    fn push(&mut self, row: u32) {
        self.rows.push(row);
    }

    /// What was picked since the last call comes of `chunk`.
    fn end_chunk(&mut self, chunk: usize) {
        let end = self.rows.len() as u32;
        if end > self.chunks.last().map_or(0, |c| c.0) {
            self.chunks.push((end, chunk as u32));
        }
    }

    /// Puts the picked rows out and forgets them.
    fn release(&mut self, turn: &mut Turn<'_>) {
        let base = turn.out.rows.len() as u32;
        copy_rows(turn.rows, Sel::Rows(&self.rows), self.rows.len(), turn.out);
        let mut start = 0;
        for &(end, chunk) in &self.chunks {
            let chunk = turn.rows.chunks[chunk as usize];
            turn.out.chunks.push(Chunk { first: base + start, rows: end - start, ..chunk });
            start = end;
        }
        self.rows.clear();
        self.chunks.clear();
    }
}

/// Appends rows of one flow of the frame to another.
fn copy_rows(from: &Flow, sel: Sel<'_>, n: usize, to: &mut Flow) {
    to.rows.append(&from.rows, sel, n);
    if !from.kinds.is_empty() {
        sel.copy(&from.kinds, n, &mut to.kinds);
    }
}

/// The place of each group in a snapshot's list of them.
fn ranks(groups: &[u32]) -> Vec<u32> {
    let mut ranks = vec![0; groups.iter().max().map_or(0, |&g| g as usize + 1)];
    groups.iter().zip(0..).for_each(|(&g, rank)| ranks[g as usize] = rank);
    ranks
}

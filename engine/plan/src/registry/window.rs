//! Windows: which rows a query keeps, and when they leave.
//!
//! A window owns no rows. The query keeps the rows that entered in one store, numbered from 0 in order of arrival, and the
//! window answers with row numbers. Three forms, so that common windows cost a loop and not a list of signals:
//! *slide* (before each entering row some of the oldest leave), *flush* (rows are held back and released as a batch),
//! *general* (a list of signals).

use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Arena, Column, Sel, State, Type};

use super::{ArgError, ArgType, StreamKernel};
use crate::bind::condition::WindowScope;

/// A window of the registry.
pub trait WindowFunction: Send + Sync {
    /// Whether it takes these arguments, and what it then is.
    fn bind(&self, args: &[ArgType]) -> Result<BoundWindow, ArgError>;

    /// The same for a window whose arguments may hold expressions over its rows.
    fn bind_in(&self, args: &[ArgType], _scope: &WindowScope) -> Result<BoundWindow, ArgError> {
        self.bind(args)
    }

    /// What makes an attribute of the `at`-th argument where that is neither a constant nor an attribute but computed for each
    /// row, if the window takes such a one there. The kernel gets the argument, and adds it as it is.
    fn computed(&self, _at: usize, _ty: Type) -> Option<Arc<dyn StreamKernel>> {
        None
    }
}

/// What an aggregator needs to know of the window under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowUse {
    /// Whether rows leave one by one.
    pub sliding: bool,
    /// Whether the query puts out expired rows.
    pub expired: bool,
    /// Whether rows can leave or be reset at all.
    pub windowed: bool,
    /// How they leave.
    pub leaving: Leaving,
}

/// How rows leave a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// A batch at a time; if nobody sees them expire, by a reset only.
    Batch,
    /// The oldest first.
    Oldest,
    /// Never.
    Never,
    /// In any order. The window says which rows it holds ([`Window::held`]), so that others need not be kept.
    Any,
    /// The same, but a row whose place a later one takes never leaves: aggregates keep it.
    Latest,
    /// In any order, one by one, while aggregators take them for batches: an extreme whose value leaves is forgotten, unless
    /// somebody sees rows expire.
    Singly,
    /// Never, but they do not arrive in the order in which they came. The window says which rows it holds back.
    Reordered,
}

impl Leaving {
    /// Whether the window says which rows it holds.
    pub fn in_any_order(self) -> bool {
        matches!(self, Leaving::Any | Leaving::Latest | Leaving::Singly | Leaving::Reordered)
    }
}

/// A window with its arguments settled.
#[derive(Clone)]
pub struct BoundWindow {
    /// For EXPLAIN: `length(10)`.
    pub text: String,
    /// Whether aggregators see it as sliding.
    pub sliding: bool,
    /// How rows leave.
    pub leaving: Leaving,
    /// The attribute that tells a row's time, if not its timestamp. A row without it is refused.
    pub time_attribute: Option<u32>,
    /// A long attribute without which a row is refused, though its time is its timestamp.
    pub required: Option<u32>,
    /// Further attributes that it looks at when rows enter.
    pub reads: Vec<u32>,
    /// Attributes that it looks at in rows held ([`Times::cell`]; form general only).
    pub keeps: Vec<u32>,
    /// The attribute whose values it replaces by those of [`SignalSink::carry`].
    pub rewrites: Option<u32>,
    /// The form in which it answers.
    pub form: Form,
    /// Whether a flush without timers asks for the ends of chunks.
    pub by_chunk: bool,
    /// Whether it ever asks for a timer.
    pub timers: Timers,
    /// Whether nothing ever comes out of it, its schedule having no instant.
    pub idle: bool,
    /// What a join finds in it.
    pub finds: Finds,
    /// Whether a named one that puts out current events alone is found by on-demand queries only where a join finds it too.
    pub found_with_joins: bool,
    /// Whether rows that leave in a batch keep their own time once somebody has gone through the batch. (Siddhi goes on from
    /// where that one stopped.)
    pub kept_times: bool,
    /// Makes its state. The argument: whether anybody sees rows expire.
    pub create: Create,
}

/// Makes a window's state; the argument says whether anybody sees rows expire.
pub type Create = Arc<dyn Fn(bool) -> Box<dyn Window> + Send + Sync>;

impl BoundWindow {
    /// A window of that form, without timers, whose rows go by their timestamps and leave oldest first if it is sliding, else
    /// in batches.
    pub fn new(text: String, sliding: bool, form: Form, create: Create) -> BoundWindow {
        BoundWindow {
            text,
            sliding,
            leaving: if sliding { Leaving::Oldest } else { Leaving::Batch },
            time_attribute: None,
            required: None,
            reads: Vec::new(),
            keeps: Vec::new(),
            rewrites: None,
            form,
            by_chunk: false,
            timers: Timers::Never,
            idle: false,
            finds: Finds::Arrived,
            found_with_joins: false,
            kept_times: false,
            create,
        }
    }

    /// All attributes that it looks at when rows enter.
    pub fn looks_at(&self) -> impl Iterator<Item = u32> {
        self.time_attribute.iter().chain(&self.required).chain(&self.reads).chain(&self.keeps).copied()
    }
}

/// What [`Window::slide`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alike {
    /// No row leaves; nothing was appended.
    None,
    /// One row leaves before each; nothing was appended.
    One,
    /// A number a row was appended.
    Each,
}

/// What a join finds in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finds {
    /// Rows that arrived and have not left, since the last reset.
    Arrived,
    /// The same in an order of its own ([`Window::arrange`]).
    Arranged,
    /// Rows held back, which have not arrived yet.
    Held,
    /// Nothing.
    Nothing,
}

/// When a window needs timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timers {
    /// Never.
    Never,
    /// Only if somebody sees rows expire; else it lets rows go when the next one enters.
    Watched,
    /// Always: each asked for by [`Window::arm`], first asked, first fired.
    Always,
    /// Always, one at a time: [`Window::next_due`].
    Next,
}

impl fmt::Debug for BoundWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// How a window answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// [`Window::slide`].
    Slide,
    /// [`Window::flush`].
    Flush,
    /// [`Window::general`].
    General,
}

/// Whole chunks of rows that enter: already in the store.
#[derive(Clone, Copy, Debug)]
pub struct Entering<'a> {
    /// Number of the first of them.
    pub first: u64,
    /// Number of the oldest row that the store still holds.
    pub oldest: u64,
    /// Time of every row: the timestamp, or the window's time attribute.
    pub times: &'a dyn Times,
    /// Rows that enter.
    pub n: usize,
    /// Per row: the end of its chunk, as a count of rows from `first`. Empty for a slide, and for a flush that does not ask.
    pub chunk_ends: &'a [u32],
    /// The clock at each row. Empty for a slide without timers, and for a flush that does not ask.
    pub now: &'a [i64],
    /// All attributes of the rows: those of `sel`.
    pub cols: &'a [Column],
    /// Which rows of `cols` enter.
    pub sel: Sel<'a>,
    /// Their long strings.
    pub arena: &'a Arena,
}

impl Entering<'_> {
    /// The row of `cols` that is the i-th to enter.
    #[inline]
    pub fn place(&self, i: usize) -> usize {
        self.sel.at(i)
    }

    /// Each row that enters: which it is, and its number.
    #[inline]
    pub fn numbered(&self) -> impl Iterator<Item = (usize, u64)> + use<> {
        (self.first..).take(self.n).enumerate()
    }

    /// Whether the i-th row is the last of its chunk.
    #[inline]
    pub fn ends_chunk(&self, i: usize) -> bool {
        self.chunk_ends[i] as usize == i + 1
    }

    /// Ends the chunk of signals if the i-th row is the last of its chunk; whether it is.
    #[inline]
    pub fn end_chunk(&self, i: usize, sink: &mut dyn SignalSink) -> bool {
        let ends = self.ends_chunk(i);
        if ends {
            sink.end_chunk(Some(i as u32));
        }
        ends
    }

    /// The long attribute of the i-th row; 0 if it has none.
    #[inline]
    pub fn long(&self, attribute: u32, i: usize) -> i64 {
        match &self.cols[attribute as usize].data {
            riddhi_batch::Data::I64(v) => v[self.place(i)],
            _ => 0,
        }
    }
}

/// One attribute of one stored row.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    /// The column in which it stands.
    pub column: &'a Column,
    /// Where.
    pub at: usize,
    /// Long strings of the column.
    pub arena: &'a Arena,
}

/// Times and attributes of stored rows.
pub trait Times: fmt::Debug {
    /// The time of the row of that number.
    fn time(&self, row: u64) -> i64;

    /// The times of that row and as many behind it as lie together, at least its own.
    fn run(&self, row: u64) -> &[i64];

    /// An attribute of the row of that number; only of those that [`BoundWindow::keeps`] names.
    fn cell(&self, _row: u64, _attribute: u32) -> Option<Cell<'_>> {
        None
    }
}

/// With which timestamp rows expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// The clock.
    Now,
    /// The time of the entering row that pushed them out.
    Time,
    /// Their own.
    Own,
}

/// A batch released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flush {
    /// It is released once so many of the entering rows are in.
    pub after: u32,
    /// The rows of the previous batch that expire, from..to.
    pub expired: (u64, u64),
    /// With which timestamp, if not the clock.
    pub stamp: Option<i64>,
    /// Whether a reset stands between them.
    pub reset: bool,
    /// The rows of the batch, from..to.
    pub current: (u64, u64),
}

/// Where a general window puts its signals.
pub trait SignalSink {
    /// The row arrives, with its own timestamp.
    fn current(&mut self, row: u64);
    /// The row arrives, stamped.
    fn current_at(&mut self, row: u64, ts: i64);
    /// The row leaves, stamped.
    fn expired(&mut self, row: u64, ts: i64);
    /// A new batch begins.
    fn reset(&mut self);
    /// The row is held back until it arrives ([`Finds::Held`]).
    fn held(&mut self, _row: u64) {}
    /// The row is there no longer, though it does not leave.
    fn gone(&mut self, _row: u64) {}
    /// What the attribute that the window rewrites reads in the rows that follow.
    fn carry(&mut self, value: i64);
    /// What came since the last end is one chunk, caused by the chunk of that entering row (`None`: by the timer).
    fn end_chunk(&mut self, cause: Option<u32>);
}

/// A window at work. Only the method of its form is called.
pub trait Window: State + Send {
    /// Called once before all else: for each output attribute of the query the attribute of the entering rows that it is, or
    /// none if it is computed or added later.
    fn selected(&mut self, _attributes: &[Option<u32>]) {}

    /// Slide: appends per entering row how many of the oldest rows leave just before it, or says that they are all alike.
    fn slide(&mut self, _rows: &Entering<'_>, _leave: &mut Vec<u32>) -> Alike {
        unreachable!("not of the form slide")
    }

    /// Flush: the batches that these rows complete, in order.
    fn flush(&mut self, _rows: &Entering<'_>, _out: &mut Vec<Flush>) {
        unreachable!("not of the form flush")
    }

    /// General.
    fn general(&mut self, _rows: &Entering<'_>, _sink: &mut dyn SignalSink) {
        unreachable!("not of the form general")
    }

    /// Slide: with which timestamp rows expire.
    fn stamp(&self) -> Stamp {
        Stamp::Now
    }

    /// Oldest row that is still needed, given that the store ends before row `end`. Not asked if rows leave in any order.
    fn needed(&self, _end: u64) -> u64 {
        0
    }

    /// What an on-demand query finds, given that the store ends before row `end`: the rows from..to. Not asked if rows leave in
    /// any order.
    fn found(&self, end: u64) -> (u64, u64) {
        (self.needed(end), end)
    }

    /// Of a window whose rows leave in any order: how many it holds.
    fn holds(&self) -> usize {
        0
    }

    /// Of a window whose rows leave in any order: appends the rows that it holds, each once.
    fn held(&self, _rows: &mut Vec<u64>) {}

    /// Puts rows that it holds into the order in which a join finds them, if that is not the order of arrival.
    fn arrange(&self, _rows: &mut [u64]) {}

    /// A row of that timestamp makes the window ask for no timer that is due earlier. Chunks up to then are taken at once.
    fn earliest_due(&self, _ts: i64) -> i64 {
        i64::MIN
    }

    /// Timers asked for since the last call, in order, appended to `due` (milliseconds).
    fn arm(&mut self, _due: &mut Vec<i64>) {}

    /// When it wants the next timer, if it asks for one at a time; the one asked for before is forgotten.
    fn next_due(&self) -> Option<i64> {
        None
    }

    /// A timer fires; slide: the number of oldest rows of `oldest..end` that leave.
    fn fire_slide(&mut self, _now: i64, _times: &dyn Times, _oldest: u64, _end: u64) -> u32 {
        0
    }

    /// A timer fires; flush: a batch if there is one to release (`after` is 0).
    fn fire_flush(&mut self, _now: i64, _end: u64) -> Option<Flush> {
        None
    }

    /// A timer fires; general.
    fn fire_general(&mut self, _now: i64, _times: &dyn Times, _end: u64, _sink: &mut dyn SignalSink) {}
}

/// The time column of one slice, for windows' own tests.
impl Times for &Column {
    fn time(&self, row: u64) -> i64 {
        match &self.data {
            riddhi_batch::Data::I64(v) => v[row as usize],
            _ => 0,
        }
    }

    fn run(&self, row: u64) -> &[i64] {
        match &self.data {
            riddhi_batch::Data::I64(v) => &v[row as usize..],
            _ => &[0],
        }
    }
}

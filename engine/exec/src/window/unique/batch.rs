//! Batches of one row a key: the latest, or of `firstTimeBatch` and `firstLengthBatch` the first. A batch ends after so much time
//! (`timeBatch`), so many keys (`lengthBatch`), or so much time or so many keys (`timeLengthBatch`).

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Writer};
use riddhi_plan::registry::{
    ArgError, ArgType, BoundWindow, Create, Entering, Form, Leaving, SignalSink, Timers, Times, Window,
};

use super::super::{Asked, arity, const_time};
use super::table::{Table, write_key};
use super::{key, keys_max};

/// When a batch ends.
#[derive(Clone, Copy, Debug)]
struct Ends {
    /// After so many keys.
    keys: Option<i64>,
    /// After so much time.
    span: Option<i64>,
    /// Where periods are counted from; else the first row.
    start: Option<i64>,
}

struct Batch {
    ends: Ends,
    key: u32,
    /// Whether the latest row of a key takes the place of the one before.
    replace: bool,
    table: Table,
    /// The rows of the batch before, which expire with the next.
    before: Vec<u64>,
    next: Vec<u64>,
    /// When the open batch ends, once that is known.
    end: Option<i64>,
    /// Whether the open period has come out already, by its keys: what comes in it is lost.
    closed: bool,
    asked: Asked,
    buffer: Vec<u8>,
}

/// The window of that name, with the key as its first argument.
fn bind(name: &str, args: &[ArgType], replace: bool, ends: Ends) -> Result<BoundWindow, ArgError> {
    let attribute = key(args, 0)?;
    let create: Create = Arc::new(move |_| {
        let (table, before, next, asked) = (Table::default(), Vec::new(), Vec::new(), Asked::default());
        let (key, buffer) = (attribute, Vec::new());
        Box::new(Batch { ends, key, replace, table, before, next, end: None, closed: false, asked, buffer })
    });
    let text = match (ends.keys, ends.span) {
        (None, span) => format!("{name}({} ms)", span.unwrap_or(0)),
        (Some(n), Some(span)) => format!("{name}({span} ms, {n})"),
        (Some(n), None) => format!("{name}({n})"),
    };
    Ok(BoundWindow {
        leaving: Leaving::Any,
        required: (!replace).then_some(attribute),
        reads: vec![attribute],
        timers: if ends.span.is_some() { Timers::Always } else { Timers::Never },
        ..BoundWindow::new(text, false, Form::General, create)
    })
}

const NO_END: Ends = Ends { keys: None, span: None, start: None };

fn of_time(name: &str, args: &[ArgType], replace: bool) -> Result<BoundWindow, ArgError> {
    arity(name, args, 2, 3, &format!("{name}(attribute, 1 min)"))?;
    let span = Some(const_time(args, 1, "the time span")?);
    let start = if args.len() > 2 { Some(const_time(args, 2, "the start time")?) } else { None };
    bind(name, args, replace, Ends { span, start, ..NO_END })
}

pub(super) fn bind_time(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    of_time("unique:timeBatch", args, true)
}

pub(super) fn bind_first_time(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    of_time("unique:firstTimeBatch", args, false)
}

fn of_length(name: &str, args: &[ArgType], replace: bool) -> Result<BoundWindow, ArgError> {
    arity(name, args, 2, 2, &format!("{name}(attribute, 10)"))?;
    let keys = Some(keys_max(args, 1)? as i64);
    bind(name, args, replace, Ends { keys, ..NO_END })
}

pub(super) fn bind_length(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    of_length("unique:lengthBatch", args, true)
}

pub(super) fn bind_first_length(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    of_length("unique:firstLengthBatch", args, false)
}

pub(super) fn bind_time_length(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    const NAME: &str = "unique:timeLengthBatch";
    arity(NAME, args, 3, 4, "unique:timeLengthBatch(attribute, 1 min, 10)")?;
    let span = Some(const_time(args, 1, "the time span")?);
    let start = if args.len() > 3 { Some(const_time(args, 2, "the start time")?) } else { None };
    let keys = Some(const_time(args, args.len() - 1, "the number of keys")?);
    bind(NAME, args, true, Ends { keys, span, start })
}

impl State for Batch {
    fn save(&self, out: &mut Writer) {
        self.table.save(out);
        out.put_u64(self.before.len() as u64);
        self.before.iter().for_each(|&row| out.put_u64(row));
        out.put_optional_i64(self.end);
        out.put_bool(self.closed);
        self.asked.save(out);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.table.load(from)?;
        self.before.clear();
        for _ in 0..from.get_count(8)? {
            self.before.push(from.get_u64()?);
        }
        self.end = from.get_optional_i64()?;
        self.closed = from.get_bool()?;
        self.asked.load(from)
    }
}

impl Batch {
    fn put(&mut self, rows: &Entering<'_>, i: usize) {
        let mut key = std::mem::take(&mut self.buffer);
        let hash = write_key(rows, self.key, i, !self.replace, &mut key);
        self.table.put(&key, hash, rows.first + i as u64, self.replace);
        self.buffer = key;
    }

    /// The batch comes out, and the one before it expires; whether there was anything.
    fn release(&mut self, now: i64, sink: &mut dyn SignalSink) -> bool {
        self.next.clear();
        self.table.drain(&mut self.next);
        self.before.iter().for_each(|&row| sink.expired(row, now));
        if !self.next.is_empty() {
            sink.reset();
        }
        for &row in &self.next {
            sink.current_at(row, now);
        }
        let any = !self.before.is_empty() || !self.next.is_empty();
        std::mem::swap(&mut self.before, &mut self.next);
        any
    }

    /// Whether the clock has passed the end of the open period, which then moves on by one. The first call sets it.
    fn passed(&mut self, now: i64, span: i64) -> bool {
        let end = *self.end.get_or_insert_with(|| {
            let counted = |start: i64| span.wrapping_sub(now.wrapping_sub(start).checked_rem(span).unwrap_or(0));
            let end = now.saturating_add(self.ends.start.map_or(span, counted));
            self.asked.ask(end, now);
            end
        });
        if now < end {
            return false;
        }
        let mut next = end.saturating_add(span);
        if next <= now && span > 0 && self.table.len() == 0 && self.before.is_empty() && !self.closed {
            // In playback the clock may have jumped over many periods. All is empty, so their timers would do nothing.
            next += (now - next) / span * span;
        }
        self.end = Some(next);
        if span > 0 {
            self.asked.ask(next, now);
        }
        true
    }

    /// Rows of one chunk, by the clock and by the number of keys.
    fn chunk(&mut self, rows: &Entering<'_>, from: usize, to: usize, sink: &mut dyn SignalSink) {
        let now = rows.now[from];
        let mut by_time = self.ends.span.is_some_and(|span| self.passed(now, span));
        if by_time && std::mem::take(&mut self.closed) {
            return;
        }
        if self.closed {
            return;
        }
        for i in from..to {
            self.put(rows, i);
            if self.ends.keys.is_none_or(|keys| self.table.len() as i64 != keys) {
                continue;
            }
            if self.release(now, sink) {
                sink.end_chunk(Some(i as u32));
            }
            by_time = false;
            if self.ends.span.is_some() {
                // What else comes in this period is lost.
                self.closed = true;
                return;
            }
        }
        if by_time && self.release(now, sink) {
            sink.end_chunk(Some(from as u32));
        }
    }
}

impl Window for Batch {
    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        let mut at = 0;
        while at < rows.chunk_ends.len() {
            let (from, to) = (at, rows.chunk_ends[at] as usize);
            at = to;
            self.chunk(rows, from, to, sink);
        }
    }

    fn holds(&self) -> usize {
        self.table.len() + self.before.len()
    }

    fn held(&self, rows: &mut Vec<u64>) {
        rows.extend(self.table.rows().chain(self.before.iter().copied()));
    }

    fn earliest_due(&self, _ts: i64) -> i64 {
        // Once the phase is set, the timer of the open batch is armed, and no other before that has fired.
        if self.end.is_some() { i64::MAX } else { i64::MIN }
    }

    fn arm(&mut self, due: &mut Vec<i64>) {
        self.asked.take(due);
    }

    fn fire_general(&mut self, now: i64, _times: &dyn Times, _end: u64, sink: &mut dyn SignalSink) {
        let Some(span) = self.ends.span.filter(|_| self.end.is_some()) else { return };
        if self.passed(now, span) && !std::mem::take(&mut self.closed) && self.release(now, sink) {
            sink.end_chunk(None);
        }
    }
}

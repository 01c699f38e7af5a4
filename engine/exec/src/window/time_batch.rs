//! `timeBatch(t[, start][, stream.current.event])`: rows are held back and released each t. The first row sets the phase,
//! counted from the clock or from `start`. A call that finds the boundary passed, by a timer or by rows, takes its rows in
//! first, moves the boundary on by one period and releases the batch.

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Type, Value, Writer};
use riddhi_plan::registry::{
    ArgError, ArgType, BoundWindow, Create, Entering, Flush, Form, SignalSink, Timers, Times, Window,
};

use super::{Asked, arity, const_bool, const_time};

struct TimeBatch {
    span: i64,
    start: Option<i64>,
    watched: bool,
    streaming: bool,
    /// When the open batch ends; `None` before the first row.
    ends: Option<i64>,
    /// First row of the open batch.
    open: u64,
    /// First row of the batch before it.
    previous: u64,
    /// Whether a row came since the last reset.
    dirty: bool,
    asked: Asked,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    arity("timeBatch", args, 1, 3, "timeBatch(1 min)")?;
    let span = const_time(args, 0, "the time span")?;
    let (mut start, mut streaming) = (None, false);
    if args.len() == 3 {
        start = Some(const_time(args, 1, "the start time")?);
        streaming = const_bool(args, 2, "`stream.current.event`")?;
    } else if args.len() == 2 {
        match (&args[1].constant, args[1].ty) {
            (Some(Value::Bool(flag)), _) => streaming = *flag,
            (_, Type::Bool) => streaming = const_bool(args, 1, "`stream.current.event`")?,
            _ => start = Some(const_time(args, 1, "the start time")?),
        }
    }
    let create: Create = Arc::new(move |watched| {
        let asked = Asked::default();
        let (open, previous) = (0, 0);
        Box::new(TimeBatch { span, start, watched, streaming, ends: None, open, previous, dirty: false, asked })
    });
    let form = if streaming { Form::General } else { Form::Flush };
    let window = BoundWindow::new(format!("timeBatch({span} ms)"), false, form, create);
    Ok(BoundWindow { timers: Timers::Always, kept_times: true, ..window })
}

impl State for TimeBatch {
    fn save(&self, out: &mut Writer) {
        out.put_optional_i64(self.ends);
        out.put_u64(self.open);
        out.put_u64(self.previous);
        out.put_bool(self.dirty);
        self.asked.save(out);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.ends = from.get_optional_i64()?;
        self.open = from.get_u64()?;
        self.previous = from.get_u64()?;
        self.dirty = from.get_bool()?;
        self.asked.load(from)
    }
}

impl TimeBatch {
    /// The end of the first batch, given the clock.
    fn first_end(&self, now: i64) -> i64 {
        match self.start {
            None => now.saturating_add(self.span),
            Some(start) => {
                let into = now.wrapping_sub(start).checked_rem(self.span).unwrap_or(0);
                now.saturating_add(self.span.wrapping_sub(into))
            }
        }
    }

    /// Whether the boundary is passed; if so it moves on by one period. `end`: the row after the last.
    fn passed(&mut self, now: i64, end: u64) -> bool {
        let Some(ends) = self.ends.filter(|&ends| now >= ends) else { return false };
        let mut next = ends.saturating_add(self.span);
        if next <= now && self.span > 0 && self.open == end && self.previous == self.open && !self.dirty {
            // In playback the clock may have jumped over many periods. All is empty, so their timers, which follow each other
            // at once, would do nothing: the last of them is the next.
            next += (now - next) / self.span * self.span;
        }
        self.ends = Some(next);
        if self.span > 0 {
            self.asked.ask(next, now);
        }
        true
    }

    /// Rows of a call: the first ever sets the phase.
    fn begin(&mut self, now: i64) {
        if self.ends.is_none() {
            let ends = self.first_end(now);
            self.ends = Some(ends);
            self.asked.ask(ends, now);
        }
        self.dirty = true;
    }

    /// Releases the rows before `end`.
    fn release(&mut self, after: u32, end: u64) -> Option<Flush> {
        let expired = if self.watched { (self.previous, self.open) } else { (self.open, self.open) };
        let flush = Flush { after, expired, stamp: None, reset: self.dirty, current: (self.open, end) };
        self.dirty = false;
        self.previous = self.open;
        self.open = end;
        (flush.expired.0 < flush.expired.1 || flush.current.0 < flush.current.1).then_some(flush)
    }

    /// Streaming: the batch leaves.
    fn leave(&mut self, now: i64, end: u64, sink: &mut dyn SignalSink) {
        if self.watched {
            (self.open..end).for_each(|row| sink.expired(row, now));
        }
        if self.dirty {
            sink.reset();
        }
        self.dirty = false;
        self.previous = end;
        self.open = end;
    }
}

impl Window for TimeBatch {
    fn flush(&mut self, rows: &Entering<'_>, out: &mut Vec<Flush>) {
        let mut at = 0;
        while at < rows.chunk_ends.len() {
            let now = rows.now[at];
            at = rows.chunk_ends[at] as usize;
            self.begin(now);
            if self.passed(now, rows.first + at as u64) {
                out.extend(self.release(at as u32, rows.first + at as u64));
            }
        }
    }

    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        let mut at = 0;
        while at < rows.chunk_ends.len() {
            let (first, now) = (at, rows.now[at]);
            at = rows.chunk_ends[at] as usize;
            self.begin(now);
            (first..at).for_each(|i| sink.current(rows.first + i as u64));
            if self.passed(now, rows.first + at as u64) {
                self.leave(now, rows.first + at as u64, sink);
            }
            sink.end_chunk(Some(first as u32));
        }
    }

    fn needed(&self, _end: u64) -> u64 {
        if self.watched { self.previous.min(self.open) } else { self.open }
    }

    fn found(&self, end: u64) -> (u64, u64) {
        if self.streaming { (self.open, end) } else { (self.previous, self.open) }
    }

    fn earliest_due(&self, _ts: i64) -> i64 {
        // Once the phase is set, the timer of the open batch is armed, and no other before that has fired.
        if self.ends.is_some() { i64::MAX } else { i64::MIN }
    }

    fn arm(&mut self, due: &mut Vec<i64>) {
        self.asked.take(due);
    }

    fn fire_flush(&mut self, now: i64, end: u64) -> Option<Flush> {
        if self.passed(now, end) { self.release(0, end) } else { None }
    }

    fn fire_general(&mut self, now: i64, _times: &dyn Times, end: u64, sink: &mut dyn SignalSink) {
        if self.passed(now, end) {
            self.leave(now, end, sink);
            sink.end_chunk(None);
        }
    }
}

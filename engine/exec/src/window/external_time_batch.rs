//! `externalTimeBatch(attribute, t[, start[, timeout[, replace]]])`: rows are held back and released once a row whose time
//! attribute lies at or behind the end of the batch arrives; periods in which nothing came are skipped. With a timeout the
//! open batch is released when the clock passes it, too; what comes after that for the same period is released together with
//! all that was sent of it before. With `replace` the time attribute of each row reads the end of its batch.

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Type, Writer};
use riddhi_plan::registry::{
    ArgError, ArgType, BoundWindow, Create, Entering, Flush, Form, SignalSink, Timers, Times, Window,
};

use super::{arity, const_bool, const_time};

/// Where the periods are counted from.
#[derive(Clone, Copy)]
enum Start {
    /// The time of the first row.
    First,
    /// A constant.
    At(i64),
    /// An attribute of the first row.
    Attribute(u32),
}

#[derive(Clone, Copy)]
struct Settings {
    attribute: u32,
    span: i64,
    start: Start,
    /// 0 or less: none.
    timeout: i64,
    replace: bool,
}

struct ExternalTimeBatch {
    set: Settings,
    watched: bool,
    /// Where the periods are counted from, once that is known.
    start: i64,
    /// When the open batch ends; negative before the first row. (As in Siddhi, an end before 1970 is settled anew by every
    /// chunk.)
    end: i64,
    /// The greatest time so far, at least 0.
    latest: i64,
    /// First row not released yet.
    open: u64,
    /// First row of the batch released last, or of what was released of the open one.
    previous: u64,
    /// What the time attribute reads in the rows of the batch released last.
    previous_end: i64,
    /// Whether a timeout has released a part of the open batch.
    flushed: bool,
    /// When the clock ends the open batch.
    due: Option<i64>,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    arity("externalTimeBatch", args, 2, 5, "externalTimeBatch(timestamp, 1 min)")?;
    let help = "name a long attribute that holds milliseconds";
    let Some(attribute) = args[0].attribute else {
        return Err(ArgError::at(0, "the time must be an attribute", help));
    };
    if args[0].ty != Type::Long {
        return Err(ArgError::at(0, format!("the time attribute must be a long, not a {}", args[0].ty), help));
    }
    let span = const_time(args, 1, "the time span")?;
    if span == 0 {
        let help = "Siddhi accepts this, and every event fails; give a time, for example `1 sec`";
        return Err(ArgError::at(1, "the time span must not be zero", help));
    }
    let start = match args.get(2) {
        None => Start::First,
        Some(ArgType { ty: Type::Long, attribute: Some(attribute), .. }) => Start::Attribute(*attribute),
        Some(_) => Start::At(const_time(args, 2, "the start time")?),
    };
    let timeout = if args.len() > 3 { const_time(args, 3, "the timeout")? } else { 0 };
    let replace = args.len() > 4 && const_bool(args, 4, "`replace.with.batchtime`")?;
    let set = Settings { attribute, span, start, timeout, replace };
    let create: Create = Arc::new(move |watched| Box::new(ExternalTimeBatch::new(set, watched)));
    let form = if timeout > 0 || replace { Form::General } else { Form::Flush };
    Ok(BoundWindow {
        required: Some(attribute),
        reads: if let Start::Attribute(start) = start { vec![start] } else { Vec::new() },
        rewrites: replace.then_some(attribute),
        by_chunk: true,
        found_with_joins: args.len() <= 3,
        timers: if timeout > 0 { Timers::Next } else { Timers::Never },
        ..BoundWindow::new(format!("externalTimeBatch({span} ms)"), false, form, create)
    })
}

impl ExternalTimeBatch {
    fn new(set: Settings, watched: bool) -> ExternalTimeBatch {
        ExternalTimeBatch {
            set,
            watched,
            start: 0,
            end: -1,
            latest: 0,
            open: 0,
            previous: 0,
            previous_end: 0,
            flushed: false,
            due: None,
        }
    }

    /// The first boundary behind a time.
    fn boundary(&self, time: i64) -> i64 {
        let into = time.wrapping_sub(self.start).wrapping_rem(self.set.span);
        time.wrapping_add(self.set.span.wrapping_sub(into))
    }

    /// Settles the first batch by the first row of a chunk.
    fn begin(&mut self, rows: &Entering<'_>, i: usize) {
        if self.end >= 0 {
            return;
        }
        let time = rows.long(self.set.attribute, i);
        match self.set.start {
            Start::At(start) => {
                self.start = start;
                self.end = self.boundary(time);
            }
            Start::First => (self.start, self.end) = (time, time.wrapping_add(self.set.span)),
            Start::Attribute(start) => {
                // Without a start the periods count from the row's time.
                let missing = rows.cols[start as usize].is_null(rows.place(i));
                self.start = if missing { time } else { rows.long(start, i) };
                self.end = self.start.wrapping_add(self.set.span);
            }
        }
        self.wait(rows.now[i]);
    }

    fn wait(&mut self, now: i64) {
        if self.set.timeout > 0 {
            self.due = Some(now.saturating_add(self.set.timeout));
        }
    }

    /// Takes the i-th row in. If it lies behind the open batch, that is released first.
    fn enter(&mut self, rows: &Entering<'_>, i: usize) -> Option<Flush> {
        let time = rows.long(self.set.attribute, i);
        self.latest = self.latest.max(time);
        if time < self.end {
            return None;
        }
        let flush = self.release(i as u32 + 1, rows.first + i as u64);
        self.flushed = false;
        self.end = self.boundary(self.latest);
        self.wait(rows.now[i]);
        flush
    }

    /// Releases the rows before `end`, and with them what was sent of the batch before. `None`: there is nothing.
    fn release(&mut self, after: u32, end: u64) -> Option<Flush> {
        let (sent, watched) = ((self.previous, self.open), self.watched);
        let expired = if watched { sent } else { (sent.1, sent.1) };
        let new = end > self.open;
        if self.flushed && !new {
            return None;
        }
        let current = if self.flushed { (self.previous, end) } else { (self.open, end) };
        let stamp = Some(self.latest);
        (self.previous, self.open) = (current.0, end);
        (new || expired.0 < expired.1).then_some(Flush { after, expired, stamp, reset: new, current })
    }
}

impl ExternalTimeBatch {
    /// General: the signals of a release of the batch that ends at `end`.
    fn signal(&mut self, flush: &Flush, end: i64, sink: &mut dyn SignalSink) {
        if self.set.replace {
            sink.carry(self.previous_end);
        }
        (flush.expired.0..flush.expired.1).for_each(|row| sink.expired(row, self.latest));
        if self.set.replace {
            sink.carry(end);
        }
        if flush.reset {
            sink.reset();
        }
        (flush.current.0..flush.current.1).for_each(|row| sink.current(row));
        self.previous_end = end;
    }
}

impl State for ExternalTimeBatch {
    fn save(&self, out: &mut Writer) {
        [self.start, self.end, self.latest, self.previous_end].iter().for_each(|&time| out.put_i64(time));
        out.put_u64(self.open);
        out.put_u64(self.previous);
        out.put_bool(self.flushed);
        out.put_optional_i64(self.due);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        for time in [&mut self.start, &mut self.end, &mut self.latest, &mut self.previous_end] {
            *time = from.get_i64()?;
        }
        self.open = from.get_u64()?;
        self.previous = from.get_u64()?;
        self.flushed = from.get_bool()?;
        self.due = from.get_optional_i64()?;
        Ok(())
    }
}

impl Window for ExternalTimeBatch {
    fn flush(&mut self, rows: &Entering<'_>, out: &mut Vec<Flush>) {
        for i in 0..rows.n {
            self.begin(rows, i);
            out.extend(self.enter(rows, i));
        }
    }

    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        for i in 0..rows.n {
            self.begin(rows, i);
            let end = self.end;
            if let Some(flush) = self.enter(rows, i) {
                self.signal(&flush, end, sink);
                sink.end_chunk(Some(i as u32));
            }
        }
    }

    fn needed(&self, _end: u64) -> u64 {
        if self.watched || self.flushed { self.previous } else { self.open }
    }

    fn found(&self, _end: u64) -> (u64, u64) {
        (self.previous, self.open)
    }

    fn earliest_due(&self, _ts: i64) -> i64 {
        // Once the first batch is settled its timer is armed, and every later one is due later.
        if self.end >= 0 { i64::MAX } else { i64::MIN }
    }

    fn next_due(&self) -> Option<i64> {
        self.due
    }

    fn fire_general(&mut self, now: i64, _times: &dyn Times, end: u64, sink: &mut dyn SignalSink) {
        let flush = self.release(0, end);
        self.flushed = true;
        if let Some(flush) = flush {
            self.signal(&flush, self.end, sink);
            sink.end_chunk(None);
        }
        self.wait(now);
    }
}

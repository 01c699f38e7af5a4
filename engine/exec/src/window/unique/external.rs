//! `unique:externalTimeBatch(key, timestamp, t[, start[, timeout[, replace]]])`: the latest row of each key, released once a row whose time
//! attribute lies at or behind the end of the period arrives. With a timeout the open batch is released when the clock passes it, too;
//! what comes after that for the same period is released together with what was sent of it before, of each key the latest. With
//! `replace` the time attribute of each row reads the end of its period.

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Type, Writer};
use riddhi_plan::registry::{
    ArgError, ArgType, BoundWindow, Create, Entering, Form, Leaving, SignalSink, Timers, Times, Window,
};

use super::super::{arity, const_bool, const_time};
use super::key;
use super::table::{Table, write_key};

#[derive(Clone, Copy, Debug)]
struct Settings {
    key: u32,
    time: u32,
    span: i64,
    /// Where periods are counted from; else the first row.
    start: Option<i64>,
    /// 0 or less: none.
    timeout: i64,
    replace: bool,
}

struct External {
    set: Settings,
    /// The open batch.
    open: Table,
    /// The batch released last, or what was released of the open one; it expires with the next.
    sent: Table,
    start: i64,
    /// When the open batch ends; negative before the first row.
    end: i64,
    /// What the time attribute reads in the rows released last.
    sent_end: i64,
    /// The greatest time so far, at least 0.
    latest: i64,
    /// Whether a timeout has released a part of the open batch.
    flushed: bool,
    /// When the clock ends the open batch.
    due: Option<i64>,
    buffer: Vec<u8>,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    const NAME: &str = "unique:externalTimeBatch";
    arity(NAME, args, 3, 6, "unique:externalTimeBatch(attribute, timestamp, 1 min)")?;
    let help = "name a long attribute that holds milliseconds";
    let Some(time) = args[1].attribute.filter(|_| args[1].ty == Type::Long) else {
        return Err(ArgError::at(1, "the time must be a long attribute", help));
    };
    let key = key(args, 0)?;
    let span = const_time(args, 2, "the time span")?;
    if span == 0 {
        let help = "Siddhi accepts this, and every event fails; give a time, for example `1 sec`";
        return Err(ArgError::at(2, "the time span must not be zero", help));
    }
    let start = if args.len() > 3 { Some(const_time(args, 3, "the start time")?) } else { None };
    let timeout = if args.len() > 4 { const_time(args, 4, "the timeout")? } else { 0 };
    let replace = args.len() > 5 && const_bool(args, 5, "`replace.with.batchtime`")?;
    let set = Settings { key, time, span, start, timeout, replace };
    let create: Create = Arc::new(move |_| Box::new(External::new(set)));
    Ok(BoundWindow {
        leaving: Leaving::Any,
        required: Some(time),
        reads: vec![key, time],
        rewrites: replace.then_some(time),
        timers: if timeout > 0 { Timers::Next } else { Timers::Never },
        ..BoundWindow::new(format!("{NAME}({span} ms)"), false, Form::General, create)
    })
}

impl External {
    fn new(set: Settings) -> External {
        External {
            set,
            open: Table::default(),
            sent: Table::default(),
            start: set.start.unwrap_or(0),
            end: -1,
            sent_end: 0,
            latest: 0,
            flushed: false,
            due: None,
            buffer: Vec::new(),
        }
    }

    /// The first boundary behind a time.
    fn boundary(&self, time: i64) -> i64 {
        let into = time.wrapping_sub(self.start).checked_rem(self.set.span).unwrap_or(0);
        time.saturating_add(self.set.span.wrapping_sub(into))
    }

    fn wait(&mut self, now: i64) {
        if self.set.timeout > 0 {
            self.due = Some(now.saturating_add(self.set.timeout));
        }
    }

    /// One row; `first`: it is the first of its chunk.
    fn row(&mut self, rows: &Entering<'_>, i: usize, first: bool, sink: &mut dyn SignalSink) {
        let at = rows.long(self.set.time, i);
        if first && self.end < 0 {
            self.end = match self.set.start {
                Some(_) => self.boundary(at),
                None => {
                    self.start = at;
                    at.wrapping_add(self.set.span)
                }
            };
            self.wait(rows.now[i]);
        }
        self.latest = self.latest.max(at);
        if at >= self.end {
            if self.release(sink) {
                sink.end_chunk(Some(i as u32));
            }
            self.flushed = false;
            self.end = self.boundary(self.latest);
            self.wait(rows.now[i]);
        }
        let mut key = std::mem::take(&mut self.buffer);
        let hash = write_key(rows, self.set.key, i, false, &mut key);
        self.open.put(&key, hash, rows.first + i as u64, true);
        self.buffer = key;
    }

    /// The batch comes out, and what was sent before expires; whether there was anything.
    fn release(&mut self, sink: &mut dyn SignalSink) -> bool {
        let new = self.open.len() > 0;
        if self.flushed && !new {
            return false;
        }
        let any = new || self.sent.len() > 0;
        if self.set.replace {
            sink.carry(self.sent_end);
        }
        self.sent.rows().for_each(|row| sink.expired(row, self.latest));
        if !self.flushed {
            self.sent.clear();
        }
        self.sent.take_all(&mut self.open);
        if self.set.replace {
            sink.carry(self.end);
        }
        if new {
            sink.reset();
        }
        self.sent.rows().for_each(|row| sink.current(row));
        self.sent_end = self.end;
        any
    }
}

impl State for External {
    fn save(&self, out: &mut Writer) {
        self.open.save(out);
        self.sent.save(out);
        [self.start, self.end, self.sent_end, self.latest].iter().for_each(|&time| out.put_i64(time));
        out.put_bool(self.flushed);
        out.put_optional_i64(self.due);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.open.load(from)?;
        self.sent.load(from)?;
        for time in [&mut self.start, &mut self.end, &mut self.sent_end, &mut self.latest] {
            *time = from.get_i64()?;
        }
        self.flushed = from.get_bool()?;
        self.due = from.get_optional_i64()?;
        Ok(())
    }
}

impl Window for External {
    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        let mut from = 0;
        for &end in rows.chunk_ends {
            (from..end as usize).for_each(|i| self.row(rows, i, i == from, sink));
            from = end as usize;
        }
    }

    fn holds(&self) -> usize {
        self.open.len() + self.sent.len()
    }

    fn held(&self, rows: &mut Vec<u64>) {
        rows.extend(self.open.rows().chain(self.sent.rows()));
    }

    fn earliest_due(&self, _ts: i64) -> i64 {
        // Once the first batch is settled its timer is armed, and every later one is due later.
        if self.end >= 0 { i64::MAX } else { i64::MIN }
    }

    fn next_due(&self) -> Option<i64> {
        self.due
    }

    fn fire_general(&mut self, now: i64, _times: &dyn Times, _end: u64, sink: &mut dyn SignalSink) {
        let any = self.release(sink);
        self.flushed = true;
        if any {
            sink.end_chunk(None);
        }
        self.wait(now);
    }
}

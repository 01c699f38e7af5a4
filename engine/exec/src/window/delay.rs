//! `delay(t)`: rows are held back and arrive t after their timestamp, stamped by the clock. The queue is looked at from the
//! oldest and no further than the first that is not due, by a timer and before each row that enters.

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Writer};
use riddhi_plan::registry::{
    ArgError, ArgType, BoundWindow, Create, Entering, Finds, Form, Leaving, SignalSink, Timers, Times, Window,
};

use super::{Rising, arity, const_time};

struct Delay {
    span: i64,
    /// Number of the oldest row held back.
    oldest: u64,
    asked: Rising,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    arity("delay", args, 1, 1, "delay(1 min)")?;
    let span = const_time(args, 0, "the delay")?;
    let create: Create = Arc::new(move |_| Box::new(Delay { span, oldest: 0, asked: Rising::new() }));
    let window = BoundWindow::new(format!("delay({span} ms)"), true, Form::General, create);
    Ok(BoundWindow { leaving: Leaving::Never, finds: Finds::Held, timers: Timers::Always, ..window })
}

impl Delay {
    /// Lets the rows before `end` go that are due.
    fn release(&mut self, now: i64, times: &dyn Times, end: u64, sink: &mut dyn SignalSink) {
        while self.oldest < end && times.time(self.oldest).saturating_add(self.span) <= now {
            sink.current_at(self.oldest, now);
            self.oldest += 1;
        }
    }
}

impl State for Delay {
    fn save(&self, out: &mut Writer) {
        out.put_u64(self.oldest);
        self.asked.save(out);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.oldest = from.get_u64()?;
        self.asked.load(from)
    }
}

impl Window for Delay {
    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        for (i, row) in rows.numbered() {
            let now = rows.now[i];
            self.release(now, rows.times, row, sink);
            sink.held(row);
            self.asked.ask(rows.times.time(row), self.span, now);
            rows.end_chunk(i, sink);
        }
    }

    fn needed(&self, _end: u64) -> u64 {
        self.oldest
    }

    fn earliest_due(&self, ts: i64) -> i64 {
        ts.saturating_add(self.span)
    }

    fn arm(&mut self, due: &mut Vec<i64>) {
        self.asked.take(due);
    }

    fn fire_general(&mut self, now: i64, times: &dyn Times, end: u64, sink: &mut dyn SignalSink) {
        self.release(now, times, end, sink);
        sink.end_chunk(None);
    }
}

//! `timeLength(t, n)`: rows younger than t, at most the last n. Before a row enters those leave that are due, looked at from
//! the oldest as in `time`, then the oldest if n are still there. With n of 0 or less rows pass and none is kept.

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Writer};
use riddhi_plan::registry::{Alike, ArgError, ArgType, BoundWindow, Create, Entering, Form, Timers, Times, Window};

use super::{Asked, arity, const_int, const_time};

struct TimeLength {
    span: i64,
    n: u64,
    /// Whether anybody sees rows expire; without, no timer is asked for.
    watched: bool,
    /// Number of the oldest row not expired.
    oldest: u64,
    asked: Asked,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    arity("timeLength", args, 2, 2, "timeLength(1 min, 10)")?;
    let span = const_time(args, 0, "the time span")?;
    let n = const_int(args, 1, "the number of events")?.max(0) as u64;
    let create: Create =
        Arc::new(move |watched| Box::new(TimeLength { span, n, watched, oldest: 0, asked: Asked::default() }));
    let window = BoundWindow::new(format!("timeLength({span} ms, {n})"), true, Form::Slide, create);
    Ok(BoundWindow { timers: Timers::Watched, ..window })
}

impl TimeLength {
    /// How many of the rows `oldest..end` are due.
    fn due(&self, now: i64, times: &dyn Times, end: u64) -> u64 {
        (self.oldest..end).take_while(|&row| times.time(row).saturating_add(self.span) <= now).count() as u64
    }
}

impl State for TimeLength {
    fn save(&self, out: &mut Writer) {
        out.put_u64(self.oldest);
        self.asked.save(out);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.oldest = from.get_u64()?;
        self.asked.load(from)
    }
}

impl Window for TimeLength {
    fn slide(&mut self, rows: &Entering<'_>, leave: &mut Vec<u32>) -> Alike {
        if self.n == 0 {
            self.oldest = rows.first + rows.n as u64;
            return Alike::None;
        }
        let mut any = false;
        for (row, &now) in (rows.first..).zip(rows.now) {
            let due = self.due(now, rows.times, row);
            let full = row - (self.oldest + due) >= self.n;
            let gone = due + full as u64;
            any |= gone > 0;
            self.oldest += gone;
            leave.push(gone as u32);
            if self.watched {
                self.asked.ask_once(rows.times.time(row).saturating_add(self.span), now);
            }
        }
        if any { Alike::Each } else { Alike::None }
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

    fn fire_slide(&mut self, now: i64, times: &dyn Times, _oldest: u64, end: u64) -> u32 {
        let due = self.due(now, times, end);
        self.oldest += due;
        due as u32
    }
}

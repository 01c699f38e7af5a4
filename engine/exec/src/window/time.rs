//! `time(t)`: rows younger than t. A row is due when its timestamp plus t is not after the clock; the queue is looked at
//! from the oldest and no further than the first that is not due, so a late row waits behind younger ones.

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Writer};
use riddhi_plan::registry::{Alike, ArgError, ArgType, BoundWindow, Create, Entering, Form, Timers, Times, Window};

use super::{Rising, Walk, arity, const_time};

struct Time {
    span: i64,
    /// Whether anybody sees rows expire; without, no timer is asked for.
    watched: bool,
    /// Number of the oldest row not expired.
    oldest: u64,
    asked: Rising,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    arity("time", args, 1, 1, "time(1 min)")?;
    let span = const_time(args, 0, "the time span")?;
    let create: Create = Arc::new(move |watched| Box::new(Time { span, watched, oldest: 0, asked: Rising::new() }));
    let window = BoundWindow::new(format!("time({span} ms)"), true, Form::Slide, create);
    Ok(BoundWindow { timers: Timers::Watched, ..window })
}

impl State for Time {
    fn save(&self, out: &mut Writer) {
        out.put_u64(self.oldest);
        self.asked.save(out);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.oldest = from.get_u64()?;
        self.asked.load(from)
    }
}

impl Window for Time {
    fn slide(&mut self, rows: &Entering<'_>, leave: &mut Vec<u32>) -> Alike {
        let mut any = false;
        let (mut oldest, mut entering) = (Walk::new(rows.times, self.oldest), Walk::new(rows.times, rows.first));
        for &now in rows.now {
            let due = oldest.pass_due(self.span, now, entering.row);
            any |= due > 0;
            leave.push(due);
            let ts = entering.time();
            entering.step();
            match self.watched {
                true => self.asked.ask(ts, self.span, now),
                false => self.asked.see(ts),
            }
        }
        self.oldest = oldest.row;
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
        let due = Walk::new(times, self.oldest).pass_due(self.span, now, end);
        self.oldest += due as u64;
        due
    }
}

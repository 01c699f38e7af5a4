//! `#reorder:kslack(time[, timeout[, most[, discard]]])`: K, the slack, is the largest difference seen between a new latest time and the
//! earliest one that came since the latest before, but `most` at most. A row goes once a time has come that is K later. With a timeout
//! rows go also by the clock, which is looked at each second: those whose time is before it and the timeout.

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Writer};
use riddhi_plan::registry::{
    ArgError, ArgType, BoundWindow, Create, Entering, Finds, Form, Leaving, SignalSink, Timers, Times, Window,
};

use super::super::arity;
use super::held::{HELD_MAX, Held};
use super::ticks::Ticks;
use super::{flag, long, time};

#[derive(Clone, Copy, Debug)]
struct Asked {
    time: u32,
    timeout: Option<i64>,
    most: i64,
    discard: bool,
}

struct Slack {
    asked: Asked,
    /// Rows that came since the latest time moved on.
    new: Held,
    /// Those before.
    old: Held,
    k: i64,
    /// The latest time, at least 0.
    latest: i64,
    /// The time of the last row that went by its slack.
    last: i64,
    ticks: Ticks,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    const USAGE: &str = "#reorder:kslack(time)";
    arity("reorder:kslack", args, 1, 4, USAGE)?;
    let asked = Asked {
        time: time(args, USAGE)?,
        timeout: long(args, 1, "the timeout")?.filter(|&timeout| timeout != -1),
        most: long(args, 2, "the largest K")?.unwrap_or(i64::MAX),
        discard: flag(args, 3, "whether late events are discarded")?,
    };
    let create: Create = Arc::new(move |_| {
        let (new, old) = (Held::default(), Held::default());
        Box::new(Slack { asked, new, old, k: 0, latest: 0, last: -1, ticks: Ticks::new(asked.timeout) })
    });
    let timers = if asked.timeout.is_some() { Timers::Next } else { Timers::Never };
    let window = BoundWindow::new("reorder:kslack".to_owned(), false, Form::General, create);
    let (leaving, finds) = (Leaving::Reordered, Finds::Nothing);
    Ok(BoundWindow { leaving, timers, finds, required: Some(asked.time), ..window })
}

impl State for Slack {
    fn save(&self, out: &mut Writer) {
        self.new.save(out);
        self.old.save(out);
        [self.k, self.latest, self.last].iter().for_each(|&x| out.put_i64(x));
        self.ticks.save(out);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.new = Held::load(from)?;
        self.old = Held::load(from)?;
        self.k = from.get_i64()?;
        self.latest = from.get_i64()?;
        self.last = from.get_i64()?;
        self.ticks.load(from)
    }
}

impl Slack {
    fn row(&mut self, time: i64, row: u64, now: i64, sink: &mut dyn SignalSink) {
        if self.asked.discard && time < self.last {
            return;
        }
        self.ticks.go_on(now);
        self.new.put(time, row);
        if time > self.latest {
            self.latest = time;
            let lag = time.saturating_sub(self.new.first().unwrap_or(time));
            if lag > self.k {
                self.k = lag.min(self.asked.most);
            }
            self.old.take_all(&mut self.new);
            let (k, latest) = (self.k, self.latest);
            let gone = self.old.release(|time| time.saturating_add(k) <= latest, sink);
            self.last = gone.unwrap_or(self.last);
        }
        if self.new.len() + self.old.len() > HELD_MAX {
            self.old.take_all(&mut self.new);
            let first = self.old.first();
            self.last = self.old.release(|time| Some(time) == first, sink).unwrap_or(self.last);
        }
    }
}

impl Window for Slack {
    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        self.ticks.begin(rows.now.first());
        for (i, row) in (rows.first..).take(rows.n).enumerate() {
            let now = rows.now.get(i).copied().unwrap_or(0);
            self.row(rows.long(self.asked.time, i), row, now, sink);
            if rows.chunk_ends[i] as usize == i + 1 {
                sink.end_chunk(Some(i as u32));
            }
        }
    }

    fn holds(&self) -> usize {
        self.new.len() + self.old.len()
    }

    fn held(&self, rows: &mut Vec<u64>) {
        rows.extend(self.new.rows().chain(self.old.rows()));
    }

    fn earliest_due(&self, _ts: i64) -> i64 {
        self.ticks.earliest()
    }

    fn next_due(&self) -> Option<i64> {
        self.ticks.due()
    }

    fn fire_general(&mut self, now: i64, _times: &dyn Times, _end: u64, sink: &mut dyn SignalSink) {
        let before = self.ticks.before(now);
        self.old.release(|time| time < before, sink);
        self.ticks.looked(self.old.len() > 0);
        sink.end_chunk(None);
    }
}

//! Rows that wait, and the slack that lets them go: what both functions share.

use riddhi_batch::{LoadError, Reader, State, Writer};
use riddhi_plan::registry::{BoundWindow, Create, Entering, Finds, Form, Leaving, SignalSink, Timers, Times, Window};

use super::held::{HELD_MAX, Held};
use super::ticks::Ticks;

/// How the slack, K, comes about.
pub(super) trait Slack: Clone + Send + Sync + 'static {
    /// Whether a timeout lets rows go that came since the latest time moved on.
    const TIMEOUT_OF_ALL: bool;
    /// A row comes, which may be discarded.
    fn comes(&mut self, _rows: &Entering<'_>, _i: usize, _time: i64) {}
    /// A row of that time is held.
    fn held(&mut self, _time: i64, _k: i64) {}
    /// K behind a lag that was larger.
    fn widened(&self, lag: i64) -> i64;
    fn save(&self, _out: &mut Writer) {}
    fn load(&mut self, _from: &mut Reader<'_>) -> Result<(), LoadError> {
        Ok(())
    }
}

/// What both are asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// The attribute that tells the time.
    pub time: u32,
    pub timeout: Option<i64>,
    /// Whether rows earlier than the last that went are dropped.
    pub discard: bool,
}

struct Reordered<S> {
    asked: Asked,
    slack: S,
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

/// A function that is asked this.
pub(super) fn bound<S: Slack>(name: &str, asked: Asked, slack: S) -> BoundWindow {
    let create: Create = std::sync::Arc::new(move |_| {
        let (new, old, ticks) = (Held::default(), Held::default(), Ticks::new(asked.timeout));
        Box::new(Reordered { asked, slack: slack.clone(), new, old, k: 0, latest: 0, last: -1, ticks })
    });
    let timers = if asked.timeout.is_some() { Timers::Next } else { Timers::Never };
    let window = BoundWindow::new(name.to_owned(), false, Form::General, create);
    let (leaving, finds) = (Leaving::Reordered, Finds::Nothing);
    BoundWindow { leaving, timers, finds, required: Some(asked.time), ..window }
}

impl<S: Slack> State for Reordered<S> {
    fn save(&self, out: &mut Writer) {
        self.new.save(out);
        self.old.save(out);
        [self.k, self.latest, self.last].iter().for_each(|&x| out.put_i64(x));
        self.slack.save(out);
        self.ticks.save(out);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.new = Held::load(from)?;
        self.old = Held::load(from)?;
        for x in [&mut self.k, &mut self.latest, &mut self.last] {
            *x = from.get_i64()?;
        }
        self.slack.load(from)?;
        self.ticks.load(from)
    }
}

impl<S: Slack> Reordered<S> {
    fn row(&mut self, time: i64, row: u64, now: i64, sink: &mut dyn SignalSink) {
        if self.asked.discard && time < self.last {
            return;
        }
        self.ticks.go_on(now);
        self.new.put(time, row);
        self.slack.held(time, self.k);
        if time > self.latest {
            self.latest = time;
            let lag = time.saturating_sub(self.new.first().unwrap_or(time));
            if lag > self.k {
                self.k = self.slack.widened(lag);
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

impl<S: Slack> Window for Reordered<S> {
    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        self.ticks.begin(rows.now.first());
        for (i, row) in rows.numbered() {
            let (time, now) = (rows.long(self.asked.time, i), rows.now.get(i).copied().unwrap_or(0));
            self.slack.comes(rows, i, time);
            self.row(time, row, now, sink);
            rows.end_chunk(i, sink);
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
        let mut left = self.old.len();
        if S::TIMEOUT_OF_ALL {
            self.new.release(|time| time < before, sink);
            left += self.new.len();
        }
        self.ticks.looked(left > 0);
        sink.end_chunk(None);
    }
}

//! Triggers: rows that the clock makes.

use riddhi_batch::{Chunk, Columns, Flow, Kind, LoadError, Reader, Writer};
use riddhi_plan::trigger::TriggerPlan;

use crate::operator::{Inputs, Operator};
use crate::query::{Cx, Failure, Section};
use crate::steps::{Fired, Part};
use crate::timers::Pending;

/// Times that a trigger fires at most because of one entry. A clock that jumps further has the earlier ones left out, which
/// is counted and reported: a trigger of every millisecond behind a gap of a year would fire 31 billion times.
const FIRINGS_PER_ENTRY_MAX: i64 = 1_000_000;

/// A trigger at work.
pub struct Trigger {
    element: u32,
    key: String,
    plan: TriggerPlan,
    /// Whether the app has started: what is timed from then on is not timed again.
    started: bool,
    timers: Pending,
    out: Flow,
}

impl Trigger {
    /// A trigger that has not started.
    pub fn new(element: u32, key: &str, plan: &TriggerPlan) -> Trigger {
        Trigger {
            element,
            key: key.to_owned(),
            plan: plan.clone(),
            started: false,
            timers: Pending::new(element, Part::Window),
            out: Flow { rows: Columns::new([Kind::I64]), ..Flow::default() },
        }
    }

    /// The next time after one at which it fired.
    fn after(&self, due: i64) -> Option<i64> {
        match &self.plan {
            TriggerPlan::Start => None,
            TriggerPlan::Every(ms) => Some(due.saturating_add(*ms)),
            TriggerPlan::Cron { schedule, zone, .. } => schedule.after(due, zone),
        }
    }

    /// The time after the one at hand, and how many times are left out because the entry's clock is too far ahead.
    fn following(&self, due: i64, clock: i64) -> (Option<i64>, u64) {
        let next = self.after(due);
        match (&self.plan, next) {
            (TriggerPlan::Every(ms), Some(next)) if clock.saturating_sub(next) / ms >= FIRINGS_PER_ENTRY_MAX => {
                let skipped = (clock - next) / ms + 1 - FIRINGS_PER_ENTRY_MAX;
                (Some(next + skipped * ms), skipped as u64)
            }
            _ => (next, 0),
        }
    }
}

impl Operator for Trigger {
    fn out(&self) -> &Flow {
        &self.out
    }

    fn clear_out(&mut self) {
        self.out.clear();
    }

    fn timers(&self) -> Option<&Pending> {
        Some(&self.timers)
    }

    fn timers_mut(&mut self) -> Option<&mut Pending> {
        Some(&mut self.timers)
    }

    fn start(&mut self, now: i64) {
        if std::mem::replace(&mut self.started, true) {
            return self.timers.resume(now);
        }
        let first = match &self.plan {
            TriggerPlan::Start => Some(now),
            TriggerPlan::Every(ms) => Some(now.saturating_add(*ms)),
            // The instant at which the app starts counts.
            TriggerPlan::Cron { schedule, zone, .. } => schedule.after(now.saturating_sub(1), zone),
        };
        self.timers.set(first.into_iter());
    }

    fn fire(&mut self, cx: &mut Cx<'_>, timer: Fired) {
        let step = cx.steps.fire(timer);
        self.timers.pop();
        let first = self.out.rows.len() as u32;
        self.out.rows.ts.push(timer.now);
        self.out.rows.cols[0].push_i64(timer.now);
        self.out.chunks.push(Chunk { step, cause: step, first, rows: 1 });
        let clock = cx.steps.entries().get(timer.entry as usize).map_or(timer.now, |e| e.now);
        let (next, skipped) = self.following(timer.due, clock);
        if skipped > 0 {
            let reason = format!(
                "the clock went ahead by more than {FIRINGS_PER_ENTRY_MAX} times of the trigger; {skipped} are left out"
            );
            cx.failures.push(Failure { query: self.element, step, rows: skipped, reason });
        }
        if let Some(next) = next {
            self.timers.arm(next, step, cx.steps);
        }
    }

    fn run(&mut self, _cx: &mut Cx<'_>, _inputs: Inputs<'_>, _from: usize, _to: usize) {}

    fn save(&self, out: &mut Vec<Section>) {
        let mut bytes = Writer::default();
        bytes.put_bool(self.started);
        self.timers.save(&mut bytes);
        out.push(Section { name: format!("{}/times", self.key), bytes: bytes.bytes });
    }

    fn load(&mut self, role: &str, bytes: &[u8]) -> Result<(), LoadError> {
        if role != "times" {
            return Err(LoadError::new(format!("a trigger has no {role}")));
        }
        let mut from = Reader::new(bytes);
        self.started = from.get_bool()?;
        self.timers.load(&mut from)
    }

    fn bytes(&self) -> usize {
        size_of::<Trigger>()
    }
}

//! Timers that were asked for and have not fired.

use std::collections::VecDeque;

use riddhi_batch::{LoadError, Reader, Writer};

use crate::steps::{Fired, Owner, Part, Steps};

/// When a timer fires.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Armed {
    pub due: i64,
    /// In this frame: the first entry before which it may fire.
    from: u32,
    /// How many timers in a row armed each other already due.
    pub wave: u32,
}

impl Armed {
    /// One that was armed before this frame.
    pub fn before(due: i64) -> Armed {
        Armed { due, from: 0, wave: 0 }
    }

    /// One that its owner arms at `step`.
    pub fn at(due: i64, step: u32, steps: &Steps, owner: Owner) -> Armed {
        let (from, wave) = match steps.timer(step) {
            None => (step + 1, 0),
            Some(t) if steps.playback() => (t.entry + (Owner { element: t.element, part: t.part } > owner) as u32, 0),
            Some(t) => (t.entry, if due <= t.due { t.wave + 1 } else { 0 }),
        };
        Armed { due, from, wave }
    }

    /// A frame begins: where in the last one it was armed counts no more.
    pub fn begin(&mut self) {
        *self = Armed::before(self.due);
    }

    /// The timer, if it fires in this frame. `key`: inside a partition the rank of the key, else 0.
    pub fn fires(&self, steps: &Steps, owner: Owner, key: u64) -> Option<Fired> {
        let Armed { due, from, wave } = *self;
        let entry = steps.entry_for(due, from)?;
        let now = if steps.playback() { steps.entries()[entry as usize].now } else { due };
        Some(Fired { entry, due, wave, element: owner.element, part: owner.part, key, now })
    }
}

/// Timers that one part of an element has armed: first armed, first fired.
#[derive(Clone, Debug)]
pub struct Pending {
    owner: Owner,
    armed: VecDeque<Armed>,
    /// How many of `armed` the current frame has placed.
    placed: usize,
}

impl Pending {
    /// No timers of that part of an element.
    pub fn new(element: u32, part: Part) -> Pending {
        Pending { owner: Owner { element, part }, armed: VecDeque::new(), placed: 0 }
    }

    /// Forgets where in the last frame the timers were armed.
    pub fn begin(&mut self) {
        self.armed.iter_mut().rev().take(self.placed).for_each(Armed::begin);
        self.placed = 0;
    }

    /// Takes over `due`, which the element armed at `step`.
    pub fn arm(&mut self, due: i64, step: u32, steps: &Steps) {
        self.armed.push_back(Armed::at(due, step, steps, self.owner));
        self.placed += 1;
    }

    /// Makes `due` the only timer; it counts as armed at `step` unless it was the only one before.
    pub fn replace(&mut self, due: Option<i64>, step: u32, steps: &Steps) {
        if self.armed.len() < 2 && self.due() == due {
            return;
        }
        self.armed.clear();
        self.placed = 0;
        if let Some(due) = due {
            self.arm(due, step, steps);
        }
    }

    /// The next timer, if it fires in this frame.
    pub fn next(&self, steps: &Steps) -> Option<Fired> {
        self.armed.front()?.fires(steps, self.owner, 0)
    }

    /// Drops the next timer: it has fired.
    pub fn pop(&mut self) {
        self.armed.pop_front();
        self.placed = self.placed.min(self.armed.len());
    }

    /// When the next timer is due.
    pub fn due(&self) -> Option<i64> {
        self.armed.front().map(|a| a.due)
    }

    /// Writes the due times, in the order of arming.
    pub fn save(&self, out: &mut Writer) {
        out.put_u64(self.armed.len() as u64);
        self.armed.iter().for_each(|a| out.put_i64(a.due));
    }

    /// Reads what [`Pending::save`] wrote.
    pub fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        let n = from.get_count(8)?;
        let dues = (0..n).map(|_| from.get_i64()).collect::<Result<Vec<_>, _>>()?;
        self.set(dues.into_iter());
        Ok(())
    }

    /// Makes these the timers, armed before this frame.
    pub fn set(&mut self, dues: impl Iterator<Item = i64>) {
        self.armed = dues.map(Armed::before).collect();
        self.placed = 0;
    }

    /// The clock reads `now`, having stood still while nothing ran: no timer is due before that.
    pub fn resume(&mut self, now: i64) {
        self.armed.iter_mut().for_each(|a| a.due = a.due.max(now));
    }
}

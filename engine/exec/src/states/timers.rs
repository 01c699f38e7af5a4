//! Timers of an operator with several timed parts, for the keys of a partition: those of a part fire in the order of their due
//! times, equal ones as they were armed.

use std::collections::VecDeque;

use riddhi_batch::{LoadError, Reader, Writer};

use crate::steps::{Fired, Owner, Part, Steps};
use crate::timers::Armed;

#[derive(Clone, Copy, Debug)]
struct Timer {
    /// On the live clock not before the step that armed it.
    armed: Armed,
    /// The time that it was asked for.
    asked: i64,
    key: u32,
    /// Of the key, by first appearance.
    rank: u64,
}

/// Timers by part.
#[derive(Debug, Default)]
pub(super) struct Timers {
    element: u32,
    parts: Vec<VecDeque<Timer>>,
    /// By part: how many at the front the current frame has not touched.
    old: Vec<usize>,
    playback: bool,
}

impl Timers {
    /// No timers of so many parts of an element; `playback`: whether the clock follows the events.
    pub fn new(element: u32, parts: usize, playback: bool) -> Timers {
        Timers { element, parts: vec![VecDeque::new(); parts], old: vec![0; parts], playback }
    }

    /// Whether there are parts that ask for timers.
    pub fn any(&self) -> bool {
        !self.parts.is_empty()
    }

    /// Forgets where in the last frame the timers were armed.
    pub fn begin(&mut self) {
        for (timers, old) in self.parts.iter_mut().zip(&mut self.old) {
            timers.iter_mut().skip(*old).for_each(|timer| timer.armed.begin());
            *old = timers.len();
        }
    }

    fn owner(&self, part: usize) -> Owner {
        Owner { element: self.element, part: Part::Inner(part as u16) }
    }

    /// Asks for a timer at `asked`; `step` is what is done now.
    pub fn arm(&mut self, part: usize, asked: i64, (key, rank): (u32, u64), step: u32, steps: &Steps) {
        let due = if self.playback { asked } else { asked.max(steps.now(step)) };
        let armed = Armed::at(due, step, steps, self.owner(part));
        self.put(part, Timer { armed, asked, key, rank });
    }

    fn put(&mut self, part: usize, timer: Timer) {
        let timers = &mut self.parts[part];
        let mut at = timers.len();
        let order = |t: &Timer| (t.armed.due, t.armed.wave, t.rank, t.asked);
        while at > 0 && order(&timers[at - 1]) > order(&timer) {
            at -= 1;
        }
        match at == timers.len() {
            true => timers.push_back(timer),
            false => timers.insert(at, timer),
        }
        self.old[part] = self.old[part].min(at);
    }

    /// The next timer, if one fires in this frame.
    pub fn next(&self, steps: &Steps) -> Option<Fired> {
        steps.earliest(self.parts.iter().enumerate().map(|(part, timers)| {
            let timer = timers.front()?;
            timer.armed.fires(steps, self.owner(part), timer.rank)
        }))
    }

    /// Drops the next timer of a part: it has fired. Gives its key, and the time that it was asked for.
    pub fn pop(&mut self, part: usize) -> Option<(u32, i64)> {
        let timer = self.parts[part].pop_front()?;
        self.old[part] = self.old[part].saturating_sub(1);
        Some((timer.key, timer.asked))
    }

    /// When the next one is due.
    pub fn due(&self) -> Option<i64> {
        self.parts.iter().filter_map(|p| p.front()).map(|t| t.armed.due).min()
    }

    /// The clock reads `now`, having stood still while nothing ran: no timer is due before that.
    pub fn resume(&mut self, now: i64) {
        if !self.playback {
            self.parts.iter_mut().flatten().for_each(|t| t.armed.due = t.armed.due.max(now));
        }
    }

    /// Drops those of keys that are gone.
    pub fn forget(&mut self, gone: impl Fn(u32) -> bool) {
        for (timers, old) in self.parts.iter_mut().zip(&mut self.old) {
            timers.retain(|t| !gone(t.key));
            *old = (*old).min(timers.len());
        }
    }

    /// Writes those of all parts.
    pub fn save(&self, out: &mut Writer) {
        for timers in &self.parts {
            out.put_u64(timers.len() as u64);
            for timer in timers {
                out.put_i64(timer.armed.due);
                out.put_i64(timer.asked);
                out.put_u32(timer.key);
            }
        }
    }

    /// Reads them; `rank` tells that of a key.
    pub fn load(&mut self, from: &mut Reader<'_>, rank: impl Fn(u32) -> u64) -> Result<(), LoadError> {
        for part in 0..self.parts.len() {
            self.parts[part].clear();
            let n = from.get_count(20)?;
            for _ in 0..n {
                let (due, asked, key) = (from.get_i64()?, from.get_i64()?, from.get_u32()?);
                let timer = Timer { armed: Armed::before(due), asked, key, rank: rank(key) };
                self.parts[part].push_back(timer);
            }
            self.old[part] = n;
        }
        Ok(())
    }
}

//! Timers of an operator with several timed parts, for the keys of a partition: those of a part fire in the order of their due
//! times, equal ones as they were armed.

use std::cmp::Ordering;
use std::collections::VecDeque;

use riddhi_batch::{LoadError, Reader, Writer};

use crate::steps::{Fired, Part, Steps};

#[derive(Clone, Copy, Debug)]
struct Armed {
    /// When it fires: on the live clock not before the step that armed it.
    due: i64,
    /// The time that it was asked for.
    asked: i64,
    key: u32,
    /// Of the key, by first appearance.
    rank: u64,
    /// In this frame: the first entry before which it may fire, and its wave.
    from: u32,
    wave: u32,
}

/// Timers by part.
#[derive(Debug, Default)]
pub(super) struct Timers {
    parts: Vec<VecDeque<Armed>>,
    /// By part: how many at the front the current frame has not touched.
    old: Vec<usize>,
    playback: bool,
}

impl Timers {
    /// No timers of so many parts; `playback`: whether the clock follows the events.
    pub fn new(parts: usize, playback: bool) -> Timers {
        Timers { parts: vec![VecDeque::new(); parts], old: vec![0; parts], playback }
    }

    /// Whether there are parts that ask for timers.
    pub fn any(&self) -> bool {
        !self.parts.is_empty()
    }

    /// Forgets where in the last frame the timers were armed.
    pub fn begin(&mut self) {
        for (armed, old) in self.parts.iter_mut().zip(&mut self.old) {
            for timer in armed.iter_mut().skip(*old) {
                (timer.from, timer.wave) = (0, 0);
            }
            *old = armed.len();
        }
    }

    /// Asks for a timer at `due`; `step` is what is done now.
    pub fn arm(&mut self, part: usize, asked: i64, (key, rank): (u32, u64), step: u32, steps: &Steps, element: u32) {
        let own = (element, Part::Inner(part as u16));
        let due = if self.playback { asked } else { asked.max(steps.now(step)) };
        let (from, wave) = match steps.timer(step) {
            None => (step + 1, 0),
            Some(t) if self.playback => (t.entry + ((t.element, t.part) > own) as u32, 0),
            Some(t) => (t.entry, if due <= t.due { t.wave + 1 } else { 0 }),
        };
        self.put(part, Armed { due, asked, key, rank, from, wave });
    }

    fn put(&mut self, part: usize, timer: Armed) {
        let armed = &mut self.parts[part];
        let mut at = armed.len();
        let order = |t: &Armed| (t.due, t.wave, t.rank, t.asked);
        while at > 0 && order(&armed[at - 1]) > order(&timer) {
            at -= 1;
        }
        match at == armed.len() {
            true => armed.push_back(timer),
            false => armed.insert(at, timer),
        }
        self.old[part] = self.old[part].min(at);
    }

    /// The next timer, if one fires in this frame.
    pub fn next(&self, steps: &Steps, element: u32) -> Option<Fired> {
        let of = |(part, armed): (usize, &VecDeque<Armed>)| {
            let timer = armed.front()?;
            let entry = steps.entry_for(timer.due, timer.from)?;
            let due = timer.due;
            let now = if steps.playback() { steps.entries()[entry as usize].now } else { due };
            let part = Part::Inner(part as u16);
            Some(Fired { entry, due, wave: timer.wave, element, part, key: timer.rank, now })
        };
        let all = self.parts.iter().enumerate().filter_map(of);
        all.reduce(|a, b| if steps.first(&a, &b) == Ordering::Greater { b } else { a })
    }

    /// Drops the next timer of a part: it has fired. Gives its key, and the time that it was asked for.
    pub fn pop(&mut self, part: usize) -> Option<(u32, i64)> {
        let timer = self.parts[part].pop_front()?;
        self.old[part] = self.old[part].saturating_sub(1);
        Some((timer.key, timer.asked))
    }

    /// When the next one is due.
    pub fn due(&self) -> Option<i64> {
        self.parts.iter().filter_map(|p| p.front()).map(|t| t.due).min()
    }

    /// The clock reads `now`, having stood still while nothing ran: no timer is due before that.
    pub fn resume(&mut self, now: i64) {
        if !self.playback {
            self.parts.iter_mut().flatten().for_each(|t| t.due = t.due.max(now));
        }
    }

    /// Drops those of keys that are gone.
    pub fn forget(&mut self, gone: impl Fn(u32) -> bool) {
        for (armed, old) in self.parts.iter_mut().zip(&mut self.old) {
            armed.retain(|t| !gone(t.key));
            *old = (*old).min(armed.len());
        }
    }

    /// Writes those of all parts.
    pub fn save(&self, out: &mut Writer) {
        for armed in &self.parts {
            out.put_u64(armed.len() as u64);
            for timer in armed {
                out.put_i64(timer.due);
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
                let timer = Armed { due, asked, key, rank: rank(key), from: 0, wave: 0 };
                self.parts[part].push_back(timer);
            }
            self.old[part] = n;
        }
        Ok(())
    }
}

//! What an operator inside a partition keeps: a state a key, and where each stands among the timers of all keys.
//!
//! The operator puts the state of the key at hand into itself, works as if there were no other, and puts it back; then
//! [`Keyed::place`] notes when that key's next timers are due.

use std::collections::BTreeMap;

use riddhi_batch::{Column, Data, LoadError, Reader, Writer};

use crate::query::Section;
use crate::steps::{Fired, Steps};
use crate::timers::Pending;

/// How far the number of a key in a snapshot may be ahead of those before it: numbers of dropped keys are left out, and a wrong
/// one must not make room for four billion.
pub(crate) const AHEAD_MAX: usize = 1 << 24;

/// The number of the key in a row of the column that has it.
pub(crate) fn key_at(column: &Column, row: u32) -> Option<u32> {
    match &column.data {
        Data::I32(v) => Some(v[row as usize] as u32),
        _ => None,
    }
}

/// A state of which there is one for each key.
pub(crate) trait ByKey {
    /// Its timers of one part.
    fn pending(&self, part: usize) -> Option<&Pending>;

    /// A frame begins.
    fn begin(&mut self);

    /// The clock reads `now`, having stood still while nothing ran: no timer is due before that.
    fn resume(&mut self, now: i64);
}

/// Where a timer stands among those of all keys.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// It does not fire in this frame, or it was armed before it.
    Later(i64),
    /// Armed in this frame, in which it fires.
    Now(u32, i64, u32),
}

/// Timers of one part, of all keys.
#[derive(Default)]
struct Timers {
    /// By due time and rank of the key.
    later: BTreeMap<(i64, u64), u32>,
    /// By entry, due time, wave and rank of the key.
    now: BTreeMap<(u32, i64, u32, u64), u32>,
}

struct Entry<T, const PARTS: usize> {
    state: T,
    /// Of the key, by first appearance.
    rank: u64,
    /// Where its next timers stand, by part.
    placed: [Option<Place>; PARTS],
}

/// The states of all keys of one operator, which has so many parts with timers.
pub(crate) struct Keyed<T, const PARTS: usize> {
    /// By number of the key.
    keys: Vec<Option<Box<Entry<T, PARTS>>>>,
    timers: [Timers; PARTS],
    /// Keys that armed timers in this frame.
    armed: Vec<u32>,
}

impl<T: ByKey, const PARTS: usize> Keyed<T, PARTS> {
    /// No key yet.
    pub fn new() -> Keyed<T, PARTS> {
        let timers = std::array::from_fn(|_| Timers::default());
        Keyed { keys: Vec::new(), timers, armed: Vec::new() }
    }

    /// The state of a key; of a new one what `new` makes.
    pub fn of(&mut self, key: u32, rank: u64, new: impl FnOnce() -> T) -> &mut T {
        let at = key as usize;
        if self.keys.len() <= at {
            self.keys.resize_with(at + 1, || None);
        }
        let entry = || Box::new(Entry { state: new(), rank, placed: [None; PARTS] });
        &mut self.keys[at].get_or_insert_with(entry).state
    }

    /// The state of a key that is known.
    pub fn known(&mut self, key: u32) -> Option<&mut T> {
        self.keys.get_mut(key as usize)?.as_mut().map(|entry| &mut entry.state)
    }

    /// Notes when the next timers of a key are due.
    pub fn place(&mut self, key: u32, steps: &Steps) {
        let Some(Some(entry)) = self.keys.get_mut(key as usize) else { return };
        unplace(entry, &mut self.timers);
        for (part, timers) in self.timers.iter_mut().enumerate() {
            let Some(pending) = entry.state.pending(part) else { continue };
            let Some(due) = pending.due() else { continue };
            entry.placed[part] = Some(match pending.next(steps) {
                Some(fired) => {
                    timers.now.insert((fired.entry, fired.due, fired.wave, entry.rank), key);
                    Place::Now(fired.entry, fired.due, fired.wave)
                }
                None => {
                    timers.later.insert((due, entry.rank), key);
                    Place::Later(due)
                }
            });
        }
        if self.armed.last() != Some(&key) {
            self.armed.push(key);
        }
    }

    /// A frame begins.
    pub fn begin(&mut self) {
        let mut armed = std::mem::take(&mut self.armed);
        for key in armed.drain(..) {
            let Some(state) = self.known(key) else { continue };
            state.begin();
            // A timer that was to fire in the last frame has: what stands there now was armed for a later one.
            self.place(key, &Steps::default());
        }
        self.armed.clear();
    }

    /// The clock reads `now` when a loaded state goes on.
    pub fn resume(&mut self, now: i64) {
        for key in 0..self.keys.len() as u32 {
            let Some(state) = self.known(key) else { continue };
            state.resume(now);
            self.place(key, &Steps::default());
        }
    }

    /// When the next timer of any key is due.
    pub fn due(&self) -> Option<i64> {
        let later = |timers: &Timers| timers.later.first_key_value().map(|(&(due, _), _)| due);
        let now = |timers: &Timers| timers.now.keys().map(|&(_, due, ..)| due).min();
        self.timers.iter().flat_map(|timers| [later(timers), now(timers)]).flatten().min()
    }

    /// The next timer of any key, if it fires in this frame.
    pub fn next_timer(&self, steps: &Steps) -> Option<Fired> {
        steps.earliest((0..PARTS).flat_map(|part| self.next_of(part, steps)))
    }

    /// The next timers of one part: of those armed before this frame, and of those armed in it.
    fn next_of(&self, part: usize, steps: &Steps) -> [Option<Fired>; 2] {
        let timer = |key: u32, rank: u64| {
            let pending = self.keys[key as usize].as_ref()?.state.pending(part)?;
            pending.next(steps).map(|fired| Fired { key: rank, ..fired })
        };
        let last = steps.entries().last().map_or(i64::MIN, |e| e.now);
        let due = self.timers[part].later.iter().take_while(|((due, _), _)| *due <= last);
        let later = due.filter_map(|(&(_, rank), &key)| timer(key, rank)).next();
        let now = self.timers[part].now.first_key_value().and_then(|(&(.., rank), &key)| timer(key, rank));
        [later, now]
    }

    /// The key of a timer that [`Keyed::next_timer`] gave, of that part.
    pub fn key_of(&self, part: usize, timer: &Fired) -> Option<u32> {
        let timers = &self.timers[part];
        let now = timers.now.get(&(timer.entry, timer.due, timer.wave, timer.key)).copied();
        now.or_else(|| {
            // A timer whose clock was set forward stands under the time at which it was due before.
            let mut later = timers.later.iter().take_while(|((due, _), _)| *due <= timer.due);
            later.find(|((_, rank), _)| *rank == timer.key).map(|(_, key)| *key)
        })
    }

    /// Drops the states of these keys, timers included.
    pub fn forget(&mut self, keys: &[u32]) {
        for &key in keys {
            if let Some(mut entry) = self.keys.get_mut(key as usize).and_then(Option::take) {
                unplace(&mut entry, &mut self.timers);
            }
        }
    }

    /// No key has this number or a higher one any more.
    pub fn shrink(&mut self, keys: usize) {
        self.keys.truncate(keys);
        self.keys.shrink_to_fit();
    }

    fn all(&self) -> impl Iterator<Item = (u32, &Entry<T, PARTS>)> {
        self.keys.iter().enumerate().filter_map(|(key, entry)| entry.as_deref().map(|entry| (key as u32, entry)))
    }

    /// Writes the states of all keys, each as the sections that `sections` gives.
    pub fn save(&self, out: &mut Writer, mut sections: impl FnMut(&T, &mut Vec<Section>)) {
        out.put_u64(self.all().count() as u64);
        let mut of_key = Vec::new();
        for (key, entry) in self.all() {
            out.put_u32(key);
            out.put_u64(entry.rank);
            of_key.clear();
            sections(&entry.state, &mut of_key);
            out.put_u32(of_key.len() as u32);
            for section in &of_key {
                let role = section.name.rsplit_once('/').map_or("", |(_, role)| role);
                out.put_bytes(role.as_bytes());
                out.put_bytes(&section.bytes);
            }
        }
    }

    /// Bytes held, about, given those that a state holds elsewhere.
    pub fn bytes(&self, held: impl Fn(&T) -> usize) -> usize {
        let states = self.all().map(|(_, entry)| size_of::<Entry<T, PARTS>>() + held(&entry.state));
        self.keys.capacity() * size_of::<usize>() + states.sum::<usize>()
    }
}

fn unplace<T, const PARTS: usize>(entry: &mut Entry<T, PARTS>, timers: &mut [Timers; PARTS]) {
    for (place, timers) in entry.placed.iter_mut().zip(timers) {
        match place.take() {
            None => {}
            Some(Place::Later(due)) => drop(timers.later.remove(&(due, entry.rank))),
            Some(Place::Now(before, due, wave)) => drop(timers.now.remove(&(before, due, wave, entry.rank))),
        }
    }
}

/// Reads what [`Keyed::save`] wrote: `load` is given the number, the rank and the sections (role, bytes) of each key.
pub(crate) fn load_keys(
    from: &mut Reader<'_>,
    mut load: impl FnMut(u32, u64, &[(&str, &[u8])]) -> Result<(), LoadError>,
) -> Result<(), LoadError> {
    let mut known = 0;
    let mut sections = Vec::new();
    for _ in 0..from.get_count(16)? {
        let (key, rank) = (from.get_u32()?, from.get_u64()?);
        if key as usize >= known + AHEAD_MAX {
            return Err(LoadError::new("the number of a key is out of range"));
        }
        known = known.max(key as usize + 1);
        sections.clear();
        for _ in 0..from.get_u32()? {
            let role = std::str::from_utf8(from.get_bytes()?).map_err(|_| LoadError::new("a role is no text"))?;
            sections.push((role, from.get_bytes()?));
        }
        load(key, rank, &sections)?;
    }
    Ok(())
}

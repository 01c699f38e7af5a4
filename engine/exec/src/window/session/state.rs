//! What a session window remembers, as bytes: keys in order, so nothing depends on their numbers.

use std::cmp::Reverse;

use riddhi_batch::{LoadError, Reader, State, Writer};

use super::chain::Links;
use super::hash::First;
use super::{Part, Session, Slot, Which};
use crate::groups::Groups;

impl Session {
    fn save_part(&self, part: &Part, out: &mut Writer) {
        out.put_u64(self.links.rows(&part.rows).count() as u64);
        if part.rows.is_empty() {
            return;
        }
        self.links.rows(&part.rows).for_each(|row| out.put_u64(row));
        out.put_u64(self.links.in_front(&part.rows) as u64);
        [part.start, part.end, part.fires].iter().for_each(|&time| out.put_i64(time));
    }

    fn load_part(&mut self, id: u32, which: Which, from: &mut Reader<'_>) -> Result<(), LoadError> {
        let mut part = Part::default();
        let n = from.get_count(8)?;
        for _ in 0..n {
            self.links.push(&mut part.rows, from.get_u64()?);
        }
        if n > 0 {
            self.links.set_in_front(&mut part.rows, from.get_u64()?);
            for time in [&mut part.start, &mut part.end, &mut part.fires] {
                *time = from.get_i64()?;
            }
            self.open += (which == Which::Current) as u32;
            part.queued = Some(part.fires);
            self.heap.push(Reverse((part.fires, which, id)));
        }
        *self.slots[id as usize].part(which) = part;
        Ok(())
    }

    /// The keys that have a session, in order.
    fn known_keys(&self) -> Vec<u32> {
        if self.set.key.is_some() { self.keys.sorted(|_| true) } else { vec![0] }
    }
}

impl State for Session {
    fn save(&self, out: &mut Writer) {
        out.put_u64(self.asked.len() as u64);
        self.asked.iter().for_each(|&due| out.put_i64(due));
        out.put_i64(self.now);
        out.put_u64(self.appeared);
        out.put_u32(self.most);
        self.first.save(out);
        let keys = self.known_keys();
        out.put_u64(keys.len() as u64);
        for id in keys {
            if self.set.key.is_some() {
                self.keys.save(id, out);
            }
            let slot = &self.slots[id as usize];
            out.put_u32(slot.spread);
            out.put_u32(slot.rank);
            out.put_u64(slot.appeared);
            self.save_part(&slot.current, out);
            self.save_part(&slot.previous, out);
        }
    }

    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        (self.keys, self.links, self.slots) = (Groups::default(), Links::default(), vec![Slot::default()]);
        self.heap.clear();
        self.open = 0;
        let n = from.get_count(8)?;
        self.asked = (0..n).map(|_| from.get_i64()).collect::<Result<_, _>>()?;
        self.now = from.get_i64()?;
        self.appeared = from.get_u64()?;
        self.most = from.get_u32()?;
        self.first = First::load(from)?;
        for _ in 0..from.get_count(32)? {
            let id = if self.set.key.is_some() { self.keys.load(from)? } else { 0 };
            self.slots.resize(self.slots.len().max(id as usize + 1), Slot::default());
            self.slots[id as usize].spread = from.get_u32()?;
            self.slots[id as usize].rank = from.get_u32()?;
            self.slots[id as usize].appeared = from.get_u64()?;
            self.load_part(id, Which::Current, from)?;
            self.load_part(id, Which::Previous, from)?;
        }
        Ok(())
    }
}

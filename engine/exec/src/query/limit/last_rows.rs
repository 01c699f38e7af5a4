//! The last row of each group, groups in order of first appearance.
//!
//! Within a turn a row is known by its place among the turn's rows; at its end the rows that are still the last of their
//! group are kept. Kept rows that another one has replaced go when they are more than those still needed, so keeping
//! costs a copy a row and group at most, and nothing is searched.

use riddhi_batch::{Arena, Flow, LoadError, Reader, Sel, Writer};

use super::held::Held;
use super::ranks;

/// Marks a place among the rows of the turn, as against one among the kept rows.
const OF_TURN: u32 = 1 << 31;

/// Kept rows that are needed no more, beyond as many as are needed, before they go.
const DEAD_MAX: usize = 1024;

/// Last rows by group. The one group of a query without `group by` is 0.
#[derive(Debug)]
pub(super) struct LastRows {
    held: Held,
    /// By group: its place in `order`, valid if the number before it is `epoch`.
    slots: Vec<(u64, u32)>,
    epoch: u64,
    /// The row of each group.
    order: Vec<u32>,
    groups: Vec<u32>,
    /// Places in `order` of rows of the turn.
    fresh: Vec<u32>,
    /// Buffer of places among the kept rows.
    places: Vec<u32>,
}

impl LastRows {
    /// No group.
    pub fn new(held: Held) -> LastRows {
        LastRows {
            held,
            slots: vec![(0, 0)],
            epoch: 1,
            order: Vec::new(),
            groups: Vec::new(),
            fresh: Vec::new(),
            places: Vec::new(),
        }
    }

    /// Groups.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// There may be groups below `bound`.
    pub fn grow(&mut self, bound: usize) {
        if self.slots.len() < bound {
            self.slots.resize(bound, (0, 0));
        }
    }

    /// Row `row` of the turn is the last of its group. Gives the group's place in the order.
    #[inline]
    pub fn note(&mut self, row: u32, group: u32) -> u32 {
        let slot = &mut self.slots[group as usize];
        if slot.0 != self.epoch {
            *slot = (self.epoch, self.order.len() as u32);
            self.fresh.push(slot.1);
            self.order.push(row | OF_TURN);
            self.groups.push(group);
            return slot.1;
        }
        let known = &mut self.order[slot.1 as usize];
        if *known & OF_TURN == 0 {
            self.fresh.push(slot.1);
        }
        *known = row | OF_TURN;
        slot.1
    }

    /// The group's place in the order.
    pub fn place(&self, group: u32) -> Option<u32> {
        self.slots.get(group as usize).filter(|s| s.0 == self.epoch).map(|s| s.1)
    }

    /// Whether the group has a row.
    pub fn knows(&self, group: u32) -> bool {
        self.place(group).is_some()
    }

    /// The kept row of the group at that place; only after [`LastRows::settle`].
    pub fn row(&self, place: u32) -> u32 {
        self.order[place as usize]
    }

    /// The kept rows.
    pub fn held(&self) -> &Held {
        &self.held
    }

    /// Keeps what is left of the turn.
    pub fn settle(&mut self, rows: &Flow, arena: &Arena) {
        if self.fresh.is_empty() {
            return;
        }
        self.places.clear();
        for &at in &self.fresh {
            let row = &mut self.order[at as usize];
            self.places.push(*row & !OF_TURN);
            *row = (self.held.len() + self.places.len() - 1) as u32;
        }
        self.fresh.clear();
        self.held.append(rows, Sel::Rows(&self.places), self.places.len(), arena);
        if self.held.len() > 2 * self.order.len() + DEAD_MAX {
            self.held.keep(&self.order);
            self.order.iter_mut().zip(0..).for_each(|(row, at)| *row = at);
        }
    }

    /// Appends the places of all rows, in order, among those of the turn, to which kept ones are appended; and forgets all.
    pub fn release(&mut self, rows: &mut Flow, arena: &mut Arena, out: &mut Vec<u32>) {
        self.places.clear();
        let mut next = rows.rows.len() as u32;
        for &row in &self.order {
            if row & OF_TURN != 0 {
                out.push(row & !OF_TURN);
            } else {
                self.places.push(row);
                out.push(next);
                next += 1;
            }
        }
        if !self.places.is_empty() {
            self.held.copy_to(Sel::Rows(&self.places), self.places.len(), rows, arena);
        }
        self.clear();
    }

    /// Appends all rows, in order; only after [`LastRows::settle`].
    pub fn show(&self, out: &mut Flow, arena: &mut Arena) {
        self.held.copy_to(Sel::Rows(&self.order), self.order.len(), out, arena);
    }

    /// Forgets all groups.
    pub fn clear(&mut self) {
        self.epoch += 1;
        self.order.clear();
        self.groups.clear();
        self.fresh.clear();
        self.held.clear();
    }

    /// Keeps only the groups for whose place in the order `keep` holds; only after [`LastRows::settle`].
    pub fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        self.epoch += 1;
        let mut kept = 0;
        for at in (0..self.order.len()).filter(|&at| keep(at)) {
            self.order[kept] = self.order[at];
            self.groups[kept] = self.groups[at];
            self.slots[self.groups[kept] as usize] = (self.epoch, kept as u32);
            kept += 1;
        }
        self.order.truncate(kept);
        self.groups.truncate(kept);
        if kept == 0 {
            self.held.clear();
        }
    }

    /// Keeps only the groups for which `keep` holds; only after [`LastRows::settle`].
    pub fn retain_groups(&mut self, keep: impl Fn(u32) -> bool) {
        let groups = self.groups.clone();
        self.retain(|place| keep(groups[place]));
    }

    /// Writes groups and rows, in order.
    pub fn save(&self, groups: &[u32], out: &mut Writer) {
        let ranks = ranks(groups);
        out.put_u64(self.order.len() as u64);
        for (&row, &group) in self.order.iter().zip(&self.groups) {
            out.put_u32(ranks.get(group as usize).copied().unwrap_or(0));
            self.held.save_row(row as usize, out);
        }
    }

    /// Reads what [`LastRows::save`] wrote; `bound` is that of the groups.
    pub fn load(&mut self, bound: usize, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.clear();
        self.grow(bound);
        // A row is at least its group, its time and a byte for its kind.
        let n = from.get_count(13)?;
        for _ in 0..n {
            let group = from.get_u32()?;
            if group as usize >= self.slots.len() {
                return Err(LoadError::new("a group is out of range"));
            }
            self.load_row(group, from)?;
        }
        Ok(())
    }

    /// Reads a row as that of the group.
    pub fn load_row(&mut self, group: u32, from: &mut Reader<'_>) -> Result<(), LoadError> {
        let at = self.order.len() as u32;
        self.slots[group as usize] = (self.epoch, at);
        self.order.push(at);
        self.groups.push(group);
        self.held.load_row(from)
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        self.held.bytes() + self.slots.capacity() * 16 + self.order.capacity() * 8
    }
}

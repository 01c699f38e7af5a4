//! Updates: rows get new values where they stand, all of them or none.

use riddhi_batch::{Arena, Column, Sel};
use riddhi_plan::table::RowOrder;

use super::key::same_value;
use super::whole::Whole;
use super::{Index, Refusal, Table};

/// New values of a column of the rows that are updated.
#[derive(Clone, Copy, Debug)]
pub struct Assigned<'a> {
    /// The column.
    pub column: u32,
    /// The values.
    pub values: &'a Column,
    /// Which of them.
    pub place: Place,
    /// Their long strings.
    pub arena: &'a Arena,
}

/// Where the value for a row that is updated stands.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// The same for all rows.
    One(usize),
    /// One a row, from here on.
    From(usize),
}

impl Assigned<'_> {
    pub(super) fn at(&self, i: usize) -> usize {
        match self.place {
            Place::One(at) => at,
            Place::From(first) => first + i,
        }
    }
}

impl Table {
    /// Gives the rows in `slots` new values, all or none, by `n` assignments.
    pub fn update<'a>(
        &mut self,
        slots: &[u32],
        n: usize,
        sets: impl Fn(usize) -> Assigned<'a> + Copy,
    ) -> Result<(), Refusal> {
        self.tidy_arena();
        let moves = self.whole.is_some() && (0..n).map(sets).any(|set| self.moves(slots, &set));
        if let Some(mut whole) = self.whole.take() {
            for &slot in slots {
                whole.leave(&self.cols, slot, &self.arena);
                let hidden = whole.uncover(slot);
                if hidden > 0 {
                    self.show(slot, hidden - 1, &mut whole);
                }
            }
            self.whole = Some(whole);
        }
        let done = self.give(slots, n, sets);
        if self.tail.lost() {
            self.mend_tail(slots);
        }
        if let Some(mut whole) = self.whole.take() {
            let equal = |&&slot: &&u32| !whole.enter_again(&self.cols, slot, &self.arena);
            let equal: Vec<u32> = slots.iter().filter(equal).copied().collect();
            if !moves {
                let seen = |&slot: &u32| whole.seen(&self.cols, slot, &self.arena);
                let seen: Vec<u32> = equal.iter().filter_map(seen).collect();
                seen.into_iter().for_each(|slot| whole.hide(slot, 1));
            }
            self.whole = Some(whole);
            equal.iter().for_each(|&slot| self.remove(slot));
        }
        done
    }

    /// One of the rows that were hidden behind the one in this slot, which is about to change, is seen in a slot of its own.
    #[cold]
    fn show(&mut self, like: u32, hidden: u32, whole: &mut Whole) {
        let slot = self.free_slot();
        let mut spare = Arena::new();
        for column in &mut self.cols {
            let mut row = Column::new(column.kind());
            row.put_from(0, column, like as usize, &self.arena, &mut spare);
            column.put_from(slot as usize, &row, 0, &spare, &mut self.arena);
        }
        whole.enter_again(&self.cols, slot, &self.arena);
        whole.hide(slot, hidden);
        self.stand(slot);
    }

    /// An update of the last row that is left puts the end of the list right.
    #[cold]
    fn mend_tail(&mut self, updated: &[u32]) {
        let last = self.slots().max_by_key(|&slot| self.numbers[slot as usize]);
        if let Some(last) = last.filter(|last| updated.contains(last)) {
            self.tail.clear();
            self.tail.is(last);
        }
    }

    fn give<'a>(
        &mut self,
        slots: &[u32],
        n: usize,
        sets: impl Fn(usize) -> Assigned<'a> + Copy,
    ) -> Result<(), Refusal> {
        if (0..n).map(sets).any(|set| self.moves(slots, &set)) {
            return self.move_rows(slots, n, sets);
        }
        (0..n).map(sets).for_each(|set| self.assign(slots, &set));
        Ok(())
    }

    fn assign(&mut self, slots: &[u32], set: &Assigned<'_>) {
        let column = &mut self.cols[set.column as usize];
        for (i, &slot) in slots.iter().enumerate() {
            column.put_from(slot as usize, set.values, set.at(i), set.arena, &mut self.arena);
        }
    }

    /// Whether an index has to know.
    fn moves(&self, slots: &[u32], set: &Assigned<'_>) -> bool {
        self.plan.indexes.iter().any(|i| i.columns.contains(&set.column)) && self.changes(slots, set)
    }

    /// Whether some value becomes another.
    fn changes(&self, slots: &[u32], set: &Assigned<'_>) -> bool {
        let column = &self.cols[set.column as usize];
        let same = |(i, &slot): (usize, &u32)| {
            same_value((column, slot as usize, &self.arena), (set.values, set.at(i), set.arena))
        };
        !slots.iter().enumerate().all(same)
    }

    /// An update that changes indexed values: the rows leave the indexes and enter them again.
    fn move_rows<'a>(
        &mut self,
        slots: &[u32],
        n: usize,
        sets: impl Fn(usize) -> Assigned<'a> + Copy,
    ) -> Result<(), Refusal> {
        for set in (0..n).map(sets).filter(|s| self.plan.key.contains(&s.column)) {
            let column = &self.cols[set.column as usize];
            let emptied = |(i, &slot): (usize, &u32)| set.values.is_null(set.at(i)) && !column.is_null(slot as usize);
            if slots.iter().enumerate().any(emptied) {
                return Err(Refusal::NullKey);
            }
        }
        let mut old = std::mem::take(&mut self.old);
        let mut strings = std::mem::take(&mut self.spare);
        strings.clear();
        for (to, from) in old.iter_mut().zip(&self.cols) {
            to.clear();
            to.append_from(from, Sel::Rows(slots), slots.len(), &self.arena, &mut strings);
        }
        let moves = |table: &Table, at: usize| {
            let columns = &table.plan.indexes[at].columns;
            (0..n).map(sets).any(|s| columns.contains(&s.column))
        };
        let all = |table: &mut Table, f: fn(&mut Table, usize, u32)| {
            for at in 0..table.indexes.len() {
                if moves(table, at) {
                    slots.iter().for_each(|&slot| f(table, at, slot));
                }
            }
        };
        all(self, Table::leave);
        (0..n).map(sets).for_each(|set| self.assign(slots, &set));
        let clashes = !self.plan.key.is_empty() && moves(self, 0) && self.clashes(slots);
        if clashes {
            for set in (0..n).map(sets) {
                let values = &old[set.column as usize];
                self.assign(slots, &Assigned { column: set.column, values, place: Place::From(0), arena: &strings });
            }
        }
        all(self, Table::enter);
        if !clashes && self.plan.order == RowOrder::Hash {
            slots.iter().for_each(|&slot| self.number(slot));
        }
        (self.old, self.spare) = (old, strings);
        if clashes { Err(Refusal::Duplicate) } else { Ok(()) }
    }

    /// Whether rows that have left the index of the primary key would meet another row's key there, or each other's.
    fn clashes(&mut self, slots: &[u32]) -> bool {
        let Some(Index::Hash(index)) = self.indexes.first_mut() else { return false };
        let columns = std::mem::take(&mut index.columns);
        let own = Table::own(&self.cols, &columns, &self.arena);
        let mut entered = 0;
        let mut clashes = false;
        for &slot in slots {
            clashes = index.find(&own, own.word(slot as usize), &own, slot as usize).is_some();
            if clashes {
                break;
            }
            index.insert(&own, slot);
            entered += 1;
        }
        slots[..entered].iter().for_each(|&slot| index.remove(&own, slot));
        index.columns = columns;
        clashes
    }
}

//! Limiters that look at the clock: `output all | first | last every t`.

use riddhi_batch::{Arena, Flow, LoadError, Reader, Sel, Writer};

use super::held::Held;
use super::last_rows::LastRows;
use super::{Limit, Picks, Turn};
use crate::query::Code;

/// Stands for the time of a row that never came; every interval counted from it is over.
const NEVER: i64 = i64::MIN;

/// All rows of an interval come out when it ends.
#[derive(Debug)]
pub(super) struct All {
    held: Held,
}

impl All {
    /// With nothing held.
    pub fn new(code: &Code) -> All {
        All { held: Held::whole(code) }
    }
}

impl Limit for All {
    fn take(&mut self, turn: &mut Turn<'_>) {
        self.held.append(turn.rows, Sel::From(0), turn.rows.rows.len(), turn.arena);
    }

    fn tick(&mut self, out: &mut Flow, arena: &mut Arena) {
        self.held.copy_to(Sel::From(0), self.held.len(), out, arena);
        self.held.clear();
    }

    fn is_idle(&self) -> bool {
        self.held.is_empty()
    }

    fn save(&self, _groups: &[u32], out: &mut Writer) {
        self.held.save(out);
    }

    fn load(&mut self, _bound: usize, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.held.load(from)
    }

    fn bytes(&self) -> usize {
        self.held.bytes()
    }
}

/// The last row of an interval, with `group by` that of each group, comes out when it ends.
#[derive(Debug)]
pub(super) struct Last {
    last: LastRows,
}

impl Last {
    /// With nothing held.
    pub fn new(code: &Code) -> Last {
        Last { last: LastRows::new(Held::whole(code)) }
    }
}

impl Limit for Last {
    fn take(&mut self, turn: &mut Turn<'_>) {
        self.last.grow(turn.bound);
        if turn.tags.groups.is_empty() {
            self.last.note(turn.rows.rows.len() as u32 - 1, 0);
        }
        for (row, &group) in (0..).zip(&turn.tags.groups) {
            self.last.note(row, group);
        }
        self.last.settle(turn.rows, turn.arena);
    }

    fn tick(&mut self, out: &mut Flow, arena: &mut Arena) {
        self.last.show(out, arena);
        self.last.clear();
    }

    fn is_idle(&self) -> bool {
        self.last.is_empty()
    }

    fn is_clear(&self, group: u32) -> bool {
        !self.last.knows(group)
    }

    fn save(&self, groups: &[u32], out: &mut Writer) {
        self.last.save(groups, out);
    }

    fn load(&mut self, bound: usize, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.last.load(bound, from)
    }

    fn bytes(&self) -> usize {
        self.last.bytes()
    }
}

/// A row comes out at once if none has for so long; of a chunk only the first is looked at.
#[derive(Debug)]
pub(super) struct First {
    every: i64,
    /// When a row came out last.
    passed: i64,
    picks: Picks,
}

impl First {
    /// With nothing passed.
    pub fn new(every: i64) -> First {
        First { every, passed: NEVER, picks: Picks::default() }
    }
}

impl Limit for First {
    fn take(&mut self, turn: &mut Turn<'_>) {
        for (at, chunk) in turn.rows.chunks.iter().enumerate() {
            let now = turn.steps.now(chunk.step);
            if self.passed == NEVER || self.passed.saturating_add(self.every) <= now {
                self.passed = now;
                self.picks.push(chunk.first);
                self.picks.end_chunk(at);
            }
        }
        self.picks.release(turn);
    }

    fn save(&self, _groups: &[u32], out: &mut Writer) {
        out.put_i64(self.passed);
    }

    fn load(&mut self, _bound: usize, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.passed = from.get_i64()?;
        Ok(())
    }

    fn bytes(&self) -> usize {
        0
    }
}

/// A row comes out at once if none of its group has for so long.
#[derive(Debug)]
pub(super) struct FirstForGroup {
    every: i64,
    /// By group: when a row of it came out last.
    passed: Vec<i64>,
    /// The clock when the last row came: what is over by then is over for every row to come.
    seen: i64,
    picks: Picks,
}

impl FirstForGroup {
    /// With nothing passed.
    pub fn new(every: i64) -> FirstForGroup {
        FirstForGroup { every, passed: Vec::new(), seen: NEVER, picks: Picks::default() }
    }
}

impl Limit for FirstForGroup {
    fn take(&mut self, turn: &mut Turn<'_>) {
        self.passed.resize(turn.bound.max(self.passed.len()), NEVER);
        for (at, chunk) in turn.rows.chunks.iter().enumerate() {
            let now = turn.steps.now(chunk.step);
            self.seen = now;
            for row in chunk.first..chunk.first + chunk.rows {
                let passed = &mut self.passed[turn.tags.groups[row as usize] as usize];
                if *passed == NEVER || passed.saturating_add(self.every) <= now {
                    *passed = now;
                    self.picks.push(row);
                }
            }
            self.picks.end_chunk(at);
        }
        self.picks.release(turn);
    }

    fn is_clear(&self, group: u32) -> bool {
        let passed = self.passed.get(group as usize).copied().unwrap_or(NEVER);
        passed == NEVER || passed.saturating_add(self.every) <= self.seen
    }

    fn forget(&mut self, group: u32) {
        if let Some(passed) = self.passed.get_mut(group as usize) {
            *passed = NEVER;
        }
    }

    fn save(&self, groups: &[u32], out: &mut Writer) {
        let passed = |&g: &u32| if self.is_clear(g) { NEVER } else { self.passed[g as usize] };
        groups.iter().map(passed).for_each(|p| out.put_i64(p));
    }

    fn load(&mut self, bound: usize, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.passed.clear();
        self.seen = NEVER;
        (0..bound).try_for_each(|_| {
            self.passed.push(from.get_i64()?);
            Ok(())
        })
    }

    fn bytes(&self) -> usize {
        self.passed.capacity() * 8
    }
}

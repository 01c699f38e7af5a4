//! `output snapshot every t` where a last row is shown: without a window the last row, or that of each group ever seen;
//! over a window of which only aggregates are selected, that of all rows or of each group, while the window holds any.

use riddhi_batch::{Arena, Flow, LoadError, Reader, Writer};

use super::held::Held;
use super::last_rows::LastRows;
use super::{Limit, Turn};
use crate::query::Code;

/// The rows shown at every tick.
#[derive(Debug)]
pub(super) struct Shown {
    last: LastRows,
    /// Over a window: by place in the order, rows that came less rows that left.
    counts: Option<Vec<i64>>,
}

impl Shown {
    /// With nothing to show.
    pub fn new(code: &Code) -> Shown {
        Shown { last: LastRows::new(Held::whole(code)), counts: code.windowed.then(Vec::new) }
    }

    /// A row comes, or leaves.
    fn note(&mut self, row: u32, group: u32, expired: bool) {
        let place = self.last.note(row, group) as usize;
        let Some(counts) = &mut self.counts else { return };
        if place == counts.len() {
            counts.push(0);
        }
        counts[place] += if expired { -1 } else { 1 };
    }

    fn clear(&mut self) {
        self.last.clear();
        self.counts.iter_mut().for_each(Vec::clear);
    }
}

impl Limit for Shown {
    fn take(&mut self, turn: &mut Turn<'_>) {
        self.last.grow(turn.bound);
        let mut resets = turn.tags.resets.iter().peekable();
        for at in 0..turn.rows.chunks.len() {
            let (chunk, before) = (turn.rows.chunks[at], turn.out.rows.len() as u32);
            for row in chunk.first..chunk.first + chunk.rows {
                while resets.next_if(|&&r| r <= row).is_some() {
                    self.clear();
                }
                if turn.ticks.passed(turn.rows.rows.ts[row as usize]) {
                    self.last.settle(turn.rows, turn.arena);
                    self.tick(turn.out, turn.arena);
                }
                let group = turn.tags.groups.get(row as usize).copied().unwrap_or(0);
                let expired = turn.rows.kinds.get(row as usize).is_some_and(|&k| k != 0);
                self.note(row, group, expired);
            }
            turn.close(before, chunk);
        }
        if resets.next().is_some() {
            self.clear();
        }
        self.last.settle(turn.rows, turn.arena);
    }

    fn tick(&mut self, out: &mut Flow, arena: &mut Arena) {
        if let Some(counts) = &mut self.counts
            && counts.iter().any(|&c| c <= 0)
        {
            self.last.retain(|place| counts[place] > 0);
            counts.retain(|&c| c > 0);
        }
        self.last.show(out, arena);
    }

    fn is_idle(&self) -> bool {
        self.last.is_empty()
    }

    fn is_clear(&self, group: u32) -> bool {
        !self.last.knows(group)
    }

    fn save(&self, groups: &[u32], out: &mut Writer) {
        self.last.save(groups, out);
        self.counts.iter().flatten().for_each(|&c| out.put_i64(c));
    }

    fn load(&mut self, bound: usize, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.last.load(bound, from)?;
        let Some(counts) = &mut self.counts else { return Ok(()) };
        counts.clear();
        (0..self.last.len()).try_for_each(|_| {
            counts.push(from.get_i64()?);
            Ok(())
        })
    }

    fn bytes(&self) -> usize {
        self.last.bytes()
    }
}

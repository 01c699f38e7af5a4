//! Limiters that count rows: `output all | first | last every n events`.

use riddhi_batch::{Chunk, LoadError, Reader, Sel, Writer};

use super::held::Held;
use super::last_rows::LastRows;
use super::{Limit, Picks, Turn};
use crate::query::Code;

/// Every n rows come out together.
#[derive(Debug)]
pub(super) struct AllOf {
    every: u64,
    /// Fewer than `every`.
    held: Held,
}

impl AllOf {
    /// With nothing held.
    pub fn new(every: u64, code: &Code) -> AllOf {
        AllOf { every, held: Held::whole(code) }
    }
}

impl Limit for AllOf {
    fn take(&mut self, turn: &mut Turn<'_>) {
        let (n, waiting) = (turn.rows.rows.len(), self.held.len());
        let full = |rows: u64| rows / self.every * self.every;
        let complete = full((waiting + n) as u64) as usize;
        if complete == 0 {
            return self.held.append(turn.rows, Sel::From(0), n, turn.arena);
        }
        // The order of rows stays, so they go over in one piece; only the chunks are cut anew.
        let base = turn.out.rows.len();
        self.held.copy_to(Sel::From(0), waiting, turn.out, turn.arena);
        super::copy_rows(turn.rows, Sel::From(0), complete - waiting, turn.out);
        let (mut counted, mut released) = (waiting as u64, 0);
        for chunk in &turn.rows.chunks {
            counted += chunk.rows as u64;
            let until = full(counted);
            if until > released {
                let (first, rows) = ((base as u64 + released) as u32, (until - released) as u32);
                turn.out.chunks.push(Chunk { first, rows, ..*chunk });
                released = until;
            }
        }
        self.held.clear();
        self.held.append(turn.rows, Sel::From(complete - waiting), waiting + n - complete, turn.arena);
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

/// One row of every n comes out, as soon as it comes: the first or the last.
#[derive(Debug)]
pub(super) struct OneOf {
    every: u64,
    /// Which of the n it is, from 0.
    which: u64,
    /// Rows since the last n were full.
    count: u64,
    picks: Picks,
}

impl OneOf {
    /// With nothing counted.
    pub fn new(every: u64, which: u64) -> OneOf {
        OneOf { every, which, count: 0, picks: Picks::default() }
    }
}

impl Limit for OneOf {
    fn take(&mut self, turn: &mut Turn<'_>) {
        for (at, chunk) in turn.rows.chunks.iter().enumerate() {
            for row in chunk.first..chunk.first + chunk.rows {
                if self.count == self.which {
                    self.picks.push(row);
                }
                self.count = if self.count + 1 == self.every { 0 } else { self.count + 1 };
            }
            self.picks.end_chunk(at);
        }
        self.picks.release(turn);
    }

    fn save(&self, _groups: &[u32], out: &mut Writer) {
        out.put_u64(self.count);
    }

    fn load(&mut self, _bound: usize, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.count = from.get_u64()?;
        Ok(())
    }

    fn bytes(&self) -> usize {
        0
    }
}

/// Of each group the first of every n of its rows comes out, as soon as it comes.
#[derive(Debug)]
pub(super) struct FirstOfGroup {
    every: u64,
    /// By group: rows since its last n were full.
    counts: Vec<u64>,
    picks: Picks,
}

impl FirstOfGroup {
    /// With nothing counted.
    pub fn new(every: u64) -> FirstOfGroup {
        FirstOfGroup { every, counts: Vec::new(), picks: Picks::default() }
    }
}

impl Limit for FirstOfGroup {
    fn take(&mut self, turn: &mut Turn<'_>) {
        self.counts.resize(turn.bound.max(self.counts.len()), 0);
        for (at, chunk) in turn.rows.chunks.iter().enumerate() {
            for row in chunk.first..chunk.first + chunk.rows {
                let count = &mut self.counts[turn.tags.groups[row as usize] as usize];
                if *count == 0 {
                    self.picks.push(row);
                }
                *count = if *count + 1 == self.every { 0 } else { *count + 1 };
            }
            self.picks.end_chunk(at);
        }
        self.picks.release(turn);
    }

    fn is_clear(&self, group: u32) -> bool {
        self.counts.get(group as usize).is_none_or(|&c| c == 0)
    }

    fn save(&self, groups: &[u32], out: &mut Writer) {
        groups.iter().for_each(|&g| out.put_u64(self.counts.get(g as usize).copied().unwrap_or(0)));
    }

    fn load(&mut self, bound: usize, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.counts.clear();
        (0..bound).try_for_each(|_| {
            self.counts.push(from.get_u64()?);
            Ok(())
        })
    }

    fn bytes(&self) -> usize {
        self.counts.capacity() * 8
    }
}

/// When n rows have come, the last of each group among them comes out, groups in order of first appearance.
#[derive(Debug)]
pub(super) struct LastOfGroups {
    every: u64,
    count: u64,
    last: LastRows,
    picks: Picks,
}

impl LastOfGroups {
    /// With nothing counted.
    pub fn new(every: u64, code: &Code) -> LastOfGroups {
        LastOfGroups { every, count: 0, last: LastRows::new(Held::whole(code)), picks: Picks::default() }
    }
}

impl Limit for LastOfGroups {
    fn take(&mut self, turn: &mut Turn<'_>) {
        self.last.grow(turn.bound);
        for at in 0..turn.rows.chunks.len() {
            let chunk = turn.rows.chunks[at];
            for row in chunk.first..chunk.first + chunk.rows {
                self.last.note(row, turn.tags.groups[row as usize]);
                self.count += 1;
                if self.count == self.every {
                    self.count = 0;
                    self.last.release(turn.rows, turn.arena, &mut self.picks.rows);
                }
            }
            self.picks.end_chunk(at);
        }
        self.picks.release(turn);
        self.last.settle(turn.rows, turn.arena);
    }

    fn is_clear(&self, group: u32) -> bool {
        !self.last.knows(group)
    }

    fn save(&self, groups: &[u32], out: &mut Writer) {
        out.put_u64(self.count);
        self.last.save(groups, out);
    }

    fn load(&mut self, bound: usize, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.count = from.get_u64()?;
        self.last.load(bound, from)
    }

    fn bytes(&self) -> usize {
        self.last.bytes()
    }
}

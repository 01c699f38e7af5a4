//! `output snapshot every t` over a window: the rows inside are shown, with `group by` and aggregates one of each group.
//!
//! A row that arrives is kept; one that leaves takes away the oldest kept row that is equal in all attributes without
//! aggregates, whatever its group. Equal rows form a class, and the rows of a class a list, so that one is found without
//! a search. Attributes that are an aggregate show its latest value, not that of the row's arrival.

use riddhi_batch::{Arena, Flow, LoadError, Reader, Sel, Writer};

use super::held::Held;
use super::latest::Latest;
use super::{Limit, Turn, ranks};
use crate::groups::Groups;
use crate::query::Code;
use crate::query::code::Show;

const NONE: u32 = u32::MAX;

/// Rows that left, beyond as many as are inside, before their places are used again.
const DEAD_MAX: usize = 1024;

/// What is known of a kept row besides its values.
#[derive(Clone, Copy, Debug)]
struct Kept {
    class: u32,
    group: u32,
    /// The next row of its class.
    next: u32,
    inside: bool,
}

/// The rows inside the window.
#[derive(Debug)]
pub(super) struct Contents {
    held: Held,
    kept: Vec<Kept>,
    /// The first kept row that may be inside.
    first: usize,
    inside: usize,
    /// Attributes without aggregates, by which rows are equal.
    plain: Vec<u32>,
    classes: Groups,
    /// By class: its first and last row inside.
    ends: Vec<(u32, u32)>,
    sweep_at: usize,
    /// If any attribute is an aggregate.
    latest: Option<Latest>,
    ids: Vec<u32>,
    picks: Vec<u32>,
}

impl Contents {
    /// With nothing inside.
    pub fn new(code: &Code) -> Contents {
        let those = |show: Show| (0..).zip(&code.shows).filter(move |(_, s)| **s == show).map(|(at, _)| at);
        let aggregates: Vec<u32> = those(Show::Aggregate).collect();
        Contents {
            held: Held::whole(code),
            kept: Vec::new(),
            first: 0,
            inside: 0,
            plain: those(Show::Plain).collect(),
            classes: Groups::default(),
            ends: Vec::new(),
            sweep_at: DEAD_MAX,
            latest: (!aggregates.is_empty()).then(|| Latest::new(code, aggregates)),
            ids: Vec::new(),
            picks: Vec::new(),
        }
    }

    /// Kept row `at` is inside from now on.
    fn enter(&mut self, at: u32) {
        let row = &mut self.kept[at as usize];
        row.inside = true;
        let (class, group) = (row.class, row.group);
        self.inside += 1;
        self.first = self.first.min(at as usize);
        self.classes.hold(&[class]);
        self.chain(class, at);
        if let Some(latest) = &mut self.latest {
            latest.enter(group);
        }
    }

    /// Puts a row at the end of its class.
    fn chain(&mut self, class: u32, at: u32) {
        let ends = &mut self.ends[class as usize];
        match ends.1 {
            NONE => ends.0 = at,
            last => self.kept[last as usize].next = at,
        }
        ends.1 = at;
    }

    /// The oldest row of a class leaves, if there is one.
    fn leave(&mut self, class: u32) -> bool {
        let ends = &mut self.ends[class as usize];
        if ends.0 == NONE {
            return false;
        }
        let row = &mut self.kept[ends.0 as usize];
        row.inside = false;
        let group = row.group;
        ends.0 = row.next;
        if ends.0 == NONE {
            ends.1 = NONE;
        }
        self.inside -= 1;
        self.classes.let_go(&[class]);
        while self.kept.get(self.first).is_some_and(|k| !k.inside) {
            self.first += 1;
        }
        if let Some(latest) = &mut self.latest {
            latest.leave(group);
        }
        true
    }

    /// A reset: nothing is inside.
    fn clear(&mut self) {
        for at in self.first..self.kept.len() {
            if self.kept[at].inside {
                self.leave(self.kept[at].class);
            }
        }
    }

    /// Gives back the places of rows that left, and the numbers of classes without rows.
    fn tidy(&mut self) {
        if self.held.len() > 2 * self.inside + DEAD_MAX {
            self.picks.clear();
            self.picks.extend((0..self.kept.len() as u32).filter(|&at| self.kept[at as usize].inside));
            self.held.keep(&self.picks);
            self.kept.retain(|k| k.inside);
            self.chain_all();
        }
        if self.classes.bound() >= self.sweep_at {
            self.classes.sweep(|_| true, |_| {});
            self.sweep_at = (2 * self.classes.len()).max(self.classes.bound() + DEAD_MAX);
        }
        if let Some(latest) = &mut self.latest {
            latest.tidy();
        }
    }

    /// Finds the lists of all classes anew; all kept rows are inside.
    fn chain_all(&mut self) {
        self.ends.fill((NONE, NONE));
        self.first = 0;
        for at in 0..self.kept.len() {
            self.kept[at].next = NONE;
            self.chain(self.kept[at].class, at as u32);
        }
    }

    /// Keeps the arriving rows of a turn, not inside yet, and finds the classes of all its rows. Gives the first's place.
    fn keep_arriving(&mut self, turn: &Turn<'_>) -> u32 {
        let rows = &*turn.rows;
        self.ids.clear();
        let (all, n) = (Sel::From(0), rows.rows.len());
        self.classes.assign(&rows.rows.cols, &self.plain, all, n, turn.arena, &mut self.ids);
        self.ends.resize(self.classes.bound(), (NONE, NONE));
        self.picks.clear();
        self.picks.extend((0..n as u32).filter(|&row| !is_expired(rows, row)));
        let first = self.kept.len() as u32;
        self.held.append(rows, Sel::Rows(&self.picks), self.picks.len(), turn.arena);
        self.kept.extend(self.picks.iter().map(|&row| Kept {
            class: self.ids[row as usize],
            group: group_of(turn, row),
            next: NONE,
            inside: false,
        }));
        first
    }
}

impl Limit for Contents {
    fn take(&mut self, turn: &mut Turn<'_>) {
        let mut arriving = self.keep_arriving(turn);
        if let Some(latest) = &mut self.latest {
            latest.grow(turn.bound);
        }
        let mut resets = turn.tags.resets.iter().peekable();
        for at in 0..turn.rows.chunks.len() {
            let (chunk, before) = (turn.rows.chunks[at], turn.out.rows.len() as u32);
            for row in chunk.first..chunk.first + chunk.rows {
                while resets.next_if(|&&r| r <= row).is_some() {
                    self.clear();
                }
                if turn.ticks.passed(turn.rows.rows.ts[row as usize]) {
                    self.latest.iter_mut().for_each(|l| l.settle(turn.rows, turn.arena));
                    self.tick(turn.out, turn.arena);
                }
                let counts = if is_expired(turn.rows, row) {
                    self.leave(self.ids[row as usize])
                } else {
                    self.enter(arriving);
                    arriving += 1;
                    true
                };
                if let (Some(latest), true) = (&mut self.latest, counts) {
                    latest.note(row, group_of(turn, row));
                }
            }
            turn.close(before, chunk);
        }
        if resets.next().is_some() {
            self.clear();
        }
        self.latest.iter_mut().for_each(|l| l.settle(turn.rows, turn.arena));
        self.tidy();
    }

    fn tick(&mut self, out: &mut Flow, arena: &mut Arena) {
        let inside = (self.first..self.kept.len()).filter(|&at| self.kept[at].inside).map(|at| at as u32);
        self.picks.clear();
        let Some(latest) = &mut self.latest else {
            self.picks.extend(inside);
            return self.held.copy_to(Sel::Rows(&self.picks), self.picks.len(), out, arena);
        };
        latest.begin();
        for at in inside {
            if latest.shows(self.kept[at as usize].group) {
                self.picks.push(at);
            }
        }
        let n = self.picks.len();
        self.held.copy_times(Sel::Rows(&self.picks), n, out);
        for (at, to) in out.rows.cols.iter_mut().enumerate() {
            if !latest.copy_column(at, to, arena) {
                self.held.copy_column(at, Sel::Rows(&self.picks), n, to, arena);
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.inside == 0
    }

    fn is_clear(&self, group: u32) -> bool {
        self.latest.as_ref().is_none_or(|l| l.is_clear(group))
    }

    fn save(&self, groups: &[u32], out: &mut Writer) {
        let ranks = ranks(groups);
        out.put_u64(self.inside as u64);
        for at in (self.first..self.kept.len()).filter(|&at| self.kept[at].inside) {
            out.put_u32(ranks.get(self.kept[at].group as usize).copied().unwrap_or(0));
            self.held.save_row(at, out);
        }
        if let Some(latest) = &self.latest {
            latest.save(self.inside, groups, out);
        }
    }

    fn load(&mut self, bound: usize, from: &mut Reader<'_>) -> Result<(), LoadError> {
        // A row is at least its group, its time and a byte for its kind.
        let n = from.get_count(13)?;
        self.held.clear();
        let mut groups = Vec::new();
        for _ in 0..n {
            groups.push(from.get_u32()?);
            self.held.load_row(from)?;
        }
        if groups.iter().any(|&g| g as usize >= bound.max(1)) {
            return Err(LoadError::new("a group is out of range"));
        }
        self.ids.clear();
        self.classes.clear();
        self.held.assign(&mut self.classes, &self.plain, &mut self.ids);
        self.ends.clear();
        self.ends.resize(self.classes.bound(), (NONE, NONE));
        self.kept.clear();
        self.inside = 0;
        let rows = self.ids.iter().zip(groups);
        self.kept.extend(rows.map(|(&class, group)| Kept { class, group, next: NONE, inside: false }));
        if let Some(latest) = &mut self.latest {
            latest.load(n, bound, from)?;
        }
        (0..n as u32).for_each(|at| self.enter(at));
        Ok(())
    }

    fn bytes(&self) -> usize {
        let latest = self.latest.as_ref().map_or(0, Latest::bytes);
        self.held.bytes() + self.kept.capacity() * size_of::<Kept>() + self.classes.bytes() + latest
    }
}

fn is_expired(rows: &Flow, row: u32) -> bool {
    rows.kinds.get(row as usize).is_some_and(|&k| k != 0)
}

fn group_of(turn: &Turn<'_>, row: u32) -> u32 {
    turn.tags.groups.get(row as usize).copied().unwrap_or(0)
}

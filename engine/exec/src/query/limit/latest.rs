//! The latest values of the attributes that are aggregates, in a snapshot of a window's rows: for all rows, or by group.

use riddhi_batch::{Arena, Column, Flow, LoadError, Reader, Sel, Writer};

use super::held::Held;
use super::last_rows::LastRows;
use crate::query::Code;

/// Groups without rows inside whose values are kept, beyond as many as have some.
const DEAD_MAX: usize = 1024;

/// Attributes that are aggregates, with their latest values.
#[derive(Debug)]
pub(super) struct Latest {
    /// By output attribute: its place among them.
    place: Vec<Option<usize>>,
    values: LastRows,
    /// By group; without `group by` there is none, and every row inside is shown.
    groups: Vec<Group>,
    grouped: bool,
    /// Groups with rows inside.
    alive: usize,
    showing: u64,
    rows: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Group {
    inside: u32,
    /// The last showing in which it had its row.
    shown: u64,
}

impl Latest {
    /// No values, of these output attributes of a query.
    pub fn new(code: &Code, aggregates: Vec<u32>) -> Latest {
        Latest {
            place: (0..code.items.len() as u32).map(|a| aggregates.iter().position(|&x| x == a)).collect(),
            values: LastRows::new(Held::new(code, aggregates)),
            groups: Vec::new(),
            grouped: !code.group_by.is_empty(),
            alive: 0,
            showing: 0,
            rows: Vec::new(),
        }
    }

    /// There may be groups below `bound`.
    pub fn grow(&mut self, bound: usize) {
        self.values.grow(bound);
        if self.grouped && self.groups.len() < bound {
            self.groups.resize(bound, Group::default());
        }
    }

    /// The group has a row more inside.
    pub fn enter(&mut self, group: u32) {
        if let Some(group) = self.groups.get_mut(group as usize) {
            self.alive += (group.inside == 0) as usize;
            group.inside += 1;
        }
    }

    /// The group has a row less inside.
    pub fn leave(&mut self, group: u32) {
        if let Some(group) = self.groups.get_mut(group as usize) {
            group.inside -= 1;
            self.alive -= (group.inside == 0) as usize;
        }
    }

    /// Row `row` of the turn has the values of its group from now on.
    pub fn note(&mut self, row: u32, group: u32) {
        self.values.note(row, group);
    }

    /// Keeps what is left of the turn.
    pub fn settle(&mut self, rows: &Flow, arena: &Arena) {
        self.values.settle(rows, arena);
    }

    /// A showing begins; only after [`Latest::settle`].
    pub fn begin(&mut self) {
        self.showing += 1;
        self.rows.clear();
    }

    /// Whether a row of the group is to be shown; if so its values are. With `group by` the first one only.
    pub fn shows(&mut self, group: u32) -> bool {
        if let Some(group) = self.groups.get_mut(group as usize)
            && std::mem::replace(&mut group.shown, self.showing) == self.showing
        {
            return false;
        }
        // A row of the group has arrived, or none would be inside; so there are values.
        let Some(place) = self.values.place(group) else { return false };
        self.rows.push(self.values.row(place));
        true
    }

    /// Appends the values of the rows that are shown, if output attribute `at` is an aggregate.
    pub fn copy_column(&self, at: usize, to: &mut Column, arena: &mut Arena) -> bool {
        let Some(place) = self.place[at] else { return false };
        self.values.held().copy_column(place, Sel::Rows(&self.rows), self.rows.len(), to, arena);
        true
    }

    /// Whether the group has no row inside.
    pub fn is_clear(&self, group: u32) -> bool {
        self.groups.get(group as usize).is_none_or(|g| g.inside == 0)
    }

    /// Forgets values of groups without rows inside.
    pub fn tidy(&mut self) {
        if self.grouped && self.values.len() > 2 * self.alive + DEAD_MAX {
            let groups = &self.groups;
            self.values.retain_groups(|g| groups[g as usize].inside > 0);
        }
    }

    /// Writes the values of the groups that have rows inside.
    pub fn save(&self, inside: usize, groups: &[u32], out: &mut Writer) {
        let one = [0];
        for &group in if self.grouped { groups } else { &one } {
            let rows =
                if self.grouped { self.groups.get(group as usize).map_or(0, |g| g.inside as usize) } else { inside };
            out.put_bool(rows > 0);
            if let (Some(place), true) = (self.values.place(group), rows > 0) {
                self.values.held().save_row(self.values.row(place) as usize, out);
            }
        }
    }

    /// Reads what [`Latest::save`] wrote; the rows inside enter after it.
    pub fn load(&mut self, inside: usize, bound: usize, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.groups.clear();
        self.alive = 0;
        self.values.clear();
        self.grow(bound);
        for group in 0..if self.grouped { bound } else { 1 } {
            if from.get_bool()? {
                self.values.load_row(group as u32, from)?;
            }
        }
        match inside > 0 && self.values.is_empty() {
            true => Err(LoadError::new("rows have no aggregates")),
            false => Ok(()),
        }
    }
    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        self.values.bytes() + self.groups.capacity() * size_of::<Group>()
    }
}

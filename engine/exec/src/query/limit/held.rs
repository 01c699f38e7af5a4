//! Rows that a limiter keeps beyond the frame: columns and an arena of their own.

use riddhi_batch::{Arena, Column, Columns, Flow, Kind, LoadError, Reader, Sel, Writer};

use crate::groups::Groups;
use crate::query::Code;

/// Rows in the order in which they were kept, with some or all columns of the query's output.
#[derive(Debug, Default)]
pub(super) struct Held {
    rows: Columns,
    /// Which output attribute each column is.
    attributes: Vec<u32>,
    /// Whether rows of both kinds come; then `kinds` has a byte a row, 1 for expired, else it is empty.
    kinded: bool,
    kinds: Vec<u8>,
    arena: Arena,
}

impl Held {
    /// No rows, of these output attributes of a query.
    pub fn new(code: &Code, attributes: Vec<u32>) -> Held {
        let kinds = code.output_kinds();
        let rows = Columns::new(attributes.iter().map(|&a| kinds[a as usize]));
        Held { rows, attributes, kinded: code.kinded(), ..Held::default() }
    }

    /// No rows, of all output attributes of a query.
    pub fn whole(code: &Code) -> Held {
        Held::new(code, (0..code.items.len() as u32).collect())
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Keeps rows of a flow.
    pub fn append(&mut self, from: &Flow, sel: Sel<'_>, n: usize, arena: &Arena) {
        if self.kinded {
            sel.copy(&from.kinds, n, &mut self.kinds);
        }
        sel.copy(&from.rows.ts, n, &mut self.rows.ts);
        for (to, &attribute) in self.rows.cols.iter_mut().zip(&self.attributes) {
            to.append_from(&from.rows.cols[attribute as usize], sel, n, arena, &mut self.arena);
        }
    }

    /// Appends kept rows, of which all attributes are kept, to a flow.
    pub fn copy_to(&self, sel: Sel<'_>, n: usize, to: &mut Flow, arena: &mut Arena) {
        self.copy_times(sel, n, to);
        for (at, to) in to.rows.cols.iter_mut().enumerate() {
            self.copy_column(at, sel, n, to, arena);
        }
    }

    /// Appends times and kinds of kept rows to a flow.
    pub fn copy_times(&self, sel: Sel<'_>, n: usize, to: &mut Flow) {
        sel.copy(&self.rows.ts, n, &mut to.rows.ts);
        if self.kinded {
            sel.copy(&self.kinds, n, &mut to.kinds);
        }
    }

    /// Appends one of the kept columns of kept rows.
    pub fn copy_column(&self, at: usize, sel: Sel<'_>, n: usize, to: &mut Column, arena: &mut Arena) {
        to.append_from(&self.rows.cols[at], sel, n, &self.arena, arena);
    }

    /// Appends the groups of all rows by those attributes; all are kept.
    pub fn assign(&self, groups: &mut Groups, by: &[u32], ids: &mut Vec<u32>) {
        groups.assign(&self.rows.cols, by, Sel::From(0), self.len(), &self.arena, ids);
    }

    /// Forgets all rows.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.kinds.clear();
        self.arena.clear();
    }

    /// Keeps only these rows, in this order.
    pub fn keep(&mut self, places: &[u32]) {
        let kinds: Vec<Kind> = self.rows.cols.iter().map(Column::kind).collect();
        let attributes = std::mem::take(&mut self.attributes);
        let mut kept = Held { rows: Columns::new(kinds), attributes, kinded: self.kinded, ..Held::default() };
        let (sel, n) = (Sel::Rows(places), places.len());
        sel.copy(&self.rows.ts, n, &mut kept.rows.ts);
        if self.kinded {
            sel.copy(&self.kinds, n, &mut kept.kinds);
        }
        for (to, from) in kept.rows.cols.iter_mut().zip(&self.rows.cols) {
            to.append_from(from, sel, n, &self.arena, &mut kept.arena);
        }
        *self = kept;
    }

    /// Writes a row.
    pub fn save_row(&self, row: usize, out: &mut Writer) {
        out.put_i64(self.rows.ts[row]);
        out.put_bool(self.kinds.get(row).is_some_and(|&k| k != 0));
        self.rows.cols.iter().for_each(|c| out.put_row(c, row, &self.arena));
    }

    /// Reads what [`Held::save_row`] wrote, as the next row.
    pub fn load_row(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.rows.ts.push(from.get_i64()?);
        let expired = from.get_bool()?;
        if self.kinded {
            self.kinds.push(expired as u8);
        }
        self.rows.cols.iter_mut().try_for_each(|c| from.get_row(c, &mut self.arena))
    }

    /// Writes all rows.
    pub fn save(&self, out: &mut Writer) {
        out.put_u64(self.len() as u64);
        (0..self.len()).for_each(|row| self.save_row(row, out));
    }

    /// Reads what [`Held::save`] wrote.
    pub fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.clear();
        // A row is at least its time and a byte for its kind.
        let n = from.get_count(9)?;
        (0..n).try_for_each(|_| self.load_row(from))
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        let row: usize = self.rows.cols.iter().map(|c| c.kind().width()).sum();
        self.rows.ts.capacity() * (8 + row) + self.arena.len()
    }
}

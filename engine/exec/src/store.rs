//! The rows a query keeps: columns in pages, addressed by the number a row got on arrival.
//!
//! Invariants: rows `head..tail` are held; a page holds [`PAGE`] consecutive rows (fewer at the end) and its own arena for
//! long strings, so dropping old rows frees whole pages and nothing is moved. Free pages are reused, so a window that
//! slides allocates nothing. Not here: which rows are still needed; the window says.

use std::collections::VecDeque;

use riddhi_batch::{Arena, Column, Columns, Data, Kind, LoadError, Reader, Sel, Writer};
use riddhi_plan::registry::Times;

/// Rows of a page: small enough that the open page stays in the first-level cache.
pub const PAGE: u64 = 1024;

#[derive(Clone, Debug)]
struct Page {
    times: Vec<i64>,
    groups: Vec<u32>,
    cols: Vec<Column>,
    arena: Arena,
}

/// Rows in order of arrival.
#[derive(Clone, Debug)]
pub struct Store {
    kinds: Vec<Kind>,
    grouped: bool,
    pages: VecDeque<Page>,
    free: Vec<Page>,
    head: u64,
    tail: u64,
    nothing: Arena,
    places: Vec<u32>,
}

/// Contiguous rows of one page.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'a> {
    /// Groups of the rows; empty if the store has none.
    pub groups: &'a [u32],
    /// All columns of the page.
    pub cols: &'a [Column],
    /// Long strings of the page.
    pub arena: &'a Arena,
    /// Where the rows begin in the columns.
    pub first: usize,
    /// Rows.
    pub n: usize,
}

impl Store {
    /// An empty store with these columns, and a group a row if `grouped`.
    pub fn new(kinds: Vec<Kind>, grouped: bool) -> Store {
        Store {
            kinds,
            grouped,
            pages: VecDeque::new(),
            free: Vec::new(),
            head: 0,
            tail: 0,
            nothing: Arena::new(),
            places: Vec::new(),
        }
    }

    /// Number of the oldest row held.
    pub fn head(&self) -> u64 {
        self.head
    }

    /// Number that the next row will get.
    pub fn tail(&self) -> u64 {
        self.tail
    }

    /// Rows held.
    pub fn len(&self) -> u64 {
        self.tail - self.head
    }

    /// Whether no row is held.
    pub fn is_empty(&self) -> bool {
        self.head == self.tail
    }

    fn first_page(&self) -> u64 {
        self.head / PAGE
    }

    fn page(&self, row: u64) -> &Page {
        &self.pages[(row / PAGE - self.first_page()) as usize]
    }

    /// Appends `n` rows. `cols` gives, per column of the store, where to copy from; `arena` is theirs.
    pub fn push<'a>(
        &mut self,
        times: impl Fn(usize) -> i64,
        groups: &[u32],
        cols: impl Fn(usize) -> (&'a Column, Sel<'a>),
        n: usize,
        arena: &Arena,
    ) {
        let mut done = 0;
        while done < n {
            let room = (PAGE - self.tail % PAGE) as usize;
            let m = room.min(n - done);
            let (grouped, columns) = (self.grouped, self.kinds.len());
            let page = self.open_page();
            page.times.extend((done..done + m).map(&times));
            if grouped {
                page.groups.extend_from_slice(&groups[done..done + m]);
            }
            for i in 0..columns {
                let (from, sel) = cols(i);
                page.cols[i].append_from(from, after(sel, done), m, arena, &mut page.arena);
            }
            self.tail += m as u64;
            done += m;
        }
    }

    fn open_page(&mut self) -> &mut Page {
        if self.tail.is_multiple_of(PAGE) || self.pages.is_empty() {
            let page = self.free.pop().unwrap_or_else(|| self.new_page());
            self.pages.push_back(page);
        }
        self.pages.back_mut().expect("a page was just pushed")
    }

    fn new_page(&self) -> Page {
        let mut page = Page {
            times: Vec::with_capacity(PAGE as usize),
            groups: Vec::new(),
            cols: self.kinds.iter().map(|&k| Column::with_capacity(k, PAGE as usize)).collect(),
            arena: Arena::new(),
        };
        if self.grouped {
            page.groups.reserve_exact(PAGE as usize);
        }
        page
    }

    /// Drops the rows before `row`.
    pub fn release(&mut self, row: u64) {
        let row = row.clamp(self.head, self.tail);
        let mut drop = row / PAGE - self.first_page();
        if row == self.tail && row.is_multiple_of(PAGE) {
            drop = self.pages.len() as u64;
        }
        for _ in 0..drop {
            let Some(mut page) = self.pages.pop_front() else { break };
            if self.free.len() < 2 {
                page.times.clear();
                page.groups.clear();
                page.cols.iter_mut().for_each(Column::clear);
                page.arena.clear();
                self.free.push(page);
            }
        }
        self.head = row;
    }

    /// The longest run of rows from `row` on, at most `n`, that lies in one page.
    pub fn slice(&self, row: u64, n: usize) -> Slice<'_> {
        let first = (row % PAGE) as usize;
        let n = n.min((self.tail - row) as usize);
        if n == 0 {
            return Slice { groups: &[], cols: &[], arena: &self.nothing, first: 0, n: 0 };
        }
        let n = n.min(PAGE as usize - first);
        let page = self.page(row);
        let groups = if self.grouped { &page.groups[first..first + n] } else { &[][..] };
        Slice { groups, cols: &page.cols, arena: &page.arena, first, n }
    }

    /// The group of a row.
    pub fn group(&self, row: u64) -> u32 {
        if self.grouped { self.page(row).groups[(row % PAGE) as usize] } else { 0 }
    }

    /// Appends the columns from `skip` on of the given rows to `out` (columns of the same kinds, in order), and the rows'
    /// times to `out.ts`.
    pub fn gather(&mut self, rows: &[u64], skip: usize, out: &mut Columns, arena: &mut Arena) {
        let mut done = 0;
        let mut places = std::mem::take(&mut self.places);
        while done < rows.len() {
            let page_number = rows[done] / PAGE;
            let page = self.page(rows[done]);
            places.clear();
            places.extend(rows[done..].iter().take_while(|&&r| r / PAGE == page_number).map(|&r| (r % PAGE) as u32));
            out.ts.extend(places.iter().map(|&p| page.times[p as usize]));
            for (to, from) in out.cols.iter_mut().zip(&page.cols[skip..]) {
                to.append_from(from, Sel::Rows(&places), places.len(), &page.arena, arena);
            }
            done += places.len();
        }
        self.places = places;
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        let columns: usize = self.kinds.iter().map(|k| width(*k)).sum();
        let row = 8 + if self.grouped { 4 } else { 0 } + columns;
        let arenas: usize = self.pages.iter().map(|p| p.arena.len()).sum();
        (self.pages.len() + self.free.len()) * PAGE as usize * row + arenas
    }

    /// Writes the rows held, with the text of their groups' numbers replaced by `group_rank`.
    pub fn save(&self, out: &mut Writer, group_rank: impl Fn(u32) -> u32) {
        out.put_u64(self.head);
        out.put_u64(self.len());
        for row in self.head..self.tail {
            let page = self.page(row);
            let at = (row % PAGE) as usize;
            out.put_i64(page.times[at]);
            if self.grouped {
                out.put_u32(group_rank(page.groups[at]));
            }
            for column in &page.cols {
                out.put_row(column, at, &page.arena);
            }
        }
    }

    /// Reads what [`Store::save`] wrote; group numbers are the ranks.
    pub fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.pages.clear();
        self.head = from.get_u64()?;
        let n = from.get_count(8)?;
        if self.head > u64::MAX / 2 {
            return Err(LoadError::new("a row number is out of range"));
        }
        self.tail = self.head;
        if !self.head.is_multiple_of(PAGE) {
            // The page begins before the first row held: the places before it stay unused.
            let mut page = self.new_page();
            let unused = (self.head % PAGE) as usize;
            page.times.resize(unused, 0);
            if self.grouped {
                page.groups.resize(unused, 0);
            }
            page.cols.iter_mut().for_each(|c| c.fill(unused));
            self.pages.push_back(page);
        }
        for _ in 0..n {
            let grouped = self.grouped;
            let page = self.open_page();
            page.times.push(from.get_i64()?);
            if grouped {
                page.groups.push(from.get_u32()?);
            }
            for column in &mut page.cols {
                from.get_row(column, &mut page.arena)?;
            }
            self.tail += 1;
        }
        Ok(())
    }
}

impl Times for Store {
    #[inline]
    fn time(&self, row: u64) -> i64 {
        self.page(row).times[(row % PAGE) as usize]
    }
}

/// The selection without its first `done` rows.
fn after(sel: Sel<'_>, done: usize) -> Sel<'_> {
    match sel {
        Sel::From(first) => Sel::From(first + done),
        Sel::Rows(rows) => Sel::Rows(&rows[done..]),
    }
}

fn width(kind: Kind) -> usize {
    match kind {
        Kind::I32 | Kind::F32 => 4,
        Kind::I64 | Kind::F64 => 8,
        Kind::Bool => 1,
        Kind::Str | Kind::Any => 16,
    }
}

/// The vector of a column of known kind, for loops over pages.
pub(crate) fn longs(column: &Column) -> &[i64] {
    match &column.data {
        Data::I64(v) => v,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use riddhi_batch::Value;

    fn filled(rows: u64) -> Store {
        let mut store = Store::new(vec![Kind::I64, Kind::Str], true);
        let mut arena = Arena::new();
        for i in 0..rows {
            let (mut a, mut b) = (Column::new(Kind::I64), Column::new(Kind::Str));
            a.push_i64(i as i64);
            b.push_value(&Value::Str(format!("a long string number {i}").into()), &mut arena);
            store.push(|_| i as i64 * 10, &[i as u32 % 3], |c| ([&a, &b][c], Sel::From(0)), 1, &arena);
        }
        store
    }

    #[test]
    fn pages_come_and_go() {
        let mut store = filled(3000);
        assert_eq!(store.time(2500), 25000);
        store.release(1500);
        assert_eq!((store.head(), store.tail()), (1500, 3000));
        assert_eq!(store.group(1501), 1);
        let (mut out, mut arena) = (Columns::new([Kind::I64, Kind::Str]), Arena::new());
        store.gather(&[2999, 1500, 2047, 2048], 0, &mut out, &mut arena);
        assert_eq!(out.cols[0].value(3, &arena), Value::Long(2048));
        assert_eq!(out.cols[1].value(0, &arena), Value::Str("a long string number 2999".into()));
        store.release(3000);
        assert!(store.is_empty());
    }

    #[test]
    fn a_saved_store_is_the_same_again() {
        let mut store = filled(2600);
        store.release(1030);
        let mut bytes = Writer::default();
        store.save(&mut bytes, |g| g);
        let mut other = Store::new(vec![Kind::I64, Kind::Str], true);
        other.load(&mut Reader::new(&bytes.bytes)).unwrap();
        let mut again = Writer::default();
        other.save(&mut again, |g| g);
        assert_eq!(bytes.bytes, again.bytes);
        assert_eq!(other.slice(1030, 5000).n, 1018);
        for cut in [0, 8, 17, bytes.bytes.len() - 1] {
            assert!(other.load(&mut Reader::new(&bytes.bytes[..cut])).is_err());
        }
    }
}

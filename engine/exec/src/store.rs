//! The rows a query keeps: columns in pages, addressed by the number a row got on arrival.
//!
//! Invariants: rows `head..tail` are held; a page holds a fixed number of consecutive rows (fewer at the end) and its own arena for
//! long strings, so dropping old rows frees whole pages and nothing is moved. Free pages are reused, so a window that
//! slides allocates nothing. Where rows leave in any order, pages of which little is left are thinned out from time to time:
//! the rows still needed move to pages in which each has its number beside it. Not here: which rows are still needed; the
//! window says.

use std::collections::VecDeque;

use riddhi_batch::{Any, Arena, Column, Columns, Data, Kind, LoadError, Reader, Sel, Str, Writer};
use riddhi_plan::registry::{Cell, Times};

/// Rows of a page, as a power of two: small enough that the open page stays in the first-level cache.
const PAGE_SHIFT: u32 = 10;

/// The same of a store of which there are many, each of few rows.
const SMALL_PAGE_SHIFT: u32 = 4;

/// No row: what is taken from it is null.
pub const NO_ROW: u64 = u64::MAX;

#[derive(Clone, Debug)]
struct Page {
    /// Of a thinned page: the rows' numbers, rising.
    numbers: Vec<u64>,
    times: Vec<i64>,
    groups: Vec<u32>,
    cols: Vec<Column>,
    arena: Arena,
}

/// Rows in order of arrival.
#[derive(Clone, Debug)]
pub struct Store {
    kinds: Vec<Kind>,
    shift: u32,
    /// Which attributes stand in the last columns, if windows look at them.
    attributes: Vec<u32>,
    grouped: bool,
    /// Rows before `dense`, on thinned pages.
    thin: Vec<Page>,
    /// The first row of the first of `pages`, if anything was ever thinned out.
    dense: u64,
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
            shift: PAGE_SHIFT,
            attributes: Vec::new(),
            grouped,
            thin: Vec::new(),
            dense: 0,
            pages: VecDeque::new(),
            free: Vec::new(),
            head: 0,
            tail: 0,
            nothing: Arena::new(),
            places: Vec::new(),
        }
    }

    /// The same store, whose last columns hold these attributes.
    pub fn holding(self, attributes: Vec<u32>) -> Store {
        Store { attributes, ..self }
    }

    /// The same store with small pages: one of many, each of few rows.
    pub fn small(self) -> Store {
        Store { shift: SMALL_PAGE_SHIFT, ..self }
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

    /// The number of the page of a row that lies on no thinned one.
    #[inline]
    fn number(&self, row: u64) -> u64 {
        row >> self.shift
    }

    /// The place of such a row on its page.
    #[inline]
    fn place(&self, row: u64) -> usize {
        (row & ((1 << self.shift) - 1)) as usize
    }

    fn page_rows(&self) -> usize {
        1 << self.shift
    }

    fn first_page(&self) -> u64 {
        self.number(self.head.max(self.dense))
    }

    #[inline]
    fn page(&self, row: u64) -> &Page {
        &self.pages[(self.number(row) - self.first_page()) as usize]
    }

    /// The page of a row, and its place there.
    #[inline]
    fn find(&self, row: u64) -> (&Page, usize) {
        if row >= self.dense { (self.page(row), self.place(row)) } else { self.find_thin(row) }
    }

    fn find_thin(&self, row: u64) -> (&Page, usize) {
        let page = &self.thin[self.thin.partition_point(|p| p.numbers.last().is_some_and(|&last| last < row))];
        (page, page.numbers.partition_point(|&number| number < row))
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
            let room = self.page_rows() - self.place(self.tail);
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
        if (self.place(self.tail) == 0) || self.pages.is_empty() {
            let page = self.free.pop().unwrap_or_else(|| self.new_page());
            self.pages.push_back(page);
        }
        self.pages.back_mut().expect("a page was just pushed")
    }

    fn new_page(&self) -> Page {
        let mut page = Page {
            numbers: Vec::new(),
            times: Vec::with_capacity(self.page_rows()),
            groups: Vec::new(),
            cols: self.kinds.iter().map(|&k| Column::with_capacity(k, self.page_rows())).collect(),
            arena: Arena::new(),
        };
        if self.grouped {
            page.groups.reserve_exact(self.page_rows());
        }
        page
    }

    /// Drops the rows before `row`.
    pub fn release(&mut self, row: u64) {
        let row = row.clamp(self.head, self.tail);
        let mut drop = self.number(row) - self.first_page();
        if row == self.tail && self.place(row) == 0 {
            drop = self.pages.len() as u64;
        }
        for _ in 0..drop {
            let Some(page) = self.pages.pop_front() else { break };
            self.recycle(page);
        }
        self.head = row;
    }

    fn recycle(&mut self, mut page: Page) {
        if self.free.len() < 2 {
            page.numbers.clear();
            page.times.clear();
            page.groups.clear();
            page.cols.iter_mut().for_each(Column::clear);
            page.arena.clear();
            self.free.push(page);
        }
    }

    /// Whether so few rows are still needed that it pays to thin out.
    pub fn is_sparse(&self, needed: usize) -> bool {
        let thin: usize = self.thin.iter().map(|p| p.numbers.len()).sum();
        thin as u64 + self.tail - self.head.max(self.dense) > 2 * (needed + self.page_rows()) as u64
    }

    /// Keeps of the rows before the open page only those of `needed`, which rise.
    pub fn thin_out(&mut self, needed: &[u64]) {
        // After a load the open page begins with rows that lie on thinned pages.
        let last = self.tail.saturating_sub(1);
        let open = (last - self.place(last) as u64).max(self.dense);
        let thin = &needed[..needed.partition_point(|&row| row < open)];
        let mut pages: Vec<Page> = Vec::with_capacity(thin.len().div_ceil(self.page_rows()));
        let mut places = std::mem::take(&mut self.places);
        for rows in thin.chunks(self.page_rows()) {
            let mut to = self.new_page();
            let mut done = 0;
            while done < rows.len() {
                let from = self.run(&rows[done..], &mut places);
                let (n, sel) = (places.len(), Sel::Rows(&places));
                to.times.extend(places.iter().map(|&p| from.times[p as usize]));
                for (column, theirs) in to.cols.iter_mut().zip(&from.cols) {
                    column.append_from(theirs, sel, n, &from.arena, &mut to.arena);
                }
                done += n;
            }
            to.numbers.extend_from_slice(rows);
            pages.push(to);
        }
        self.places = places;
        for _ in self.first_page()..self.number(open) {
            let Some(page) = self.pages.pop_front() else { break };
            self.recycle(page);
        }
        (self.thin, self.dense) = (pages, open);
    }

    /// The page of the first of `rows`, and in `places` where it and those behind it lie, as far as on the same page.
    fn run(&self, rows: &[u64], places: &mut Vec<u32>) -> &Page {
        places.clear();
        let (page, _) = self.find(rows[0]);
        if rows[0] >= self.dense {
            let number = self.number(rows[0]);
            let same = |r: &&u64| self.number(**r) == number && **r >= self.dense;
            places.extend(rows.iter().take_while(same).map(|&r| self.place(r) as u32));
        } else {
            places.extend(rows.iter().map_while(|r| page.numbers.binary_search(r).ok().map(|p| p as u32)));
        }
        page
    }

    /// Whether a row is there.
    pub fn holds(&self, row: u64) -> bool {
        if row >= self.dense {
            return (self.head..self.tail).contains(&row);
        }
        let page = self.thin.get(self.thin.partition_point(|p| p.numbers.last().is_some_and(|&last| last < row)));
        page.is_some_and(|page| page.numbers.binary_search(&row).is_ok())
    }

    /// Numbers of the rows on thinned pages: after [`Store::load_rows`], of all.
    pub fn numbers(&self) -> Vec<u64> {
        self.thin.iter().flat_map(|p| &p.numbers).copied().collect()
    }

    /// The longest run of rows from `row` on, at most `n`, that lies in one page.
    pub fn slice(&self, row: u64, n: usize) -> Slice<'_> {
        let first = self.place(row);
        let n = n.min((self.tail - row) as usize);
        if n == 0 {
            return Slice { groups: &[], cols: &[], arena: &self.nothing, first: 0, n: 0 };
        }
        let n = n.min(self.page_rows() - first);
        let page = self.page(row);
        let groups = if self.grouped { &page.groups[first..first + n] } else { &[][..] };
        Slice { groups, cols: &page.cols, arena: &page.arena, first, n }
    }

    /// The group of a row.
    pub fn group(&self, row: u64) -> u32 {
        let (page, at) = self.find(row);
        if self.grouped { page.groups[at] } else { 0 }
    }

    /// Appends the columns from `skip` on of the given rows to `out` (columns of the same kinds, in order), and the rows'
    /// times to `out.ts`.
    pub fn gather(&mut self, rows: &[u64], skip: usize, out: &mut Columns, arena: &mut Arena) {
        let mut done = 0;
        let mut places = std::mem::take(&mut self.places);
        while done < rows.len() {
            let page = self.run(&rows[done..], &mut places);
            out.ts.extend(places.iter().map(|&p| page.times[p as usize]));
            for (to, from) in out.cols.iter_mut().zip(&page.cols[skip..]) {
                to.append_from(from, Sel::Rows(&places), places.len(), &page.arena, arena);
            }
            done += places.len();
        }
        self.places = places;
    }

    /// Appends one column of the given rows to `out`, a column of the same kind; [`NO_ROW`] gives a null.
    pub fn take(&self, column: usize, rows: &[u64], out: &mut Column, arena: &mut Arena) {
        macro_rules! plain {
            ($kind:ident, $zero:expr) => {{
                let Data::$kind(to) = &mut out.data else { return };
                for &row in rows {
                    if row == NO_ROW {
                        to.push($zero);
                        continue;
                    }
                    let (page, at) = self.find(row);
                    let Data::$kind(from) = &page.cols[column].data else { return };
                    to.push(from[at]);
                }
            }};
        }
        let before = out.len();
        match self.kinds[column] {
            Kind::I32 => plain!(I32, 0),
            Kind::I64 => plain!(I64, 0),
            Kind::F32 => plain!(F32, 0.0),
            Kind::F64 => plain!(F64, 0.0),
            Kind::Bool => plain!(Bool, 0),
            Kind::Str | Kind::Any => return self.take_long(column, rows, out, arena),
        }
        self.take_nulls(column, rows, out, before);
    }

    /// The same of values that may have a part in the arena.
    fn take_long(&self, column: usize, rows: &[u64], out: &mut Column, arena: &mut Arena) {
        let before = out.len();
        for &row in rows {
            let found = (row != NO_ROW).then(|| self.find(row));
            match (&mut out.data, found.map(|(page, at)| (&page.cols[column].data, &page.arena, at))) {
                (Data::Str(to), Some((Data::Str(from), theirs, at))) => to.push(from[at].moved(theirs, arena)),
                (Data::Any(to), Some((Data::Any(from), theirs, at))) => to.push(from[at].moved(theirs, arena)),
                (Data::Str(to), _) => to.push(Str::EMPTY),
                (Data::Any(to), _) => to.push(Any::NOTHING),
                _ => return,
            }
        }
        self.take_nulls(column, rows, out, before);
    }

    fn take_nulls(&self, column: usize, rows: &[u64], out: &mut Column, before: usize) {
        let null = |&row: &u64| {
            row == NO_ROW || {
                let (page, at) = self.find(row);
                page.cols[column].is_null(at)
            }
        };
        let some =
            rows.contains(&NO_ROW) || self.pages.iter().chain(&self.thin).any(|p| !p.cols[column].nulls.is_empty());
        if !some {
            if !out.nulls.is_empty() {
                out.nulls.resize(before + rows.len(), 0);
            }
            return;
        }
        out.nulls.resize(before, 0);
        out.nulls.extend(rows.iter().map(|row| null(row) as u8));
        if before == 0 && !out.nulls.contains(&1) {
            out.nulls.clear();
        }
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        let columns: usize = self.kinds.iter().map(|k| k.width()).sum();
        let row = 8 + if self.grouped { 4 } else { 0 } + columns;
        let arenas: usize = self.pages.iter().chain(&self.thin).map(|p| p.arena.len()).sum();
        (self.pages.len() + self.thin.len() + self.free.len()) * self.page_rows() * row + arenas
    }

    /// Writes the rows held, with the text of their groups' numbers replaced by `group_rank`.
    pub fn save(&self, out: &mut Writer, group_rank: impl Fn(u32) -> u32) {
        out.put_u64(self.head);
        out.put_u64(self.len());
        for row in self.head..self.tail {
            let page = self.page(row);
            let at = self.place(row);
            out.put_i64(page.times[at]);
            if self.grouped {
                out.put_u32(group_rank(page.groups[at]));
            }
            for column in &page.cols {
                out.put_row(column, at, &page.arena);
            }
        }
    }

    /// Writes the given rows, which rise, of a store without groups.
    pub fn save_rows(&self, out: &mut Writer, rows: &[u64]) {
        out.put_u64(self.tail);
        out.put_u64(rows.len() as u64);
        for &row in rows {
            let (page, at) = self.find(row);
            out.put_u64(row);
            out.put_i64(page.times[at]);
            page.cols.iter().for_each(|column| out.put_row(column, at, &page.arena));
        }
    }

    /// Reads what [`Store::save_rows`] wrote.
    pub fn load_rows(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        let tail = from.get_u64()?;
        self.begin_at(tail)?;
        (self.head, self.dense) = (0, tail);
        let n = from.get_count(16)?;
        let mut last = None;
        for i in 0..n {
            if i.is_multiple_of(self.page_rows()) {
                let page = self.new_page();
                self.thin.push(page);
            }
            let Some(page) = self.thin.last_mut() else { break };
            let row = from.get_u64()?;
            if row >= tail || last.is_some_and(|last| row <= last) {
                return Err(LoadError::new("a row number is out of range"));
            }
            last = Some(row);
            page.numbers.push(row);
            page.times.push(from.get_i64()?);
            for column in &mut page.cols {
                from.get_row(column, &mut page.arena)?;
            }
        }
        Ok(())
    }

    /// Empties the store, so that the next row gets the number `row`.
    fn begin_at(&mut self, row: u64) -> Result<(), LoadError> {
        self.pages.clear();
        self.thin.clear();
        if row > u64::MAX / 2 {
            return Err(LoadError::new("a row number is out of range"));
        }
        (self.head, self.tail, self.dense) = (row, row, 0);
        if self.place(row) != 0 {
            // The page begins before the first row held: the places before it stay unused.
            let mut page = self.new_page();
            let unused = self.place(row);
            page.times.resize(unused, 0);
            if self.grouped {
                page.groups.resize(unused, 0);
            }
            page.cols.iter_mut().for_each(|c| c.fill(unused));
            self.pages.push_back(page);
        }
        Ok(())
    }

    /// Reads what [`Store::save`] wrote; group numbers are the ranks.
    pub fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        let head = from.get_u64()?;
        self.begin_at(head)?;
        let n = from.get_count(8)?;
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
        let (page, at) = self.find(row);
        page.times[at]
    }

    fn run(&self, row: u64) -> &[i64] {
        let (page, at) = self.find(row);
        // Rows of a thinned page do not follow each other.
        if row >= self.dense { &page.times[at..] } else { &page.times[at..at + 1] }
    }

    fn cell(&self, row: u64, attribute: u32) -> Option<Cell<'_>> {
        let place = self.attributes.iter().position(|&a| a == attribute)?;
        let (page, at) = self.find(row);
        let column = page.cols.get((page.cols.len() + place).checked_sub(self.attributes.len())?)?;
        Some(Cell { column, at, arena: &page.arena })
    }
}

/// The selection without its first `done` rows.
fn after(sel: Sel<'_>, done: usize) -> Sel<'_> {
    match sel {
        Sel::From(first) => Sel::From(first + done),
        Sel::Rows(rows) => Sel::Rows(&rows[done..]),
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
    fn a_thinned_store_has_the_rows_still_needed() {
        let mut store = filled(5000);
        let kept = |store: &mut Store, rows: &[u64]| {
            let (mut out, mut arena) = (Columns::new([Kind::I64, Kind::Str]), Arena::new());
            store.gather(rows, 0, &mut out, &mut arena);
            (0..rows.len()).map(|i| out.cols[0].value(i, &arena)).collect::<Vec<_>>()
        };
        assert!(!store.is_sparse(4000) && store.is_sparse(3));
        let needed = [7, 8, 3000, 4095, 4096, 4999];
        store.thin_out(&needed);
        assert!(!store.is_sparse(6));
        assert_eq!(store.time(3000), 30000);
        assert_eq!(kept(&mut store, &needed), needed.map(|n| Value::Long(n as i64)));
        store.thin_out(&[8, 4096, 4999]);
        assert_eq!(kept(&mut store, &[4999, 8]), [4999, 8].map(Value::Long));
        let mut bytes = Writer::default();
        store.save_rows(&mut bytes, &[8, 4096, 4999]);
        let mut other = Store::new(vec![Kind::I64, Kind::Str], false);
        other.load_rows(&mut Reader::new(&bytes.bytes)).unwrap();
        assert_eq!((other.tail(), kept(&mut other, &[8, 4999])), (5000, [8, 4999].map(Value::Long).to_vec()));
        for cut in [0, 8, 17, bytes.bytes.len() - 1] {
            assert!(other.load_rows(&mut Reader::new(&bytes.bytes[..cut])).is_err());
        }
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

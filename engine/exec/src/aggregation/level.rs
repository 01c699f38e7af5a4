//! What is kept of the bucket that is open, for one duration: a row a group, by columns.

use std::collections::BTreeSet;

use riddhi_batch::{Any, Arena, Column, Data, LoadError, Members, Reader, Sel, Value, Writer};
use riddhi_plan::aggregation::{AggregationPlan, Base, Unit};

use crate::groups::Groups;

/// Bytes of long strings below which they are not looked through for dead ones.
const ARENA_LEAST: usize = 1 << 16;

/// A base value by group.
#[derive(Debug)]
struct Kept {
    base: Base,
    values: Column,
    /// Whether a value came that is not null.
    seen: Vec<u8>,
    sets: Vec<BTreeSet<Box<[u8]>>>,
}

/// An open bucket.
#[derive(Debug)]
pub struct Level {
    pub unit: Unit,
    /// Its start, once there was an event.
    pub bucket: Option<i64>,
    /// The start of the bucket behind it.
    pub next: i64,
    /// Whether the last row taken in was the first of its group.
    pub ends_new: bool,
    groups: Groups,
    rows: usize,
    keys: Vec<Column>,
    latest: Vec<Column>,
    /// The time of the latest values, if an attribute gives it.
    last: Option<Vec<i64>>,
    bases: Vec<Kept>,
    arena: Arena,
    arena_live: usize,
    ids: Vec<u32>,
}

/// What rows to take in.
#[derive(Clone, Copy)]
pub struct Taken<'a> {
    /// Columns with what is kept of them.
    pub cols: &'a [Column],
    /// Which of their rows.
    pub sel: Sel<'a>,
    /// How many.
    pub n: usize,
    /// The first column of which the latest value counts.
    pub latest: usize,
    /// The column with the time of those.
    pub time: Option<usize>,
    /// The column of each base value.
    pub bases: &'a [Option<u32>],
    /// Whether they are base values of other buckets, and not what events bring.
    pub merging: bool,
}

impl Level {
    /// Of that duration, empty.
    pub fn new(plan: &AggregationPlan, unit: Unit) -> Level {
        let kinds = |from: usize, n: usize| -> Vec<Column> {
            plan.row.attributes[from..from + n].iter().map(|a| Column::new(a.kind)).collect()
        };
        let (first, keys) = plan.keys();
        let base = |(at, base): (usize, &riddhi_plan::aggregation::BasePlan)| Kept {
            base: base.base,
            values: Column::new(plan.row.attributes[plan.first_base() + at].kind),
            seen: Vec::new(),
            sets: Vec::new(),
        };
        Level {
            unit,
            bucket: None,
            next: i64::MIN,
            ends_new: false,
            groups: Groups::default(),
            rows: 0,
            keys: kinds(first, keys),
            latest: kinds(plan.first_latest(), plan.latest),
            last: plan.last_time().map(|_| Vec::new()),
            bases: plan.bases.iter().enumerate().map(base).collect(),
            arena: Arena::new(),
            arena_live: 0,
            ids: Vec::new(),
        }
    }

    /// Whether nothing came.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The groups of the rows last taken in, by number.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Takes rows in, whose keys are these columns.
    pub fn take(&mut self, keys: (&[Column], &[u32], Sel<'_>), rows: Taken<'_>, arena: &Arena) {
        if rows.n == 0 {
            return;
        }
        self.assign(keys, rows.n, arena);
        let ids = std::mem::take(&mut self.ids);
        self.take_latest(&ids, &rows, arena);
        for (kept, place) in self.bases.iter_mut().zip(rows.bases) {
            kept.take(&ids, place.map(|at| &rows.cols[at as usize]), rows.sel, rows.merging, arena);
        }
        self.ids = ids;
    }

    fn assign(&mut self, (cols, by, sel): (&[Column], &[u32], Sel<'_>), n: usize, arena: &Arena) {
        self.ids.clear();
        if by.is_empty() {
            self.ids.resize(n, 0);
            if self.rows == 0 {
                self.grow(1);
            }
            return;
        }
        self.groups.assign(cols, by, sel, n, arena, &mut self.ids);
        for (i, &id) in self.ids.iter().enumerate() {
            // New groups are numbered as they come.
            self.ends_new = id as usize == self.rows;
            if self.ends_new {
                self.rows += 1;
                for (key, &at) in self.keys.iter_mut().zip(by) {
                    key.put_from(id as usize, &cols[at as usize], sel.at(i), arena, &mut self.arena);
                }
            }
        }
        self.grow(self.rows);
    }

    fn grow(&mut self, rows: usize) {
        self.rows = rows;
        for column in &mut self.latest {
            let more = rows - column.len();
            (0..more).for_each(|_| column.push_null());
        }
        self.last.iter_mut().for_each(|last| last.resize(rows, i64::MIN));
        self.bases.iter_mut().for_each(|kept| kept.grow(rows));
    }

    fn take_latest(&mut self, ids: &[u32], rows: &Taken<'_>, arena: &Arena) {
        if self.latest.is_empty() {
            return;
        }
        self.tidy();
        for (i, &id) in ids.iter().enumerate() {
            let (row, id) = (rows.sel.at(i), id as usize);
            if let (Some(last), Some(time)) = (&mut self.last, rows.time) {
                let Data::I64(times) = &rows.cols[time].data else { continue };
                if times[row] < last[id] {
                    continue;
                }
                last[id] = times[row];
            }
            for (at, column) in self.latest.iter_mut().enumerate() {
                column.put_from(id, &rows.cols[rows.latest + at], row, arena, &mut self.arena);
            }
        }
    }

    /// Rewrites long strings once most of them are dead.
    fn tidy(&mut self) {
        if self.arena.len() < ARENA_LEAST.max(2 * self.arena_live) {
            return;
        }
        let mut fresh = Arena::new();
        for column in self.keys.iter_mut().chain(&mut self.latest) {
            let mut moved = Column::new(column.kind());
            moved.append_from(column, Sel::From(0), column.len(), &self.arena, &mut fresh);
            *column = moved;
        }
        self.arena = fresh;
        self.arena_live = self.arena.len();
    }

    /// Appends its rows, as those of a duration's table.
    pub fn rows(&self, out: &mut [Column], arena: &mut Arena) {
        let bucket = self.bucket.unwrap_or_default();
        let (first, rest) = out.split_at_mut(1);
        (0..self.rows).for_each(|_| first[0].push_i64(bucket));
        let plain = self.keys.len() + self.latest.len();
        let (plain, mut rest) = rest.split_at_mut(plain);
        for (from, to) in self.keys.iter().chain(&self.latest).zip(plain) {
            to.append_from(from, Sel::From(0), self.rows, &self.arena, arena);
        }
        if let Some(last) = &self.last {
            let (time, others) = rest.split_at_mut(1);
            last.iter().for_each(|&t| time[0].push_i64(t));
            rest = others;
        }
        for (kept, to) in self.bases.iter().zip(rest) {
            kept.rows(to, arena);
        }
    }

    /// Forgets its rows.
    pub fn clear(&mut self) {
        self.groups.clear();
        self.rows = 0;
        self.keys.iter_mut().chain(&mut self.latest).for_each(Column::clear);
        self.last.iter_mut().for_each(Vec::clear);
        for kept in &mut self.bases {
            kept.values.clear();
            kept.seen.clear();
            kept.sets.clear();
        }
        self.arena.clear();
        self.arena_live = 0;
    }

    /// Writes what it is.
    pub fn save(&self, plan: &AggregationPlan, out: &mut Writer) {
        out.put_optional_i64(self.bucket);
        out.put_u64(self.rows as u64);
        let (mut cols, mut arena) = (columns(plan), Arena::new());
        self.rows(&mut cols, &mut arena);
        for row in 0..self.rows {
            cols.iter().for_each(|c| out.put_row(c, row, &arena));
        }
    }

    /// Reads what [`Level::save`] wrote.
    pub fn load(&mut self, plan: &AggregationPlan, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.clear();
        self.bucket = from.get_optional_i64()?;
        self.next = self.bucket.map_or(i64::MIN, |bucket| self.unit.next(bucket));
        let n = from.get_count(1)?;
        let (mut cols, mut arena) = (columns(plan), Arena::new());
        for _ in 0..n {
            for column in &mut cols {
                from.get_row(column, &mut arena)?;
            }
        }
        let places = Places::of(plan);
        self.take((&cols, &places.keys, Sel::From(0)), places.rows(&cols, Sel::From(0), n), &arena);
        if self.rows == n { Ok(()) } else { Err(LoadError::new("a group stands twice in a bucket")) }
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        let columns = self.keys.len() + self.latest.len() + 2 * self.bases.len();
        self.groups.bytes() + self.arena.len() + self.rows * columns * 16
    }
}

/// Empty columns of a row.
pub fn columns(plan: &AggregationPlan) -> Vec<Column> {
    plan.row.attributes.iter().map(|a| Column::new(a.kind)).collect()
}

/// Where things stand in a row of a duration's table.
#[derive(Debug)]
pub struct Places {
    /// The keys beside the bucket.
    pub keys: Vec<u32>,
    latest: usize,
    time: Option<usize>,
    bases: Vec<Option<u32>>,
}

impl Places {
    /// Those of an aggregation.
    pub fn of(plan: &AggregationPlan) -> Places {
        let (first, keys) = plan.keys();
        let base = |at: usize| Some((plan.first_base() + at) as u32);
        Places {
            keys: (first as u32..(first + keys) as u32).collect(),
            latest: plan.first_latest(),
            time: plan.last_time(),
            bases: (0..plan.bases.len()).map(base).collect(),
        }
    }

    /// Rows of a duration's table, to be taken in.
    pub fn rows<'a>(&'a self, cols: &'a [Column], sel: Sel<'a>, n: usize) -> Taken<'a> {
        Taken { cols, sel, n, latest: self.latest, time: self.time, bases: &self.bases, merging: true }
    }
}

/// Calls `f` with group and row of each that is not null.
#[inline]
fn each(ids: &[u32], arg: &Column, sel: Sel<'_>, mut f: impl FnMut(usize, usize)) {
    match sel {
        Sel::From(first) if arg.nulls.is_empty() => {
            ids.iter().enumerate().for_each(|(i, &id)| f(id as usize, first + i));
        }
        sel => {
            for (i, &id) in ids.iter().enumerate() {
                let row = sel.at(i);
                if !arg.is_null(row) {
                    f(id as usize, row);
                }
            }
        }
    }
}

impl Kept {
    fn grow(&mut self, rows: usize) {
        self.seen.resize(rows, 0);
        match &mut self.values.data {
            Data::I32(v) => v.resize(rows, 0),
            Data::I64(v) => v.resize(rows, 0),
            Data::F32(v) => v.resize(rows, 0.0),
            Data::F64(v) => v.resize(rows, 0.0),
            _ => self.sets.resize(rows, BTreeSet::new()),
        }
    }

    fn take(&mut self, ids: &[u32], arg: Option<&Column>, sel: Sel<'_>, merging: bool, arena: &Arena) {
        let Some(arg) = arg else {
            // Events are counted.
            if let Data::I64(acc) = &mut self.values.data {
                ids.iter().for_each(|&id| acc[id as usize] += 1);
            }
            return;
        };
        if self.base == Base::Set {
            return self.unite(ids, arg, sel, merging, arena);
        }
        let seen = &mut self.seen[..];
        macro_rules! fold {
            ($acc:expr, $v:expr, |$a:ident, $x:ident: $t:ty| $value:expr) => {
                each(ids, arg, sel, |id, row| {
                    let $x = $v[row] as $t;
                    let $a = $acc[id];
                    $acc[id] = if seen[id] == 0 { $x } else { $value };
                    seen[id] = 1;
                })
            };
        }
        macro_rules! extreme {
            ($acc:expr, $v:expr, $t:ty) => {
                if self.base == Base::Min {
                    fold!($acc, $v, |a, x: $t| if x < a { x } else { a })
                } else {
                    fold!($acc, $v, |a, x: $t| if x > a { x } else { a })
                }
            };
        }
        match (self.base, &mut self.values.data, &arg.data) {
            (Base::Sum | Base::Count, Data::I64(acc), Data::I32(v)) => fold!(acc, v, |a, x: i64| a.wrapping_add(x)),
            (Base::Sum | Base::Count, Data::I64(acc), Data::I64(v)) => fold!(acc, v, |a, x: i64| a.wrapping_add(x)),
            (Base::Sum, Data::F64(acc), Data::F32(v)) => fold!(acc, v, |a, x: f64| a + x),
            (Base::Sum, Data::F64(acc), Data::F64(v)) => fold!(acc, v, |a, x: f64| a + x),
            (_, Data::I32(acc), Data::I32(v)) => extreme!(acc, v, i32),
            (_, Data::I64(acc), Data::I64(v)) => extreme!(acc, v, i64),
            (_, Data::F32(acc), Data::F32(v)) => extreme!(acc, v, f32),
            (_, Data::F64(acc), Data::F64(v)) => extreme!(acc, v, f64),
            _ => {}
        }
    }

    /// Adds members to sets: those of sets, or values.
    fn unite(&mut self, ids: &[u32], arg: &Column, sel: Sel<'_>, merging: bool, arena: &Arena) {
        let mut own = Arena::new();
        for (i, &id) in ids.iter().enumerate() {
            let row = sel.at(i);
            let set = &mut self.sets[id as usize];
            let mut add = |members: Any, arena: &Arena| {
                for member in Members::of(members, arena) {
                    if !set.contains(member) {
                        set.insert(member.into());
                    }
                }
            };
            match &arg.data {
                Data::Any(v) if merging => add(v[row], arena),
                _ => {
                    own.clear();
                    let one = Any::new(&Value::Set(vec![arg.value(row, arena)]), &mut own);
                    add(one, &own);
                }
            }
        }
    }

    fn rows(&self, to: &mut Column, arena: &mut Arena) {
        for (i, &seen) in self.seen.iter().enumerate() {
            match &self.values.data {
                _ if self.base == Base::Set => {
                    let set = Any::set(self.sets[i].iter().map(|m| &**m), arena);
                    to.push_any(set);
                }
                _ if seen == 0 && self.base != Base::Count => to.push_null(),
                Data::I32(v) => to.push_i32(v[i]),
                Data::I64(v) => to.push_i64(v[i]),
                Data::F32(v) => to.push_f32(v[i]),
                Data::F64(v) => to.push_f64(v[i]),
                _ => to.push_null(),
            }
        }
    }
}

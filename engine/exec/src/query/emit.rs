//! Which rows of a chunk come out, and in what order.

use std::cmp::Ordering;
use std::ops::Range;

use riddhi_batch::{Arena, Chunk, Column, Columns, Data, Flow, Sel, compare_utf16};
use riddhi_plan::logical::{Kinds, SortBy};

use super::Code;
use super::limit::Tags;

/// Per group the place of its row among the picks of the chunk at hand.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    slots: Vec<(u64, u32)>,
    chunk: u64,
}

impl Slots {
    /// Appends to `picks` the last row of each group among `rows`, groups in order of first appearance. `group` tells the
    /// group of a row.
    pub fn pick(
        &mut self,
        groups: usize,
        rows: impl Iterator<Item = u32>,
        group: impl Fn(u32) -> u32,
        picks: &mut Vec<u32>,
    ) {
        self.chunk += 1;
        if self.slots.len() < groups {
            self.slots.resize(groups, (0, 0));
        }
        for row in rows {
            let slot = &mut self.slots[group(row) as usize];
            if slot.0 == self.chunk {
                picks[slot.1 as usize] = row;
            } else {
                *slot = (self.chunk, picks.len() as u32);
                picks.push(row);
            }
        }
    }
}

/// Appends to `picks` which rows of a chunk come out: each, or the last, or the last of each group, of which there are so many.
pub(super) fn pick(
    code: &Code,
    slots: &mut Slots,
    groups: usize,
    rows: impl Iterator<Item = u32>,
    group: impl Fn(u32) -> u32,
    picks: &mut Vec<u32>,
) {
    if code.each_row() {
        picks.extend(rows);
    } else if !code.group_by.is_empty() {
        slots.pick(groups, rows, group, picks);
    } else if !code.aggregates.is_empty() {
        picks.extend(rows.last());
    } else {
        picks.extend(rows);
    }
}

/// Makes chunks of the rows that stand at the end of the output from `first` on: where each ends among them, its step and its
/// cause. Those without rows are none.
pub(super) fn put_chunks(
    code: &Code,
    sorter: &mut Sorter,
    (out, tags): (&mut Flow, &mut Tags),
    first: usize,
    chunks: impl Iterator<Item = (u32, u32, u32)>,
    arena: &Arena,
) {
    let plain = code.uncut();
    if !plain {
        sorter.take(out, tags, first);
    }
    let mut start = 0;
    for (end, step, cause) in chunks {
        if end > start && plain {
            out.chunks.push(Chunk { step, cause, first: first as u32 + start, rows: end - start });
        } else if end > start {
            sorter.put(code, (out, tags), start as usize..end as usize, (step, cause), arena);
        }
        start = end;
    }
}

/// Sorts and cuts the rows of a chunk.
#[derive(Clone, Debug, Default)]
pub struct Sorter {
    rows: Columns,
    /// Of the rows that are taken: what they are sorted by and do not show.
    pub keys: Vec<Column>,
    kinds: Vec<u8>,
    groups: Vec<u32>,
    order: Vec<u32>,
}

impl Sorter {
    /// A sorter for a query's output.
    pub fn new(code: &Code) -> Sorter {
        let keys = code.sort_keys.iter().map(|key| Column::new(key.kind())).collect();
        Sorter { rows: Columns::new(code.output_kinds()), keys, ..Sorter::default() }
    }

    /// Takes the rows from `first` on out of the output.
    pub fn take(&mut self, out: &mut Flow, tags: &mut Tags, first: usize) {
        self.rows.clear();
        self.kinds.clear();
        self.groups.clear();
        self.rows.append(&out.rows, Sel::From(first), out.rows.len() - first);
        out.rows.truncate(first);
        if !out.kinds.is_empty() {
            self.kinds.extend_from_slice(&out.kinds[first..]);
            out.kinds.truncate(first);
        }
        if !tags.groups.is_empty() {
            self.groups.extend(tags.groups.drain(first..));
        }
    }

    /// Puts the taken rows of `range` back as one chunk: sorted, without the first `offset`, at most `limit`.
    pub fn put(
        &mut self,
        code: &Code,
        (out, tags): (&mut Flow, &mut Tags),
        range: Range<usize>,
        (step, cause): (u32, u32),
        arena: &Arena,
    ) {
        self.order.clear();
        self.order.extend(range.start as u32..range.end as u32);
        let one_result = !code.aggregates.is_empty() && code.group_by.is_empty() && !code.each_row();
        if one_result {
            // Siddhi keeps the one row or does not, whatever its kind.
            if code.offset > 0 || code.limit == Some(0) {
                return;
            }
        } else if code.limits_only() {
            self.order.truncate(code.limit.map_or(usize::MAX, |n| n as usize));
        } else {
            self.sort(&code.order_by, arena);
            self.cut(code);
        }
        if self.order.is_empty() {
            return;
        }
        let first = out.rows.len() as u32;
        out.rows.append(&self.rows, Sel::Rows(&self.order), self.order.len());
        if code.kinds != Kinds::Current && !self.kinds.is_empty() {
            out.kinds.extend(self.order.iter().map(|&i| self.kinds[i as usize]));
        }
        if !self.groups.is_empty() {
            tags.groups.extend(self.order.iter().map(|&i| self.groups[i as usize]));
        }
        out.chunks.push(Chunk { step, cause, first, rows: self.order.len() as u32 });
    }

    /// How many rows that [`Sorter::put`] just put back stood before `row` when they were taken.
    pub fn before(&self, row: u32) -> u32 {
        self.order.iter().filter(|&&r| r < row).count() as u32
    }

    fn kind(&self, row: u32) -> u8 {
        self.kinds.get(row as usize).copied().unwrap_or(0)
    }

    /// Sorts each run of rows of one kind by itself; stable.
    fn sort(&mut self, order_by: &[(SortBy, bool)], arena: &Arena) {
        if order_by.is_empty() {
            return;
        }
        let mut order = std::mem::take(&mut self.order);
        let mut start = 0;
        while start < order.len() {
            let kind = self.kind(order[start]);
            let run = order[start..].iter().take_while(|&&r| self.kind(r) == kind).count();
            order[start..start + run].sort_by(|&a, &b| self.compare(order_by, a as usize, b as usize, arena));
            start += run;
        }
        self.order = order;
    }

    fn compare(&self, order_by: &[(SortBy, bool)], a: usize, b: usize, arena: &Arena) -> Ordering {
        for &(by, descending) in order_by {
            let column = match by {
                SortBy::Item(at) => &self.rows.cols[at as usize],
                SortBy::Key(at) => &self.keys[at as usize],
            };
            // Null sorts last in both directions.
            let by_null = column.is_null(a).cmp(&column.is_null(b));
            if by_null != Ordering::Equal {
                return by_null;
            }
            if column.is_null(a) {
                continue;
            }
            let by_value = compare_rows(column, a, b, arena);
            let by_value = if descending { by_value.reverse() } else { by_value };
            if by_value != Ordering::Equal {
                return by_value;
            }
        }
        Ordering::Equal
    }

    /// Drops the first `offset` rows; then `limit`, which counts both kinds but takes away current rows only, as Siddhi's.
    fn cut(&mut self, code: &Code) {
        let offset = (code.offset as usize).min(self.order.len());
        self.order.drain(..offset);
        let Some(limit) = code.limit else { return };
        let mut count = 0;
        let kinds = &self.kinds;
        self.order.retain(|&row| {
            count += 1;
            count <= limit || kinds.get(row as usize).is_some_and(|&k| k != 0)
        });
    }
}

/// Java's order: of doubles -0.0 before 0.0 and NaN last, of strings by UTF-16 units.
fn compare_rows(column: &Column, a: usize, b: usize, arena: &Arena) -> Ordering {
    match &column.data {
        Data::I32(v) => v[a].cmp(&v[b]),
        Data::I64(v) => v[a].cmp(&v[b]),
        Data::F32(v) => java_order(v[a] as f64, v[b] as f64),
        Data::F64(v) => java_order(v[a], v[b]),
        Data::Bool(v) => v[a].cmp(&v[b]),
        Data::Str(v) => compare_utf16(v[a].bytes(arena), v[b].bytes(arena)),
        Data::Any(v) => compare_any(&v[a].value(arena), &v[b].value(arena)),
    }
}

fn java_order(a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (false, false) => a.total_cmp(&b),
        (x, y) => x.cmp(&y),
    }
}

fn compare_any(a: &riddhi_batch::Value, b: &riddhi_batch::Value) -> Ordering {
    use riddhi_batch::Value::*;
    match (a, b) {
        (Int(x), Int(y)) => x.cmp(y),
        (Long(x), Long(y)) => x.cmp(y),
        (Float(x), Float(y)) => java_order(*x as f64, *y as f64),
        (Double(x), Double(y)) => java_order(*x, *y),
        (Bool(x), Bool(y)) => x.cmp(y),
        (Str(x), Str(y)) => compare_utf16(x.as_bytes(), y.as_bytes()),
        // Objects have no order of their own; Siddhi takes their hash, which nobody can rely on.
        _ => a.to_string().cmp(&b.to_string()),
    }
}

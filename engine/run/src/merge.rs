//! Chunks of one stream that come from several sources, in the order of depth-first delivery.
//!
//! The order is by step; within a step all chunks descend from one root, and the one whose path from there is smaller comes
//! first, a path being the list of (reader rank, chunk ordinal) on the way. A source's own chunks are in order already, so
//! the sources are merged.

use std::cmp::Ordering;
use std::collections::HashMap;

use foldhash::fast::FixedState;
use riddhi_batch::{Arena, Chunk, Column, Columns, Data, Flow, Schema, each_data};

/// The source of a chunk: a query's output, or input from outside.
pub const OUTSIDE: u32 = u32::MAX;

/// Where a chunk came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The query that wrote it, or [`OUTSIDE`].
    pub source: u32,
    /// Its place among that source's chunks.
    pub chunk: u32,
}

/// A stream's chunks of several sources.
#[derive(Debug, Default)]
pub struct Merged {
    /// The chunks in order, by origin.
    pub origins: Vec<Origin>,
    /// The same chunks with their rows, for readers. Of a stepped region: chunks of queries only, in order of delivery.
    pub flow: Flow,
    /// Of a region that runs by generations: where each chunk of `flow` came from.
    pub via: Vec<crate::generations::Via>,
    /// Whether the stream has chunks in this frame.
    pub touched: bool,
    /// Of a stepped region: whether the sink sees the chunks of `flow` as they stand there.
    pub in_order: bool,
    /// Whether `origins` is valid for this frame.
    pub ordered: bool,
    /// Whether `flow` is valid for this frame.
    pub copied: bool,
    /// The only source of this frame, if there is one.
    pub single: Option<u32>,
}

impl Merged {
    /// Nothing merged yet, for a stream of that shape.
    pub fn new(schema: &Schema) -> Merged {
        Merged { flow: Flow::of(schema), ..Merged::default() }
    }

    /// Forgets the frame.
    pub fn clear(&mut self) {
        self.origins.clear();
        self.via.clear();
        if !self.flow.chunks.is_empty() {
            self.flow.clear();
        }
        self.ordered = false;
        self.copied = false;
        self.in_order = false;
        self.touched = false;
        self.single = None;
    }
}

/// From so many lists on they are sorted, which sees that they are sorted runs, rather than looked at one by one.
const SORTED_LISTS_MIN: usize = 8;

/// Merges sorted lists of `lengths` items into `out` by `compare`, which is given (list, item) pairs.
pub fn merge_lists(
    sources: &[(u32, usize)],
    mut compare: impl FnMut(Origin, Origin) -> Ordering,
    out: &mut Vec<Origin>,
) {
    if sources.len() >= SORTED_LISTS_MIN {
        let all = |&(source, n): &(u32, usize)| (0..n as u32).map(move |chunk| Origin { source, chunk });
        out.extend(sources.iter().flat_map(all));
        return out.sort_by(|&a, &b| compare(a, b));
    }
    let mut next = vec![0usize; sources.len()];
    loop {
        let mut best: Option<(usize, Origin)> = None;
        for (i, &(source, length)) in sources.iter().enumerate() {
            if next[i] == length {
                continue;
            }
            let candidate = Origin { source, chunk: next[i] as u32 };
            if best.is_none_or(|(_, b)| compare(candidate, b) == Ordering::Less) {
                best = Some((i, candidate));
            }
        }
        let Some((i, origin)) = best else { return };
        next[i] += 1;
        out.push(origin);
    }
}

/// Merges the chunks of two writers that read one flow, by cause, then the first writer first.
pub fn merge_two((a, first): (u32, &[Chunk]), (b, second): (u32, &[Chunk]), out: &mut Vec<Origin>) {
    let (mut i, mut j) = (0, 0);
    out.reserve(first.len() + second.len());
    while i < first.len() && j < second.len() {
        let take_first = first[i].cause <= second[j].cause;
        out.push(if take_first {
            Origin { source: a, chunk: i as u32 }
        } else {
            Origin { source: b, chunk: j as u32 }
        });
        i += take_first as usize;
        j += !take_first as usize;
    }
    out.extend((i..first.len()).map(|i| Origin { source: a, chunk: i as u32 }));
    out.extend((j..second.len()).map(|j| Origin { source: b, chunk: j as u32 }));
}

/// Merges the chunks of any number of writers that read one flow, by cause, then in the order of the writers. Causes are
/// places in that flow, so each chunk's place can be counted out.
pub fn merge_by_cause(writers: &[(u32, &[Chunk])], out: &mut Vec<Origin>) {
    let last = writers.iter().filter_map(|(_, chunks)| chunks.last()).map(|c| c.cause).max();
    let mut next = vec![0u32; last.map_or(0, |cause| cause as usize + 2)];
    let mut total = 0;
    for chunk in writers.iter().flat_map(|(_, chunks)| *chunks) {
        next[chunk.cause as usize + 1] += 1;
        total += 1;
    }
    for cause in 1..next.len() {
        next[cause] += next[cause - 1];
    }
    out.resize(total, Origin { source: OUTSIDE, chunk: 0 });
    for &(source, chunks) in writers {
        for (chunk, c) in (0..).zip(chunks) {
            let place = &mut next[c.cause as usize];
            out[*place as usize] = Origin { source, chunk };
            *place += 1;
        }
    }
}

/// Copies the rows of `origins` in order into `flow`: the columns that are read, converted to the stream's kinds where
/// they differ.
pub fn copy_rows<'a>(
    origins: &[Origin],
    flow_of: impl Fn(u32) -> &'a Flow,
    read: &[bool],
    flow: &mut Flow,
    places: &mut Vec<(u32, u32)>,
    arena: &mut Arena,
) {
    let mut sources: Vec<(u32, &Flow)> = Vec::new();
    let mut many: HashMap<u32, usize, FixedState> = HashMap::default();
    places.clear();
    flow.chunks.reserve(origins.len());
    for (i, origin) in origins.iter().enumerate() {
        let known = match many.is_empty() {
            true => sources.iter().position(|&(s, _)| s == origin.source),
            false => many.get(&origin.source).copied(),
        };
        let source = known.unwrap_or_else(|| {
            sources.push((origin.source, flow_of(origin.source)));
            match sources.len() {
                n if n < SORTED_LISTS_MIN => {}
                SORTED_LISTS_MIN => many.extend(sources.iter().enumerate().map(|(i, &(s, _))| (s, i))),
                n => drop(many.insert(origin.source, n - 1)),
            }
            sources.len() - 1
        });
        let chunk = sources[source].1.chunks[origin.chunk as usize];
        let first = places.len() as u32;
        if chunk.rows == 1 {
            places.push((source as u32, chunk.first));
        } else {
            places.extend((chunk.first..chunk.first + chunk.rows).map(|row| (source as u32, row)));
        }
        flow.chunks.push(Chunk { step: chunk.step, cause: i as u32, first, rows: chunk.rows });
    }
    let places = &places[..];
    let from: Vec<&Columns> = sources.iter().map(|&(_, flow)| &flow.rows).collect();
    flow.rows.ts.extend(places.iter().map(|&(s, row)| from[s as usize].ts[row as usize]));
    if sources.iter().any(|(_, from)| !from.kinds.is_empty()) {
        let kind = |&(s, row): &(u32, u32)| sources[s as usize].1.kinds.get(row as usize).copied().unwrap_or(0);
        flow.kinds.extend(places.iter().map(kind));
    }
    for (c, column) in flow.rows.cols.iter_mut().enumerate().filter(|(c, _)| read[*c]) {
        let columns: Vec<&Column> = from.iter().map(|f| &f.cols[c]).collect();
        gather(column, &columns, places, arena);
    }
}

fn gather(to: &mut Column, from: &[&Column], places: &[(u32, u32)], arena: &mut Arena) {
    if from.iter().any(|f| f.kind() != to.kind()) {
        for &(s, row) in places {
            let value = from[s as usize].value(row as usize, arena);
            let pushed = to.push_value(&value, arena);
            assert!(pushed, "a column of kind {:?} cannot hold what a writer gives", to.kind());
        }
        return;
    }
    if from.iter().any(|f| !f.nulls.is_empty()) {
        let null = |&(s, row): &(u32, u32)| from[s as usize].is_null(row as usize) as u8;
        to.nulls.extend(places.iter().map(null));
        if !to.nulls.contains(&1) {
            to.nulls.clear();
        }
    }
    each_data!(&mut to.data, v => take(v, from, places));
}

/// Vectors that a column may hold.
trait Plain: Copy {
    fn of(data: &Data) -> &[Self];
}

macro_rules! plain {
    ($($t:ty => $kind:ident),*) => {
        $(impl Plain for $t {
            fn of(data: &Data) -> &[$t] {
                match data {
                    Data::$kind(v) => v,
                    _ => &[],
                }
            }
        })*
    };
}

impl Plain for u8 {
    fn of(data: &Data) -> &[u8] {
        match data {
            Data::Bool(v) => v,
            _ => &[],
        }
    }
}

plain!(i32 => I32, i64 => I64, f32 => F32, f64 => F64, riddhi_batch::Str => Str, riddhi_batch::Any => Any);

fn take<T: Plain>(to: &mut Vec<T>, from: &[&Column], places: &[(u32, u32)]) {
    if let [a, b] = from {
        let (a, b) = (T::of(&a.data), T::of(&b.data));
        to.extend(places.iter().map(|&(s, row)| if s == 0 { a[row as usize] } else { b[row as usize] }));
        return;
    }
    let slices: Vec<&[T]> = from.iter().map(|f| T::of(&f.data)).collect();
    to.extend(places.iter().map(|&(s, row)| slices[s as usize][row as usize]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_counted_into_place_as_they_would_be_merged() {
        let chunks = |causes: &[u32]| -> Vec<Chunk> {
            causes.iter().map(|&cause| Chunk { step: 0, cause, first: 0, rows: 1 }).collect()
        };
        let lists = [chunks(&[0, 0, 3]), chunks(&[1, 3, 3, 7]), chunks(&[]), chunks(&[0, 3])];
        let writers: Vec<(u32, &[Chunk])> = (10..).zip(lists.iter().map(Vec::as_slice)).collect();
        let lengths: Vec<(u32, usize)> = writers.iter().map(|(w, c)| (*w, c.len())).collect();
        let cause = |o: Origin| writers[o.source as usize - 10].1[o.chunk as usize].cause;
        let (mut counted, mut merged) = (Vec::new(), Vec::new());
        merge_by_cause(&writers, &mut counted);
        merge_lists(&lengths, |a, b| (cause(a), a.source).cmp(&(cause(b), b.source)), &mut merged);
        assert_eq!(counted, merged);
        assert_eq!(counted.len(), 9);
    }
}

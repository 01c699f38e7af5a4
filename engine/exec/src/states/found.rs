//! Complete matches as rows for the selection, each a chunk of its own.
//!
//! A row notes where its values stand; columns are filled from there when the turn ends.

use riddhi_batch::{Arena, Chunk, Column, Columns, Data, Flow, Sel};

use riddhi_plan::states::At;

use super::code::{Code, Of, Point};
use super::conditions::{event_of, push_value};
use super::events::{Events, NONE};
use super::machine::Event;
use super::matches::{EMPTY, FILLED, Memory};

/// The value stands in the input, not among the events that are kept.
const LOOSE: u32 = 1 << 31;

/// Rows found in this turn.
#[derive(Debug)]
pub(super) struct Found {
    pub flow: Flow,
    /// Where failed events are asked for: the event that completed each, if any did.
    pub by: Vec<Option<(u32, u32)>>,
    /// By point of the code: where the event of each row stands.
    sources: Vec<Vec<u32>>,
}

impl Found {
    pub fn new(code: &Code) -> Found {
        let flow = Flow { rows: Columns::new(code.kinds.iter().copied()), ..Flow::default() };
        Found { flow, by: Vec::new(), sources: vec![Vec::new(); code.points.len()] }
    }

    /// Appends a match as it is now. `last`: the event that completed it, if that is all that its last slot takes.
    #[inline(always)]
    pub fn push(
        &mut self,
        code: &Code,
        memory: &Memory,
        m: u32,
        (ts, step, cause, key): (i64, u32, u32, u32),
        last: Option<(usize, &Event<'_>)>,
        arena: &mut Arena,
    ) {
        for (point, sources) in code.points.iter().zip(&mut self.sources) {
            sources.push(match last {
                Some((slot, event)) if slot == point.slot && is_only(point.at) => event.row as u32 | LOOSE,
                _ => source_of(memory, m, point),
            });
        }
        let rows = &mut self.flow.rows;
        for &(column, take) in &code.at_once {
            let to = &mut rows.cols[column];
            match last {
                _ if take.what == Of::Key => to.push_i32(key as i32),
                Some((slot, event)) if slot == take.slot && is_only(take.at) => match take.what {
                    Of::Time => to.push_i64(event.ts),
                    _ => to.push_bool(false),
                },
                _ => push_value(memory, m, &take, to, arena),
            }
        }
        let first = rows.ts.len() as u32;
        rows.ts.push(ts);
        self.flow.chunks.push(Chunk { step, cause, first, rows: 1 });
    }

    /// Appends a row for each of those who began with one of `rows`, completed by an event: both stand in their input.
    #[inline]
    pub fn push_pairs(&mut self, code: &Code, rows: &[u32], event: &Event<'_>) {
        for (point, sources) in code.points.iter().zip(&mut self.sources) {
            match point.slot {
                0 => sources.extend(rows.iter().map(|row| row | LOOSE)),
                _ => sources.extend(std::iter::repeat_n(event.row as u32 | LOOSE, rows.len())),
            }
        }
        let first = self.flow.rows.ts.len() as u32;
        self.flow.rows.ts.extend(std::iter::repeat_n(event.ts, rows.len()));
        let row = |at: usize| Chunk { step: event.step, cause: event.cause, first: first + at as u32, rows: 1 };
        self.flow.chunks.extend((0..rows.len()).map(row));
    }

    /// Fills the columns. `input` gives the columns in which a slot's loose events stand.
    pub fn fill<'a>(
        &mut self,
        code: &Code,
        memory: &Memory,
        input: impl Fn(usize) -> Option<&'a [Column]>,
        arena: &mut Arena,
    ) {
        for gather in &code.gathers {
            let slot = code.points[gather.point].slot;
            let from = input(slot).and_then(|cols| cols.get(gather.attribute as usize));
            let events = &memory.events[slot];
            let kept = gather.column.map(|c| &events.cols[c as usize]);
            let to = &mut self.flow.rows.cols[gather.to];
            fill_column(to, &self.sources[gather.point], from, kept, events, arena);
        }
        self.sources.iter_mut().for_each(Vec::clear);
    }

    pub fn clear(&mut self) {
        self.flow.clear();
        self.by.clear();
    }
}

/// Whether that is the event of a slot that has one.
#[inline]
fn is_only(at: At) -> bool {
    matches!(at, At::Nth(0) | At::Last(0))
}

#[inline]
fn source_of(memory: &Memory, m: u32, point: &Point) -> u32 {
    let event = match memory.slot(m, point.slot) {
        EMPTY | FILLED => return NONE,
        value if point.only => value - 1,
        _ => event_of(memory, m, point.slot, point.at),
    };
    if event == NONE {
        return NONE;
    }
    match memory.events[point.slot].loose(event) {
        NONE => event,
        row => row | LOOSE,
    }
}

/// Appends a value a source.
fn fill_column(
    to: &mut Column,
    sources: &[u32],
    loose: Option<&Column>,
    kept: Option<&Column>,
    events: &Events,
    arena: &mut Arena,
) {
    let empty = Column::new(to.kind());
    let (loose, kept) = (loose.unwrap_or(&empty), kept.unwrap_or(&empty));
    let plain = loose.nulls.is_empty() && kept.nulls.is_empty() && to.nulls.is_empty();
    if plain && events.arena.is_empty() && !sources.contains(&NONE) {
        return match (&mut to.data, &loose.data, &kept.data) {
            (Data::I32(a), Data::I32(b), Data::I32(c)) => gather(a, sources, b, c),
            (Data::I64(a), Data::I64(b), Data::I64(c)) => gather(a, sources, b, c),
            (Data::F32(a), Data::F32(b), Data::F32(c)) => gather(a, sources, b, c),
            (Data::F64(a), Data::F64(b), Data::F64(c)) => gather(a, sources, b, c),
            (Data::Bool(a), Data::Bool(b), Data::Bool(c)) => gather(a, sources, b, c),
            (Data::Str(a), Data::Str(b), Data::Str(c)) => gather(a, sources, b, c),
            (Data::Any(a), Data::Any(b), Data::Any(c)) => gather(a, sources, b, c),
            _ => unreachable!("a row's column is of the kind of its event's"),
        };
    }
    for &source in sources {
        match source {
            NONE => to.push_null(),
            source if source & LOOSE != 0 => to.push_from(loose, (source & !LOOSE) as usize),
            source if events.arena.is_empty() => to.push_from(kept, source as usize),
            source => to.append_from(kept, Sel::From(source as usize), 1, &events.arena, arena),
        }
    }
}

fn gather<T: Copy>(to: &mut Vec<T>, sources: &[u32], loose: &[T], kept: &[T]) {
    to.extend(sources.iter().map(|&source| match source & LOOSE {
        0 => kept[source as usize],
        _ => loose[(source & !LOOSE) as usize],
    }));
}

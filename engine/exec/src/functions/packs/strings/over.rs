//! The same functions over whole columns: by bytes, for texts of ASCII or where characters do not matter. All else is left to the
//! function of one row.

use riddhi_batch::{Arena, Data, Str};

use super::super::columns::{Over, Short, changed, each_text, has, is_ascii, joined, part_of};
use super::super::pattern::Pick;
use super::LONGEST;
use crate::expr::{Side, side};

/// Arguments of a concatenation that are put together here.
const JOINED: usize = 8;

pub(super) fn lower(over: &mut Over<'_>) -> bool {
    each_text(over, 0, Str::EMPTY, |_, text, arena| match Short::of(text) {
        Some(short) => Some(short.lower().text()),
        None if text.is_inline() => None,
        None => changed(text, arena, <[u8]>::make_ascii_lowercase),
    })
}

pub(super) fn upper(over: &mut Over<'_>) -> bool {
    each_text(over, 0, Str::EMPTY, |_, text, arena| match Short::of(text) {
        Some(short) => Some(short.upper().text()),
        None if text.is_inline() => None,
        None => changed(text, arena, <[u8]>::make_ascii_uppercase),
    })
}

pub(super) fn reverse(over: &mut Over<'_>) -> bool {
    each_text(over, 0, Str::EMPTY, |_, text, arena| match Short::of(text) {
        Some(short) => Some(short.reversed().text()),
        None if text.is_inline() => None,
        None => changed(text, arena, <[u8]>::reverse),
    })
}

/// What is cut off is ASCII, whatever the rest.
pub(super) fn trim(over: &mut Over<'_>) -> bool {
    let kept = |b: &u8| *b > b' ';
    each_text(over, 0, Str::EMPTY, |_, text, arena| {
        let bytes = text.bytes(arena);
        if bytes.first().is_some_and(kept) && bytes.last().is_some_and(kept) {
            return Some(text);
        }
        let from = bytes.iter().position(|b| kept(b)).unwrap_or(bytes.len());
        let to = bytes.iter().rposition(|b| kept(b)).map_or(from, |last| last + 1);
        Some(part_of(text, from, to, arena))
    })
}

/// UTF-16 units: each first byte of a character is one, that of four bytes two.
pub(super) fn length(over: &mut Over<'_>) -> bool {
    each_text(over, 0, 0, |_, text, arena| {
        if let Some(short) = Short::of(text) {
            return Some(short.len() as i32);
        }
        let units = |b: &u8| (b & 0xc0 != 0x80) as usize + (*b >= 0xf0) as usize;
        Some(text.bytes(arena).iter().map(units).sum::<usize>() as i32)
    })
}

/// The text that an argument gives to all rows.
fn constant(over: &Over<'_>, k: usize) -> Option<Str> {
    let arg = &over.args[k];
    match &arg.column.data {
        Data::Str(v) if arg.constant && !arg.is_null(0) => Some(v[arg.first]),
        _ => None,
    }
}

/// Where `wanted` begins in a text.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    match wanted {
        [] => Some(0),
        [byte] => memchr::memchr(*byte, bytes),
        _ => memchr::memmem::find(bytes, wanted),
    }
}

pub(super) fn contains(over: &mut Over<'_>) -> bool {
    let Some(wanted) = constant(over, 1) else { return false };
    // A text that is null contains nothing, and fails not: it is left.
    match Short::of(wanted).filter(|w| w.len() == 1).map(|w| w.text().word() >> 32) {
        Some(byte @ 1..) => each_text(over, 0, 0, |_, text, arena| match text.is_inline() {
            true => Some(has(text, byte as u8) as u8),
            false => Some(memchr::memchr(byte as u8, text.bytes(arena)).is_some() as u8),
        }),
        _ => each_text(over, 0, 0, |_, text, arena| Some(find(text.bytes(arena), wanted.bytes(arena)).is_some() as u8)),
    }
}

pub(super) fn equals_ignore_case(over: &mut Over<'_>) -> bool {
    let Some(other) = constant(over, 1) else { return false };
    let short = Short::of(other).map(Short::lower);
    each_text(over, 0, 0, |_, text, arena| match (Short::of(text), short) {
        (Some(text), Some(other)) => Some((text.lower() == other) as u8),
        _ if !is_ascii(text, arena) || !is_ascii(other, arena) => None,
        _ => Some(text.bytes(arena).eq_ignore_ascii_case(other.bytes(arena)) as u8),
    })
}

/// Where a constant stands in a text, from its beginning on.
pub(super) fn locate(over: &mut Over<'_>) -> bool {
    let Some(wanted) = constant(over, 0).filter(|_| over.args.len() == 2) else { return false };
    each_text(over, 1, 0, |_, text, arena| {
        let found = find(text.bytes(arena), wanted.bytes(arena));
        is_ascii(text, arena).then(|| found.map_or(-1, |at| at as i32))
    })
}

/// The ints of argument `k`.
fn ints<'a>(over: &Over<'a>, k: usize) -> Option<Side<'a, i32>> {
    let arg = &over.args[k];
    matches!(arg.column.data, Data::I32(_)).then(|| side(arg, over.n))
}

/// The bytes of a text of ASCII from `from` up to `to`; none if they are not all there.
#[inline]
fn part(text: Str, from: i64, to: i64, arena: &Arena) -> Option<Str> {
    let (from, to) = (usize::try_from(from).ok()?, usize::try_from(to).ok()?);
    if let Some(short) = Short::of(text) {
        return short.part(from, to).map(Short::text);
    }
    let fits = from <= to && to <= text.len() && is_ascii(text, arena);
    fits.then(|| part_of(text, from, to, arena))
}

pub(super) fn char_at(over: &mut Over<'_>) -> bool {
    let Some(index) = ints(over, 1) else { return false };
    each_text(over, 0, Str::EMPTY, |i, text, arena| {
        let at = index.at(i) as i64;
        part(text, at, at + 1, arena)
    })
}

/// `substr` from an index on, to the end or for so many characters.
pub(super) fn substr(over: &mut Over<'_>) -> bool {
    let Some(begin) = ints(over, 1) else { return false };
    if over.args.len() == 2 {
        return each_text(over, 0, Str::EMPTY, |i, text, arena| {
            part(text, begin.at(i) as i64, text.len() as i64, arena)
        });
    }
    let Some(length) = ints(over, 2) else { return false };
    each_text(over, 0, Str::EMPTY, |i, text, arena| {
        let from = begin.at(i) as i64;
        part(text, from, from + length.at(i) as i64, arena)
    })
}

pub(super) fn concat(over: &mut Over<'_>) -> bool {
    let (args, n) = (over.args, over.n);
    if args.len() > JOINED || args.iter().any(|arg| !matches!(arg.column.data, Data::Str(_))) {
        return false;
    }
    let mut sides = [Side::One(Str::EMPTY); JOINED];
    sides.iter_mut().zip(args).for_each(|(to, arg)| *to = side(arg, n));
    let sides = &sides[..args.len()];
    let Data::Str(to) = &mut over.out.data else { return false };
    to.extend((0..n).map(|i| {
        let short = sides.iter().try_fold(Str::EMPTY.word(), |word, part| {
            let part = part.at(i);
            if part.is_inline() { joined(word, part.word()) } else { None }
        });
        match short {
            Some(word) => Str::from_word(word),
            None => long(sides, i, over.arena).unwrap_or_else(|| {
                over.left.push(i as u32);
                Str::EMPTY
            }),
        }
    }));
    over.leave_nulls();
    true
}

/// The parts of row `i`, put together in the arena.
fn long(sides: &[Side<'_, Str>], i: usize, arena: &mut Arena) -> Option<Str> {
    let len: usize = sides.iter().map(|part| part.at(i).len()).sum();
    if len > LONGEST {
        return None;
    }
    let at = arena.len();
    for part in sides {
        let part = part.at(i);
        if part.is_inline() {
            arena.push(part.bytes(&Arena::new()));
        } else {
            arena.repeat(part.offset(), part.len());
        }
    }
    Some(Str::placed(&arena.bytes_mut()[at..], at as u64))
}

pub(super) fn regexp(over: &mut Over<'_>, pattern: &Pick) -> bool {
    let Some(pattern) = pattern.constant() else { return false };
    each_text(over, 0, 0, |_, text, arena| pattern.is_all_of(text.bytes(arena)).map(u8::from))
}

/// Each match of a known pattern, or the first, becomes a known text that names no groups.
pub(super) fn replace(over: &mut Over<'_>, pattern: &Pick, all: bool) -> bool {
    let (Some(pattern), Some(with)) = (pattern.constant(), constant(over, 2)) else { return false };
    if with.bytes(over.arena).iter().any(|b| matches!(b, b'$' | b'\\')) {
        return false;
    }
    let mut changed = Vec::new();
    each_text(over, 0, Str::EMPTY, |_, text, arena| {
        let (bytes, mut copied) = (text.bytes(arena), 0);
        changed.clear();
        pattern.every_in(bytes, |found| {
            changed.extend_from_slice(&bytes[copied..found.start]);
            changed.extend_from_slice(with.bytes(arena));
            copied = found.end;
            all
        })?;
        // Nothing was found, or nothing but what is nothing and becomes nothing.
        if copied == 0 && changed.is_empty() {
            return Some(text);
        }
        changed.extend_from_slice(&bytes[copied..]);
        (changed.len() <= LONGEST).then(|| Str::new(&changed, arena))
    })
}

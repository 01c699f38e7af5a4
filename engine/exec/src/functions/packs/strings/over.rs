//! The same functions over whole columns: by bytes, for texts of ASCII or where characters do not matter. All else is left to the
//! function of one row.

use riddhi_batch::{Arena, Data, Str};

use super::super::columns::{Over, Short, changed, each_text, has, is_ascii, joined, part_of};
use super::super::pattern::{Pattern, Pick, Quick, TEXT_MAX};
use super::LONGEST;
use super::concat::{append, behind};
use super::matching::piece;
use super::units;
use crate::expr::{Side, side};

/// Texts of ASCII, each changed byte for byte: in its word, or where it lies.
#[inline]
fn each_changed(over: &mut Over<'_>, short: impl Fn(Short) -> Short, long: impl Fn(&mut [u8])) -> bool {
    each_text(over, 0, Str::EMPTY, |_, text, arena| match Short::of(text) {
        Some(text) => Some(short(text).text()),
        None if text.is_inline() => None,
        None => changed(text, arena, &long),
    })
}

pub(super) fn lower(over: &mut Over<'_>) -> bool {
    each_changed(over, Short::lower, <[u8]>::make_ascii_lowercase)
}

pub(super) fn upper(over: &mut Over<'_>) -> bool {
    each_changed(over, Short::upper, <[u8]>::make_ascii_uppercase)
}

pub(super) fn reverse(over: &mut Over<'_>) -> bool {
    each_changed(over, Short::reversed, <[u8]>::reverse)
}

/// What is cut off is ASCII, whatever the rest.
pub(super) fn trim(over: &mut Over<'_>) -> bool {
    let kept = |b: &u8| *b > b' ';
    each_text(over, 0, Str::EMPTY, |_, text, arena| {
        let bytes = text.bytes(arena);
        if bytes.first().is_some_and(kept) && bytes.last().is_some_and(kept) {
            return Some(text);
        }
        let from = bytes.iter().position(kept).unwrap_or(bytes.len());
        let to = bytes.iter().rposition(kept).map_or(from, |last| last + 1);
        Some(part_of(text, from, to, arena))
    })
}

pub(super) fn length(over: &mut Over<'_>) -> bool {
    each_text(over, 0, 0, |_, text, arena| {
        if let Some(short) = Short::of(text) {
            return Some(short.len() as i32);
        }
        Some(units::count_in(text.bytes(arena)) as i32)
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
#[inline(always)]
fn part(text: Str, from: usize, to: usize, arena: &Arena) -> Option<Str> {
    if let Some(short) = Short::of(text) {
        return short.part(from, to).map(Short::text);
    }
    part_of_long(text, from, to, arena)
}

fn part_of_long(text: Str, from: usize, to: usize, arena: &Arena) -> Option<Str> {
    let fits = from <= to && to <= text.len() && is_ascii(text, arena);
    fits.then(|| part_of(text, from, to, arena))
}

/// As a place in a text; far beyond any if it is negative.
fn place(index: i32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX / 4)
}

pub(super) fn char_at(over: &mut Over<'_>) -> bool {
    match ints(over, 1) {
        None => false,
        Some(Side::One(at)) => {
            let at = place(at);
            each_text(over, 0, Str::EMPTY, |_, text, arena| part(text, at, at + 1, arena))
        }
        Some(Side::Many(at)) => each_text(over, 0, Str::EMPTY, |i, text, arena| {
            let at = place(at[i]);
            part(text, at, at + 1, arena)
        }),
    }
}

/// `substr` from an index on, to the end or for so many characters.
pub(super) fn substr(over: &mut Over<'_>) -> bool {
    let Some(begin) = ints(over, 1) else { return false };
    if over.args.len() == 2 {
        return match begin {
            Side::One(from) => {
                let from = place(from);
                each_text(over, 0, Str::EMPTY, |_, text, arena| part(text, from, text.len(), arena))
            }
            Side::Many(from) => {
                each_text(over, 0, Str::EMPTY, |i, text, arena| part(text, place(from[i]), text.len(), arena))
            }
        };
    }
    let Some(length) = ints(over, 2) else { return false };
    each_text(over, 0, Str::EMPTY, |i, text, arena| {
        let to = usize::try_from(begin.at(i) as i64 + length.at(i) as i64).ok()?;
        part(text, place(begin.at(i)), to, arena)
    })
}

/// Each match of a known pattern, or the first, becomes a known text that names no groups.
pub(super) fn replace(over: &mut Over<'_>, pattern: &Pick, all: bool) -> bool {
    let Some(pattern) = pattern.constant().and_then(Pattern::quick_find) else { return false };
    let Some(with) = constant(over, 2) else { return false };
    // So that no result is too long.
    if with.len() > LONGEST / (2 * TEXT_MAX) || with.bytes(over.arena).iter().any(|b| matches!(b, b'$' | b'\\')) {
        return false;
    }
    each_text(over, 0, Str::EMPTY, |_, text, arena| {
        if text.is_inline()
            && with.is_inline()
            && let Some(short) = replaced(text, pattern, with, all, arena)?
        {
            return Some(short);
        }
        let (mut found, mut count) = ([(0u8, 0u8); TEXT_MAX + 1], 0);
        pattern.every(text, arena, |place| {
            // No text that is taken has more places, or other ones.
            found[count] = (place.start as u8, place.end as u8);
            count += 1;
            all
        })?;
        if count == 0 {
            return Some(text);
        }
        let (start, mut copied) = (arena.len(), 0);
        for &(from, to) in &found[..count] {
            append(part_of(text, copied, from as usize, arena), arena);
            append(with, arena);
            copied = to as usize;
        }
        append(part_of(text, copied, text.len(), arena), arena);
        Some(behind(start, arena))
    })
}

/// The same where all is short; `Some(None)` if the result is not.
#[inline]
fn replaced(text: Str, pattern: Quick<'_>, with: Str, all: bool, arena: &Arena) -> Option<Option<Str>> {
    let (mut word, mut copied) = (Some(Str::EMPTY.word()), 0);
    pattern.every(text, arena, |found| {
        let before = part_of(text, copied, found.start, arena);
        word = word.and_then(|word| joined(word, before.word())).and_then(|word| joined(word, with.word()));
        copied = found.end;
        all && word.is_some()
    })?;
    let rest = part_of(text, copied, text.len(), arena);
    Some(word.and_then(|word| joined(word, rest.word())).map(Str::from_word))
}

/// How often a character of ASCII stands in a text.
pub(super) fn char_frequency(over: &mut Over<'_>) -> bool {
    let wanted = constant(over, 1).and_then(Short::of).filter(|w| w.len() == 1);
    let Some(byte) = wanted.map(|w| (w.text().word() >> 32) as u8) else { return false };
    each_text(over, 0, 0i64, |_, text, arena| Some(text.bytes(arena).iter().filter(|b| **b == byte).count() as i64))
}

/// Texts of ASCII side by side.
pub(super) fn strcmp(over: &mut Over<'_>) -> bool {
    let arg = &over.args[1];
    if !matches!(arg.column.data, Data::Str(_)) {
        return false;
    }
    let others: Side<'_, Str> = side(arg, over.n);
    each_text(over, 0, 0, |i, text, arena| {
        let (x, y) = (text.bytes(arena), others.at(i));
        let y = y.bytes(arena);
        let differ = x.iter().zip(y).find(|(x, y)| x != y).map(|(&x, &y)| x as i32 - y as i32);
        (x.is_ascii() && y.is_ascii()).then(|| differ.unwrap_or(x.len() as i32 - y.len() as i32))
    })
}

/// Any text so many times.
pub(super) fn repeat(over: &mut Over<'_>) -> bool {
    let Some(times) = ints(over, 1) else { return false };
    each_text(over, 0, Str::EMPTY, |i, text, arena| {
        let times = times.at(i).max(0) as usize;
        if text.is_empty() {
            return Some(text);
        }
        if text.len().checked_mul(times)? > LONGEST {
            return None;
        }
        let start = arena.len();
        (0..times).for_each(|_| append(text, arena));
        Some(behind(start, arena))
    })
}

/// The bytes of a text of ASCII as hexadecimal numbers, without leading zeros.
pub(super) fn hex(over: &mut Over<'_>) -> bool {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    each_text(over, 0, Str::EMPTY, |_, text, arena| {
        if !is_ascii(text, arena) {
            return None;
        }
        let start = arena.len();
        for k in 0..text.len() {
            let byte = text.bytes(arena)[k] as usize;
            let digits = [DIGITS[byte >> 4], DIGITS[byte & 15]];
            arena.push(&digits[(byte < 16) as usize..]);
        }
        Some(behind(start, arena))
    })
}

/// The first match of a known pattern, or nothing.
pub(super) fn first_match(over: &mut Over<'_>, pattern: &Pick) -> bool {
    if over.args.len() != 2 {
        return false;
    }
    let Some(pattern) = pattern.constant().and_then(Pattern::quick_find) else { return false };
    each_text(over, 0, Str::EMPTY, |_, text, arena| {
        let mut first = 0..0;
        pattern.every(text, arena, |found| {
            first = found;
            false
        })?;
        Some(part_of(text, first.start, first.end, arena))
    })
}

/// The pieces that a known pattern splits texts into.
pub(super) fn split(over: &mut Over<'_>, pattern: &Pick) -> bool {
    let Some(pattern) = pattern.constant().and_then(Pattern::quick_find) else { return false };
    let Some(wanted) = ints(over, 2) else { return false };
    each_text(over, 0, Str::EMPTY, |i, text, arena| {
        let found = piece(text.len(), wanted.at(i), |each| pattern.every(text, arena, each).ok_or(())).ok()??;
        Some(part_of(text, found.start, found.end, arena))
    })
}

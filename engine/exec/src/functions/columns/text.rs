//! Texts of a column as bytes: what is ASCII needs no look at characters.

use riddhi_batch::{Arena, Data, Str};

use super::Over;
use super::short::within;
use crate::expr::{Lane, Side, side};

/// Gives each row what `of` says of its number and its text in argument `k`. Rows of which it says nothing are left, and, with
/// `leave_nulls`, those of which an argument is null. False if the argument is no column of strings.
#[inline]
pub(in super::super) fn each_text<T: Lane>(
    over: &mut Over<'_>,
    k: usize,
    nothing: T,
    mut of: impl FnMut(usize, Str, &mut Arena) -> Option<T>,
) -> bool {
    let arg = &over.args[k];
    if !matches!(arg.column.data, Data::Str(_)) {
        return false;
    }
    let Side::Many(texts) = side::<Str>(arg, over.n) else { return false };
    let (left, arena) = (&mut *over.left, &mut *over.arena);
    let to = T::vec(&mut over.out.data);
    to.extend(texts.iter().enumerate().map(|(i, &text)| {
        of(i, text, arena).unwrap_or_else(|| {
            left.push(i as u32);
            nothing
        })
    }));
    over.leave_nulls();
    true
}

impl Over<'_> {
    /// Leaves all rows of which an argument is null.
    pub fn leave_nulls(&mut self) {
        if self.args.iter().all(|arg| arg.column.nulls.is_empty()) {
            return;
        }
        let null = |i: &u32| self.args.iter().any(|arg| arg.is_null(*i as usize));
        self.left.extend((0..self.n as u32).filter(null));
        self.left.sort_unstable();
        self.left.dedup();
    }
}

/// The bytes of a text from `from` up to `to`, which are there, and are whole characters. A long text lends its own.
#[inline]
pub(in super::super) fn part_of(text: Str, from: usize, to: usize, arena: &Arena) -> Str {
    if text.is_inline() {
        return Str::from_word(within(text.word(), from, to));
    }
    let part = &text.bytes(arena)[from..to];
    Str::inline(part).unwrap_or_else(|| Str::placed(part, text.offset() + from as u64))
}

/// Whether it is ASCII throughout.
#[inline]
pub(in super::super) fn is_ascii(text: Str, arena: &Arena) -> bool {
    if text.is_inline() { super::Short::of(text).is_some() } else { text.bytes(arena).is_ascii() }
}

/// A long text of ASCII, copied and then changed byte for byte.
pub(in super::super) fn changed(text: Str, arena: &mut Arena, change: impl FnOnce(&mut [u8])) -> Option<Str> {
    if !text.bytes(arena).is_ascii() {
        return None;
    }
    let at = arena.repeat(text.offset(), text.len());
    let bytes = &mut arena.bytes_mut()[at as usize..];
    change(bytes);
    Some(Str::placed(bytes, at))
}

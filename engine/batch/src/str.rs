//! Strings of 16 bytes.
//!
//! A [`Str`] holds up to 12 bytes inside itself; a longer one holds its first four bytes and its place in an [`Arena`].
//! The little-endian layout is `len: u32 | 12 bytes` or `len: u32 | prefix: 4 bytes | offset: u64`. Prefixes serve
//! equality only, since order is by UTF-16 units.

use crate::Arena;

/// Longest string that needs no arena, in bytes.
const INLINE_MAX: usize = 12;

/// A string of a column. Compare with [`Str::same`]: equal long strings may lie at different places.
#[derive(Clone, Copy, Debug)]
pub struct Str(u128);

impl Str {
    /// The empty string.
    pub const EMPTY: Str = Str(0);

    /// A string short enough to need no arena.
    #[inline]
    pub fn inline(bytes: &[u8]) -> Option<Str> {
        if bytes.len() > INLINE_MAX {
            return None;
        }
        let mut word = [0u8; 16];
        word[..4].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
        word[4..4 + bytes.len()].copy_from_slice(bytes);
        Some(Str(u128::from_le_bytes(word)))
    }

    /// A string whose long form goes into `arena`.
    #[inline]
    pub fn new(bytes: &[u8], arena: &mut Arena) -> Str {
        match Str::inline(bytes) {
            Some(s) => s,
            None => {
                let at = arena.push(bytes);
                Str::placed(bytes, at)
            }
        }
    }

    /// A long string that lies at `at` of the arena it will be read from; `bytes` are its bytes (or at least its first four
    /// and its length).
    pub fn placed(bytes: &[u8], at: u64) -> Str {
        debug_assert!(bytes.len() > INLINE_MAX);
        let prefix = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        Str(bytes.len() as u128 | (prefix as u128) << 32 | (at as u128) << 64)
    }

    /// Length in bytes.
    #[inline]
    pub fn len(self) -> usize {
        self.0 as u32 as usize
    }

    /// Whether it is the empty string.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether it needs no arena.
    #[inline]
    pub fn is_inline(self) -> bool {
        self.len() <= INLINE_MAX
    }

    /// Where a long string begins in its arena.
    #[inline]
    pub fn offset(self) -> u64 {
        (self.0 >> 64) as u64
    }

    /// The word itself: equal words of one arena are equal strings, and equal inline strings have equal words.
    #[inline]
    pub fn word(self) -> u128 {
        self.0
    }

    /// The string of a word that [`Str::word`] gave.
    #[inline]
    pub const fn from_word(word: u128) -> Str {
        Str(word)
    }

    /// The UTF-8 bytes.
    #[inline]
    pub fn bytes<'a>(&'a self, arena: &'a Arena) -> &'a [u8] {
        let len = self.len();
        if len <= INLINE_MAX { &bytemuck::bytes_of(&self.0)[4..4 + len] } else { arena.get(self.offset(), len) }
    }

    /// The text. Columns hold UTF-8 only; a violation shows as an empty string, not as a panic.
    pub fn text<'a>(&'a self, arena: &'a Arena) -> &'a str {
        std::str::from_utf8(self.bytes(arena)).unwrap_or("")
    }

    /// Whether both are the same text.
    #[inline]
    pub fn same(self, arena: &Arena, other: Str, others: &Arena) -> bool {
        if self.is_inline() {
            return self.0 == other.0;
        }
        self.0 as u64 == other.0 as u64 && self.bytes(arena) == other.bytes(others)
    }

    /// The same string with its long form copied from `from` to `to`.
    #[inline]
    pub fn moved(self, from: &Arena, to: &mut Arena) -> Str {
        if self.is_inline() {
            return self;
        }
        let at = to.push(from.get(self.offset(), self.len()));
        Str(self.0 as u64 as u128 | (at as u128) << 64)
    }
}

#[cfg(not(target_endian = "little"))]
compile_error!("strings and columns are laid out for little-endian machines");

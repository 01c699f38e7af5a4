//! Strings of 16 bytes and the arena their long forms lie in.
//!
//! A [`Str`] holds up to 12 bytes inside itself; a longer one holds its first four bytes and its place in an [`Arena`].
//! The little-endian layout is `len: u32 | 12 bytes` or `len: u32 | prefix: 4 bytes | offset: u64`. Prefixes serve
//! equality only, since order is by UTF-16 units.

use crate::Value;

/// Longest string that needs no arena, in bytes.
const INLINE_MAX: usize = 12;

/// Bytes of long strings and of encoded values; grows while a frame is filled and is cleared with it.
#[derive(Clone, Debug, Default)]
pub struct Arena {
    bytes: Vec<u8>,
}

impl Arena {
    /// An empty arena.
    pub fn new() -> Arena {
        Arena::default()
    }

    /// Copies `bytes` in and returns where they begin.
    pub fn push(&mut self, bytes: &[u8]) -> u64 {
        let at = self.bytes.len() as u64;
        self.bytes.extend_from_slice(bytes);
        at
    }

    /// The `len` bytes that begin at `at`.
    pub fn get(&self, at: u64, len: usize) -> &[u8] {
        &self.bytes[at as usize..at as usize + len]
    }

    /// Copies bytes of this arena to its own end and returns where they begin.
    pub fn repeat(&mut self, at: u64, len: usize) -> u64 {
        let to = self.bytes.len() as u64;
        self.bytes.extend_from_within(at as usize..at as usize + len);
        to
    }

    /// Forgets everything, keeps the capacity.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Bytes held.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The vector itself, for writers that append piece by piece.
    pub fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }
}

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

/// A value with its type: `tag: u8 | .. | len: u32 | payload or offset: u64`. Null is the column's business.
#[derive(Clone, Copy, Debug)]
pub struct Any(u128);

const INT: u8 = 1;
const LONG: u8 = 2;
const FLOAT: u8 = 3;
const DOUBLE: u8 = 4;
const BOOL: u8 = 5;
const STRING: u8 = 6;
const SET: u8 = 7;
const LIST: u8 = 8;
const MAP: u8 = 9;

impl Any {
    /// What stands under a null.
    pub const NOTHING: Any = Any(0);

    fn of(tag: u8, payload: u64) -> Any {
        Any(tag as u128 | (payload as u128) << 64)
    }

    /// The tagged form of a value; strings and sets go into `arena`. A null gives [`Any::NOTHING`].
    pub fn new(value: &Value, arena: &mut Arena) -> Any {
        match value {
            Value::Null => Any::NOTHING,
            Value::Int(x) => Any::of(INT, *x as u32 as u64),
            Value::Long(x) => Any::of(LONG, *x as u64),
            Value::Float(x) => Any::of(FLOAT, x.to_bits() as u64),
            Value::Double(x) => Any::of(DOUBLE, x.to_bits()),
            Value::Bool(x) => Any::of(BOOL, *x as u64),
            Value::Str(s) => {
                let at = arena.push(s.as_bytes());
                Any(STRING as u128 | (s.len() as u128) << 32 | (at as u128) << 64)
            }
            Value::Set(items) => Any::long(SET, arena, |to| crate::value::encode_all(items, to)),
            Value::List(items) => Any::long(LIST, arena, |to| crate::value::encode_all(items, to)),
            Value::Map(map) => Any::long(MAP, arena, |to| crate::value::encode_map(map, to)),
        }
    }

    /// A value whose encoding `write` appends to the arena.
    fn long(tag: u8, arena: &mut Arena, write: impl FnOnce(&mut Vec<u8>)) -> Any {
        let at = arena.len() as u64;
        write(arena.bytes_mut());
        let len = arena.len() as u64 - at;
        Any(tag as u128 | (len as u128) << 32 | (at as u128) << 64)
    }

    /// The value, read out.
    pub fn value(self, arena: &Arena) -> Value {
        let payload = (self.0 >> 64) as u64;
        let len = (self.0 >> 32) as u32 as usize;
        match self.0 as u8 {
            INT => Value::Int(payload as u32 as i32),
            LONG => Value::Long(payload as i64),
            FLOAT => Value::Float(f32::from_bits(payload as u32)),
            DOUBLE => Value::Double(f64::from_bits(payload)),
            BOOL => Value::Bool(payload != 0),
            STRING => Value::Str(String::from_utf8_lossy(arena.get(payload, len)).into()),
            SET => Value::Set(crate::value::decode_all(arena.get(payload, len))),
            LIST => Value::List(crate::value::decode_all(arena.get(payload, len))),
            MAP => Value::Map(Box::new(crate::value::decode_map(arena.get(payload, len)))),
            _ => Value::Null,
        }
    }

    /// The encoded members, if it is a set.
    pub(crate) fn set_bytes(self, arena: &Arena) -> Option<&[u8]> {
        let len = (self.0 >> 32) as u32 as usize;
        (self.0 as u8 == SET).then(|| arena.get((self.0 >> 64) as u64, len))
    }

    /// The set of these encoded members.
    pub fn set<'a>(members: impl Iterator<Item = &'a [u8]>, arena: &mut Arena) -> Any {
        let at = arena.len() as u64;
        members.for_each(|member| arena.bytes_mut().extend_from_slice(member));
        let len = arena.len() as u64 - at;
        Any(SET as u128 | (len as u128) << 32 | (at as u128) << 64)
    }

    /// The same value with its long part copied from `from` to `to`.
    pub fn moved(self, from: &Arena, to: &mut Arena) -> Any {
        match self.0 as u8 {
            STRING | SET | LIST | MAP => {
                let len = (self.0 >> 32) as u32 as usize;
                let at = to.push(from.get((self.0 >> 64) as u64, len));
                Any(self.0 as u64 as u128 | (at as u128) << 64)
            }
            _ => self,
        }
    }
}

#[cfg(not(target_endian = "little"))]
compile_error!("strings and columns are laid out for little-endian machines");

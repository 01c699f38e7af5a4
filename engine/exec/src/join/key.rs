//! What rows are looked up by: the values that have to be equal, made one word of 16 bytes.
//!
//! Words of one number or one short string are equal exactly if the values are. All others are hashes: what is found by
//! them is looked at once more. Null and NaN equal nothing.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use riddhi_batch::{Arena, Column, Data, Kind, Str};

use crate::hash;

/// The word of a row that no row is equal to.
pub const NOTHING: u128 = u128::MAX;

/// In the length of a short string's word: a hash of more than it could hold.
const HASHED: u128 = 0x8000_0000;

/// An attribute of a side, by its column, and the kind in which it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyColumn {
    /// The column.
    pub column: usize,
    /// The kind.
    pub kind: Kind,
}

/// Whether equal words always mean equal keys.
pub fn is_exact(word: u128, keys: usize) -> bool {
    keys == 1 && word & HASHED == 0
}

/// Appends the words of rows `first..first + n` of these columns.
pub fn words(keys: &[KeyColumn], cols: &[Column], arena: &Arena, first: usize, n: usize, out: &mut Vec<u128>) {
    match keys {
        [] => out.resize(out.len() + n, 0),
        [one] => column_words(*one, &cols[one.column], arena, first, n, out),
        _ => {
            let mut parts: Vec<u128> = Vec::with_capacity(keys.len());
            for row in first..first + n {
                parts.clear();
                keys.iter().for_each(|k| column_words(*k, &cols[k.column], arena, row, 1, &mut parts));
                out.push(if parts.contains(&NOTHING) { NOTHING } else { mix(&parts) });
            }
        }
    }
}

fn column_words(key: KeyColumn, column: &Column, arena: &Arena, first: usize, n: usize, out: &mut Vec<u128>) {
    let before = out.len();
    let rows = first..first + n;
    match (&column.data, key.kind) {
        (Data::I32(v), Kind::F64) => out.extend(v[rows].iter().map(|&x| double(f64::from(x)))),
        (Data::I32(v), Kind::F32) => out.extend(v[rows].iter().map(|&x| float(x as f32))),
        (Data::I32(v), _) => out.extend(v[rows].iter().map(|&x| number(i64::from(x) as u64))),
        (Data::I64(v), Kind::F64) => out.extend(v[rows].iter().map(|&x| double(x as f64))),
        (Data::I64(v), _) => out.extend(v[rows].iter().map(|&x| number(x as u64))),
        (Data::F32(v), Kind::F64) => out.extend(v[rows].iter().map(|&x| double(f64::from(x)))),
        (Data::F32(v), _) => out.extend(v[rows].iter().map(|&x| float(x))),
        (Data::F64(v), _) => out.extend(v[rows].iter().map(|&x| double(x))),
        (Data::Bool(v), _) => out.extend(v[rows].iter().map(|&x| number(u64::from(x)))),
        (Data::Str(v), _) => out.extend(v[rows].iter().map(|&s| text(s, arena))),
        // No key is made of such a column.
        (Data::Any(_), _) => out.resize(before + n, NOTHING),
    }
    if !column.nulls.is_empty() {
        for (word, null) in out[before..].iter_mut().zip(&column.nulls[first..]) {
            if *null != 0 {
                *word = NOTHING;
            }
        }
    }
}

/// The bits of a number lie in the high half, so that a mark of the low half tells hashes apart.
fn number(bits: u64) -> u128 {
    (bits as u128) << 64
}

fn double(x: f64) -> u128 {
    if x.is_nan() { NOTHING } else { number((x + 0.0).to_bits()) }
}

fn float(x: f32) -> u128 {
    if x.is_nan() { NOTHING } else { number(u64::from((x + 0.0).to_bits())) }
}

fn text(s: Str, arena: &Arena) -> u128 {
    if s.is_inline() { s.word() } else { hashed(hash::of_bytes(1, s.bytes(arena)), hash::of_bytes(2, s.bytes(arena))) }
}

fn hashed(a: u64, b: u64) -> u128 {
    let word = (a as u128) << 64 | b as u128;
    // Never the word of nothing.
    (word | HASHED) & !(1 << 32)
}

fn mix(parts: &[u128]) -> u128 {
    let half = |seed: u64| {
        let mut h = FixedState::with_seed(seed).build_hasher();
        parts.iter().for_each(|&p| h.write_u128(p));
        h.finish()
    };
    hashed(half(3), half(4))
}

/// The hash of a word in the table of an index.
#[inline]
pub fn hash_word(word: u128) -> u64 {
    hash::of_word(0x4a6f_696e, word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use riddhi_batch::Value;

    fn word_of(value: &Value, kind: Kind, key: Kind) -> u128 {
        let (mut arena, mut column, mut out) = (Arena::new(), Column::new(kind), Vec::new());
        assert!(column.push_value(value, &mut arena));
        words(&[KeyColumn { column: 0, kind: key }], &[column], &arena, 0, 1, &mut out);
        out[0]
    }

    #[test]
    fn numbers_are_equal_across_kinds() {
        let int = word_of(&Value::Int(-7), Kind::I32, Kind::I64);
        assert_eq!(int, word_of(&Value::Long(-7), Kind::I64, Kind::I64));
        let double = word_of(&Value::Double(-0.0), Kind::F64, Kind::F64);
        assert_eq!(double, word_of(&Value::Int(0), Kind::I32, Kind::F64));
        assert_ne!(
            word_of(&Value::Float(1.1), Kind::F32, Kind::F64),
            word_of(&Value::Double(1.1), Kind::F64, Kind::F64)
        );
        assert_eq!(word_of(&Value::Double(f64::NAN), Kind::F64, Kind::F64), NOTHING);
        assert_eq!(word_of(&Value::Null, Kind::F64, Kind::F64), NOTHING);
    }

    #[test]
    fn long_strings_are_hashed_and_short_ones_are_not() {
        let short = word_of(&Value::Str("abc".into()), Kind::Str, Kind::Str);
        let long = word_of(&Value::Str("a string of more than twelve".into()), Kind::Str, Kind::Str);
        assert!(is_exact(short, 1) && !is_exact(long, 1));
        assert_ne!(long, word_of(&Value::Str("a string of more than thirteen".into()), Kind::Str, Kind::Str));
    }
}

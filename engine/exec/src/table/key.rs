//! Keys of a table's indexes: words to hash and compare, and Java's hash, which orders the rows of a hash map.
//!
//! Keys are equal as their texts are: 0.0 and -0.0 are two, all NaN are one, null is a key of its own. A number, a bool and a
//! short string are their own word; of a long string, a tagged value and several columns the word is a hash, and the values
//! are compared as well.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use riddhi_batch::java::{spread, text_hash};
use riddhi_batch::{Arena, Column, Data, Sel, Str, Value, push_double, push_float};

/// The high half of a null and of every hash; no UTF-8 text has it.
const MARK: u64 = u64::MAX;

/// Two words that stand for a key.
pub(super) type Word = [u64; 2];

/// The key null of one column.
pub(super) const NULL: Word = [u64::MAX, MARK];

/// Columns that a key is read from: of some rows, or of the table itself.
#[derive(Clone, Copy)]
pub(super) struct Keys<'a> {
    /// The columns.
    pub cols: &'a [Column],
    /// Which of them make the key; in the order of the index.
    pub by: &'a [u32],
    /// Their long strings.
    pub arena: &'a Arena,
}

/// Whether equal words may be of different keys.
#[inline]
pub(super) fn is_hash(word: Word) -> bool {
    word[1] == MARK && word[0] != u64::MAX
}

/// What the key hashes to.
#[inline]
pub(super) fn hash_of(word: Word) -> u64 {
    if is_hash(word) {
        return word[0];
    }
    let mut h = FixedState::with_seed(0x7461_626c).build_hasher();
    h.write_u64(word[0]);
    h.write_u64(word[1]);
    h.finish()
}

fn hashed(h: impl Hasher) -> Word {
    // No hash is the word of null.
    [h.finish() & !1, MARK]
}

fn hasher() -> impl Hasher {
    FixedState::with_seed(0x7461_626c).build_hasher()
}

fn short(s: Str) -> Word {
    [s.word() as u64, (s.word() >> 64) as u64]
}

fn double_bits(x: f64) -> u64 {
    if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }
}

fn float_bits(x: f32) -> u32 {
    if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() }
}

impl Keys<'_> {
    /// The key of a row.
    #[inline]
    pub(super) fn word(&self, row: usize) -> Word {
        let [one] = self.by else { return self.joined(row) };
        let column = &self.cols[*one as usize];
        if column.is_null(row) {
            return NULL;
        }
        match &column.data {
            Data::I32(v) => [v[row] as u32 as u64, 0],
            Data::I64(v) => [v[row] as u64, 0],
            Data::F32(v) => [float_bits(v[row]) as u64, 0],
            Data::F64(v) => [double_bits(v[row]), 0],
            Data::Bool(v) => [v[row] as u64, 0],
            Data::Str(v) if v[row].is_inline() => short(v[row]),
            Data::Str(_) | Data::Any(_) => self.joined(row),
        }
    }

    /// The keys of `n` rows.
    pub(super) fn words(&self, sel: Sel<'_>, n: usize, out: &mut Vec<Word>) {
        if let [one] = self.by
            && self.cols[*one as usize].nulls.is_empty()
            && let Sel::From(first) = sel
        {
            match &self.cols[*one as usize].data {
                Data::I32(v) => return out.extend(v[first..first + n].iter().map(|&x| [x as u32 as u64, 0])),
                Data::I64(v) => return out.extend(v[first..first + n].iter().map(|&x| [x as u64, 0])),
                Data::Str(v) if v[first..first + n].iter().all(|s| s.is_inline()) => {
                    return out.extend(v[first..first + n].iter().map(|&s| short(s)));
                }
                _ => {}
            }
        }
        out.extend((0..n).map(|i| self.word(sel.at(i))));
    }

    /// A hash over all parts.
    fn joined(&self, row: usize) -> Word {
        let mut h = hasher();
        for &c in self.by {
            let column = &self.cols[c as usize];
            if column.is_null(row) {
                h.write_u8(0);
                continue;
            }
            match &column.data {
                Data::I32(v) => h.write_u32(v[row] as u32),
                Data::I64(v) => h.write_u64(v[row] as u64),
                Data::F32(v) => h.write_u32(float_bits(v[row])),
                Data::F64(v) => h.write_u64(double_bits(v[row])),
                Data::Bool(v) => h.write_u8(v[row]),
                Data::Str(v) => {
                    h.write_u32(v[row].len() as u32);
                    h.write(v[row].bytes(self.arena));
                }
                Data::Any(v) => h.write(v[row].value(self.arena).to_string().as_bytes()),
            }
        }
        hashed(h)
    }

    /// Whether two rows have the same key.
    pub(super) fn same(&self, row: usize, other: &Keys<'_>, other_row: usize) -> bool {
        self.by.iter().zip(other.by).all(|(&a, &b)| {
            let (a, b) = (&self.cols[a as usize], &other.cols[b as usize]);
            same_value((a, row, self.arena), (b, other_row, other.arena))
        })
    }

    /// Whether some part of the key is null.
    pub(super) fn has_null(&self, row: usize) -> bool {
        self.by.iter().any(|&c| self.cols[c as usize].is_null(row))
    }

    /// Java's hash of the key, as `HashMap` spreads it: of the value, or of the texts of several columns.
    pub(super) fn java_hash(&self, row: usize, text: &mut String) -> u32 {
        spread(match self.by {
            [one] => value_hash(&self.cols[*one as usize], row, self.arena),
            _ => self.joined_hash(row, text),
        })
    }

    /// Java's hash of the texts of all columns.
    fn joined_hash(&self, row: usize, text: &mut String) -> u32 {
        self.join(row, text);
        text_hash(text)
    }

    /// The texts of all columns, each with a mark behind it.
    fn join(&self, row: usize, text: &mut String) {
        text.clear();
        for &c in self.by {
            push_text(text, &self.cols[c as usize], row, self.arena);
            text.push_str(":-:");
        }
    }
}

/// For each row the hash of the texts of these columns and of one behind them, as `HashMap` of Java spreads it.
pub(crate) fn text_hashes(cols: &[Column], by: &[u32], behind: &str, arena: &Arena) -> Vec<u32> {
    let keys = Keys { cols, by, arena };
    let mut text = String::new();
    let n = cols.first().map_or(0, Column::len);
    let hash = |row| {
        keys.join(row, &mut text);
        text.push_str(behind);
        spread(text_hash(&text))
    };
    (0..n).map(hash).collect()
}

/// Whether two values, of columns of one kind or one of them tagged, have the same text, or are both null.
pub(super) fn same_value(a: (&Column, usize, &Arena), b: (&Column, usize, &Arena)) -> bool {
    let ((x, i, theirs), (y, j, ours)) = (a, b);
    if x.is_null(i) || y.is_null(j) {
        return x.is_null(i) && y.is_null(j);
    }
    match (&x.data, &y.data) {
        (Data::I32(v), Data::I32(w)) => v[i] == w[j],
        (Data::I64(v), Data::I64(w)) => v[i] == w[j],
        (Data::F32(v), Data::F32(w)) => float_bits(v[i]) == float_bits(w[j]),
        (Data::F64(v), Data::F64(w)) => double_bits(v[i]) == double_bits(w[j]),
        (Data::Bool(v), Data::Bool(w)) => v[i] == w[j],
        (Data::Str(v), Data::Str(w)) => v[i].same(theirs, w[j], ours),
        _ => x.value(i, theirs).to_string() == y.value(j, ours).to_string(),
    }
}

/// Appends the text of one value.
fn push_text(text: &mut String, column: &Column, row: usize, arena: &Arena) {
    use std::fmt::Write;
    if column.is_null(row) {
        return text.push_str("null");
    }
    // Writing to a string cannot fail.
    let _ = match &column.data {
        Data::I32(v) => write!(text, "{}", v[row]),
        Data::I64(v) => write!(text, "{}", v[row]),
        Data::F32(v) => return push_float(text, v[row]),
        Data::F64(v) => return push_double(text, v[row]),
        Data::Bool(v) => write!(text, "{}", v[row] != 0),
        Data::Str(v) => return text.push_str(v[row].text(arena)),
        Data::Any(v) => write!(text, "{}", v[row].value(arena)),
    };
}

fn value_hash(column: &Column, row: usize, arena: &Arena) -> u32 {
    if column.is_null(row) {
        return 0;
    }
    let folded = |x: u64| (x ^ (x >> 32)) as u32;
    match &column.data {
        Data::I32(v) => v[row] as u32,
        Data::I64(v) => folded(v[row] as u64),
        Data::F32(v) => float_bits(v[row]),
        Data::F64(v) => folded(double_bits(v[row])),
        Data::Bool(v) => {
            if v[row] != 0 {
                1231
            } else {
                1237
            }
        }
        Data::Str(v) => text_hash(v[row].text(arena)),
        Data::Any(v) => match v[row].value(arena) {
            Value::Set(_) | Value::List(_) | Value::Map(_) => 0,
            value => value.hash(),
        },
    }
}

/// A number as an unsigned one of the same order; as Java orders them: -0.0 before 0.0, NaN last. None of a null and of what is
/// no number.
#[inline]
pub(super) fn ordered(column: &Column, row: usize) -> Option<u64> {
    if column.is_null(row) {
        return None;
    }
    Some(match &column.data {
        Data::I32(v) => (v[row] as i64 as u64) ^ (1 << 63),
        Data::I64(v) => v[row] as u64 ^ (1 << 63),
        Data::F32(v) => float_order(f64::from(v[row])),
        Data::F64(v) => float_order(v[row]),
        _ => return None,
    })
}

fn float_order(x: f64) -> u64 {
    let bits = double_bits(x);
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

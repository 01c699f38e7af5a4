//! Which values an attribute has.

use std::str::FromStr;

use riddhi_wire::Type;

use crate::rows::Cell;

/// Bytes of a text at most.
const TEXT_BYTES_MAX: u32 = 4096;

/// Bytes of a text unless it is said.
const TEXT_BYTES: u32 = 8;

/// An attribute: its type, how many different values it has, and for a text its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    ty: Type,
    /// Different values; whole numbers and doubles are below it.
    values: u64,
    text_bytes: u32,
}

/// Why a text is no column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnError {
    /// An unknown type.
    #[error("there is no type '{0}': write string, int, long, float, double or bool")]
    Type(String),
    /// A number of values that is none, or out of range.
    #[error("'{0}' is no number of different values from 1 to {1}")]
    Values(String, u64),
    /// A length that is none, or out of range.
    #[error("'{0}' is no length of a string from 1 to {TEXT_BYTES_MAX}")]
    Length(String),
    /// Too short for so many values.
    #[error("strings of {text_bytes} characters are too short for {values} different ones")]
    Short {
        /// Characters of each.
        text_bytes: u32,
        /// How many different ones.
        values: u64,
    },
    /// More than the type takes.
    #[error("'{0}' says too much for its type")]
    More(String),
}

impl FromStr for Column {
    type Err = ColumnError;

    /// Reads `TYPE`, `TYPE:VALUES`, or `string:VALUES:LENGTH`.
    fn from_str(text: &str) -> Result<Column, ColumnError> {
        let mut parts = text.trim().split(':');
        let name = parts.next().unwrap_or("");
        let ty = Type::of_name(name).ok_or_else(|| ColumnError::Type(name.to_owned()))?;
        let (values, values_max, parts_max) = match ty {
            Type::Text => (100, u64::from(u32::MAX), 3),
            Type::Int => (1000, i32::MAX as u64, 2),
            Type::Float => (1000, 1 << 24, 2),
            Type::Long | Type::Double => (1000, 1 << 53, 2),
            Type::Bool => (2, 2, 1),
        };
        let values = match parts.next().filter(|_| ty != Type::Bool) {
            None => values,
            Some(n) => number(n, values_max).ok_or_else(|| ColumnError::Values(n.to_owned(), values_max))?,
        };
        let text_bytes = match parts.next().filter(|_| ty == Type::Text) {
            None => TEXT_BYTES,
            Some(n) => number(n, TEXT_BYTES_MAX.into()).ok_or_else(|| ColumnError::Length(n.to_owned()))? as u32,
        };
        if text.split(':').count() > parts_max {
            return Err(ColumnError::More(text.to_owned()));
        }
        let digits = (values - 1).checked_ilog10().unwrap_or(0) + 1;
        if ty == Type::Text && digits > text_bytes {
            return Err(ColumnError::Short { text_bytes, values });
        }
        Ok(Column { ty, values, text_bytes })
    }
}

fn number(text: &str, max: u64) -> Option<u64> {
    text.parse().ok().filter(|n| (1..=max).contains(n))
}

impl Column {
    /// Its type.
    pub fn ty(self) -> Type {
        self.ty
    }

    /// Bytes of each value where values follow each other without a tag; all are equally long.
    pub(crate) fn bytes(self) -> usize {
        match self.ty {
            Type::Text => self.ty.bytes_min() + self.text_bytes as usize,
            ty => ty.bytes_min(),
        }
    }

    /// Another value.
    pub(crate) fn draw(self, random: &mut Random) -> Cell {
        let value = random.below(self.values);
        match self.ty {
            Type::Int => Cell::Int(value as i32),
            Type::Long => Cell::Long(value as i64),
            Type::Float => Cell::Float(value as f32),
            Type::Double => Cell::Double(value as f64 + random.unit()),
            Type::Bool => Cell::Bool(value != 0),
            // The number, with zeros before it.
            Type::Text => Cell::Text(Some(format!("{value:0width$}", width = self.text_bytes as usize))),
        }
    }
}

/// An attribute of the stream: a column, and its name where the protocol says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: Option<String>,
    /// Its values.
    pub column: Column,
}

impl FromStr for Attribute {
    type Err = ColumnError;

    /// Reads `NAME=COLUMN`, or a column alone.
    fn from_str(text: &str) -> Result<Attribute, ColumnError> {
        let (name, column) = match text.split_once('=') {
            Some((name, column)) => (Some(name.trim().to_owned()), column),
            None => (None, text),
        };
        Ok(Attribute { name, column: column.parse()? })
    }
}

/// Numbers that look random; the same for the same seed everywhere (splitmix64).
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let a = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let b = (a ^ (a >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        b ^ (b >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    /// From 0 up to, but not, 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_or_refused_with_a_reason() {
        let ok = |text: &str, ty, values, text_bytes| {
            assert_eq!(text.parse(), Ok(Column { ty, values, text_bytes }), "{text}");
        };
        ok("string:100", Type::Text, 100, 8);
        ok(" STRING:100:2", Type::Text, 100, 2);
        ok("double", Type::Double, 1000, 8);
        ok("int:7", Type::Int, 7, 8);
        ok("bool", Type::Bool, 2, 8);
        for (text, said) in [
            ("strin", "there is no type 'strin': write string, int, long, float, double or bool"),
            ("int:0", "'0' is no number of different values from 1 to 2147483647"),
            ("string:5:0", "'0' is no length of a string from 1 to 4096"),
            ("string:101:2", "strings of 2 characters are too short for 101 different ones"),
            ("int:5:5", "'int:5:5' says too much for its type"),
            ("bool:2", "'bool:2' says too much for its type"),
        ] {
            let refused = text.parse::<Column>().expect_err(text).to_string();
            // 101 values are 0 to 100, the first that has three digits.
            assert_eq!(refused, said);
        }
    }

    #[test]
    fn values_are_as_many_and_as_long_as_was_said() {
        let column: Column = "string:3:4".parse().expect("a column");
        let (mut random, mut seen) = (Random::new(1), std::collections::BTreeSet::new());
        for _ in 0..100 {
            let Cell::Text(Some(text)) = column.draw(&mut random) else { panic!("a text") };
            assert_eq!(text.len(), 4);
            seen.insert(text);
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["0000", "0001", "0002"]);
    }
}

//! Values of events: their types, and how Binary and Siddhi TCP write them, one after another without a tag.

use crate::WireError;
use crate::cursor::Cursor;

/// The type of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// 32 bits.
    Int,
    /// 64 bits.
    Long,
    /// 32 bits.
    Float,
    /// 64 bits.
    Double,
    /// True or false.
    Bool,
    /// Text.
    Text,
}

impl Type {
    /// All types, with their names in stream definitions.
    pub const NAMES: [(Type, &'static str); 6] = [
        (Type::Int, "INT"),
        (Type::Long, "LONG"),
        (Type::Float, "FLOAT"),
        (Type::Double, "DOUBLE"),
        (Type::Bool, "BOOL"),
        (Type::Text, "STRING"),
    ];

    /// The name in stream definitions.
    pub fn name(self) -> &'static str {
        Type::NAMES.iter().find(|(ty, _)| *ty == self).map_or("", |(_, name)| name)
    }

    /// The type of a name, in any case.
    pub fn of_name(name: &str) -> Option<Type> {
        Type::NAMES.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(ty, _)| *ty)
    }

    /// Bytes that a value has at least where values follow each other without a tag.
    pub fn bytes_min(self) -> usize {
        match self {
            Type::Bool => 1,
            Type::Int | Type::Float | Type::Text => 4,
            Type::Long | Type::Double => 8,
        }
    }
}

/// A value; texts are borrowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Of [`Type::Int`].
    Int(i32),
    /// Of [`Type::Long`].
    Long(i64),
    /// Of [`Type::Float`].
    Float(f32),
    /// Of [`Type::Double`].
    Double(f64),
    /// Of [`Type::Bool`].
    Bool(bool),
    /// Of [`Type::Text`]; UTF-8 if the sender keeps to the protocol.
    Text(Option<&'a [u8]>),
}

/// Values in the order of their definition, whose types the reader must know.
pub trait Values<'a> {
    /// The next value, an INT.
    fn int(&mut self) -> Result<i32, WireError>;
    /// The next value, a LONG.
    fn long(&mut self) -> Result<i64, WireError>;
    /// The next value, a FLOAT.
    fn float(&mut self) -> Result<f32, WireError>;
    /// The next value, a DOUBLE.
    fn double(&mut self) -> Result<f64, WireError>;
    /// The next value, a BOOL.
    fn bool(&mut self) -> Result<bool, WireError>;
    /// The next value, a STRING; none if it is null.
    fn text(&mut self) -> Result<Option<&'a [u8]>, WireError>;

    /// The next value.
    fn value(&mut self, ty: Type) -> Result<Value<'a>, WireError> {
        Ok(match ty {
            Type::Int => Value::Int(self.int()?),
            Type::Long => Value::Long(self.long()?),
            Type::Float => Value::Float(self.float()?),
            Type::Double => Value::Double(self.double()?),
            Type::Bool => Value::Bool(self.bool()?),
            Type::Text => Value::Text(self.text()?),
        })
    }
}

/// Values that follow each other in the bytes of an event.
#[derive(Clone, Copy, Debug)]
pub struct RowValues<'a> {
    pub(crate) cursor: Cursor<'a>,
}

impl<'a> RowValues<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> RowValues<'a> {
        RowValues { cursor: Cursor::new(bytes) }
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.cursor.rest()
    }
}

impl<'a> Values<'a> for RowValues<'a> {
    #[inline]
    fn int(&mut self) -> Result<i32, WireError> {
        self.cursor.i32("an INT")
    }

    #[inline]
    fn long(&mut self) -> Result<i64, WireError> {
        self.cursor.i64("a LONG")
    }

    #[inline]
    fn float(&mut self) -> Result<f32, WireError> {
        self.cursor.array("a FLOAT").map(f32::from_be_bytes)
    }

    #[inline]
    fn double(&mut self) -> Result<f64, WireError> {
        self.cursor.array("a DOUBLE").map(f64::from_be_bytes)
    }

    /// Every byte but 1 is false.
    #[inline]
    fn bool(&mut self) -> Result<bool, WireError> {
        self.cursor.u8("a BOOL").map(|byte| byte == 1)
    }

    /// An empty text is null.
    #[inline]
    fn text(&mut self) -> Result<Option<&'a [u8]>, WireError> {
        let bytes = self.cursor.counted("a STRING")?;
        Ok(if bytes.is_empty() { None } else { Some(bytes) })
    }
}

/// Appends what the protocols are made of.
pub mod put {
    use super::Value;

    /// A number of 32 bits.
    pub fn int(out: &mut Vec<u8>, value: i32) {
        out.extend_from_slice(&value.to_be_bytes());
    }

    /// A number of 64 bits.
    pub fn long(out: &mut Vec<u8>, value: i64) {
        out.extend_from_slice(&value.to_be_bytes());
    }

    /// Bytes, with their number before them. No peer takes 2 GiB: what is longer is cut there.
    pub fn counted(out: &mut Vec<u8>, bytes: &[u8]) {
        let len = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
        int(out, len);
        out.extend_from_slice(&bytes[..len as usize]);
    }

    /// An arbitrary pair of an event: a key and its value.
    pub fn pair(out: &mut Vec<u8>, key: &[u8], value: &[u8]) {
        counted(out, key);
        counted(out, value);
    }

    /// A value of an event. A text that is null is written as an empty one.
    pub fn value(out: &mut Vec<u8>, value: Value<'_>) {
        match value {
            Value::Int(v) => int(out, v),
            Value::Long(v) => long(out, v),
            Value::Float(v) => out.extend_from_slice(&v.to_be_bytes()),
            Value::Double(v) => out.extend_from_slice(&v.to_be_bytes()),
            Value::Bool(v) => out.push(u8::from(v)),
            Value::Text(v) => counted(out, v.unwrap_or(b"")),
        }
    }

    /// Puts a length, or a count, in the place kept for it.
    pub(crate) fn int_at(out: &mut [u8], at: usize, value: usize) {
        let value = i32::try_from(value).unwrap_or(i32::MAX);
        if let Some(place) = out.get_mut(at..at + 4) {
            place.copy_from_slice(&value.to_be_bytes());
        }
    }
}

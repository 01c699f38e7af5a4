//! One value by itself: at the edge, in tests, in `any` columns; never on a hot path.

use std::fmt;

use crate::{Type, double_text, float_text};

/// A value with its run-time type.
#[derive(Clone, Debug)]
pub enum Value {
    /// No value.
    Null,
    /// Of `int`.
    Int(i32),
    /// Of `long`.
    Long(i64),
    /// Of `float`.
    Float(f32),
    /// Of `double`.
    Double(f64),
    /// Of `bool`.
    Bool(bool),
    /// Of `string`.
    Str(Box<str>),
    /// A set, its members in order of insertion.
    Set(Vec<Value>),
}

impl Value {
    /// Run-time type; `None` of null.
    pub fn ty(&self) -> Option<Type> {
        Some(match self {
            Value::Null => return None,
            Value::Int(_) => Type::Int,
            Value::Long(_) => Type::Long,
            Value::Float(_) => Type::Float,
            Value::Double(_) => Type::Double,
            Value::Bool(_) => Type::Bool,
            Value::Str(_) => Type::String,
            Value::Set(_) => Type::Object,
        })
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }
}

/// Java's `equals`: the same type and the same value; all NaN are one, 0.0 and -0.0 are two.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Long(a), Value::Long(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => (a.is_nan() && b.is_nan()) || a.to_bits() == b.to_bits(),
            (Value::Double(a), Value::Double(b)) => (a.is_nan() && b.is_nan()) || a.to_bits() == b.to_bits(),
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Set(a), Value::Set(b)) => a.len() == b.len() && a.iter().all(|x| b.contains(x)),
            _ => false,
        }
    }
}

/// The host's default text form (language reference 3.9).
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Int(x) => write!(f, "{x}"),
            Value::Long(x) => write!(f, "{x}"),
            Value::Float(x) => f.write_str(&float_text(*x)),
            Value::Double(x) => f.write_str(&double_text(*x)),
            Value::Bool(x) => write!(f, "{x}"),
            Value::Str(x) => f.write_str(x),
            Value::Set(items) => {
                f.write_str("[")?;
                for (i, x) in items.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{x}")?;
                }
                f.write_str("]")
            }
        }
    }
}

/// Appends the encoding of `items`: a tag byte and a little-endian payload each.
pub(crate) fn encode_all(items: &[Value], out: &mut Vec<u8>) {
    for item in items {
        encode(item, out);
    }
}

fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0),
        Value::Int(x) => {
            out.push(1);
            out.extend_from_slice(&x.to_le_bytes());
        }
        Value::Long(x) => {
            out.push(2);
            out.extend_from_slice(&x.to_le_bytes());
        }
        Value::Float(x) => {
            out.push(3);
            out.extend_from_slice(&x.to_bits().to_le_bytes());
        }
        Value::Double(x) => {
            out.push(4);
            out.extend_from_slice(&x.to_bits().to_le_bytes());
        }
        Value::Bool(x) => {
            out.push(5);
            out.push(*x as u8);
        }
        Value::Str(s) => {
            out.push(6);
            out.extend_from_slice(&(s.len() as u32).to_le_bytes());
            out.extend_from_slice(s.as_bytes());
        }
        Value::Set(items) => {
            out.push(7);
            let mut inner = Vec::new();
            encode_all(items, &mut inner);
            out.extend_from_slice(&(inner.len() as u32).to_le_bytes());
            out.extend_from_slice(&inner);
        }
    }
}

/// Reads what [`encode_all`] wrote. Damaged bytes end the list early, they do not panic.
pub(crate) fn decode_all(mut bytes: &[u8]) -> Vec<Value> {
    let mut items = Vec::new();
    while let Some(item) = decode(&mut bytes) {
        items.push(item);
    }
    items
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}

/// Reads one value and moves on behind it.
pub(crate) fn decode(bytes: &mut &[u8]) -> Option<Value> {
    let [tag] = take::<1>(bytes)?;
    Some(match tag {
        0 => Value::Null,
        1 => Value::Int(i32::from_le_bytes(take(bytes)?)),
        2 => Value::Long(i64::from_le_bytes(take(bytes)?)),
        3 => Value::Float(f32::from_bits(u32::from_le_bytes(take(bytes)?))),
        4 => Value::Double(f64::from_bits(u64::from_le_bytes(take(bytes)?))),
        5 => Value::Bool(take::<1>(bytes)?[0] != 0),
        6 | 7 => {
            let len = u32::from_le_bytes(take(bytes)?) as usize;
            let (head, rest) = bytes.split_at_checked(len)?;
            *bytes = rest;
            if tag == 6 { Value::Str(String::from_utf8_lossy(head).into()) } else { Value::Set(decode_all(head)) }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_survive_their_encoding() {
        let items = vec![
            Value::Null,
            Value::Int(-1),
            Value::Long(1 << 40),
            Value::Float(1.5),
            Value::Double(-0.0),
            Value::Bool(true),
            Value::Str("a".into()),
            Value::Set(vec![Value::Int(3)]),
        ];
        let mut bytes = Vec::new();
        encode_all(&items, &mut bytes);
        assert_eq!(decode_all(&bytes), items);
        assert_eq!(decode_all(&bytes[..bytes.len() - 1]).len(), 7);
    }
}

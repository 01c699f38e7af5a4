//! One value by itself: at the edge, in tests, in `any` columns; never on a hot path.

use std::fmt;

use crate::{Map, Type, double_text, float_text};

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
    /// A list.
    List(Vec<Value>),
    /// A map.
    Map(Box<Map>),
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
            Value::Set(_) | Value::List(_) | Value::Map(_) => Type::Object,
        })
    }

    /// How many lists, maps and sets lie in each other: 0 of a plain value.
    pub fn depth(&self) -> usize {
        let deepest = match self {
            Value::Set(items) | Value::List(items) => items.iter().map(Value::depth).max(),
            Value::Map(map) => map.entries.iter().map(|(key, value)| key.depth().max(value.depth())).max(),
            _ => return 0,
        };
        deepest.unwrap_or(0) + 1
    }

    /// Java's `hashCode`.
    pub fn hash(&self) -> u32 {
        let fold = |x: u64| (x ^ (x >> 32)) as u32;
        match self {
            Value::Null => 0,
            Value::Int(x) => *x as u32,
            Value::Long(x) => fold(*x as u64),
            Value::Float(x) => (if x.is_nan() { f32::NAN } else { *x }).to_bits(),
            Value::Double(x) => fold((if x.is_nan() { f64::NAN } else { *x }).to_bits()),
            Value::Bool(x) => 1231 + 6 * !*x as u32,
            Value::Str(text) => crate::java::text_hash(text),
            Value::Set(items) => items.iter().fold(0, |all, x| all.wrapping_add(x.hash())),
            Value::List(items) => items.iter().fold(1u32, |all, x| all.wrapping_mul(31).wrapping_add(x.hash())),
            Value::Map(map) => map.entries.iter().fold(0, |all, (k, v)| all.wrapping_add(k.hash() ^ v.hash())),
        }
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
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Map(a), Value::Map(b)) => a == b,
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
            Value::Map(map) => {
                f.write_str("{")?;
                for (i, (key, value)) in map.iter().enumerate() {
                    write!(f, "{}{key}={value}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("}")
            }
            Value::Set(items) | Value::List(items) => {
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
            with_length(out, |out| encode_all(items, out));
        }
        Value::List(items) => {
            out.push(8);
            with_length(out, |out| encode_all(items, out));
        }
        Value::Map(map) => {
            out.push(9);
            with_length(out, |out| encode_map(map, out));
        }
    }
}

/// Writes a length before what `write` appends.
fn with_length(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    let len = (out.len() - at - 4) as u32;
    out[at..at + 4].copy_from_slice(&len.to_le_bytes());
}

/// How it is ordered, then a key and a value by turns.
pub(crate) fn encode_map(map: &Map, out: &mut Vec<u8>) {
    out.push(map.linked as u8);
    out.extend_from_slice(&map.buckets.to_le_bytes());
    for (key, value) in &map.entries {
        encode(key, out);
        encode(value, out);
    }
}

/// Reads what [`encode_map`] wrote.
pub(crate) fn decode_map(mut bytes: &[u8]) -> Map {
    let linked = take::<1>(&mut bytes).is_some_and(|[x]| x != 0);
    let buckets = take(&mut bytes).map_or(16, u32::from_le_bytes);
    let mut map = Map { linked, buckets: buckets.clamp(1, 1 << 30).next_power_of_two(), entries: Vec::new() };
    while let Some(key) = decode(&mut bytes) {
        let Some(value) = decode(&mut bytes) else { break };
        map.entries.push((key, value));
    }
    map
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
        6..=9 => {
            let len = u32::from_le_bytes(take(bytes)?) as usize;
            let (head, rest) = bytes.split_at_checked(len)?;
            *bytes = rest;
            match tag {
                6 => Value::Str(String::from_utf8_lossy(head).into()),
                7 => Value::Set(decode_all(head)),
                8 => Value::List(decode_all(head)),
                _ => Value::Map(Box::new(decode_map(head))),
            }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_survive_their_encoding() {
        let mut map = Map::default();
        map.put(Value::Str("k".into()), Value::Int(1));
        let items = vec![
            Value::Null,
            Value::Int(-1),
            Value::Long(1 << 40),
            Value::Float(1.5),
            Value::Double(-0.0),
            Value::Bool(true),
            Value::Str("a".into()),
            Value::List(vec![Value::Null, Value::Map(Box::new(map))]),
            Value::Set(vec![Value::Int(3)]),
        ];
        let mut bytes = Vec::new();
        encode_all(&items, &mut bytes);
        assert_eq!(decode_all(&bytes), items);
        assert_eq!(decode_all(&bytes[..bytes.len() - 1]).len(), 8);
    }
}

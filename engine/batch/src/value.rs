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

/// Java's text form.
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

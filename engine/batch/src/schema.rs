//! Attribute types of the language and the kinds of column that hold them.

use std::fmt;

/// A declared type of SiddhiQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// 32-bit signed integer.
    Int,
    /// 64-bit signed integer.
    Long,
    /// IEEE single.
    Float,
    /// IEEE double.
    Double,
    /// Truth value.
    Bool,
    /// Text, ordered by UTF-16 units.
    String,
    /// Any value.
    Object,
}

impl Type {
    /// Whether arithmetic and ordering take values of this type.
    pub fn is_numeric(self) -> bool {
        matches!(self, Type::Int | Type::Long | Type::Float | Type::Double)
    }

    /// The column kind that holds values that really are of this type.
    pub fn kind(self) -> Kind {
        match self {
            Type::Int => Kind::I32,
            Type::Long => Kind::I64,
            Type::Float => Kind::F32,
            Type::Double => Kind::F64,
            Type::Bool => Kind::Bool,
            Type::String => Kind::Str,
            Type::Object => Kind::Any,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Type::Int => "int",
            Type::Long => "long",
            Type::Float => "float",
            Type::Double => "double",
            Type::Bool => "bool",
            Type::String => "string",
            Type::Object => "object",
        })
    }
}

/// How a column's values lie in memory; the *actual* type of an attribute, which `cast` may make differ from the
/// declared one. `Any` carries a type tag with each value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `i32`.
    I32,
    /// `i64`.
    I64,
    /// `f32`.
    F32,
    /// `f64`.
    F64,
    /// One byte, 0 or 1.
    Bool,
    /// [`crate::Str`], 16 bytes.
    Str,
    /// [`crate::Any`], 16 bytes.
    Any,
}

impl Kind {
    /// The type whose values this kind holds natively.
    pub fn native(self) -> Type {
        match self {
            Kind::I32 => Type::Int,
            Kind::I64 => Type::Long,
            Kind::F32 => Type::Float,
            Kind::F64 => Type::Double,
            Kind::Bool => Type::Bool,
            Kind::Str => Type::String,
            Kind::Any => Type::Object,
        }
    }

    /// Bytes of a value in a column.
    pub fn width(self) -> usize {
        match self {
            Kind::Bool => 1,
            Kind::I32 | Kind::F32 => 4,
            Kind::I64 | Kind::F64 => 8,
            Kind::Str | Kind::Any => 16,
        }
    }
}

/// A named, typed member of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// As written, case kept.
    pub name: String,
    /// Declared type.
    pub ty: Type,
    /// Actual column kind; `ty.kind()` unless some writer's value only claims the type.
    pub kind: Kind,
}

impl Attribute {
    /// An attribute whose values are of its declared type.
    pub fn new(name: impl Into<String>, ty: Type) -> Attribute {
        Attribute { name: name.into(), ty, kind: ty.kind() }
    }
}

/// The typed shape of a stream: attributes in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// In the order of the definition.
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// The place of the attribute of that name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.attributes.iter().position(|a| a.name == name)
    }
}

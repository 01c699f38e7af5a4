//! The language's operators on single values: what they mean, row by row.
//!
//! The column kernels take this path where a column's actual kind is not the declared one (after `cast`, in `any`
//! columns); constant folding and the reference evaluator use the same functions.

use riddhi_batch::{Type, Value};
use riddhi_plan::expr::{Arith, Compare};
use riddhi_plan::registry::RowFailure;

/// The name of a value's run-time type, for messages.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Int(_) => "int",
        Value::Long(_) => "long",
        Value::Float(_) => "float",
        Value::Double(_) => "double",
        Value::Bool(_) => "bool",
        Value::Str(_) => "string",
        Value::Set(_) => "set",
        Value::List(_) => "list",
        Value::Map(_) => "map",
    }
}

/// A number converted to the numeric type `ty` as Java's `Number.intValue()` and its like do; `None` of what is no number.
pub(crate) fn number_as(value: &Value, ty: Type) -> Option<Value> {
    macro_rules! to {
        ($x:expr) => {
            match ty {
                Type::Int => Value::Int($x as i32),
                Type::Long => Value::Long($x as i64),
                Type::Float => Value::Float($x as f32),
                Type::Double => Value::Double($x as f64),
                _ => return None,
            }
        };
    }
    Some(match *value {
        Value::Int(x) => to!(x),
        Value::Long(x) => to!(x),
        Value::Float(x) => to!(x),
        Value::Double(x) => to!(x),
        _ => return None,
    })
}

/// `+ - * / %` with the result type `ty`. A null operand gives null before anything else is looked at.
pub(crate) fn arith(op: Arith, ty: Type, a: &Value, b: &Value) -> Result<Value, RowFailure> {
    if a.is_null() || b.is_null() {
        return Ok(Value::Null);
    }
    let number = |v| number_as(v, ty).ok_or_else(|| RowFailure::new(format!("arithmetic on a {}", type_name(v))));
    Ok(match (number(a)?, number(b)?) {
        (Value::Int(x), Value::Int(y)) => int_arith(op, x, y).map_or(Value::Null, Value::Int),
        (Value::Long(x), Value::Long(y)) => long_arith(op, x, y).map_or(Value::Null, Value::Long),
        (Value::Float(x), Value::Float(y)) => float_arith(op, x, y).map_or(Value::Null, Value::Float),
        (Value::Double(x), Value::Double(y)) => double_arith(op, x, y).map_or(Value::Null, Value::Double),
        _ => Value::Null,
    })
}

macro_rules! whole {
    ($name:ident, $t:ty) => {
        fn $name(op: Arith, x: $t, y: $t) -> Option<$t> {
            Some(match op {
                Arith::Add => x.wrapping_add(y),
                Arith::Subtract => x.wrapping_sub(y),
                Arith::Multiply => x.wrapping_mul(y),
                Arith::Divide | Arith::Modulo if y == 0 => return None,
                Arith::Divide => x.wrapping_div(y),
                Arith::Modulo => x.wrapping_rem(y),
            })
        }
    };
}

macro_rules! real {
    ($name:ident, $t:ty) => {
        fn $name(op: Arith, x: $t, y: $t) -> Option<$t> {
            Some(match op {
                Arith::Add => x + y,
                Arith::Subtract => x - y,
                Arith::Multiply => x * y,
                Arith::Divide | Arith::Modulo if y == 0.0 => return None,
                Arith::Divide => x / y,
                Arith::Modulo => x % y,
            })
        }
    };
}

whole!(int_arith, i32);
whole!(long_arith, i64);
real!(float_arith, f32);
real!(double_arith, f64);

/// The type in which two numbers of these declared types are compared. A long and a float are the one pair that is not
/// compared alike by all operators: equality goes by doubles, order by floats.
pub(crate) fn compared_as(op: Compare, a: Type, b: Type) -> Option<Type> {
    if !a.is_numeric() || !b.is_numeric() {
        return None;
    }
    let either = |t| a == t || b == t;
    let equality = matches!(op, Compare::Equal | Compare::NotEqual);
    Some(if either(Type::Double) || (equality && either(Type::Float) && either(Type::Long)) {
        Type::Double
    } else if either(Type::Float) {
        Type::Float
    } else if either(Type::Long) {
        Type::Long
    } else {
        Type::Int
    })
}

/// A comparison of operands of the declared types `ta` and `tb`. With a null on either side only `!=` holds; numbers and
/// bools must be of the declared types, strings are equal to strings only.
pub(crate) fn compare(op: Compare, ta: Type, tb: Type, a: &Value, b: &Value) -> Result<bool, RowFailure> {
    if a.is_null() || b.is_null() {
        return Ok(op == Compare::NotEqual);
    }
    if ta == Type::String || ta == Type::Object {
        return match op {
            Compare::Equal => Ok(a == b),
            Compare::NotEqual => Ok(a != b),
            _ => Err(RowFailure::new(format!("order of a {} and a {}", type_name(a), type_name(b)))),
        };
    }
    for (value, ty) in [(a, ta), (b, tb)] {
        if value.ty() != Some(ty) {
            return Err(RowFailure::new(format!("comparison of a {} declared as {ty}", type_name(value))));
        }
    }
    let Some(ty) = compared_as(op, ta, tb) else {
        return Ok((a == b) == (op == Compare::Equal));
    };
    Ok(match (number_as(a, ty), number_as(b, ty)) {
        (Some(Value::Int(x)), Some(Value::Int(y))) => holds(op, x, y),
        (Some(Value::Long(x)), Some(Value::Long(y))) => holds(op, x, y),
        (Some(Value::Float(x)), Some(Value::Float(y))) => holds(op, x, y),
        (Some(Value::Double(x)), Some(Value::Double(y))) => holds(op, x, y),
        _ => false,
    })
}

/// Whether `x op y`.
#[inline]
pub(crate) fn holds<T: PartialOrd>(op: Compare, x: T, y: T) -> bool {
    match op {
        Compare::Equal => x == y,
        Compare::NotEqual => x != y,
        Compare::Less => x < y,
        Compare::LessOrEqual => x <= y,
        Compare::Greater => x > y,
        Compare::GreaterOrEqual => x >= y,
    }
}

/// A value as a condition: null is false, what is no bool fails.
pub(crate) fn truth(value: &Value) -> Result<bool, RowFailure> {
    match value {
        Value::Null => Ok(false),
        Value::Bool(x) => Ok(*x),
        other => Err(RowFailure::new(format!("a {} where a bool is needed", type_name(other)))),
    }
}

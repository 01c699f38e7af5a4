//! Values of attributes: from text, as mappers read them, and to text, as Siddhi prints them.

use riddhi_batch::{Arena, Attribute, Column, Data, Str, Type, Value};

use super::Messages;
use crate::input::fault::{Fault, Kind};
use crate::input::jsonl::scan::Scanned;
use crate::text::number::{push_double, push_float, push_long};

/// Appends what the text says for an attribute; false if it is no value of its type. Numbers are read as Java does, a bool
/// is `true` in any case or else false.
pub fn push_text(text: &str, attribute: &Attribute, column: &mut Column, arena: &mut Arena) -> bool {
    if attribute.ty == Type::String && attribute.kind == attribute.ty.kind() {
        column.push_str(Str::new(text.as_bytes(), arena));
        return true;
    }
    of_text(text, attribute.ty).is_some_and(|value| column.push_value(&value, arena))
}

/// A property of the transport for an attribute; null if it is not there and not `needed`.
pub(super) fn property(
    messages: &Messages<'_>,
    i: usize,
    name: &str,
    attribute: &Attribute,
    needed: bool,
    column: &mut Column,
    arena: &mut Arena,
) -> Scanned<()> {
    let Some(text) = messages.property(i, name) else {
        if !needed {
            column.push_null();
            return Ok(());
        }
        return Err(Fault::new(Kind::Missing, 0, 1, format!("the transport gives no '{name}'")));
    };
    if push_text(text, attribute, column, arena) {
        return Ok(());
    }
    let message = format!("'{text}', the transport's '{name}', is no {}", attribute.ty);
    Err(Fault::new(Kind::WrongType, 0, 1, message))
}

/// The value that a text says.
pub fn of_text(text: &str, ty: Type) -> Option<Value> {
    Some(match ty {
        Type::Int => Value::Int(text.parse().ok()?),
        Type::Long => Value::Long(text.parse().ok()?),
        Type::Float => Value::Float(float(text)?),
        Type::Double => Value::Double(float(text)?),
        Type::Bool => Value::Bool(text.eq_ignore_ascii_case("true")),
        Type::String | Type::Object => Value::Str(text.into()),
    })
}

/// Java takes spaces around a number and a suffix, and no word but `NaN` and `Infinity`.
fn float<T: std::str::FromStr>(text: &str) -> Option<T> {
    let text = text.trim();
    let digits = text.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(text);
    let word = digits.trim_start_matches(['+', '-']);
    if word.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        digits.parse().ok()
    } else if matches!(word, "NaN" | "Infinity") && digits.len() == text.len() {
        text.parse().ok()
    } else {
        None
    }
}

/// Appends a value as Siddhi prints it.
#[inline]
pub fn push_plain(out: &mut Vec<u8>, column: &Column, i: usize, arena: &Arena) {
    if column.is_null(i) {
        out.extend_from_slice(b"null");
        return;
    }
    match &column.data {
        Data::I32(v) => push_long(out, v[i] as i64),
        Data::I64(v) => push_long(out, v[i]),
        Data::F32(v) if v[i].is_finite() => push_float(out, v[i]),
        Data::F64(v) if v[i].is_finite() => push_double(out, v[i]),
        Data::Bool(v) => out.extend_from_slice(if v[i] != 0 { b"true" } else { b"false" }),
        Data::Str(v) => out.extend_from_slice(v[i].bytes(arena)),
        Data::F32(_) | Data::F64(_) | Data::Any(_) => {
            out.extend_from_slice(column.value(i, arena).to_string().as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_java_does() {
        for (text, ty, value) in [
            ("5", Type::Int, Some(Value::Int(5))),
            ("5.0", Type::Int, None),
            (" 5", Type::Int, None),
            ("3000000000", Type::Int, None),
            ("3000000000", Type::Long, Some(Value::Long(3_000_000_000))),
            (" 1.5f ", Type::Double, Some(Value::Double(1.5))),
            ("-Infinity", Type::Double, Some(Value::Double(f64::NEG_INFINITY))),
            ("inf", Type::Double, None),
            ("", Type::Double, None),
            ("TRUE", Type::Bool, Some(Value::Bool(true))),
            ("yes", Type::Bool, Some(Value::Bool(false))),
            ("", Type::String, Some(Value::Str("".into()))),
        ] {
            assert_eq!(of_text(text, ty), value, "{text:?} as {ty}");
        }
    }
}

//! `convert(value, 'type')`: a value of another type, by Java's conversions; null where text is no number.

use riddhi_batch::{Arena, Column, Data, Kind, Str, Type, Value};
use riddhi_plan::registry::{
    Arg, ArgError, ArgType, BoundScalar, Failed, KernelCx, RowCx, RowFailure, ScalarFunction, ScalarKernel,
};

use super::{bound, parse, push_rows, type_word};
use crate::expr::{number_as, type_name};

#[derive(Debug)]
pub(super) struct Convert;

impl ScalarFunction for Convert {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        let to = type_word(args)?;
        let from = args[0].ty;
        if from == Type::Object && to != Type::String {
            return Err(ArgError::at(0, "an object converts to string only", "use cast if it holds such a value"));
        }
        // A value that claims to be of the type already is passed on, whatever it is.
        let kind = if from == to && to != Type::String && to != Type::Bool { args[0].kind } else { to.kind() };
        Ok(bound(to, kind, Conversion { from, to }))
    }
}

/// From one declared type to another.
#[derive(Debug)]
struct Conversion {
    from: Type,
    to: Type,
}

impl ScalarKernel for Conversion {
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, failed: &mut Failed) {
        let arg = &args[0];
        if self.from == self.to && out.kind() == arg.column.kind() {
            return push_rows(out, arg, n, cx.arena);
        }
        if arg.column.kind() == self.from.kind() && typed(arg, self.to, n, cx.arena, out) {
            return;
        }
        for i in 0..n {
            match self.row(&RowCx::default(), &[arg.column.value(arg.at(i), cx.arena)]) {
                Ok(value) if out.push_value(&value, cx.arena) => {}
                Ok(_) => out.push_null(),
                Err(why) => {
                    failed.mark(i, n, why);
                    out.push_null();
                }
            }
        }
    }

    fn row(&self, _: &RowCx, args: &[Value]) -> Result<Value, RowFailure> {
        let value = &args[0];
        if value.is_null() {
            return Ok(Value::Null);
        }
        if self.to == Type::String {
            return Ok(Value::Str(value.to_string().into()));
        }
        let passed = self.from == self.to && self.to != Type::Bool;
        if passed || (value.ty() == Some(self.from) && self.from == self.to) {
            return Ok(value.clone());
        }
        if value.ty() != Some(self.from) {
            let what = format!("conversion of a {} declared as {}", type_name(value), self.from);
            return Err(RowFailure::new(what));
        }
        Ok(match (value, self.to) {
            (Value::Str(text), to) => from_text(text, to),
            (Value::Bool(x), to) => number_as(&Value::Int(*x as i32), to).unwrap_or(Value::Null),
            (number, Type::Bool) => Value::Bool(is_one(number)),
            (number, to) => number_as(number, to).unwrap_or(Value::Null),
        })
    }
}

/// The text as a value of that type, null if it is none.
pub(super) fn from_text(text: &str, to: Type) -> Value {
    match to {
        Type::Int => text.parse().map_or(Value::Null, Value::Int),
        Type::Long => text.parse().map_or(Value::Null, Value::Long),
        Type::Float => parse::real(text).map_or(Value::Null, Value::Float),
        Type::Double => parse::real(text).map_or(Value::Null, Value::Double),
        _ => Value::Bool(text.eq_ignore_ascii_case("true")),
    }
}

fn is_one(number: &Value) -> bool {
    match number {
        Value::Int(x) => *x == 1,
        Value::Long(x) => *x == 1,
        Value::Float(x) => *x == 1.0,
        Value::Double(x) => *x == 1.0,
        _ => false,
    }
}

/// The loops that need no value by itself; false if there is none for these kinds.
fn typed(arg: &Arg<'_>, to: Type, n: usize, arena: &mut Arena, out: &mut Column) -> bool {
    if arg.constant {
        return false;
    }
    macro_rules! numbers {
        ($v:ident) => {{
            let x = $v[arg.first..arg.first + n].iter();
            match &mut out.data {
                Data::I32(to) => to.extend(x.map(|&x| x as i32)),
                Data::I64(to) => to.extend(x.map(|&x| x as i64)),
                Data::F32(to) => to.extend(x.map(|&x| x as f32)),
                Data::F64(to) => to.extend(x.map(|&x| x as f64)),
                Data::Bool(to) => to.extend(x.map(|&x| (x as f64 == 1.0) as u8)),
                _ => return false,
            }
        }};
    }
    match (&arg.column.data, to) {
        (Data::I32(v), Type::String) => return whole_text(arg, n, |at| v[at] as i64, arena, out),
        (Data::I64(v), Type::String) => return whole_text(arg, n, |at| v[at], arena, out),
        (Data::Str(v), _) => return parsed(arg, n, v, arena, out),
        (Data::I32(v), _) => numbers!(v),
        (Data::I64(v), _) => numbers!(v),
        (Data::F32(v), _) => numbers!(v),
        (Data::F64(v), _) => numbers!(v),
        (Data::Bool(v), _) => numbers!(v),
        _ => return false,
    }
    if !arg.column.nulls.is_empty() {
        out.nulls.extend_from_slice(&arg.column.nulls[arg.first..arg.first + n]);
    }
    true
}

/// Appends decimal digits.
fn whole_text(arg: &Arg<'_>, n: usize, of: impl Fn(usize) -> i64, arena: &mut Arena, out: &mut Column) -> bool {
    for at in (0..n).map(|i| arg.at(i)) {
        if arg.column.is_null(at) {
            out.push_null();
        } else {
            out.push_str(decimal(of(at), arena));
        }
    }
    true
}

/// The digits of `x`, with a sign if it is negative.
fn decimal(x: i64, arena: &mut Arena) -> Str {
    short_decimal(x).unwrap_or_else(|| Str::new(x.to_string().as_bytes(), arena))
}

/// The same if it has at most 11 digits, which lie in the string itself.
pub(super) fn short_decimal(x: i64) -> Option<Str> {
    // From the last digit on, each pushes those before it on by a byte, so that the text begins at the lowest byte: as it
    // lies in a string, if it is short enough for one without an arena.
    let (mut rest, mut text, mut length) = (x.unsigned_abs(), 0u128, 0);
    while rest > 9 {
        text = text << 8 | (b'0' as u64 + rest % 10) as u128;
        rest /= 10;
        length += 1;
        if length == 11 {
            return None;
        }
    }
    text = text << 8 | (b'0' as u64 + rest) as u128;
    length += 1;
    if x < 0 {
        text = text << 8 | b'-' as u128;
        length += 1;
    }
    Some(Str::from_word(text << 32 | length))
}

/// Appends what the texts say; null where they say nothing of that type.
fn parsed(arg: &Arg<'_>, n: usize, texts: &[Str], arena: &Arena, out: &mut Column) -> bool {
    if matches!(out.kind(), Kind::Str | Kind::Any) {
        return false;
    }
    for at in (0..n).map(|i| arg.at(i)) {
        let null = arg.column.is_null(at);
        let text = if null { "" } else { texts[at].text(arena) };
        let there = match &mut out.data {
            _ if null => false,
            Data::I32(to) => push(to, text.parse().ok()),
            Data::I64(to) => push(to, text.parse().ok()),
            Data::F32(to) => push(to, parse::real(text)),
            Data::F64(to) => push(to, parse::real(text)),
            Data::Bool(to) => push(to, Some(text.eq_ignore_ascii_case("true") as u8)),
            Data::Str(_) | Data::Any(_) => false,
        };
        if !there {
            out.push_null();
        } else if !out.nulls.is_empty() {
            out.nulls.push(0);
        }
    }
    true
}

fn push<T>(to: &mut Vec<T>, x: Option<T>) -> bool {
    let there = x.is_some();
    to.extend(x);
    there
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_print_as_decimal_digits() {
        let mut arena = Arena::new();
        let mut power = 1i64;
        for _ in 0..19 {
            for x in [power - 1, power, power + 1, -power, 1 - power, i64::MIN, i64::MAX, i32::MIN as i64] {
                let text = decimal(x, &mut arena);
                assert_eq!(text.text(&arena), x.to_string());
                if let Some(short) = Str::inline(x.to_string().as_bytes()) {
                    assert_eq!(text.word(), short.word());
                }
            }
            power = power.wrapping_mul(10);
        }
    }
}

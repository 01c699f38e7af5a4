//! `math:`: functions of numbers. Any number is widened to a double; null gives null.

use std::sync::Arc;

use riddhi_batch::{Data, Type};
use riddhi_plan::registry::{ArgError, ArgType, BoundScalar, Registry, RowFailure, ScalarFunction};

use super::super::parse;
use super::columns::{Over, each, of_columns, one_number, two_numbers};
use super::rowwise::{Cell, Out, Row, of_row, shown};
use super::signature::{Checked, DOUBLE, FLOAT, INT, NUMBER, REAL, STRING, Types, WHOLE};
use super::{fdlibm, hyperbolic, rounding};

const ONE: &[&[Types]] = &[&[NUMBER]];
const TWO: &[&[Types]] = &[&[NUMBER, NUMBER]];
const ONE_REAL: &[&[Types]] = &[&[REAL]];
const ONE_WHOLE: &[&[Types]] = &[&[WHOLE]];
const ONE_TEXT: &[&[Types]] = &[&[STRING]];

/// A function of one number, and what computes it.
macro_rules! one {
    ($registry:ident, $name:literal, $overloads:expr, $of:expr) => {
        add($registry, $name, $overloads, |_| Ok(one_number(concat!("math:", $name), $of)))
    };
}

/// A function of two numbers.
macro_rules! two {
    ($registry:ident, $name:literal, $of:expr) => {
        add($registry, $name, TWO, |_| Ok(two_numbers(concat!("math:", $name), $of)))
    };
}

type Make = fn(&[ArgType]) -> Result<BoundScalar, ArgError>;

fn add(registry: &mut Registry, name: &str, overloads: &'static [&'static [Types]], make: Make) {
    registry.scalar("math", name, Arc::new(Checked { overloads, make }));
}

pub(super) fn register(registry: &mut Registry) {
    one!(registry, "abs", ONE, f64::abs);
    one!(registry, "acos", ONE_REAL, libm::acos);
    one!(registry, "asin", ONE_REAL, libm::asin);
    one!(registry, "cbrt", ONE, fdlibm::cbrt);
    one!(registry, "ceil", ONE_REAL, rounding::ceil);
    one!(registry, "cos", ONE, f64::cos);
    one!(registry, "cosh", ONE, hyperbolic::cosh);
    one!(registry, "exp", ONE, f64::exp);
    one!(registry, "floor", ONE, rounding::floor);
    one!(registry, "ln", ONE, f64::ln);
    one!(registry, "log10", ONE, libm::log10);
    one!(registry, "log2", ONE, |x| x.ln() / std::f64::consts::LN_2);
    one!(registry, "sin", ONE, f64::sin);
    one!(registry, "sinh", ONE, hyperbolic::sinh);
    one!(registry, "sqrt", ONE, f64::sqrt);
    one!(registry, "tan", ONE, f64::tan);
    one!(registry, "tanh", ONE, hyperbolic::tanh);
    one!(registry, "toDegrees", ONE, |x| x * (180.0 / std::f64::consts::PI));
    one!(registry, "toRadians", ONE, |x| x * (std::f64::consts::PI / 180.0));
    two!(registry, "copySign", f64::copysign);
    two!(registry, "max", |x, y| extreme(x, y, true));
    two!(registry, "min", |x, y| extreme(x, y, false));
    two!(registry, "power", power);
    add(registry, "log", TWO, |_| Ok(of_row("math:log", Type::Double, log)));
    add(registry, "atan", &[&[NUMBER], &[NUMBER, NUMBER]], atan);
    add(registry, "bin", ONE_WHOLE, |_| Ok(digits_of("math:bin", |x| format!("{x:b}"), |x| format!("{x:b}"))));
    add(registry, "oct", ONE_WHOLE, |_| Ok(digits_of("math:oct", |x| format!("{x:o}"), |x| format!("{x:o}"))));
    add(registry, "hex", ONE, |_| Ok(of_row("math:hex", Type::String, hex)));
    add(registry, "conv", &[&[STRING, INT, INT]], |_| Ok(of_row("math:conv", Type::String, conv)));
    add(registry, "e", &[&[]], |_| Ok(constant("math:e", std::f64::consts::E)));
    add(registry, "pi", &[&[]], |_| Ok(constant("math:pi", std::f64::consts::PI)));
    one!(registry, "getExponent", ONE, exponent);
    one!(registry, "isInfinite", ONE_REAL, |x: f64| x.is_infinite() as u8);
    one!(registry, "isNan", ONE_REAL, |x: f64| x.is_nan() as u8);
    one!(registry, "signum", ONE, |x: f64| if x > 0.0 { 1 } else { -((x < 0.0) as i32) });
    registry.scalar("math", "round", Arc::new(Round));
    registry.scalar("math", "rand", Arc::new(super::random::Rand));
    add(registry, "parseDouble", ONE_TEXT, |_| {
        Ok(parsed("math:parseDouble", Type::Double, |text| parse::real(text).map(Out::Double)))
    });
    add(registry, "parseFloat", ONE_TEXT, |_| {
        Ok(parsed("math:parseFloat", Type::Float, |text| parse::real(text).map(Out::Float)))
    });
    add(registry, "parseInt", ONE_TEXT, |_| {
        Ok(parsed("math:parseInt", Type::Int, |text| text.parse().ok().map(Out::Int)))
    });
    add(registry, "parseLong", ONE_TEXT, |_| {
        Ok(parsed("math:parseLong", Type::Long, |text| text.parse().ok().map(Out::Long)))
    });
}

fn constant(name: &'static str, x: f64) -> BoundScalar {
    of_row(name, Type::Double, move |_: &Row<'_>, _: &mut String| Ok(Out::Double(x)))
}

fn parsed(name: &'static str, ty: Type, read: fn(&str) -> Option<Out>) -> BoundScalar {
    of_row(name, ty, move |row: &Row<'_>, _: &mut String| {
        let Some(text) = row.text(0)? else { return Ok(Out::Null) };
        read(&text).ok_or_else(|| RowFailure::new(format!("{} is no {ty}", shown(&text))))
    })
}

fn atan(args: &[ArgType]) -> Result<BoundScalar, ArgError> {
    Ok(if args.len() == 1 { one_number("math:atan", libm::atan) } else { two_numbers("math:atan", fdlibm::atan2) })
}

fn log(row: &Row<'_>, _: &mut String) -> Result<Out, RowFailure> {
    let (Some(x), Some(base)) = (row.number(0)?, row.number(1)?) else { return Ok(Out::Null) };
    match base.ln() {
        0.0 => Err(RowFailure::new("the logarithm to base 1 is undefined")),
        ln => Ok(Out::Double(x.ln() / ln)),
    }
}

/// Java's `Math.max` and `Math.min`: NaN wins, and -0.0 is less than 0.0.
fn extreme(x: f64, y: f64, max: bool) -> f64 {
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    let less = x.total_cmp(&y).is_lt();
    if less == max { y } else { x }
}

/// Java's `Math.pow`, which is NaN for a base of 1 or -1 where IEEE says 1.
fn power(x: f64, y: f64) -> f64 {
    if y.is_nan() || (x.abs() == 1.0 && y.is_infinite()) { f64::NAN } else { x.powf(y) }
}

/// The unbiased binary exponent: 1024 of what is no number, -1023 of zero and subnormal numbers.
fn exponent(x: f64) -> i32 {
    ((x.to_bits() >> 52) & 0x7ff) as i32 - 1023
}

fn digits_of(name: &'static str, int: fn(i32) -> String, long: fn(i64) -> String) -> BoundScalar {
    of_row(name, Type::String, move |row: &Row<'_>, text: &mut String| {
        text.push_str(&match row.cell(0) {
            Cell::Int(x) => int(x),
            Cell::Long(x) => long(x),
            _ => return Ok(Out::Null),
        });
        Ok(Out::Text)
    })
}

fn hex(row: &Row<'_>, text: &mut String) -> Result<Out, RowFailure> {
    use std::fmt::Write;
    let written = match row.cell(0) {
        Cell::Int(x) => write!(text, "{x:x}"),
        Cell::Long(x) => write!(text, "{x:x}"),
        Cell::Float(x) => {
            // A subnormal float is normal as a double, but is written with its own least exponent.
            match x.is_subnormal() {
                true => hexadecimal(text, x.is_sign_negative(), true, -126, (x.abs().to_bits() as u64) << 29),
                false => real_hex(text, x as f64),
            }
            Ok(())
        }
        Cell::Double(x) => {
            real_hex(text, x);
            Ok(())
        }
        _ => return Ok(Out::Null),
    };
    written.map_err(|_| RowFailure::new("text too long"))?;
    Ok(Out::Text)
}

/// Java's `Double.toHexString`.
fn real_hex(text: &mut String, x: f64) {
    if x.is_nan() {
        return text.push_str("NaN");
    }
    if x.is_infinite() {
        return text.push_str(if x < 0.0 { "-Infinity" } else { "Infinity" });
    }
    if x == 0.0 {
        return text.push_str(if x.is_sign_negative() { "-0x0.0p0" } else { "0x0.0p0" });
    }
    let exponent = exponent(x).max(-1022);
    hexadecimal(text, x < 0.0, x.is_subnormal(), exponent, x.to_bits() & ((1 << 52) - 1));
}

fn hexadecimal(text: &mut String, negative: bool, subnormal: bool, exponent: i32, fraction: u64) {
    use std::fmt::Write;
    let digits = format!("{fraction:013x}");
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        some => some,
    };
    let (sign, first) = (if negative { "-" } else { "" }, if subnormal { 0 } else { 1 });
    let _ = write!(text, "{sign}0x{first}.{digits}p{exponent}");
}

/// `Integer.toString(Integer.parseInt(text, from), to)`.
fn conv(row: &Row<'_>, text: &mut String) -> Result<Out, RowFailure> {
    let (Some(number), Some(from), Some(to)) = (row.text(0)?, row.int(1)?, row.int(2)?) else {
        return Ok(Out::Null);
    };
    if !(2..=36).contains(&from) {
        return Err(RowFailure::new(format!("base {from} is not one of 2 to 36")));
    }
    let value = i32::from_str_radix(&number, from as u32)
        .map_err(|_| RowFailure::new(format!("{} is no int to base {from}", shown(&number))))?;
    // An impossible base is taken for 10, as Java does.
    let to = if (2..=36).contains(&to) { to as u64 } else { 10 };
    let (mut rest, mut digits) = (value.unsigned_abs() as u64, Vec::new());
    loop {
        digits.push(char::from_digit((rest % to) as u32, 36).unwrap_or('0'));
        rest /= to;
        if rest == 0 {
            break;
        }
    }
    text.extend((value < 0).then_some('-'));
    text.extend(digits.into_iter().rev());
    Ok(Out::Text)
}

/// Half up: of a float an int, of a double a long.
struct Round;

impl ScalarFunction for Round {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        let double = args.first().is_none_or(|a| a.ty == Type::Double);
        let ty = if double { Type::Long } else { Type::Int };
        let make: Make = if double { |_| Ok(round(Type::Long)) } else { |_| Ok(round(Type::Int)) };
        let overloads: &[&[Types]] = if ty == Type::Long { &[&[FLOAT | DOUBLE]] } else { ONE_REAL };
        Checked { overloads, make }.bind(args)
    }
}

fn round(ty: Type) -> BoundScalar {
    let of = move |row: &Row<'_>, _: &mut String| {
        Ok(match (row.cell(0), ty) {
            (Cell::Null, _) => Out::Null,
            (Cell::Float(x), Type::Int) => Out::Int(half_up(x as f64) as i32),
            (Cell::Double(x), Type::Long) => Out::Long(half_up(x) as i64),
            _ => return Err(RowFailure::new("not of the type it is declared with")),
        })
    };
    of_columns("math:round", ty, of, |over: &mut Over<'_>| match (&over.args[0].column.data, &over.out.data) {
        (Data::F32(_), Data::I32(_)) => each(over, |x: f32| half_up(x as f64) as i32),
        (Data::F64(_), Data::I64(_)) => each(over, |x: f64| half_up(x) as i64),
        _ => false,
    })
}

/// `floor(x + 1/2)` without the rounding of that sum.
fn half_up(x: f64) -> f64 {
    let floor = rounding::floor(x);
    if x - floor >= 0.5 { floor + 1.0 } else { floor }
}

//! `str:`: functions of texts. Unless said otherwise, null fails the row.

mod concat;
mod matching;
mod over;
mod template;
pub(super) mod units;

use std::sync::Arc;

use riddhi_batch::Type;
use riddhi_plan::registry::{ArgError, ArgType, BoundScalar, Registry, RowFailure};

use super::super::choose::Coalesce;
use super::columns::of_columns;
use super::rowwise::{Out, Row, null, of_row, shown};
use super::signature::{Checked, INT, STRING, Types};

const ONE: &[&[Types]] = &[&[STRING]];
const TWO: &[&[Types]] = &[&[STRING, STRING]];
const WITH_INT: &[&[Types]] = &[&[STRING, INT]];
const LOCATE: &[&[Types]] = &[&[STRING, STRING], &[STRING, STRING, INT]];

/// Bytes of one result.
const LONGEST: usize = 1 << 24;

type Make = fn(&[ArgType]) -> Result<BoundScalar, ArgError>;
type Of = fn(&Row<'_>, &mut String) -> Result<Out, RowFailure>;

fn add(registry: &mut Registry, name: &str, overloads: &'static [&'static [Types]], make: Make) {
    registry.scalar("str", name, Arc::new(Checked { overloads, make }));
}

/// A function that is bound without a look at its arguments; the last is its way over columns, if it has one.
macro_rules! simple {
    ($registry:ident, $name:literal, $overloads:expr, $ty:ident, $of:expr) => {
        add($registry, $name, $overloads, |_| Ok(of_row(concat!("str:", $name), Type::$ty, $of as Of)))
    };
    ($registry:ident, $name:literal, $overloads:expr, $ty:ident, $of:expr, $over:expr) => {
        add($registry, $name, $overloads, |_| Ok(of_columns(concat!("str:", $name), Type::$ty, $of as Of, $over)))
    };
}

pub(super) fn register(registry: &mut Registry) {
    registry.scalar("str", "coalesce", Arc::new(Coalesce));
    registry.scalar("str", "concat", Arc::new(concat::Concat));
    registry.scalar("str", "fillTemplate", Arc::new(template::FillTemplate));
    simple!(registry, "charAt", WITH_INT, String, char_at, over::char_at);
    simple!(registry, "charFrequency", TWO, Long, char_frequency, over::char_frequency);
    simple!(registry, "contains", TWO, Bool, contains, over::contains);
    simple!(registry, "equalsIgnoreCase", TWO, Bool, equals_ignore_case, over::equals_ignore_case);
    simple!(registry, "hex", ONE, String, hex, over::hex);
    simple!(registry, "unhex", ONE, String, unhex);
    simple!(registry, "length", ONE, Int, |row, _| Ok(Out::Int(units::count(&row.some_text(0)?) as i32)), over::length);
    simple!(registry, "locate", LOCATE, Int, locate, over::locate);
    simple!(registry, "lower", ONE, String, lower, over::lower);
    simple!(registry, "upper", ONE, String, upper, over::upper);
    simple!(registry, "repeat", WITH_INT, String, repeat, over::repeat);
    simple!(registry, "reverse", ONE, String, reverse, over::reverse);
    simple!(registry, "strcmp", TWO, Int, strcmp, over::strcmp);
    simple!(registry, "trim", ONE, String, trim, over::trim);
    matching::register(registry);
}

fn lower(row: &Row<'_>, out: &mut String) -> Result<Out, RowFailure> {
    let text = row.some_text(0)?;
    if text.is_ascii() {
        out.extend(text.chars().map(|c| c.to_ascii_lowercase()));
    } else {
        out.push_str(&text.to_lowercase());
    }
    Ok(Out::Text)
}

fn upper(row: &Row<'_>, out: &mut String) -> Result<Out, RowFailure> {
    out.extend(row.some_text(0)?.chars().flat_map(char::to_uppercase));
    Ok(Out::Text)
}

fn reverse(row: &Row<'_>, out: &mut String) -> Result<Out, RowFailure> {
    out.extend(row.some_text(0)?.chars().rev());
    Ok(Out::Text)
}

fn trim(row: &Row<'_>, out: &mut String) -> Result<Out, RowFailure> {
    out.push_str(row.some_text(0)?.trim_matches(|c| c <= ' '));
    Ok(Out::Text)
}

/// Fails where a result would be too long.
fn bounded(bytes: usize) -> Result<(), RowFailure> {
    if bytes <= LONGEST { Ok(()) } else { Err(RowFailure::new(format!("the text is longer than {LONGEST} bytes"))) }
}

#[cold]
fn outside(text: &str, what: impl std::fmt::Display) -> RowFailure {
    RowFailure::new(format!("{what} is outside {}", shown(text)))
}

fn char_at(row: &Row<'_>, out: &mut String) -> Result<Out, RowFailure> {
    let (text, index) = (row.some_text(0)?, row.some_int(1)?);
    match usize::try_from(index) {
        Ok(at) if units::slice(&text, at, at + 1, out) => Ok(Out::Text),
        _ => Err(outside(&text, index)),
    }
}

fn char_frequency(row: &Row<'_>, _: &mut String) -> Result<Out, RowFailure> {
    let (text, wanted) = (row.some_text(0)?, row.some_text(1)?);
    let mut chars = wanted.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c.len_utf16() == 1 => Ok(Out::Long(text.chars().filter(|x| *x == c).count() as i64)),
        _ => Err(RowFailure::new(format!("{} is not one character", shown(&wanted)))),
    }
}

fn contains(row: &Row<'_>, _: &mut String) -> Result<Out, RowFailure> {
    let Some(text) = row.text(0)? else { return Ok(Out::Bool(false)) };
    Ok(Out::Bool(text.contains(&*row.some_text(1)?)))
}

fn equals_ignore_case(row: &Row<'_>, _: &mut String) -> Result<Out, RowFailure> {
    let text = row.some_text(0)?;
    let Some(other) = row.text(1)? else { return Ok(Out::Bool(false)) };
    let same = |(x, y): (char, char)| x == y || fold(x) == fold(y);
    let equal = text.chars().count() == other.chars().count() && text.chars().zip(other.chars()).all(same);
    Ok(Out::Bool(equal))
}

/// The lower case of the upper case, one character for one.
fn fold(c: char) -> char {
    let upper = single(c.to_uppercase()).unwrap_or(c);
    single(upper.to_lowercase()).unwrap_or(upper)
}

fn single(mut chars: impl Iterator<Item = char>) -> Option<char> {
    chars.next().filter(|_| chars.next().is_none())
}

/// The units as hexadecimal numbers, without leading zeros.
fn hex(row: &Row<'_>, out: &mut String) -> Result<Out, RowFailure> {
    use std::fmt::Write;
    for unit in row.some_text(0)?.encode_utf16() {
        let _ = write!(out, "{unit:x}");
    }
    Ok(Out::Text)
}

/// Two digits a character.
fn unhex(row: &Row<'_>, out: &mut String) -> Result<Out, RowFailure> {
    let text = row.some_text(0)?;
    let fail = || RowFailure::new(format!("{} is not made of pairs of hexadecimal digits", shown(&text)));
    let mut chars = text.chars();
    while let Some(first) = chars.next() {
        let second = chars.next().ok_or_else(fail)?;
        let code = match (first, second.to_digit(16).ok_or_else(fail)?) {
            ('+' | '-', 0) => 0,
            ('+', low) => low,
            (first, low) => first.to_digit(16).ok_or_else(fail)? * 16 + low,
        };
        out.extend(char::from_u32(code));
    }
    Ok(Out::Text)
}

/// Where the first text stands in the second; with a start, counted from there and the start added.
fn locate(row: &Row<'_>, _: &mut String) -> Result<Out, RowFailure> {
    let (wanted, text) = (row.some_text(0)?, row.some_text(1)?);
    let mut start = 0;
    if row.len() == 3 {
        start = row.some_int(2)?;
    }
    let Some(from) = usize::try_from(start).ok().and_then(|n| units::place(&text, n)) else {
        return Err(outside(&text, start));
    };
    let rest = &text[from..];
    Ok(Out::Int(start + rest.find(&*wanted).map_or(-1, |at| units::count(&rest[..at]) as i32)))
}

fn repeat(row: &Row<'_>, out: &mut String) -> Result<Out, RowFailure> {
    let (text, times) = (row.some_text(0)?, row.some_int(1)?.max(0) as usize);
    bounded(text.len().saturating_mul(times))?;
    (0..if text.is_empty() { 0 } else { times }).for_each(|_| out.push_str(&text));
    Ok(Out::Text)
}

/// The difference of the first units that differ, else of the lengths.
fn strcmp(row: &Row<'_>, _: &mut String) -> Result<Out, RowFailure> {
    let (text, other) = (row.text(0)?.ok_or_else(|| null(0))?, row.some_text(1)?);
    let (mut x, mut y) = (text.encode_utf16(), other.encode_utf16());
    loop {
        match (x.next(), y.next()) {
            (Some(x), Some(y)) if x == y => {}
            (Some(x), Some(y)) => return Ok(Out::Int(x as i32 - y as i32)),
            _ => return Ok(Out::Int(units::count(&text) as i32 - units::count(&other) as i32)),
        }
    }
}

#[cfg(test)]
mod tests;

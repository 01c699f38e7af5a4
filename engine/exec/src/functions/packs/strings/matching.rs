//! Functions of texts and patterns: `regexp`, `replaceAll`, `replaceFirst`, `split`, `substr`.

use std::ops::Range;

use riddhi_batch::Type;
use riddhi_plan::registry::{ArgError, ArgType, BoundScalar, Registry, RowFailure};

use super::super::columns::{Over, of_columns};
use super::super::pattern::{Found, Pattern, Pick, each_tested, pick};
use super::super::rowwise::{Out, Row, shown};
use super::super::signature::{INT, STRING, Types};
use super::{add, bounded, outside, over, units};

const REPLACE: &[&[Types]] = &[&[STRING, STRING, STRING]];
const SPLIT: &[&[Types]] = &[&[STRING, STRING, INT]];
const SUBSTR: &[&[Types]] = &[&[STRING, INT], &[STRING, STRING], &[STRING, INT, INT], &[STRING, STRING, INT]];

pub(super) fn register(registry: &mut Registry) {
    add(registry, "regexp", super::TWO, |args| {
        let pattern = pick(args, 1)?;
        let known = pattern.clone();
        let of = move |row: &Row<'_>, _: &mut String| {
            let text = row.some_text(0)?;
            pattern.with(row, |pattern| Ok(Out::Bool(pattern.matches(&text)?)))
        };
        Ok(of_columns("str:regexp", Type::Bool, of, move |over: &mut Over<'_>| {
            each_tested(over, 0, known.constant().and_then(Pattern::quick_full))
        }))
    });
    add(registry, "replaceAll", REPLACE, |args| replace("str:replaceAll", args, true));
    add(registry, "replaceFirst", REPLACE, |args| replace("str:replaceFirst", args, false));
    add(registry, "split", SPLIT, |args| {
        let pattern = pick(args, 1)?;
        let known = pattern.clone();
        let of = move |row: &Row<'_>, out: &mut String| split(row, &pattern, out);
        Ok(of_columns("str:split", Type::String, of, move |over: &mut Over<'_>| over::split(over, &known)))
    });
    add(registry, "substr", SUBSTR, substr);
}

fn replace(name: &'static str, args: &[ArgType], all: bool) -> Result<BoundScalar, ArgError> {
    let pattern = pick(args, 1)?;
    let known = pattern.clone();
    let of = move |row: &Row<'_>, out: &mut String| {
        let (text, with) = (row.some_text(0)?, row.some_text(2)?);
        pattern.with(row, |pattern| {
            let mut copied = 0;
            pattern.every(&text, |found| {
                out.push_str(&text[copied..found.all().start]);
                replacement(pattern, &text, found, &with, out)?;
                bounded(out.len())?;
                copied = found.all().end;
                Ok(all)
            })?;
            out.push_str(&text[copied..]);
            Ok(Out::Text)
        })
    };
    Ok(of_columns(name, Type::String, of, move |over: &mut Over<'_>| over::replace(over, &known, all)))
}

/// Appends what stands for a match: `$1` and `${name}` are groups, a backslash takes the next character as it is.
fn replacement(pattern: &Pattern, text: &str, found: &Found, with: &str, out: &mut String) -> Result<(), RowFailure> {
    let wrong = || RowFailure::new(format!("{} is no replacement", shown(with)));
    let mut rest = with.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => out.push(rest.next().ok_or_else(wrong)?),
            '$' => {
                let behind = rest.as_str();
                let group = if let Some(named) = behind.strip_prefix('{') {
                    let (name, after) = named.split_once('}').ok_or_else(wrong)?;
                    rest = after.chars();
                    pattern.named(name).ok_or_else(wrong)?
                } else {
                    let mut group = rest.next().and_then(|c| c.to_digit(10)).ok_or_else(wrong)? as usize;
                    // More digits belong to it as long as there is such a group.
                    while let Some(digit) = rest.clone().next().and_then(|c| c.to_digit(10)) {
                        if group * 10 + digit as usize > pattern.groups() {
                            break;
                        }
                        group = group * 10 + digit as usize;
                        rest.next();
                    }
                    group
                };
                if group > pattern.groups() {
                    return Err(RowFailure::new(format!("there is no group {group}")));
                }
                out.push_str(found.get(group).map_or("", |part| &text[part]));
            }
            c => out.push(c),
        }
    }
    Ok(())
}

/// Which part of a text of so many bytes is the wanted piece. `matches` hands over the matches, as long as it is told to.
pub(super) fn piece<E>(
    len: usize,
    wanted: i32,
    matches: impl FnOnce(&mut dyn FnMut(Range<usize>) -> bool) -> Result<(), E>,
) -> Result<Option<Range<usize>>, E> {
    let (mut start, mut number) = (0, 0);
    // The last piece that is not empty is behind the wanted one, or is it.
    let (mut piece, mut counts) = (None, false);
    let mut take = |range: Range<usize>, number: i32| {
        counts |= number >= wanted && !range.is_empty();
        if number == wanted {
            piece = Some(range);
        }
        counts && number >= wanted
    };
    matches(&mut |all| {
        if all.end == 0 {
            return true;
        }
        // An empty match at the end splits nothing off.
        if all.is_empty() && all.start == len {
            return false;
        }
        let done = take(start..all.start, number);
        number += 1;
        start = all.end;
        !done
    })?;
    take(start..len, number);
    // A text that is not split is one piece, even if it is empty.
    let whole = number == 0 && wanted == 0;
    Ok(piece.filter(|_| counts || whole))
}

/// The pieces between matches; empty ones at the end do not count, nor an empty match at the beginning.
fn split(row: &Row<'_>, pattern: &Pick, out: &mut String) -> Result<Out, RowFailure> {
    let (text, wanted) = (row.some_text(0)?, row.some_int(2)?);
    pattern.with(row, |pattern| {
        let found = piece(text.len(), wanted, |each| pattern.every(&text, |found| Ok(each(found.all()))))?;
        let range = found.ok_or_else(|| outside(&text, format!("piece {wanted}")))?;
        out.push_str(&text[range]);
        Ok(Out::Text)
    })
}

fn substr(args: &[ArgType]) -> Result<BoundScalar, ArgError> {
    const NAME: &str = "str:substr";
    let grouped = args.len() == 3;
    if args[1].ty == Type::Int {
        let of = move |row: &Row<'_>, out: &mut String| part(row, grouped, out);
        return Ok(of_columns(NAME, Type::String, of, over::substr));
    }
    let pattern = pick(args, 1)?;
    let known = pattern.clone();
    let of = move |row: &Row<'_>, out: &mut String| {
        let (text, group) = (row.some_text(0)?, if grouped { row.some_int(2)? } else { 0 });
        pattern.with(row, |pattern| {
            let Some(found) = pattern.captures(&text)? else { return Ok(Out::Text) };
            match usize::try_from(group) {
                Ok(group) if group <= pattern.groups() => match found.get(group) {
                    None => Ok(Out::Null),
                    Some(range) => {
                        out.push_str(&text[range]);
                        Ok(Out::Text)
                    }
                },
                _ => Err(RowFailure::new(format!("there is no group {group}"))),
            }
        })
    };
    Ok(of_columns(NAME, Type::String, of, move |over: &mut Over<'_>| over::first_match(over, &known)))
}

/// From an index on, to the end or for so many characters.
fn part(row: &Row<'_>, with_length: bool, out: &mut String) -> Result<Out, RowFailure> {
    let (text, begin) = (row.some_text(0)?, row.some_int(1)?);
    let end = if with_length { begin as i64 + row.some_int(2)? as i64 } else { units::count(&text) as i64 };
    match (usize::try_from(begin), usize::try_from(end)) {
        (Ok(from), Ok(to)) if units::slice(&text, from, to, out) => Ok(Out::Text),
        _ => Err(outside(&text, format!("{begin} to {end}"))),
    }
}

//! `regex:`: Java's patterns in a text.

use std::sync::Arc;

use riddhi_batch::Type;
use riddhi_plan::registry::{ArgError, ArgType, BoundScalar, Registry, RowFailure};

use super::columns::{Over, of_columns};
use super::pattern::{Pattern, Pick, Quick, each_tested, pick};
use super::rowwise::{Out, Row, null, of_row};
use super::signature::{Checked, INT, STRING, Types};
use super::strings::units;

const TWO: &[&[Types]] = &[&[STRING, STRING]];
const FIND: &[&[Types]] = &[&[STRING, STRING], &[STRING, STRING, INT]];
const GROUP: &[&[Types]] = &[&[STRING, STRING, INT]];

type Make = fn(&[ArgType]) -> Result<BoundScalar, ArgError>;

fn add(registry: &mut Registry, name: &str, overloads: &'static [&'static [Types]], make: Make) {
    registry.scalar("regex", name, Arc::new(Checked { overloads, make }));
}

pub(super) fn register(registry: &mut Registry) {
    add(registry, "find", FIND, |args| {
        let pattern = pick(args, 0)?;
        Ok(match args.len() {
            2 => test("regex:find", pattern, |pattern, text| pattern.find_at(text, 0), Pattern::quick_find),
            _ => of_row("regex:find", Type::Bool, move |row: &Row<'_>, _: &mut String| find_from(row, &pattern)),
        })
    });
    add(registry, "matches", TWO, |args| {
        Ok(test("regex:matches", pick(args, 0)?, Pattern::matches, Pattern::quick_full))
    });
    add(registry, "lookingAt", TWO, |args| {
        Ok(test("regex:lookingAt", pick(args, 0)?, Pattern::looking_at, Pattern::quick_front))
    });
    add(registry, "group", GROUP, |args| {
        let pattern = pick(args, 0)?;
        Ok(of_row("regex:group", Type::String, move |row: &Row<'_>, out: &mut String| group(row, &pattern, out)))
    });
}

type Test = fn(&Pattern, &str) -> Result<bool, RowFailure>;

/// What tells the same of short texts.
type Short = fn(&Pattern) -> Option<Quick<'_>>;

/// A pattern that is null fails the row, a text that is null does not match.
fn test(name: &'static str, pattern: Pick, holds: Test, short: Short) -> BoundScalar {
    let known = pattern.clone();
    let of = move |row: &Row<'_>, _: &mut String| {
        pattern.with(row, |pattern| match row.text(1)? {
            None => Ok(Out::Bool(false)),
            Some(text) => Ok(Out::Bool(holds(pattern, &text)?)),
        })
    };
    of_columns(name, Type::Bool, of, move |over: &mut Over<'_>| each_tested(over, 1, known.constant().and_then(short)))
}

fn find_from(row: &Row<'_>, pattern: &Pick) -> Result<Out, RowFailure> {
    pattern.with(row, |pattern| {
        let (Some(text), Some(start)) = (row.text(1)?, row.int(2)?) else { return Ok(Out::Bool(false)) };
        let Some(at) = usize::try_from(start).ok().and_then(|start| units::place(&text, start)) else {
            return Err(RowFailure::new(format!("index {start} is outside the text")));
        };
        Ok(Out::Bool(pattern.find_at(&text, at)?))
    })
}

fn group(row: &Row<'_>, pattern: &Pick, out: &mut String) -> Result<Out, RowFailure> {
    pattern.with(row, |pattern| {
        let (text, group) = (row.some_text(1)?, row.int(2)?.ok_or_else(|| null(2))?);
        if group > pattern.groups() as i32 {
            return Ok(Out::Null);
        }
        let Some(found) = pattern.captures(&text)? else { return Ok(Out::Null) };
        let Ok(group) = usize::try_from(group) else {
            return Err(RowFailure::new(format!("there is no group {group}")));
        };
        match found.get(group) {
            None => Ok(Out::Null),
            Some(part) => {
                out.push_str(&text[part]);
                Ok(Out::Text)
            }
        }
    })
}

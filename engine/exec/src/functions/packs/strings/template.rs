//! `str:fillTemplate(template, value, ...)`: `{{1}}` is the first value, `{{2}}` the second. `str:fillTemplate(template, map)`: `{{key}}` is
//! the value of that key.

use riddhi_batch::{Type, Value};
use riddhi_plan::registry::{ArgError, ArgType, BoundScalar, RowFailure, ScalarFunction};

use super::super::rowwise::{Cell, Out, Row, null, of_row, shown};
use super::bounded;

pub(super) struct FillTemplate;

impl ScalarFunction for FillTemplate {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        const HELP: &str = "give a template and what to put into it: (string, value, ...) or (string, map)";
        if args.len() < 2 {
            let message = format!("takes at least 2 arguments, found {}", args.len());
            return Err(ArgError::count(message, HELP));
        }
        if args[0].ty != Type::String {
            return Err(ArgError::at(0, format!("takes string here, found {}", args[0].ty), HELP));
        }
        if args.len() == 2 && args[1].ty == Type::Object {
            return Ok(of_row("str:fillTemplate", Type::String, fill_from_map));
        }
        if let Some(at) = args.iter().position(|a| a.ty == Type::Object) {
            return Err(ArgError::at(at, "takes no object here: a map is the only value", HELP));
        }
        Ok(of_row("str:fillTemplate", Type::String, |row: &Row<'_>, out: &mut String| {
            fill(&row.some_text(0)?, out, |key, out| value(row, key, out))
        }))
    }
}

fn fill_from_map(row: &Row<'_>, out: &mut String) -> Result<Out, RowFailure> {
    let map = match row.cell(1) {
        Cell::Null => return Err(null(1)),
        Cell::Other(Value::Map(map)) => map,
        _ => return Err(RowFailure::new("argument 2 is no map")),
    };
    fill(&row.some_text(0)?, out, |key, out| {
        match map.get(&Value::Str(key.trim_matches(|c| c <= ' ').into())) {
            None | Some(Value::Null) => out.push_str(key),
            Some(value) => out.push_str(&value.to_string()),
        }
        Ok(())
    })
}

fn fill(
    template: &str,
    out: &mut String,
    value: impl Fn(&str, &mut String) -> Result<(), RowFailure>,
) -> Result<Out, RowFailure> {
    // Text and keys take turns, whichever brackets stand between them.
    let mut rest = template;
    let mut key = false;
    loop {
        let cut = rest.find("{{").into_iter().chain(rest.find("}}")).min();
        let piece = &rest[..cut.unwrap_or(rest.len())];
        if !key {
            out.push_str(piece);
        } else {
            value(piece, out)?;
        }
        bounded(out.len())?;
        let Some(at) = cut else { return Ok(Out::Text) };
        rest = &rest[at + 2..];
        key = !key;
        // Empty pieces at the end are none.
        if only_brackets(rest) {
            return Ok(Out::Text);
        }
    }
}

fn only_brackets(mut text: &str) -> bool {
    while let Some(rest) = text.strip_prefix("{{").or_else(|| text.strip_prefix("}}")) {
        text = rest;
    }
    text.is_empty()
}

fn value(row: &Row<'_>, key: &str, out: &mut String) -> Result<(), RowFailure> {
    let at: i32 = key
        .trim_matches(|c| c <= ' ')
        .parse()
        .map_err(|_| RowFailure::new(format!("{} is no number of a value", shown(key))))?;
    match usize::try_from(at) {
        Ok(at) if at < row.len() => {
            if !row.cell(at).write(out) {
                out.push_str(key);
            }
            Ok(())
        }
        _ => Err(RowFailure::new(format!("there is no value {at}"))),
    }
}

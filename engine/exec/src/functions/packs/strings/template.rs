//! `str:fillTemplate(template, value, ...)`: `{{1}}` is the first value, `{{2}}` the second.

use riddhi_batch::Type;
use riddhi_plan::registry::{ArgError, ArgType, BoundScalar, RowFailure, ScalarFunction};

use super::super::rowwise::{Out, Row, of_row, shown};
use super::bounded;

pub(super) struct FillTemplate;

impl ScalarFunction for FillTemplate {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        const HELP: &str = "give a template and what to put into it: (string, value, ...)";
        if args.len() < 2 {
            let message = format!("takes at least 2 arguments, found {}", args.len());
            return Err(ArgError::count(message, HELP));
        }
        if args[0].ty != Type::String {
            return Err(ArgError::at(0, format!("takes string here, found {}", args[0].ty), HELP));
        }
        if let Some(at) = args.iter().position(|a| a.ty == Type::Object) {
            let message = "takes no object here: templates filled from a map are not built";
            return Err(ArgError::at(at, message, HELP));
        }
        Ok(of_row("str:fillTemplate", Type::String, fill))
    }
}

fn fill(row: &Row<'_>, out: &mut String) -> Result<Out, RowFailure> {
    let template = row.some_text(0)?;
    // Text and keys take turns, whichever brackets stand between them.
    let mut rest = &*template;
    let mut key = false;
    loop {
        let cut = rest.find("{{").into_iter().chain(rest.find("}}")).min();
        let piece = &rest[..cut.unwrap_or(rest.len())];
        if !key {
            out.push_str(piece);
        } else {
            value(row, piece, out)?;
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

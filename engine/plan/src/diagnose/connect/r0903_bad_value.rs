use riddhi_ql::{Diagnostic, Span};

use crate::diagnose::{listed, with_nearest};
use crate::registry::OptionType;

code! {
    R0903, "an option has no such value",
    "@source(type='file', tailing='maybe', @map(type='text')) define stream A (n int);",
    @"
    error[R0903]: `maybe` is no value of `tailing`
     --> app.siddhi:2:30
      |
    2 | @source(type='file', tailing='maybe', @map(type='text')) define stream A (n int);
      |                              ^^^^^^^ not possible
      |
      = help: give 'true' or 'false'
    "
}

pub(crate) fn bad_value(name: &str, value: &str, ty: OptionType, span: Span) -> Diagnostic {
    let expected = match ty {
        OptionType::Text => "a text".to_owned(),
        OptionType::Bool => "'true' or 'false'".to_owned(),
        OptionType::Number(min, u64::MAX) => format!("a whole number, {min} or more"),
        OptionType::Number(min, max) => format!("a whole number from {min} to {max}"),
        OptionType::OneOf(words) => format!("one of {}", listed(words.iter().copied())),
    };
    let diagnostic = CODE.error(format!("`{value}` is no value of `{name}`"), span).label("not possible");
    let otherwise = Some(format!("give {expected}"));
    let words: &[&str] = if let OptionType::OneOf(words) = ty { words } else { &[] };
    with_nearest(diagnostic, value, span, words.iter().copied(), otherwise, |s| format!("'{s}'"))
}

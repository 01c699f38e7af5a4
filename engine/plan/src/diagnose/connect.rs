//! Sources, sinks and mappers.

use riddhi_ql::{Code, Diagnostic, Span};

use super::{listed, with_nearest};
use crate::connector::Direction;
use crate::registry::{OptionProblem, OptionType};

pub(crate) fn unknown_option<'a>(
    ty: &str,
    name: &str,
    span: Span,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let diagnostic = Diagnostic::warning(Code("R0901"), format!("`{ty}` has no option `{name}`"), span)
        .label("has no effect")
        .note("Siddhi ignores it as well");
    let otherwise = match listed(known.clone()) {
        names if names.is_empty() => "it takes no option".to_owned(),
        names => format!("it takes {names}"),
    };
    with_nearest(diagnostic, name, span, known, Some(otherwise), str::to_owned)
}

pub(crate) fn option_missing(ty: &str, name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0902"), format!("`{ty}` lacks its option `{name}`"), span)
        .label("needed here")
        .help(format!("give {name}='...'"))
}

pub(crate) fn bad_value(name: &str, value: &str, ty: OptionType, span: Span) -> Diagnostic {
    let expected = match ty {
        OptionType::Text => "a text".to_owned(),
        OptionType::Bool => "'true' or 'false'".to_owned(),
        OptionType::Number(min, max) => format!("a whole number from {min} to {max}"),
        OptionType::OneOf(words) => listed(words.iter().copied()),
    };
    let diagnostic =
        Diagnostic::error(Code("R0903"), format!("`{value}` is no value of `{name}`"), span).label("not possible");
    let otherwise = Some(format!("give {expected}"));
    let words: &[&str] = if let OptionType::OneOf(words) = ty { words } else { &[] };
    with_nearest(diagnostic, value, span, words.iter().copied(), otherwise, |s| format!("'{s}'"))
}

pub(crate) fn options_at_odds(problem: &OptionProblem, span: Span) -> Diagnostic {
    if problem.missing {
        return Diagnostic::error(Code("U0023"), &problem.message, span).label("not there yet");
    }
    Diagnostic::error(Code("R0904"), &problem.message, span).help(&problem.help)
}

pub(crate) fn not_dynamic(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0905"), format!("`{name}` takes no attribute"), span)
        .label("is the same for all events")
        .help("write its value without `{{` and `}}`")
}

pub(crate) fn unknown_placeholder<'a>(
    name: &str,
    stream: &str,
    span: Span,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code("R0906"), format!("stream `{stream}` has no attribute `{name}`"), span)
        .label(format!("`{{{{{name}}}}}` stands for nothing"));
    let near = riddhi_ql::suggest(name, known.clone()).map(|near| format!("did you mean `{{{{{near}}}}}`?"));
    diagnostic.help(near.unwrap_or_else(|| format!("it has {}", listed(known))))
}

pub(crate) fn unknown_attribute<'a>(
    name: &str,
    stream: &str,
    span: Span,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code("R0907"), format!("stream `{stream}` has no attribute `{name}`"), span)
        .label("nothing to map");
    let otherwise = Some(format!("it has {}", listed(known.clone())));
    with_nearest(diagnostic, name, span, known, otherwise, str::to_owned)
}

pub(crate) fn attribute_missing(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0908"), format!("`@attributes` does not say where `{name}` comes from"), span)
        .help("map each attribute of the stream, or none")
}

pub(crate) fn attributes_count(expected: usize, found: usize, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0908"), format!("the stream has {expected} attributes, `@attributes` {found}"), span)
        .help("give one value for each, in order, or name them")
}

pub(crate) fn mixed_attributes(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0909"), "`@attributes` mixes values with and without a name", span)
        .help("name all of them or none")
}

pub(crate) fn no_column(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0910"), format!("`{text}` is no place of a column"), span)
        .help("columns are counted from 0")
}

pub(crate) fn columns_by_name(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0910"), "a column lacks its attribute", span)
        .help("for example @payload(symbol='0', price='1')")
}

pub(crate) fn one_payload(mapper: &str, found: usize, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0911"), format!("`@payload` of `{mapper}` takes one value, not {found}"), span)
        .help("write one text with `{{attribute}}` in it")
}

pub(crate) fn no_mapping(mapper: &str, annotation: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(Code("R0912"), format!("`{mapper}` does not look at `@{annotation}`"), span)
        .label("has no effect")
        .note("Siddhi ignores it as well")
        .help("leave it out, or choose another mapper")
}

pub(crate) fn unknown_annotation(name: &str, of: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(Code("R0913"), format!("a {of} has no `@{name}`"), span).label("has no effect")
}

pub(crate) fn no_key(annotation: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0914"), format!("an option of `@{annotation}` lacks its name"), span)
        .help("write name='value'")
}

pub(crate) fn no_payload(direction: Direction, ty: &str, mapper: &str, given: bool, span: Span) -> Diagnostic {
    let message = match direction {
        Direction::Source => format!("the mapper `{mapper}` cannot read what a `{ty}` source gives"),
        Direction::Sink => format!("a `{ty}` sink cannot write what the mapper `{mapper}` gives"),
    };
    let diagnostic = Diagnostic::error(Code("R0915"), message, span).help("for example @map(type='json')");
    if given { diagnostic } else { diagnostic.note("without `@map` the mapper is `passThrough`") }
}

pub(crate) fn unknown_property(ty: &str, name: &str, span: Span, known: &[&'static str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code("R0916"), format!("a `{ty}` source has no property `{name}`"), span)
        .label("always missing");
    let otherwise = match listed(known.iter().copied()) {
        names if names.is_empty() => "it has none".to_owned(),
        names => format!("it has {names}"),
    };
    let near = riddhi_ql::suggest(name, known.iter().copied()).map(|n| format!("did you mean `trp:{n}`?"));
    diagnostic.help(near.unwrap_or(otherwise))
}

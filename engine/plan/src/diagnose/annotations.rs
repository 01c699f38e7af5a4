//! Annotations.

use riddhi_ql::{Code, Diagnostic, Ident, Span};

pub(crate) fn twice(name: &Ident, first: Span) -> Diagnostic {
    Diagnostic::error(Code("R0501"), format!("`@{name}` is given twice"), name.span)
        .label("given again")
        .also(first, "first given here")
}

pub(crate) fn element_twice(key: &str, span: Span, first: Span) -> Diagnostic {
    let what = if key.is_empty() { "two values without a key".to_owned() } else { format!("`{key}` twice") };
    Diagnostic::error(Code("R0502"), format!("the annotation has {what}"), span)
        .label("given again")
        .also(first, "first given here")
}

pub(crate) fn playback_element(key: &str, span: Span) -> Diagnostic {
    let what = if key.is_empty() { "a value without a key".to_owned() } else { format!("an element `{key}`") };
    Diagnostic::error(Code("R0503"), format!("`@app:playback` does not take {what}"), span)
        .label("not known")
        .help("it takes nothing, or `idle.time` and `increment` together")
}

pub(crate) fn playback_half(missing: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0504"), format!("`@app:playback` lacks `{missing}`"), span)
        .label("one without the other")
        .help("give both `idle.time` and `increment`, or neither")
}

pub(crate) fn no_time(value: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0505"), format!("`{value}` is no time"), span)
        .label("expected a number and a unit")
        .help("for example '100 millisecond' or '1 min 30 sec'")
}

pub(crate) fn app_async(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0506"), "`@app:async` does not exist", span)
        .label("not for a whole app")
        .help("put `@async(buffer.size='1024')` before the definition of a stream")
}

pub(crate) fn number(key: &str, value: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0507"), format!("`{key}` must be a positive whole number"), span)
        .label(format!("`{value}` is not"))
}

pub(crate) fn power_of_two(value: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0508"), "`buffer.size` must be a power of two", span)
        .label(format!("{value} is not"))
        .help("for example '256' or '1024'")
}

pub(crate) fn on_error(action: Option<&str>, span: Span) -> Diagnostic {
    let message = match action {
        Some(action) => format!("`{action}` is no action of `@OnError`"),
        None => "`@OnError` lacks its `action`".to_owned(),
    };
    Diagnostic::error(Code("R0509"), message, span).help("give action='log', 'stream' or 'store'")
}

pub(crate) fn no_type(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0510"), format!("`@{name}` lacks its `type`"), span)
        .label("which kind of transport?")
        .help(format!("for example @{name}(type='inMemory', topic='t')"))
}

//! Annotations.

use riddhi_ql::{Code, Diagnostic, Span};

pub(crate) fn twice(name: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(Code("R0501"), format!("`@{name}` is given twice"), span)
        .label("given again")
        .also(first, "first given here")
        .help("keep one of them, with the elements of both")
}

pub(crate) fn element_twice(key: &str, span: Span, first: Span) -> Diagnostic {
    let what = if key.is_empty() { "two values without a key".to_owned() } else { format!("`{key}` twice") };
    Diagnostic::error(Code("R0502"), format!("the annotation has {what}"), span)
        .label("given again")
        .also(first, "first given here")
        .help("keep one of them")
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
        .help(format!("for example {key}='5'"))
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

pub(crate) fn unknown_type(name: &str, ty: &str, span: Span, known: &[&'static str]) -> Diagnostic {
    let what = match name {
        "map" => "mapper",
        other => other,
    };
    let diagnostic =
        Diagnostic::error(Code("R0511"), format!("there is no {what} of the type `{ty}`"), span).label("not known");
    let otherwise = Some(format!("known are {}", super::listed(known.iter().copied())));
    super::with_nearest(diagnostic, ty, span, known.iter().copied(), otherwise, |s| format!("'{s}'"))
}

pub(crate) fn element_missing(name: &str, key: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0512"), format!("`@{name}` lacks `{key}`"), span)
        .label("needed here")
        .help(format!("write @{name}(enable='true', idle.period='1 hour')"))
}

pub(crate) fn no_switch(value: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0513"), format!("`{value}` is neither 'true' nor 'false'"), span)
        .label("a switch is needed here")
        .help("give 'true' or 'false'")
}

pub(crate) fn no_time_for(key: &str, value: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0505"), format!("`{value}` is no time"), span)
        .label(format!("for `{key}`"))
        .help("for example '5 min' or '30 days'")
}

pub(crate) fn retention_key(key: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0514"), format!("`@retentionPeriod` does not know `{key}`"), span)
        .help("it takes `sec`, `min`, `hours`, `days`, `months` and `years`")
}

pub(crate) fn retention_unit(key: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0515"), format!("the aggregation does not keep `{key}`"), span)
        .help("leave it out, or add it to `aggregate every`")
}

pub(crate) fn retention_short(key: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0516"), format!("`{key}` are kept too short"), span)
        .label("the next coarser buckets could not be built")
        .help("at least: sec 120 sec, min 120 min, hours 25 h, days 32 days, months 13 months")
}

pub(crate) fn index_size(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0517"), "`@index` takes one attribute", span)
        .help("give an `@index` for each attribute; `@primaryKey` takes several")
}

pub(crate) fn index_twice(attribute: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(Code("R0518"), format!("`{attribute}` has two indexes"), span)
        .label("indexed again")
        .also(first, "indexed first")
        .help("leave one of them out")
}

pub(crate) fn index_by(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0519"), "`@indexBy` does not exist", span).help("write `@index('attribute')`")
}

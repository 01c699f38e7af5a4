//! Functions, aggregators, windows and stream functions: unknown, or called wrongly.

use crate::text::name_text;
use riddhi_ql::ast::Call;
use riddhi_ql::{Code, Diagnostic, Ident, Span};

use super::{listed, with_nearest};
use crate::registry::ArgError;

/// The name as written.
pub(crate) fn call_name(call: &Call) -> String {
    match &call.namespace {
        Some(namespace) => format!("{namespace}:{}", call.name),
        None => call.name.name.clone(),
    }
}

pub(crate) fn unknown_function<'a>(call: &Call, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let name = call_name(call);
    let diagnostic =
        Diagnostic::error(Code("R0201"), format!("there is no function `{name}`"), call.name.span).label("not known");
    with_nearest(diagnostic, &call.name.name, call.name.span, known, None, name_text)
}

pub(crate) fn unknown_window<'a>(call: &Call, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let name = call_name(call);
    let diagnostic =
        Diagnostic::error(Code("R0202"), format!("there is no window `{name}`"), call.name.span).label("not known");
    with_nearest(diagnostic, &call.name.name, call.name.span, known, None, name_text)
}

pub(crate) fn unknown_stream_function<'a>(call: &Call, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let name = call_name(call);
    let diagnostic = Diagnostic::error(Code("R0203"), format!("there is no stream function `#{name}`"), call.name.span)
        .label("not known");
    with_nearest(diagnostic, &call.name.name, call.name.span, known, None, name_text)
}

pub(crate) fn unknown_namespace<'a>(call: &Call, span: Span, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let name = call_name(call);
    let namespace = call.namespace.as_ref().map_or("", |n| n.name.as_str());
    let diagnostic = Diagnostic::error(Code("R0204"), format!("`{name}` belongs to no extension that is known"), span)
        .label("no such namespace");
    let known: Vec<&str> = known.into_iter().collect();
    let otherwise = Some(format!("known namespaces: {}", listed(known.iter().copied())));
    with_nearest(diagnostic, namespace, span, known, otherwise, name_text)
}

/// Arguments that the called one does not take; `spans` are those of the arguments.
pub(crate) fn arguments(what: &str, error: ArgError, call: Span, spans: &[Span]) -> Diagnostic {
    let at = error.arg.and_then(|i| spans.get(i)).copied().unwrap_or(call);
    let diagnostic = Diagnostic::error(Code("R0205"), format!("{what}: {}", error.message), at);
    match error.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

pub(crate) fn aggregate_here(name: &str, place: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0206"), format!("aggregator `{name}` cannot be used in {place}"), span)
        .label("works on many rows")
        .help("compute it in the `select` of an earlier query")
}

pub(crate) fn window_on_window(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(Code("R0207"), format!("`{name}` is a window already"), span)
        .label("a second window")
        .help("insert its rows into a stream and put the window on that")
}

pub(crate) fn unknown_language(language: &Ident) -> Diagnostic {
    Diagnostic::error(Code("R0208"), format!("there is no script language `{language}`"), language.span)
        .label("not known")
        .help("`javascript` is the usual one")
}

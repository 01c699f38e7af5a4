use riddhi_ql::ast::Call;
use riddhi_ql::{Diagnostic, Span};

use super::call_name;
use crate::diagnose::{listed, with_nearest};
use crate::text::name_text;

code! {
    R0204, "there is no such extension",
    "from S select strings:length(symbol) as x insert into Out;",
    @"
    error[R0204]: `strings:length` belongs to no extension that is known
     --> app.siddhi:2:15
      |
    2 | from S select strings:length(symbol) as x insert into Out;
      |               ^^^^^^^^^^^^^^^^^^^^^^ no such namespace
      |
      = help: known namespaces: `approximate`, `env`, `extrema`, `geo`, `graph`, `incrementalAggregator`, `js`, `json`, `kf`, `list`, `map`, `markov` and 17 more
    "
}

pub(crate) fn unknown_namespace<'a>(call: &Call, span: Span, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let name = call_name(call);
    let namespace = call.namespace.as_ref().map_or("", |n| n.name.as_str());
    let diagnostic =
        CODE.error(format!("`{name}` belongs to no extension that is known"), span).label("no such namespace");
    let known: Vec<&str> = known.into_iter().collect();
    let otherwise = Some(format!("known namespaces: {}", listed(known.iter().copied())));
    with_nearest(diagnostic, namespace, span, known, otherwise, name_text)
}

use riddhi_ql::{Diagnostic, Span};

use crate::diagnose::listed;

code! {
    R0916, "a source has no such property",
    "@source(type='file', @map(type='csv', @attributes(n='trp:path'))) define stream A (n int);",
    @"
    error[R0916]: a `file` source has no property `path`
     --> app.siddhi:2:53
      |
    2 | @source(type='file', @map(type='csv', @attributes(n='trp:path'))) define stream A (n int);
      |                                                     ^^^^^^^^^^ always missing
      |
      = help: it has `file.path`
    "
}

pub(crate) fn unknown_property(ty: &str, name: &str, span: Span, known: &[&'static str]) -> Diagnostic {
    let diagnostic = CODE.error(format!("a `{ty}` source has no property `{name}`"), span).label("always missing");
    let otherwise = match listed(known.iter().copied()) {
        names if names.is_empty() => "it has none".to_owned(),
        names => format!("it has {names}"),
    };
    let near = riddhi_ql::suggest(name, known.iter().copied()).map(|n| format!("did you mean `trp:{n}`?"));
    diagnostic.help(near.unwrap_or(otherwise))
}

use riddhi_ql::{Diagnostic, Span};

use crate::diagnose::listed;

code! {
    R0906, "`{{name}}` names no attribute",
    "@sink(type='file', file.uri='{{m}}', @map(type='text')) define stream A (n int);",
    @"
    error[R0906]: stream `A` has no attribute `m`
     --> app.siddhi:2:29
      |
    2 | @sink(type='file', file.uri='{{m}}', @map(type='text')) define stream A (n int);
      |                             ^^^^^^^ `{{m}}` stands for nothing
      |
      = help: it has `n`
    "
}

pub(crate) fn unknown_placeholder<'a>(
    name: &str,
    stream: &str,
    span: Span,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let diagnostic = CODE
        .error(format!("stream `{stream}` has no attribute `{name}`"), span)
        .label(format!("`{{{{{name}}}}}` stands for nothing"));
    let near = riddhi_ql::suggest(name, known.clone()).map(|near| format!("did you mean `{{{{{near}}}}}`?"));
    diagnostic.help(near.unwrap_or_else(|| format!("it has {}", listed(known))))
}

also! {
    near,
    "@sink(type='file', file.uri='{{sybmol}}', @map(type='text')) define stream A (symbol string);",
    @"
    error[R0906]: stream `A` has no attribute `sybmol`
     --> app.siddhi:2:29
      |
    2 | @sink(type='file', file.uri='{{sybmol}}', @map(type='text')) define stream A (symbol string);
      |                             ^^^^^^^^^^^^ `{{sybmol}}` stands for nothing
      |
      = help: did you mean `{{symbol}}`?
    "
}

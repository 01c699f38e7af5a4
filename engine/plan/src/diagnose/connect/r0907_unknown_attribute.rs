use riddhi_ql::{Diagnostic, Span};

use crate::diagnose::{listed, with_nearest};

code! {
    R0907, "a mapping names no attribute",
    "@source(type='file', @map(type='csv', @attributes(m='0'))) define stream A (n int);",
    @"
    error[R0907]: stream `A` has no attribute `m`
     --> app.siddhi:2:51
      |
    2 | @source(type='file', @map(type='csv', @attributes(m='0'))) define stream A (n int);
      |                                                   ^ nothing to map
      |
      = help: it has `n`
    "
}

pub(crate) fn unknown_attribute<'a>(
    name: &str,
    stream: &str,
    span: Span,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let diagnostic = CODE.error(format!("stream `{stream}` has no attribute `{name}`"), span).label("nothing to map");
    let otherwise = Some(format!("it has {}", listed(known.clone())));
    with_nearest(diagnostic, name, span, known, otherwise, str::to_owned)
}

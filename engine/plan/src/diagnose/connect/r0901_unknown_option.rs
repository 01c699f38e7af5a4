use riddhi_ql::{Diagnostic, Span};

use crate::diagnose::{listed, with_nearest};

code! {
    R0901, "an unknown option (warning)",
    "@source(type='file', mod='line', @map(type='text')) define stream A (n int);",
    @"
    warning[R0901]: `file` has no option `mod`
     --> app.siddhi:2:22
      |
    2 | @source(type='file', mod='line', @map(type='text')) define stream A (n int);
      |                      ^^^ has no effect
      |
      = note: Siddhi ignores it as well
      = help: did you mean `mode`?
    "
}

/// Types that Siddhi does not have.
const RIDDHIS_OWN: &[&str] = &["stdin", "stdout"];

pub(crate) fn unknown_option<'a>(
    ty: &str,
    name: &str,
    span: Span,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let diagnostic = CODE.warning(format!("`{ty}` has no option `{name}`"), span).label("has no effect");
    let diagnostic = if RIDDHIS_OWN.contains(&ty) { diagnostic } else { diagnostic.note("Siddhi ignores it as well") };
    let otherwise = match listed(known.clone()) {
        names if names.is_empty() => "it takes no option".to_owned(),
        names => format!("it takes {names}"),
    };
    with_nearest(diagnostic, name, span, known, Some(otherwise), str::to_owned)
}

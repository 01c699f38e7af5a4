use riddhi_ql::{Diagnostic, Ident, Span};

use crate::diagnose::{listed, with_nearest};
use crate::text::name_text;

code! {
    R0106, "a prefix names no input of the query",
    "from S select X.n insert into Out;",
    @"
    error[R0106]: `X` is not an input of this query
     --> app.siddhi:2:15
      |
    2 | from S select X.n insert into Out;
      |               ^ not known here
      |
      = help: known here: `S`
    "
}

pub(crate) fn not_in_scope<'a>(stream: &Ident, span: Span, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let known: Vec<&str> = known.into_iter().collect();
    let diagnostic = CODE.error(format!("`{stream}` is not an input of this query"), span).label("not known here");
    let names = listed(known.iter().copied());
    let otherwise = (!names.is_empty()).then(|| format!("known here: {names}"));
    with_nearest(diagnostic, &stream.name, span, known, otherwise, name_text)
}

also! {
    wrong_prefix,
    "from S select T.n insert into Out;",
    @"
    error[R0106]: `T` is not an input of this query
     --> app.siddhi:2:15
      |
    2 | from S select T.n insert into Out;
      |               ^ not known here
      |
      = help: known here: `S`
    "
}

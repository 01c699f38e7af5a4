use riddhi_ql::{Diagnostic, Span};

use super::not_yet;

code! {
    U0103, "a stream function",
    "from S#log('x') select n insert into Out;",
    @"
    error[U0103]: Riddhi does not have the stream function `#log` yet
     --> app.siddhi:2:8
      |
    2 | from S#log('x') select n insert into Out;
      |        ^^^ not there yet
    "
}

pub(crate) fn stream_function(name: &str, span: Span) -> Diagnostic {
    not_yet(&CODE, format_args!("the stream function `#{name}`"), span)
}

/// Of one that gives several rows for a row.
pub(crate) fn spreads(name: &str, span: Span) -> Diagnostic {
    not_yet(&CODE, format_args!("`#{name}` behind a window, on a named window, in a join or in a pattern"), span)
}

pub(crate) fn beside_window(span: Span) -> Diagnostic {
    not_yet(&CODE, format_args!("a stream function that remembers rows and a window in one query"), span)
}

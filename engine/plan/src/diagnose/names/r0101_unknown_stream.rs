use riddhi_ql::{Diagnostic, Span};

use super::read_before_filled;
use crate::diagnose::with_nearest;
use crate::text::name_text;

code! {
    R0101, "there is no such stream",
    "from Trade select n insert into Out;",
    @"
    error[R0101]: there is no stream `Trade`
     --> app.siddhi:2:6
      |
    2 | from Trade select n insert into Out;
      |      ^^^^^ not defined
      |
      = help: define it, or insert into it in an earlier query
    "
}

pub(crate) fn unknown_stream<'a>(
    name: &str,
    span: Span,
    known: impl IntoIterator<Item = &'a str>,
    later: Option<Span>,
) -> Diagnostic {
    if let Some(later) = later {
        return read_before_filled(name, span, later);
    }
    let diagnostic = CODE.error(format!("there is no stream `{name}`"), span).label("not defined");
    with_nearest(
        diagnostic,
        name,
        span,
        known,
        Some("define it, or insert into it in an earlier query".to_owned()),
        name_text,
    )
}

pub(crate) fn unknown_inner<'a>(name: &str, span: Span, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let diagnostic = CODE
        .error(format!("there is no inner stream `#{name}`"), span)
        .label("no earlier query of the partition fills it");
    let known: Vec<String> = known.into_iter().map(str::to_owned).collect();
    let near = riddhi_ql::suggest(name, known.iter().map(String::as_str)).map(|n| format!("did you mean `#{n}`?"));
    diagnostic.help(near.unwrap_or_else(|| "insert into it in an earlier query of the partition".to_owned()))
}

also! {
    unknown_stream_near,
    "define stream Trades (n int);\nfrom Trade select n insert into Out;",
    @"
    error[R0101]: there is no stream `Trade`
     --> app.siddhi:3:6
      |
    3 | from Trade select n insert into Out;
      |      ^^^^^ not defined
      |
      = help: did you mean `Trades`?
    "
}

also! {
    inner_stream,
    "partition with (n of S) begin from #J select n insert into Out; end;",
    @"
    error[R0101]: there is no inner stream `#J`
     --> app.siddhi:2:36
      |
    2 | partition with (n of S) begin from #J select n insert into Out; end;
      |                                    ^^ no earlier query of the partition fills it
      |
      = help: insert into it in an earlier query of the partition
    "
}

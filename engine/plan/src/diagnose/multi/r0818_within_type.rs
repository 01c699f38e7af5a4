use riddhi_batch::Type;
use riddhi_ql::{Diagnostic, Span};

code! {
    R0818, "`within` takes a text, or two limits of long or text",
    "define aggregation A from S select sum(n) as t aggregate every sec...year; from S join A within 0, 5L per 'sec' select S.n insert into Out;",
    @"
    error[R0818]: `within` takes long or string, not int
     --> app.siddhi:2:97
      |
    2 | define aggregation A from S select sum(n) as t aggregate every sec...year; from S join A within 0, 5L per 'sec' select S.n insert int...
      |                                                                                                 ^
      |
      = help: milliseconds are long, 0L; a text is like '2024-06-01 04:05:50', with `**` where any will do
    "
}

pub(crate) fn within_type(ty: Type, two: bool, span: Span) -> Diagnostic {
    let takes = if two { "long or string" } else { "a string when it stands alone" };
    CODE.error(format!("`within` takes {takes}, not {ty}"), span)
        .help("milliseconds are long, 0L; a text is like '2024-06-01 04:05:50', with `**` where any will do")
}

also! {
    one_text,
    "define aggregation A from S select sum(n) as t aggregate every sec...year; from S join A within 5L per 'sec' select S.n insert into Out;",
    @"
    error[R0818]: `within` takes a string when it stands alone, not long
     --> app.siddhi:2:97
      |
    2 | define aggregation A from S select sum(n) as t aggregate every sec...year; from S join A within 5L per 'sec' select S.n insert into Out;
      |                                                                                                 ^^
      |
      = help: milliseconds are long, 0L; a text is like '2024-06-01 04:05:50', with `**` where any will do
    "
}

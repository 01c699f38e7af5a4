use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0031, "`within` without `per`, or `per` without `within`",
    "from S join A within 1 sec select * insert into Out;",
    @"
    error[S0031]: `within` needs a `per` after it
     --> app.siddhi:2:15
      |
    2 | from S join A within 1 sec select * insert into Out;
      |               ^^^^^^^^^^^^ no `per`
      |
      = help: for example `within '2024-**-** **:**:**' per 'days'`
    "
}

const EXAMPLE: &str = "for example `within '2024-**-** **:**:**' per 'days'`";

pub(crate) fn per_alone(span: Span) -> Diagnostic {
    CODE.error("`per` needs a `within` before it", span).label("no `within`").help(EXAMPLE)
}

pub(crate) fn within_alone(span: Span) -> Diagnostic {
    CODE.error("`within` needs a `per` after it", span).label("no `per`").help(EXAMPLE)
}

also! {
    per,
    "from S join A per 'sec' select * insert into Out;",
    @"
    error[S0031]: `per` needs a `within` before it
     --> app.siddhi:2:15
      |
    2 | from S join A per 'sec' select * insert into Out;
      |               ^^^ no `within`
      |
      = help: for example `within '2024-**-** **:**:**' per 'days'`
    "
}

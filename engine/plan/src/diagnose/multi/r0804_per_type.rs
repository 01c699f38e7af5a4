use riddhi_batch::Type;
use riddhi_ql::{Diagnostic, Span};

code! {
    R0804, "`per` takes a string",
    "define aggregation A from S select sum(n) as t aggregate every sec; from S join A within 0L, 5L per 5 select S.n insert into Out;",
    @"
    error[R0804]: `per` takes a string, not int
     --> app.siddhi:2:101
      |
    2 | define aggregation A from S select sum(n) as t aggregate every sec; from S join A within 0L, 5L per 5 select S.n insert into Out;
      |                                                                                                     ^
      |
      = help: for example per 'days'
    "
}

pub(crate) fn per_type(ty: Type, span: Span) -> Diagnostic {
    CODE.error(format!("`per` takes a string, not {ty}"), span).help("for example per 'days'")
}

use crate::ast::BinaryOp;
use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0009, "an operator of other languages",
    "from S[n = 1] select n insert into Out;",
    @"
    error[S0009]: `=` is no operator
     --> app.siddhi:2:10
      |
    2 | from S[n = 1] select n insert into Out;
      |          ^ not an operator
      |
      = help: write `==`
    "
}

/// `written` is read as `op`; `doubled` if it is `&&` or `||`, or `<>`.
pub(crate) fn foreign_operator(written: &str, op: BinaryOp, doubled: bool, span: Span) -> Diagnostic {
    let error = CODE.error(format!("`{written}` is no operator"), span).label("not an operator").fix(
        format!("write `{}`", op.text()),
        span,
        op.text(),
    );
    match op {
        BinaryOp::Or if doubled => error.note("strings are joined with `str:concat(a, b)`"),
        _ => error,
    }
}

pub(crate) fn sign(before: &str, minus: bool, span: Span) -> Diagnostic {
    let error = CODE.error(format!("a sign cannot stand before {before}, only before a number"), span).label("sign");
    match minus {
        true => error.fix("subtract it from zero", span, "0 - "),
        false => error.fix("leave it out", span, ""),
    }
}

pub(crate) fn exclamation(span: Span) -> Diagnostic {
    CODE.error("`!` is no operator", span).label("not an operator").fix("negation is written `not`", span, "not ")
}

/// `whole` is the test with its `operand`.
pub(crate) fn is_not_null(operand: &str, whole: Span, span: Span) -> Diagnostic {
    CODE.error("there is no `is not null`", span).label("not an operator").fix(
        "negate the test",
        whole,
        format!("not {operand} is null"),
    )
}

also! {
    doubled,
    "from S[on || on] select n insert into Out;",
    @"
    error[S0009]: `||` is no operator
     --> app.siddhi:2:11
      |
    2 | from S[on || on] select n insert into Out;
      |           ^^ not an operator
      |
      = note: strings are joined with `str:concat(a, b)`
      = help: write `or`
    "
}

also! {
    minus,
    "from S select -n as x insert into Out;",
    @"
    error[S0009]: a sign cannot stand before this, only before a number
     --> app.siddhi:2:15
      |
    2 | from S select -n as x insert into Out;
      |               ^ sign
      |
      = help: subtract it from zero: `0 -`
    "
}

also! {
    negation,
    "from S[!on] select n insert into Out;",
    @"
    error[S0009]: `!` is no operator
     --> app.siddhi:2:8
      |
    2 | from S[!on] select n insert into Out;
      |        ^ not an operator
      |
      = help: negation is written `not`
    "
}

also! {
    null_test,
    "from S[n is not null] select n insert into Out;",
    @"
    error[S0009]: there is no `is not null`
     --> app.siddhi:2:10
      |
    2 | from S[n is not null] select n insert into Out;
      |          ^^^^^^^^^^^ not an operator
      |
      = help: negate the test: `not n is null`
    "
}

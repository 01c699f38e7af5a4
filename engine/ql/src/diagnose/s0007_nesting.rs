use crate::NESTING_MAX;
use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! { S0007, "nested too deeply", shown by a_deep_text }

pub(crate) fn nesting(span: Span) -> Diagnostic {
    CODE.error(format!("this is nested more than {NESTING_MAX} levels deep"), span)
        .label("too deep")
        .help("divide it into several queries")
}

#[cfg(test)]
#[test]
fn a_deep_text() {
    let (open, close) = ("(".repeat(200), ")".repeat(200));
    insta::assert_snapshot!(super::testing::told(&format!("from S[{open}n > 1{close}] select n insert into Out;")), @"
    error[S0007]: this is nested more than 100 levels deep
     --> app.siddhi:2:108
      |
    2 | from S[((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((...
      |                                                                                                            ^ too deep
      |
      = help: divide it into several queries
    ");
}

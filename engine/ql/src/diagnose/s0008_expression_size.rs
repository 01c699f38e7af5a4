use crate::EXPR_HEIGHT_MAX;
use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! { S0008, "an expression of too many parts", shown by a_long_sum }

pub(crate) fn expression_size(span: Span) -> Diagnostic {
    CODE.error(format!("this expression has more than {EXPR_HEIGHT_MAX} operations in a row"), span)
        .label("too many")
        .help("divide it into several attributes or queries")
}

#[cfg(test)]
#[test]
fn a_long_sum() {
    let sum = vec!["n"; 600].join(" + ");
    insta::assert_snapshot!(super::testing::told(&format!("from S select {sum} as x insert into Out;")), @"
    error[S0008]: this expression has more than 500 operations in a row
     --> app.siddhi:2:2015
      |
    2 | ...n + n + n + n + n + n + n + n + n + n + n + n + n + n + n + n + n + n + n + n + n + n + n + n + n + n + n + n + n + n + n + n + n ...
      |                                                                ^ too many
      |
      = help: divide it into several attributes or queries
    ");
}

use crate::ERRORS_MAX;
use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! { S0035, "more mistakes than are shown", shown by a_hundred_mistakes }

pub(crate) fn too_many(span: Span) -> Diagnostic {
    CODE.error(format!("more than {ERRORS_MAX} mistakes; the rest is not shown"), span)
        .help("mend those before it first")
}

#[cfg(test)]
#[test]
fn a_hundred_mistakes() {
    let shown = super::testing::told(&"form S; ".repeat(200));
    let last = shown.rfind("error").expect("there are errors");
    insta::assert_snapshot!(&shown[last..], @"
    error[S0035]: more than 100 mistakes; the rest is not shown
     --> app.siddhi:2:801
      |
    2 | ...rm S; form S; form S; form S; form S; form S; form S; form S; form S; form S; form S; form S; form S; form S; form S; form S; form...
      |                                                                  ^^^^
      |
      = help: mend those before it first
    ");
}

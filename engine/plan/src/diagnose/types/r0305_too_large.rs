use riddhi_ql::{Diagnostic, Span};

code! {
    R0305, "conditions and selected attributes are used in so many places that the query would grow beyond a million parts",
    shown by a_query_that_grows
}

pub(crate) fn too_large(span: Span) -> Diagnostic {
    CODE.error("the query's expressions grow too large", span)
        .label("copied here once too often")
        .note("`having` works on what the selected attributes are computed from, and so do conditions of aggregates")
        .help("select in one query, and put the rest into a second query that reads its stream")
}

/// Each condition is copied to the aggregate behind it, and each `x` stands for a long sum.
#[cfg(test)]
#[test]
fn a_query_that_grows() {
    const HEIGHT: usize = riddhi_ql::EXPR_HEIGHT_MAX as usize - 2;
    let sum = vec!["n"; HEIGHT].join(" + ");
    let more = vec!["x + count() > 0"; HEIGHT - 2].join(" and ");
    let told = crate::diagnose::testing::told(&format!("from S select {sum} as x having {more} insert into Out;"));
    insta::assert_snapshot!(told, @"
    error[R0305]: the query's expressions grow too large
     --> app.siddhi:2:2017
      |
    2 | ...ng x + count() > 0 and x + count() > 0 and x + c...) > 0 and x + count() > 0 and x + count() > 0 an...
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^...^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ copied here once too often
      |
      = note: `having` works on what the selected attributes are computed from, and so do conditions of aggregates
      = help: select in one query, and put the rest into a second query that reads its stream
    ");
}

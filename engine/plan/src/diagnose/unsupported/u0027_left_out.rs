use riddhi_ql::{Diagnostic, Span};

code! {
    U0027, "a query that cannot be run for a reason that no other code names",
    "define stream R (n int); from S join R select coalesce(*) as n insert into Out;",
    @"
    error[U0027]: Riddhi cannot run query 1, and no other diagnostic says why
     --> app.siddhi:2:31
      |
    2 | define stream R (n int); from S join R select coalesce(*) as n insert into Out;
      |                               ^^^^^^^^ it can be read, but there is no plan for it
      |
      = help: please report it with the query
    "
}

/// The last resort: `query` has no plan, and nothing else was found that says why.
pub(crate) fn left_out(query: &str, span: Span) -> Diagnostic {
    let told = CODE.error(format!("Riddhi cannot run {query}, and no other diagnostic says why"), span);
    told.label("it can be read, but there is no plan for it").help("please report it with the query")
}

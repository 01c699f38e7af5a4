use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0021, "`outer join` without left, right or full",
    "from S outer join S select * insert into Out;",
    @"
    error[S0021]: `outer join` does not say which side keeps its rows
     --> app.siddhi:2:8
      |
    2 | from S outer join S select * insert into Out;
      |        ^^^^^^^^^^ which side?
      |
      = help: write `left outer join`, `right outer join` or `full outer join`
    "
}

pub(crate) fn outer_join(span: Span) -> Diagnostic {
    CODE.error("`outer join` does not say which side keeps its rows", span)
        .label("which side?")
        .help("write `left outer join`, `right outer join` or `full outer join`")
}

use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0026, "a clause at the wrong place",
    "from S select n offset 1 limit 1 insert into Out;",
    @"
    error[S0026]: `limit` cannot stand after `offset`
     --> app.siddhi:2:26
      |
    2 | from S select n offset 1 limit 1 insert into Out;
      |                 ------   ^^^^^ too late
      |                 |
      |                 `offset`
      |
      = help: the order is select, group by, having, order by, limit, offset
    "
}

/// `before` is the place of `earlier`.
pub(crate) fn clause_order(clause: &str, earlier: &str, before: Span, span: Span) -> Diagnostic {
    let message = match clause == earlier {
        true => format!("`{clause}` stands twice"),
        false => format!("`{clause}` cannot stand after `{earlier}`"),
    };
    CODE.error(message, span)
        .label("too late")
        .also(before, format!("`{earlier}`"))
        .help("the order is select, group by, having, order by, limit, offset")
}

pub(crate) fn without_select(clause: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`{clause}` belongs to a `select`"), span)
        .label("no `select` before this")
        .help("`select *` selects all attributes")
}

pub(crate) fn change_without_select(span: Span) -> Diagnostic {
    CODE.error("this needs a `select` before it", span)
        .label("no `select`")
        .help("for example `select 'A' as symbol, 5 as amount insert into T`")
}

pub(crate) fn in_aggregation(clause: &str, span: Span) -> Diagnostic {
    CODE.error(format!("an aggregation has no `{clause}`"), span)
        .label("not in an aggregation")
        .help("select and group here, and use the other clauses in the queries that read it")
}

also! {
    twice,
    "from S select n limit 1 limit 2 insert into Out;",
    @"
    error[S0026]: `limit` stands twice
     --> app.siddhi:2:25
      |
    2 | from S select n limit 1 limit 2 insert into Out;
      |                 -----   ^^^^^ too late
      |                 |
      |                 `limit`
      |
      = help: the order is select, group by, having, order by, limit, offset
    "
}

also! {
    no_select,
    "from S group by n insert into Out;",
    @"
    error[S0026]: `group` belongs to a `select`
     --> app.siddhi:2:8
      |
    2 | from S group by n insert into Out;
      |        ^^^^^ no `select` before this
      |
      = help: `select *` selects all attributes
    "
}

also! {
    aggregation,
    "define aggregation A from S select sum(n) as t having t > 1 aggregate every sec;",
    @"
    error[S0026]: an aggregation has no `having`
     --> app.siddhi:2:55
      |
    2 | define aggregation A from S select sum(n) as t having t > 1 aggregate every sec;
      |                                                       ^^^^^ not in an aggregation
      |
      = help: select and group here, and use the other clauses in the queries that read it
    "
}

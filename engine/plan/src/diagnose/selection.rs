//! The clauses of a selection, and where a result goes.

use riddhi_ql::{Code, Diagnostic, Span};

pub(crate) fn negative(clause: &str, value: i64, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0401"), format!("`{clause}` is negative"), span)
        .label(format!("{value} rows cannot be counted off"))
        .help("give zero or a positive number")
}

pub(crate) fn returns(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0404"), "a query of an app has to put its result somewhere", span)
        .label("`return` is for queries asked on demand")
        .help("write `insert into` and a stream")
}

pub(crate) fn anonymous(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0405"), "a query cannot read an inner query", span)
        .label("Siddhi refuses it as well")
        .help("give the inner query a stream of its own with `insert into`, and read that")
}

pub(crate) fn bare_having(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0406"), "`having` takes no bare attribute, constant or aggregator", span)
        .label("Siddhi refuses it as well")
        .help("compare it: `x == true`")
}

use riddhi_ql::{Diagnostic, Span};

use super::not_yet;

code! {
    U0024, "a store of tables",
    "@store(type='rdbms') define table T (n int);",
    @"
    error[U0024]: Riddhi does not have the store `rdbms` yet
     --> app.siddhi:2:13
      |
    2 | @store(type='rdbms') define table T (n int);
      |             ^^^^^^^ not there yet
    "
}

/// `@cache` of a table whose rows cannot be told apart.
pub(crate) fn cache(span: Span) -> Diagnostic {
    not_yet(&CODE, "the cache of a table without a primary key", span)
}

/// Rows of an aggregation are asked for by ranges of time, which no cache answers.
pub(crate) fn cache_of_aggregation(span: Span) -> Diagnostic {
    not_yet(&CODE, "the cache of an aggregation's store", span)
}

/// A query between two events.
pub(crate) fn change_in_store(span: Span) -> Diagnostic {
    not_yet(&CODE, "queries that change a table in a store", span)
}

/// What a store would be told may be another value each time it is told.
pub(crate) fn random_in_store(span: Span) -> Diagnostic {
    not_yet(&CODE, "random values in what a table asks of its store, or tells it,", span)
}

pub(crate) fn store(name: &str, span: Span) -> Diagnostic {
    not_yet(&CODE, format_args!("the store `{name}`"), span)
}

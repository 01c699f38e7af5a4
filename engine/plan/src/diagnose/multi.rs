//! Joins, patterns, partitions, changes of tables, aggregations.

use riddhi_batch::Type;
use riddhi_ql::{Code, Diagnostic, Ident, Span};

pub(crate) fn both_fixed(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0801"), "a join needs a stream or a window", span)
        .label("neither side ever triggers it")
        .help("join a stream with one of them, or ask on demand")
}

pub(crate) fn range_missing(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0802"), "a join with an aggregation needs `within` and `per`", span)
        .label("which buckets?")
        .help("for example: within '2024-06-** **:**:**' per 'days'")
}

pub(crate) fn range_without_aggregation(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0803"), "`within ... per` is for joins with an aggregation", span)
        .label("no side is one")
        .help("leave it out, or compare times in `on`")
}

pub(crate) fn per_type(ty: Type, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0804"), format!("`per` takes a string, not {ty}"), span).help("for example per 'days'")
}

pub(crate) fn per_unknown(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0805"), format!("`{text}` is no duration of an aggregation"), span)
        .help("give 'seconds', 'minutes', 'hours', 'days', 'months' or 'years'")
}

pub(crate) fn log_in_pattern(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0806"), "`#log` cannot be used in a pattern", span)
        .label("only functions that give one event for one event")
        .help("log in an earlier query")
}

pub(crate) fn key_twice(stream: &Ident) -> Diagnostic {
    Diagnostic::error(Code("R0807"), format!("stream `{stream}` has two keys in this partition"), stream.span)
        .label("the second")
        .help("join both into one expression, or use two partitions")
}

pub(crate) fn no_column(table: &Ident, column: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0808"), format!("table `{table}` has no attribute `{column}`"), span)
        .label("would have nowhere to go")
        .help("select attributes as the table has them, or say with `set` what changes")
}

pub(crate) fn delete_all(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0809"), "`delete` needs a condition", span)
        .label("which rows?")
        .help("write `on true` to delete all rows")
}

pub(crate) fn key_of_aggregation(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0810"), "an aggregation has a primary key of its own", span)
        .label("cannot be given")
        .help("leave it out")
}

pub(crate) fn range_backwards(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0811"), "the range of granularities is backwards", span)
        .help("begin with the smaller unit: sec ... year")
}

pub(crate) fn aggregate_by_type(ty: Type, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0812"), format!("`aggregate by` takes long or string, not {ty}"), span)
        .label("no time")
        .help("give milliseconds as long, or a text such as '2024-06-01 04:05:50'")
}

pub(crate) fn not_by_bucket(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0813"), format!("aggregator `{name}` cannot be used in an aggregation"), span)
        .help("`sum`, `count`, `avg`, `min`, `max` and `distinctCount` can")
}

pub(crate) fn plain_attribute(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0814"), format!("in an aggregation `{name}` takes a plain attribute"), span)
        .help("compute it in a query before, and aggregate that query's stream")
}

pub(crate) fn window_of_aggregation(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0815"), "the input of an aggregation cannot have a window", span)
        .label("buckets are its windows")
        .help("leave the window out")
}

pub(crate) fn aggregation_left(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0816"), "an aggregation has to be the right side of a join", span)
        .label("stands left")
        .help("write the stream first: `from S join A ...`")
}

pub(crate) fn cron_joined(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0817"), format!("window `{name}` cannot be joined"), span)
        .label("a `cron` window has nothing to find")
        .help("insert its rows into another window, or into a table")
}

pub(crate) fn within_type(ty: Type, two: bool, span: Span) -> Diagnostic {
    let takes = if two { "long or string" } else { "a string when it stands alone" };
    Diagnostic::error(Code("R0818"), format!("`within` takes {takes}, not {ty}"), span)
        .help("milliseconds are long, 0L; a text is like '2024-06-01 04:05:50', with `**` where any will do")
}

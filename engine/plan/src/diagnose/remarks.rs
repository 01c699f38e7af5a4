//! What runs, but hardly as meant, and where Siddhi's answer would be another.

use riddhi_batch::Type;
use riddhi_ql::{Code, Diagnostic, Severity, Span};

pub(crate) fn note(code: &'static str, message: impl Into<String>, span: Span) -> Diagnostic {
    Diagnostic::new(Severity::Note, Code(code), message, span)
}

pub(crate) fn fails_always(op: &str, ty: Type, span: Span) -> Diagnostic {
    Diagnostic::warning(Code("R0601"), format!("`{op}` fails for every event that has a value here"), span)
        .label(format!("a {ty} is no number"))
        .note("Siddhi accepts this, and drops the events with an error in the log")
}

pub(crate) fn never_expires(span: Span) -> Diagnostic {
    Diagnostic::warning(Code("R0602"), "nothing will ever come out", span)
        .label("without a window no event expires")
        .help("insert current events, or put a window on the input")
}

pub(crate) fn limit_zero(span: Span) -> Diagnostic {
    Diagnostic::warning(Code("R0603"), "nothing will ever come out", span).label("no row passes")
}

pub(crate) fn async_size(span: Span) -> Diagnostic {
    note("R0701", "`@async` without `buffer.size` uses a default", span)
        .note("Siddhi fails when such an app starts")
        .help("give buffer.size='1024'")
}

pub(crate) fn extreme_of(name: &str, span: Span) -> Diagnostic {
    note("R0702", format!("`{name}` may answer differently from Siddhi"), span)
        .note("Siddhi starts from a value of its own, so it is wrong when no argument passes that or all are null")
}

pub(crate) fn for_ever(name: &str, span: Span) -> Diagnostic {
    note("R0703", format!("`{name}` answers differently from Siddhi over a batch window"), span)
        .note("Siddhi forgets the value with every batch; here it is kept for ever")
}

pub(crate) fn filter_after_batch(span: Span) -> Diagnostic {
    note("R0704", "a filter after a batch window may answer differently from Siddhi", span)
        .note("in Siddhi a filter that rejects the batch's first event keeps aggregates from starting anew")
}

pub(crate) fn null_argument(name: &str, span: Span) -> Diagnostic {
    note("R0705", format!("`{name}` answers differently from Siddhi when an argument is null"), span)
        .note("Siddhi drops the event with an error in the log; here a null does not count")
}

pub(crate) fn union(span: Span) -> Diagnostic {
    note("R0712", "`unionSet` over a window may answer differently from Siddhi", span)
        .note("Siddhi miscounts members that left and came back; here a member stays as long as a set that has it")
}

pub(crate) fn null_coordinate(name: &str, span: Span) -> Diagnostic {
    note("R0710", format!("`#{name}` answers differently from Siddhi when an argument is null"), span)
        .note("Siddhi drops the event with an error in the log; here what it adds is null")
}

pub(crate) fn deviation(span: Span) -> Diagnostic {
    note("R0706", "`stdDev` over a sliding window may answer differently from Siddhi", span)
        .note("in Siddhi what is left of cancelled digits may become NaN; here it is zero")
}

pub(crate) fn long_sum(span: Span) -> Diagnostic {
    note("R0707", "`sum` of longs over a window may answer differently from Siddhi", span)
        .note("Siddhi takes rows out through a double, and loses digits beyond 2^53; here the sum is exact")
}

pub(crate) fn equal_extremes(name: &str, span: Span) -> Diagnostic {
    note("R0708", format!("`{name}` over a window may answer differently from Siddhi"), span)
        .note("of two equal values Siddhi may take out the wrong one; here the true value comes out")
}

/// Of a window for which Siddhi fails in some cases.
pub(crate) fn window(name: &str, span: Span) -> Option<Diagnostic> {
    let siddhi = match name {
        "session" => {
            "Siddhi loses events of an array that lie beyond a session's end, lets older events end it, and drops null keys"
        }
        "sort" => "Siddhi drops the event when it compares a null; here null is the least value",
        "delay" => "Siddhi hangs on an array; here it comes out as one chunk",
        _ => return None,
    };
    Some(note("R0711", format!("`{name}` may answer differently from Siddhi"), span).note(siddhi))
}

pub(crate) fn joined_keys(span: Span) -> Diagnostic {
    note("R0709", "groups of several attributes may differ from Siddhi's", span).note(
        "Siddhi joins the texts with `:-:`, so some keys collide, and null is the text `null`; here parts are compared",
    )
}

pub(crate) fn async_chunks(span: Span) -> Diagnostic {
    note("R0730", "`@async` changes no answer here", span).note(
        "Siddhi hands on together what waits in the buffer, so a query with aggregates may put out fewer rows, as it happens",
    )
}

pub(crate) fn no_statistics(span: Span) -> Diagnostic {
    note("R0731", "`@app:statistics` reports nothing yet", span)
        .note("Siddhi measures throughput, latency and memory of the app; no command of Riddhi publishes them today")
}

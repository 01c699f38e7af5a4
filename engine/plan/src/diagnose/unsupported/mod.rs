//! Features that Riddhi does not have yet. They are told apart from mistakes: the app may be right.

use riddhi_ql::{Described, Diagnostic, Span};

mod u0004_script;
mod u0005_aggregation;
mod u0007_join;
mod u0012_in_condition;
mod u0015_source;
mod u0016_sink;
mod u0017_shards;
mod u0020_distribution;
mod u0022_mapper;
mod u0023_option;
mod u0024_store;
mod u0025_state_handler;
mod u0027_left_out;
mod u0101_window;
mod u0102_function;
mod u0103_stream_function;
mod u0104_extension;

family! {
    u0004_script,
    u0005_aggregation,
    u0007_join,
    u0012_in_condition,
    u0015_source,
    u0016_sink,
    u0017_shards,
    u0020_distribution,
    u0022_mapper,
    u0023_option,
    u0024_store,
    u0025_state_handler,
    u0027_left_out,
    u0101_window,
    u0102_function,
    u0103_stream_function,
    u0104_extension,
}

/// A source, sink or mapper.
pub(crate) fn connector(what: &str, name: &str, span: Span) -> Diagnostic {
    match what {
        "source" => source(name, span),
        "sink" => sink(name, span),
        _ => mapper(name, span),
    }
}

/// The feature that the code stands for.
fn feature(described: &Described, span: Span) -> Diagnostic {
    not_yet(described, described.meaning, span)
}

fn not_yet(described: &Described, what: impl std::fmt::Display, span: Span) -> Diagnostic {
    described.error(format!("Riddhi does not have {what} yet"), span).label("not there yet")
}

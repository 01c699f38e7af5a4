//! Expression kernels, operators, state and timers.
//!
//! A query runs as one operator ([`query::Query`]) over columns; what it remembers is written to snapshots by element.
//! Nothing here reads a clock, a random source, a socket or a file, or starts a thread. Not here: how queries are joined
//! to an app and in which order they run (`riddhi-run`).

pub mod aggregate;
pub mod aggregation;
pub mod expr;
pub mod fault;
pub mod functions;
pub(crate) mod geometry;
pub mod groups;
mod hash;
pub mod join;
pub(crate) mod json;
pub(crate) mod keyed;
mod line;
pub mod operator;
pub mod partition;
pub mod query;
pub mod shared;
pub mod split;
pub mod states;
pub mod steps;
pub mod store;
pub mod stream;
pub mod table;
pub mod timers;
pub mod trigger;
pub mod window;

/// A registry with all that is built in.
pub fn registry() -> riddhi_plan::registry::Registry {
    let mut registry = riddhi_plan::registry::Registry::default();
    aggregate::register(&mut registry);
    functions::register(&mut registry);
    stream::register(&mut registry);
    window::register(&mut registry);
    registry
}

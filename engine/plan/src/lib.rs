//! Names and types to a logical plan: binder, registry, EXPLAIN.
//!
//! Plan nodes are read-only once built and know nothing of what changes while they run; that is `riddhi-exec`'s.

pub mod expr;
pub mod logical;
pub mod registry;

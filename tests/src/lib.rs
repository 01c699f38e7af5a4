//! Tests across the crates: cases, laws, random graphs, tidy.
//!
//! This library is what they share: the format of cases, and the driver that takes one through the engine in any way
//! that must not change its answer. The tests themselves are in `tests/tests`.

pub mod case;
pub mod compare;
pub mod data;
pub mod drive;
pub mod graphs;
pub mod random;
pub mod script;

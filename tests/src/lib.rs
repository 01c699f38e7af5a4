//! Tests across the crates: cases, laws, random graphs, tidy.
//!
//! This library is what they share: the recorded cases and random query graphs. What a case is, and the driver that takes
//! one through the engine in any way that must not change its answer, is `riddhi_case`. The tests themselves are in
//! `tests/tests`.

pub mod data;
pub mod graphs;
pub mod pages;
pub mod signatures;

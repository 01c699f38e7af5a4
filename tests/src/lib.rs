//! Tests across the crates: cases, laws, random graphs, tidy.

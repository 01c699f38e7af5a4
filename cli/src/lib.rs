//! The riddhi command line: opens files, reads the wall clock and the signals, and joins them with the engine.
//!
//! Not here: anything an answer depends on; the engine is fed by entries and nothing else.

pub mod input;
mod nearest;
pub mod output;
pub mod signals;

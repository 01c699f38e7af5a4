//! The riddhi command line: opens files, reads the wall clock and the signals, and joins them with the engine.
//!
//! Not here: anything an answer depends on; the engine is fed by entries and nothing else.

mod app;
mod args;
mod exit;
mod files;
mod fmt;
pub mod input;
mod inspect;
pub mod output;
mod replay;
pub mod signals;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};

/// Does what the process's arguments say.
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Replay(args) => replay::replay(&args),
        Command::Check(args) => inspect::check(&args),
        Command::Explain(args) => inspect::explain(&args),
        Command::Fmt(args) => fmt::fmt(&args),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => {
            say(&failure.text);
            failure.exit.into()
        }
    }
}

/// Standard error. Whoever closed it does not want to know, and that is no reason to fail.
fn say(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

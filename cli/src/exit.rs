//! How the process ends.

use std::fmt;
use std::process::ExitCode;

/// The exit codes; a contract, as `riddhi --help` lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All went well.
    Done = 0,
    /// The app has mistakes.
    Mistakes = 1,
    /// Wrong usage, a file that cannot be read, a malformed event.
    Usage = 2,
    /// The app needs what Riddhi does not have yet.
    Missing = 3,
    /// Something failed at run time.
    Failed = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a command ends early: what to say on standard error, and the exit code.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// One or more lines, each ended.
    pub text: String,
}

impl Failure {
    /// A failure that one sentence tells.
    pub fn new(exit: Exit, message: impl fmt::Display) -> Failure {
        Failure { exit, text: format!("error: {message}\n") }
    }

    /// A file that could not be opened or read.
    pub fn file(what: &str, path: &str, cause: &std::io::Error) -> Failure {
        Failure::new(Exit::Usage, format!("{what} {path}: {}", plain(cause)))
    }

    /// A failure with its whole report.
    pub fn report(exit: Exit, text: String) -> Failure {
        Failure { exit, text }
    }

    /// Adds a line of advice.
    pub fn help(mut self, text: impl fmt::Display) -> Failure {
        self.text.push_str(&format!("  = help: {text}\n"));
        self
    }
}

/// The system's words without its error number.
pub fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(n) => text[..n].to_lowercase(),
        None => text,
    }
}

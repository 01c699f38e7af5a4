//! How the process ends.

use std::fmt;
use std::io;
use std::process::ExitCode;

pub use riddhi_connect::plain;

/// The exit codes; a contract, as `riddhi --help` lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

impl Exit {
    /// That of a number which another process gave.
    pub fn of(code: u64) -> Exit {
        let known = [Exit::Done, Exit::Mistakes, Exit::Usage, Exit::Missing];
        known.into_iter().find(|exit| *exit as u64 == code).unwrap_or(Exit::Failed)
    }
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
    pub fn file(what: &str, path: &str, cause: &io::Error) -> Failure {
        Failure::new(Exit::Usage, format!("{what} {path}: {}", plain(cause)))
    }

    /// The system gives no thread.
    pub fn thread(cause: &io::Error) -> Failure {
        Failure::new(Exit::Failed, format!("cannot start a thread: {}", plain(cause)))
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

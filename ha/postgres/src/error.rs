//! What can go wrong with a database, in kinds that ask for different things to be done.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use postgres::error::SqlState;
use thiserror::Error as ThisError;

/// Why something could not be done. [`Error::help`] says what to do.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// Nobody could be reached; one line a host.
    #[error("no database can be reached: {0}")]
    Unreachable(String),
    /// The server does not let the user in.
    #[error("the database does not let {user} in: {message}")]
    Login {
        /// Who wanted in.
        user: String,
        /// The server's words.
        message: String,
    },
    /// There is no such database.
    #[error("there is no database {0} on the server")]
    NoDatabase(String),
    /// The server has all the connections that it may have.
    #[error("the database takes no more connections: {0}")]
    Full(String),
    /// The server is a standby, or was made read-only.
    #[error("the database only reads: {0}")]
    ReadOnly(String),
    /// The user may not do it.
    #[error("the database does not allow it: {message}")]
    Privilege {
        /// The server's words.
        message: String,
        /// The statement that allows it, for the database's owner.
        grant: String,
    },
    /// Nothing came back in time. What was asked for may have been done, or may still be.
    #[error("the database has not answered for {} ms", .0.as_millis())]
    NoAnswer(Duration),
    /// The connection is gone. What was asked for may have been done.
    #[error("the connection to the database is gone: {0}")]
    Gone(String),
    /// Too many connections wait for answers that do not come.
    #[error("{0} connections wait for the database already")]
    Busy(usize),
    /// The server ended a statement that took too long or waited for a lock.
    #[error("the database gave up: {0}")]
    Slow(String),
    /// The tables are not there, or of an older version.
    #[error("the tables of Riddhi have version {found} in this database, and {needed} is needed")]
    TooOld {
        /// 0: there are none.
        found: u32,
        /// What this program works with.
        needed: u32,
    },
    /// The tables are of a newer program.
    #[error("the tables of Riddhi have version {found} in this database, and this program knows {known}")]
    TooNew {
        /// What is there.
        found: u32,
        /// What this program works with.
        known: u32,
    },
    /// The epoch in whose name something was to be written is over.
    #[error("epoch {epoch} is over: another node has begun epoch {later}")]
    EpochOver {
        /// The epoch.
        epoch: u64,
        /// The one that has begun.
        later: u64,
    },
    /// What was read is not what was written.
    #[error("snapshot {id} is damaged: {what}")]
    Damaged {
        /// Which.
        id: i64,
        /// How it shows.
        what: String,
    },
    /// There is no such thing.
    #[error("there is no snapshot {0}")]
    NoSnapshot(i64),
    /// A certificate that cannot be used.
    #[error("TLS to the database: {0}")]
    Tls(String),
    /// A value that does not fit into the database, or that makes no sense coming out of it.
    #[error("{0}")]
    Value(String),
    /// What is to be saved could not be read, or what is read not be handed on.
    #[error("the snapshot's bytes")]
    Bytes(#[source] io::Error),
    /// A thread for the connection could not be started.
    #[error("a thread for the database could not be started")]
    Thread(#[source] io::Error),
    /// Something else that the server said.
    #[error("the database: {0}")]
    Other(String),
}

impl Error {
    /// What a user can do about it.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Error::Unreachable(_) => {
                "look at host and port, at the firewall, and whether PostgreSQL listens on that address"
            }
            Error::Login { .. } => "look at user and password, and at the server's pg_hba.conf",
            Error::NoDatabase(_) => "create it, or run migrations/bootstrap.sql by psql",
            Error::Full(_) => "raise max_connections, or the role's connection limit; a node needs three",
            Error::ReadOnly(_) => {
                "name the primary, or all hosts that may be it: jdbc:postgresql://host1,host2/database"
            }
            Error::Privilege { grant, .. } => return Some(format!("as the owner of the database: {grant}")),
            Error::NoAnswer(_) | Error::Busy(_) => {
                "look whether the server is overloaded or paused, and at the network in between"
            }
            Error::Gone(_) => "it is tried again; look at the server's log if it stays so",
            Error::Slow(_) => "look for locks: select * from pg_stat_activity where wait_event_type = 'Lock'",
            Error::TooOld { .. } => "run `riddhi migrate --config F`",
            Error::TooNew { .. } => "update Riddhi on this node to the version of the other one",
            Error::EpochOver { .. } => "this node is no longer the active one",
            Error::Damaged { .. } => "an earlier snapshot is taken; look for errors of the database's disks",
            Error::Tls(_) => "look at sslmode and sslrootcert of the URL",
            Error::NoSnapshot(_) | Error::Value(_) | Error::Bytes(_) | Error::Thread(_) | Error::Other(_) => {
                return None;
            }
        };
        Some(help.to_owned())
    }

    /// Whether it may have been carried out all the same.
    pub fn is_open(&self) -> bool {
        matches!(self, Error::NoAnswer(_) | Error::Gone(_))
    }

    /// What an error of a statement stands for.
    pub(crate) fn of(error: &postgres::Error) -> Error {
        let Some(db) = error.as_db_error() else {
            let text = said(error);
            return if error.is_closed() || is_io(error) { Error::Gone(text) } else { Error::Other(text) };
        };
        let message = db.message().to_owned();
        match db.code() {
            &SqlState::READ_ONLY_SQL_TRANSACTION => Error::ReadOnly(message),
            // What a standby says to questions about what it writes.
            &SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE if message.contains("recovery") => Error::ReadOnly(message),
            &SqlState::INSUFFICIENT_PRIVILEGE => {
                Error::Privilege { message, grant: "grant what is missing".to_owned() }
            }
            &SqlState::QUERY_CANCELED | &SqlState::LOCK_NOT_AVAILABLE => Error::Slow(message),
            &SqlState::TOO_MANY_CONNECTIONS | &SqlState::CONFIGURATION_LIMIT_EXCEEDED => Error::Full(message),
            &SqlState::ADMIN_SHUTDOWN | &SqlState::CRASH_SHUTDOWN | &SqlState::CANNOT_CONNECT_NOW => {
                Error::Gone(message)
            }
            &SqlState::UNDEFINED_TABLE | &SqlState::INVALID_SCHEMA_NAME | &SqlState::UNDEFINED_FUNCTION => {
                Error::TooOld { found: 0, needed: crate::LATEST }
            }
            code => Error::Other(format!("{message} ({})", code.code())),
        }
    }

    /// What an error of logging in stands for.
    pub(crate) fn of_login(error: &postgres::Error, user: &str, database: &str) -> Error {
        let Some(db) = error.as_db_error() else { return Error::Unreachable(said(error)) };
        match db.code() {
            &SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
                Error::Login { user: user.to_owned(), message: db.message().to_owned() }
            }
            &SqlState::INVALID_CATALOG_NAME => Error::NoDatabase(database.to_owned()),
            &SqlState::INSUFFICIENT_PRIVILEGE => Error::Privilege {
                message: db.message().to_owned(),
                grant: format!("grant connect on database {} to {};", quoted(database), quoted(user)),
            },
            _ => Error::of(error),
        }
    }
}

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Error {
        Error::of(&error)
    }
}

/// An identifier for SQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn is_io(error: &postgres::Error) -> bool {
    let mut cause = error.source();
    while let Some(e) = cause {
        if e.is::<io::Error>() {
            return true;
        }
        cause = e.source();
    }
    false
}

/// An error with its causes, in one line.
pub(crate) fn said(error: &postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(e) = cause {
        let more = e.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = e.source();
    }
    text
}

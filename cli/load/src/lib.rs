//! Load for a server: events, generated or read from a file, sent over Siddhi TCP, HTTP or the data bridge at a fixed rate or flat
//! out, and how the server took them.
//!
//! The loop is open: at a fixed rate each frame is due at a time that does not depend on how the server answers, and its
//! latency counts from then. A server that stalls is therefore charged for all frames that were due meanwhile, not only for
//! the one that waited.
//!
//! | file | idea |
//! |---|---|
//! | `column.rs` | which values an attribute has |
//! | `rows.rs` | events as values, drawn or read |
//! | `frames.rs` | frames made before the start, of which only the times change |
//! | `pace.rs` | which frame is due when; arithmetic without a clock |
//! | `window.rs` | frames without an answer |
//! | `sender.rs`, `answers.rs` | the two directions of a connection of Siddhi TCP |
//! | `turns.rs` | HTTP and the data bridge: a request, its answer, the next one |
//! | `report.rs` | what came of it |
//!
//! Invariants: blocking sockets, a thread a connection and, of Siddhi TCP, one more that reads its answers; memory does not grow with the
//! length of a run; every frame that was sent is acknowledged, refused or counted as unanswered.
//! Not here: reading of arguments, printing, TLS, reconnecting (but where a server of HTTP ends a connection in order).

mod answers;
mod column;
mod connection;
mod frames;
mod pace;
mod report;
mod rows;
mod sender;
mod turns;
mod window;

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub use column::{Attribute, Column, ColumnError};
pub use pace::Pace;
pub use report::{Latency, Report};
pub use riddhi_wire::databridge::client::Speaks;
pub use rows::{Cell, Recorded, recorded};

use connection::Connection;
use frames::Frames;
use report::Part;
use window::Window;

/// Bytes of a frame at most, as Riddhi's source takes them.
pub const FRAME_BYTES_MAX: usize = 16 << 20;

/// Connections at most.
pub const CONNECTIONS_MAX: u32 = 1024;

/// What to send, and where.
#[derive(Clone, Debug)]
pub struct Load {
    /// The server, `HOST:PORT`.
    pub address: String,
    /// What is spoken there.
    pub to: Protocol,
    /// The attributes of the stream, in order.
    pub columns: Vec<Attribute>,
    /// The events; none, and they are drawn. Behind the last comes the first again.
    pub recorded: Option<Recorded>,
    /// How many events, how many in a frame, and how fast.
    pub pace: Pace,
    /// No frame is begun after this time.
    pub time_max: Option<Duration>,
    /// Whether answers are counted: over Siddhi TCP the server is asked for acknowledgements, which only Riddhi gives; the
    /// other protocols answer anyhow, and it must be so.
    pub acknowledge: bool,
    /// Where the values begin; the same seed gives the same events.
    pub seed: u64,
    /// How long to wait for the server where it should do something: connect, take bytes, answer.
    pub patience: Duration,
}

/// What is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Siddhi TCP with binary events.
    Tcp {
        /// The channel, as the source's `context` names it.
        channel: String,
    },
    /// HTTP/1.1 with JSON, a request at a time on each connection, which stays open.
    Http {
        /// Path and query.
        path: String,
        /// The value of the header `authorization`.
        authorization: Option<String>,
    },
    /// WSO2's data bridge, a bundle at a time on each connection.
    DataBridge {
        /// Over which protocol.
        speaks: Speaks,
        /// The stream, `name:version`. All attributes are meta, correlation and payload data, in this order.
        stream: String,
        /// Where the session comes from.
        login: Login,
    },
}

/// A log-in to the data bridge, over Binary without TLS.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// A port of Binary, `HOST:PORT`.
    pub address: String,
    /// The user's name.
    pub user: String,
    /// The password, which is not shown.
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("address", &self.address).field("user", &self.user).finish_non_exhaustive()
    }
}

/// Why there was no run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The server cannot be reached.
    #[error("cannot connect to {address}")]
    Connect {
        /// The server.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// It said nothing after the hello, or ended the connection.
    #[error("{address} does not answer the request for acknowledgements")]
    NoWelcome {
        /// The server.
        address: String,
    },
    /// It said something else.
    #[error("{address} answers the request for acknowledgements with something else")]
    NotWelcome {
        /// The server.
        address: String,
    },
    /// A frame would have more bytes than a source takes.
    #[error("a frame of {events} events would have {bytes} bytes; {FRAME_BYTES_MAX} are taken")]
    FrameTooLong {
        /// Events of a frame.
        events: u32,
        /// Its bytes.
        bytes: u64,
    },
    /// It gave no session.
    #[error("cannot log in at {address}: {why}")]
    Login {
        /// The server.
        address: String,
        /// What it says.
        why: String,
    },
    /// A file of events cannot be read.
    #[error("{path}, line {line}: {why}")]
    File {
        /// The file.
        path: String,
        /// The line, from 1; 0 is the file as a whole.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// JSON needs the attributes' names.
    #[error("attributes have no names, which JSON needs")]
    NoNames,
    /// There is nothing to send.
    #[error("a stream needs an attribute")]
    NoColumns,
}

/// What all threads of a run share.
struct Common<'a> {
    load: &'a Load,
    begun: Instant,
    /// The clock when it began, milliseconds since 1970.
    begun_ms: i64,
}

impl Common<'_> {
    fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The clock at a time from the start, milliseconds since 1970.
    fn time(&self, from_start: Duration) -> i64 {
        self.begun_ms.saturating_add(i64::try_from(from_start.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Sends, until all is sent and answered, the time is over, or `stopping` says so.
///
/// # Errors
///
/// If it cannot begin. What goes wrong later on a connection is in the report, and the others go on.
pub fn run(load: &Load, stopping: impl Fn() -> bool + Sync) -> Result<Report, LoadError> {
    if load.columns.is_empty() {
        return Err(LoadError::NoColumns);
    }
    let connections = load.pace.connections;
    let mut prepared = Vec::new();
    let session = Connection::session(load)?;
    for number in 0..connections {
        let frames = Frames::new(load, number, &session)?;
        prepared.push((number, Connection::open(load)?, frames));
    }
    let begun_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64);
    let common = Common { load, begun: Instant::now(), begun_ms };
    let parts: Vec<Part> = thread::scope(|scope| {
        let (common, stopping) = (&common, &stopping);
        let threads: Vec<_> = prepared
            .into_iter()
            .map(|(number, connection, frames)| {
                scope.spawn(move || both_directions(common, number, connection, frames, stopping))
            })
            .collect();
        threads.into_iter().map(|t| t.join().expect("a thread of a connection does not panic")).collect()
    });
    Ok(Report::new(load, common.elapsed(), &parts))
}

/// Sends on this thread, and reads answers on another one.
fn both_directions(
    common: &Common<'_>,
    number: u32,
    connection: Connection,
    frames: Frames<'_>,
    stopping: &(impl Fn() -> bool + Sync),
) -> Part {
    let mut part = Part::new();
    if !matches!(common.load.to, Protocol::Tcp { .. }) {
        turns::send(common, number, connection, frames, stopping, &mut part);
        return part;
    }
    let Some(window_frames) = connection.window_frames else {
        sender::send(common, number, &connection.stream, frames, None, stopping, &mut part);
        return part;
    };
    let window = Window::new(window_frames);
    let answers = thread::scope(|scope| {
        let reader = scope.spawn(|| answers::read(common, number, &connection, &window, stopping));
        sender::send(common, number, &connection.stream, frames, Some(&window), stopping, &mut part);
        window.finish();
        reader.join().expect("a reader does not panic")
    });
    part.answered(answers);
    part
}

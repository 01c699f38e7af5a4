//! Load for a server: generated events sent over Siddhi TCP at a fixed rate or flat out, and how the server took them.
//!
//! The loop is open: at a fixed rate each frame is due at a time that does not depend on how the server answers, and its
//! latency counts from then. A server that stalls is therefore charged for all frames that were due meanwhile, not only for
//! the one that waited.
//!
//! | file | idea |
//! |---|---|
//! | `column.rs` | which values an attribute has |
//! | `frames.rs` | frames made before the start, of which only the times change |
//! | `pace.rs` | which frame is due when; arithmetic without a clock |
//! | `window.rs` | frames without an answer |
//! | `sender.rs`, `answers.rs` | the two directions of a connection |
//! | `report.rs` | what came of it |
//!
//! Invariants: blocking sockets, a thread a connection and one more that reads its answers; memory does not grow with the
//! length of a run; every frame that was sent is acknowledged, refused or counted as unanswered.
//! Not here: reading of arguments, printing, replay of recorded events, reconnecting, other protocols.

mod answers;
mod column;
mod connection;
mod frames;
mod pace;
mod report;
mod sender;
mod window;

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub use column::{Column, ColumnError};
pub use pace::Pace;
pub use report::{Latency, Report};

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
    /// The channel, as the source's `context` names it.
    pub channel: String,
    /// The attributes of the stream.
    pub columns: Vec<Column>,
    /// How many events, how many in a frame, and how fast.
    pub pace: Pace,
    /// No frame is begun after this time.
    pub time_max: Option<Duration>,
    /// Whether the server is asked for acknowledgements, which only Riddhi gives.
    pub acknowledge: bool,
    /// Where the values begin; the same seed gives the same events.
    pub seed: u64,
    /// How long to wait for the server where it should do something: connect, take bytes, answer.
    pub patience: Duration,
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
    for number in 0..connections {
        let frames = Frames::new(load, load.pace.batch, load.seed.wrapping_add(number.into()))?;
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
    frames: Frames,
    stopping: &(impl Fn() -> bool + Sync),
) -> Part {
    let mut part = Part::new();
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

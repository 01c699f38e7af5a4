//! Sinks: where messages go.
//!
//! Invariants: whole messages are written or kept; a full disk is waited for; what could not be sent is counted and
//! reported, never dropped in silence.

pub(crate) mod file;
pub(crate) mod http;
pub(crate) mod log;
pub(crate) mod memory;
mod on_error;
mod reach;
mod slot;
pub(crate) mod stdout;
pub(crate) mod tcp;
mod writer;
pub(crate) mod wso2event;

use std::time::Duration;

use crate::mapper::{OutRows, Outgoing};
use crate::names::Names;
pub use on_error::OnError;
pub use slot::SinkSlot;

/// How often something that waits looks again.
const RETRY: Duration = Duration::from_millis(200);

/// What is sent.
#[derive(Clone, Copy)]
pub enum Published<'a> {
    /// Messages; `lines`: each ends a line already.
    Messages {
        /// The messages.
        out: &'a Outgoing,
        /// Whether each ends with a line end.
        lines: bool,
    },
    /// Rows as they are.
    Rows(&'a OutRows<'a>),
}

/// Why something was not sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Unsent {
    /// What it is sent to is not there, or refuses: it may be tried again.
    Unavailable(String),
    /// These messages, by place, will never be sent, for this reason; the others are.
    Partly(Vec<usize>, String),
    /// Whoever read it has gone away.
    Closed,
    /// The end was asked for while it waited.
    Stopping(String),
}

/// Where messages go.
pub trait Sink: Send {
    /// Sends messages, or keeps them until [`Sink::flush`]. `to`: the value of its dynamic option. `names`: what is sent is
    /// called so, if the sink is one that says it.
    fn publish(&mut self, to: Option<&str>, what: Published<'_>, names: &Names<'_>) -> Result<(), Unsent>;

    /// Hands on all that is kept.
    fn flush(&mut self) -> Result<(), Unsent> {
        Ok(())
    }

    /// Told once, before anything is sent: what can be opened is opened. `to`: the value of its dynamic option, if it is
    /// always the same.
    fn begin(&mut self, _to: Option<&str>) {}

    /// Gives up what is kept; gives the number of rows.
    fn abandon(&mut self) -> u64 {
        0
    }

    /// Rows that were sent and that the receiver has refused since this was asked last, and why.
    fn refused(&mut self) -> Option<(u64, String)> {
        None
    }

    /// What is done with what cannot be sent, unless the app says so.
    fn on_error(&self) -> OnError {
        OnError::Log
    }

    /// All that was sent so far has been noted as sent: the time for what must not happen in between.
    fn noted(&mut self) {}

    /// Its option that may differ from event to event.
    fn dynamic(&self) -> Option<&'static str> {
        None
    }

    /// What it needs to go on from what was noted last.
    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Goes on from what was noted last: takes back what was sent after it, if it can.
    fn restore(&mut self, _bytes: &[u8]) {}
}

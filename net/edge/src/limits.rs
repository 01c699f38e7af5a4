//! What a peer may ask for at most, in one place.

use std::time::Duration;

/// Bounds of all connections of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; further ones are closed at once and counted.
    pub connections: usize,
    /// Bytes of one message: a frame or a body.
    pub message_bytes: usize,
    /// Bytes that wait to be sent to one peer; above, nothing is read from it.
    pub unsent_bytes: usize,
    /// Time from the first byte of a message to its last header byte, and for a handshake.
    pub header: Duration,
    /// Time that a message in transit may stand still.
    pub progress: Duration,
    /// Time that a connection may be silent; none: for ever.
    pub idle: Option<Duration>,
    /// Bytes of messages that wait for one source at most, for each poll loop.
    pub block_bytes: usize,
    /// Blocks that wait for one source at most.
    pub blocks: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 10_000,
            message_bytes: 16 << 20,
            unsent_bytes: 256 << 10,
            header: Duration::from_secs(10),
            progress: Duration::from_secs(30),
            idle: None,
            block_bytes: 256 << 10,
            blocks: 32,
        }
    }
}

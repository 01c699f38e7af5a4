//! The protocols of existing clients: WSO2's data bridge (Binary and Thrift) and Siddhi TCP.
//!
//! Each protocol first tells where a message ends in a buffer that may not have all of it yet ([`Extent`]), then reads a whole
//! message as a view that borrows it. Encoders append to a buffer, for both directions: a server's answers, a client's
//! requests.
//!
//! Invariants: whatever the bytes, no decoder panics, and none allocates more than a caller's buffers before it has compared
//! the lengths in a message with what is there. The end of a message is told only if it is within the caller's limit.
//! Texts are bytes here; [`text`] reads them as UTF-8.
//! Not here: sockets, sessions, who may log in, and what becomes of the events.

mod cursor;
pub mod databridge;
pub mod definition;
mod error;
pub mod siddhi_tcp;
mod value;

use std::borrow::Cow;

pub use error::WireError;
pub use value::{RowValues, Type, Value, Values, put};

/// Where the message that a buffer begins with ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// This many bytes of the buffer are the message.
    Whole(usize),
    /// The buffer must have this many bytes before there is more to say; always more than it has.
    Partial(usize),
}

/// Bytes as UTF-8, with U+FFFD for what is not, as WSO2's receivers read them.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

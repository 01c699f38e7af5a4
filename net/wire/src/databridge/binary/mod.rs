//! The Binary protocol: a type, a length and a body.
//!
//! A peer takes the orderly end of a connection for success, so a server must never close one on which a publish waits for
//! its answer.

mod request;
mod response;

pub use request::{Arbitrary, Event, Events, Publish, PublishWriter, Request, login, logout, publish, write_event};
pub(super) use request::{begin_event, end_event};
pub use response::{ErrorClass, Response, error, login_ok, ok, response_extent};

use crate::cursor::i32_at;
use crate::{Extent, WireError};

const LOGIN: u8 = 0;
const LOGOUT: u8 = 1;
const PUBLISH: u8 = 2;

/// Bytes before a request's body: type and length.
pub const HEADER_BYTES: usize = 5;

/// Where the request ends that the buffer begins with; its body must not have more than `body_bytes_max` bytes.
///
/// # Errors
///
/// An unknown type, told by its first byte; a length that is negative or too large, told by the header alone.
pub fn extent(buffer: &[u8], body_bytes_max: usize) -> Result<Extent, WireError> {
    if let Some(ty) = buffer.first()
        && *ty > PUBLISH
    {
        return Err(WireError::Code { what: "message type", code: i64::from(*ty) });
    }
    let Some(len) = i32_at(buffer, 1) else { return Ok(Extent::Partial(HEADER_BYTES)) };
    let body = usize::try_from(len).map_err(|_| WireError::Length { what: "a body", value: len.into() })?;
    if body > body_bytes_max {
        return Err(WireError::TooLong { bytes: body as u64, bytes_max: body_bytes_max });
    }
    let whole = HEADER_BYTES + body;
    Ok(if buffer.len() < whole { Extent::Partial(whole) } else { Extent::Whole(whole) })
}

//! Frames: a protocol number, a size, a session, a channel and data.

use crate::cursor::{Cursor, i32_at};
use crate::value::put;
use crate::{Extent, WireError};

const PROTOCOL: u8 = 2;

/// Bytes before what a frame's size counts: protocol number and size.
pub const HEADER_BYTES: usize = 5;

/// Bytes of a frame's three lengths.
const LENGTHS_BYTES: usize = 12;

/// Where the frame ends that the buffer begins with; its size must not say more than `bytes_max`.
///
/// # Errors
///
/// Another protocol, told by the first byte; a size that is too small or too large, told by the header alone.
pub fn extent(buffer: &[u8], bytes_max: usize) -> Result<Extent, WireError> {
    if let Some(first) = buffer.first()
        && *first != PROTOCOL
    {
        return Err(WireError::Code { what: "protocol", code: i64::from(*first) });
    }
    let Some(size) = i32_at(buffer, 1) else { return Ok(Extent::Partial(HEADER_BYTES)) };
    let wrong = WireError::Length { what: "a frame", value: size.into() };
    let size = usize::try_from(size).ok().filter(|size| *size >= LENGTHS_BYTES).ok_or(wrong)?;
    if size > bytes_max {
        return Err(WireError::TooLong { bytes: size as u64, bytes_max });
    }
    let whole = HEADER_BYTES + size;
    Ok(if buffer.len() < whole { Extent::Partial(whole) } else { Extent::Whole(whole) })
}

/// A frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Whatever the client puts there. Riddhi's sinks put the name of the frame there.
    pub session: &'a [u8],
    /// Which source it is for: `app/stream`, unless the app says otherwise.
    pub channel: &'a [u8],
    /// What the source's mapper reads.
    pub data: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads a whole frame, as [`extent`] found it.
    ///
    /// # Errors
    ///
    /// Another protocol, or lengths that together are not the frame's size.
    pub fn parse(bytes: &'a [u8]) -> Result<Frame<'a>, WireError> {
        let mut from = Cursor::new(bytes);
        let protocol = from.u8("the protocol")?;
        if protocol != PROTOCOL {
            return Err(WireError::Code { what: "protocol", code: protocol.into() });
        }
        let size = from.i32("a frame's size")?;
        let frame = Frame {
            session: from.counted("a session")?,
            channel: from.counted("a channel")?,
            data: from.counted("data")?,
        };
        if usize::try_from(size).ok() != bytes.len().checked_sub(HEADER_BYTES) || from.len() > 0 {
            return Err(WireError::Length { what: "a frame", value: size.into() });
        }
        Ok(frame)
    }
}

/// Where a frame's lengths belong that is being written.
#[derive(Debug)]
pub struct FrameStart {
    start: usize,
    data: usize,
}

/// Appends what a frame begins with; its data must follow, and then [`end_frame`].
pub fn begin_frame(out: &mut Vec<u8>, session: &[u8], channel: &[u8]) -> FrameStart {
    let start = out.len();
    out.push(PROTOCOL);
    put::int(out, 0);
    put::counted(out, session);
    put::counted(out, channel);
    put::int(out, 0);
    FrameStart { start, data: out.len() }
}

/// Ends a frame: what was appended since is its data.
pub fn end_frame(out: &mut [u8], frame: FrameStart) {
    let end = out.len();
    put::int_at(out, frame.start + 1, end - frame.start - HEADER_BYTES);
    put::int_at(out, frame.data - 4, end - frame.data);
}

/// Appends a frame.
pub fn write_frame(out: &mut Vec<u8>, frame: &Frame<'_>) {
    let start = begin_frame(out, frame.session, frame.channel);
    out.extend_from_slice(frame.data);
    end_frame(out, start);
}

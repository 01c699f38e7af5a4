//! Frames: a length, a kind, a checksum and a payload.

use std::io::{self, Read};

/// Bytes of a payload at most.
pub const FRAME_BYTES_MAX: usize = 64 << 20;

/// Bytes of a payload at most, as long as the peer has not proved itself.
pub const HELLO_BYTES_MAX: usize = 4096;

/// Bytes before a payload.
const HEADER_BYTES: usize = 9;

/// What room is made for at once, however long a frame says it is.
const STEP_BYTES: usize = 1 << 20;

/// Appends a frame whose payload `fill` appends, all but its end, which is `tail` and is to be sent behind it.
pub(crate) fn put(out: &mut Vec<u8>, kind: u8, tail: &[u8], fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER_BYTES]);
    fill(out);
    let bytes = (out.len() - start - HEADER_BYTES + tail.len()) as u32;
    let crc = crc32c::crc32c_append(crc32c::crc32c(&[kind]), &out[start + HEADER_BYTES..]);
    let crc = crc32c::crc32c_append(crc, tail);
    out[start..start + 4].copy_from_slice(&bytes.to_le_bytes());
    out[start + 4] = kind;
    out[start + 5..start + HEADER_BYTES].copy_from_slice(&crc.to_le_bytes());
}

/// Why a frame could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("a frame of {0} bytes, where {1} are allowed")]
    TooLong(usize, usize),
    #[error("a frame was damaged on its way")]
    Damaged,
}

/// Reads one frame into `payload`; gives its kind.
pub(crate) fn read(from: &mut impl Read, max: usize, payload: &mut Vec<u8>) -> Result<u8, FrameError> {
    let mut header = [0; HEADER_BYTES];
    from.read_exact(&mut header)?;
    let [a, b, c, d, kind, crc @ ..] = header;
    let bytes = u32::from_le_bytes([a, b, c, d]) as usize;
    if bytes > max {
        return Err(FrameError::TooLong(bytes, max));
    }
    payload.clear();
    while payload.len() < bytes {
        let at = payload.len();
        payload.resize(bytes.min(at + STEP_BYTES), 0);
        from.read_exact(&mut payload[at..])?;
    }
    if crc32c::crc32c_append(crc32c::crc32c(&[kind]), payload) != u32::from_le_bytes(crc) {
        return Err(FrameError::Damaged);
    }
    Ok(kind)
}

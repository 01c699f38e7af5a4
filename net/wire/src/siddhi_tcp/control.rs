//! Riddhi's acknowledgements over Siddhi TCP.
//!
//! A client that wants to know what was accepted sends a frame for the channel `riddhi/hello` before any other. To such a
//! connection, and to no other, the server writes frames of the same form: first `riddhi/welcome`, then `riddhi/ack` and
//! `riddhi/refused`. The frames behind the hello have numbers from 1. An acknowledgement of n says that all frames up to n are
//! accepted, but for those that were refused before. The client must not have more frames without an answer than the welcome
//! says. Riddhi's sinks put a name into each frame's session, by which a source of Riddhi's knows a frame that it has already; such
//! a one is acknowledged and passed over. A server of Siddhi's takes the hello for a frame of an unknown channel and never answers.
//!
//! | channel | data |
//! |---|---|
//! | `riddhi/hello` | version, one byte |
//! | `riddhi/welcome` | version, one byte; frames without an answer at most, 4 bytes |
//! | `riddhi/ack` | number of a frame, 8 bytes |
//! | `riddhi/refused` | number of a frame, 8 bytes; why, a text with its length before it |

use super::frame::{Frame, begin_frame, end_frame};
use crate::WireError;
use crate::cursor::Cursor;
use crate::value::put;

/// The version of the acknowledgements that is spoken here.
pub const CONTROL_VERSION: u8 = 1;

/// Why a frame is refused whose channel no source has. That may change: who names its frames sees the connection end behind it,
/// and sends them again over another one.
pub const NOBODY: &[u8] = b"nobody listens to this channel";

const HELLO: &[u8] = b"riddhi/hello";
const WELCOME: &[u8] = b"riddhi/welcome";
const ACK: &[u8] = b"riddhi/ack";
const REFUSED: &[u8] = b"riddhi/refused";

/// A frame that carries no events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control<'a> {
    /// The client asks for answers.
    Hello {
        /// The version that it speaks.
        version: u8,
    },
    /// The server will give them.
    Welcome {
        /// The version that it speaks: not above the client's.
        version: u8,
        /// Frames without an answer at most.
        frames_max: u32,
    },
    /// All frames up to this number have their answer: they are accepted, unless refused before.
    Ack {
        /// The number.
        frame: u64,
    },
    /// A frame is not accepted, and will not be if it is sent again, unless it is for [`NOBODY`].
    Refused {
        /// Its number.
        frame: u64,
        /// Why.
        reason: &'a [u8],
    },
}

impl<'a> Control<'a> {
    /// What a frame says if it carries no events; none if its channel is that of a source.
    ///
    /// # Errors
    ///
    /// Data that is not of the channel's form.
    pub fn parse(frame: &Frame<'a>) -> Result<Option<Control<'a>>, WireError> {
        let mut from = Cursor::new(frame.data);
        let control = match frame.channel {
            HELLO => Control::Hello { version: from.u8("a version")? },
            WELCOME => {
                let version = from.u8("a version")?;
                Control::Welcome { version, frames_max: from.array("a number of frames").map(u32::from_be_bytes)? }
            }
            ACK => Control::Ack { frame: number(&mut from)? },
            REFUSED => Control::Refused { frame: number(&mut from)?, reason: from.counted("a reason")? },
            _ => return Ok(None),
        };
        if from.len() > 0 {
            return Err(WireError::Length { what: "a control frame's data", value: frame.data.len() as i64 });
        }
        Ok(Some(control))
    }

    /// Appends it as a frame.
    pub fn write(&self, out: &mut Vec<u8>) {
        let channel = match self {
            Control::Hello { .. } => HELLO,
            Control::Welcome { .. } => WELCOME,
            Control::Ack { .. } => ACK,
            Control::Refused { .. } => REFUSED,
        };
        let start = begin_frame(out, b"", channel);
        match self {
            Control::Hello { version } => out.push(*version),
            Control::Welcome { version, frames_max } => {
                out.push(*version);
                out.extend_from_slice(&frames_max.to_be_bytes());
            }
            Control::Ack { frame } => out.extend_from_slice(&frame.to_be_bytes()),
            Control::Refused { frame, reason } => {
                out.extend_from_slice(&frame.to_be_bytes());
                put::counted(out, reason);
            }
        }
        end_frame(out, start);
    }
}

fn number(from: &mut Cursor<'_>) -> Result<u64, WireError> {
    from.array("a frame's number").map(u64::from_be_bytes)
}

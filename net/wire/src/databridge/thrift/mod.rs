//! The Thrift protocol: calls of the event transmission services in TBinaryProtocol, unframed.
//!
//! Nothing says how long a call is: [`Scanner`] finds its end while it arrives. Calls may have the versioned header or the old
//! one; replies always have the versioned one.
//! Not here: TCompactProtocol over HTTP, which only the receivers of 2014 to 2016 offered.

mod bundle;
mod bundle_writer;
mod call;
mod fields;
mod reply;
mod scan;

pub use bundle::{Bundle, EventHead, Events, MapIndex, Pairs};
pub use bundle_writer::BundleWriter;
pub use call::{Arguments, Call, Header, Method, Service, write_call};
pub use reply::{Exception, Outcome, Reply, application_error, reply_bool, reply_exception, reply_text, reply_void};
pub use scan::Scanner;

/// Codes of types on the wire.
mod code {
    pub(super) const STOP: u8 = 0;
    pub(super) const BOOL: u8 = 2;
    pub(super) const BYTE: u8 = 3;
    pub(super) const DOUBLE: u8 = 4;
    pub(super) const I16: u8 = 6;
    pub(super) const I32: u8 = 8;
    pub(super) const I64: u8 = 10;
    pub(super) const STRING: u8 = 11;
    pub(super) const STRUCT: u8 = 12;
    pub(super) const MAP: u8 = 13;
    pub(super) const SET: u8 = 14;
    pub(super) const LIST: u8 = 15;
}

/// Kinds of message.
mod kind {
    pub(super) const CALL: u8 = 1;
    pub(super) const REPLY: u8 = 2;
    pub(super) const EXCEPTION: u8 = 3;
    pub(super) const ONE_WAY: u8 = 4;
}

/// The upper half of a versioned header's first word.
const VERSION: u32 = 0x8001_0000;

/// Structs, lists and maps within each other at most; the calls of the services need four.
const DEPTH_MAX: usize = 16;

/// Bytes of a method's name at most; the longest that the services have is 25. Framed clients, whose first word is the length
/// of a frame, are told by it.
const NAME_BYTES_MAX: usize = 128;

/// The bytes of a value of this type: all that it has if they are always as many, else at least so many.
fn size(ty: u8) -> Result<Size, crate::WireError> {
    Ok(match ty {
        code::BOOL | code::BYTE => Size::Fixed(1),
        code::I16 => Size::Fixed(2),
        code::I32 => Size::Fixed(4),
        code::DOUBLE | code::I64 => Size::Fixed(8),
        code::STRING => Size::AtLeast(4),
        code::STRUCT => Size::AtLeast(1),
        code::MAP => Size::AtLeast(6),
        code::SET | code::LIST => Size::AtLeast(5),
        _ => return Err(crate::WireError::Code { what: "type", code: i64::from(ty) }),
    })
}

#[derive(Clone, Copy)]
enum Size {
    Fixed(usize),
    AtLeast(usize),
}

impl Size {
    fn bytes_min(self) -> usize {
        match self {
            Size::Fixed(bytes) | Size::AtLeast(bytes) => bytes,
        }
    }
}

/// Whether these may be the first characters of a method's name.
fn is_name(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'-'))
}

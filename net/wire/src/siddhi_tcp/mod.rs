//! Siddhi TCP: frames for named channels, with events in the form of the `binary` mapper, and Riddhi's acknowledgements.
//!
//! The protocol as Siddhi has it knows no log-in and no answer: a server never writes. A client that wants to know what has
//! been accepted says so by its first frame; see [`Control`].

mod control;
mod events;
mod frame;

pub use control::{CONTROL_VERSION, Control, NOBODY};
pub use events::{Events, EventsWriter};
pub use frame::{Frame, FrameStart, HEADER_BYTES, begin_frame, end_frame, extent, write_frame};

//! The events of Riddhi in memory: columns, strings, flows and frames.
//!
//! Invariants: a column is plain old data in one contiguous vector, with a byte a row for null only while some row is
//! null; every long string of a frame's columns lies in that frame's one [`Arena`], so moving rows between the flows of
//! a frame copies 16 bytes a string; all buffers keep their capacity when cleared, so a recycled frame allocates nothing.
//! Not here: what the rows mean (`riddhi-plan`), and what outlives a frame (`riddhi-exec` copies it into its own storage).

mod ahead;
mod any;
mod appender;
mod arena;
mod column;
mod encoding;
mod flow;
mod frame;
pub mod java;
mod map;
mod schema;
mod set;
mod state;
mod str;
mod text;
mod value;

pub use ahead::fetch;
pub use any::Any;
pub use appender::{Appender, Cell, Row};
pub use arena::Arena;
pub use column::{Column, Data, Sel};
pub use flow::{Chunk, Columns, Flow};
pub use frame::{Answered, Entry, Frame, TICK};
pub use map::Map;
pub use schema::{Attribute, Kind, Schema, Type};
pub use set::{Members, member_hash};
pub use state::{LoadError, Reader, State, Writer};
pub use str::Str;
pub use text::{compare_utf16, double_text, float_text, push_double, push_float};
pub use value::Value;

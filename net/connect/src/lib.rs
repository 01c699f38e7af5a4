//! Sources, sinks and mappers: what joins an app to the outside.
//!
//! A [`source::Source`] is polled for messages by the thread that feeds an app; a [`mapper::SourceMapper`] puts them into the
//! frame; a [`mapper::SinkMapper`] makes messages of rows; a [`sink::Sink`] writes them. Which there are and what options
//! they take is in the [`Connectors`], which the binder asks as well.
//! Not here: when to poll, what is journaled, and what the engine does in between.

pub mod input;
pub mod mapper;
pub mod names;
pub mod network;
mod registry;
mod remembered;
pub mod sink;
pub mod source;
pub(crate) mod swar;
pub mod text;
mod trouble;
mod url;

pub use registry::{Connectors, Setting};
pub use trouble::{Reports, is_full, plain};

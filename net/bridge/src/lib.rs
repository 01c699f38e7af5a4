//! The receiving side of WSO2's data bridge, on the poll loops of `riddhi-edge`.
//!
//! A [`Bridge`] knows who may log in, which sessions there are, and which streams are taken; a [`BridgePort`] speaks Binary or
//! Thrift on a listener. A bundle is read whole before any event of it is handed on, goes to the sources of its streams, and
//! is answered when all of them have accepted it.
//!
//! What publishers force on a receiver, and is kept here: no answer tells them to try again later, since agents of the line 6.1
//! stop for good at such; an answer comes within [`BridgeOptions::answer_within`] or says that the session has expired, after
//! which they log in and send the bundle once more.
//! Not here: bytes (`riddhi-wire`), sockets (`riddhi-edge`), and how events become rows (`riddhi-connect`).

mod binary;
mod bridge;
mod bundle;
mod connection;
mod port;
mod sessions;
mod streams;
mod thrift;
mod users;

pub use bridge::{Bridge, BridgeOptions};
pub use port::{BridgePort, Speaks};
pub use streams::{SubscribeError, Subscription};
pub use users::Users;

//! The link between the two nodes: who may use it, and what is said over it.
//!
//! One TCP connection at the sync port (9893). Both ends prove that they know a shared secret before either says more than
//! its name; then come [`Message`]s in frames. A thread reads and another may write: the socket blocks, with time-outs.
//! Not here: who is active (`riddhi-role`), what a record holds, and when it may be acknowledged.
//!
//! # Format
//!
//! All numbers are little-endian; a text has its length (u32) before it. A frame: bytes of the payload (u32), kind (u8), crc32c of
//! kind and payload (u32), payload.
//!
//! | kind | payload |
//! |---|---|
//! | 1 hello, from who connects | version u16, group, nonce (32 bytes), what the node says of itself |
//! | 2 challenge, from who listens | the same, then a proof |
//! | 3 proof, from who connects | a proof |
//! | 4 no, from who listens | why, a text for people |
//! | 16 to 19 | heartbeat, answer, hand-over, ask: what the role machines tell each other |
//! | 32 begin | epoch u64, position u64, whether all that is there is void u8 |
//! | 33 record | position u64, bytes |
//! | 34 acknowledge | incarnation u64, epoch u64, position u64 |
//!
//! A proof is HMAC-SHA-256 over who proves, both nonces and both hellos, by the secret: it is good for one connection and one
//! direction.
//!
//! Invariants: a length is checked before there is room made for it; before the proof at most [`HELLO_BYTES_MAX`] are read;
//! a damaged frame ends the link.

mod auth;
mod frame;
mod link;
mod message;

pub use auth::{Access, Secret, SecretError};
pub use frame::{FRAME_BYTES_MAX, HELLO_BYTES_MAX};
pub use link::{HangUp, Link, LinkError, LinkReader, LinkWriter, accept, connect};
pub use message::{Message, VERSION, WrongMessage};

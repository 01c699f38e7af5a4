//! TLS 1.2 and 1.3: keys and certificates from the files that people have, and both ends of an encrypted connection.
//!
//! A [`StoreFile`] is PEM, PKCS#12 or JKS, told apart by what stands in it. From one an [`Acceptor`] is made, which gives a
//! [`Session`] for each connection of a poll loop: bytes in, bytes out, no socket. A [`Connector`] is the other end, over a
//! socket that may wait. A [`Verifier`] is for those who have a connection of their own.
//!
//! Invariants: no key or password is shown in a message; nothing is served without a certificate that somebody named; what an
//! unfinished record or handshake may hold is bounded by the library (64 KiB).
//! Not here: sockets, time-outs and counters (`riddhi-edge`); certificates of clients, which are not asked for.

mod client;
mod error;
mod jks;
mod legacy;
mod p12;
mod pem;
mod server;
mod session;
mod store;
mod verify;

pub use client::{ClientStream, Connector, Trust};
pub use error::StoreError;
pub use server::Acceptor;
pub use session::{Cause, Failure, Opened, Session};
pub use store::{Identity, StoreFile};
pub use verify::Verifier;

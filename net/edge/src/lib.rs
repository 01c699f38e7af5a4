//! The network edge: poll loops, their limits and time-outs, and the hand-off of what came to the apps.
//!
//! A [`Service`] gives each connection a [`Protocol`], which takes bytes, writes answers and pushes whole messages through a
//! [`Door`]. On the other side of the door an app's source takes [`Block`]s of messages and tells the [`Verdict`] of each,
//! which the protocol turns into what its peer waits for.
//! Not here: what the bytes mean (`riddhi-wire`, `riddhi-http`), and what becomes of messages (`riddhi-connect`).
//!
//! Invariants: nothing here waits for an app: a full door stops the reading of the sockets that push through it, and of no
//! other; no length that a peer names is allocated before it was checked; whatever is kept for a connection has a bound. With TLS
//! the same holds; a protocol does not see that there is any. The library makes one allocation a record, of at most 16 KiB.

mod connection;
mod counters;
mod door;
mod edge;
mod io;
mod limits;
mod listening;
mod poller;
mod secure;

pub use counters::{Counters, Counts};
pub use door::{Answers, Block, Door, DoorId, Message, Outcome, UNJUDGED, Verdict, door};
pub use edge::{Edge, EdgeOptions, ListenError, Listening};
pub use io::{Io, Next, Protocol, Service, Took};
pub use limits::Limits;
pub use riddhi_tls::{Acceptor, Cause, Failure};
pub use secure::Secure;

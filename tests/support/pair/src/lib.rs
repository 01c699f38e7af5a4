//! Two real nodes, a real PostgreSQL and clients, with everything between them that can fail: for tests and for measuring.
//!
//! The app numbers its outputs and carries a sum as its state, so that each output says what it was made of: [`Ledger`] tells
//! from the files of both nodes what is lost, and whether the two nodes made different things of one place. [`Bed`] starts and
//! ends everything; a [`Fault`] lets one thing go wrong. All waits have an end, and no process is left.
//! Not here: two machines. What a network does is played by proxies, and the nodes' disks are folders.

mod bed;
mod client;
mod ledger;
mod proxy;
mod random;
mod scenario;

pub use bed::{Bed, LONG, NAMES, Plan, Row, folder, remove};
pub use client::{Account, FLAT_OUT, Orders};
pub use ledger::{Checked, Ledger, Mark};
pub use proxy::{Proxy, Weather};
pub use random::Random;
pub use scenario::{Fault, Link, SCENARIOS, Seen, Way, find};

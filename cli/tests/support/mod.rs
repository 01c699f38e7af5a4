//! What tests of the binary share: a folder to work in, and a pair with its client.

#![allow(dead_code, reason = "not every test uses all of it")]

pub mod client;
pub mod folder;
pub mod pair;

use std::net::TcpListener;
use std::time::Duration;

/// The longest wait for anything.
pub const LONG: Duration = Duration::from_secs(120);

/// A port that nobody has, most probably still when it is wanted.
pub fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

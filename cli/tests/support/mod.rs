//! What tests of the binary share: a folder to work in, and a pair with its client.

#![allow(dead_code, reason = "not every test uses all of it")]

pub mod client;
pub mod folder;
pub mod pair;

use std::time::Duration;

#[allow(unused_imports, reason = "not every test opens ports")]
pub use riddhi_test_postgres::free_port as free;

/// The longest wait for anything.
pub const LONG: Duration = Duration::from_secs(120);

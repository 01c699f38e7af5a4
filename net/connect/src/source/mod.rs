//! Sources: where messages come from.
//!
//! Invariants: [`Source::poll`] never waits and takes no more than there is room for; what [`Source::save`] gives stands
//! behind all that was taken and before all that was not.

pub(crate) mod file;
mod files;
pub(crate) mod http;
mod inbound;
mod lines;
pub mod memory;
mod pushed;
mod records;
mod slot;
pub(crate) mod stdin;
mod tail;
pub(crate) mod tcp;
pub(crate) mod wso2event;

use std::os::fd::BorrowedFd;
use std::time::Duration;

pub(crate) use files::{other_scheme, path_of};
pub use slot::{Inlet, SourceCounts, SourceSlot};

/// What a source says after it was polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polled {
    /// There may be more at once.
    More,
    /// There is nothing; ask again after this time, or when what it waits on can be read.
    Nothing(Duration),
    /// There will never be anything again.
    Ended,
}

/// Where messages come from.
pub trait Source: Send {
    /// Offers what is at hand, as long as there is room.
    fn poll(&mut self, to: &mut Inlet<'_>) -> Polled;

    /// Begins to take: ports are opened, connections made. Called once, before it is polled. An error ends the app.
    fn open(&mut self) -> Result<(), String> {
        Ok(())
    }

    /// Where it can be reached, once it is open.
    fn address(&self) -> Option<String> {
        None
    }

    /// All that was taken so far lies before this position of the journal.
    fn taken(&mut self, _position: u64) {}

    /// All before this position has been accepted: it is where it will not be lost. Files may be moved, senders be told.
    fn accepted(&mut self, _position: u64) {}

    /// Where it stands, so that another one can go on from there. Sources that cannot go on give nothing.
    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Goes on from where another one stood. Bytes it cannot read are told, and it begins anew.
    fn restore(&mut self, _bytes: &[u8]) {}

    /// What becomes readable when there is more.
    fn waits_on(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Told once, by which whoever feeds the app can be woken.
    fn set_waker(&mut self, _wake: Wake) {}
}

/// Wakes whoever feeds an app.
pub type Wake = std::sync::Arc<dyn Fn() + Send + Sync>;

//! A node of a pair at work: it carries out what the role machine (`riddhi-role`) asks for.
//!
//! Threads: the driver, which owns the machine and never waits long; one that asks the database; one that takes and makes
//! connections; of each link one that reads and one that writes. The apps append records to the [`Log`], and let
//! acknowledgements and outputs go as far as it has released; on a passive the same records come out at the [`DataPath`].
//!
//! Invariants: a record is released when the gate of the machine lets it through and never before; what the passive has not
//! sent is bounded; nothing of an epoch that is over reaches the data path after the seal.
//! Not here: what a record holds, and how apps start from what the records left (`cli`).

mod database;
mod disk;
mod driver;
mod duty;
mod inlet;
mod log;
mod peer;
mod traffic;
mod upbringing;

#[cfg(test)]
#[path = "../tests/support/still.rs"]
mod still;
#[cfg(test)]
extern crate self as riddhi_node;

use std::io;

pub use disk::{boot_id, load_disk};
pub use driver::{Handle, Setup, run};
pub use log::Log;
pub use riddhi_role::{
    Cannot, Command, Config, Disk, Epoch, Holder, Incarnation, Level, Line, Part, Position, Recovered, Status, Waits,
};
pub use riddhi_sync::{Access, Secret};
pub use traffic::{Traffic, Troubles};

/// What the apps of a node do for the driver. Calls come from threads of the driver, those marked so may take long.
pub trait DataPath: Send + Sync {
    /// On the passive: records of the active of `epoch` follow. `anew`: all that is there is void.
    ///
    /// # Errors
    ///
    /// The disk. The link is closed, and set up again later.
    fn begin(&self, epoch: Epoch, anew: bool) -> io::Result<()>;

    /// On the passive: takes a record.
    ///
    /// # Errors
    ///
    /// As [`DataPath::begin`], and a record that cannot be read.
    fn record(&self, position: Position, bytes: &[u8]) -> io::Result<()>;

    /// On the passive: whether the records since the last one that began anew have built the whole state.
    fn is_whole(&self) -> bool;

    /// On the active: appends records to the log that build the whole state anew. May take long.
    fn append_state(&self);

    /// This node is the active of `epoch` now: the apps are to stand where the records end, with outputs held back by the log. May take long.
    ///
    /// # Errors
    ///
    /// They cannot; the process must end.
    fn take_over(&self, epoch: Epoch) -> Result<(), String>;

    /// Opens ports, starts sources. May take long.
    fn serve(&self);

    /// Closes ports, stops sources; returns when all that was taken in is in the log. May take long.
    fn stop_serving(&self);

    /// Another is the active: nothing more may leave. What the process is, it may be no longer; this need not return.
    fn step_down(&self);

    /// A line for people.
    fn say(&self, line: &Line);

    /// A line for people about the link or the database.
    fn note(&self, text: &str);
}

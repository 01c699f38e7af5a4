//! The pair: roles, acknowledgements, snapshots.

use crate::model::{Address, Secret};

/// Two nodes of which one is active.
#[derive(Clone, Debug, PartialEq)]
pub struct Ha {
    /// The same on both nodes.
    pub group: String,
    /// The datasource that holds the group row.
    pub datasource: String,
    /// Milliseconds after which a silent holder is taken for gone.
    pub ttl_ms: u64,
    /// Where this node listens for the other.
    pub sync: Address,
    /// What it tells the other.
    pub advertised: Address,
    /// Shared by both nodes, the first one is used to prove oneself, all of them are taken; none: one kept in the database.
    pub secrets: Vec<Secret>,
    /// What the passive does with what it gets.
    pub passive: Passive,
    /// Milliseconds that the passive may be behind before the active goes on alone.
    pub lag_max_ms: u64,
    /// Milliseconds that the active waits for the other at start before it says that it is alone.
    pub peer_wait_ms: u64,
}

/// What the passive does with what it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passive {
    /// Applies it, outputs held back.
    Warm,
    /// Keeps it.
    Queue,
}

/// When a client's event is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ack {
    /// The passive has it.
    Replicated,
    /// It is on a disk.
    Journaled,
    /// It has its place in the order of things.
    Received,
}

/// Periodic snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshots {
    /// Milliseconds between two; none: only on demand.
    pub interval_ms: Option<u64>,
    /// How many are kept of each app.
    pub keep: u32,
    /// Where to.
    pub store: SnapshotStore,
}

/// Where snapshots go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotStore {
    /// A database.
    Database {
        /// Its name in the file.
        datasource: String,
    },
    /// A folder; relative to where the process runs.
    Directory {
        /// Its path.
        path: String,
    },
}

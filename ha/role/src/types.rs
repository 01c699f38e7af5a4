//! The values that nodes, row and disks are made of.

use std::fmt;
use std::sync::Arc;

/// Milliseconds of a node's own boot clock (`CLOCK_BOOTTIME`). Nobody compares clocks of different nodes.
pub type Ms = u64;

/// The number of an entry of the journal: "up to p" includes the entry p; 0 is the empty journal.
pub type Position = u64;

/// Grows by one with each change of the active node.
pub type Epoch = u64;

/// The configured name of a node; the two of a group have different ones.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NodeId(Arc<str>);

impl From<&str> for NodeId {
    fn from(name: &str) -> Self {
        NodeId(name.into())
    }
}

impl NodeId {
    /// The name as it was configured.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One run of a process: a random number drawn at its start. A restarted process is another incarnation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Incarnation(pub u64);

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

/// Who holds the row: a node, and which run of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Holder {
    /// The node.
    pub node: NodeId,
    /// The run of its process.
    pub incarnation: Incarnation,
}

/// Which history of which database cluster answered: a promoted standby has another timeline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Database {
    /// The system identifier of the cluster.
    pub system: u64,
    /// The timeline it writes.
    pub timeline: u32,
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "system {}, timeline {}", self.system, self.timeline)
    }
}

/// The group's one row in the database. The default is the row as the migration leaves it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Row {
    /// Raised by every write; every write names the version that it read.
    pub version: u64,
    /// The epoch.
    pub epoch: Epoch,
    /// Who is the active; nobody before the first start.
    pub holder: Option<Holder>,
    /// Raised by every write of the holder.
    pub beat: u64,
    /// The process that has everything which was acknowledged or had an effect, beside the holder.
    pub in_sync: Option<Incarnation>,
    /// What the holder had acknowledged, or let have effects, when it wrote: the least that a successor must have.
    pub position: Position,
    /// The database on which this was written; of a row that never was, the one on which the tables were made. Read on another one, the
    /// row may not be the last one written.
    pub written_on: Database,
}

/// What a node keeps on its disk between runs, beside its journal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Disk {
    /// The highest epoch that this node has ever seen.
    pub epoch: Epoch,
    /// The last epoch that this node asked for, whether it got it or not.
    pub claim: Epoch,
    /// The last epoch that it got. If the row has this one or the one asked for, and names this node, this journal is the holder's.
    pub held: Epoch,
    /// The incarnation that the row called in sync and that wrote this journal.
    pub carries: Option<Incarnation>,
    /// The database last trusted.
    pub database: Option<Database>,
}

/// A journal found on the node's own disk at start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Recovered {
    /// The epoch of the active under which its end was written.
    pub line: Epoch,
    /// Its last entry.
    pub position: Position,
    /// Whether it is known to hold everything that earlier runs appended or acknowledged: the machine has not restarted since (what was
    /// written is still in its memory), or everything was synced to disk before it was acknowledged. A torn or older file is not whole.
    pub whole: bool,
}

/// What a node knows of itself at start.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Start {
    /// This node and this run of it.
    pub me: Holder,
    /// What its disk keeps; the default if there is nothing.
    pub disk: Disk,
    /// Its journal; none on an empty disk.
    pub recovered: Option<Recovered>,
}

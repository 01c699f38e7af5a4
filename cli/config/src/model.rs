//! What a node is told by its configuration, typed and with all defaults filled in.

mod edge;
mod pair;

use std::fmt;

use riddhi_ql::Span;

use crate::jdbc::PostgresUrl;

pub use edge::{DataBridge, Extension, KeyStore, Listener, Ports, Reference, Siddhi, Tls, User};
pub use pair::{Ack, Ha, Passive, SnapshotStore, Snapshots};

/// The configuration of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Who it is.
    pub node: NodeName,
    /// All databases of the file by name.
    pub datasources: Vec<DataSource>,
    /// The other node and how to get on with it; none: one node alone.
    pub ha: Option<Ha>,
    /// Periodic snapshots; none: only on demand, and nowhere.
    pub snapshots: Option<Snapshots>,
    /// The data bridge's ports.
    pub databridge: DataBridge,
    /// Ports for HTTP of the node itself, in the order of the file.
    pub listeners: Vec<Listener>,
    /// Where health, role and metrics are told; none: nowhere.
    pub admin: Option<Address>,
    /// What apps and extensions are handed.
    pub siddhi: Siddhi,
    /// Where apps stand, and how often to look.
    pub apps: Apps,
    /// The journal on disk.
    pub journal: Journal,
    /// When a client's event is acknowledged.
    pub ack: Ack,
    /// Keys, and whom to trust.
    pub tls: Tls,
    /// Bounds of the edge.
    pub limits: Limits,
}

impl Config {
    /// The datasource of a name.
    pub fn datasource(&self, name: &str) -> Option<&DataSource> {
        self.datasources.iter().find(|d| d.name == name)
    }

    /// The databases that Riddhi itself keeps something in, each once, with what for: the group row, snapshots.
    pub fn databases(&self) -> Vec<(&DataSource, Vec<Use>)> {
        let witness = self.ha.as_ref().map(|h| (h.datasource.as_str(), Use::Group));
        let store = self.snapshots.as_ref().and_then(|s| match &s.store {
            SnapshotStore::Database { datasource } => Some((datasource.as_str(), Use::Snapshots)),
            SnapshotStore::Directory { .. } => None,
        });
        let mut all: Vec<(&DataSource, Vec<Use>)> = Vec::new();
        for (name, what) in witness.into_iter().chain(store) {
            let Some(source) = self.datasource(name) else { continue };
            match all.iter_mut().find(|(other, _)| other.target == source.target && other.user == source.user) {
                Some((_, uses)) => uses.push(what),
                None => all.push((source, vec![what])),
            }
        }
        all
    }
}

/// What a database is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// The group row: who is active.
    Group,
    /// Snapshots.
    Snapshots,
}

/// Who the node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeName {
    /// Unique among the nodes of a group.
    pub id: String,
    /// Whether the id was made up from the host's name, as the file gives none of its own.
    pub made_up: bool,
    /// What people call it.
    pub label: String,
    /// Moves the data bridge's ports.
    pub ports_offset: u16,
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// A text that is shown to nobody.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "empty" } else { "***" })
    }
}

/// A database.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSource {
    /// What the rest of the file calls it.
    pub name: String,
    /// What apps may call it.
    pub jndi: Option<String>,
    /// Where it is.
    pub target: Target,
    /// Who logs in.
    pub user: String,
    /// With what.
    pub password: Secret,
    /// Milliseconds to wait for a connection.
    pub connect_timeout_ms: u64,
    /// Where it stands in the file.
    pub span: Span,
}

/// What kind of database a datasource is.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// PostgreSQL.
    Postgres(PostgresUrl),
    /// Another one, which Riddhi itself cannot use: the word after `jdbc:`.
    Other(String),
}

/// Where apps stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apps {
    /// The folder; none: the command line says.
    pub directory: Option<String>,
    /// Milliseconds between two looks for changes.
    pub poll_ms: u64,
}

/// The journal on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// The folder; none: the journal is in memory, and `journaled` cannot be asked for.
    pub directory: Option<String>,
    /// Bytes at which a snapshot is taken at once, or reading stops.
    pub bytes_max: u64,
}

/// Bounds of the edge; what happens at each is said where it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections of all ports.
    pub connections_max: u32,
    /// Bytes of one frame of a binary protocol.
    pub frame_bytes_max: u64,
    /// Bytes of one HTTP body.
    pub body_bytes_max: u64,
    /// Milliseconds from the first byte of a request to the end of its head.
    pub header_timeout_ms: u64,
    /// Milliseconds without a byte.
    pub idle_timeout_ms: u64,
    /// Bytes a second that a sender who has begun must keep up.
    pub rate_min_bytes_per_s: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections_max: 10_000,
            frame_bytes_max: 16 << 20,
            body_bytes_max: 16 << 20,
            header_timeout_ms: 10_000,
            // Above the 60 to 75 seconds for which proxies keep a connection.
            idle_timeout_ms: 120_000,
            rate_min_bytes_per_s: 1_000,
        }
    }
}

/// A key that stands in the file and has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// As people write it.
    pub path: String,
    /// Its place.
    pub span: Span,
    /// Why.
    pub why: Why,
}

/// Why a key has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// What it sets does not exist here.
    Gone,
    /// Riddhi does not have it yet.
    NotYet,
}

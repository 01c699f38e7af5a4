//! PostgreSQL as a pair of nodes needs it: the tables ([`migrate`]), the group row ([`Witness`]), snapshots ([`Store`]), and what
//! an installation lacks ([`check`]).
//!
//! Invariants: nothing waits longer than it was told, whatever the server or the network does; what was not answered may have
//! been carried out, and says so ([`Error::NoAnswer`]). All statements are unnamed, all settings local to their transaction, so
//! that a pooler in between breaks nothing.
//! Not here: when to read and write the row (`riddhi-role`); the configuration's text; files. The `postgres` crate runs its
//! protocol on a runtime of its own inside of each call; it is used by one thread a connection, which `link` owns.

mod check;
mod error;
mod identity;
mod link;
mod migrate;
mod options;
mod store;
mod tls;
mod transaction;
mod witness;

pub use check::{OldPair, Privileges, Server, old_pair, other_groups, pooler, privileges, server};
pub use error::Error;
pub use link::{CONNECTIONS_MAX, Link};
pub use migrate::{LATEST, Migrated, SCHEMA, migrate, version};
pub use options::{Options, TlsMode};
pub use store::{CHUNK_BYTES, Saved, Store, Swept};
pub use witness::{Beside, Seen, Witness};

pub use postgres::Client;

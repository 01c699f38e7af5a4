//! What goes between the nodes and to the database, counted for metrics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Told by the node's threads, each number by one at a time; reading it holds up nobody.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    links: AtomicU64,
    records_sent: AtomicU64,
    bytes_sent: AtomicU64,
    records_received: AtomicU64,
    bytes_received: AtomicU64,
    heard_ms: AtomicU64,
    database_requests: AtomicU64,
    database_failures: AtomicU64,
    database_us: AtomicU64,
    troubles: Mutex<Troubles>,
}

/// What is wrong now beside the node, as it was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Troubles {
    /// Why the database does not answer.
    pub database: Option<String>,
    /// Why there is no link to the other node, if it was refused.
    pub link: Option<String>,
}

/// What has gone between the nodes and to the database so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// The last record of the log.
    pub position: u64,
    /// The last one that the passive has confirmed under the present epoch; 0: none.
    pub confirmed: u64,
    /// Links made to the other node.
    pub links: u64,
    /// Records sent.
    pub records_sent: u64,
    /// Their bytes.
    pub bytes_sent: u64,
    /// Records received.
    pub records_received: u64,
    /// Their bytes.
    pub bytes_received: u64,
    /// When a record or a confirmation last came from the other node: milliseconds since 1970, 0 for never.
    pub heard_ms: u64,
    /// What the database was asked.
    pub database_requests: u64,
    /// What it did not answer.
    pub database_failures: u64,
    /// How long it took for the last answer, in microseconds; 0: there was none.
    pub database_us: u64,
}

impl Meter {
    pub(crate) fn linked(&self) {
        self.links.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn sent(&self, bytes: usize) {
        self.records_sent.fetch_add(1, Ordering::Relaxed);
        self.bytes_sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn received(&self, bytes: usize) {
        self.records_received.fetch_add(1, Ordering::Relaxed);
        self.bytes_received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Records or a confirmation came.
    pub(crate) fn heard(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64);
        self.heard_ms.store(now, Ordering::Relaxed);
    }

    pub(crate) fn asked(&self, took: Duration, answered: bool) {
        self.database_requests.fetch_add(1, Ordering::Relaxed);
        match answered {
            true => self.database_us.store((took.as_micros() as u64).max(1), Ordering::Relaxed),
            false => drop(self.database_failures.fetch_add(1, Ordering::Relaxed)),
        }
    }

    /// Something went wrong, or is right again.
    pub(crate) fn set_trouble(&self, of: impl FnOnce(&mut Troubles)) {
        of(&mut self.troubles.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What is wrong now.
    pub(crate) fn troubles(&self) -> Troubles {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What it reads now, without the log's part.
    pub(crate) fn read(&self) -> Traffic {
        let of = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Traffic {
            position: 0,
            confirmed: 0,
            links: of(&self.links),
            records_sent: of(&self.records_sent),
            bytes_sent: of(&self.bytes_sent),
            records_received: of(&self.records_received),
            bytes_received: of(&self.bytes_received),
            heard_ms: of(&self.heard_ms),
            database_requests: of(&self.database_requests),
            database_failures: of(&self.database_failures),
            database_us: of(&self.database_us),
        }
    }
}

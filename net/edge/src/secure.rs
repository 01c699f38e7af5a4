//! TLS below a protocol: what a listener has of it, and what a connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use riddhi_tls::{Acceptor, Cause, Failure, Session};

use crate::counters::Counters;

/// Bytes in clear beyond those of one read: what the library may have kept of records that were not whole.
pub(crate) const KEPT_BYTES: usize = 64 << 10;

/// Takes the first failure of each kind, and whose it was.
type Tell = Arc<dyn Fn(SocketAddr, &Failure) + Send + Sync>;

/// How a listener's connections are encrypted, and who hears of handshakes that fail: the first of each kind, since all are
/// counted.
pub struct Secure {
    acceptor: Acceptor,
    tell: Tell,
}

impl Secure {
    /// By this acceptor.
    pub fn new(acceptor: Acceptor, tell: impl Fn(SocketAddr, &Failure) + Send + Sync + 'static) -> Arc<Secure> {
        Arc::new(Secure { acceptor, tell: Arc::new(tell) })
    }

    /// A connection's part of it.
    pub(crate) fn begin(&self, peer: SocketAddr) -> Result<Box<Tls>, Failure> {
        let session = self.acceptor.session()?;
        let tell = self.tell.clone();
        Ok(Box::new(Tls { session, peer, tell, out: Vec::new(), sent: 0, done: false, ended: false, closed: false }))
    }
}

/// TLS of one connection.
pub(crate) struct Tls {
    pub session: Session,
    peer: SocketAddr,
    tell: Tell,
    /// Sealed bytes, and how many of them are sent.
    pub out: Vec<u8>,
    pub sent: usize,
    /// Whether the handshake is over and the protocol has begun.
    pub done: bool,
    /// Whether the peer said that no more comes.
    pub ended: bool,
    /// Whether it was told so, or need not be.
    pub closed: bool,
}

impl Tls {
    /// Counts a handshake that failed, and tells the first of its kind.
    pub(crate) fn failed(&self, failure: &Failure, counters: &Counters) {
        let counter = counter(failure.cause, counters);
        if counter.fetch_add(1, Ordering::Relaxed) == 0 {
            (self.tell)(self.peer, failure);
        }
    }

    /// The peer ended the connection in the middle of a handshake. Before its first byte that is what those do who only
    /// want to know whether the port is open.
    pub(crate) fn left(&self, counters: &Counters) {
        if !self.done && self.session.has_begun() {
            let why = "the peer ended the connection in the middle of the handshake".to_owned();
            self.failed(&Failure { cause: Cause::Broken, why }, counters);
        }
    }
}

fn counter(cause: Cause, counters: &Counters) -> &AtomicU64 {
    match cause {
        Cause::NothingInCommon => &counters.tls_nothing_in_common,
        Cause::Untrusted => &counters.tls_untrusted,
        Cause::NotTls => &counters.tls_expected,
        Cause::Broken => &counters.tls_broken,
    }
}

//! What a connection does with what comes: offered to its protocol as it is, or opened first where there is TLS.

use std::io::{ErrorKind, Read};

use riddhi_tls::Failure;
use socket2::SockRef;

use super::{Alive, Connection, Desk, end_by_reset};
use crate::counters::Counters;
use crate::io::{Next, Took};

/// Times that one connection is read in a turn before others have theirs.
const READS_PER_TURN: usize = 4;

/// The byte that a handshake of TLS begins with.
const HANDSHAKE: u8 = 0x16;

impl Connection {
    /// Whether no more is read for now.
    fn stops(&self, desk: &Desk) -> bool {
        self.held || self.closing || self.unsent() > desk.limits.unsent_bytes
    }

    pub(super) fn read(&mut self, desk: &mut Desk) -> Alive {
        // The scratch is everybody's: it is lent for the time of the reading.
        let mut scratch = std::mem::take(&mut desk.scratch);
        let alive = self.read_into(&mut scratch, desk);
        desk.scratch = scratch;
        alive
    }

    fn read_into(&mut self, scratch: &mut [u8], desk: &mut Desk) -> Alive {
        for _ in 0..READS_PER_TURN {
            if self.drains.is_some() && !self.peer_ended {
                match self.discard(scratch) {
                    Some(alive) => return alive,
                    None => continue,
                }
            }
            if self.stops(desk) || self.peer_ended {
                return self.rest();
            }
            if self.tls.as_ref().is_some_and(|tls| tls.ended) {
                return self.end_of_peer(desk);
            }
            let n = match self.socket.read(scratch) {
                Ok(0) => return self.end_of_peer(desk),
                Ok(n) => n,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return self.rest(),
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(_) => {
                    self.tls.iter().for_each(|tls| tls.left(&self.counters));
                    return Alive::No;
                }
            };
            Counters::add(&self.counters.bytes, n as u64);
            if self.acknowledges {
                // The system forgets it: it is asked for after every read.
                let _ = SockRef::from(&self.socket).set_tcp_quickack(true);
            }
            let alive =
                if self.tls.is_some() { self.open(&scratch[..n], desk) } else { self.plain(&scratch[..n], desk) };
            if alive == Alive::No {
                return Alive::No;
            }
        }
        Alive::Again
    }

    /// The peer will send no more.
    fn end_of_peer(&mut self, desk: &mut Desk) -> Alive {
        self.peer_ended = true;
        if let Some(tls) = self.tls.as_ref().filter(|tls| !tls.done) {
            tls.left(&self.counters);
            return Alive::No;
        }
        let next = self.with(desk, |protocol, io| protocol.ended(io));
        self.go(next);
        self.after()
    }

    /// What came is in clear.
    fn plain(&mut self, came: &[u8], desk: &mut Desk) -> Alive {
        // No protocol here begins with this byte; each refuses it in its own words.
        if !std::mem::replace(&mut self.began, true) && came.first() == Some(&HANDSHAKE) {
            Counters::add(&self.counters.tls_unexpected, 1);
        }
        self.offer(came, desk)
    }

    /// What came is sealed.
    fn open(&mut self, came: &[u8], desk: &mut Desk) -> Alive {
        let mut plain = std::mem::take(&mut desk.plain);
        let alive = self.open_into(came, &mut plain, desk);
        desk.plain = plain;
        alive
    }

    fn open_into(&mut self, came: &[u8], plain: &mut [u8], desk: &mut Desk) -> Alive {
        let Some(tls) = &mut self.tls else { return Alive::No };
        let opened = match tls.session.open(came, plain, &mut tls.out) {
            Ok(opened) => opened,
            Err(failure) => return self.broke(&failure),
        };
        // The end is told to the protocol when it has taken all that came before.
        tls.ended |= opened.ended;
        if !tls.done && !tls.session.is_handshaking() {
            tls.done = true;
            self.deadline = None;
            Counters::add(&self.counters.tls_handshakes, 1);
            if self.resets {
                end_by_reset(&SockRef::from(&self.socket));
            }
            self.with(desk, |protocol, io| protocol.begin(io));
        }
        if opened.bytes > 0 { self.offer(&plain[..opened.bytes], desk) } else { self.after() }
    }

    /// TLS cannot go on. The peer is told so, not more.
    fn broke(&mut self, failure: &Failure) -> Alive {
        if let Some(tls) = &mut self.tls {
            tls.closed = true;
            if tls.done {
                Counters::add(&self.counters.malformed, 1);
            } else {
                tls.failed(failure, &self.counters);
            }
        }
        self.out.clear();
        self.sent = 0;
        self.go(Next::Drain);
        self.after()
    }

    /// Throws away what the peer still sends; none: there may be more.
    fn discard(&mut self, scratch: &mut [u8]) -> Option<Alive> {
        match self.socket.read(scratch) {
            Ok(0) => {
                (self.peer_ended, self.drains) = (true, None);
                Some(self.after())
            }
            Ok(n) => {
                self.drains = self.drains.and_then(|left| left.checked_sub(n));
                self.drains.is_none().then(|| self.after())
            }
            Err(e) if e.kind() == ErrorKind::WouldBlock => Some(self.after()),
            Err(e) if e.kind() == ErrorKind::Interrupted => None,
            Err(_) => Some(Alive::No),
        }
    }

    /// Offers what is left with what came after it, and keeps what is not taken.
    fn offer(&mut self, came: &[u8], desk: &mut Desk) -> Alive {
        if self.left.is_empty() {
            let took = self.with(desk, |protocol, io| protocol.read(came, io));
            self.left.extend_from_slice(&came[took.bytes.min(came.len())..]);
            return self.took(took, desk);
        }
        self.left.extend_from_slice(came);
        self.offer_left(desk)
    }

    pub(super) fn offer_left(&mut self, desk: &mut Desk) -> Alive {
        let mut left = std::mem::take(&mut self.left);
        let took = self.with(desk, |protocol, io| protocol.read(&left, io));
        left.drain(..took.bytes.min(left.len()));
        // What a large message needed is not kept for ever.
        if left.is_empty() && left.capacity() > desk.scratch.len().max(64 << 10) {
            left = Vec::new();
        }
        self.left = left;
        self.took(took, desk)
    }

    fn took(&mut self, took: Took, desk: &Desk) -> Alive {
        if took.next == Next::Hold {
            self.held_since.get_or_insert(desk.now);
        }
        self.go(took.next);
        self.after()
    }
}

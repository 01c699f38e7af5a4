//! One connection of a poll loop: its socket, what it has not taken yet, and what is not sent yet.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use riddhi_tls::Failure;
use socket2::SockRef;

use crate::counters::Counters;
use crate::door::{ConnId, DoorId, Verdict};
use crate::io::{Io, Next, Outboxes, Protocol, Service, Took};
use crate::limits::Limits;
use crate::secure::{KEPT_BYTES, Secure, Tls};

/// Bytes thrown away of a connection that ends, and for how long: enough for a peer that has not read its answer yet.
const DRAIN_BYTES: usize = 64 << 10;
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// Times that one connection is read in a turn before others have theirs.
const READS_PER_TURN: usize = 4;

/// Whether a connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alive {
    /// It does.
    Yes,
    /// It has more to be read, when others had their turn.
    Again,
    /// It has ended.
    No,
}

/// What all connections of a poll loop share.
pub(crate) struct Desk {
    pub thread: u16,
    pub now: Instant,
    pub limits: Limits,
    pub outboxes: Outboxes,
    /// Where sockets are read into.
    pub scratch: Box<[u8]>,
    /// What was sealed, in clear; empty until there is a connection with TLS.
    pub plain: Box<[u8]>,
}

pub(crate) struct Connection {
    token: usize,
    pub socket: TcpStream,
    protocol: Box<dyn Protocol>,
    tls: Option<Box<Tls>>,
    pub counters: Arc<Counters>,
    /// Whether anything was read.
    began: bool,
    /// Bytes that the protocol has not taken.
    left: Vec<u8>,
    out: Vec<u8>,
    sent: usize,
    deadline: Option<Instant>,
    /// The door that was full.
    pub waits_at: Option<DoorId>,
    held: bool,
    held_since: Option<Instant>,
    closing: bool,
    /// Bytes that are still thrown away before it ends.
    drains: Option<usize>,
    peer_ended: bool,
    resets: bool,
    /// Whether what was read is acknowledged at once.
    acknowledges: bool,
    /// Whether the last answer left it waiting for more.
    stays: bool,
}

impl Connection {
    pub(crate) fn new(
        token: usize,
        socket: TcpStream,
        peer: SocketAddr,
        service: &dyn Service,
        secure: Option<&Secure>,
        counters: Arc<Counters>,
    ) -> Connection {
        let resets = service.resets();
        let tls = secure.map(|secure| secure.begin(peer));
        // Without its end of TLS it must not go on in clear.
        let closing = matches!(tls, Some(Err(_)));
        let _ = socket.set_nodelay(true);
        let options = SockRef::from(&socket);
        let _ = options.set_keepalive(true);
        // In a handshake the peer is told why it fails, which a reset might overtake.
        if resets && tls.is_none() {
            let _ = options.set_linger(Some(Duration::ZERO));
        }
        Connection {
            token,
            socket,
            protocol: service.accept(peer),
            tls: tls.and_then(Result::ok),
            counters,
            began: false,
            left: Vec::new(),
            out: Vec::new(),
            sent: 0,
            deadline: None,
            waits_at: None,
            held: false,
            held_since: None,
            closing,
            drains: None,
            peer_ended: false,
            resets,
            acknowledges: service.acknowledges_at_once(),
            stays: false,
        }
    }

    /// Does something by the protocol.
    fn with<R>(&mut self, desk: &mut Desk, f: impl FnOnce(&mut dyn Protocol, &mut Io<'_>) -> R) -> R {
        let mut io = Io {
            id: ConnId { thread: desk.thread, token: self.token },
            now: desk.now,
            out: &mut self.out,
            deadline: &mut self.deadline,
            waits_at: &mut self.waits_at,
            outboxes: &mut desk.outboxes,
            counters: &self.counters,
            limits: &desk.limits,
        };
        f(self.protocol.as_mut(), &mut io)
    }

    /// It was taken.
    pub(crate) fn begin(&mut self, desk: &mut Desk) {
        if self.tls.is_none() {
            return self.with(desk, |protocol, io| protocol.begin(io));
        }
        self.deadline = Some(desk.now + desk.limits.header);
        if desk.plain.is_empty() {
            desk.plain = vec![0; desk.scratch.len() + KEPT_BYTES].into_boxed_slice();
        }
    }

    /// Bytes that wait to be sent, sealed or not.
    fn unsent(&self) -> usize {
        self.out.len() - self.sent + self.tls.as_ref().map_or(0, |tls| tls.out.len() - tls.sent)
    }

    /// The socket can be read or written, or a turn before stopped early.
    pub(crate) fn ready(&mut self, desk: &mut Desk) -> Alive {
        if self.send().is_err() {
            return Alive::No;
        }
        self.read(desk)
    }

    /// Whether no more is read for now.
    fn stops(&self, desk: &Desk) -> bool {
        self.held || self.closing || self.unsent() > desk.limits.unsent_bytes
    }

    fn read(&mut self, desk: &mut Desk) -> Alive {
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
        // No protocol here begins with the byte that a handshake begins with; each refuses it in its own words.
        if !std::mem::replace(&mut self.began, true) && came.first() == Some(&0x16) {
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
                let _ = SockRef::from(&self.socket).set_linger(Some(Duration::ZERO));
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

    fn offer_left(&mut self, desk: &mut Desk) -> Alive {
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

    fn go(&mut self, next: Next) {
        match next {
            Next::Read => {
                self.held = false;
                self.waits_at = None;
            }
            Next::Hold => self.held = true,
            Next::Close => self.closing = true,
            Next::Drain => {
                (self.closing, self.held) = (true, false);
                self.left = Vec::new();
                self.drains = Some(DRAIN_BYTES);
                self.deadline = Some(Instant::now() + DRAIN_TIME);
            }
            Next::Reset => {
                self.closing = true;
                self.resets = true;
                self.sent = 0;
                self.out.clear();
                if let Some(tls) = &mut self.tls {
                    (tls.sent, tls.closed) = (0, true);
                    tls.out.clear();
                }
                let _ = SockRef::from(&self.socket).set_linger(Some(std::time::Duration::ZERO));
            }
        }
    }

    /// Sends, and sees whether that was all.
    fn after(&mut self) -> Alive {
        if self.send().is_err() { Alive::No } else { self.rest() }
    }

    fn rest(&mut self) -> Alive {
        if !self.closing || self.unsent() > 0 {
            return Alive::Yes;
        }
        // Java takes the end of a stream for an answer if it was told of it, and for an error if not.
        if let Some(tls) = self.tls.as_mut().filter(|tls| tls.done && !tls.closed && !self.resets) {
            tls.closed = true;
            tls.session.close(&mut tls.out);
            if self.send().is_err() {
                return Alive::No;
            }
            if self.unsent() > 0 {
                return Alive::Yes;
            }
        }
        if self.drains.is_none() {
            return Alive::No;
        }
        // Now the peer knows that nothing more comes; it may be told more than once.
        let _ = self.socket.shutdown(Shutdown::Write);
        Alive::Yes
    }

    fn send(&mut self) -> Result<(), ()> {
        let Some(tls) = &mut self.tls else { return flush(&mut self.socket, &mut self.out, &mut self.sent).map(drop) };
        // What was sealed goes before more is sealed, so that little is there twice.
        while flush(&mut self.socket, &mut tls.out, &mut tls.sent)? && tls.done && self.sent < self.out.len() {
            match tls.session.seal(&self.out[self.sent..], &mut tls.out) {
                0 => return Err(()),
                n => self.sent += n,
            }
        }
        if self.sent == self.out.len() {
            self.out.clear();
            self.sent = 0;
        }
        Ok(())
    }

    /// A message that it pushed was judged.
    pub(crate) fn answer(&mut self, verdict: Verdict, desk: &mut Desk) {
        let next = self.with(desk, |protocol, io| protocol.answer(verdict, io));
        self.stays = next == Next::Hold;
        // Whether it reads on is seen when it is resumed.
        if matches!(next, Next::Close | Next::Drain | Next::Reset) {
            self.go(next);
        }
    }

    /// The source behind a door is gone.
    pub(crate) fn gone(&mut self, door: DoorId, desk: &mut Desk) -> Alive {
        if self.closing {
            return Alive::Yes;
        }
        let next = self.with(desk, |protocol, io| protocol.gone(door, io));
        if matches!(next, Next::Close | Next::Drain | Next::Reset) {
            self.go(next);
        }
        self.after_end(desk)
    }

    /// Sends; if it ends by that, what the peer has sent is thrown away.
    fn after_end(&mut self, desk: &mut Desk) -> Alive {
        match self.after() {
            Alive::Yes if self.drains.is_some() => self.read(desk),
            alive => alive,
        }
    }

    /// Goes on after answers, unless it waits for more of them.
    pub(crate) fn answered(&mut self, desk: &mut Desk) -> Alive {
        if std::mem::take(&mut self.stays) { self.after() } else { self.resume(desk) }
    }

    /// Whether it is held, and for how long.
    pub(crate) fn is_held(&self) -> bool {
        self.held && !self.closing
    }

    /// Asks a connection that is held whether it is to go on.
    pub(crate) fn still_held(&mut self, desk: &mut Desk) -> Alive {
        let since = self.held_since.map_or(Duration::ZERO, |since| desk.now - since);
        match self.with(desk, |protocol, io| protocol.held(since, io)) {
            Next::Hold => self.after(),
            Next::Read => self.resume(desk),
            next => {
                self.go(next);
                self.after_end(desk)
            }
        }
    }

    /// Goes on after answers, or when there is room.
    pub(crate) fn resume(&mut self, desk: &mut Desk) -> Alive {
        if self.closing {
            return self.after_end(desk);
        }
        let held = std::mem::take(&mut self.held);
        self.waits_at = None;
        if let Some(since) = self.held_since.take() {
            self.deadline = self.deadline.map(|deadline| deadline + (desk.now - since));
        }
        if held && !self.left.is_empty() && self.offer_left(desk) == Alive::No {
            return Alive::No;
        }
        match self.after() {
            Alive::Yes if held => self.read(desk),
            other => other,
        }
    }

    /// Whether its deadline has come. Time that we made it wait is not its own.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        !self.held && self.deadline.is_some_and(|deadline| deadline <= now)
    }

    /// The deadline has come.
    pub(crate) fn expire(&mut self, desk: &mut Desk) -> Alive {
        self.deadline = None;
        if self.drains.is_some() {
            return Alive::No;
        }
        Counters::add(&self.counters.timed_out, 1);
        if self.tls.as_ref().is_some_and(|tls| !tls.done) {
            Counters::add(&self.counters.tls_timed_out, 1);
            return Alive::No;
        }
        let next = self.with(desk, |protocol, io| protocol.expired(io));
        self.go(next);
        self.after_end(desk)
    }

    /// Ends it from this side: by a reset where the protocol wants that.
    pub(crate) fn end(self) {
        Counters::add(&self.counters.ended, 1);
    }

    pub(crate) fn peer(socket: &TcpStream) -> Option<SocketAddr> {
        socket.peer_addr().ok()
    }
}

/// Sends what waits; true if that was all.
fn flush(socket: &mut TcpStream, out: &mut Vec<u8>, sent: &mut usize) -> Result<bool, ()> {
    while *sent < out.len() {
        match socket.write(&out[*sent..]) {
            Ok(0) => return Err(()),
            Ok(n) => *sent += n,
            Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Err(()),
        }
    }
    out.clear();
    *sent = 0;
    Ok(true)
}

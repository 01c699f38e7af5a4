//! One connection of a poll loop: its socket, what it has not taken yet, and what is not sent yet.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use socket2::SockRef;

use crate::counters::Counters;
use crate::door::{ConnId, DoorId, Verdict};
use crate::io::{Io, Next, Outboxes, Protocol, Service, Took};
use crate::limits::Limits;

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
}

pub(crate) struct Connection {
    token: usize,
    pub socket: TcpStream,
    protocol: Box<dyn Protocol>,
    pub counters: Arc<Counters>,
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
        protocol: Box<dyn Protocol>,
        service: &dyn Service,
        counters: Arc<Counters>,
    ) -> Connection {
        let resets = service.resets();
        let _ = socket.set_nodelay(true);
        let options = SockRef::from(&socket);
        let _ = options.set_keepalive(true);
        if resets {
            let _ = options.set_linger(Some(std::time::Duration::ZERO));
        }
        Connection {
            token,
            socket,
            protocol,
            counters,
            left: Vec::new(),
            out: Vec::new(),
            sent: 0,
            deadline: None,
            waits_at: None,
            held: false,
            held_since: None,
            closing: false,
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
        self.with(desk, |protocol, io| protocol.begin(io));
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
        self.held || self.closing || self.out.len() - self.sent > desk.limits.unsent_bytes
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
            let n = match self.socket.read(scratch) {
                Ok(0) => {
                    self.peer_ended = true;
                    let next = self.with(desk, |protocol, io| protocol.ended(io));
                    self.go(next);
                    return self.after();
                }
                Ok(n) => n,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return self.rest(),
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return Alive::No,
            };
            Counters::add(&self.counters.bytes, n as u64);
            if self.acknowledges {
                // The system forgets it: it is asked for after every read.
                let _ = SockRef::from(&self.socket).set_tcp_quickack(true);
            }
            if self.offer(&scratch[..n], desk) == Alive::No {
                return Alive::No;
            }
        }
        Alive::Again
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
                let _ = SockRef::from(&self.socket).set_linger(Some(std::time::Duration::ZERO));
            }
        }
    }

    /// Sends, and sees whether that was all.
    fn after(&mut self) -> Alive {
        if self.send().is_err() { Alive::No } else { self.rest() }
    }

    fn rest(&mut self) -> Alive {
        if !self.closing || self.out.len() > self.sent {
            return Alive::Yes;
        }
        if self.drains.is_none() {
            return Alive::No;
        }
        // Now the peer knows that nothing more comes; it may be told more than once.
        let _ = self.socket.shutdown(Shutdown::Write);
        Alive::Yes
    }

    fn send(&mut self) -> Result<(), ()> {
        while self.sent < self.out.len() {
            match self.socket.write(&self.out[self.sent..]) {
                Ok(0) => return Err(()),
                Ok(n) => self.sent += n,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(()),
            }
        }
        self.out.clear();
        self.sent = 0;
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

//! One connection of a poll loop: its socket, what it has not taken yet, and what is not sent yet.

mod reading;
mod sending;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use socket2::SockRef;

use crate::counters::Counters;
use crate::door::{ConnId, DoorId, Verdict};
use crate::io::{Io, Next, Outboxes, Protocol, Service};
use crate::limits::Limits;
use crate::secure::{KEPT_BYTES, Secure, Tls};

/// Bytes thrown away of a connection that ends, and for how long: enough for a peer that has not read its answer yet.
const DRAIN_BYTES: usize = 64 << 10;
const DRAIN_TIME: Duration = Duration::from_secs(2);

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
            end_by_reset(&options);
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

    /// The socket can be read or written, or a turn before stopped early.
    pub(crate) fn ready(&mut self, desk: &mut Desk) -> Alive {
        if self.send().is_err() {
            return Alive::No;
        }
        self.read(desk)
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
                end_by_reset(&SockRef::from(&self.socket));
            }
        }
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
}

/// Makes the end of a connection a reset.
fn end_by_reset(socket: &SockRef<'_>) {
    let _ = socket.set_linger(Some(Duration::ZERO));
}

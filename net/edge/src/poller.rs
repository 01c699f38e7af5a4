//! A poll loop: one thread, its listeners and connections.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token, Waker};

use crate::connection::{Alive, Connection, Desk};
use crate::counters::Counters;
use crate::door::{DoorId, Verdict};
use crate::io::{Outboxes, Service};
use crate::limits::Limits;
use crate::listening::Listener;
use crate::secure::Secure;

/// Bytes of one read.
const READ_BYTES: usize = 256 << 10;

/// Events taken from the system at once.
const EVENTS: usize = 1024;

/// Commands that wait for a poll loop at most; whoever has one more waits, which a poll loop never does.
const COMMANDS: usize = 4096;

/// How often deadlines are looked at.
const TICK: Duration = Duration::from_millis(250);

const WAKE: Token = Token(usize::MAX);

/// What a poll loop is told by other threads.
pub(crate) enum Command {
    Listen(Listener),
    /// Stops listening, and ends the connections of that listener.
    Unlisten(u64),
    Take(Box<Taken>),
    Verdicts(Vec<Verdict>),
    /// A door has room.
    Room(DoorId),
    /// The source behind a door is gone.
    Gone(DoorId),
    Stop,
}

/// A connection on its way to the poll loop that has it from then on.
pub(crate) struct Taken {
    socket: TcpStream,
    listener: u64,
    service: Arc<dyn Service>,
    secure: Option<Arc<Secure>>,
    counters: Arc<Counters>,
}

/// What other threads have of a poll loop.
pub(crate) struct Handle {
    commands: Sender<Command>,
    waker: Waker,
    /// Whether it was woken and has not looked yet.
    pending: Arc<AtomicBool>,
}

impl Handle {
    /// For any thread but a poll loop: waits while the loop has too many commands.
    pub(crate) fn tell(&self, command: Command) {
        if self.commands.send(command).is_ok() {
            self.wake();
        }
    }

    /// For poll loops: false if the loop has too many commands.
    pub(crate) fn offer(&self, command: Command) -> bool {
        let sent = self.commands.try_send(command).is_ok();
        if sent {
            self.wake();
        }
        sent
    }

    fn wake(&self) {
        if !self.pending.swap(true, Ordering::AcqRel) {
            // It fails only if the loop is gone.
            let _ = self.waker.wake();
        }
    }
}

/// Gives a command to one of the poll loops, in turn; false if it has too many.
pub(crate) type Deal = Arc<dyn Fn(Command) -> bool + Send + Sync>;

enum Place {
    Listener(Listener),
    Connection(u64, Box<Connection>),
}

pub(crate) struct Poller {
    poll: Poll,
    commands: Receiver<Command>,
    pending: Arc<AtomicBool>,
    places: HashMap<usize, Place>,
    next_token: usize,
    desk: Desk,
    /// Connections of all poll loops.
    open: Arc<AtomicUsize>,
    /// Connections that have more to be read.
    again: Vec<usize>,
    /// Gives connections to the poll loops in turn.
    deal: Deal,
}

impl Poller {
    pub(crate) fn new(thread: u16, limits: Limits, open: Arc<AtomicUsize>) -> io::Result<(Poller, Handle)> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKE)?;
        let (to, commands) = bounded(COMMANDS);
        let pending = Arc::new(AtomicBool::new(false));
        let desk = Desk {
            thread,
            now: Instant::now(),
            limits,
            outboxes: Outboxes::new(thread),
            scratch: vec![0; READ_BYTES].into_boxed_slice(),
            plain: Box::default(),
        };
        let poller = Poller {
            poll,
            commands,
            pending: pending.clone(),
            places: HashMap::new(),
            next_token: 0,
            desk,
            open,
            again: Vec::new(),
            deal: Arc::new(|_| false),
        };
        Ok((poller, Handle { commands: to, waker, pending }))
    }

    /// How it gives away connections it has taken.
    pub(crate) fn set_deal(&mut self, deal: Deal) {
        self.deal = deal;
    }

    pub(crate) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        let mut last_tick = Instant::now();
        loop {
            let wait = if self.again.is_empty() { TICK } else { Duration::ZERO };
            match self.poll.poll(&mut events, Some(wait)) {
                Ok(()) => {}
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return,
            }
            self.desk.now = Instant::now();
            let again = std::mem::take(&mut self.again);
            for event in &events {
                if event.token() != WAKE {
                    self.ready(event.token().0);
                }
            }
            again.into_iter().for_each(|token| self.ready(token));
            if self.pending.swap(false, Ordering::AcqRel) && !self.obey() {
                return;
            }
            self.desk.outboxes.flush();
            if self.desk.now - last_tick >= TICK {
                last_tick = self.desk.now;
                self.expire();
            }
        }
    }

    fn ready(&mut self, token: usize) {
        match self.places.get_mut(&token) {
            None => {}
            Some(Place::Connection(_, connection)) => {
                let alive = connection.ready(&mut self.desk);
                self.see(token, alive);
            }
            Some(Place::Listener(_)) => self.accept(token),
        }
    }

    fn see(&mut self, token: usize, alive: Alive) {
        match alive {
            Alive::Yes => {}
            Alive::Again => self.again.push(token),
            Alive::No => self.drop_connection(token),
        }
    }

    fn drop_connection(&mut self, token: usize) {
        if let Some(Place::Connection(_, mut connection)) = self.places.remove(&token) {
            let _ = self.poll.registry().deregister(&mut connection.socket);
            Counters::add(&connection.counters.ended, 1);
            self.open.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn accept(&mut self, token: usize) {
        loop {
            let Some(Place::Listener(listener)) = self.places.get(&token) else { return };
            match listener.socket.accept() {
                Ok((socket, _)) => {
                    let counters = listener.counters.clone();
                    if self.open.fetch_add(1, Ordering::Relaxed) >= self.desk.limits.connections {
                        self.open.fetch_sub(1, Ordering::Relaxed);
                        Counters::add(&counters.turned_away, 1);
                        continue;
                    }
                    let taken = Taken {
                        socket,
                        listener: listener.id,
                        service: listener.service.clone(),
                        secure: listener.secure.clone(),
                        counters: counters.clone(),
                    };
                    if (self.deal)(Command::Take(Box::new(taken))) {
                        Counters::add(&counters.connections, 1);
                    } else {
                        self.open.fetch_sub(1, Ordering::Relaxed);
                        Counters::add(&counters.turned_away, 1);
                    }
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return,
                // A peer that is gone already, or no descriptor left: the next ready event tries again.
                Err(_) => return,
            }
        }
    }

    /// Does what other threads asked for; false at the end.
    fn obey(&mut self) -> bool {
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Listen(listener) => self.listen(listener),
                Command::Unlisten(id) => self.unlisten(id),
                Command::Take(taken) => self.take(*taken),
                Command::Verdicts(verdicts) => self.answer(verdicts),
                Command::Room(door) => self.room(door),
                Command::Gone(door) => self.gone(door),
                Command::Stop => return false,
            }
        }
        true
    }

    fn token(&mut self) -> usize {
        self.next_token += 1;
        self.next_token
    }

    fn listen(&mut self, mut listener: Listener) {
        let token = self.token();
        if self.poll.registry().register(&mut listener.socket, Token(token), Interest::READABLE).is_ok() {
            self.places.insert(token, Place::Listener(listener));
        }
    }

    fn unlisten(&mut self, id: u64) {
        let of = |place: &Place| match place {
            Place::Listener(listener) => listener.id == id,
            Place::Connection(listener, _) => *listener == id,
        };
        for token in self.tokens(of) {
            if matches!(self.places.get(&token), Some(Place::Listener(_))) {
                self.places.remove(&token);
            } else {
                self.drop_connection(token);
            }
        }
    }

    fn take(&mut self, taken: Taken) {
        let Taken { mut socket, listener, service, secure, counters } = taken;
        let Ok(peer) = socket.peer_addr() else {
            self.open.fetch_sub(1, Ordering::Relaxed);
            return;
        };
        let token = self.token();
        let interest = Interest::READABLE | Interest::WRITABLE;
        if self.poll.registry().register(&mut socket, Token(token), interest).is_err() {
            self.open.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let mut connection = Connection::new(token, socket, peer, &*service, secure.as_deref(), counters);
        connection.begin(&mut self.desk);
        self.places.insert(token, Place::Connection(listener, Box::new(connection)));
        // What came before it was registered.
        self.ready(token);
    }

    fn answer(&mut self, verdicts: Vec<Verdict>) {
        let mut last = None;
        for verdict in verdicts {
            let token = verdict.to.token;
            if last.is_some_and(|last| last != token)
                && let Some(last) = last
            {
                self.resume(last, Connection::answered);
            }
            if let Some(Place::Connection(_, connection)) = self.places.get_mut(&token) {
                connection.answer(verdict, &mut self.desk);
            }
            last = Some(token);
        }
        if let Some(last) = last {
            self.resume(last, Connection::answered);
        }
    }

    fn resume(&mut self, token: usize, how: impl Fn(&mut Connection, &mut Desk) -> Alive) {
        if let Some(Place::Connection(_, connection)) = self.places.get_mut(&token) {
            let alive = how(connection, &mut self.desk);
            self.see(token, alive);
        }
    }

    fn gone(&mut self, door: DoorId) {
        for token in self.connections(|_| true) {
            self.resume(token, |connection, desk| connection.gone(door, desk));
        }
    }

    fn room(&mut self, door: DoorId) {
        self.desk.outboxes.flush();
        for token in self.connections(|c| c.waits_at == Some(door)) {
            self.resume(token, Connection::resume);
        }
    }

    fn expire(&mut self) {
        for token in self.connections(Connection::is_held) {
            self.resume(token, Connection::still_held);
        }
        let now = self.desk.now;
        for token in self.connections(|c| c.is_due(now)) {
            self.resume(token, Connection::expire);
        }
    }

    /// Where such places are; what is done there may take some of them away.
    fn tokens(&self, such: impl Fn(&Place) -> bool) -> Vec<usize> {
        self.places.iter().filter(|(_, place)| such(place)).map(|(token, _)| *token).collect()
    }

    fn connections(&self, such: impl Fn(&Connection) -> bool) -> Vec<usize> {
        self.tokens(|place| matches!(place, Place::Connection(_, connection) if such(connection)))
    }
}

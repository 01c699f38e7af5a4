//! A client as there should be: it keeps what is not acknowledged, goes to whichever node has its port open, and sends it again.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use riddhi_wire::siddhi_tcp::{CONTROL_VERSION, Control, EventsWriter, Frame, extent, write_frame};
use riddhi_wire::{Extent, Value};

use crate::ledger::Ledger;

/// An event's number is its connection's above this bit, and its place among that connection's events below.
pub const PLACE_BITS: u32 = 32;

/// Frames without an answer at most; the server allows more.
const WINDOW: usize = 256;

/// After this silence the other node is looked at,
const SILENCE: Duration = Duration::from_millis(500);
/// this often.
const LOOK: Duration = Duration::from_millis(50);

/// How long a node may take to say welcome.
const WELCOME: Duration = Duration::from_millis(500);

/// What all clients of a pair share.
pub struct Orders {
    /// The ports of both nodes.
    pub ports: [u16; 2],
    /// Frames a second of each connection; 0: none, `FLAT_OUT`: as many as are taken.
    pub frames_per_s: AtomicU64,
    /// How many of the connections send new events: the first ones.
    pub sending: AtomicUsize,
    /// Events of a frame.
    pub events: AtomicUsize,
    /// All is over.
    pub over: AtomicBool,
}

/// A rate that nobody keeps.
pub const FLAT_OUT: u64 = u64::MAX;

/// A connection's own account.
#[derive(Default)]
pub struct Account {
    /// Events sent for the first time.
    pub sent: AtomicU64,
    /// Events that were acknowledged, from the first on.
    pub acked: AtomicU64,
    /// Frames that were refused.
    pub refused: AtomicU64,
    /// Events sent again.
    pub again: AtomicU64,
}

/// Frames that were sent: how many events each has.
struct Flow {
    number: u64,
    orders: Arc<Orders>,
    ledger: Arc<Ledger>,
    /// Frames without an answer: their first event and how many there are.
    unacked: VecDeque<(u64, usize)>,
    /// Of them, those that were sent over this connection.
    sent: usize,
    /// The number of the first of them on this connection.
    first: u64,
    due: f64,
    clock: Instant,
    prefer: usize,
}

/// Runs a connection until all is over.
pub fn run(number: u64, orders: Arc<Orders>, ledger: Arc<Ledger>) {
    let mut flow = Flow {
        number,
        orders,
        ledger,
        unacked: VecDeque::new(),
        sent: 0,
        first: 1,
        due: 0.0,
        clock: Instant::now(),
        prefer: 0,
    };
    let mut next = None;
    while !flow.is_over() {
        match next.take().or_else(|| flow.find()) {
            Some((node, stream)) => {
                flow.prefer = node;
                next = flow.serve(node, stream);
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

impl Flow {
    fn is_over(&self) -> bool {
        self.orders.over.load(Ordering::Relaxed)
    }

    fn account(&self) -> &Account {
        &self.ledger.accounts[self.number as usize]
    }

    /// A connection to a node that says welcome, the last one first.
    fn find(&self) -> Option<(usize, TcpStream)> {
        [self.prefer, 1 - self.prefer].into_iter().find_map(|node| Some((node, welcome(self.orders.ports[node])?)))
    }

    /// Sends and hears; gives a better connection if there is one when this one is done with.
    fn serve(&mut self, node: usize, mut stream: TcpStream) -> Option<(usize, TcpStream)> {
        let again: usize = self.unacked.iter().map(|f| f.1).sum();
        self.account().again.fetch_add(again as u64, Ordering::Relaxed);
        (self.sent, self.first) = (0, 1);
        let (mut heard, mut from, mut bytes) = (Instant::now(), Vec::new(), Vec::new());
        let mut looked = Instant::now();
        while !self.is_over() {
            self.write(&mut bytes);
            if !bytes.is_empty() {
                if stream.write_all(&bytes).is_err() {
                    return None;
                }
                bytes.clear();
            }
            match self.hear(node, &mut stream, &mut from) {
                Ok(true) => heard = Instant::now(),
                Ok(false) => {}
                Err(()) => return None,
            }
            if self.sent == 0 {
                heard = Instant::now();
            }
            if heard.elapsed() > SILENCE && looked.elapsed() > LOOK {
                looked = Instant::now();
                if let Some(other) = welcome(self.orders.ports[1 - node]) {
                    return Some((1 - node, other));
                }
            }
        }
        None
    }

    /// Frames that are to be sent: those without an answer again, then new ones that are due.
    fn write(&mut self, bytes: &mut Vec<u8>) {
        let sends = (self.number as usize) < self.orders.sending.load(Ordering::Relaxed);
        let rate = if sends { self.orders.frames_per_s.load(Ordering::Relaxed) } else { 0 };
        let passed = self.clock.elapsed().as_secs_f64();
        self.clock = Instant::now();
        // What could not be sent in time is not made up for.
        self.due = if rate == FLAT_OUT { WINDOW as f64 } else { (self.due + passed * rate as f64).min(64.0) };
        while bytes.len() < 256 << 10 {
            if self.sent == self.unacked.len() {
                if self.due < 1.0 || self.sent >= WINDOW || rate == 0 {
                    return;
                }
                self.due -= 1.0;
                let (count, account) = (self.orders.events.load(Ordering::Relaxed), self.account());
                let place = account.sent.fetch_add(count as u64, Ordering::Relaxed);
                self.unacked.push_back((place, count));
            }
            let (place, count) = self.unacked[self.sent];
            let mut data = Vec::with_capacity(count * 20);
            let mut events = EventsWriter::new(&mut data);
            for n in place..place + count as u64 {
                events.event(1_700_000_000_000);
                events.value(Value::Long((self.number << PLACE_BITS | n) as i64));
            }
            events.finish();
            write_frame(bytes, &Frame { session: b"s", channel: b"Pair/In", data: &data });
            self.sent += 1;
        }
    }

    /// Takes answers; whether there was one.
    fn hear(&mut self, node: usize, stream: &mut TcpStream, from: &mut Vec<u8>) -> Result<bool, ()> {
        let (mut chunk, mut any) = ([0; 4096], false);
        match stream.read(&mut chunk) {
            Ok(0) => return Err(()),
            Ok(n) => from.extend_from_slice(&chunk[..n]),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
            Err(_) => return Err(()),
        }
        while let Extent::Whole(n) = extent(from, 1 << 20).map_err(|_| ())? {
            let control = Frame::parse(&from[..n]).and_then(|f| Control::parse(&f)).map_err(|_| ())?;
            match control {
                Some(Control::Ack { frame }) => {
                    any = true;
                    let mut events = 0;
                    while self.first <= frame && self.sent > 0 {
                        let Some((_, count)) = self.unacked.pop_front() else { break };
                        (self.first, self.sent, events) = (self.first + 1, self.sent - 1, events + count);
                    }
                    self.account().acked.fetch_add(events as u64, Ordering::AcqRel);
                    self.ledger.acknowledged(self.number, node);
                }
                Some(Control::Refused { .. }) => {
                    self.account().refused.fetch_add(1, Ordering::Relaxed);
                    // It is sent again over another connection: the node may have ended its source.
                    return Err(());
                }
                _ => {}
            }
            from.drain(..n);
        }
        Ok(any)
    }
}

/// A connection to a node that serves, ready to send and with little patience in reading.
pub fn welcome(port: u16) -> Option<TcpStream> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut stream = TcpStream::connect_timeout(&address, WELCOME).ok()?;
    stream.set_nodelay(true).ok()?;
    stream.set_read_timeout(Some(WELCOME)).ok()?;
    stream.set_write_timeout(Some(Duration::from_secs(1))).ok()?;
    let mut bytes = Vec::new();
    Control::Hello { version: CONTROL_VERSION }.write(&mut bytes);
    stream.write_all(&bytes).ok()?;
    let mut from = vec![0; 5];
    stream.read_exact(&mut from).ok()?;
    let size = u32::from_be_bytes(from[1..].try_into().ok()?) as usize;
    from.resize(5 + size.min(1 << 10), 0);
    stream.read_exact(&mut from[5..]).ok()?;
    match Control::parse(&Frame::parse(&from).ok()?).ok()? {
        Some(Control::Welcome { .. }) => {}
        _ => return None,
    }
    stream.set_read_timeout(Some(Duration::from_millis(2))).ok()?;
    Some(stream)
}

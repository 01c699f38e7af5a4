//! A session over memory instead of a socket, and what must hold for any bytes.
#![allow(dead_code)]

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use riddhi_edge::{Answers, Counters, Door, Edge, EdgeOptions, Limits, Next, Outcome, door};
use riddhi_http::{Property, RouteOptions, Routes, Session, Users, Wire};

/// Bytes of a body at most.
pub const BODY_MAX: usize = 4096;

/// Where events go; `/Locked` needs a password.
pub const PATH: &str = "/StockApp/StockStream";

/// The peer's side of a session, and the app's.
pub struct Memory {
    pub out: Vec<u8>,
    /// Head and body of each message.
    pub messages: Vec<(Vec<u8>, Vec<u8>)>,
    /// Messages without a verdict.
    pub unjudged: Vec<u64>,
    pub deadline: Option<Duration>,
    /// Whether there is no room.
    pub full: bool,
    pub now: Instant,
    limits: Limits,
    pub counters: Counters,
}

impl Default for Memory {
    fn default() -> Memory {
        Memory {
            out: Vec::new(),
            messages: Vec::new(),
            unjudged: Vec::new(),
            deadline: None,
            full: false,
            now: Instant::now(),
            limits: Limits { message_bytes: BODY_MAX, ..Limits::default() },
            counters: Counters::default(),
        }
    }
}

impl Wire for Memory {
    fn write(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    fn push(&mut self, _: &Door, head: &[u8], body: &[u8], seq: u64) -> bool {
        if !self.full {
            self.messages.push((head.to_vec(), body.to_vec()));
            self.unjudged.push(seq);
        }
        !self.full
    }

    fn now(&self) -> Instant {
        self.now
    }

    fn wall(&self) -> SystemTime {
        UNIX_EPOCH
    }

    fn set_deadline(&mut self, after: Option<Duration>) {
        self.deadline = after;
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn counters(&self) -> &Counters {
        &self.counters
    }
}

/// The paths of a port. Their doors stay open as long as the process runs.
pub fn routes() -> Arc<Routes> {
    static OPEN: OnceLock<(Door, Arc<std::sync::Mutex<Answers>>)> = OnceLock::new();
    let (door, _) = OPEN.get_or_init(|| {
        let edge = Edge::start(EdgeOptions::default()).expect("threads can be started");
        let (door, answers) = door(&edge);
        (door, Arc::new(std::sync::Mutex::new(answers)))
    });
    let routes = Routes::default();
    let users = Users::new([("admin".to_owned(), "admin".to_owned())]);
    let properties = vec![Property::Header("x-id".into()), Property::Parameter("tag".into())];
    routes.add(PATH, door.clone(), RouteOptions { properties, ..RouteOptions::default() });
    let locked = RouteOptions { users: Some(Arc::new(users)), ..RouteOptions::default() };
    routes.add("/Locked", door.clone(), locked);
    let strict = RouteOptions { media: Some("json"), lenient: true, ..RouteOptions::default() };
    routes.add("/Strict", door.clone(), strict);
    Arc::new(routes)
}

/// A session as a connection of the edge drives it: what was not taken is offered again.
pub struct Driven {
    pub session: Session<Routes>,
    pub memory: Memory,
    left: Vec<u8>,
    /// How it ended.
    pub end: Option<Next>,
    /// Whether verdicts come at once.
    pub judges: bool,
}

impl Driven {
    pub fn new() -> Driven {
        let mut driven = Driven {
            session: Session::new(routes()),
            memory: Memory::default(),
            left: Vec::new(),
            end: None,
            judges: true,
        };
        driven.session.begin(&mut driven.memory);
        driven
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.left.extend_from_slice(bytes);
        loop {
            if self.end.is_some() {
                return;
            }
            let took = self.session.read(&self.left, &mut self.memory);
            assert!(took.bytes <= self.left.len(), "more was taken than there was");
            self.left.drain(..took.bytes);
            self.go(took.next);
            let some = self.judges && !self.memory.unjudged.is_empty();
            if self.judges {
                self.judge();
            }
            if took.next != Next::Hold || !some || self.left.is_empty() {
                break;
            }
        }
        assert!(self.left.len() <= BODY_MAX.max(riddhi_http::head::HEAD_BYTES_MAX) + bytes.len(), "too much is kept");
    }

    /// Judges what was pushed: what begins with `{` or `[` is good.
    pub fn judge(&mut self) {
        let unjudged = std::mem::take(&mut self.memory.unjudged);
        let first = self.memory.messages.len() - unjudged.len();
        for (i, seq) in unjudged.into_iter().enumerate() {
            let good = matches!(self.memory.messages[first + i].1.first(), Some(b'{' | b'['));
            let outcome = if good { Outcome::Accepted } else { Outcome::Refused("not JSON".into()) };
            let next = self.session.judged(seq, &outcome, &mut self.memory);
            self.go(next);
        }
    }

    pub fn go(&mut self, next: Next) {
        if matches!(next, Next::Close | Next::Drain | Next::Reset) {
            self.end.get_or_insert(next);
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.memory.out).into_owned()
    }

    /// The statuses of all answers. Bodies here hold no line that looks like one.
    pub fn statuses(&self) -> Vec<u16> {
        let text = self.text();
        text.lines().filter_map(|l| l.split("HTTP/1.1 ").nth(1)?.get(..3)?.parse().ok()).collect()
    }
}

/// Whatever the bytes: no panic, and the same answers however they are split.
pub fn session(bytes: &[u8]) {
    let mut whole = Driven::new();
    whole.write(bytes);
    // The splits come from the bytes, so that the fuzzer finds those that matter.
    let mut seed = bytes.iter().fold(bytes.len() as u32, |n, b| n.wrapping_mul(31).wrapping_add(u32::from(*b)));
    for most in [1, 3, 700] {
        let (mut split, mut rest) = (Driven::new(), bytes);
        while !rest.is_empty() {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let n = (1 + (seed >> 8) as usize % most).min(rest.len());
            split.write(&rest[..n]);
            rest = &rest[n..];
        }
        assert_eq!(split.text(), whole.text(), "pieces of {most} at most");
        assert_eq!(split.memory.messages, whole.memory.messages);
        assert_eq!(split.end, whole.end);
    }
}

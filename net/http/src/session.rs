//! One connection's side of the protocol, over anything that takes bytes and messages.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use riddhi_edge::{Counters, Door, DoorId, Limits, Next, Outcome, Took};

use crate::answer::{Answer, CONTINUE, Style};
use crate::chunked::Chunks;
use crate::head::{self, Body, Head, Search};
use crate::queue::Queue;
use crate::routes::Route;
use crate::wrong::Wrong;

/// Bytes of a refused request's body that are read over to keep the connection.
const SKIP_MAX: u64 = 64 << 10;

/// How long a request waits for room at its door.
pub const ROOM_WAIT: Duration = Duration::from_secs(1);

/// How long a connection may be silent between requests, unless the limits say it.
const IDLE: Duration = Duration::from_secs(120);

/// Capacity that a body's buffer keeps for the next one.
const KEPT_BYTES: usize = 64 << 10;

/// What a session talks to.
pub trait Wire {
    /// Sends bytes to the peer.
    fn write(&mut self, bytes: &[u8]);
    /// Pushes a message; false if there is no room.
    fn push(&mut self, door: &Door, head: &[u8], body: &[u8], seq: u64) -> bool;
    /// The time, for what is waited for.
    fn now(&self) -> Instant;
    /// The time, for the peer.
    fn wall(&self) -> SystemTime;
    /// When the session is to be told that time ran out.
    fn set_deadline(&mut self, after: Option<Duration>);
    /// What a peer may ask for.
    fn limits(&self) -> &Limits;
    /// What is counted.
    fn counters(&self) -> &Counters;
}

/// What becomes of a request, seen from its head.
pub enum Fate {
    /// Its body goes through the route's door.
    Take(Arc<Route>),
    /// It is answered at once, and its body is read over.
    Tell(Answer),
}

/// What is at a port.
pub trait Site: Send + Sync + 'static {
    /// Decides by the head. `last`: what the request before went to on this connection.
    fn decide(&self, head: &Head<'_>, last: &mut Option<Arc<Route>>) -> Fate;
}

/// A request whose body is on its way to a door.
struct Taken {
    route: Arc<Route>,
    /// What is told with the body.
    head: Vec<u8>,
    style: Style,
}

enum Phase {
    Head(Search),
    /// A body of known length, which stays outside until it is whole.
    Length(Taken, usize),
    Chunks(Taken, Chunks),
    SkipLength(u64),
    SkipChunks(Chunks),
}

/// What a step did.
enum Step {
    /// It took bytes, and there may be more to do.
    Took(usize),
    /// It needs more bytes.
    More,
    /// It took bytes, and waits for room or for answers.
    Full(usize),
}

/// One connection's side.
pub struct Session<S> {
    site: Arc<S>,
    phase: Phase,
    queue: Queue,
    last_route: Option<Arc<Route>>,
    /// Whether the deadline of the head was set.
    begun: bool,
    /// A body in chunks.
    body: Vec<u8>,
    /// Since when the request has waited for room.
    waits_since: Option<Instant>,
    /// Whether no further request is read.
    last: bool,
    /// Whether the peer sends no more.
    ended: bool,
}

impl<S: Site> Session<S> {
    /// At the beginning.
    pub fn new(site: Arc<S>) -> Session<S> {
        Session {
            site,
            phase: Phase::Head(Search::default()),
            queue: Queue::default(),
            last_route: None,
            begun: false,
            body: Vec::new(),
            waits_since: None,
            last: false,
            ended: false,
        }
    }

    /// The connection is there.
    pub fn begin(&mut self, wire: &mut impl Wire) {
        self.set_idle(wire);
    }

    /// Takes bytes, as far as it can.
    pub fn read(&mut self, bytes: &[u8], wire: &mut impl Wire) -> Took {
        let mut taken = 0;
        loop {
            if self.last {
                return Took { bytes: bytes.len(), next: self.flush(wire) };
            }
            let rest = &bytes[taken..];
            match self.step(rest, wire) {
                Ok(Step::Took(n)) => taken += n,
                Ok(Step::More) => {
                    self.watch(!rest.is_empty(), wire);
                    return Took { bytes: taken, next: self.flush(wire) };
                }
                Ok(Step::Full(n)) => {
                    let next = if self.flush(wire) == Next::Read { Next::Hold } else { Next::Drain };
                    // What was flushed may have been what it waited for.
                    if next == Next::Hold && self.waits_since.is_none() && !self.queue.is_full() {
                        taken += n;
                        continue;
                    }
                    return Took { bytes: taken + n, next };
                }
                Err(wrong) => self.refuse(wrong, wire),
            }
        }
    }

    /// Sets the deadline of what is waited for now.
    fn watch(&mut self, some: bool, wire: &mut impl Wire) {
        match self.phase {
            Phase::Head(_) if !some => {
                self.begun = false;
                self.set_idle(wire);
            }
            Phase::Head(_) if self.begun => {}
            Phase::Head(_) => {
                self.begun = true;
                wire.set_deadline(Some(wire.limits().header));
            }
            _ => wire.set_deadline(Some(wire.limits().progress)),
        }
    }

    /// Between requests, unless the peer waits for us.
    fn set_idle(&mut self, wire: &mut impl Wire) {
        let idle = wire.limits().idle.unwrap_or(IDLE);
        wire.set_deadline(self.queue.is_empty().then_some(idle));
    }

    fn step(&mut self, rest: &[u8], wire: &mut impl Wire) -> Result<Step, Wrong> {
        match &mut self.phase {
            Phase::Head(search) => {
                // Some clients end a body with a line end too many.
                match rest {
                    [b'\r', b'\n', ..] if search.is_new() => return Ok(Step::Took(2)),
                    [] | [b'\r'] => return Ok(Step::More),
                    _ if self.queue.is_full() => return Ok(Step::Full(0)),
                    _ => {}
                }
                let Some(end) = search.end(rest)? else { return Ok(Step::More) };
                self.begun = false;
                self.decide(&rest[..end], wire)?;
                Ok(Step::Took(end))
            }
            Phase::Length(_, n) => {
                let n = *n;
                if rest.len() < n {
                    return Ok(Step::More);
                }
                Ok(if self.push(Some(&rest[..n]), wire) { Step::Took(n) } else { Step::Full(0) })
            }
            Phase::Chunks(_, chunks) => {
                // A byte is left outside until there was room for the body, so that we are asked again.
                let n = if chunks.is_done() {
                    1
                } else {
                    chunks.read(rest, wire.limits().message_bytes, &mut self.body)?
                };
                if !chunks.is_done() {
                    return Ok(if rest.is_empty() { Step::More } else { Step::Took(n) });
                }
                if self.body.is_empty() {
                    self.empty_body(wire);
                    return Ok(Step::Took(n));
                }
                Ok(if self.push(None, wire) { Step::Took(n) } else { Step::Full(n - 1) })
            }
            Phase::SkipLength(left) => {
                let n = rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= n as u64;
                if *left == 0 {
                    self.phase = Phase::Head(Search::default());
                    return Ok(Step::Took(n));
                }
                Ok(if n == 0 { Step::More } else { Step::Took(n) })
            }
            Phase::SkipChunks(chunks) => {
                let n = chunks.read(rest, SKIP_MAX as usize, &mut self.body)?;
                let done = chunks.is_done();
                // Nothing of it may stand before the body of the next request.
                self.forget_body();
                if done {
                    self.phase = Phase::Head(Search::default());
                    return Ok(Step::Took(n));
                }
                Ok(if n == 0 { Step::More } else { Step::Took(n) })
            }
        }
    }

    /// A head is whole.
    fn decide(&mut self, head: &[u8], wire: &mut impl Wire) -> Result<(), Wrong> {
        let (site, last_route) = (&self.site, &mut self.last_route);
        let max = wire.limits().message_bytes as u64;
        let (fate, told, style, body, waits) = head::read(head, |head| {
            let mut fate = site.decide(head, last_route);
            let mut told = Vec::new();
            if let Fate::Take(route) = &fate {
                told = route.tell(head);
                match head.body {
                    Body::Length(0) => fate = Fate::Tell(empty_body()),
                    Body::Length(n) if n > max => fate = Fate::Tell(Answer::wrong(Wrong::TooLarge)),
                    _ => {}
                }
            }
            (fate, told, Style::of(head), head.body, head.waits)
        })?;
        match fate {
            Fate::Take(route) => {
                if waits {
                    self.queue.say(CONTINUE.to_vec());
                }
                let taken = Taken { route, head: told, style };
                self.phase = match body {
                    Body::Length(n) => Phase::Length(taken, usize::try_from(n).unwrap_or(usize::MAX)),
                    Body::Chunked => Phase::Chunks(taken, Chunks::default()),
                };
            }
            Fate::Tell(answer) => {
                count(answer.status(), wire);
                // A sender that waits to be told to go on may send the body or not.
                let short = !matches!(body, Body::Length(n) if n > SKIP_MAX) && !waits;
                let goes_on = style.keeps && short && !answer.closes();
                self.say(&answer, if goes_on { style } else { style.ends() }, wire);
                self.phase = match body {
                    Body::Length(0) => Phase::Head(Search::default()),
                    Body::Length(n) => Phase::SkipLength(n),
                    Body::Chunked => Phase::SkipChunks(Chunks::default()),
                };
            }
        }
        Ok(())
    }

    fn say(&mut self, answer: &Answer, style: Style, wire: &mut impl Wire) {
        let mut out = Vec::with_capacity(256);
        answer.write(style, wire.wall(), &mut out);
        self.queue.say(out);
        self.last |= !style.keeps;
    }

    /// A body without a byte, as it turned out.
    fn empty_body(&mut self, wire: &mut impl Wire) {
        if let Phase::Chunks(taken, _) = std::mem::replace(&mut self.phase, Phase::Head(Search::default())) {
            self.say(&empty_body(), taken.style, wire);
        }
    }

    /// Pushes a body, that in chunks if none is given; false if it must wait for room. One that has waited too long is refused.
    fn push(&mut self, given: Option<&[u8]>, wire: &mut impl Wire) -> bool {
        let (Phase::Length(taken, _) | Phase::Chunks(taken, _)) = &self.phase else { return true };
        let (route, style) = (taken.route.clone(), taken.style);
        if route.door.is_closed() {
            let answer = Answer::error(503, "the source has ended").with("retry-after", "1");
            self.say(&answer, style, wire);
        } else if wire.push(&route.door, &taken.head, given.unwrap_or(&self.body), self.queue.next()) {
            self.queue.wait(route.door.id(), style, route.options.lenient);
            self.last |= !style.keeps;
        } else {
            let now = wire.now();
            if now - *self.waits_since.get_or_insert(now) < ROOM_WAIT {
                return false;
            }
            let answer = Answer::error(429, "the app is busy").with("retry-after", "1");
            self.say(&answer, style, wire);
        }
        self.waits_since = None;
        self.phase = Phase::Head(Search::default());
        self.forget_body();
        true
    }

    fn forget_body(&mut self) {
        self.body.clear();
        if self.body.capacity() > KEPT_BYTES {
            self.body = Vec::new();
        }
    }

    /// Nothing that follows can be read.
    fn refuse(&mut self, wrong: Wrong, wire: &mut impl Wire) {
        // Of a request that was answered already nothing more is said.
        if !matches!(self.phase, Phase::SkipLength(_) | Phase::SkipChunks(_)) {
            if wrong != Wrong::Late {
                Counters::add(&wire.counters().malformed, 1);
            }
            self.say(&Answer::wrong(wrong), Style { keeps: false, old: false, bodiless: false }, wire);
        }
        self.last = true;
    }

    /// Writes the answers whose turn it is.
    fn flush(&mut self, wire: &mut impl Wire) -> Next {
        while let Some(bytes) = self.queue.take() {
            wire.write(&bytes);
        }
        match self.last && self.queue.is_empty() {
            true if self.ended => Next::Close,
            true => Next::Drain,
            false => Next::Read,
        }
    }

    /// The message of that number was judged.
    pub fn judged(&mut self, seq: u64, outcome: &Outcome, wire: &mut impl Wire) -> Next {
        self.queue.judge(seq, outcome, wire.wall());
        self.said(wire)
    }

    /// The source behind a door is gone.
    pub fn gone(&mut self, door: DoorId, wire: &mut impl Wire) -> Next {
        self.queue.gone(door, wire.wall());
        self.said(wire)
    }

    fn said(&mut self, wire: &mut impl Wire) -> Next {
        let next = self.flush(wire);
        if self.queue.is_empty() && !self.begun && matches!(self.phase, Phase::Head(_)) {
            self.set_idle(wire);
        }
        next
    }

    /// It has not been read for this time.
    pub fn held(&mut self, wire: &mut impl Wire) -> Next {
        let now = wire.now();
        if self.waits_since.is_some_and(|since| now - since >= ROOM_WAIT) { Next::Read } else { Next::Hold }
    }

    /// Time ran out.
    pub fn expired(&mut self, wire: &mut impl Wire) -> Next {
        if matches!(self.phase, Phase::Head(_)) && !self.begun {
            return Next::Close;
        }
        self.refuse(Wrong::Late, wire);
        self.flush(wire)
    }

    /// The peer sends no more.
    pub fn ended(&mut self, wire: &mut impl Wire) -> Next {
        (self.last, self.ended) = (true, true);
        self.flush(wire)
    }
}

fn empty_body() -> Answer {
    Answer::error(405, "the body is empty").with("allow", "POST, OPTIONS")
}

fn count(status: u16, wire: &mut impl Wire) {
    let counters = wire.counters();
    match status {
        401 => Counters::add(&counters.unauthorized, 1),
        404 => Counters::add(&counters.unknown, 1),
        _ => {}
    }
}

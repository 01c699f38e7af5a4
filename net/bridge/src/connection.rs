//! A connection of a publisher, whichever protocol it speaks: requests one after another, a bundle at a time, and log-ins that
//! wait while bundles come late.

use std::sync::Arc;
use std::time::{Duration, Instant};

use riddhi_edge::{Counters, Io, Next, Protocol, Took, Verdict};
use riddhi_wire::{Extent, WireError};

use crate::bridge::Bridge;
use crate::bundle::{Bundle, Fate};

/// One of the two protocols: where its requests end, and what is said to them.
pub(crate) trait Dialect: Send {
    /// Whether a connection that the peer ends is reset while its bundle is waited for.
    const RESETS: bool;

    /// Where the request ends that the bytes begin with.
    fn extent(&mut self, bytes: &[u8], bytes_max: usize) -> Result<Extent, WireError>;

    /// Answers a whole request, or reads the bundle in it.
    fn request(&mut self, message: &[u8], talk: &mut Talk, io: &mut Io<'_>) -> Asked;

    /// Says what became of the bundle.
    fn tell(&mut self, fate: Fate, talk: &mut Talk, io: &mut Io<'_>);

    /// Says that it is not known where the next request begins, if there is a way to say it.
    fn lost(&mut self, _error: &WireError, _talk: &mut Talk, _io: &mut Io<'_>) {}
}

/// What a request was.
pub(crate) enum Asked {
    /// It is answered.
    Answered,
    /// Its bundle was read.
    Bundle,
    /// It must be offered again.
    Later,
    /// It cannot be read, and nothing behind it.
    Broken,
}

/// What a connection keeps from request to request.
pub(crate) struct Talk {
    pub bridge: Arc<Bridge>,
    pub bundle: Bundle,
    /// The session of the bundle that is waited for.
    session: Vec<u8>,
    /// Since when a log-in is held back, and whether it has been long enough.
    held_login: Option<Instant>,
    admits: bool,
    answer: Vec<u8>,
}

impl Talk {
    /// Sends what this writes.
    pub fn send(&mut self, io: &mut Io<'_>, write: impl FnOnce(&mut Vec<u8>)) {
        self.answer.clear();
        write(&mut self.answer);
        io.write(&self.answer);
    }

    /// Whether a log-in must wait.
    pub fn holds_log_in(&mut self, now: Instant) -> bool {
        if self.bridge.is_overloaded(now) && !std::mem::take(&mut self.admits) {
            self.held_login.get_or_insert(now);
            return true;
        }
        self.held_login = None;
        false
    }

    /// The session of the bundle that was read.
    pub fn set_session(&mut self, session: &[u8]) {
        self.session.clear();
        self.session.extend_from_slice(session);
    }

    pub fn session(&self) -> &[u8] {
        &self.session
    }
}

pub(crate) struct Connection<D> {
    dialect: D,
    talk: Talk,
    /// Bytes of a request that was answered before it was taken.
    skip: usize,
}

/// What handing a bundle on led to.
enum Step {
    /// It is answered.
    Answered,
    /// It is handed on, and the answer waits.
    Taken,
    /// It must be offered again.
    Held,
}

impl<D: Dialect> Connection<D> {
    pub(crate) fn new(bridge: Arc<Bridge>, dialect: D) -> Connection<D> {
        let bundle = Bundle::new(bridge.clone());
        let (session, answer) = (Vec::new(), Vec::new());
        let talk = Talk { bridge, bundle, session, held_login: None, admits: false, answer };
        Connection { dialect, talk, skip: 0 }
    }

    fn request(&mut self, message: &[u8], io: &mut Io<'_>) -> Option<Step> {
        match self.dialect.request(message, &mut self.talk, io) {
            Asked::Answered => Some(Step::Answered),
            Asked::Bundle => Some(self.start(message, io)),
            Asked::Later => Some(Step::Held),
            Asked::Broken => None,
        }
    }

    fn start(&mut self, message: &[u8], io: &mut Io<'_>) -> Step {
        let bundle = &mut self.talk.bundle;
        let unknown = bundle.is_unknown();
        bundle.start(message.len(), io.now());
        if unknown {
            bundle.done();
            Counters::add(&io.counters().unknown, 1);
            self.dialect.tell(Fate::Unknown, &mut self.talk, io);
            return Step::Answered;
        }
        self.go_on(message, io)
    }

    /// Hands the bundle on, or on from where it stopped.
    fn go_on(&mut self, message: &[u8], io: &mut Io<'_>) -> Step {
        if !self.talk.bundle.push(message, io) {
            return Step::Held;
        }
        if self.tell_if_done(io) { Step::Answered } else { Step::Taken }
    }

    fn tell_if_done(&mut self, io: &mut Io<'_>) -> bool {
        let fate = self.talk.bundle.done();
        if let Some(fate) = fate {
            self.dialect.tell(fate, &mut self.talk, io);
        }
        fate.is_some()
    }
}

impl<D: Dialect> Protocol for Connection<D> {
    fn read(&mut self, bytes: &[u8], io: &mut Io<'_>) -> Took {
        let mut taken = std::mem::take(&mut self.skip).min(bytes.len());
        loop {
            let rest = &bytes[taken..];
            let (len, step) = if self.talk.bundle.is_waiting() {
                let Some(len) = self.talk.bundle.request() else { return Took { bytes: taken, next: Next::Hold } };
                (len, Some(self.go_on(&rest[..len.min(rest.len())], io)))
            } else {
                match self.dialect.extent(rest, io.limits().message_bytes) {
                    Ok(Extent::Whole(len)) => {
                        // It is there: from here on the peer waits for us.
                        io.set_deadline(io.limits().idle);
                        (len, self.request(&rest[..len], io))
                    }
                    Ok(Extent::Partial(_)) => {
                        io.set_deadline(if rest.is_empty() { io.limits().idle } else { Some(io.limits().progress) });
                        return Took { bytes: taken, next: Next::Read };
                    }
                    Err(e) => {
                        self.dialect.lost(&e, &mut self.talk, io);
                        (0, None)
                    }
                }
            };
            match step {
                Some(Step::Answered) => taken += len,
                Some(Step::Taken) => return Took { bytes: taken + len, next: Next::Hold },
                Some(Step::Held) => return Took { bytes: taken, next: Next::Hold },
                None => {
                    Counters::add(&io.counters().malformed, 1);
                    return Took { bytes: bytes.len(), next: Next::Close };
                }
            }
        }
    }

    fn answer(&mut self, verdict: Verdict, io: &mut Io<'_>) -> Next {
        self.talk.bundle.judge(&verdict);
        if self.talk.bundle.request().is_none() {
            self.tell_if_done(io);
        }
        if self.talk.bundle.is_waiting() { Next::Hold } else { Next::Read }
    }

    fn held(&mut self, _: Duration, io: &mut Io<'_>) -> Next {
        let (now, talk) = (io.now(), &mut self.talk);
        if let Some(since) = talk.held_login {
            let long = now.saturating_duration_since(since) >= talk.bridge.options().answer_within;
            if !long && talk.bridge.is_overloaded(now) {
                return Next::Hold;
            }
            (talk.held_login, talk.admits) = (None, true);
            return Next::Read;
        }
        let request = talk.bundle.request().unwrap_or(0);
        if !talk.bundle.give_up_if_late(now) {
            return Next::Hold;
        }
        self.skip = request;
        self.dialect.tell(Fate::Late, &mut self.talk, io);
        Next::Read
    }

    /// A publisher that ends the connection while its bundle is waited for must not think that it was taken.
    fn ended(&mut self, _: &mut Io<'_>) -> Next {
        if D::RESETS && self.talk.bundle.is_waiting() { Next::Reset } else { Next::Close }
    }
}

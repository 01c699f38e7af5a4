//! A connection of the Binary protocol.

use std::sync::Arc;
use std::time::{Duration, Instant};

use riddhi_edge::{Counters, Io, Next, Protocol, Took, Verdict};
use riddhi_wire::databridge::binary::{ErrorClass, Request, error, extent, login_ok, ok};
use riddhi_wire::{Extent, WireError};

use crate::bridge::{Bridge, WRONG_CREDENTIALS, add, expired};
use crate::bundle::{Bundle, Done};

pub(crate) struct BinaryProtocol {
    bridge: Arc<Bridge>,
    bundle: Bundle,
    /// The session of the bundle that is waited for.
    session: Vec<u8>,
    /// Bytes of a request that was answered before it was taken.
    skip: usize,
    /// Since when a log-in is held back, and whether it has been long enough.
    held_login: Option<Instant>,
    admits: bool,
    answer: Vec<u8>,
}

/// What a request led to.
enum Step {
    /// It is answered.
    Answered,
    /// It is handed on, and the answer waits.
    Taken,
    /// It must be offered again.
    Held,
}

impl BinaryProtocol {
    pub(crate) fn new(bridge: Arc<Bridge>) -> BinaryProtocol {
        BinaryProtocol {
            bundle: Bundle::new(bridge.clone()),
            bridge,
            session: Vec::new(),
            skip: 0,
            held_login: None,
            admits: false,
            answer: Vec::new(),
        }
    }

    fn send(&mut self, io: &mut Io<'_>, write: impl FnOnce(&mut Vec<u8>)) -> Step {
        self.answer.clear();
        write(&mut self.answer);
        io.write(&self.answer);
        Step::Answered
    }

    fn refuse(&mut self, io: &mut Io<'_>, class: ErrorClass, message: &str) -> Step {
        self.send(io, |out| error(out, class, message))
    }

    fn request(&mut self, message: &[u8], io: &mut Io<'_>) -> Step {
        let now = io.now();
        match Request::parse(message) {
            Err(e) => self.unreadable(message, &e, io),
            Ok(Request::Login { user, password }) => {
                if self.bridge.is_overloaded(now) && !std::mem::take(&mut self.admits) {
                    self.held_login.get_or_insert(now);
                    return Step::Held;
                }
                self.held_login = None;
                match self.bridge.log_in(user, password, now) {
                    Some(session) => self.send(io, |out| login_ok(out, session.as_bytes())),
                    None => {
                        Counters::add(&io.counters().unauthorized, 1);
                        self.refuse(io, ErrorClass::Authentication, WRONG_CREDENTIALS)
                    }
                }
            }
            Ok(Request::Logout { session }) => match self.bridge.log_out(session, now) {
                true => self.send(io, ok),
                false => self.refuse(io, ErrorClass::SessionTimeout, &expired(session)),
            },
            Ok(Request::Publish(publish)) => {
                if !self.bridge.is_open(publish.session, now) {
                    return self.refuse(io, ErrorClass::SessionTimeout, &expired(publish.session));
                }
                if let Err(e) = self.bundle.read_binary(message, &publish) {
                    Counters::add(&io.counters().malformed, 1);
                    add(&self.bridge.counters.malformed_bundles, 1);
                    return self.refuse(io, ErrorClass::UndefinedEventType, &e.to_string());
                }
                self.session.clear();
                self.session.extend_from_slice(publish.session);
                self.start(message, io)
            }
        }
    }

    fn start(&mut self, message: &[u8], io: &mut Io<'_>) -> Step {
        let unknown = self.bundle.is_unknown();
        self.bundle.start(message.len(), io.now());
        if unknown {
            self.bundle.done();
            Counters::add(&io.counters().unknown, 1);
            return self.refuse(io, ErrorClass::UndefinedEventType, "no source takes the streams of the bundle");
        }
        self.go_on(message, io)
    }

    /// Hands the bundle on, or on from where it stopped.
    fn go_on(&mut self, message: &[u8], io: &mut Io<'_>) -> Step {
        if !self.bundle.push(message, io) {
            return Step::Held;
        }
        if self.answer_if_done(io) { Step::Answered } else { Step::Taken }
    }

    fn answer_if_done(&mut self, io: &mut Io<'_>) -> bool {
        match self.bundle.done() {
            None => return false,
            Some(Done::Accepted) => self.send(io, ok),
            Some(Done::Refused) => self.refuse(io, ErrorClass::UndefinedEventType, "events of the bundle were refused"),
        };
        true
    }

    /// A request whose parts do not fit: its end is known, so the connection goes on.
    fn unreadable(&mut self, message: &[u8], e: &WireError, io: &mut Io<'_>) -> Step {
        Counters::add(&io.counters().malformed, 1);
        let class = match message.first() {
            Some(0) => ErrorClass::Authentication,
            Some(1) => ErrorClass::SessionTimeout,
            _ => {
                add(&self.bridge.counters.malformed_bundles, 1);
                ErrorClass::UndefinedEventType
            }
        };
        self.refuse(io, class, &format!("the request cannot be read: {e}"))
    }
}

impl Protocol for BinaryProtocol {
    fn read(&mut self, bytes: &[u8], io: &mut Io<'_>) -> Took {
        let mut taken = std::mem::take(&mut self.skip).min(bytes.len());
        loop {
            let rest = &bytes[taken..];
            if self.bundle.is_waiting() {
                let Some(request) = self.bundle.request() else { return Took { bytes: taken, next: Next::Hold } };
                match self.go_on(&rest[..request.min(rest.len())], io) {
                    Step::Held => return Took { bytes: taken, next: Next::Hold },
                    Step::Taken => return Took { bytes: taken + request, next: Next::Hold },
                    Step::Answered => taken += request,
                }
                continue;
            }
            let len = match extent(rest, io.limits().message_bytes) {
                Ok(Extent::Whole(len)) => len,
                Ok(Extent::Partial(_)) => {
                    io.set_deadline(if rest.is_empty() { io.limits().idle } else { Some(io.limits().progress) });
                    return Took { bytes: taken, next: Next::Read };
                }
                Err(e) => {
                    // Where the next request begins is not known.
                    Counters::add(&io.counters().malformed, 1);
                    self.refuse(io, ErrorClass::UndefinedEventType, &e.to_string());
                    return Took { bytes: bytes.len(), next: Next::Close };
                }
            };
            match self.request(&rest[..len], io) {
                Step::Answered => taken += len,
                Step::Taken => return Took { bytes: taken + len, next: Next::Hold },
                Step::Held => return Took { bytes: taken, next: Next::Hold },
            }
        }
    }

    fn answer(&mut self, verdict: Verdict, io: &mut Io<'_>) -> Next {
        self.bundle.judge(&verdict);
        if self.bundle.request().is_none() {
            self.answer_if_done(io);
        }
        if self.bundle.is_waiting() { Next::Hold } else { Next::Read }
    }

    fn held(&mut self, _: Duration, io: &mut Io<'_>) -> Next {
        let now = io.now();
        if let Some(since) = self.held_login {
            let long = now.saturating_duration_since(since) >= self.bridge.options().answer_within;
            if !long && self.bridge.is_overloaded(now) {
                return Next::Hold;
            }
            self.held_login = None;
            self.admits = true;
            return Next::Read;
        }
        let request = self.bundle.request().unwrap_or(0);
        if !self.bundle.give_up_if_late(now) {
            return Next::Hold;
        }
        self.skip = request;
        let message = expired(&self.session);
        let class = if self.bridge.options().retry_errors { ErrorClass::Retry } else { ErrorClass::SessionTimeout };
        self.refuse(io, class, &message);
        Next::Read
    }

    /// A publisher that ends the connection while its bundle is waited for must not think that it was taken.
    fn ended(&mut self, _: &mut Io<'_>) -> Next {
        if self.bundle.is_waiting() { Next::Reset } else { Next::Close }
    }
}

//! A connection of the Thrift protocol.

use std::sync::Arc;
use std::time::{Duration, Instant};

use riddhi_edge::{Counters, Io, Next, Protocol, Took, Verdict};
use riddhi_wire::databridge::thrift::{
    Call, Exception, Header, Method, Scanner, Service, application_error, reply_bool, reply_exception, reply_text,
    reply_void,
};
use riddhi_wire::definition::StreamDefinition;
use riddhi_wire::{Extent, WireError};

use crate::bridge::{Bridge, WRONG_CREDENTIALS, add, expired};
use crate::bundle::{Bundle, Done};
use crate::streams::DefineError;

pub(crate) struct ThriftProtocol {
    bridge: Arc<Bridge>,
    service: Service,
    scanner: Scanner,
    bundle: Bundle,
    /// Session and number of the call whose bundle is waited for.
    session: Vec<u8>,
    sequence: i32,
    /// Bytes of a call that was answered before it was taken.
    skip: usize,
    /// Since when a log-in is held back, and whether it has been long enough.
    held_login: Option<Instant>,
    admits: bool,
    answer: Vec<u8>,
}

/// What a call led to.
enum Step {
    /// It is answered.
    Answered,
    /// It is handed on, and the answer waits.
    Taken,
    /// It must be offered again.
    Held,
}

/// What is said of a call.
enum Said {
    Void,
    Text(String),
    Bool(bool),
    Exception(Exception, String),
    /// It cannot be carried out as it is.
    Failed,
}

impl From<WireError> for Said {
    fn from(_: WireError) -> Said {
        Said::Failed
    }
}

impl ThriftProtocol {
    pub(crate) fn new(bridge: Arc<Bridge>, service: Service) -> ThriftProtocol {
        ThriftProtocol {
            bundle: Bundle::new(bridge.clone()),
            bridge,
            service,
            scanner: Scanner::default(),
            session: Vec::new(),
            sequence: 0,
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

    fn say(&mut self, to: &Header<'_>, said: Said, io: &mut Io<'_>) -> Step {
        self.send(io, |out| match said {
            Said::Void => reply_void(out, to),
            Said::Text(text) => reply_text(out, to, text.as_bytes()),
            Said::Bool(value) => reply_bool(out, to, value),
            Said::Exception(exception, message) => reply_exception(out, to, exception, &message),
            Said::Failed => application_error(out, to, true),
        })
    }

    fn call(&mut self, call: &Call<'_>, len: usize, io: &mut Io<'_>) -> Step {
        if !call.header.wants_reply() {
            Counters::add(&io.counters().malformed, 1);
            return Step::Answered;
        }
        let Some(method) = call.method.filter(|method| method.is_of(self.service)) else {
            return self.send(io, |out| application_error(out, &call.header, false));
        };
        if method == Method::Publish {
            return match self.read_bundle(call, io) {
                Ok(()) => self.start(call, len, io),
                Err(said) => self.say(&call.header, said, io),
            };
        }
        if method == Method::Connect {
            if self.bridge.is_overloaded(io.now()) && !std::mem::take(&mut self.admits) {
                self.held_login.get_or_insert(io.now());
                return Step::Held;
            }
            self.held_login = None;
        }
        let said = match method {
            Method::Connect => self.connect(call, io),
            Method::Disconnect => self.disconnect(call, io),
            _ => self.about_streams(method, call, io),
        };
        self.say(&call.header, said.unwrap_or_else(|said| said), io)
    }

    fn connect(&mut self, call: &Call<'_>, io: &mut Io<'_>) -> Result<Said, Said> {
        match self.bridge.log_in(call.text(1)?, call.text(2)?, io.now()) {
            Some(session) => Ok(Said::Text(session)),
            None => {
                Counters::add(&io.counters().unauthorized, 1);
                Err(Said::Exception(Exception::Authentication, WRONG_CREDENTIALS.to_owned()))
            }
        }
    }

    fn disconnect(&mut self, call: &Call<'_>, io: &mut Io<'_>) -> Result<Said, Said> {
        if self.bridge.log_out(call.text(1)?, io.now()) { Ok(Said::Void) } else { Err(Said::Failed) }
    }

    fn check_session(&self, session: &[u8], io: &Io<'_>) -> Result<(), Said> {
        if self.bridge.is_open(session, io.now()) {
            return Ok(());
        }
        Err(Said::Exception(Exception::SessionExpired, expired(session)))
    }

    fn about_streams(&mut self, method: Method, call: &Call<'_>, io: &mut Io<'_>) -> Result<Said, Said> {
        self.check_session(call.text(1)?, io)?;
        let streams = &self.bridge.streams;
        let name = call.text(2)?;
        let id = |version: &[u8]| [name, b":", version].concat();
        Ok(match method {
            Method::DefineStream => {
                let malformed = |e: riddhi_wire::definition::DefinitionError| {
                    Said::Exception(Exception::MalformedDefinition, e.to_string())
                };
                let definition = StreamDefinition::parse(&riddhi_wire::text(name)).map_err(malformed)?;
                match streams.define(definition) {
                    Ok(id) => Said::Text(id),
                    Err(e @ DefineError::Different(_)) => {
                        Said::Exception(Exception::DifferentDefinition, e.to_string())
                    }
                    Err(e @ DefineError::TooMany(_)) => Said::Exception(Exception::StreamDefinition, e.to_string()),
                }
            }
            Method::FindStreamId => {
                let version = call.text(3)?;
                match streams.find(&id(version)) {
                    Some(stream) => Said::Text(stream.definition.id()),
                    None => {
                        let (name, version) = (riddhi_wire::text(name), riddhi_wire::text(version));
                        let message = format!("Stream definition not exist for {name} {version}");
                        Said::Exception(Exception::NoStreamDefinition, message)
                    }
                }
            }
            Method::DeleteById if !name.contains(&b':') => Said::Failed,
            Method::DeleteById => Said::Bool(streams.delete(name)),
            _ => Said::Bool(streams.delete(&id(call.text(3)?))),
        })
    }

    fn read_bundle(&mut self, call: &Call<'_>, io: &mut Io<'_>) -> Result<(), Said> {
        let bundle = call.bundle.as_ref().ok_or(Said::Failed)?;
        let session = bundle.session.unwrap_or_default();
        self.check_session(session, io)?;
        if !bundle.has_texts {
            return Err(Said::Failed);
        }
        if let Err(e) = self.bundle.read_thrift(bundle) {
            Counters::add(&io.counters().malformed, 1);
            add(&self.bridge.counters.malformed_bundles, 1);
            return Err(Said::Exception(Exception::UndefinedEventType, e.to_string()));
        }
        self.session.clear();
        self.session.extend_from_slice(session);
        Ok(())
    }

    fn start(&mut self, call: &Call<'_>, len: usize, io: &mut Io<'_>) -> Step {
        self.sequence = call.header.sequence;
        let unknown = self.bundle.is_unknown();
        self.bundle.start(len, io.now());
        if unknown {
            self.bundle.done();
            Counters::add(&io.counters().unknown, 1);
            let message = "no source takes the streams of the bundle".to_owned();
            return self.say(&call.header, Said::Exception(Exception::UndefinedEventType, message), io);
        }
        self.go_on(io)
    }

    /// Hands the bundle on, or on from where it stopped.
    fn go_on(&mut self, io: &mut Io<'_>) -> Step {
        if !self.bundle.push(b"", io) {
            return Step::Held;
        }
        if self.answer_if_done(io) { Step::Answered } else { Step::Taken }
    }

    fn answer_if_done(&mut self, io: &mut Io<'_>) -> bool {
        let said = match self.bundle.done() {
            None => return false,
            Some(Done::Accepted) => Said::Void,
            Some(Done::Refused) => {
                Said::Exception(Exception::UndefinedEventType, "events of the bundle were refused".to_owned())
            }
        };
        self.say_of_publish(said, io);
        true
    }

    fn say_of_publish(&mut self, said: Said, io: &mut Io<'_>) {
        let header = Header::call(Method::Publish, self.sequence);
        self.say(&header, said, io);
    }
}

impl Protocol for ThriftProtocol {
    fn read(&mut self, bytes: &[u8], io: &mut Io<'_>) -> Took {
        let mut taken = std::mem::take(&mut self.skip).min(bytes.len());
        loop {
            let rest = &bytes[taken..];
            if self.bundle.is_waiting() {
                let Some(request) = self.bundle.request() else { return Took { bytes: taken, next: Next::Hold } };
                match self.go_on(io) {
                    Step::Held => return Took { bytes: taken, next: Next::Hold },
                    Step::Taken => return Took { bytes: taken + request, next: Next::Hold },
                    Step::Answered => taken += request,
                }
                continue;
            }
            let call = match self.scanner.scan(rest, io.limits().message_bytes) {
                Ok(Extent::Partial(_)) => {
                    io.set_deadline(if rest.is_empty() { io.limits().idle } else { Some(io.limits().progress) });
                    return Took { bytes: taken, next: Next::Read };
                }
                Ok(Extent::Whole(len)) => {
                    self.scanner.reset();
                    Call::parse(&rest[..len]).map(|call| (call, len))
                }
                Err(e) => Err(e),
            };
            let Ok((call, len)) = call else {
                // Publishers send the bundle again when a connection ends.
                Counters::add(&io.counters().malformed, 1);
                return Took { bytes: bytes.len(), next: Next::Close };
            };
            match self.call(&call, len, io) {
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
        let said = match self.bridge.options().retry_errors {
            true => Said::Failed,
            false => Said::Exception(Exception::SessionExpired, expired(&self.session)),
        };
        self.say_of_publish(said, io);
        Next::Read
    }
}

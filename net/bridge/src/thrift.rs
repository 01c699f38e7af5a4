//! What is said over the Thrift protocol.

use riddhi_edge::{Counters, Io};
use riddhi_wire::databridge::thrift::{
    Call, Exception, Header, Method, Scanner, Service, application_error, reply_bool, reply_exception, reply_text,
    reply_void,
};
use riddhi_wire::definition::{DefinitionError, StreamDefinition};
use riddhi_wire::{Extent, WireError};

use crate::bridge::{WRONG_CREDENTIALS, expired};
use crate::bundle::Fate;
use crate::connection::{Asked, Dialect, Talk};
use crate::streams::DefineError;

pub(crate) struct Thrift {
    service: Service,
    scanner: Scanner,
    /// Number of the call whose bundle is waited for.
    sequence: i32,
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

fn say(said: Said, to: &Header<'_>, talk: &mut Talk, io: &mut Io<'_>) {
    talk.send(io, |out| match said {
        Said::Void => reply_void(out, to),
        Said::Text(text) => reply_text(out, to, text.as_bytes()),
        Said::Bool(value) => reply_bool(out, to, value),
        Said::Exception(exception, message) => reply_exception(out, to, exception, &message),
        Said::Failed => application_error(out, to, true),
    });
}

impl Dialect for Thrift {
    const RESETS: bool = false;

    fn extent(&mut self, bytes: &[u8], bytes_max: usize) -> Result<Extent, WireError> {
        let extent = self.scanner.scan(bytes, bytes_max)?;
        if let Extent::Whole(_) = extent {
            self.scanner.reset();
        }
        Ok(extent)
    }

    fn request(&mut self, message: &[u8], talk: &mut Talk, io: &mut Io<'_>) -> Asked {
        // Publishers send the bundle again when a connection ends.
        let Ok(call) = Call::parse(message) else { return Asked::Broken };
        if !call.header.wants_reply() {
            Counters::add(&io.counters().malformed, 1);
            return Asked::Answered;
        }
        let Some(method) = call.method.filter(|method| method.is_of(self.service)) else {
            talk.send(io, |out| application_error(out, &call.header, false));
            return Asked::Answered;
        };
        let said = match method {
            Method::Publish => match read_bundle(&call, talk, io) {
                Ok(()) => {
                    self.sequence = call.header.sequence;
                    return Asked::Bundle;
                }
                Err(said) => Err(said),
            },
            Method::Connect if talk.holds_log_in(io.now()) => return Asked::Later,
            Method::Connect => connect(&call, talk, io),
            Method::Disconnect => disconnect(&call, talk, io),
            _ => about_streams(method, &call, talk, io),
        };
        say(said.unwrap_or_else(|said| said), &call.header, talk, io);
        Asked::Answered
    }

    fn tell(&mut self, fate: Fate, talk: &mut Talk, io: &mut Io<'_>) {
        let said = match fate {
            Fate::Accepted => Said::Void,
            Fate::Refused | Fate::Unknown => Said::Exception(Exception::UndefinedEventType, fate.why().to_owned()),
            Fate::Late if talk.bridge.options().retry_errors => Said::Failed,
            Fate::Late => Said::Exception(Exception::SessionExpired, expired(talk.session())),
        };
        say(said, &Header::call(Method::Publish, self.sequence), talk, io);
    }
}

impl Thrift {
    pub(crate) fn new(service: Service) -> Thrift {
        Thrift { service, scanner: Scanner::default(), sequence: 0 }
    }
}

fn connect(call: &Call<'_>, talk: &mut Talk, io: &mut Io<'_>) -> Result<Said, Said> {
    match talk.bridge.log_in(call.text(1)?, call.text(2)?, io.now()) {
        Some(session) => Ok(Said::Text(session)),
        None => {
            Counters::add(&io.counters().unauthorized, 1);
            Err(Said::Exception(Exception::Authentication, WRONG_CREDENTIALS.to_owned()))
        }
    }
}

fn disconnect(call: &Call<'_>, talk: &mut Talk, io: &mut Io<'_>) -> Result<Said, Said> {
    if talk.bridge.log_out(call.text(1)?, io.now()) { Ok(Said::Void) } else { Err(Said::Failed) }
}

fn check_session(session: &[u8], talk: &Talk, io: &Io<'_>) -> Result<(), Said> {
    if talk.bridge.is_open(session, io.now()) {
        return Ok(());
    }
    Err(Said::Exception(Exception::SessionExpired, expired(session)))
}

fn about_streams(method: Method, call: &Call<'_>, talk: &mut Talk, io: &mut Io<'_>) -> Result<Said, Said> {
    check_session(call.text(1)?, talk, io)?;
    let streams = &talk.bridge.streams;
    let name = call.text(2)?;
    let id = |version: &[u8]| [name, b":", version].concat();
    Ok(match method {
        Method::DefineStream => {
            let malformed = |e: DefinitionError| Said::Exception(Exception::MalformedDefinition, e.to_string());
            let definition = StreamDefinition::parse(&riddhi_wire::text(name)).map_err(malformed)?;
            match streams.define(definition) {
                Ok(id) => Said::Text(id),
                Err(e @ DefineError::Different(_)) => Said::Exception(Exception::DifferentDefinition, e.to_string()),
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

fn read_bundle(call: &Call<'_>, talk: &mut Talk, io: &mut Io<'_>) -> Result<(), Said> {
    let bundle = call.bundle.as_ref().ok_or(Said::Failed)?;
    let session = bundle.session.unwrap_or_default();
    check_session(session, talk, io)?;
    if !bundle.has_texts {
        return Err(Said::Failed);
    }
    if let Err(e) = talk.bundle.read_thrift(bundle) {
        Counters::add(&io.counters().malformed, 1);
        return Err(Said::Exception(Exception::UndefinedEventType, e.to_string()));
    }
    talk.set_session(session);
    Ok(())
}

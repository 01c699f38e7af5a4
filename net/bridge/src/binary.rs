//! What is said over the Binary protocol.

use riddhi_edge::{Counters, Io};
use riddhi_wire::databridge::binary::{ErrorClass, Publish, Request, error, extent, login_ok, ok};
use riddhi_wire::{Extent, WireError};

use crate::bridge::{WRONG_CREDENTIALS, expired};
use crate::bundle::Fate;
use crate::connection::{Asked, Dialect, Talk};

pub(crate) struct Binary;

fn refuse(talk: &mut Talk, io: &mut Io<'_>, class: ErrorClass, message: &str) -> Asked {
    talk.send(io, |out| error(out, class, message));
    Asked::Answered
}

impl Dialect for Binary {
    const RESETS: bool = true;

    fn extent(&mut self, bytes: &[u8], bytes_max: usize) -> Result<Extent, WireError> {
        extent(bytes, bytes_max)
    }

    fn request(&mut self, message: &[u8], talk: &mut Talk, io: &mut Io<'_>) -> Asked {
        let now = io.now();
        match Request::parse(message) {
            Err(e) => unreadable(message, &e, talk, io),
            Ok(Request::Login { .. }) if talk.holds_log_in(now) => Asked::Later,
            Ok(Request::Login { user, password }) => match talk.bridge.log_in(user, password, now) {
                Some(session) => {
                    talk.send(io, |out| login_ok(out, session.as_bytes()));
                    Asked::Answered
                }
                None => {
                    Counters::add(&io.counters().unauthorized, 1);
                    refuse(talk, io, ErrorClass::Authentication, WRONG_CREDENTIALS)
                }
            },
            Ok(Request::Logout { session }) if talk.bridge.log_out(session, now) => {
                talk.send(io, ok);
                Asked::Answered
            }
            Ok(Request::Logout { session }) => refuse(talk, io, ErrorClass::SessionTimeout, &expired(session)),
            Ok(Request::Publish(publish)) => publication(message, &publish, talk, io),
        }
    }

    fn tell(&mut self, fate: Fate, talk: &mut Talk, io: &mut Io<'_>) {
        match fate {
            Fate::Accepted => talk.send(io, ok),
            Fate::Refused | Fate::Unknown => {
                refuse(talk, io, ErrorClass::UndefinedEventType, fate.why());
            }
            Fate::Late => {
                let retry = talk.bridge.options().retry_errors;
                let class = if retry { ErrorClass::Retry } else { ErrorClass::SessionTimeout };
                let message = expired(talk.session());
                refuse(talk, io, class, &message);
            }
        }
    }

    fn lost(&mut self, error: &WireError, talk: &mut Talk, io: &mut Io<'_>) {
        refuse(talk, io, ErrorClass::UndefinedEventType, &error.to_string());
    }
}

fn publication(message: &[u8], publish: &Publish<'_>, talk: &mut Talk, io: &mut Io<'_>) -> Asked {
    if !talk.bridge.is_open(publish.session, io.now()) {
        return refuse(talk, io, ErrorClass::SessionTimeout, &expired(publish.session));
    }
    if let Err(e) = talk.bundle.read_binary(message, publish) {
        Counters::add(&io.counters().malformed, 1);
        return refuse(talk, io, ErrorClass::UndefinedEventType, &e.to_string());
    }
    talk.set_session(publish.session);
    Asked::Bundle
}

/// A request whose parts do not fit: its end is known, so the connection goes on.
fn unreadable(message: &[u8], e: &WireError, talk: &mut Talk, io: &mut Io<'_>) -> Asked {
    Counters::add(&io.counters().malformed, 1);
    let class = match message.first() {
        Some(0) => ErrorClass::Authentication,
        Some(1) => ErrorClass::SessionTimeout,
        _ => ErrorClass::UndefinedEventType,
    };
    refuse(talk, io, class, &format!("the request cannot be read: {e}"))
}

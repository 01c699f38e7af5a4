//! What a receiver answers: done, a session, or an error by the name of a Java class.

use crate::cursor::{Cursor, i32_at};
use crate::value::put;
use crate::{Extent, WireError};

const OK: u8 = 0;
const ERROR: u8 = 1;
const LOGIN_OK: u8 = 2;

/// Errors that publishers understand. They load the class by its name, so there are no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// User or password is wrong.
    Authentication,
    /// The session is not known: the publisher logs in again and sends the bundle once more.
    SessionTimeout,
    /// The publisher drops the bundle.
    UndefinedEventType,
    /// The publisher keeps the bundle and tries later. Agents 6.1.x leak a permit each time and end up sending nothing.
    Retry,
}

impl ErrorClass {
    /// All classes, with their Java names.
    pub const NAMES: [(ErrorClass, &'static str); 4] = [
        (ErrorClass::Authentication, "org.wso2.carbon.databridge.commons.exception.AuthenticationException"),
        (ErrorClass::SessionTimeout, "org.wso2.carbon.databridge.commons.exception.SessionTimeoutException"),
        (ErrorClass::UndefinedEventType, "org.wso2.carbon.databridge.commons.exception.UndefinedEventTypeException"),
        (ErrorClass::Retry, "org.wso2.carbon.databridge.agent.exception.DataEndpointException"),
    ];

    /// The Java name.
    pub fn name(self) -> &'static str {
        ErrorClass::NAMES.iter().find(|(class, _)| *class == self).map_or("", |(_, name)| name)
    }

    /// The class of a Java name.
    pub fn of_name(name: &[u8]) -> Option<ErrorClass> {
        ErrorClass::NAMES.iter().find(|(_, known)| known.as_bytes() == name).map(|(class, _)| *class)
    }
}

/// Appends that a publish or log-out is done.
pub fn ok(out: &mut Vec<u8>) {
    out.push(OK);
}

/// Appends the session of a log-in.
pub fn login_ok(out: &mut Vec<u8>, session: &[u8]) {
    out.push(LOGIN_OK);
    put::counted(out, session);
}

/// Appends an error. Characters of the message that are not ASCII are written as `?`: clients count them wrongly.
pub fn error(out: &mut Vec<u8>, class: ErrorClass, message: &str) {
    let name = class.name();
    out.push(ERROR);
    let lengths = out.len();
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(name.as_bytes());
    let begin = out.len();
    out.extend(message.chars().map(|c| if c.is_ascii() { c as u8 } else { b'?' }));
    let message = out.len() - begin;
    put::int_at(out, lengths, name.len());
    put::int_at(out, lengths + 4, message);
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response<'a> {
    /// Done.
    Ok,
    /// The session of a log-in.
    LoginOk(&'a [u8]),
    /// Not done.
    Error {
        /// The Java name of the class.
        class: &'a [u8],
        /// What it says.
        message: &'a [u8],
    },
}

impl<'a> Response<'a> {
    /// Reads a whole answer, as [`response_extent`] found it.
    ///
    /// # Errors
    ///
    /// An unknown first byte, and lengths that do not fit.
    pub fn parse(message: &'a [u8]) -> Result<Response<'a>, WireError> {
        let mut from = Cursor::new(message);
        match from.u8("an answer")? {
            OK => Ok(Response::Ok),
            LOGIN_OK => Ok(Response::LoginOk(from.counted("a session")?)),
            ERROR => {
                let (class, message) = (from.count(1, "a class name")?, from.count(1, "a message")?);
                let class = from.take(class, "a class name")?;
                Ok(Response::Error { class, message: from.take(message, "a message")? })
            }
            code => Err(WireError::Code { what: "answer", code: code.into() }),
        }
    }
}

/// Where the answer ends that the buffer begins with; it must not have more than `bytes_max` bytes.
///
/// # Errors
///
/// An unknown first byte, lengths below zero, and an answer that is too long.
pub fn response_extent(buffer: &[u8], bytes_max: usize) -> Result<Extent, WireError> {
    let Some(first) = buffer.first() else { return Ok(Extent::Partial(1)) };
    let lengths = match *first {
        OK => return Ok(Extent::Whole(1)),
        LOGIN_OK => 1,
        ERROR => 2,
        code => return Err(WireError::Code { what: "answer", code: code.into() }),
    };
    let mut whole = 1 + 4 * lengths;
    if buffer.len() < whole {
        return Ok(Extent::Partial(whole));
    }
    for i in 0..lengths {
        let len = i32_at(buffer, 1 + 4 * i).unwrap_or(0);
        let len =
            usize::try_from(len).map_err(|_| WireError::Length { what: "a part of an answer", value: len.into() })?;
        whole += len;
    }
    if whole > bytes_max {
        return Err(WireError::TooLong { bytes: whole as u64, bytes_max });
    }
    Ok(if buffer.len() < whole { Extent::Partial(whole) } else { Extent::Whole(whole) })
}

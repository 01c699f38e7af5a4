//! Replies: a value, nothing, a declared exception, or that the call itself failed.

use super::call::{Header, Method, put_header};
use super::fields::{Fields, put_field, put_text};
use super::{code, kind};
use crate::WireError;
use crate::cursor::Cursor;
use crate::value::put;

/// Codes of application errors.
mod failure {
    pub(super) const UNKNOWN_METHOD: i32 = 1;
    pub(super) const INTERNAL: i32 = 6;
}

/// Exceptions that methods declare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exception {
    /// User or password is wrong.
    Authentication,
    /// The session is not known: the publisher logs in again and sends the bundle once more.
    SessionExpired,
    /// The publisher drops the bundle.
    UndefinedEventType,
    /// The stream is defined otherwise.
    DifferentDefinition,
    /// The definition cannot be read.
    MalformedDefinition,
    /// The definition cannot be taken.
    StreamDefinition,
    /// There is no such stream.
    NoStreamDefinition,
}

impl Exception {
    /// What each method declares, by field of its result.
    const DECLARED: [(Method, i16, Exception); 11] = [
        (Method::Connect, 1, Exception::Authentication),
        (Method::DefineStream, 1, Exception::DifferentDefinition),
        (Method::DefineStream, 2, Exception::MalformedDefinition),
        (Method::DefineStream, 3, Exception::StreamDefinition),
        (Method::DefineStream, 4, Exception::SessionExpired),
        (Method::FindStreamId, 1, Exception::NoStreamDefinition),
        (Method::FindStreamId, 2, Exception::SessionExpired),
        (Method::Publish, 1, Exception::UndefinedEventType),
        (Method::Publish, 2, Exception::SessionExpired),
        (Method::DeleteById, 1, Exception::SessionExpired),
        (Method::DeleteByNameVersion, 1, Exception::SessionExpired),
    ];

    fn field(self, method: Method) -> Option<i16> {
        Exception::DECLARED.iter().find(|d| d.0 == method && d.2 == self).map(|d| d.1)
    }

    fn of_field(method: Method, id: i16) -> Option<Exception> {
        Exception::DECLARED.iter().find(|d| d.0 == method && d.1 == id).map(|d| d.2)
    }
}

/// Appends a reply that has a text.
pub fn reply_text(out: &mut Vec<u8>, to: &Header<'_>, text: &[u8]) {
    put_header(out, kind::REPLY, to.name, to.sequence);
    put_text(out, 0, text);
    out.push(code::STOP);
}

/// Appends a reply that is yes or no.
pub fn reply_bool(out: &mut Vec<u8>, to: &Header<'_>, value: bool) {
    put_header(out, kind::REPLY, to.name, to.sequence);
    put_field(out, code::BOOL, 0);
    out.extend_from_slice(&[u8::from(value), code::STOP]);
}

/// Appends a reply that only says that it is done.
pub fn reply_void(out: &mut Vec<u8>, to: &Header<'_>) {
    put_header(out, kind::REPLY, to.name, to.sequence);
    out.push(code::STOP);
}

/// Appends an exception. One that the method does not declare becomes an internal error.
pub fn reply_exception(out: &mut Vec<u8>, to: &Header<'_>, exception: Exception, message: &str) {
    let method = Method::of_name(to.name.as_bytes());
    let Some(id) = method.and_then(|method| exception.field(method)) else { return application_error(out, to, true) };
    put_header(out, kind::REPLY, to.name, to.sequence);
    put_field(out, code::STRUCT, id);
    put_text(out, 1, message.as_bytes());
    out.extend_from_slice(&[code::STOP, code::STOP]);
}

/// Appends that the call itself failed: the service has no such method or, if it `exists`, it could not be carried out.
pub fn application_error(out: &mut Vec<u8>, to: &Header<'_>, exists: bool) {
    let (failure, message) = if exists {
        (failure::INTERNAL, format!("Internal error processing {}", to.name))
    } else {
        (failure::UNKNOWN_METHOD, format!("Invalid method name: '{}'", to.name))
    };
    put_header(out, kind::EXCEPTION, to.name, to.sequence);
    put_text(out, 1, message.as_bytes());
    put_field(out, code::I32, 2);
    put::int(out, failure);
    out.push(code::STOP);
}

/// A reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// Which call it answers.
    pub header: Header<'a>,
    /// What came of it.
    pub outcome: Outcome<'a>,
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// It is done.
    Void,
    /// A text.
    Text(&'a [u8]),
    /// Yes or no.
    Bool(bool),
    /// An exception that the method declares.
    Exception(Exception, &'a [u8]),
    /// The call itself failed: a code of Thrift's, and a message.
    Failed(i32, &'a [u8]),
}

impl<'a> Reply<'a> {
    /// Reads a whole reply, as a [`Scanner`](super::Scanner) found it.
    ///
    /// # Errors
    ///
    /// Bytes that are no reply of the protocol.
    pub fn parse(message: &'a [u8]) -> Result<Reply<'a>, WireError> {
        let mut from = Cursor::new(message);
        let header = Header::parse(&mut from)?;
        let outcome = match header.kind {
            kind::REPLY => result(&mut from, &header)?,
            kind::EXCEPTION => failed(&mut from)?,
            code => return Err(WireError::Code { what: "reply of kind", code: code.into() }),
        };
        Ok(Reply { header, outcome })
    }
}

fn result<'a>(from: &mut Cursor<'a>, header: &Header<'a>) -> Result<Outcome<'a>, WireError> {
    let method = Method::of_name(header.name.as_bytes());
    let mut outcome = Outcome::Void;
    let mut fields = Fields::new(from, 0);
    while let Some((ty, id)) = fields.next()? {
        let exception = method.and_then(|method| Exception::of_field(method, id));
        match (ty, id, exception) {
            (code::STRING, 0, _) => outcome = Outcome::Text(fields.text()?),
            (code::BOOL, 0, _) => outcome = Outcome::Bool(fields.from.u8("a BOOL")? == 1),
            (code::STRUCT, _, Some(exception)) => {
                let (mut inner, mut message) = (Fields::new(fields.from, 1), &b""[..]);
                while let Some((ty, id)) = inner.next()? {
                    if (ty, id) == (code::STRING, 1) { message = inner.text()? } else { inner.skip(ty)? }
                }
                outcome = Outcome::Exception(exception, message);
            }
            _ => fields.skip(ty)?,
        }
    }
    Ok(outcome)
}

fn failed<'a>(from: &mut Cursor<'a>) -> Result<Outcome<'a>, WireError> {
    let (mut number, mut message) = (0, &b""[..]);
    let mut fields = Fields::new(from, 0);
    while let Some((ty, id)) = fields.next()? {
        match (ty, id) {
            (code::STRING, 1) => message = fields.text()?,
            (code::I32, 2) => number = fields.from.i32("a code")?,
            _ => fields.skip(ty)?,
        }
    }
    Ok(Outcome::Failed(number, message))
}

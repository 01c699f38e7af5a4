//! Calls: which method, and its arguments.

use super::bundle::Bundle;
use super::fields::{Fields, put_text};
use super::scan::{check_kind, check_version};
use super::{NAME_BYTES_MAX, VERSION, code, is_name, kind};
use crate::WireError;
use crate::cursor::Cursor;
use crate::value::put;

/// Which service a port offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// `ThriftSecureEventTransmissionService`, on the TLS port: all methods.
    Secure,
    /// `ThriftEventTransmissionService`, on the plain port: all but log-in and log-out.
    Plain,
}

/// A method of the services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `connect`: logs in.
    Connect,
    /// `disconnect`: logs out.
    Disconnect,
    /// `defineStream`.
    DefineStream,
    /// `findStreamId`.
    FindStreamId,
    /// `publish`.
    Publish,
    /// `deleteStreamById`.
    DeleteById,
    /// `deleteStreamByNameVersion`.
    DeleteByNameVersion,
}

impl Method {
    /// All methods, with their names.
    pub const NAMES: [(Method, &'static str); 7] = [
        (Method::Connect, "connect"),
        (Method::Disconnect, "disconnect"),
        (Method::DefineStream, "defineStream"),
        (Method::FindStreamId, "findStreamId"),
        (Method::Publish, "publish"),
        (Method::DeleteById, "deleteStreamById"),
        (Method::DeleteByNameVersion, "deleteStreamByNameVersion"),
    ];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        Method::NAMES.iter().find(|(method, _)| *method == self).map_or("", |(_, name)| name)
    }

    /// The method of a name.
    pub fn of_name(name: &[u8]) -> Option<Method> {
        Method::NAMES.iter().find(|(_, known)| known.as_bytes() == name).map(|(method, _)| *method)
    }

    /// Whether a service has it.
    pub fn is_of(self, service: Service) -> bool {
        service == Service::Secure || !matches!(self, Method::Connect | Method::Disconnect)
    }
}

/// What a message begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// The method's name, as the caller wrote it; ASCII letters, digits, `_`, `.`, `:` and `-`.
    pub name: &'a str,
    /// Comes back in the reply.
    pub sequence: i32,
    pub(super) kind: u8,
}

impl<'a> Header<'a> {
    /// The header of a call, to reply to it when its bytes are gone.
    pub fn call(method: Method, sequence: i32) -> Header<'static> {
        Header { name: method.name(), sequence, kind: kind::CALL }
    }

    pub(super) fn parse(from: &mut Cursor<'a>) -> Result<Header<'a>, WireError> {
        let first = Cursor::new(from.rest()).i32("the first word")?;
        let old = first >= 0;
        let mut found = kind::CALL;
        if !old {
            found = check_version(from.i32("the version")?)?;
        }
        let name = from.counted("a method's name")?;
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !is_name(name) {
            return Err(WireError::Length { what: "a method's name", value: name.len() as i64 });
        }
        if old {
            found = check_kind(from.u8("the kind of message")?)?;
        }
        let name = std::str::from_utf8(name).map_err(|_| WireError::Missing("a method's name"))?;
        Ok(Header { name, sequence: from.i32("the sequence number")?, kind: found })
    }

    /// Whether the caller waits for an answer. Methods that say otherwise do not exist in the services.
    pub fn wants_reply(&self) -> bool {
        self.kind == kind::CALL
    }
}

/// Appends the header of a message.
pub(super) fn put_header(out: &mut Vec<u8>, kind: u8, name: &str, sequence: i32) {
    put::int(out, (VERSION | u32::from(kind)) as i32);
    put::counted(out, name.as_bytes());
    put::int(out, sequence);
}

/// A call. What must be there for a method to work is not checked here: a caller may leave anything out.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Which method, by name, and the number of the call.
    pub header: Header<'a>,
    /// The method; none if the services have no such one.
    pub method: Option<Method>,
    /// The texts it has, by number.
    texts: [Option<&'a [u8]>; 3],
    /// The bundle of a publish.
    pub bundle: Option<Bundle<'a>>,
}

impl<'a> Call<'a> {
    /// Reads a whole call, as a [`Scanner`](super::Scanner) found it.
    ///
    /// # Errors
    ///
    /// Bytes that are no call of the protocol. A method that does not exist is none; its arguments are passed over.
    pub fn parse(message: &'a [u8]) -> Result<Call<'a>, WireError> {
        let mut from = Cursor::new(message);
        let header = Header::parse(&mut from)?;
        if !matches!(header.kind, kind::CALL | kind::ONE_WAY) {
            return Err(WireError::Code { what: "call of kind", code: header.kind.into() });
        }
        let method = Method::of_name(header.name.as_bytes());
        let mut call = Call { header, method, texts: [None; 3], bundle: None };
        let mut fields = Fields::new(&mut from, 0);
        while let Some((ty, id)) = fields.next()? {
            match (ty, id) {
                (code::STRUCT, 1) if method == Some(Method::Publish) => {
                    call.bundle = Some(Bundle::parse(fields.from)?);
                }
                (code::STRING, 1..=3) => call.texts[id as usize - 1] = Some(fields.text()?),
                _ => fields.skip(ty)?,
            }
        }
        Ok(call)
    }

    /// An argument that is a text, by its number from 1.
    ///
    /// # Errors
    ///
    /// It is not there.
    pub fn text(&self, id: usize) -> Result<&'a [u8], WireError> {
        let text = id.checked_sub(1).and_then(|i| self.texts.get(i).copied().flatten());
        text.ok_or(WireError::Missing("an argument"))
    }
}

/// The arguments of a call that is written.
#[derive(Clone, Copy, Debug)]
pub enum Arguments<'a> {
    /// Texts, numbered from 1.
    Texts(&'a [&'a [u8]]),
    /// Of a publish: the bundle's bytes, as a [`BundleWriter`](super::BundleWriter) gives them.
    Bundle(&'a [u8]),
}

/// Appends a call.
pub fn write_call(out: &mut Vec<u8>, method: Method, sequence: i32, arguments: Arguments<'_>) {
    put_header(out, kind::CALL, method.name(), sequence);
    match arguments {
        Arguments::Texts(texts) => (1..).zip(texts).for_each(|(id, text)| put_text(out, id, text)),
        Arguments::Bundle(bytes) => {
            super::fields::put_field(out, code::STRUCT, 1);
            out.extend_from_slice(bytes);
        }
    }
    out.push(code::STOP);
}

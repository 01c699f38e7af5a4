//! What a publisher asks: log in, log out, take these events.

use super::{HEADER_BYTES, LOGIN, LOGOUT, PUBLISH};
use crate::cursor::Cursor;
use crate::value::put;
use crate::{RowValues, Value, WireError};

/// Bytes of an event at least: its size, the time, and the length of a name that has at least one byte.
const EVENT_BYTES_MIN: usize = 4 + 8 + 4 + 1;

/// A request. Bytes behind its last part are ignored, as WSO2's receiver does.
#[derive(Clone, Copy, Debug)]
pub enum Request<'a> {
    /// Asks for a session.
    Login {
        /// The user's name.
        user: &'a [u8],
        /// The password.
        password: &'a [u8],
    },
    /// Ends a session.
    Logout {
        /// The session.
        session: &'a [u8],
    },
    /// Hands events over.
    Publish(Publish<'a>),
}

impl<'a> Request<'a> {
    /// Reads a whole request, as [`extent`](super::extent) found it.
    ///
    /// # Errors
    ///
    /// Lengths that do not fit in it, and a count of events that cannot be true. Events are not looked into.
    pub fn parse(message: &'a [u8]) -> Result<Request<'a>, WireError> {
        let mut from = Cursor::new(message);
        let ty = from.u8("the type")?;
        let body = from.counted("the body")?;
        let mut from = Cursor::new(body);
        match ty {
            LOGIN => {
                let (user, password) = (from.count(1, "a user's name")?, from.count(1, "a password")?);
                let user = from.take(user, "a user's name")?;
                Ok(Request::Login { user, password: from.take(password, "a password")? })
            }
            LOGOUT => Ok(Request::Logout { session: from.counted("a session")? }),
            PUBLISH => {
                let session = from.counted("a session")?;
                let count = from.count(EVENT_BYTES_MIN, "a list of events")?;
                Ok(Request::Publish(Publish { session, count, events: from.rest() }))
            }
            _ => Err(WireError::Code { what: "message type", code: i64::from(ty) }),
        }
    }
}

/// A bundle of events.
#[derive(Clone, Copy, Debug)]
pub struct Publish<'a> {
    /// The session.
    pub session: &'a [u8],
    count: usize,
    events: &'a [u8],
}

impl<'a> Publish<'a> {
    /// Events it says it has.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The events, in order.
    pub fn events(&self) -> Events<'a> {
        Events { left: self.count, cursor: Cursor::new(self.events) }
    }
}

/// The events of a bundle. After an error there is none: where the next one begins is not known.
#[derive(Clone, Debug)]
pub struct Events<'a> {
    left: usize,
    cursor: Cursor<'a>,
}

impl<'a> Events<'a> {
    /// What stands behind the events counted: nothing, unless the sender counted wrong.
    pub fn rest(&self) -> &'a [u8] {
        self.cursor.rest()
    }
}

impl<'a> Iterator for Events<'a> {
    type Item = Result<Event<'a>, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Result<Event<'a>, WireError>> {
        self.left = self.left.checked_sub(1)?;
        let event = self.cursor.counted("an event").and_then(Event::parse);
        if event.is_err() {
            self.left = 0;
        }
        Some(event)
    }
}

/// An event.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// Milliseconds since 1970, as the sender says.
    pub timestamp: i64,
    /// `name:version`.
    pub stream: &'a [u8],
    body: &'a [u8],
}

impl<'a> Event<'a> {
    #[inline]
    fn parse(bytes: &'a [u8]) -> Result<Event<'a>, WireError> {
        let mut from = Cursor::new(bytes);
        let timestamp = from.i64("a timestamp")?;
        let stream = from.counted("a stream's name")?;
        Ok(Event { timestamp, stream, body: from.rest() })
    }

    /// Its values: meta, correlation, payload, as the stream's definition has them.
    pub fn values(&self) -> RowValues<'a> {
        RowValues::new(self.body)
    }
}

/// The arbitrary pairs of an event: what its values leave, to the end. After an error there is none.
#[derive(Clone, Debug)]
pub struct Arbitrary<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Arbitrary<'a> {
    /// The pairs behind values that have all been read.
    pub fn behind(values: RowValues<'a>) -> Arbitrary<'a> {
        Arbitrary { cursor: values.cursor }
    }
}

impl<'a> Iterator for Arbitrary<'a> {
    type Item = Result<(&'a [u8], &'a [u8]), WireError>;

    fn next(&mut self) -> Option<Result<(&'a [u8], &'a [u8]), WireError>> {
        if self.cursor.len() == 0 {
            return None;
        }
        let pair = self.cursor.pair();
        if pair.is_err() {
            self.cursor = Cursor::new(b"");
        }
        Some(pair)
    }
}

/// Appends a request for a session.
pub fn login(out: &mut Vec<u8>, user: &[u8], password: &[u8]) {
    let start = begin(out, LOGIN);
    let lengths = out.len();
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(user);
    out.extend_from_slice(password);
    put::int_at(out, lengths, user.len());
    put::int_at(out, lengths + 4, password.len());
    end(out, start);
}

/// Appends the end of a session.
pub fn logout(out: &mut Vec<u8>, session: &[u8]) {
    let start = begin(out, LOGOUT);
    put::counted(out, session);
    end(out, start);
}

/// Appends a bundle of events, event by event.
#[derive(Debug)]
pub struct PublishWriter<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    count_at: usize,
    count: usize,
    /// Where the event's size belongs that is being written.
    event_at: Option<usize>,
}

impl<'o> PublishWriter<'o> {
    /// A bundle without events yet.
    pub fn new(out: &'o mut Vec<u8>, session: &[u8]) -> PublishWriter<'o> {
        let start = begin(out, PUBLISH);
        put::counted(out, session);
        let count_at = out.len();
        put::int(out, 0);
        PublishWriter { out, start, count_at, count: 0, event_at: None }
    }

    /// Begins an event; its values, in the order of the definition, and then its pairs must follow.
    pub fn event(&mut self, stream: &[u8], timestamp: i64) {
        self.end_event();
        self.event_at = Some(begin_event(self.out, stream, timestamp));
        self.count += 1;
    }

    /// A value of the event.
    #[inline]
    pub fn value(&mut self, value: Value<'_>) {
        put::value(self.out, value);
    }

    /// An arbitrary pair of the event.
    pub fn pair(&mut self, key: &[u8], value: &[u8]) {
        put::pair(self.out, key, value);
    }

    /// Ends the bundle.
    pub fn finish(mut self) {
        self.end_event();
        put::int_at(self.out, self.count_at, self.count);
        end(self.out, self.start);
    }

    fn end_event(&mut self) {
        if let Some(at) = self.event_at.take() {
            end_event(self.out, at);
        }
    }
}

/// Appends a bundle of so many events, whose bytes [`write_event`] gave.
pub fn publish(out: &mut Vec<u8>, session: &[u8], count: usize, events: &[u8]) {
    let start = begin(out, PUBLISH);
    put::counted(out, session);
    put::int(out, i32::try_from(count).unwrap_or(i32::MAX));
    out.extend_from_slice(events);
    end(out, start);
}

/// Appends an event by itself: `values` appends its values, in the order of the definition, and then its pairs.
pub fn write_event(out: &mut Vec<u8>, stream: &[u8], timestamp: i64, values: impl FnOnce(&mut Vec<u8>)) {
    let at = begin_event(out, stream, timestamp);
    values(out);
    end_event(out, at);
}

/// Appends what an event begins with; gives where its size belongs.
pub(in crate::databridge) fn begin_event(out: &mut Vec<u8>, stream: &[u8], timestamp: i64) -> usize {
    let at = out.len();
    put::int(out, 0);
    put::long(out, timestamp);
    put::counted(out, stream);
    at
}

/// Ends the event whose size belongs at this place.
pub(in crate::databridge) fn end_event(out: &mut [u8], at: usize) {
    let size = out.len() - at - 4;
    put::int_at(out, at, size);
}

fn begin(out: &mut Vec<u8>, ty: u8) -> usize {
    let start = out.len();
    out.push(ty);
    put::int(out, 0);
    start
}

fn end(out: &mut [u8], start: usize) {
    let body = out.len() - start - HEADER_BYTES;
    put::int_at(out, start + 1, body);
}

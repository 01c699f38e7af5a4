//! Events of one stream on their way from a receiver to whoever maps them.
//!
//! Both protocols are brought into one form here: of Binary the bytes of the events as they came, of Thrift the same with its
//! columns turned into rows. The two differ in what an empty text means, which one byte tells.

use super::binary::{begin_event, end_event};
use crate::cursor::Cursor;
use crate::value::put;
use crate::{RowValues, Value, Values, WireError};

/// What says that a text is null where an empty one is a text.
const NULL_LENGTH: i32 = -1;

/// How a run writes texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// As Binary does: an empty text is null.
    EmptyIsNull,
    /// Null has a length of -1.
    Exact,
}

impl Texts {
    /// The byte that tells it.
    pub fn head(self) -> [u8; 1] {
        [u8::from(self == Texts::Exact)]
    }

    /// What a byte tells.
    ///
    /// # Errors
    ///
    /// No such byte, or more than one.
    pub fn of_head(head: &[u8]) -> Result<Texts, WireError> {
        match head {
            [0] => Ok(Texts::EmptyIsNull),
            [1] => Ok(Texts::Exact),
            [code, ..] => Err(WireError::Code { what: "form of events", code: i64::from(*code) }),
            [] => Err(WireError::Missing("the form of events")),
        }
    }
}

/// Events one after another. After an error there is none.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    cursor: Cursor<'a>,
    texts: Texts,
}

impl<'a> Run<'a> {
    /// The events in these bytes.
    pub fn new(texts: Texts, bytes: &'a [u8]) -> Run<'a> {
        Run { cursor: Cursor::new(bytes), texts }
    }

    #[inline]
    fn event(&mut self) -> Result<RunEvent<'a>, WireError> {
        let mut from = Cursor::new(self.cursor.counted("an event")?);
        let timestamp = from.i64("a timestamp")?;
        from.counted("a stream's name")?;
        Ok(RunEvent { timestamp, values: RunValues { values: RowValues { cursor: from }, texts: self.texts } })
    }
}

impl<'a> Iterator for Run<'a> {
    type Item = Result<RunEvent<'a>, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Result<RunEvent<'a>, WireError>> {
        if self.cursor.len() == 0 {
            return None;
        }
        let event = self.event();
        if event.is_err() {
            self.cursor = Cursor::new(b"");
        }
        Some(event)
    }
}

/// An event.
#[derive(Clone, Debug)]
pub struct RunEvent<'a> {
    /// Milliseconds since 1970, as the sender says.
    pub timestamp: i64,
    /// Its values: meta, correlation, payload, as the stream's definition has them.
    pub values: RunValues<'a>,
}

/// The values of an event, and behind them its arbitrary pairs.
#[derive(Clone, Debug)]
pub struct RunValues<'a> {
    values: RowValues<'a>,
    texts: Texts,
}

/// A key and its value.
pub type Pair<'a> = (&'a [u8], &'a [u8]);

impl<'a> RunValues<'a> {
    /// The next arbitrary pair, when all values have been read; none behind the last one.
    ///
    /// # Errors
    ///
    /// A pair that is not whole.
    #[inline]
    pub fn pair(&mut self) -> Result<Option<Pair<'a>>, WireError> {
        let cursor = &mut self.values.cursor;
        if cursor.len() == 0 { Ok(None) } else { cursor.pair().map(Some) }
    }
}

impl<'a> Values<'a> for RunValues<'a> {
    #[inline]
    fn int(&mut self) -> Result<i32, WireError> {
        self.values.int()
    }

    #[inline]
    fn long(&mut self) -> Result<i64, WireError> {
        self.values.long()
    }

    #[inline]
    fn float(&mut self) -> Result<f32, WireError> {
        self.values.float()
    }

    #[inline]
    fn double(&mut self) -> Result<f64, WireError> {
        self.values.double()
    }

    #[inline]
    fn bool(&mut self) -> Result<bool, WireError> {
        self.values.bool()
    }

    #[inline]
    fn text(&mut self) -> Result<Option<&'a [u8]>, WireError> {
        if self.texts == Texts::EmptyIsNull {
            return self.values.text();
        }
        let cursor = &mut self.values.cursor;
        if cursor.rest().starts_with(&NULL_LENGTH.to_be_bytes()) {
            return cursor.take(4, "a STRING").map(|_| None);
        }
        cursor.counted("a STRING").map(Some)
    }
}

/// Writes a run of [`Texts::Exact`], event by event.
#[derive(Debug)]
pub struct RunWriter<'o> {
    out: &'o mut Vec<u8>,
    event_at: Option<usize>,
}

impl<'o> RunWriter<'o> {
    /// No event yet.
    pub fn new(out: &'o mut Vec<u8>) -> RunWriter<'o> {
        RunWriter { out, event_at: None }
    }

    /// Begins an event; its values and then its pairs must follow.
    #[inline]
    pub fn event(&mut self, timestamp: i64) {
        self.end();
        self.event_at = Some(begin_event(self.out, b"", timestamp));
    }

    /// A value of the event.
    #[inline]
    pub fn value(&mut self, value: Value<'_>) {
        match value {
            Value::Text(None) => put::int(self.out, NULL_LENGTH),
            value => put::value(self.out, value),
        }
    }

    /// An arbitrary pair of the event.
    pub fn pair(&mut self, key: &[u8], value: &[u8]) {
        put::pair(self.out, key, value);
    }

    /// Ends the event; where the next one will begin.
    pub fn end(&mut self) -> usize {
        if let Some(at) = self.event_at.take() {
            end_event(self.out, at);
        }
        self.out.len()
    }
}

//! Events in the form of Siddhi's `binary` mapper: a count, then a time and the values of each.

use crate::cursor::Cursor;
use crate::value::put;
use crate::{RowValues, Type, Value, WireError};

/// The events of a frame: of each [`Events::timestamp`], then all values of the stream's types, in order.
#[derive(Clone, Copy, Debug)]
pub struct Events<'a> {
    count: usize,
    left: usize,
    /// Reads the values of the event whose time was read last.
    pub values: RowValues<'a>,
}

impl<'a> Events<'a> {
    /// The events in the data of a frame for a stream of these types.
    ///
    /// # Errors
    ///
    /// A count that is negative, or that the data cannot hold.
    pub fn parse(data: &'a [u8], types: &[Type]) -> Result<Events<'a>, WireError> {
        let mut from = Cursor::new(data);
        let bytes_min = 8 + types.iter().map(|ty| ty.bytes_min()).sum::<usize>();
        let count = from.count(bytes_min, "a list of events")?;
        Ok(Events { count, left: count, values: RowValues { cursor: from } })
    }

    /// Events that it says it has. A frame may have none.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Begins the next event, giving its time in milliseconds since 1970; none behind the last one. What data holds beyond
    /// it is ignored, as Siddhi does.
    ///
    /// # Errors
    ///
    /// The data ends.
    #[inline]
    pub fn timestamp(&mut self) -> Result<Option<i64>, WireError> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        self.values.cursor.i64("a timestamp").map(Some)
    }
}

/// Appends the events of a frame. There must be at least one when it is finished: Siddhi's source fails at none.
#[derive(Debug)]
pub struct EventsWriter<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    count: usize,
}

impl<'o> EventsWriter<'o> {
    /// No event yet.
    pub fn new(out: &'o mut Vec<u8>) -> EventsWriter<'o> {
        let start = out.len();
        put::int(out, 0);
        EventsWriter { out, start, count: 0 }
    }

    /// Begins an event; its values must follow.
    #[inline]
    pub fn event(&mut self, timestamp: i64) {
        self.count += 1;
        put::long(self.out, timestamp);
    }

    /// A value of the event. A text that is null or empty arrives as null.
    #[inline]
    pub fn value(&mut self, value: Value<'_>) {
        put::value(self.out, value);
    }

    /// Ends the events; how many there are.
    pub fn finish(self) -> usize {
        put::int_at(self.out, self.start, self.count);
        self.count
    }
}

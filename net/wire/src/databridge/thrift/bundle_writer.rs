//! Writes bundles: a column of each kind, put together at the end.

use super::bundle::NULL;
use super::code;
use super::fields::{put_field, put_text};
use crate::Value;
use crate::value::put;

/// Collects events into a bundle; its memory serves for the next one.
#[derive(Debug, Default)]
pub struct BundleWriter {
    events: i32,
    ints: Column,
    longs: Column,
    doubles: Column,
    bools: Column,
    texts: Column,
    maps: Column,
    /// Where the number of pairs of the current event belongs, and how many there are.
    pairs: Option<(usize, usize)>,
}

#[derive(Debug, Default)]
struct Column {
    bytes: Vec<u8>,
    count: usize,
}

impl Column {
    fn clear(&mut self) {
        self.bytes.clear();
        self.count = 0;
    }

    fn put(&mut self, value: Value<'_>) {
        put::value(&mut self.bytes, value);
        self.count += 1;
    }
}

impl BundleWriter {
    /// Begins an event; its values, in the order of the definition, and then its pairs must follow.
    pub fn event(&mut self, stream: &[u8], timestamp: i64) {
        self.end_pairs();
        self.events = self.events.saturating_add(1);
        self.texts.put(Value::Text(Some(stream)));
        self.longs.put(Value::Long(timestamp));
    }

    /// A value of the event. A text that reads `_null` arrives as null: the protocol has no other way to say that.
    #[inline]
    pub fn value(&mut self, value: Value<'_>) {
        match value {
            Value::Int(_) => self.ints.put(value),
            Value::Long(_) => self.longs.put(value),
            Value::Float(v) => self.doubles.put(Value::Double(f64::from(v))),
            Value::Double(_) => self.doubles.put(value),
            Value::Bool(_) => self.bools.put(value),
            Value::Text(text) => self.texts.put(Value::Text(Some(text.unwrap_or(NULL)))),
        }
    }

    /// An arbitrary pair of the event.
    pub fn pair(&mut self, key: &[u8], value: &[u8]) {
        let out = &mut self.maps.bytes;
        let (_, count) = self.pairs.get_or_insert_with(|| {
            put::int(out, self.events - 1);
            out.extend_from_slice(&[code::STRING, code::STRING]);
            put::int(out, 0);
            self.maps.count += 1;
            (out.len() - 4, 0)
        });
        *count += 1;
        put::pair(out, key, value);
    }

    /// Events so far.
    pub fn len(&self) -> usize {
        self.events as usize
    }

    /// Whether there is no event yet.
    pub fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// Appends the bundle, for [`Arguments::Bundle`](super::Arguments::Bundle), and forgets its events. Lists without an
    /// element are left out, but for the texts, which receivers insist on.
    pub fn finish(&mut self, out: &mut Vec<u8>, session: &[u8]) {
        BundleWriter::begin(out, session);
        self.finish_behind_session(out);
    }

    /// Appends what a bundle begins with: the session. [`BundleWriter::finish_behind_session`] gives the rest.
    pub fn begin(out: &mut Vec<u8>, session: &[u8]) {
        put_text(out, 1, session);
    }

    /// Appends the bundle but for its session, and forgets its events.
    pub fn finish_behind_session(&mut self, out: &mut Vec<u8>) {
        self.end_pairs();
        put_field(out, code::I32, 2);
        put::int(out, self.events);
        let lists = [
            (3, code::I32, &self.ints),
            (4, code::I64, &self.longs),
            (5, code::DOUBLE, &self.doubles),
            (6, code::BOOL, &self.bools),
            (7, code::STRING, &self.texts),
        ];
        for (id, ty, column) in lists.into_iter().filter(|(id, _, column)| column.count > 0 || *id == 7) {
            put_field(out, code::LIST, id);
            out.push(ty);
            put_column(out, column);
        }
        if self.maps.count > 0 {
            put_field(out, code::MAP, 8);
            out.extend_from_slice(&[code::I32, code::MAP]);
            put_column(out, &self.maps);
        }
        out.push(code::STOP);
        self.clear();
    }

    /// Forgets the events.
    pub fn clear(&mut self) {
        self.events = 0;
        self.pairs = None;
        let columns = [&mut self.ints, &mut self.longs, &mut self.doubles, &mut self.bools, &mut self.texts];
        columns.into_iter().chain([&mut self.maps]).for_each(Column::clear);
    }

    fn end_pairs(&mut self) {
        if let Some((at, count)) = self.pairs.take() {
            put::int_at(&mut self.maps.bytes, at, count);
        }
    }
}

fn put_column(out: &mut Vec<u8>, column: &Column) {
    put::int(out, i32::try_from(column.count).unwrap_or(i32::MAX));
    out.extend_from_slice(&column.bytes);
}

//! `@map(type='binary')`: events as Siddhi's binary mapper writes them, usually over `tcp`.
//!
//! A message: number of events (i32); of each its timestamp (i64, milliseconds) and a value for each attribute in the order
//! of the definition: int i32, long i64, float f32, double f64, bool a byte (1 is true), string its length (i32) and that many bytes
//! of UTF-8, a length of 0 being null. All is big-endian. What comes after the last event is passed over, as in Siddhi.
//! There is no null but that of strings, and no `object`.

mod blocks;
mod sink;

pub(crate) use sink::make as make_sink;

use riddhi_batch::{Arena, Attribute, Column, Columns, Str, Type};
use riddhi_plan::connector::MapPlan;
use riddhi_plan::registry::{MapperSpec, Mapping, Payload};

use self::blocks::Blocks;
use super::{MapTarget, Messages, SourceMapper};
use crate::input::fault::{Fault, Kind};
use crate::input::jsonl::scan::Scanned;
use crate::registry::Setting;

/// It has no options, and the order of attributes is the definition's.
pub(crate) fn spec() -> MapperSpec {
    MapperSpec {
        name: "binary",
        options: Vec::new(),
        payload: Payload::Bytes,
        mapping: Mapping::Ignored,
        check: |_| Vec::new(),
    }
}

/// Makes the one of a source.
pub(crate) fn make_source(_: &MapPlan, setting: &Setting) -> Option<Box<dyn SourceMapper>> {
    Some(Box::new(BinarySource::new(setting.schema.attributes.clone())))
}

/// Bytes of a value at least.
fn least(ty: Type) -> usize {
    match ty {
        Type::Int | Type::Float | Type::String | Type::Object => 4,
        Type::Long | Type::Double => 8,
        Type::Bool => 1,
    }
}

struct BinarySource {
    attributes: Vec<Attribute>,
    /// Bytes of an event at least.
    least: usize,
    /// Reads many at a time, where the columns are of the attributes' types.
    blocks: Option<Blocks>,
}

impl SourceMapper for BinarySource {
    fn map(&mut self, messages: &Messages<'_>, to: &mut MapTarget<'_>) {
        for i in 0..messages.ranges.len() {
            match self.message(messages.message(i), to) {
                Ok(last) => to.commit_at(last),
                Err(fault) => to.refuse(i, fault),
            }
        }
    }
}

impl BinarySource {
    fn new(attributes: Vec<Attribute>) -> BinarySource {
        let least = 8 + attributes.iter().map(|a| least(a.ty)).sum::<usize>();
        let blocks = Blocks::new(&attributes);
        BinarySource { attributes, least, blocks }
    }

    /// Appends the rows of a message; gives the last event's time.
    fn message(&mut self, message: &[u8], to: &mut MapTarget<'_>) -> Scanned<i64> {
        let now = to.now();
        let mut from = From { bytes: message, at: 0 };
        let count = from.i32().and_then(|n| usize::try_from(n).ok());
        let room = message.len().saturating_sub(4) / self.least;
        let Some(count) = count.filter(|n| *n <= room) else {
            let text =
                format!("the message says another number of events than its {} bytes have room for", message.len());
            return Err(Fault::new(Kind::Malformed, 0, 4, text));
        };
        let (rows, arena) = to.frame.rows_of(to.stream);
        let done = self.blocks.as_mut().map_or(0, |blocks| blocks.read(&mut from, count, now, rows, arena));
        let mut last = if done > 0 { rows.ts[rows.ts.len() - 1] } else { now };
        for event in done..count {
            let Some(ts) = from.i64() else { return Err(short(&from, event)) };
            last = if ts == -1 { now } else { ts };
            rows.ts.push(last);
            self.values(&mut from, event, rows, arena)?;
        }
        Ok(last)
    }

    #[inline]
    fn values(&self, from: &mut From<'_>, event: usize, rows: &mut Columns, arena: &mut Arena) -> Scanned<()> {
        for (attribute, column) in self.attributes.iter().zip(&mut rows.cols) {
            let begin = from.at;
            if from.value(attribute.ty, column, arena).is_none() {
                return Err(wrong(from, begin, event, attribute));
            }
        }
        Ok(())
    }
}

#[cold]
fn short(from: &From<'_>, event: usize) -> Box<Fault> {
    Fault::new(Kind::Malformed, from.bytes.len(), 1, format!("the message ends within event {}", event + 1))
}

#[cold]
fn wrong(from: &From<'_>, begin: usize, event: usize, attribute: &Attribute) -> Box<Fault> {
    if attribute.ty == Type::Object || attribute.kind != attribute.ty.kind() {
        let text = format!("'{}' is of type {}, which the binary format cannot carry", attribute.name, attribute.ty);
        return Fault::new(Kind::WrongType, begin, 1, text);
    }
    let mut rest = From { bytes: from.bytes, at: begin };
    if attribute.ty == Type::String
        && let Some(n) = rest.i32()
        && let Some(text) = usize::try_from(n).ok().and_then(|n| rest.take(n))
        && std::str::from_utf8(text).is_err()
    {
        let what = format!("'{}' of event {} is not UTF-8", attribute.name, event + 1);
        return Fault::new(Kind::Malformed, begin + 4, 1, what);
    }
    short(from, event)
}

/// Bytes and how far they were read.
struct From<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> From<'a> {
    #[inline]
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(n)?)?;
        self.at += n;
        Some(taken)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    #[inline]
    fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    #[inline]
    fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    #[inline]
    fn value(&mut self, ty: Type, column: &mut Column, arena: &mut Arena) -> Option<()> {
        match ty {
            Type::Int => column.push_i32(self.i32()?),
            Type::Long => column.push_i64(self.i64()?),
            Type::Float => column.push_f32(f32::from_be_bytes(self.array()?)),
            Type::Double => column.push_f64(f64::from_be_bytes(self.array()?)),
            Type::Bool => column.push_bool(self.take(1)? == [1]),
            Type::String => {
                let n = usize::try_from(self.i32()?).ok()?;
                let text = self.take(n)?;
                if n == 0 {
                    column.push_null();
                } else if text.is_ascii() || std::str::from_utf8(text).is_ok() {
                    column.push_str(Str::new(text, arena));
                } else {
                    return None;
                }
            }
            Type::Object => return None,
        }
        Some(())
    }
}

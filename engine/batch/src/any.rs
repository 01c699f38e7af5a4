//! Tagged values of 16 bytes, for columns whose values need not be of one type.

use crate::encoding::{self, tag};
use crate::{Arena, Value};

/// A value with its type: `tag: u8 | .. | len: u32 | payload or offset: u64`. Null is the column's business.
#[derive(Clone, Copy, Debug)]
pub struct Any(u128);

impl Any {
    /// What stands under a null.
    pub const NOTHING: Any = Any(0);

    fn of(tag: u8, payload: u64) -> Any {
        Any(tag as u128 | (payload as u128) << 64)
    }

    /// The tagged form of a value; strings and sets go into `arena`. A null gives [`Any::NOTHING`].
    pub fn new(value: &Value, arena: &mut Arena) -> Any {
        match value {
            Value::Null => Any::NOTHING,
            Value::Int(x) => Any::of(tag::INT, *x as u32 as u64),
            Value::Long(x) => Any::of(tag::LONG, *x as u64),
            Value::Float(x) => Any::of(tag::FLOAT, x.to_bits() as u64),
            Value::Double(x) => Any::of(tag::DOUBLE, x.to_bits()),
            Value::Bool(x) => Any::of(tag::BOOL, *x as u64),
            Value::Str(s) => {
                let at = arena.push(s.as_bytes());
                Any(tag::STRING as u128 | (s.len() as u128) << 32 | (at as u128) << 64)
            }
            Value::Set(items) => Any::long(tag::SET, arena, |to| encoding::encode_all(items, to)),
            Value::List(items) => Any::long(tag::LIST, arena, |to| encoding::encode_all(items, to)),
            Value::Map(map) => Any::long(tag::MAP, arena, |to| encoding::encode_map(map, to)),
        }
    }

    /// A value whose encoding `write` appends to the arena.
    fn long(tag: u8, arena: &mut Arena, write: impl FnOnce(&mut Vec<u8>)) -> Any {
        let at = arena.len() as u64;
        write(arena.bytes_mut());
        let len = arena.len() as u64 - at;
        Any(tag as u128 | (len as u128) << 32 | (at as u128) << 64)
    }

    fn payload(self) -> u64 {
        (self.0 >> 64) as u64
    }

    /// What lies in the arena, of a value of which something does.
    fn long_part(self, arena: &Arena) -> &[u8] {
        arena.get(self.payload(), (self.0 >> 32) as u32 as usize)
    }

    /// The value, read out.
    pub fn value(self, arena: &Arena) -> Value {
        let payload = self.payload();
        match self.0 as u8 {
            tag::INT => Value::Int(payload as u32 as i32),
            tag::LONG => Value::Long(payload as i64),
            tag::FLOAT => Value::Float(f32::from_bits(payload as u32)),
            tag::DOUBLE => Value::Double(f64::from_bits(payload)),
            tag::BOOL => Value::Bool(payload != 0),
            tag::STRING => Value::Str(String::from_utf8_lossy(self.long_part(arena)).into()),
            tag::SET => Value::Set(encoding::decode_all(self.long_part(arena))),
            tag::LIST => Value::List(encoding::decode_all(self.long_part(arena))),
            tag::MAP => Value::Map(Box::new(encoding::decode_map(self.long_part(arena)))),
            _ => Value::Null,
        }
    }

    /// The encoded members, if it is a set.
    pub(crate) fn set_bytes(self, arena: &Arena) -> Option<&[u8]> {
        (self.0 as u8 == tag::SET).then(|| self.long_part(arena))
    }

    /// The set of these encoded members.
    pub fn set<'a>(members: impl Iterator<Item = &'a [u8]>, arena: &mut Arena) -> Any {
        let at = arena.len() as u64;
        members.for_each(|member| arena.bytes_mut().extend_from_slice(member));
        let len = arena.len() as u64 - at;
        Any(tag::SET as u128 | (len as u128) << 32 | (at as u128) << 64)
    }

    /// The same value with its long part copied from `from` to `to`.
    pub fn moved(self, from: &Arena, to: &mut Arena) -> Any {
        match self.0 as u8 {
            tag::STRING | tag::SET | tag::LIST | tag::MAP => {
                let at = to.push(self.long_part(from));
                Any(self.0 as u64 as u128 | (at as u128) << 64)
            }
            _ => self,
        }
    }
}

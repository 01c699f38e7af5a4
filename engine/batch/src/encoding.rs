//! Values as bytes: in sets, lists and maps of tagged values, and in snapshots.

use crate::{Map, Value};

/// What a value is; as a byte it stands before it.
pub(crate) mod tag {
    pub const NULL: u8 = 0;
    pub const INT: u8 = 1;
    pub const LONG: u8 = 2;
    pub const FLOAT: u8 = 3;
    pub const DOUBLE: u8 = 4;
    pub const BOOL: u8 = 5;
    pub const STRING: u8 = 6;
    pub const SET: u8 = 7;
    pub const LIST: u8 = 8;
    pub const MAP: u8 = 9;
}

/// Appends the encoding of `items`: a tag byte and a little-endian payload each.
pub(crate) fn encode_all(items: &[Value], out: &mut Vec<u8>) {
    for item in items {
        encode(item, out);
    }
}

fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(tag::NULL),
        Value::Int(x) => {
            out.push(tag::INT);
            out.extend_from_slice(&x.to_le_bytes());
        }
        Value::Long(x) => {
            out.push(tag::LONG);
            out.extend_from_slice(&x.to_le_bytes());
        }
        Value::Float(x) => {
            out.push(tag::FLOAT);
            out.extend_from_slice(&x.to_bits().to_le_bytes());
        }
        Value::Double(x) => {
            out.push(tag::DOUBLE);
            out.extend_from_slice(&x.to_bits().to_le_bytes());
        }
        Value::Bool(x) => {
            out.push(tag::BOOL);
            out.push(*x as u8);
        }
        Value::Str(s) => {
            out.push(tag::STRING);
            out.extend_from_slice(&(s.len() as u32).to_le_bytes());
            out.extend_from_slice(s.as_bytes());
        }
        Value::Set(items) => {
            out.push(tag::SET);
            with_length(out, |out| encode_all(items, out));
        }
        Value::List(items) => {
            out.push(tag::LIST);
            with_length(out, |out| encode_all(items, out));
        }
        Value::Map(map) => {
            out.push(tag::MAP);
            with_length(out, |out| encode_map(map, out));
        }
    }
}

/// Writes a length before what `write` appends.
fn with_length(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    let len = (out.len() - at - 4) as u32;
    out[at..at + 4].copy_from_slice(&len.to_le_bytes());
}

/// How it is ordered, then a key and a value by turns.
pub(crate) fn encode_map(map: &Map, out: &mut Vec<u8>) {
    out.push(map.linked as u8);
    out.extend_from_slice(&map.buckets.to_le_bytes());
    for (key, value) in &map.entries {
        encode(key, out);
        encode(value, out);
    }
}

/// Reads what [`encode_map`] wrote.
pub(crate) fn decode_map(mut bytes: &[u8]) -> Map {
    let linked = take::<1>(&mut bytes).is_some_and(|[x]| x != 0);
    let buckets = take(&mut bytes).map_or(16, u32::from_le_bytes);
    let mut map = Map { linked, buckets: buckets.clamp(1, 1 << 30).next_power_of_two(), entries: Vec::new() };
    while let Some(key) = decode(&mut bytes) {
        let Some(value) = decode(&mut bytes) else { break };
        map.entries.push((key, value));
    }
    map
}

/// Reads what [`encode_all`] wrote. Damaged bytes end the list early, they do not panic.
pub(crate) fn decode_all(mut bytes: &[u8]) -> Vec<Value> {
    let mut items = Vec::new();
    while let Some(item) = decode(&mut bytes) {
        items.push(item);
    }
    items
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}

/// Reads one value and moves on behind it.
pub(crate) fn decode(bytes: &mut &[u8]) -> Option<Value> {
    let [kind] = take::<1>(bytes)?;
    Some(match kind {
        tag::NULL => Value::Null,
        tag::INT => Value::Int(i32::from_le_bytes(take(bytes)?)),
        tag::LONG => Value::Long(i64::from_le_bytes(take(bytes)?)),
        tag::FLOAT => Value::Float(f32::from_bits(u32::from_le_bytes(take(bytes)?))),
        tag::DOUBLE => Value::Double(f64::from_bits(u64::from_le_bytes(take(bytes)?))),
        tag::BOOL => Value::Bool(take::<1>(bytes)?[0] != 0),
        tag::STRING..=tag::MAP => {
            let len = u32::from_le_bytes(take(bytes)?) as usize;
            let (head, rest) = bytes.split_at_checked(len)?;
            *bytes = rest;
            match kind {
                tag::STRING => Value::Str(String::from_utf8_lossy(head).into()),
                tag::SET => Value::Set(decode_all(head)),
                tag::LIST => Value::List(decode_all(head)),
                _ => Value::Map(Box::new(decode_map(head))),
            }
        }
        _ => return None,
    })
}

/// Bytes of the first encoding.
pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
    Some(match *bytes.first()? {
        tag::NULL => 1,
        tag::INT | tag::FLOAT => 5,
        tag::LONG | tag::DOUBLE => 9,
        tag::BOOL => 2,
        _ => 5 + u32::from_le_bytes(*bytes.get(1..)?.first_chunk()?) as usize,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_survive_their_encoding() {
        let mut map = Map::default();
        map.put(Value::Str("k".into()), Value::Int(1));
        let items = vec![
            Value::Null,
            Value::Int(-1),
            Value::Long(1 << 40),
            Value::Float(1.5),
            Value::Double(-0.0),
            Value::Bool(true),
            Value::Str("a".into()),
            Value::List(vec![Value::Null, Value::Map(Box::new(map))]),
            Value::Set(vec![Value::Int(3)]),
        ];
        let mut bytes = Vec::new();
        encode_all(&items, &mut bytes);
        assert_eq!(decode_all(&bytes), items);
        assert_eq!(decode_all(&bytes[..bytes.len() - 1]).len(), 8);
    }
}

//! Sort keys as bytes that compare as the rows do.
//!
//! Each attribute is a byte that tells null, the least value, from the rest, then the value: numbers as big-endian bits folded
//! so that they order (-0.0 before 0.0, NaN last), strings ordered by UTF-16 units as in Java. Bytes of a falling attribute
//! are inverted. A string ends with a mark, so that no key is the beginning of another.

use riddhi_batch::{Arena, Column, Data, Value};

/// An attribute to sort by.
#[derive(Clone, Copy, Debug)]
pub(super) struct By {
    pub attribute: u32,
    pub descending: bool,
}

/// Appends the key of a row.
pub(super) fn encode(by: &[By], cols: &[Column], row: usize, arena: &Arena, out: &mut Vec<u8>) {
    for by in by {
        let start = out.len();
        encode_value(&cols[by.attribute as usize], row, arena, out);
        if by.descending {
            out[start..].iter_mut().for_each(|b| *b = !*b);
        }
    }
}

fn encode_value(column: &Column, row: usize, arena: &Arena, out: &mut Vec<u8>) {
    out.push(!column.is_null(row) as u8);
    if column.is_null(row) {
        return;
    }
    match &column.data {
        Data::I32(v) => put_int(v[row], out),
        Data::I64(v) => put_long(v[row], out),
        Data::F32(v) => put_float(v[row], out),
        Data::F64(v) => put_double(v[row], out),
        Data::Bool(v) => out.push(v[row]),
        Data::Str(v) => put_text(v[row].bytes(arena), out),
        Data::Any(v) => match v[row].value(arena) {
            Value::Int(x) => put_int(x, out),
            Value::Long(x) => put_long(x, out),
            Value::Float(x) => put_float(x, out),
            Value::Double(x) => put_double(x, out),
            other => put_text(other.to_string().as_bytes(), out),
        },
    }
}

fn put_int(x: i32, out: &mut Vec<u8>) {
    out.extend_from_slice(&(x as u32 ^ 1 << 31).to_be_bytes());
}

fn put_long(x: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(&(x as u64 ^ 1 << 63).to_be_bytes());
}

fn put_float(x: f32, out: &mut Vec<u8>) {
    let bits = if x.is_nan() { f32::NAN } else { x }.to_bits();
    out.extend_from_slice(&(if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }).to_be_bytes());
}

fn put_double(x: f64, out: &mut Vec<u8>) {
    let bits = if x.is_nan() { f64::NAN } else { x }.to_bits();
    out.extend_from_slice(&(if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }).to_be_bytes());
}

fn put_text(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            0 => out.extend_from_slice(&[0, 1]),
            // In UTF-16 the characters beyond 16 bits come before those from U+E000 on.
            0xf0..=0xf4 => out.push(byte - 2),
            0xee | 0xef => out.push(byte + 5),
            _ => out.push(byte),
        }
    }
    out.extend_from_slice(&[0, 0]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use riddhi_batch::Kind;

    fn keys(kind: Kind, values: &[Value], descending: bool) -> Vec<Vec<u8>> {
        let (mut column, mut arena) = (Column::new(kind), Arena::new());
        values.iter().for_each(|v| assert!(column.push_value(v, &mut arena)));
        let key = |row| {
            let mut out = Vec::new();
            encode(&[By { attribute: 0, descending }], std::slice::from_ref(&column), row, &arena, &mut out);
            out
        };
        (0..values.len()).map(key).collect()
    }

    #[test]
    fn keys_order_as_the_values() {
        let texts =
            ["", "\0", "a", "a\0", "aa", "b", "zebra, a long one", "\u{d7ff}", "\u{1f600}", "\u{e000}", "\u{ffff}"];
        let texts: Vec<Value> =
            std::iter::once(Value::Null).chain(texts.iter().map(|t| Value::Str((*t).into()))).collect();
        let doubles = [f64::NEG_INFINITY, -1.5, -0.0, 0.0, 1e-9, f64::INFINITY, f64::NAN].map(Value::Double);
        let floats = [f32::NEG_INFINITY, -1.5, -0.0, 0.0, 1e-9, f32::INFINITY, f32::NAN].map(Value::Float);
        let longs = [i64::MIN, -1, 0, 1, i64::MAX].map(Value::Long);
        let ints = [Value::Null, Value::Int(i32::MIN), Value::Int(-1), Value::Int(0), Value::Int(i32::MAX)];
        for (kind, rising) in [
            (Kind::Str, &texts[..]),
            (Kind::F64, &doubles),
            (Kind::F32, &floats),
            (Kind::I64, &longs),
            (Kind::I32, &ints),
        ] {
            assert!(keys(kind, rising, false).is_sorted_by(|a, b| a < b), "{kind:?}");
            assert!(keys(kind, rising, true).is_sorted_by(|a, b| a > b), "{kind:?} falling");
        }
    }
}

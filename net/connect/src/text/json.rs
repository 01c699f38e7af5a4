//! Values as JSON, appended to a byte buffer without allocation.

use riddhi_batch::{Arena, Column, Data, Value};

use super::number::{push_double, push_float, push_long};
use crate::swar::{ONES, TOPS, first_set, zero_bytes};

/// Appends the value of row `i`.
#[inline]
pub fn push_value(out: &mut Vec<u8>, column: &Column, i: usize, arena: &Arena) {
    if column.is_null(i) {
        out.extend_from_slice(b"null");
        return;
    }
    match &column.data {
        Data::I32(v) => push_long(out, v[i] as i64),
        Data::I64(v) => push_long(out, v[i]),
        Data::F32(v) if v[i].is_finite() => push_float(out, v[i]),
        Data::F64(v) if v[i].is_finite() => push_double(out, v[i]),
        Data::F32(v) => push_special(out, v[i] as f64),
        Data::F64(v) => push_special(out, v[i]),
        Data::Bool(v) => out.extend_from_slice(if v[i] != 0 { b"true" } else { b"false" }),
        Data::Str(v) => push_string(out, v[i].bytes(arena)),
        Data::Any(v) => push_any(out, &v[i].value(arena)),
    }
}

#[cold]
fn push_special(out: &mut Vec<u8>, x: f64) {
    out.push(b'"');
    out.extend_from_slice(riddhi_batch::double_text(x).as_bytes());
    out.push(b'"');
}

fn push_any(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Int(x) => push_long(out, *x as i64),
        Value::Long(x) => push_long(out, *x),
        Value::Float(x) if x.is_finite() => push_float(out, *x),
        Value::Double(x) if x.is_finite() => push_double(out, *x),
        Value::Float(x) => push_special(out, *x as f64),
        Value::Double(x) => push_special(out, *x),
        Value::Bool(x) => out.extend_from_slice(if *x { b"true" } else { b"false" }),
        Value::Str(x) => push_string(out, x.as_bytes()),
        Value::Map(map) => {
            out.push(b'{');
            for (i, (key, value)) in map.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                push_string(out, key.to_string().as_bytes());
                out.push(b':');
                push_any(out, value);
            }
            out.push(b'}');
        }
        Value::Set(items) | Value::List(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                push_any(out, item);
            }
            out.push(b']');
        }
    }
}

/// Appends a string in quotes.
#[inline]
pub fn push_string(out: &mut Vec<u8>, mut rest: &[u8]) {
    out.push(b'"');
    loop {
        let plain = plain_len(rest);
        out.extend_from_slice(&rest[..plain]);
        rest = &rest[plain..];
        let Some((byte, tail)) = rest.split_first() else { break };
        push_escape(out, *byte);
        rest = tail;
    }
    out.push(b'"');
}

/// Bytes before the first one that must be escaped.
#[inline]
fn plain_len(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(chunk) = bytes[at..].first_chunk::<8>() {
        let w = u64::from_le_bytes(*chunk);
        let control = w.wrapping_sub(0x20 * ONES) & !w & TOPS;
        let special = zero_bytes(w ^ (b'"' as u64 * ONES)) | zero_bytes(w ^ (b'\\' as u64 * ONES)) | control;
        if special != 0 {
            return at + first_set(special);
        }
        at += 8;
    }
    let plain = |b: &u8| !matches!(b, 0..0x20 | b'"' | b'\\');
    at + bytes[at..].iter().position(|b| !plain(b)).unwrap_or(bytes.len() - at)
}

#[cold]
fn push_escape(out: &mut Vec<u8>, byte: u8) {
    let letter = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            out.extend_from_slice(b"\\u00");
            out.extend([byte >> 4, byte & 15].map(|d| b"0123456789abcdef"[d as usize]));
            return;
        }
    };
    out.extend_from_slice(&[b'\\', letter]);
}

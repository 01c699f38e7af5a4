//! Rows as JSON lines.
//!
//! ```text
//! {"stream":"Out","ts":1600000001000,"type":"current","data":{"symbol":"A","total":3.0}}
//! {"query":"query1","ts":1600000001000,"type":"expired","data":{"symbol":"A","total":null}}
//! ```
//!
//! Everything that does not change from row to row is prepared once as bytes.

use riddhi_batch::{Arena, Column, Data, Value};

use super::number::{push_double, push_float, push_long};
use super::{Rows, Target};
use crate::input::swar::{ONES, TOPS, first_set, zero_bytes};

/// A printer for an app's targets.
pub struct JsonPrinter {
    targets: Vec<Prepared>,
}

struct Prepared {
    /// Up to the timestamp.
    head: Vec<u8>,
    /// From the timestamp to the first value, of current and of expired rows.
    middle: [Vec<u8>; 2],
    /// Between values: `,"name":`; the first attribute's is part of `middle`.
    names: Vec<Vec<u8>>,
}

impl JsonPrinter {
    /// A printer for rows of these targets.
    pub fn new(targets: &[Target]) -> JsonPrinter {
        JsonPrinter { targets: targets.iter().map(Prepared::new).collect() }
    }

    /// Appends a line for each row.
    pub fn print(&mut self, target: usize, rows: Rows<'_>, out: &mut Vec<u8>) {
        let prepared = &self.targets[target];
        for i in rows.first..rows.first + rows.n {
            out.extend_from_slice(&prepared.head);
            push_long(out, rows.columns.ts[i]);
            out.extend_from_slice(&prepared.middle[rows.is_expired(i) as usize]);
            for (name, column) in prepared.names.iter().zip(&rows.columns.cols) {
                out.extend_from_slice(name);
                push_value(out, column, i, rows.arena);
            }
            out.extend_from_slice(b"}}\n");
        }
    }
}

impl Prepared {
    fn new(target: &Target) -> Prepared {
        let kind = if target.query { "query" } else { "stream" };
        let mut head = format!("{{\"{kind}\":").into_bytes();
        push_string(&mut head, target.name.as_bytes());
        head.extend_from_slice(b",\"ts\":");
        let middle = ["current", "expired"].map(|kind| format!(",\"type\":\"{kind}\",\"data\":{{").into_bytes());
        let name = |(i, name): (usize, &str)| {
            let mut bytes = if i > 0 { b",".to_vec() } else { Vec::new() };
            push_string(&mut bytes, name.as_bytes());
            bytes.push(b':');
            bytes
        };
        let names = target.attributes.iter().map(|a| a.name.as_str()).enumerate().map(name).collect();
        Prepared { head, middle, names }
    }
}

/// Appends the value of row `i`.
#[inline]
fn push_value(out: &mut Vec<u8>, column: &Column, i: usize, arena: &Arena) {
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
        Value::Set(items) => {
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
pub(crate) fn push_string(out: &mut Vec<u8>, mut rest: &[u8]) {
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

#[cfg(test)]
mod tests {
    use riddhi_batch::{Attribute, Columns, Type};

    use super::*;

    #[test]
    fn lines_are_as_documented() {
        let types = [Type::Int, Type::Long, Type::Float, Type::Double, Type::Bool, Type::String, Type::Object];
        let names = ["i", "l", "f", "d", "b", "s\"", "o"];
        let attributes: Vec<Attribute> = names.iter().zip(types).map(|(n, t)| Attribute::new(*n, t)).collect();
        let mut columns = Columns::new(attributes.iter().map(|a| a.kind));
        let mut arena = Arena::new();
        let rows = [
            [
                Value::Int(-1),
                Value::Long(1 << 40),
                Value::Float(100.0),
                Value::Double(1e20),
                Value::Bool(true),
                Value::Str("a \"quoted\"\n\u{1}\\ long é string".into()),
                Value::Set(vec![Value::Int(1), Value::Str("x".into())]),
            ],
            [
                Value::Null,
                Value::Null,
                Value::Float(f32::NAN),
                Value::Double(f64::NEG_INFINITY),
                Value::Null,
                Value::Str("".into()),
                Value::Null,
            ],
        ];
        for (ts, row) in rows.iter().enumerate() {
            columns.ts.push(ts as i64);
            for (column, value) in columns.cols.iter_mut().zip(row) {
                assert!(column.push_value(value, &mut arena));
            }
        }
        let targets = [
            Target { name: "Out".into(), query: false, shown: true, attributes: attributes.clone() },
            Target { name: "q".into(), query: true, shown: true, attributes },
        ];
        let mut printer = JsonPrinter::new(&targets);
        let mut out = Vec::new();
        let all = Rows { columns: &columns, arena: &arena, first: 0, n: 2, kinds: &[] };
        printer.print(0, Rows { n: 1, ..all }, &mut out);
        printer.print(1, Rows { first: 1, n: 1, kinds: &[0, 1], ..all }, &mut out);
        let expected = concat!(
            r#"{"stream":"Out","ts":0,"type":"current","data":{"i":-1,"l":1099511627776,"f":100.0,"d":1.0E20,"b":true,"#,
            r#""s\"":"a \"quoted\"\n\u0001\\ long é string","o":[1,"x"]}}"#,
            "\n",
            r#"{"query":"q","ts":1,"type":"expired","data":{"i":null,"l":null,"f":"NaN","d":"-Infinity","b":null,"#,
            r#""s\"":"","o":null}}"#,
            "\n",
        );
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

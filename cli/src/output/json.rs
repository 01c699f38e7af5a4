//! Rows as JSON lines.
//!
//! ```text
//! {"stream":"Out","ts":1600000001000,"type":"current","data":{"symbol":"A","total":3.0}}
//! {"query":"query1","ts":1600000001000,"type":"expired","data":{"symbol":"A","total":null}}
//! ```
//!
//! Everything that does not change from row to row is prepared once as bytes.

use riddhi_connect::text::json::{push_string, push_value};
use riddhi_connect::text::number::push_long;

use super::{Rows, Target, What};

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
        let mut head = format!("{{\"{}\":", target.what.text()).into_bytes();
        match target.what {
            What::Result => head.extend_from_slice(target.name.as_bytes()),
            _ => push_string(&mut head, target.name.as_bytes()),
        }
        head.extend_from_slice(b",\"ts\":");
        let middle = ["current", "expired"].map(|kind| match target.what {
            What::Result => b",\"data\":{".to_vec(),
            _ => format!(",\"type\":\"{kind}\",\"data\":{{").into_bytes(),
        });
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

#[cfg(test)]
mod tests {
    use riddhi_batch::{Arena, Attribute, Columns, Type, Value};

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
            Target { name: "Out".into(), what: What::Stream, shown: true, attributes: attributes.clone() },
            Target { name: "q".into(), what: What::Query, shown: true, attributes },
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

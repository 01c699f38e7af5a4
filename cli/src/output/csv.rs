//! Rows as CSV: `stream,ts,type` (or `query,ts,type`) and the attributes, with a header before the first row of each target.
//!
//! An app with one output gives one ordinary table. With several, a header line, whose first field is `stream` or `query`
//! and whose second is `ts`, tells the columns of the rows that name the target after it. Null is an empty field, the
//! empty string is `""`; numbers are as in JSON lines, sets are text.

use riddhi_batch::{Arena, Column, Data};

use super::{Rows, Target};
use riddhi_connect::text::number::{push_double, push_float, push_long};

/// A printer for an app's targets.
pub struct CsvPrinter {
    targets: Vec<Prepared>,
}

struct Prepared {
    /// Printed once, before the first row.
    header: Vec<u8>,
    begun: bool,
    name: Vec<u8>,
}

impl CsvPrinter {
    /// A printer for rows of these targets.
    pub fn new(targets: &[Target]) -> CsvPrinter {
        CsvPrinter { targets: targets.iter().map(Prepared::new).collect() }
    }

    /// Appends a line for each row.
    pub fn print(&mut self, target: usize, rows: Rows<'_>, out: &mut Vec<u8>) {
        let prepared = &mut self.targets[target];
        if !prepared.begun {
            out.extend_from_slice(&prepared.header);
            prepared.begun = true;
        }
        for i in rows.first..rows.first + rows.n {
            out.extend_from_slice(&prepared.name);
            push_long(out, rows.columns.ts[i]);
            out.extend_from_slice(if rows.is_expired(i) { b",expired" } else { b",current" });
            for column in &rows.columns.cols {
                out.push(b',');
                push_value(out, column, i, rows.arena);
            }
            out.push(b'\n');
        }
    }
}

impl Prepared {
    fn new(target: &Target) -> Prepared {
        let mut header = format!("{},ts,type", target.what.text()).into_bytes();
        for attribute in &target.attributes {
            header.push(b',');
            push_text(&mut header, attribute.name.as_bytes());
        }
        header.push(b'\n');
        let mut name = Vec::new();
        push_text(&mut name, target.name.as_bytes());
        name.push(b',');
        Prepared { header, begun: false, name }
    }
}

pub(super) fn push_value(out: &mut Vec<u8>, column: &Column, i: usize, arena: &Arena) {
    if column.is_null(i) {
        return;
    }
    match &column.data {
        Data::I32(v) => push_long(out, v[i] as i64),
        Data::I64(v) => push_long(out, v[i]),
        Data::F32(v) if v[i].is_finite() => push_float(out, v[i]),
        Data::F64(v) if v[i].is_finite() => push_double(out, v[i]),
        Data::Bool(v) => out.extend_from_slice(if v[i] != 0 { b"true" } else { b"false" }),
        Data::Str(v) => push_text(out, v[i].bytes(arena)),
        Data::F32(_) | Data::F64(_) | Data::Any(_) => push_text(out, column.value(i, arena).to_string().as_bytes()),
    }
}

/// Appends a field, in quotes if it needs them.
pub(super) fn push_text(out: &mut Vec<u8>, text: &[u8]) {
    let quote = text.is_empty() || text.iter().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r'));
    if !quote {
        out.extend_from_slice(text);
        return;
    }
    out.push(b'"');
    for byte in text {
        out.extend_from_slice(if *byte == b'"' { b"\"\"" } else { std::slice::from_ref(byte) });
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use riddhi_batch::{Attribute, Columns, Type, Value};

    use super::*;

    #[test]
    fn a_header_comes_once_and_fields_are_quoted_when_needed() {
        let attributes = vec![Attribute::new("s", Type::String), Attribute::new("d", Type::Double)];
        let mut columns = Columns::new(attributes.iter().map(|a| a.kind));
        let mut arena = Arena::new();
        for (s, d) in [("a,\"b\"", Value::Double(1.5)), ("", Value::Null), ("é", Value::Double(f64::NAN))] {
            columns.ts.push(7);
            columns.cols[0].push_value(&Value::Str(s.into()), &mut arena);
            columns.cols[1].push_value(&d, &mut arena);
        }
        let mut printer = CsvPrinter::new(&[Target {
            name: "Out".into(),
            what: crate::output::What::Stream,
            shown: true,
            attributes,
        }]);
        let mut out = Vec::new();
        let rows = Rows { columns: &columns, arena: &arena, first: 0, n: 2, kinds: &[] };
        printer.print(0, rows, &mut out);
        printer.print(0, Rows { first: 2, n: 1, ..rows }, &mut out);
        let expected =
            "stream,ts,type,s,d\nOut,7,current,\"a,\"\"b\"\"\",1.5\nOut,7,current,\"\",\nOut,7,current,é,NaN\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

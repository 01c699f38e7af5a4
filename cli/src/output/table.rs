//! Rows for people: time, stream, and each attribute with its name, aligned as far as the widths seen allow.
//!
//! ```text
//! 2013-02-08 17:05:00  LateAirline  airline United  late 12  minutes_late 34.567
//! 2013-02-08 17:06:30  LateAirport  airport LGA     minutes_late 70.25
//! ```
//!
//! Times are UTC. Numbers are rounded to three decimals; the other formats are exact.

use jiff::Timestamp;
use jiff::tz::Offset;
use riddhi_batch::{Arena, Column, Data, Type};

use super::{Rows, Target, What};
use riddhi_connect::text::number::{push_long, push_rounded};

/// Wider values do not widen their column.
const WIDTH_MAX: usize = 24;

/// A printer for an app's targets.
pub struct TablePrinter {
    targets: Vec<Prepared>,
    /// Width of the longest name that may be printed.
    name_width: usize,
    cell: Vec<u8>,
}

struct Prepared {
    name: String,
    name_width: usize,
    /// Names, and the width of the widest value so far.
    columns: Vec<(String, usize)>,
}

impl TablePrinter {
    /// A printer for rows of these targets.
    pub fn new(targets: &[Target]) -> TablePrinter {
        let targets: Vec<Prepared> = targets.iter().map(Prepared::new).collect();
        let name_width = targets.iter().map(|t| t.name_width).max().unwrap_or(0);
        TablePrinter { targets, name_width, cell: Vec::new() }
    }

    /// Appends a line for each row.
    pub fn print(&mut self, target: usize, rows: Rows<'_>, out: &mut Vec<u8>) {
        let prepared = &mut self.targets[target];
        for i in rows.first..rows.first + rows.n {
            push_time(out, rows.columns.ts[i]);
            out.extend_from_slice(b"  ");
            push_padded(out, prepared.name.as_bytes(), self.name_width);
            if rows.is_expired(i) {
                out.extend_from_slice(b"  expired");
            }
            for ((name, width), column) in prepared.columns.iter_mut().zip(&rows.columns.cols) {
                self.cell.clear();
                push_value(&mut self.cell, column, i, rows.arena);
                *width = (*width).max(width_of(&self.cell)).min(WIDTH_MAX);
                out.extend_from_slice(b"  ");
                out.extend_from_slice(name.as_bytes());
                out.push(b' ');
                push_padded(out, &self.cell, *width);
            }
            out.truncate(out.trim_ascii_end().len());
            out.push(b'\n');
        }
    }
}

impl Prepared {
    fn new(target: &Target) -> Prepared {
        let name = match target.what {
            What::Stream => target.name.clone(),
            what => format!("{} {}", what.text(), target.name),
        };
        let name_width = if target.shown { name.chars().count() } else { 0 };
        let columns = target.attributes.iter().map(|a| (a.name.clone(), usual_width(a.ty))).collect();
        Prepared { name, name_width, columns }
    }
}

/// What many values of a type need.
fn usual_width(ty: Type) -> usize {
    match ty {
        Type::Float | Type::Double => 7,
        Type::Int | Type::Long => 2,
        _ => 4,
    }
}

/// `2013-02-08 17:05:00`, with milliseconds if there are any; a number that is no time of our calendar stays a number.
fn push_time(out: &mut Vec<u8>, ts: i64) {
    let Ok(at) = Timestamp::from_millisecond(ts) else { return push_long(out, ts) };
    let at = Offset::UTC.to_datetime(at);
    let mut pair = |n: i32, before: &str| {
        out.extend_from_slice(before.as_bytes());
        if n < 10 {
            out.push(b'0');
        }
        push_long(out, n as i64);
    };
    pair(at.year() as i32, "");
    pair(at.month() as i32, "-");
    pair(at.day() as i32, "-");
    pair(at.hour() as i32, " ");
    pair(at.minute() as i32, ":");
    pair(at.second() as i32, ":");
    let ms = ts.rem_euclid(1000);
    if ms > 0 {
        out.extend_from_slice(format!(".{ms:03}").as_bytes());
    }
}

pub(super) fn push_value(out: &mut Vec<u8>, column: &Column, i: usize, arena: &Arena) {
    if column.is_null(i) {
        return out.push(b'-');
    }
    match &column.data {
        Data::F32(v) if v[i].is_finite() => push_rounded(out, v[i] as f64),
        Data::F64(v) if v[i].is_finite() => push_rounded(out, v[i]),
        Data::I32(v) => push_long(out, v[i] as i64),
        Data::I64(v) => push_long(out, v[i]),
        _ => {
            let text = column.value(i, arena).to_string();
            out.extend(text.bytes().map(|b| if b < b' ' { b' ' } else { b }));
        }
    }
}

fn width_of(text: &[u8]) -> usize {
    text.iter().filter(|b| **b & 0xc0 != 0x80).count()
}

fn push_padded(out: &mut Vec<u8>, text: &[u8], width: usize) {
    out.extend_from_slice(text);
    out.resize(out.len() + width.saturating_sub(width_of(text)), b' ');
}

#[cfg(test)]
mod tests {
    use riddhi_batch::{Attribute, Columns, Value};

    use super::*;

    #[test]
    fn lines_can_be_read() {
        let attributes = vec![Attribute::new("carrier", Type::String), Attribute::new("delay", Type::Double)];
        let mut columns = Columns::new(attributes.iter().map(|a| a.kind));
        let mut arena = Arena::new();
        for (ts, s, d) in [(1360343100000, "UA", Value::Double(34.56666)), (1360343100250, "B6é", Value::Null)] {
            columns.ts.push(ts);
            columns.cols[0].push_value(&Value::Str(s.into()), &mut arena);
            columns.cols[1].push_value(&d, &mut arena);
        }
        let mut printer =
            TablePrinter::new(&[Target { name: "Late".into(), what: What::Stream, shown: true, attributes }]);
        let mut out = Vec::new();
        printer.print(0, Rows { columns: &columns, arena: &arena, first: 0, n: 2, kinds: &[] }, &mut out);
        let expected = "2013-02-08 17:05:00  Late  carrier UA    delay 34.567\n\
                        2013-02-08 17:05:00.250  Late  carrier B6é   delay -\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

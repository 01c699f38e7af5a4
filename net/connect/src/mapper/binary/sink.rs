//! Events out: a message a chunk, its values written column by column to where they belong.
//!
//! What the format cannot carry, a null that is no string's or an object, loses its chunk, as in Siddhi; it is counted and said.

use riddhi_batch::{Arena, Attribute, Chunk, Column, Data, Str, Type};
use riddhi_plan::connector::MapPlan;

use super::least;
use crate::mapper::{OutRows, Outgoing, SinkMapper};
use crate::registry::Setting;

/// Chunks of fewer rows are written row by row.
const COLUMNS_FROM: usize = 4;

const TIME_BYTES: usize = 8;

/// Makes it.
pub(crate) fn make(_: &MapPlan, setting: &Setting) -> Option<Box<dyn SinkMapper>> {
    let attributes = setting.schema.attributes.clone();
    let event_bytes = TIME_BYTES + attributes.iter().map(|a| least(a.ty)).sum::<usize>();
    let texts = attributes.iter().any(|a| a.ty == Type::String);
    Some(Box::new(BinarySink { attributes, event_bytes, texts, at: Vec::new() }))
}

struct BinarySink {
    attributes: Vec<Attribute>,
    /// Bytes of an event whose texts are empty.
    event_bytes: usize,
    texts: bool,
    /// Of each row of a chunk, where its next value goes.
    at: Vec<usize>,
}

impl SinkMapper for BinarySink {
    fn map(&mut self, rows: &OutRows<'_>, out: &mut Outgoing) {
        let fits = self.fits(&rows.columns.cols);
        for (chunk, number) in rows.chunks.iter().zip(0..) {
            out.chunk = number;
            if !fits {
                out.drop_rows(chunk.rows.into(), "a value of this type cannot be carried by the binary format");
            } else if self.has_null(&rows.columns.cols, chunk) {
                out.drop_rows(chunk.rows.into(), "the binary format has no null but that of strings");
            } else {
                self.chunk(rows, chunk, out);
            }
        }
    }
}

impl BinarySink {
    /// Whether all columns are of their attribute's type.
    fn fits(&self, columns: &[Column]) -> bool {
        let fits = |(a, c): (&Attribute, &Column)| a.ty != Type::Object && a.ty.kind() == c.kind();
        self.attributes.len() == columns.len() && self.attributes.iter().zip(columns).all(fits)
    }

    fn has_null(&self, columns: &[Column], chunk: &Chunk) -> bool {
        let rows = chunk.first as usize..(chunk.first + chunk.rows) as usize;
        let null = |c: &Column| !c.nulls.is_empty() && c.nulls[rows.clone()].contains(&1);
        columns.iter().any(|c| !matches!(c.data, Data::Str(_)) && null(c))
    }

    fn chunk(&mut self, rows: &OutRows<'_>, chunk: &Chunk, out: &mut Outgoing) {
        let (first, n) = (chunk.first as usize, chunk.rows as usize);
        out.bytes.extend_from_slice(&(chunk.rows as i32).to_be_bytes());
        if n < COLUMNS_FROM {
            (first..first + n).for_each(|row| row_by_row(rows, row, &mut out.bytes));
        } else if self.texts {
            self.texts(rows, first, n, &mut out.bytes);
        } else {
            self.numbers(rows, first, n, &mut out.bytes);
        }
        out.end(chunk.rows);
    }

    /// All events are equally long.
    fn numbers(&self, rows: &OutRows<'_>, first: usize, n: usize, out: &mut Vec<u8>) {
        let (begin, bytes) = (out.len(), self.event_bytes);
        out.resize(begin + n * bytes, 0);
        let events = &mut out[begin..];
        place(events, bytes, 0, &rows.columns.ts[first..first + n], |v| v.to_be_bytes());
        let mut at = TIME_BYTES;
        for (column, attribute) in rows.columns.cols.iter().zip(&self.attributes) {
            let range = first..first + n;
            match &column.data {
                Data::I32(v) => place(events, bytes, at, &v[range], |v| v.to_be_bytes()),
                Data::I64(v) => place(events, bytes, at, &v[range], |v| v.to_be_bytes()),
                Data::F32(v) => place(events, bytes, at, &v[range], |v| v.to_be_bytes()),
                Data::F64(v) => place(events, bytes, at, &v[range], |v| v.to_be_bytes()),
                Data::Bool(v) => place(events, bytes, at, &v[range], |v| [v]),
                Data::Str(_) | Data::Any(_) => {}
            }
            at += least(attribute.ty);
        }
    }

    /// Where an event begins is summed up first.
    fn texts(&mut self, rows: &OutRows<'_>, first: usize, n: usize, out: &mut Vec<u8>) {
        self.at.clear();
        self.at.resize(n, self.event_bytes);
        for column in &rows.columns.cols {
            if let Data::Str(v) = &column.data {
                for (i, (size, text)) in self.at.iter_mut().zip(&v[first..]).enumerate() {
                    *size += text_of(column, text, first + i, rows.arena).len();
                }
            }
        }
        let mut end = out.len();
        for size in &mut self.at {
            end += std::mem::replace(size, end);
        }
        out.resize(end, 0);
        write(out, &mut self.at, &rows.columns.ts[first..first + n], |v| v.to_be_bytes());
        for column in &rows.columns.cols {
            let range = first..first + n;
            match &column.data {
                Data::I32(v) => write(out, &mut self.at, &v[range], |v| v.to_be_bytes()),
                Data::I64(v) => write(out, &mut self.at, &v[range], |v| v.to_be_bytes()),
                Data::F32(v) => write(out, &mut self.at, &v[range], |v| v.to_be_bytes()),
                Data::F64(v) => write(out, &mut self.at, &v[range], |v| v.to_be_bytes()),
                Data::Bool(v) => write(out, &mut self.at, &v[range], |v| [v]),
                Data::Str(v) => {
                    for (i, (at, text)) in self.at.iter_mut().zip(&v[range]).enumerate() {
                        let text = text_of(column, text, first + i, rows.arena);
                        out[*at..*at + 4].copy_from_slice(&(text.len() as i32).to_be_bytes());
                        *at += 4;
                        out[*at..*at + text.len()].copy_from_slice(text);
                        *at += text.len();
                    }
                }
                Data::Any(_) => {}
            }
        }
    }
}

/// The bytes of a text; none if it is null.
#[inline]
fn text_of<'a>(column: &Column, text: &'a Str, row: usize, arena: &'a Arena) -> &'a [u8] {
    if column.is_null(row) { b"" } else { text.bytes(arena) }
}

/// Writes a value into each event, at the same place of each.
#[inline]
fn place<T: Copy, const N: usize>(events: &mut [u8], bytes: usize, at: usize, values: &[T], of: impl Fn(T) -> [u8; N]) {
    for (event, value) in events.chunks_exact_mut(bytes).zip(values) {
        event[at..at + N].copy_from_slice(&of(*value));
    }
}

/// Writes a value where each event goes on.
#[inline]
fn write<T: Copy, const N: usize>(out: &mut [u8], at: &mut [usize], values: &[T], of: impl Fn(T) -> [u8; N]) {
    for (at, value) in at.iter_mut().zip(values) {
        out[*at..*at + N].copy_from_slice(&of(*value));
        *at += N;
    }
}

fn row_by_row(rows: &OutRows<'_>, row: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&rows.columns.ts[row].to_be_bytes());
    for column in &rows.columns.cols {
        match &column.data {
            Data::I32(v) => out.extend_from_slice(&v[row].to_be_bytes()),
            Data::I64(v) => out.extend_from_slice(&v[row].to_be_bytes()),
            Data::F32(v) => out.extend_from_slice(&v[row].to_be_bytes()),
            Data::F64(v) => out.extend_from_slice(&v[row].to_be_bytes()),
            Data::Bool(v) => out.push(v[row]),
            Data::Str(v) => {
                let text = text_of(column, &v[row], row, rows.arena);
                out.extend_from_slice(&(text.len() as i32).to_be_bytes());
                out.extend_from_slice(text);
            }
            Data::Any(_) => {}
        }
    }
}

//! Rows of one query alone, without time and name: objects, CSV with a header, or columns for people.

use riddhi_batch::{Arena, Columns, Schema};
use riddhi_connect::text::json::{push_string, push_value};

use super::{Format, csv, table};

/// Rows as text in whole lines. CSV has a header also where there is no row.
pub fn lines(format: Format, schema: &Schema, rows: &Columns, arena: &Arena) -> Vec<u8> {
    let mut out = Vec::new();
    match format {
        Format::Jsonl => (0..rows.len()).for_each(|row| {
            out.push(b'{');
            for (i, (attribute, column)) in schema.attributes.iter().zip(&rows.cols).enumerate() {
                out.extend_from_slice(if i > 0 { b"," } else { b"" });
                push_string(&mut out, attribute.name.as_bytes());
                out.push(b':');
                push_value(&mut out, column, row, arena);
            }
            out.extend_from_slice(b"}\n");
        }),
        Format::Csv => {
            for (i, attribute) in schema.attributes.iter().enumerate() {
                out.extend_from_slice(if i > 0 { b"," } else { b"" });
                csv::push_text(&mut out, attribute.name.as_bytes());
            }
            out.push(b'\n');
            for row in 0..rows.len() {
                for (i, column) in rows.cols.iter().enumerate() {
                    out.extend_from_slice(if i > 0 { b"," } else { b"" });
                    csv::push_value(&mut out, column, row, arena);
                }
                out.push(b'\n');
            }
        }
        Format::Table => columns(schema, rows, arena, &mut out),
    }
    out
}

/// Columns as wide as what stands in them, names above.
fn columns(schema: &Schema, rows: &Columns, arena: &Arena, out: &mut Vec<u8>) {
    let cell = |column: &riddhi_batch::Column, row: usize| {
        let mut text = Vec::new();
        table::push_value(&mut text, column, row, arena);
        text
    };
    let wide = |text: &[u8]| String::from_utf8_lossy(text).chars().count();
    let widths: Vec<usize> = schema
        .attributes
        .iter()
        .zip(&rows.cols)
        .map(|(a, c)| {
            (0..rows.len()).map(|row| wide(&cell(c, row))).chain([wide(a.name.as_bytes())]).max().unwrap_or(0)
        })
        .collect();
    let mut line = |cells: &mut dyn Iterator<Item = Vec<u8>>| {
        for (text, width) in cells.zip(&widths) {
            out.extend_from_slice(&text);
            out.resize(out.len() + width - wide(&text) + 2, b' ');
        }
        while out.last() == Some(&b' ') {
            out.pop();
        }
        out.push(b'\n');
    };
    if rows.is_empty() {
        return;
    }
    line(&mut schema.attributes.iter().map(|a| a.name.as_bytes().to_vec()));
    for row in 0..rows.len() {
        line(&mut rows.cols.iter().map(|column| cell(column, row)));
    }
}

//! Events out: an object for each, or a template.

use riddhi_batch::{Attribute, Column, Data};
use riddhi_plan::connector::{MapPlan, Template};
use riddhi_plan::registry::{MapperSpec, Mapping, OptionProblem, OptionType, Payload};

use super::path::Path;
use crate::input::jsonl::scan::Scan;
use crate::mapper::template::render;
use crate::mapper::values::push_plain;
use crate::mapper::{OutRows, Outgoing, SinkMapper};
use crate::registry::{Setting, option};
use crate::text::json::{push_string, push_value};

/// Its options.
pub(crate) fn spec() -> MapperSpec {
    MapperSpec {
        name: "json",
        options: vec![
            option("validate.json", OptionType::Bool),
            option("enclosing.element", OptionType::Text),
            option("event.grouping.enabled", OptionType::Bool),
            option("enable.null.attribute.value", OptionType::Bool),
        ],
        payload: Payload::Bytes,
        mapping: Mapping::Template,
        check: |plan| {
            let path = plan.options.text("enclosing.element").map(Path::parse);
            let keys = path.map(|p| p.is_ok_and(|p| p.keys().is_some()));
            let wrong = || {
                OptionProblem::wrong("enclosing.element", "this is no path of names", "for example $.portfolio.trades")
            };
            keys.filter(|ok| !ok).map(|_| wrong()).into_iter().collect()
        },
    }
}

/// Writes events.
struct JsonSink {
    /// Before each value: `"name":`, with what stands before it.
    names: Vec<Vec<u8>>,
    template: Option<Template>,
    before: Vec<u8>,
    after: Vec<u8>,
    grouping: bool,
    nulls: bool,
    validate: bool,
}

/// Makes it.
pub(crate) fn make(plan: &MapPlan, setting: &Setting) -> Option<Box<dyn SinkMapper>> {
    let o = &plan.options;
    let path = o.text("enclosing.element").and_then(|text| Path::parse(text).ok());
    let keys: Vec<String> =
        path.as_ref().and_then(Path::keys).unwrap_or_default().into_iter().map(str::to_owned).collect();
    let mut before = Vec::new();
    for key in &keys {
        before.push(b'{');
        push_string(&mut before, key.as_bytes());
        before.push(b':');
    }
    let name = |(i, a): (usize, &Attribute)| {
        let mut bytes = if i == 0 { b"{\"event\":{".to_vec() } else { b",".to_vec() };
        push_string(&mut bytes, a.name.as_bytes());
        bytes.push(b':');
        bytes
    };
    Some(Box::new(JsonSink {
        names: setting.schema.attributes.iter().enumerate().map(name).collect(),
        template: plan.payload.first().map(|p| p.template.clone()),
        after: vec![b'}'; keys.len()],
        before,
        grouping: o.flag("event.grouping.enabled", true),
        nulls: o.flag("enable.null.attribute.value", false),
        validate: o.flag("validate.json", false),
    }))
}

impl SinkMapper for JsonSink {
    fn map(&mut self, rows: &OutRows<'_>, out: &mut Outgoing) {
        for (chunk, number) in rows.chunks.iter().zip(0..) {
            out.chunk = number;
            let (first, n) = (chunk.first as usize, chunk.rows as usize);
            if n == 1 || !self.grouping {
                (first..first + n).for_each(|row| self.message(rows, row, 1, out));
            } else {
                self.message(rows, first, n, out);
            }
        }
    }
}

impl JsonSink {
    fn message(&self, rows: &OutRows<'_>, first: usize, n: usize, out: &mut Outgoing) {
        let begin = out.bytes.len();
        out.bytes.extend_from_slice(&self.before);
        if n > 1 {
            out.bytes.push(b'[');
        }
        for row in first..first + n {
            if row > first {
                out.bytes.extend_from_slice(if self.template.is_some() { b",\n" } else { b"," });
            }
            match &self.template {
                Some(template) => render(template, rows.columns, row, rows.arena, &mut out.bytes),
                None => self.event(rows, row, &mut out.bytes),
            }
        }
        if n > 1 {
            out.bytes.push(b']');
        }
        out.bytes.extend_from_slice(&self.after);
        if self.validate && !is_json(&out.bytes[begin..]) {
            return out.drop_rows(n as u64, "no JSON came out");
        }
        out.end(n as u32);
    }

    #[inline]
    fn event(&self, rows: &OutRows<'_>, row: usize, out: &mut Vec<u8>) {
        for (name, column) in self.names.iter().zip(&rows.columns.cols) {
            out.extend_from_slice(name);
            if column.is_null(row) && !self.nulls {
                out.extend_from_slice(b"\"undefined\"");
            } else if is_special(column, row) {
                // As Siddhi writes it, though JSON has no such number.
                push_plain(out, column, row, rows.arena);
            } else {
                push_value(out, column, row, rows.arena);
            }
        }
        out.extend_from_slice(if self.names.is_empty() { b"{\"event\":{}}" } else { b"}}" });
    }
}

/// Whether it is a NaN or infinite.
fn is_special(column: &Column, row: usize) -> bool {
    match &column.data {
        Data::F32(v) => !v[row].is_finite() && !column.is_null(row),
        Data::F64(v) => !v[row].is_finite() && !column.is_null(row),
        _ => false,
    }
}

fn is_json(bytes: &[u8]) -> bool {
    let mut scan = Scan::new(bytes);
    scan.peek();
    scan.skip_value().is_ok() && scan.end().is_ok()
}

//! `@map(type='csv')`: fields by position, in quotes where needed.

use riddhi_batch::Attribute;
use riddhi_plan::connector::{From, MapPlan};
use riddhi_plan::registry::{MapperSpec, Mapping, OptionProblem, OptionType, Payload};

use super::values::{property, push_plain, push_text};
use super::{MapTarget, Messages, OutRows, Outgoing, SinkMapper, SourceMapper};
use crate::input::csv::{Field, split, text};
use crate::input::fault::{Fault, Kind};
use crate::input::jsonl::scan::Scanned;
use crate::input::lines::unquoted_end;
use crate::registry::{Setting, option};

/// Options of the mapper of sources.
pub(crate) fn source_spec() -> MapperSpec {
    MapperSpec {
        name: "csv",
        options: vec![
            option("delimiter", OptionType::Text),
            option("header.present", OptionType::Bool),
            option("fail.on.unknown.attribute", OptionType::Bool),
            option("event.grouping.enabled", OptionType::Bool),
        ],
        payload: Payload::Bytes,
        mapping: Mapping::Columns,
        check,
    }
}

/// Options of the mapper of sinks.
pub(crate) fn sink_spec() -> MapperSpec {
    MapperSpec {
        name: "csv",
        options: vec![
            option("delimiter", OptionType::Text),
            option("header", OptionType::Bool),
            option("event.grouping.enabled", OptionType::Bool),
        ],
        payload: Payload::Bytes,
        mapping: Mapping::Columns,
        check,
    }
}

fn check(plan: &MapPlan) -> Vec<OptionProblem> {
    let wrong = || OptionProblem::wrong("delimiter", "a delimiter is one ASCII character", "for example ';' or '\\t'");
    let given = plan.options.text("delimiter");
    given.filter(|text| delimiter(Some(text)).is_none()).map(|_| wrong()).into_iter().collect()
}

fn delimiter(text: Option<&str>) -> Option<u8> {
    match text {
        None => Some(b','),
        Some("\\t") => Some(b'\t'),
        Some(text) => match text.as_bytes() {
            [b] if b.is_ascii() && !matches!(b, b'"' | b'\n' | b'\r') => Some(*b),
            _ => None,
        },
    }
}

/// Advice where a value is the attribute's own name.
const HEADER: &str = "if this line is a header, @map(type='csv', header.present='true') passes over the first one";

/// Where an attribute comes from.
enum Wanted {
    Column(usize),
    Property(String),
}

/// Reads records.
pub struct CsvSource {
    stream: String,
    attributes: Vec<Attribute>,
    wanted: Vec<Wanted>,
    delimiter: u8,
    /// The first message is still to be passed over.
    header: bool,
    strict: bool,
    grouping: bool,
    fields: Vec<Field>,
    scratch: Vec<u8>,
}

/// Makes it.
pub(crate) fn make_source(plan: &MapPlan, setting: &Setting) -> Option<Box<dyn SourceMapper>> {
    let o = &plan.options;
    let attributes = setting.schema.attributes.clone();
    let mut mapped: Vec<_> = plan.attributes.iter().collect();
    mapped.sort_by_key(|m| m.attribute);
    let only_properties = mapped.iter().all(|m| matches!(m.from, From::Property(_)));
    let named = |a: usize| mapped.iter().find(|m| m.attribute == a);
    let mut column = 0;
    let wanted = (0..attributes.len()).map(|a| match named(a).map(|m| &m.from) {
        Some(From::Property(name)) => Wanted::Property(name.clone()),
        Some(From::Payload(text)) if !only_properties => Wanted::Column(text.trim().parse().unwrap_or(a)),
        _ => {
            column += 1;
            Wanted::Column(column - 1)
        }
    });
    Some(Box::new(CsvSource {
        stream: setting.stream.clone(),
        wanted: wanted.collect(),
        attributes,
        delimiter: delimiter(o.text("delimiter")).unwrap_or(b','),
        header: o.flag("header.present", false),
        strict: o.flag("fail.on.unknown.attribute", true),
        grouping: o.flag("event.grouping.enabled", false),
        fields: Vec::new(),
        scratch: Vec::new(),
    }))
}

impl SourceMapper for CsvSource {
    fn map(&mut self, messages: &Messages<'_>, to: &mut MapTarget<'_>) {
        for i in 0..messages.ranges.len() {
            if std::mem::take(&mut self.header) {
                continue;
            }
            let taken = self.message(messages, i, to);
            to.settle(i, taken);
        }
    }

    fn save(&self) -> Vec<u8> {
        vec![self.header as u8]
    }

    fn restore(&mut self, bytes: &[u8]) {
        self.header &= bytes != [0];
    }
}

impl CsvSource {
    fn message(&mut self, messages: &Messages<'_>, i: usize, to: &mut MapTarget<'_>) -> Scanned<()> {
        let message = messages.message(i);
        if let Err(e) = std::str::from_utf8(message) {
            return Err(Fault::new(Kind::Malformed, e.valid_up_to(), 1, "this is not UTF-8"));
        }
        if !self.grouping {
            let one = message.strip_suffix(b"\n").map_or(message, |m| m.strip_suffix(b"\r").unwrap_or(m));
            return self.record(one, messages, i, to);
        }
        let mut rest = message;
        while !rest.is_empty() {
            let end = unquoted_end(rest).map_or(rest.len(), |(end, _)| end);
            let record = &rest[..end];
            rest = rest.get(end + 1..).unwrap_or(&[]);
            let record = record.strip_suffix(b"\r").unwrap_or(record);
            if !record.is_empty() {
                self.record(record, messages, i, to)?;
            }
        }
        Ok(())
    }

    fn record(&mut self, record: &[u8], messages: &Messages<'_>, i: usize, to: &mut MapTarget<'_>) -> Scanned<()> {
        split(record, self.delimiter, &mut self.fields)?;
        let now = to.now();
        let (rows, arena) = to.frame.rows_of(to.stream);
        for (a, wanted) in self.wanted.iter().enumerate() {
            let (attribute, column) = (&self.attributes[a], &mut rows.cols[a]);
            let field = match wanted {
                Wanted::Property(name) => {
                    property(messages, i, name, attribute, true, column, arena)?;
                    continue;
                }
                Wanted::Column(n) => self.fields.get(*n).ok_or(*n),
            };
            match field {
                Ok(field) if push_text(text(record, field, &mut self.scratch), attribute, column, arena) => {}
                _ if !self.strict => column.push_null(),
                Ok(field) => {
                    let message = format!(
                        "this is no value of '{}' of '{}', which is of type {}",
                        attribute.name, self.stream, attribute.ty
                    );
                    let fault = Fault::new(Kind::WrongType, field.range.start, field.range.len(), message);
                    let header = record[field.range.clone()].eq_ignore_ascii_case(attribute.name.as_bytes());
                    return Err(if header { fault.help(HEADER) } else { fault });
                }
                Err(n) => {
                    let message =
                        format!("there is no field {n} for '{}': the record has {}", attribute.name, self.fields.len());
                    return Err(Fault::new(Kind::Missing, record.len(), 1, message));
                }
            }
        }
        rows.ts.push(now);
        Ok(())
    }
}

/// Writes records.
pub struct CsvSink {
    /// Attributes in the order of the columns.
    columns: Vec<usize>,
    names: Vec<String>,
    delimiter: u8,
    /// The header is still to be written.
    header: bool,
    grouping: bool,
    field: Vec<u8>,
}

/// Makes it.
pub(crate) fn make_sink(plan: &MapPlan, setting: &Setting) -> Option<Box<dyn SinkMapper>> {
    let o = &plan.options;
    let attributes = &setting.schema.attributes;
    let mut placed: Vec<(usize, usize)> = plan
        .payload
        .iter()
        .filter_map(|p| {
            let at = p.template.constant()?.trim().parse().ok()?;
            Some((at, setting.schema.index_of(p.key.as_deref()?)?))
        })
        .collect();
    placed.sort_unstable();
    let columns: Vec<usize> =
        if placed.is_empty() { (0..attributes.len()).collect() } else { placed.into_iter().map(|(_, a)| a).collect() };
    Some(Box::new(CsvSink {
        names: columns.iter().map(|a| attributes[*a].name.clone()).collect(),
        columns,
        delimiter: delimiter(o.text("delimiter")).unwrap_or(b','),
        header: o.flag("header", false),
        grouping: o.flag("event.grouping.enabled", false),
        field: Vec::new(),
    }))
}

impl SinkMapper for CsvSink {
    fn map(&mut self, rows: &OutRows<'_>, out: &mut Outgoing) {
        if std::mem::take(&mut self.header) {
            for (i, name) in self.names.iter().enumerate() {
                if i > 0 {
                    out.bytes.push(self.delimiter);
                }
                push_field(&mut out.bytes, name.as_bytes(), self.delimiter);
            }
            out.bytes.push(b'\n');
            out.end(0);
        }
        for (chunk, number) in rows.chunks.iter().zip(0..) {
            out.chunk = number;
            for row in chunk.first as usize..(chunk.first + chunk.rows) as usize {
                for (i, a) in self.columns.iter().enumerate() {
                    if i > 0 {
                        out.bytes.push(self.delimiter);
                    }
                    self.field.clear();
                    push_plain(&mut self.field, &rows.columns.cols[*a], row, rows.arena);
                    push_field(&mut out.bytes, &self.field, self.delimiter);
                }
                out.bytes.push(b'\n');
                if !self.grouping {
                    out.end(1);
                }
            }
            if self.grouping {
                out.end(chunk.rows);
            }
        }
    }

    fn ends_lines(&self) -> bool {
        true
    }

    fn save(&self) -> Vec<u8> {
        vec![self.header as u8]
    }

    fn restore(&mut self, bytes: &[u8]) {
        self.header &= bytes != [0];
    }
}

fn push_field(out: &mut Vec<u8>, text: &[u8], delimiter: u8) {
    if !text.iter().any(|b| *b == delimiter || matches!(b, b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(text);
        return;
    }
    out.push(b'"');
    for byte in text {
        out.extend_from_slice(if *byte == b'"' { b"\"\"" } else { std::slice::from_ref(byte) });
    }
    out.push(b'"');
}

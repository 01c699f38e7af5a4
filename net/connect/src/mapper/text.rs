//! `@map(type='text')`: `name:"value",` a line an attribute; or patterns in, templates out.

use regex::bytes::{Captures, Regex};
use riddhi_batch::{Attribute, Type};
use riddhi_plan::connector::{From, MapPlan, Template};
use riddhi_plan::registry::{MapperSpec, Mapping, OptionProblem, OptionType, Payload};

use super::template::render;
use super::values::{property, push_plain, push_text};
use super::{MapTarget, Messages, OutRows, Outgoing, SinkMapper, SourceMapper};
use crate::input::fault::{Fault, Kind};
use crate::input::jsonl::scan::Scanned;
use crate::registry::{Setting, option};

/// What stands between grouped events, unless something else is given.
const DELIMITER: &str = "~~~~~~~~~~";

/// Options of the mapper of sources.
pub(crate) fn source_spec() -> MapperSpec {
    MapperSpec {
        name: "text",
        options: vec![
            option("regex.*", OptionType::Text),
            option("fail.on.missing.attribute", OptionType::Bool),
            option("event.grouping.enabled", OptionType::Bool),
            option("delimiter", OptionType::Text),
            option("new.line.character", OptionType::Text),
        ],
        payload: Payload::Bytes,
        mapping: Mapping::Groups,
        check: check_source,
    }
}

/// Options of the mapper of sinks.
pub(crate) fn sink_spec() -> MapperSpec {
    MapperSpec {
        name: "text",
        options: vec![
            option("event.grouping.enabled", OptionType::Bool),
            option("delimiter", OptionType::Text),
            option("new.line.character", OptionType::Text),
            option("mustache.enabled", OptionType::Bool),
        ],
        payload: Payload::Bytes,
        mapping: Mapping::Template,
        check: |plan| {
            let mustache = plan.options.flag("mustache.enabled", false);
            let missing = || OptionProblem::missing("mustache.enabled", "Riddhi does not have Mustache templates yet");
            mustache.then(missing).into_iter().collect()
        },
    }
}

fn patterns(plan: &MapPlan) -> Vec<(String, Result<Regex, String>)> {
    let regex =
        |text: &str| Regex::new(text).map_err(|e| e.to_string().lines().last().unwrap_or_default().trim().to_owned());
    let given = plan.options.given.iter();
    given.filter_map(|o| Some((o.name.strip_prefix("regex.")?.to_owned(), regex(o.value.constant()?)))).collect()
}

/// `A[1]` or `A`, which is its first group.
fn group(text: &str) -> Option<(&str, usize)> {
    match text.trim().split_once('[') {
        None => Some((text.trim(), 1)),
        Some((name, rest)) => Some((name, rest.strip_suffix(']')?.trim().parse().ok()?)),
    }
}

fn check_source(plan: &MapPlan) -> Vec<OptionProblem> {
    let patterns = patterns(plan);
    let mut found = Vec::new();
    for (o, (name, pattern)) in plan.options.given.iter().filter(|o| o.name.starts_with("regex.")).zip(&patterns) {
        if let Err(e) = pattern {
            found.push(OptionProblem::at(
                o.span,
                format!("`regex.{name}` is no pattern: {e}"),
                "see docs/connectors.md",
            ));
        }
    }
    for mapped in &plan.attributes {
        let From::Payload(text) = &mapped.from else { continue };
        let pattern = group(text).and_then(|(name, n)| {
            let (_, pattern) = patterns.iter().find(|(known, _)| known == name)?;
            Some((pattern, n))
        });
        match pattern {
            None => found.push(OptionProblem::at(
                mapped.span,
                format!("`{text}` names no pattern"),
                "give regex.A='...' to the mapper and write A[1] here",
            )),
            Some((Ok(pattern), n)) if n >= pattern.captures_len() => found.push(OptionProblem::at(
                mapped.span,
                format!("the pattern has no group {n}"),
                "groups are counted from 1; 0 is the whole match",
            )),
            Some(_) => {}
        }
    }
    found
}

/// Where an attribute comes from.
enum Wanted {
    /// A pattern and a group of it.
    Group(usize, usize),
    Property(String),
    /// The line with its name.
    Line,
}

/// Reads texts.
pub struct TextSource {
    attributes: Vec<Attribute>,
    patterns: Vec<Regex>,
    wanted: Vec<Wanted>,
    fail_on_missing: bool,
    /// The line that stands between events of a message.
    delimiter: Option<String>,
    new_line: String,
}

fn new_line(plan: &MapPlan) -> String {
    plan.options.text("new.line.character").unwrap_or("\n").replace("\\r", "\r").replace("\\n", "\n")
}

fn delimiter(plan: &MapPlan) -> Option<String> {
    let grouping = plan.options.flag("event.grouping.enabled", false);
    grouping.then(|| plan.options.text("delimiter").unwrap_or(DELIMITER).to_owned())
}

/// Makes it.
pub(crate) fn make_source(plan: &MapPlan, setting: &Setting) -> Option<Box<dyn SourceMapper>> {
    let named = patterns(plan);
    let attributes = setting.schema.attributes.clone();
    let only_properties = plan.attributes.iter().all(|m| matches!(m.from, From::Property(_)));
    let wanted =
        (0..attributes.len()).map(|a| match plan.attributes.iter().find(|m| m.attribute == a).map(|m| &m.from) {
            Some(From::Property(name)) => Wanted::Property(name.clone()),
            Some(From::Payload(text)) if !only_properties => {
                let found = group(text).and_then(|(name, n)| Some((named.iter().position(|(k, _)| k == name)?, n)));
                found.map_or(Wanted::Line, |(pattern, n)| Wanted::Group(pattern, n))
            }
            _ => Wanted::Line,
        });
    Some(Box::new(TextSource {
        wanted: wanted.collect(),
        attributes,
        patterns: named.into_iter().filter_map(|(_, pattern)| pattern.ok()).collect(),
        fail_on_missing: plan.options.flag("fail.on.missing.attribute", true),
        delimiter: delimiter(plan),
        new_line: new_line(plan),
    }))
}

impl SourceMapper for TextSource {
    fn map(&mut self, messages: &Messages<'_>, to: &mut MapTarget<'_>) {
        for i in 0..messages.ranges.len() {
            let taken = self.message(messages, i, to);
            to.settle(i, taken);
        }
    }
}

impl TextSource {
    fn message(&self, messages: &Messages<'_>, i: usize, to: &mut MapTarget<'_>) -> Scanned<()> {
        let bytes = messages.message(i);
        let text = std::str::from_utf8(bytes)
            .map_err(|e| Fault::new(Kind::Malformed, e.valid_up_to(), 1, "this is not UTF-8"))?;
        match &self.delimiter {
            None => self.event(text, messages, i, to),
            Some(delimiter) => {
                let between = format!("{}{delimiter}{}", self.new_line, self.new_line);
                text.split(&between).try_for_each(|part| self.event(part, messages, i, to))
            }
        }
    }

    fn event(&self, text: &str, messages: &Messages<'_>, i: usize, to: &mut MapTarget<'_>) -> Scanned<()> {
        let found: Vec<Option<Captures<'_>>> = self.patterns.iter().map(|p| p.captures(text.as_bytes())).collect();
        let now = to.now();
        let (rows, arena) = to.frame.rows_of(to.stream);
        for (a, wanted) in self.wanted.iter().enumerate() {
            let (attribute, column) = (&self.attributes[a], &mut rows.cols[a]);
            let value = match wanted {
                Wanted::Property(name) => {
                    property(messages, i, name, attribute, self.fail_on_missing, column, arena)?;
                    continue;
                }
                Wanted::Group(pattern, group) => {
                    let group = found[*pattern].as_ref().and_then(|c| c.get(*group));
                    group.and_then(|m| std::str::from_utf8(m.as_bytes()).ok())
                }
                Wanted::Line => self.line(text, attribute),
            };
            let Some(value) = value else {
                if self.fail_on_missing {
                    let message = format!("this message has no '{}'", attribute.name);
                    return Err(Fault::new(Kind::Missing, 0, 1, message)
                        .help("@map(..., fail.on.missing.attribute='false') makes it null"));
                }
                column.push_null();
                continue;
            };
            let number = matches!(attribute.ty, Type::Int | Type::Long | Type::Float | Type::Double);
            let plain = number && value.contains(',');
            let pushed = match plain {
                true => push_text(&value.replace(',', ""), attribute, column, arena),
                false => push_text(value, attribute, column, arena),
            };
            if !pushed {
                let message =
                    format!("'{value}' is no value of '{}', which is of type {}", attribute.name, attribute.ty);
                return Err(Fault::new(Kind::WrongType, 0, text.len(), message));
            }
        }
        rows.ts.push(now);
        Ok(())
    }

    /// The value of `name:value` among lines that end in `,`; the first one counts.
    fn line<'a>(&self, text: &'a str, attribute: &Attribute) -> Option<&'a str> {
        let between = format!(",{}", self.new_line);
        let mut lines = text.split(between.as_str());
        let value = lines.find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (name.trim() == attribute.name).then_some(value.trim())
        })?;
        if attribute.ty != Type::String {
            return Some(value);
        }
        // Strings stand in quotes, which Siddhi takes off without a look.
        let mut inner = value.chars();
        inner.next();
        inner.next_back();
        Some(inner.as_str())
    }
}

/// Writes texts.
pub struct TextSink {
    attributes: Vec<Attribute>,
    template: Option<Template>,
    delimiter: Option<String>,
    new_line: String,
}

/// Makes it.
pub(crate) fn make_sink(plan: &MapPlan, setting: &Setting) -> Option<Box<dyn SinkMapper>> {
    Some(Box::new(TextSink {
        attributes: setting.schema.attributes.clone(),
        template: plan.payload.first().map(|p| p.template.clone()),
        delimiter: delimiter(plan),
        new_line: new_line(plan),
    }))
}

impl SinkMapper for TextSink {
    fn map(&mut self, rows: &OutRows<'_>, out: &mut Outgoing) {
        for (chunk, number) in rows.chunks.iter().zip(0..) {
            out.chunk = number;
            let (first, end) = (chunk.first as usize, (chunk.first + chunk.rows) as usize);
            let mut rows_in = 0;
            for row in first..end {
                rows_in += 1;
                self.event(rows, row, &mut out.bytes);
                match &self.delimiter {
                    Some(delimiter) if row + 1 < end => {
                        for text in [&self.new_line, delimiter, &self.new_line] {
                            out.bytes.extend_from_slice(text.as_bytes());
                        }
                    }
                    _ => out.end(std::mem::take(&mut rows_in)),
                }
            }
        }
    }
}

impl TextSink {
    fn event(&self, rows: &OutRows<'_>, row: usize, out: &mut Vec<u8>) {
        if let Some(template) = &self.template {
            return render(template, rows.columns, row, rows.arena, out);
        }
        for (i, (a, column)) in self.attributes.iter().zip(&rows.columns.cols).enumerate() {
            if i > 0 {
                out.push(b',');
                out.extend_from_slice(self.new_line.as_bytes());
            }
            out.extend_from_slice(a.name.as_bytes());
            out.push(b':');
            let quoted = a.ty == Type::String && !column.is_null(row);
            out.extend_from_slice(if quoted { b"\"" } else { b"" });
            push_plain(out, column, row, rows.arena);
            out.extend_from_slice(if quoted { b"\"" } else { b"" });
        }
    }
}

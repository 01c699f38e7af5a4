//! Events in: by the attributes' names, or by path.

use riddhi_batch::{Arena, Attribute, Column, Columns, Str, Type};
use riddhi_plan::connector::{From, MapPlan};
use riddhi_plan::registry::{MapperSpec, Mapping, OptionProblem, OptionType, Payload};

use super::path::Path;
use crate::input::InputStream;
use crate::input::fault::{Fault, Kind};
use crate::input::jsonl::event::{Names, value};
use crate::input::jsonl::scan::{Scan, Scanned};
use crate::mapper::values::{of_text, property};
use crate::mapper::{MapTarget, Messages, SourceMapper};
use crate::registry::{Setting, option};

/// Its options.
pub(crate) fn spec() -> MapperSpec {
    MapperSpec {
        name: "json",
        options: vec![
            option("enclosing.element", OptionType::Text),
            option("fail.on.missing.attribute", OptionType::Bool),
            option("event.grouping.enabled", OptionType::Bool),
        ],
        payload: Payload::Bytes,
        mapping: Mapping::Paths,
        check,
    }
}

fn check(plan: &MapPlan) -> Vec<OptionProblem> {
    let mut found = Vec::new();
    const HELP: &str = "a path names one value: $.a.b[0]";
    if let Some(Err(e)) = plan.options.text("enclosing.element").map(Path::parse) {
        found.push(OptionProblem::wrong("enclosing.element", e, HELP));
    }
    for mapped in &plan.attributes {
        if let From::Payload(text) = &mapped.from
            && let Err(e) = Path::parse(text)
        {
            found.push(OptionProblem::at(mapped.span, e, HELP));
        }
    }
    found
}

/// Where a value comes from.
enum Wanted {
    Path(Path),
    Property(String),
}

/// Reads events.
struct JsonSource {
    names: Names,
    fail_on_missing: bool,
    grouping: bool,
    enclosing: Path,
    /// By attribute; empty without `@attributes`.
    wanted: Vec<Wanted>,
    /// `@attributes` names nothing but properties: the payload has the default form.
    properties: Vec<(usize, String)>,
    scratch: Vec<u8>,
}

/// Makes it.
pub(crate) fn make(plan: &MapPlan, setting: &Setting) -> Option<Box<dyn SourceMapper>> {
    let o = &plan.options;
    let stream = InputStream { number: 0, name: setting.stream.clone(), attributes: setting.schema.attributes.clone() };
    let path = |text: &str| Path::parse(text).unwrap_or_else(|_| Path::root());
    let mut mapped: Vec<_> = plan.attributes.iter().collect();
    mapped.sort_by_key(|m| m.attribute);
    let only_properties = mapped.iter().all(|m| matches!(m.from, From::Property(_)));
    let wanted = mapped.iter().filter(|_| !only_properties).map(|m| match &m.from {
        From::Payload(text) => Wanted::Path(path(text)),
        From::Property(name) => Wanted::Property(name.clone()),
    });
    let properties = mapped.iter().filter_map(|m| match &m.from {
        From::Property(name) if only_properties => Some((m.attribute, name.clone())),
        _ => None,
    });
    Some(Box::new(JsonSource {
        names: Names::new(&stream),
        fail_on_missing: o.flag("fail.on.missing.attribute", true),
        grouping: o.flag("event.grouping.enabled", true),
        enclosing: path(o.text("enclosing.element").unwrap_or("$")),
        wanted: wanted.collect(),
        properties: properties.collect(),
        scratch: Vec::new(),
    }))
}

impl SourceMapper for JsonSource {
    fn map(&mut self, messages: &Messages<'_>, to: &mut MapTarget<'_>) {
        for i in 0..messages.ranges.len() {
            let taken = self.message(messages, i, to);
            to.settle(i, taken);
        }
    }
}

impl JsonSource {
    #[inline]
    fn message(&mut self, messages: &Messages<'_>, i: usize, to: &mut MapTarget<'_>) -> Scanned<()> {
        let mut scan = Scan::new(messages.message(i));
        if !self.wanted.is_empty() {
            return self.custom(scan, messages, i, to);
        }
        match scan.peek() {
            b'[' => {
                scan.eat(b'[');
                self.array(&mut scan, messages, i, to)?;
            }
            _ => self.single(&mut scan, false, messages, i, to)?,
        }
        scan.end()
    }

    /// The events of an array, all in one chunk or each in its own. None of them is taken if one is wrong.
    fn array(&mut self, scan: &mut Scan<'_>, messages: &Messages<'_>, i: usize, to: &mut MapTarget<'_>) -> Scanned<()> {
        if scan.eat(b']') {
            return Ok(());
        }
        if !self.grouping {
            // A first look at all of them, since what is committed cannot be taken back.
            let mut ahead = *scan;
            self.elements(&mut ahead, messages, i, to, false)?;
            ahead.end()?;
            to.frame.cancel(to.stream);
        }
        self.elements(scan, messages, i, to, !self.grouping)
    }

    fn elements(
        &mut self,
        scan: &mut Scan<'_>,
        messages: &Messages<'_>,
        i: usize,
        to: &mut MapTarget<'_>,
        commit: bool,
    ) -> Scanned<()> {
        loop {
            self.single(scan, true, messages, i, to)?;
            if commit {
                to.commit();
            }
            if !scan.another(b']')? {
                return Ok(());
            }
        }
    }

    /// An event, with or without the `event` around it.
    #[inline]
    fn single(
        &mut self,
        scan: &mut Scan<'_>,
        in_array: bool,
        messages: &Messages<'_>,
        i: usize,
        to: &mut MapTarget<'_>,
    ) -> Scanned<()> {
        scan.expect(b'{', "to open an event")?;
        let mut inner = *scan;
        let wrapped = inner.peek() == b'"'
            && inner.string("").is_ok_and(|key| key.raw.eq_ignore_ascii_case(b"event"))
            && inner.eat(b':')
            && inner.eat(b'{');
        if wrapped {
            *scan = inner;
        }
        self.object(scan, in_array, messages, i, to)?;
        if wrapped {
            scan.expect(b'}', "after the event")?;
        }
        Ok(())
    }

    /// The attributes of an event whose `{` has been taken.
    fn object(
        &mut self,
        scan: &mut Scan<'_>,
        in_array: bool,
        messages: &Messages<'_>,
        i: usize,
        to: &mut MapTarget<'_>,
    ) -> Scanned<()> {
        let now = to.now();
        let (rows, arena) = to.frame.rows_of(to.stream);
        let (row, begin) = (rows.ts.len(), scan.at());
        if !scan.eat(b'}') {
            let mut previous = self.names.attributes.len();
            loop {
                let key = *scan;
                match self.names.attribute(scan, previous, rows, row) {
                    Ok(a) => {
                        let attribute = &self.names.attributes[a];
                        let column = &mut rows.cols[a];
                        json_value(scan, attribute, &self.names.name, in_array, column, arena, &mut self.scratch)?;
                        previous = a;
                    }
                    // An element of an array may have keys that nobody asked for.
                    Err(fault) if in_array && fault.message.contains("has no attribute") => {
                        *scan = key;
                        scan.string("a key in double quotes")?;
                        scan.expect(b':', "after the key")?;
                        scan.skip_value()?;
                    }
                    Err(fault) => return Err(fault),
                }
                if !scan.another(b'}')? {
                    break;
                }
            }
        }
        for (a, name) in &self.properties {
            let column = &mut rows.cols[*a];
            column.truncate(row);
            property(messages, i, name, &self.names.attributes[*a], self.fail_on_missing, column, arena)?;
        }
        self.fill(rows, row, begin)?;
        rows.ts.push(now);
        Ok(())
    }

    /// What was not given is null, if that may be.
    fn fill(&self, rows: &mut Columns, row: usize, begin: usize) -> Scanned<()> {
        for (column, attribute) in rows.cols.iter_mut().zip(&self.names.attributes) {
            if column.len() > row {
                continue;
            }
            if self.fail_on_missing {
                return Err(missing(&attribute.name, begin));
            }
            column.push_null();
        }
        Ok(())
    }

    /// Values by path.
    fn custom(&mut self, scan: Scan<'_>, messages: &Messages<'_>, i: usize, to: &mut MapTarget<'_>) -> Scanned<()> {
        let mut whole = scan;
        whole.skip_value()?;
        whole.end()?;
        let Some(mut at) = self.enclosing.find(scan)? else {
            return Err(Fault::new(Kind::Missing, 0, 1, "the enclosing element is not there"));
        };
        if !at.eat(b'[') {
            return self.by_path(at, messages, i, to);
        }
        if at.eat(b']') {
            return Ok(());
        }
        loop {
            at.peek();
            self.by_path(at, messages, i, to)?;
            if !self.grouping {
                to.commit();
            }
            at.skip_value()?;
            if !at.another(b']')? {
                return Ok(());
            }
        }
    }

    fn by_path(&mut self, event: Scan<'_>, messages: &Messages<'_>, i: usize, to: &mut MapTarget<'_>) -> Scanned<()> {
        let now = to.now();
        let (rows, arena) = to.frame.rows_of(to.stream);
        for (a, wanted) in self.wanted.iter().enumerate() {
            let (attribute, column) = (&self.names.attributes[a], &mut rows.cols[a]);
            match wanted {
                Wanted::Property(name) => property(messages, i, name, attribute, self.fail_on_missing, column, arena)?,
                Wanted::Path(path) => match path.find(event)? {
                    Some(mut at) => {
                        json_value(&mut at, attribute, &self.names.name, true, column, arena, &mut self.scratch)?;
                    }
                    None if self.fail_on_missing => return Err(missing(&attribute.name, event.at())),
                    None => column.push_null(),
                },
            }
        }
        rows.ts.push(now);
        Ok(())
    }
}

#[cold]
fn missing(attribute: &str, at: usize) -> Box<Fault> {
    Fault::new(Kind::Missing, at, 1, format!("this event has no '{attribute}'"))
        .help("@map(..., fail.on.missing.attribute='false') makes it null")
}

/// A value: a string takes any value's text; `by_text`: other types take what a string says as well.
#[inline]
fn json_value(
    scan: &mut Scan<'_>,
    attribute: &Attribute,
    stream: &str,
    by_text: bool,
    column: &mut Column,
    arena: &mut Arena,
    scratch: &mut Vec<u8>,
) -> Scanned<()> {
    let string = scan.peek() == b'"';
    match attribute.ty {
        Type::String if !string && attribute.kind == attribute.ty.kind() => {
            if scan.null() {
                column.push_null();
                return Ok(());
            }
            let (begin, line) = (scan.at(), *scan);
            scan.skip_value()?;
            compact(&line.rest()[..scan.at() - begin], scratch);
            column.push_str(Str::new(scratch, arena));
            Ok(())
        }
        Type::Int | Type::Long | Type::Float | Type::Double | Type::Bool if string && by_text => {
            let mut copy = *scan;
            let text = copy.string("a string")?;
            match of_text(&text.owned(), attribute.ty).filter(|value| column.push_value(value, arena)) {
                Some(_) => {
                    *scan = copy;
                    Ok(())
                }
                None => value(scan, attribute, stream, column, arena),
            }
        }
        _ => value(scan, attribute, stream, column, arena),
    }
}

/// JSON without the spaces between its parts.
fn compact(json: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let (mut quoted, mut escaped) = (false, false);
    for &b in json {
        if !quoted && matches!(b, b' ' | b'\t' | b'\n' | b'\r') {
            continue;
        }
        if b == b'"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && b == b'\\' && !escaped;
        out.push(b);
    }
}

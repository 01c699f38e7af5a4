//! Events of one stream as CSV with a header line (RFC 4180: fields in double quotes may hold commas and line ends).
//!
//! An empty field is null; an empty field in quotes is the empty string. Columns are matched with attributes by name.
//! The time column need not be an attribute; if it is one, it fills both. Without a time column events take "now".
//! Not here: finding where a record ends (`lines` does, by counting quotes).

use std::ops::Range;

use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::Offset;
use riddhi_batch::{Arena, Attribute, Column, Frame, Str, Type, Value};

use super::fault::{Fault, Kind};
use super::{InputStream, Item};
use riddhi_ql::suggest;

/// How the time column is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeFormat {
    /// Milliseconds since 1970.
    Millis,
    /// Seconds since 1970, perhaps with a fraction.
    Seconds,
    /// A pattern such as `%Y-%m-%dT%H:%M:%S`; without an offset in it the time is UTC.
    Pattern(String),
}

impl TimeFormat {
    /// `ms`, `s` or a pattern with `%`.
    pub fn parse(text: &str) -> Result<TimeFormat, String> {
        match text {
            "ms" => Ok(TimeFormat::Millis),
            "s" => Ok(TimeFormat::Seconds),
            _ if text.contains('%') => Ok(TimeFormat::Pattern(text.to_owned())),
            _ => Err("give ms, s, or a pattern such as %Y-%m-%dT%H:%M:%SZ".to_owned()),
        }
    }

    fn millis(&self, text: &str) -> Option<i64> {
        match self {
            TimeFormat::Millis => text.parse().ok(),
            TimeFormat::Seconds => match text.parse::<i64>() {
                Ok(s) => s.checked_mul(1000),
                Err(_) => text.parse::<f64>().ok().map(|s| (s * 1000.0).round()).and_then(whole),
            },
            TimeFormat::Pattern(pattern) => {
                let parsed = BrokenDownTime::parse(pattern, text).ok()?;
                match parsed.offset() {
                    Some(_) => parsed.to_timestamp().ok().map(|t| t.as_millisecond()),
                    None => utc_millis(&parsed),
                }
            }
        }
    }
}

fn whole(x: f64) -> Option<i64> {
    (x.abs() < 9e18).then_some(x as i64)
}

fn utc_millis(parsed: &BrokenDownTime) -> Option<i64> {
    let date = parsed.to_date().ok()?;
    let time = parsed.to_time().unwrap_or_default();
    Offset::UTC.to_timestamp(date.to_datetime(time)).ok().map(|t| t.as_millisecond())
}

/// What the command line says about a CSV file.
#[derive(Clone, Debug)]
pub struct CsvSettings {
    /// The stream its events belong to; may be left out if the app defines only one.
    pub stream: Option<String>,
    /// The column that holds the time.
    pub time_column: Option<String>,
    /// How it is written.
    pub time_format: TimeFormat,
}

/// What a column of the file is for.
#[derive(Clone, Copy, Debug, Default)]
struct Use {
    attribute: Option<usize>,
    time: bool,
}

/// A reader of records.
pub struct CsvReader {
    stream: InputStream,
    settings: CsvSettings,
    /// One a column, once the header is known.
    uses: Option<Vec<Use>>,
    /// The fields of the record at hand.
    fields: Vec<Field>,
    /// A quoted field with its doubled quotes resolved.
    scratch: Vec<u8>,
}

/// A field's place in the record, quotes taken off.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) range: Range<usize>,
    quoted: bool,
    doubled: bool,
}

impl CsvReader {
    /// A reader into one of `streams`; the message says which one must be named.
    pub fn new(streams: &[InputStream], settings: CsvSettings) -> Result<CsvReader, String> {
        let names = || streams.iter().map(|s| s.name.as_str());
        let stream = match (&settings.stream, streams) {
            (None, [only]) => only,
            (None, []) => return Err("the app defines no stream to read the CSV file into".to_owned()),
            (None, _) => {
                let all = names().collect::<Vec<_>>().join(", ");
                return Err(format!("say with --stream which stream the CSV file is for: {all}"));
            }
            (Some(name), _) => {
                streams.iter().find(|s| s.name == *name).ok_or_else(|| match suggest(name, names()) {
                    Some(near) => format!("--stream: the app defines no stream '{name}'; did you mean '{near}'?"),
                    None => format!("--stream: the app defines no stream '{name}'"),
                })?
            }
        };
        let stream = stream.clone();
        Ok(CsvReader { stream, settings, uses: None, fields: Vec::new(), scratch: Vec::new() })
    }

    /// Reads one record; the first is the header. See [`super::Records::read`].
    pub fn read(&mut self, record: &[u8], now: i64, frame: &mut Frame) -> Result<Item, Box<Fault>> {
        if record.iter().all(|b| b.is_ascii_whitespace()) {
            return Ok(Item::Nothing);
        }
        if let Err(e) = std::str::from_utf8(record) {
            return Err(Fault::new(Kind::Malformed, e.valid_up_to(), 1, "this is not UTF-8"));
        }
        split(record, b',', &mut self.fields)?;
        if self.uses.is_none() {
            self.uses = Some(self.header(record)?);
            return Ok(Item::Nothing);
        }
        let row = self.row(record, now, frame);
        if row.is_err() {
            frame.cancel(self.stream.number);
        }
        row
    }

    /// Whether the header has been read.
    pub fn has_header(&self) -> bool {
        self.uses.is_some()
    }

    fn header(&mut self, record: &[u8]) -> Result<Vec<Use>, Box<Fault>> {
        let mut uses: Vec<Use> = Vec::new();
        for field in &self.fields {
            let name = text(record, field, &mut self.scratch).trim().to_owned();
            let time = self.settings.time_column.as_ref() == Some(&name);
            let attribute = self.stream.attributes.iter().position(|a| a.name == name);
            let (at, len) = (field.range.start, field.range.len());
            if attribute.is_none() && !time {
                let message = format!("the stream '{}' has no attribute '{name}'", self.stream.name);
                let names = self.stream.attributes.iter().map(|a| a.name.as_str());
                let fault = Fault::new(Kind::UnknownAttribute, at, len, message);
                let near = riddhi_ql::suggest(&name, names.clone()).is_some();
                return Err(match &self.settings.time_column {
                    Some(column) if !near => {
                        fault.help(format!("--time-column says '{column}'; columns are attributes or the event's time"))
                    }
                    None if !near && name.to_lowercase().contains("time") => {
                        fault.help(format!("if it holds the event's time, say --time-column {name}"))
                    }
                    _ => fault.suggest(&name, names, "its attributes"),
                });
            }
            if uses.iter().any(|u| (time && u.time) || (attribute.is_some() && u.attribute == attribute)) {
                return Err(Fault::new(Kind::UnknownAttribute, at, len, format!("the column '{name}' is there twice")));
            }
            uses.push(Use { attribute, time });
        }
        match &self.settings.time_column {
            Some(name) if !uses.iter().any(|u| u.time) => {
                let message = format!("the file has no column '{name}', which --time-column names");
                Err(Fault::new(Kind::Missing, 0, record.len(), message))
            }
            _ => Ok(uses),
        }
    }

    fn row(&mut self, record: &[u8], now: i64, frame: &mut Frame) -> Result<Item, Box<Fault>> {
        let uses = self.uses.as_deref().unwrap_or_default();
        if uses.len() != self.fields.len() {
            let message = format!("expected {} fields as in the header, found {}", uses.len(), self.fields.len());
            let at = self.fields.get(uses.len()).map_or(record.len(), |f| f.range.start);
            return Err(Fault::new(Kind::Malformed, at, 1, message));
        }
        let (rows, arena) = frame.rows_of(self.stream.number);
        let row = rows.ts.len();
        let mut ts = None;
        for (field, column) in self.fields.iter().zip(uses) {
            let value = text(record, field, &mut self.scratch);
            if column.time {
                ts = Some(time(value, field, &self.settings)?);
            }
            if let Some(i) = column.attribute {
                cell(value, field, &self.stream.attributes[i], &self.stream.name, &mut rows.cols[i], arena)?;
            }
        }
        rows.cols.iter_mut().filter(|c| c.len() == row).for_each(Column::push_null);
        rows.ts.push(ts.unwrap_or(now));
        Ok(Item::Chunk { stream: self.stream.number, ts, events: 1 })
    }
}

/// Finds the fields of a record.
pub(crate) fn split(record: &[u8], delimiter: u8, fields: &mut Vec<Field>) -> Result<(), Box<Fault>> {
    fields.clear();
    let mut at = 0;
    loop {
        let field = if record.get(at) == Some(&b'"') { quoted(record, at)? } else { plain(record, at, delimiter) };
        at = field.range.end + usize::from(field.quoted);
        fields.push(field);
        match record.get(at) {
            None => return Ok(()),
            Some(b) if *b == delimiter => at += 1,
            Some(_) => {
                return Err(Fault::new(
                    Kind::Malformed,
                    at,
                    1,
                    format!("expected '{}' or the end of the line after the quotes", delimiter as char),
                ));
            }
        }
    }
}

fn plain(record: &[u8], at: usize, delimiter: u8) -> Field {
    let end = memchr::memchr(delimiter, &record[at..]).map_or(record.len(), |n| at + n);
    Field { range: at..end, quoted: false, doubled: false }
}

fn quoted(record: &[u8], at: usize) -> Result<Field, Box<Fault>> {
    let (mut end, mut doubled) = (at + 1, false);
    loop {
        match memchr::memchr(b'"', &record[end..]) {
            None => return Err(Fault::new(Kind::Malformed, at, 1, "these quotes are never closed")),
            Some(n) if record.get(end + n + 1) == Some(&b'"') => {
                doubled = true;
                end += n + 2;
            }
            Some(n) => return Ok(Field { range: at + 1..end + n, quoted: true, doubled }),
        }
    }
}

/// A field's text; the record is known to be UTF-8 and fields end at ASCII bytes.
pub(crate) fn text<'a>(record: &'a [u8], field: &Field, scratch: &'a mut Vec<u8>) -> &'a str {
    let raw = &record[field.range.clone()];
    if !field.doubled {
        return std::str::from_utf8(raw).unwrap_or("");
    }
    scratch.clear();
    let mut rest = raw;
    while let Some(n) = memchr::memchr(b'"', rest) {
        scratch.extend_from_slice(&rest[..=n]);
        rest = &rest[(n + 2).min(rest.len())..];
    }
    scratch.extend_from_slice(rest);
    std::str::from_utf8(scratch).unwrap_or("")
}

fn time(value: &str, field: &Field, settings: &CsvSettings) -> Result<i64, Box<Fault>> {
    settings.time_format.millis(value.trim()).ok_or_else(|| {
        let expected = match &settings.time_format {
            TimeFormat::Millis => "milliseconds since 1970",
            TimeFormat::Seconds => "seconds since 1970",
            TimeFormat::Pattern(pattern) => pattern,
        };
        let message = format!("expected a time as {expected}, found '{}'", cut(value));
        Fault::new(Kind::WrongType, field.range.start, field.range.len(), message)
            .help("--time-format takes ms, s, or a pattern such as %Y-%m-%dT%H:%M:%SZ")
    })
}

/// Appends a field to its column.
fn cell(
    value: &str,
    field: &Field,
    a: &Attribute,
    stream: &str,
    column: &mut Column,
    arena: &mut Arena,
) -> Result<(), Box<Fault>> {
    if value.is_empty() && !field.quoted {
        column.push_null();
        return Ok(());
    }
    if a.ty == Type::String && a.kind == a.ty.kind() {
        column.push_str(Str::new(value.as_bytes(), arena));
        return Ok(());
    }
    let parsed = parse(value, a.ty);
    if parsed.as_ref().is_some_and(|v| column.push_value(v, arena)) {
        return Ok(());
    }
    let out_of_range = matches!(a.ty, Type::Int | Type::Long) && value.trim().parse::<i128>().is_ok();
    let (kind, what) = match out_of_range {
        true => (Kind::OutOfRange, format!("{} is out of the range of", cut(value))),
        false => (Kind::WrongType, format!("'{}' is no value of", cut(value))),
    };
    let message = format!("{what} '{}' of '{stream}', which is of type {}", a.name, a.ty);
    Err(Fault::new(kind, field.range.start, field.range.len(), message))
}

fn parse(value: &str, ty: Type) -> Option<Value> {
    let number = value.trim();
    Some(match ty {
        Type::Int => Value::Int(number.parse().ok()?),
        Type::Long => Value::Long(number.parse().ok()?),
        Type::Float => Value::Float(number.parse().ok().filter(|x: &f32| x.is_finite()).or(special(number))?),
        Type::Double => Value::Double(number.parse().ok().filter(|x: &f64| x.is_finite()).or(special(number))?),
        Type::Bool if number.eq_ignore_ascii_case("true") => Value::Bool(true),
        Type::Bool if number.eq_ignore_ascii_case("false") => Value::Bool(false),
        Type::Bool => return None,
        Type::String | Type::Object => Value::Str(value.into()),
    })
}

/// `NaN`, `Infinity`, `-Infinity`, as the writers spell them.
fn special<T: std::str::FromStr>(text: &str) -> Option<T> {
    matches!(text, "NaN" | "Infinity" | "-Infinity").then(|| text.parse().ok())?
}

fn cut(value: &str) -> String {
    if value.chars().count() > 40 { value.chars().take(40).chain("...".chars()).collect() } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use riddhi_batch::Schema;

    use super::*;

    fn streams() -> Vec<InputStream> {
        let attributes = vec![
            Attribute::new("s", Type::String),
            Attribute::new("i", Type::Int),
            Attribute::new("d", Type::Double),
            Attribute::new("b", Type::Bool),
        ];
        vec![InputStream { number: 0, name: "S".into(), attributes }]
    }

    fn reader(time_column: Option<&str>, time_format: &str) -> CsvReader {
        let time_format = TimeFormat::parse(time_format).unwrap();
        let settings = CsvSettings { stream: None, time_column: time_column.map(str::to_owned), time_format };
        CsvReader::new(&streams(), settings).unwrap()
    }

    /// The last record's row, or its fault.
    fn last(mut reader: CsvReader, records: &[&str]) -> String {
        let mut frame = Frame::new(&[Schema { attributes: streams().remove(0).attributes }]);
        let mut text = String::new();
        for record in records {
            text = match reader.read(record.as_bytes(), 5, &mut frame) {
                Ok(Item::Chunk { .. }) => {
                    let rows = &frame.flows[0].rows;
                    let i = rows.len() - 1;
                    let values = rows.cols.iter().map(|c| c.value(i, &frame.arena).to_string()).collect::<Vec<_>>();
                    format!("@{} {}", rows.ts[i], values.join("|"))
                }
                Ok(item) => format!("{item:?}"),
                Err(fault) => format!("{} {}:{} {}", fault.kind.code(), fault.at + 1, fault.len, fault.message),
            };
        }
        text
    }

    #[test]
    fn records_fill_their_columns() {
        for (header, record, row) in [
            ("s,i,d,b", "x,1,2.5,true", "@5 x|1|2.5|true"),
            ("i,s", "7,\"a \"\"b\"\", c\nd\"", "@5 a \"b\", c\nd|7|null|null"),
            ("s,i,d,b", ",,,", "@5 null|null|null|null"),
            ("s,i,d,b", "\"\", 2 ,NaN,FALSE", "@5 |2|NaN|false"),
            ("b", "true", "@5 null|null|null|true"),
        ] {
            assert_eq!(last(reader(None, "ms"), &[header, record]), row, "{record:?}");
        }
    }

    #[test]
    fn times_of_all_forms() {
        for (format, text, ts) in [
            ("ms", "1360343100000", 1360343100000i64),
            ("s", "1360343100", 1360343100000),
            ("s", "1360343100.25", 1360343100250),
            ("%Y-%m-%dT%H:%M:%SZ", "2013-02-08T17:05:00Z", 1360343100000),
            ("%Y-%m-%d %H:%M", "2013-02-08 17:05", 1360343100000),
            ("%Y-%m-%d", "2013-02-08", 1360281600000),
            ("%Y-%m-%dT%H:%M:%S%z", "2013-02-08T12:05:00-0500", 1360343100000),
        ] {
            assert_eq!(
                last(reader(Some("t"), format), &["t,i", &format!("{text},1")]),
                format!("@{ts} null|1|null|null")
            );
        }
        assert_eq!(last(reader(Some("i"), "s"), &["i", "3"]), "@3000 null|3|null|null");
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (records, expected) in [
            (&["s,x"][..], "I0003 3:1 the stream 'S' has no attribute 'x'"),
            (&["s,s"], "I0003 3:1 the column 's' is there twice"),
            (&["s,i", "a"], "I0001 2:1 expected 2 fields as in the header, found 1"),
            (&["s,i", "a,1,2"], "I0001 5:1 expected 2 fields as in the header, found 3"),
            (&["s,i", "a,1.5"], "I0004 3:3 '1.5' is no value of 'i' of 'S', which is of type int"),
            (&["s,i", "a,3000000000"], "I0005 3:10 3000000000 is out of the range of 'i' of 'S', which is of type int"),
            (&["s,d", "a,inf"], "I0004 3:3 'inf' is no value of 'd' of 'S', which is of type double"),
            (&["s,b", "a,yes"], "I0004 3:3 'yes' is no value of 'b' of 'S', which is of type bool"),
            (&["s,i", "\"a,1"], "I0001 1:1 these quotes are never closed"),
            (&["s,i", "\"a\"b,1"], "I0001 4:1 expected ',' or the end of the line after the quotes"),
        ] {
            assert_eq!(last(reader(None, "ms"), records), expected);
        }
        let no_time = last(reader(Some("t"), "ms"), &["s"]);
        assert_eq!(no_time, "I0007 1:1 the file has no column 't', which --time-column names");
        let bad_time = last(reader(Some("t"), "%Y-%m-%d"), &["t", "8.2.2013"]);
        assert_eq!(bad_time, "I0004 1:8 expected a time as %Y-%m-%d, found '8.2.2013'");
        assert!(TimeFormat::parse("seconds").is_err());
    }

    #[test]
    fn the_stream_must_be_clear() {
        let mut two = streams();
        two.push(InputStream { number: 1, name: "Trades".into(), attributes: Vec::new() });
        let settings = |s: Option<&str>| CsvSettings {
            stream: s.map(str::to_owned),
            time_column: None,
            time_format: TimeFormat::Millis,
        };
        let message = |s| CsvReader::new(&two, settings(s)).err().unwrap_or_default();
        assert_eq!(message(None), "say with --stream which stream the CSV file is for: S, Trades");
        assert_eq!(message(Some("Trade")), "--stream: the app defines no stream 'Trade'; did you mean 'Trades'?");
        assert_eq!(message(Some("Trades")), "");
    }

    proptest! {
        #[test]
        fn no_record_makes_it_panic(records in proptest::collection::vec("[a\",\n\r i1.-]{0,12}", 0..6)) {
            let records: Vec<&str> = ["s,i,b"].into_iter().chain(records.iter().map(String::as_str)).collect();
            last(reader(None, "ms"), &records);
        }

        #[test]
        fn no_bytes_make_it_panic(header in any::<Vec<u8>>(), record in any::<Vec<u8>>()) {
            let mut frame = Frame::new(&[Schema { attributes: streams().remove(0).attributes }]);
            let mut reader = reader(None, "ms");
            let _ = reader.read(&header, 0, &mut frame);
            let _ = reader.read(&record, 0, &mut frame);
        }
    }
}

//! One event: `{"stream":...,"ts":...,"data":{...}}`.

use riddhi_batch::{Arena, Attribute, Column, Columns, Frame, Str, Type, Value};

use super::JsonlReader;
use super::scan::{Number, Scan, Scanned, Text};
use crate::input::InputStream;
use crate::input::fault::{Fault, Kind};
use crate::text::json::push_string;

/// A stream's names, prepared for comparison, and the order they came in last.
pub(crate) struct Names {
    pub number: u32,
    pub name: String,
    /// `"stream":"name","ts":`
    head: Vec<u8>,
    /// The stream whose event followed one of this stream last time.
    follower: usize,
    pub attributes: Vec<Attribute>,
    /// `"name":` of each attribute.
    keys: Vec<Vec<u8>>,
    /// The attribute that came after each one last time; the last entry is for the beginning.
    after: Vec<usize>,
}

impl Names {
    pub fn new(stream: &InputStream) -> Names {
        let n = stream.attributes.len();
        let mut head = b"\"stream\":".to_vec();
        push_string(&mut head, stream.name.as_bytes());
        head.extend_from_slice(b",\"ts\":");
        Names {
            head,
            number: stream.number,
            name: stream.name.clone(),
            follower: 0,
            keys: stream.attributes.iter().map(|a| format!("\"{}\":", a.name).into_bytes()).collect(),
            after: (1..=n).chain([0]).collect(),
            attributes: stream.attributes.clone(),
        }
    }
}

/// What is known of an event while its keys come.
#[derive(Default)]
struct Partial {
    ts: Option<i64>,
    /// Where the data stand, if they came before the stream's name.
    postponed: Option<usize>,
    filled: bool,
}

impl JsonlReader {
    /// Reads an event whose `{` has been taken and appends its row. `stream` is that of the chunk's earlier events and
    /// must be the same.
    #[inline]
    pub(super) fn event(
        &mut self,
        scan: &mut Scan<'_>,
        now: i64,
        frame: &mut Frame,
        stream: &mut Option<usize>,
    ) -> Scanned<Option<i64>> {
        if let Some((s, ts)) = self.usual_head(scan, *stream) {
            *stream = Some(s);
            self.attributes(scan, s, frame)?;
            scan.expect(b'}', "after the data")?;
            frame.rows_of(self.streams[s].number).0.ts.push(ts);
            return Ok(Some(ts));
        }
        self.any_event(scan, now, frame, stream)
    }

    /// Takes `"stream":"Name","ts":5,"data":{` if exactly that stands here and the name is the one guessed.
    #[inline(always)]
    fn usual_head(&mut self, scan: &mut Scan<'_>, chunk: Option<usize>) -> Option<(usize, i64)> {
        let guess = match chunk {
            Some(s) => s,
            None => self.streams.get(self.last)?.follower,
        };
        let mut head = *scan;
        if !head.eat_exactly(&self.streams.get(guess)?.head) {
            return None;
        }
        let ts = head.short_whole()?;
        if !head.eat_exactly(b",\"data\":{") {
            return None;
        }
        *scan = head;
        self.last = guess;
        Some((guess, ts))
    }

    /// An event with keys in any order and white space anywhere.
    fn any_event(
        &mut self,
        scan: &mut Scan<'_>,
        now: i64,
        frame: &mut Frame,
        stream: &mut Option<usize>,
    ) -> Scanned<Option<i64>> {
        let begin = scan.at() - 1;
        let mut mine = None;
        let mut part = Partial::default();
        if !scan.eat(b'}') {
            loop {
                self.member(scan, frame, &mut mine, &mut part, stream)?;
                if !scan.another(b'}')? {
                    break;
                }
            }
        }
        let Some(s) = mine else { return Err(missing(begin, "stream")) };
        if let Some(at) = part.postponed {
            self.data(&mut scan.from(at), s, frame)?;
        } else if !part.filled {
            return Err(missing(begin, "data"));
        }
        frame.rows_of(self.streams[s].number).0.ts.push(part.ts.unwrap_or(now));
        Ok(part.ts)
    }

    #[inline]
    fn member(
        &mut self,
        scan: &mut Scan<'_>,
        frame: &mut Frame,
        mine: &mut Option<usize>,
        part: &mut Partial,
        chunk: &mut Option<usize>,
    ) -> Scanned<()> {
        let key = scan.string("a key in double quotes")?;
        scan.expect(b':', "after the key")?;
        match key.raw {
            b"stream" if mine.is_none() => {
                let name = scan.string("the name of a stream")?;
                let s = self.stream(name)?;
                if chunk.is_some_and(|c| c != s) {
                    let message = "all events of a batch must be of one stream";
                    return Err(Fault::new(Kind::WrongType, name.at, name.end() - name.at, message));
                }
                (*mine, *chunk) = (Some(s), Some(s));
            }
            b"ts" if part.ts.is_none() => part.ts = timestamp(scan)?,
            b"data" if !part.filled && part.postponed.is_none() => match *mine {
                Some(s) => {
                    self.data(scan, s, frame)?;
                    part.filled = true;
                }
                None => {
                    scan.peek();
                    part.postponed = Some(scan.at());
                    scan.skip_value()?;
                }
            },
            _ => return Err(bad_key(key)),
        }
        Ok(())
    }

    #[inline]
    fn stream(&mut self, name: Text<'_>) -> Scanned<usize> {
        let guess = self.streams.get(self.last).map_or(0, |s| s.follower);
        if !name.escaped && self.streams.get(guess).is_some_and(|s| s.name.as_bytes() == name.raw) {
            self.last = guess;
            return Ok(guess);
        }
        let owned;
        let text = if name.escaped {
            owned = name.owned();
            owned.as_bytes()
        } else {
            name.raw
        };
        let Some(found) = self.streams.iter().position(|s| s.name.as_bytes() == text) else {
            let text = String::from_utf8_lossy(text);
            let message = format!("the app defines no stream '{text}'");
            let fault = Fault::new(Kind::UnknownStream, name.at, name.end() - name.at, message);
            return Err(fault.suggest(&text, self.streams.iter().map(|s| s.name.as_str()), "its streams"));
        };
        self.streams[self.last].follower = found;
        self.last = found;
        Ok(found)
    }

    /// Reads `{"attribute":value,...}` into the columns of stream `s`.
    fn data(&mut self, scan: &mut Scan<'_>, s: usize, frame: &mut Frame) -> Scanned<()> {
        scan.expect(b'{', "to open the attributes")?;
        self.attributes(scan, s, frame)
    }

    /// The same after the `{`.
    #[inline]
    fn attributes(&mut self, scan: &mut Scan<'_>, s: usize, frame: &mut Frame) -> Scanned<()> {
        let names = &mut self.streams[s];
        let (rows, arena) = frame.rows_of(names.number);
        let row = rows.ts.len();
        if !scan.eat(b'}') {
            let mut previous = names.attributes.len();
            loop {
                let i = names.attribute(scan, previous, rows, row)?;
                let attribute = &names.attributes[i];
                value(scan, attribute, &names.name, &mut rows.cols[i], arena)?;
                previous = i;
                if !scan.another(b'}')? {
                    break;
                }
            }
        }
        for column in rows.cols.iter_mut().filter(|c| c.len() == row) {
            column.push_null();
        }
        Ok(())
    }
}

impl Names {
    /// Takes a key and its colon; gives the attribute, which has no value in this row yet.
    #[inline]
    pub fn attribute(&mut self, scan: &mut Scan<'_>, previous: usize, rows: &Columns, row: usize) -> Scanned<usize> {
        scan.peek();
        let guess = self.after[previous];
        let at = scan.at();
        let found = match self.keys.get(guess) {
            Some(key) if scan.eat_exactly(key) => guess,
            _ => {
                let found = self.find(scan)?;
                self.after[previous] = found;
                found
            }
        };
        if rows.cols[found].len() != row {
            let name = &self.attributes[found].name;
            let message = format!("the attribute '{name}' is given twice");
            return Err(Fault::new(Kind::UnknownAttribute, at, name.len() + 2, message));
        }
        Ok(found)
    }

    pub fn find(&self, scan: &mut Scan<'_>) -> Scanned<usize> {
        let key = scan.string("the name of an attribute in double quotes")?;
        scan.expect(b':', "after the name")?;
        let is_key = |k: &Vec<u8>| !key.escaped && &k[1..k.len() - 2] == key.raw;
        if let Some(i) = self.keys.iter().position(is_key) {
            return Ok(i);
        }
        let name = key.owned();
        if let Some(i) = self.attributes.iter().position(|a| a.name == name) {
            return Ok(i);
        }
        let message = format!("the stream '{}' has no attribute '{name}'", self.name);
        let fault = Fault::new(Kind::UnknownAttribute, key.at, key.end() - key.at, message);
        Err(fault.suggest(&name, self.attributes.iter().map(|a| a.name.as_str()), "its attributes"))
    }
}

#[cold]
fn missing(at: usize, key: &str) -> Box<Fault> {
    Fault::new(Kind::Missing, at, 1, format!("this event has no '{key}'"))
        .help("write {\"stream\":\"Name\",\"ts\":milliseconds,\"data\":{\"attribute\":value}}")
}

#[cold]
fn bad_key(key: Text<'_>) -> Box<Fault> {
    let name = key.owned();
    let known = ["stream", "ts", "data"];
    let what = if known.contains(&name.as_str()) { "is given twice" } else { "is not one an event has" };
    let fault = Fault::new(Kind::UnknownKey, key.at, key.end() - key.at, format!("the key '{name}' {what}"));
    let known = known.into_iter().chain(["batch", "query", "control"]);
    if what == "is given twice" { fault } else { fault.suggest(&name, known, "keys that may stand here") }
}

/// Milliseconds; null is as good as none.
#[inline]
fn timestamp(scan: &mut Scan<'_>) -> Scanned<Option<i64>> {
    if let Some(n) = scan.number()? {
        if n.whole
            && let Some(ts) = n.long()
        {
            return Ok(Some(ts));
        }
        let message = format!("expected a timestamp in whole milliseconds, found the number {}", shown(&n));
        return Err(Fault::new(Kind::OutOfRange, n.at, n.raw.len(), message));
    }
    if scan.null() { Ok(None) } else { Err(scan.unexpected("a timestamp in milliseconds")) }
}

/// Reads a value of the attribute's type into its column.
#[inline]
pub(crate) fn value(
    scan: &mut Scan<'_>,
    a: &Attribute,
    stream: &str,
    column: &mut Column,
    arena: &mut Arena,
) -> Scanned<()> {
    if scan.peek() == b'n' && scan.null() {
        column.push_null();
        return Ok(());
    }
    let at = scan.at();
    if a.kind != a.ty.kind() || a.ty == Type::Object {
        return any_value(scan, a, stream, column, arena);
    }
    match a.ty {
        Type::Int => match scan.short_whole().and_then(|x| i32::try_from(x).ok()) {
            Some(x) => column.push_i32(x),
            None => {
                *scan = scan.from(at);
                column.push_i32(int(scan, a, stream)?);
            }
        },
        Type::Long => match scan.short_whole() {
            Some(x) => column.push_i64(x),
            None => column.push_i64(long(scan, a, stream)?),
        },
        Type::Float => column.push_f32(float(scan, a, stream)?),
        Type::Double => match scan.short_decimal() {
            Some(x) => column.push_f64(x),
            None => column.push_f64(double(scan, a, stream)?),
        },
        Type::Bool => match scan.boolean() {
            Some(x) => column.push_bool(x),
            None => return Err(wrong(scan, a, stream)),
        },
        _ => match scan.plain_string() {
            Some(raw) => column.push_str(Str::new(raw, arena)),
            None => column.push_str(string(scan, a, stream, arena)?),
        },
    }
    Ok(())
}

/// A string with escapes, or beyond ASCII.
fn string(scan: &mut Scan<'_>, a: &Attribute, stream: &str, arena: &mut Arena) -> Scanned<Str> {
    if scan.peek() != b'"' {
        return Err(wrong(scan, a, stream));
    }
    Ok(scan.string("a string")?.placed(arena))
}

/// A value of an `object`, or of an attribute whose column keeps the type with each value.
#[cold]
fn any_value(scan: &mut Scan<'_>, a: &Attribute, stream: &str, column: &mut Column, arena: &mut Arena) -> Scanned<()> {
    let value = match a.ty {
        Type::Int => Value::Int(int(scan, a, stream)?),
        Type::Long => Value::Long(long(scan, a, stream)?),
        Type::Float => Value::Float(float(scan, a, stream)?),
        Type::Double => Value::Double(double(scan, a, stream)?),
        Type::Bool => Value::Bool(scan.boolean().ok_or_else(|| wrong(scan, a, stream))?),
        Type::String if scan.peek() != b'"' => return Err(wrong(scan, a, stream)),
        Type::String => Value::Str(scan.string("a string")?.owned().into()),
        Type::Object => object(scan, a, stream)?,
    };
    if !column.push_value(&value, arena) {
        return Err(wrong(scan, a, stream));
    }
    Ok(())
}

/// A scalar by its looks: whole numbers are int or long, others double.
fn object(scan: &mut Scan<'_>, a: &Attribute, stream: &str) -> Scanned<Value> {
    if scan.peek() == b'"' {
        return Ok(Value::Str(scan.string("a string")?.owned().into()));
    }
    if let Some(x) = scan.boolean() {
        return Ok(Value::Bool(x));
    }
    let Some(n) = scan.number()? else { return Err(wrong(scan, a, stream)) };
    let whole = n.long().filter(|_| n.whole);
    Ok(match whole {
        Some(x) => i32::try_from(x).map_or(Value::Long(x), Value::Int),
        None => Value::Double(n.double().ok_or_else(|| out_of_range(&n, a, stream))?),
    })
}

fn int(scan: &mut Scan<'_>, a: &Attribute, stream: &str) -> Scanned<i32> {
    let n = whole(scan, a, stream)?;
    n.long().and_then(|x| i32::try_from(x).ok()).ok_or_else(|| out_of_range(&n, a, stream))
}

fn long(scan: &mut Scan<'_>, a: &Attribute, stream: &str) -> Scanned<i64> {
    let n = whole(scan, a, stream)?;
    n.long().ok_or_else(|| out_of_range(&n, a, stream))
}

fn whole<'a>(scan: &mut Scan<'a>, a: &Attribute, stream: &str) -> Scanned<Number<'a>> {
    match scan.number()? {
        Some(n) if n.whole => Ok(n),
        Some(n) => Err(wrong(&mut scan.from(n.at), a, stream)),
        None => Err(wrong(scan, a, stream)),
    }
}

fn float(scan: &mut Scan<'_>, a: &Attribute, stream: &str) -> Scanned<f32> {
    match scan.number()? {
        Some(n) => n.float().ok_or_else(|| out_of_range(&n, a, stream)),
        None => special(scan, a, stream).map(|x| x as f32),
    }
}

fn double(scan: &mut Scan<'_>, a: &Attribute, stream: &str) -> Scanned<f64> {
    match scan.number()? {
        Some(n) => n.double().ok_or_else(|| out_of_range(&n, a, stream)),
        None => special(scan, a, stream),
    }
}

/// The values that JSON has no number for are strings.
fn special(scan: &mut Scan<'_>, a: &Attribute, stream: &str) -> Scanned<f64> {
    let mut copy = *scan;
    let x = match copy.string("").map(|t| t.raw) {
        Ok(b"NaN") => f64::NAN,
        Ok(b"Infinity") => f64::INFINITY,
        Ok(b"-Infinity") => f64::NEG_INFINITY,
        _ => return Err(wrong(scan, a, stream)),
    };
    *scan = copy;
    Ok(x)
}

/// A value of another type, or none at all, stands where one of `a` should.
#[cold]
fn wrong(scan: &mut Scan<'_>, a: &Attribute, stream: &str) -> Box<Fault> {
    scan.peek();
    let (found, len) = scan.found();
    let expected = match a.ty {
        Type::Int | Type::Long => "a whole number",
        Type::Float | Type::Double => "a number",
        Type::Bool => "true or false",
        Type::String => "a string",
        Type::Object => "a string, a number or true or false",
    };
    let message = format!("'{}' of '{stream}' is of type {}: expected {expected}, found {found}", a.name, a.ty);
    let fault = Fault::new(Kind::WrongType, scan.at(), len, message);
    match a.ty {
        Type::Float | Type::Double if found == "a string" => {
            fault.help("the only strings a number may be are \"NaN\", \"Infinity\" and \"-Infinity\"")
        }
        Type::String if found.starts_with("the number") => fault.help("put it in double quotes"),
        _ => fault,
    }
}

#[cold]
fn out_of_range(n: &Number<'_>, a: &Attribute, stream: &str) -> Box<Fault> {
    let message = format!("{} is out of the range of '{}' of '{stream}', which is of type {}", shown(n), a.name, a.ty);
    let fault = Fault::new(Kind::OutOfRange, n.at, n.raw.len(), message);
    match a.ty {
        Type::Int if n.long().is_some() => fault.help("a long would hold it"),
        Type::Float if n.double().is_some() => fault.help("a double would hold it"),
        _ => fault,
    }
}

/// A number's text, cut if it is very long.
fn shown(n: &Number<'_>) -> String {
    let text = String::from_utf8_lossy(n.raw);
    if text.len() > 40 { format!("{}...", &text[..40]) } else { text.into_owned() }
}

impl Text<'_> {
    /// The string for a column; a long one goes into `arena`.
    #[inline]
    fn placed(&self, arena: &mut Arena) -> Str {
        if !self.escaped {
            return Str::new(self.raw, arena);
        }
        let at = arena.len();
        self.unescape(arena.bytes_mut());
        let bytes = arena.bytes_mut();
        match Str::inline(&bytes[at..]) {
            Some(short) => {
                bytes.truncate(at);
                short
            }
            None => Str::placed(&bytes[at..], at as u64),
        }
    }
}

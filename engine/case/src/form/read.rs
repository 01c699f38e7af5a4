//! Text to cases.
//!
//! Invariants: no text panics; what one line stands for, and how far away a time is, have bounds.

use std::fmt;
use std::ops::Range;

use riddhi_plan::registry::HostValue;

use super::{Case, Expect, Fault, Line, Order, Row, Token, Want};

/// How far from 1970 a time may be, in milliseconds: as far as calendars go, and far from where sums wrap around.
const TIME_MAX: i64 = 1 << 53;

/// How the names of targets begin.
const TARGETS: [&str; 4] = ["stream ", "query ", "result ", "failed "];

/// Ticks that one line stands for at most.
const TICKS_MAX: i64 = 1_000_000;

/// A place of a file that is no case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// Reads the cases of a file. `name` is that of a case which does not say its own. `read` gives the content of a file
/// that a case names, or says why it cannot.
pub fn parse(name: &str, text: &str, read: Read<'_>) -> Result<Vec<Case>, Malformed> {
    let mut cases = Vec::new();
    let mut at = 0;
    let lines: Vec<&str> = text.lines().collect();
    while at < lines.len() {
        let title = lines[at].strip_prefix("=== ");
        let first = at + title.is_some() as usize;
        let end = (first..lines.len()).find(|&i| lines[i].starts_with("=== ")).unwrap_or(lines.len());
        if title.is_none() && end < lines.len() && lines[first..end].iter().all(|l| l.is_empty() || l.starts_with('#'))
        {
            at = end;
            continue;
        }
        let mut reader = Reader { case: Case::new(title.unwrap_or(name), 0, 0), ..Reader::default() };
        for (i, line) in lines.iter().enumerate().take(end).skip(first) {
            reader.line(i, line, read).map_err(|message| Malformed { line: i + 1, message })?;
        }
        cases.push(reader.finish(at..end).map_err(|message| Malformed { line: at + 1, message })?);
        at = end;
    }
    Ok(cases)
}

/// The cases of a Markdown text: its fenced blocks called `case`, perhaps with a name behind it. The result has as many
/// lines as the text, and what is in no such block is empty, so that places and changes of the one are those of the other.
pub fn of_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for (n, line) in text.lines().enumerate() {
        let fence = line.strip_prefix("```");
        let title = fence.filter(|_| !inside).and_then(|info| info.strip_prefix("case"));
        match title {
            Some("") => out.push_str(&format!("=== line {}", n + 1)),
            Some(title) => out.push_str(&format!("=== {}", title.trim())),
            None if inside && fence.is_none() => out.push_str(line),
            None => {}
        }
        inside = title.is_some() || (inside && fence.is_none());
        out.push('\n');
    }
    out
}

/// Gives the content of a file, or says why it cannot.
pub type Read<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// No files, for cases whose apps stand in them.
pub fn no_files(_: &str) -> Result<String, String> {
    Err("apps in files cannot be read here".to_owned())
}

/// Which lines follow.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Section {
    #[default]
    None,
    App,
    Host,
    Input,
    Rows,
}

/// A case as far as it is read.
struct Reader {
    case: Case,
    section: Section,
    wants: Vec<Want>,
    odd: Vec<(String, Order)>,
    refused: Option<Expect>,
}

impl Default for Reader {
    fn default() -> Reader {
        let case = Case::new("", 0, 0);
        Reader { case, section: Section::None, wants: Vec::new(), odd: Vec::new(), refused: None }
    }
}

impl Reader {
    fn line(&mut self, number: usize, line: &str, read: Read<'_>) -> Result<(), String> {
        if let Some(content) = line.strip_prefix("  ").or_else(|| line.is_empty().then_some("")) {
            return self.content(number, content);
        }
        if line.starts_with('#') {
            return Ok(());
        }
        let (key, rest) = line.split_once(':').ok_or("expected `key: value`")?;
        self.key(number, key, rest.trim(), read)
    }

    fn content(&mut self, number: usize, content: &str) -> Result<(), String> {
        match self.section {
            Section::App => push_line(self.case.apps.last_mut(), content),
            _ if content.trim().is_empty() => {}
            Section::Host => {
                let (key, text) = told(content)?;
                self.case.host.insert(key, Some(text));
            }
            Section::Input => {
                self.case.input.extend(input_line(content, self.case.zero)?);
                self.case.input_lines.resize(self.case.input.len(), number);
            }
            Section::Rows => {
                let rows = rows(content, self.case.zero)?;
                let want = self.wants.last_mut().expect("the section began with a target");
                want.lines.push((number, want.rows.len()..want.rows.len() + rows.len()));
                want.rows.extend(rows);
            }
            Section::None => return Err("this belongs to no section".to_owned()),
        }
        Ok(())
    }

    fn key(&mut self, line: usize, key: &str, rest: &str, read: Read<'_>) -> Result<(), String> {
        match key {
            "name" => self.case.name = rest.to_owned(),
            "start" => (self.case.zero, self.case.start) = (time(rest, 0)?, time(rest, 0)?),
            "deliveries" => {
                let max = rest.parse().map_err(|_| format!("`{rest}` is no number of deliveries"))?;
                self.case.deliveries_max = Some(max);
            }
            "zero" => self.case.zero = time(rest, 0)?,
            "unordered" => self.odd.push((rest.to_owned(), Order::Free)),
            "ignored" => self.odd.push((rest.to_owned(), Order::Ignored)),
            "rejected" => self.refused = Some(Expect::Rejected(fault(rest).ok())),
            "needs" => {
                let (feature, rest) = rest.split_once(", ").ok_or(NO_FAULT)?;
                self.refused = Some(Expect::Needs(feature.to_owned(), fault(rest)?));
            }
            "host" => self.section = Section::Host,
            "input" => self.section = Section::Input,
            _ if key == "app" || key.starts_with("app ") => self.app(rest, read)?,
            _ if TARGETS.iter().any(|target| key.starts_with(target)) => {
                self.section = Section::Rows;
                self.wants.push(Want { head: line, ..Want::new(key.to_owned(), Order::Exact, Vec::new()) });
            }
            _ => return Err(format!("`{key}` is no key of a case")),
        }
        Ok(())
    }

    fn app(&mut self, file: &str, read: Read<'_>) -> Result<(), String> {
        let in_case = file.is_empty();
        self.section = if in_case { Section::App } else { Section::None };
        self.case.apps.push(if in_case { String::new() } else { read(file)? });
        self.case.app_files.push((!in_case).then(|| file.to_owned()));
        Ok(())
    }

    fn finish(mut self, lines: Range<usize>) -> Result<Case, String> {
        for (target, order) in self.odd {
            match self.wants.iter_mut().find(|want| want.target == target) {
                Some(want) => want.order = order,
                None if order == Order::Ignored => self.wants.push(Want::new(target, order, Vec::new())),
                None => {}
            }
        }
        let mut case = self.case;
        let restarts = case.input.iter().filter_map(|l| if let Line::Restart(n) = l { *n } else { None });
        if case.apps.is_empty() {
            return Err("the case has no app".to_owned());
        }
        if let Some(n) = restarts.max().filter(|n| *n >= case.apps.len()) {
            return Err(format!("`!restart {}` needs an app behind `app {}:`", n + 1, n + 1));
        }
        case.expect = self.refused.unwrap_or(Expect::Rows(self.wants));
        case.lines = lines;
        Ok(case)
    }
}

/// `variable NAME = value`.
fn told(line: &str) -> Result<((HostValue, String), String), String> {
    let parts = HostValue::ALL.into_iter().find_map(|value| {
        let (name, text) = line.strip_prefix(value.name())?.strip_prefix(' ')?.split_once(" = ")?;
        Some(((value, name.to_owned()), text.to_owned()))
    });
    let names = HostValue::ALL.map(|value| format!("`{} NAME = VALUE`", value.name()));
    parts.ok_or_else(|| format!("expected {}", names.join(" or ")))
}

const NO_FAULT: &str = "expected `needs: feature, code at line:column`";

fn fault(text: &str) -> Result<Fault, String> {
    let (code, at) = text.split_once(" at ").ok_or(NO_FAULT)?;
    Ok(Fault { code: code.to_owned(), at: at.to_owned() })
}

fn push_line(to: Option<&mut String>, line: &str) {
    if let Some(to) = to {
        to.push_str(line);
        to.push('\n');
    }
}

fn input_line(line: &str, zero: i64) -> Result<Vec<Line>, String> {
    if let Some(query) = line.strip_prefix('?') {
        return Ok(vec![Line::Query(query.trim().to_owned())]);
    }
    if let Some(control) = line.strip_prefix('!') {
        return Ok(vec![control_line(control)?]);
    }
    if let Some(times) = line.strip_prefix('@') {
        return ticks(times, zero);
    }
    let (stream, rest) = line.split_once('@').ok_or("expected `stream@time values`")?;
    let rows = rows(&line[line.len() - rest.len() - 1..], zero)?;
    Ok(vec![Line::Chunk { stream: stream.to_owned(), rows }])
}

fn control_line(control: &str) -> Result<Line, String> {
    let (word, number) = control.split_once(' ').unwrap_or((control, ""));
    let number = number.parse::<usize>().ok();
    Ok(match (word, number) {
        ("persist", None) => Line::Persist,
        ("restore", None) => Line::Restore,
        ("restorerev", Some(n)) => Line::RestoreRevision(n),
        ("clearrevisions", None) => Line::ClearRevisions,
        ("snapshot", None) => Line::Snapshot,
        ("restoresnapshot", None) => Line::RestoreSnapshot,
        ("restart", Some(0)) => return Err("apps are numbered from 1".to_owned()),
        ("restart", n) => Line::Restart(n.map(|n| n - 1)),
        _ => return Err(format!("`!{control}` is unknown")),
    })
}

/// `100`, or `100..300/100`.
fn ticks(text: &str, zero: i64) -> Result<Vec<Line>, String> {
    let Some((from, rest)) = text.split_once("..") else {
        return Ok(vec![Line::Tick(time(text, zero)?)]);
    };
    let (to, by) = rest.split_once('/').ok_or("a range of ticks needs its distance")?;
    let (from, to) = (time(from, zero)?, time(to, zero)?);
    let by = by.parse::<i64>().ok().filter(|by| *by > 0).ok_or("the distance of ticks must be positive")?;
    let last = to.checked_sub(from).map(|all| all / by).filter(|n| *n < TICKS_MAX);
    let last = last.ok_or_else(|| format!("a line may stand for {TICKS_MAX} ticks"))?;
    Ok((0..=last).map(|i| Line::Tick(from + i * by)).collect())
}

/// Milliseconds after `zero` as a time.
fn time(text: &str, zero: i64) -> Result<i64, String> {
    let after: i64 = text.parse().map_err(|_| format!("`{text}` is no time; times are milliseconds"))?;
    let time = zero.checked_add(after).filter(|time| (-TIME_MAX..=TIME_MAX).contains(time));
    time.ok_or_else(|| format!("`{text}` is too far away"))
}

/// `@0 1, "a"; @5 expired 2, null`.
fn rows(text: &str, zero: i64) -> Result<Vec<Row>, String> {
    let mut from = Scan { rest: text };
    let mut rows = Vec::new();
    loop {
        rows.push(from.row(zero)?);
        from.skip();
        if from.rest.is_empty() {
            return Ok(rows);
        }
        from.expect(";")?;
    }
}

struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    fn eat(&mut self, what: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(what) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, what: &str) -> Result<(), String> {
        if self.eat(what) { Ok(()) } else { Err(format!("expected `{what}` before `{}`", self.rest)) }
    }

    fn word(&mut self) -> &'a str {
        self.skip();
        let end = self.rest.find([' ', ',', ';']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn row(&mut self, zero: i64) -> Result<Row, String> {
        self.expect("@")?;
        let ts = match self.word() {
            "-" => None,
            time => Some(self::time(time, zero)?),
        };
        let expired = self.eat("expired ");
        let mut values = Vec::new();
        self.skip();
        if !self.rest.is_empty() && !self.rest.starts_with(';') {
            loop {
                values.push(self.value()?);
                if !self.eat(",") {
                    break;
                }
            }
        }
        Ok(Row { ts, expired, values })
    }

    fn value(&mut self) -> Result<Token, String> {
        self.skip();
        if self.rest.starts_with('"') {
            let mut strings = serde_json::Deserializer::from_str(self.rest).into_iter::<String>();
            let text = strings.next().expect("something follows");
            let text = text.map_err(|_| format!("this is no string of JSON: `{}`", self.rest))?;
            self.rest = &self.rest[strings.byte_offset()..];
            return Ok(Token::Text(text));
        }
        Ok(match self.word() {
            "null" => Token::Null,
            "true" => Token::Bool(true),
            "false" => Token::Bool(false),
            "*" => Token::Any,
            number if number.parse::<f64>().is_ok() => Token::Number(number.to_owned()),
            other => return Err(format!("`{other}` is no value")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# Two at once.
start: 1000
unordered: stream Out
app:
  define stream S (k string, v int);

  from S select k, v insert into Out;
input:
  S@0 \"a, b; c\", 1; @5 null, -2
  @10..30/10
  !restart
stream Out:
  @0 \"a, b; c\", 1
  @5 expired null, -2
";

    #[test]
    fn a_case_is_read() {
        let case = &parse("x", TEXT, &no_files).expect("it is well-formed")[0];
        assert_eq!((case.name.as_str(), case.start), ("x", 1000));
        assert_eq!(case.apps, ["define stream S (k string, v int);\n\nfrom S select k, v insert into Out;\n"]);
        let a = Row { ts: Some(1000), expired: false, values: vec![Token::Text("a, b; c".into()), one("1")] };
        let b = Row { ts: Some(1005), expired: false, values: vec![Token::Null, one("-2")] };
        let chunk = Line::Chunk { stream: "S".to_owned(), rows: vec![a.clone(), b.clone()] };
        let ticks = [Line::Tick(1010), Line::Tick(1020), Line::Tick(1030)];
        assert_eq!(case.input, [&[chunk][..], &ticks, &[Line::Restart(None)]].concat());
        let Expect::Rows(wants) = &case.expect else { panic!("it expects rows") };
        assert_eq!((wants[0].target.as_str(), wants[0].order), ("stream Out", Order::Free));
        assert_eq!(wants[0].rows, [a, Row { expired: true, ..b }]);
        let again = &parse("y", &case.to_string(), &no_files).expect("it is well-formed")[0];
        assert_eq!((&again.input, again.to_string()), (&case.input, case.to_string()));
    }

    #[test]
    fn what_is_ignored_need_not_be_named() {
        let text = "app:\n  x\ninput:\nstream A:\nignored: stream A\nignored: query q\n";
        let case = &parse("x", text, &no_files).expect("it is well-formed")[0];
        let Expect::Rows(wants) = &case.expect else { panic!("it expects rows") };
        let shown: Vec<_> = wants.iter().map(|w| (w.target.as_str(), w.order)).collect();
        assert_eq!(shown, [("stream A", Order::Ignored), ("query q", Order::Ignored)]);
    }

    #[test]
    fn cases_stand_in_documents() {
        let text =
            "# About\n\n```case one\napp:\n  x\ninput:\n```\n\nText.\n\n```sh\napp:\n```\n\n```case\napp:\n  y\n```\n";
        let blocks = of_markdown(text);
        assert_eq!(blocks.lines().count(), text.lines().count());
        let cases = parse("x", &blocks, &no_files).expect("it is well-formed");
        let shown: Vec<_> = cases.iter().map(|c| (c.name.as_str(), c.apps[0].trim(), c.lines.start)).collect();
        assert_eq!(shown, [("one", "x", 2), ("line 15", "y", 14)]);
    }

    #[test]
    fn apps_stand_in_files_too() {
        let read = |file: &str| match file {
            "a.siddhi" => Ok("define stream S (v int);".to_owned()),
            other => Err(format!("there is no {other}")),
        };
        let text = "app: a.siddhi\ninput:\n  S@0 1\nstream Out:\n  @0 1; @1 2\n# Behind.\n  @2 3\n";
        let case = &parse("x", text, &read).expect("it is well-formed")[0];
        assert_eq!(case.apps, ["define stream S (v int);"]);
        let Expect::Rows(wants) = &case.expect else { panic!("it expects rows") };
        assert_eq!((wants[0].head, &wants[0].lines[..]), (3, &[(4, 0..2), (6, 2..3)][..]));
        assert!(case.to_string().contains("app: a.siddhi\n"), "{case}");
        let missing = parse("x", "app: b\n", &read).expect_err("there is no such file");
        assert_eq!(missing.to_string(), "line 1: there is no b");
    }

    fn one(digits: &str) -> Token {
        Token::Number(digits.to_owned())
    }

    #[test]
    fn mistakes_are_placed() {
        for (text, part) in [
            ("app:\n  x\ninput:\n  S 1\n", "line 4: expected `stream@time values`"),
            ("app:\n  x\ninput:\n  S@0 1x\n", "line 4: `1x` is no value"),
            ("app:\n  x\ninput:\n  !stop\n", "line 4: `!stop` is unknown"),
            ("app:\n  x\ninput:\n  S@0 \"\\q\"\n", "line 4: this is no string"),
            ("app:\n  x\nzero: 5\ninput:\n  S@0 1\n  @9223372036854775807\n", "line 6: `9223"),
            ("start: -9223372036854775808\n", "line 1: `-9223372036854775808` is too far away"),
            ("app:\n  x\ninput:\n  @0..9000000000/1\n", "line 4: a line may stand for 1000000 ticks"),
            ("app:\n  x\ninput:\n  !restart 2\n", "line 1: `!restart 2` needs an app behind `app 2:`"),
            ("app:\n  x\ninput:\n  !restart 0\n", "line 4: apps are numbered from 1"),
            ("app: x.siddhi\n", "line 1: apps in files cannot be read here"),
            ("apps:\n", "line 1: `apps` is no key"),
            ("needs: joins\n", "line 1: expected `needs: feature, code"),
            ("=== y\nstart: 5\n", "line 1: the case has no app"),
        ] {
            let message = parse("x", text, &no_files).expect_err("it is malformed").to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}

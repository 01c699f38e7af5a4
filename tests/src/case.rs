//! The text of a case: an app, what goes in and when, what comes out. `tests/README.md` shows one.
//!
//! Times are milliseconds after the case's zero. What is read here is only text: that streams exist and values have the
//! right types is found out when the case is run.

use std::fmt;

/// A value as written.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// Digits; with a point or an exponent, or `NaN`, `Infinity`, `-Infinity`, a float or double.
    Number(String),
    /// A JSON string.
    Text(String),
    /// `*`: any value, in expected rows.
    Any,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Null => f.write_str("null"),
            Token::Bool(x) => write!(f, "{x}"),
            Token::Number(x) => f.write_str(x),
            Token::Text(x) => write!(f, "{}", serde_json::Value::from(x.as_str())),
            Token::Any => f.write_str("*"),
        }
    }
}

/// An event or an expected row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Absolute, milliseconds since 1970; an event may have none.
    pub ts: Option<i64>,
    /// Of an expected row of a query.
    pub expired: bool,
    /// Attributes in order.
    pub values: Vec<Token>,
}

/// Something that happens to the app.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// Events of a stream handed over at once.
    Chunk {
        /// The stream.
        stream: String,
        /// One or more.
        rows: Vec<Row>,
    },
    /// The clock moves to this time.
    Tick(i64),
    /// The state is kept as the next revision.
    Persist,
    /// The last revision is loaded.
    Restore,
    /// The revision of that number is loaded.
    RestoreRevision(usize),
    /// Revisions are forgotten.
    ClearRevisions,
    /// The state is kept apart.
    Snapshot,
    /// The state kept apart is loaded.
    RestoreSnapshot,
    /// The app of that place in [`Case::apps`] starts, without state; none: the same again.
    Restart(Option<usize>),
}

/// How far the order of a target's rows counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As written.
    Exact,
    /// Siddhi itself does not repeat it.
    Free,
    /// Siddhi does not even repeat the values.
    Ignored,
}

/// What one target shows.
#[derive(Clone, Debug)]
pub struct Want {
    /// `stream Out` or `query q`.
    pub target: String,
    /// Whether the order counts.
    pub order: Order,
    /// The rows.
    pub rows: Vec<Row>,
}

/// The diagnostic that refuses an app: `R0404 at 2:20`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its code.
    pub code: String,
    /// Its place in the app as `line:column`.
    pub at: String,
}

/// What a case expects.
#[derive(Clone, Debug)]
pub enum Expect {
    /// The app is refused as mistaken, with this diagnostic if the case says which.
    Rejected(Option<Fault>),
    /// The app needs a feature that Riddhi does not have yet; the diagnostic names it.
    Needs(String, Fault),
    /// Every target with its rows.
    Rows(Vec<Want>),
}

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name, by which `known.txt` calls it.
    pub name: String,
    /// What the clock reads before the first entry.
    pub start: i64,
    /// From when times are written.
    pub zero: i64,
    /// Deliveries per entry at most, if not the engine's own bound.
    pub deliveries_max: Option<u32>,
    /// The app, then those that a restart names.
    pub apps: Vec<String>,
    /// What happens.
    pub input: Vec<Line>,
    /// What comes of it.
    pub expect: Expect,
}

impl Case {
    /// A case with nothing in it.
    pub fn new(name: &str, start: i64, zero: i64) -> Case {
        Case {
            name: name.to_owned(),
            start,
            zero,
            deliveries_max: None,
            apps: Vec::new(),
            input: Vec::new(),
            expect: Expect::Rejected(None),
        }
    }
}

impl fmt::Display for Case {
    /// The text that [`parse`] reads; ticks are written one by one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "name: {}\n{}: {}", self.name, if self.start == 0 { "zero" } else { "start" }, self.zero)?;
        self.deliveries_max.iter().try_for_each(|max| writeln!(f, "deliveries: {max}"))?;
        for (n, app) in self.apps.iter().enumerate() {
            if n == 0 {
                writeln!(f, "app:")?
            } else {
                writeln!(f, "app {}:", n + 1)?
            }
            app.lines().try_for_each(|line| writeln!(f, "  {line}"))?;
        }
        match &self.expect {
            Expect::Rejected(None) => return writeln!(f, "rejected: mistaken"),
            Expect::Rejected(Some(fault)) => return writeln!(f, "rejected: {} at {}", fault.code, fault.at),
            Expect::Needs(feature, fault) => return writeln!(f, "needs: {feature}, {} at {}", fault.code, fault.at),
            Expect::Rows(_) => {}
        }
        writeln!(f, "input:")?;
        self.input.iter().try_for_each(|line| writeln!(f, "  {}", Shown(line, self.zero)))?;
        let Expect::Rows(wants) = &self.expect else { return Ok(()) };
        for want in wants {
            writeln!(f, "{}:", want.target)?;
            want.rows.iter().try_for_each(|row| writeln!(f, "  {}", Shown(row, self.zero)))?;
        }
        Ok(())
    }
}

/// Something with times, as written after a case's zero.
struct Shown<'a, T>(&'a T, i64);

impl fmt::Display for Shown<'_, Line> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Line::Chunk { stream, rows } => {
                write!(f, "{stream}")?;
                rows.iter()
                    .enumerate()
                    .try_for_each(|(i, row)| write!(f, "{}{}", if i > 0 { "; " } else { "" }, Shown(row, self.1)))
            }
            Line::Tick(at) => write!(f, "@{}", at - self.1),
            Line::Persist => f.write_str("!persist"),
            Line::Restore => f.write_str("!restore"),
            Line::RestoreRevision(n) => write!(f, "!restorerev {n}"),
            Line::ClearRevisions => f.write_str("!clearrevisions"),
            Line::Snapshot => f.write_str("!snapshot"),
            Line::RestoreSnapshot => f.write_str("!restoresnapshot"),
            Line::Restart(None) => f.write_str("!restart"),
            Line::Restart(Some(n)) => write!(f, "!restart {}", n + 1),
        }
    }
}

impl fmt::Display for Shown<'_, Row> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.ts {
            Some(ts) => write!(f, "@{}", ts - self.1)?,
            None => f.write_str("@-")?,
        }
        f.write_str(if self.0.expired { " expired" } else { "" })?;
        self.0.values.iter().enumerate().try_for_each(|(i, v)| write!(f, "{} {v}", if i > 0 { "," } else { "" }))
    }
}

/// Reads the cases of a file. `name` is that of a case which does not say its own.
pub fn parse(name: &str, text: &str) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    let mut at = 0;
    let lines: Vec<&str> = text.lines().collect();
    while at < lines.len() {
        let title = lines[at].strip_prefix("=== ");
        let first = at + title.is_some() as usize;
        let end = (first..lines.len()).find(|&i| lines[i].starts_with("=== ")).unwrap_or(lines.len());
        cases.push(case(title.unwrap_or(name), &lines[first..end], first)?);
        at = end;
    }
    Ok(cases)
}

fn case(name: &str, lines: &[&str], first: usize) -> Result<Case, String> {
    let mut case = Case::new(name, 0, 0);
    let mut wants: Vec<Want> = Vec::new();
    let mut odd: Vec<(&str, Order)> = Vec::new();
    let mut refused = None;
    let mut section = "";
    for (i, &line) in lines.iter().enumerate() {
        let fail = |what: String| format!("{name}, line {}: {what}", first + i + 1);
        if let Some(content) = line.strip_prefix("  ").or_else(|| line.is_empty().then_some("")) {
            match section {
                "app" => push_line(case.apps.last_mut(), content),
                _ if content.trim().is_empty() => {}
                "input" => case.input.extend(input_line(content, case.zero).map_err(fail)?),
                "rows" => {
                    let rows = rows(content, case.zero).map_err(fail)?;
                    wants.last_mut().expect("the section began with a target").rows.extend(rows);
                }
                _ => return Err(fail("this belongs to no section".to_owned())),
            }
            continue;
        }
        if line.starts_with('#') {
            continue;
        }
        let (key, rest) = line.split_once(':').ok_or_else(|| fail("expected `key: value`".to_owned()))?;
        let rest = rest.trim();
        let number = || rest.parse::<i64>().map_err(|_| fail(format!("`{rest}` is no number")));
        match key {
            "name" => case.name = rest.to_owned(),
            "start" => (case.zero, case.start) = (number()?, number()?),
            "deliveries" => case.deliveries_max = Some(number()? as u32),
            "zero" => case.zero = number()?,
            "unordered" => odd.push((rest, Order::Free)),
            "ignored" => odd.push((rest, Order::Ignored)),
            "rejected" => refused = Some(Expect::Rejected(fault(rest).ok())),
            "needs" => {
                let (feature, rest) = rest.split_once(", ").ok_or_else(|| fail(NO_FAULT.to_owned()))?;
                refused = Some(Expect::Needs(feature.to_owned(), fault(rest).map_err(fail)?));
            }
            "input" => section = "input",
            _ if key == "app" || key.starts_with("app ") => {
                section = "app";
                case.apps.push(String::new());
            }
            _ if key.starts_with("stream ") || key.starts_with("query ") => {
                section = "rows";
                let order = odd.iter().find(|o| o.0 == key).map_or(Order::Exact, |o| o.1);
                wants.push(Want { target: key.to_owned(), order, rows: Vec::new() });
            }
            _ => return Err(fail(format!("`{key}` is no key of a case"))),
        }
    }
    if case.apps.is_empty() {
        return Err(format!("{name}, line {}: it has no app", first + 1));
    }
    case.expect = refused.unwrap_or(Expect::Rows(wants));
    Ok(case)
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
        ("restart", n) => Line::Restart(n.map(|n| n - 1)),
        _ => return Err(format!("`!{control}` is unknown")),
    })
}

/// `100`, or `100..300/100`.
fn ticks(text: &str, zero: i64) -> Result<Vec<Line>, String> {
    let number = |x: &str| x.parse::<i64>().map_err(|_| format!("`{x}` is no time"));
    let Some((from, rest)) = text.split_once("..") else {
        return Ok(vec![Line::Tick(zero + number(text)?)]);
    };
    let (to, by) = rest.split_once('/').ok_or("a range of ticks needs its distance")?;
    let (from, to, by) = (number(from)?, number(to)?, number(by)?);
    if by <= 0 {
        return Err("the distance of ticks must be positive".to_owned());
    }
    Ok((0..=(to - from) / by).map(|i| Line::Tick(zero + from + i * by)).collect())
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
            time => Some(zero + time.parse::<i64>().map_err(|_| format!("`{time}` is no time"))?),
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
            let text = strings.next().expect("something follows").map_err(|e| format!("{e}: `{}`", self.rest))?;
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
        let case = &parse("x", TEXT).expect("it is well-formed")[0];
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
        let again = &parse("y", &case.to_string()).expect("it is well-formed")[0];
        assert_eq!((&again.input, again.to_string()), (&case.input, case.to_string()));
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
            ("apps:\n", "line 1: `apps` is no key"),
            ("needs: joins\n", "line 1: expected `needs: feature, code"),
            ("=== y\nstart: 5\n", "y, line 2: it has no app"),
        ] {
            let message = parse("x", text).expect_err("it is malformed");
            assert!(message.contains(part), "{message}");
        }
    }
}

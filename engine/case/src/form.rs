//! The text of a case: an app, what goes in and when, what comes out. docs/cases.md describes it.
//!
//! Times are milliseconds after the case's zero. What is read here is only text: that streams exist and values have the
//! right types is found out when the case is run.

use std::fmt;
use std::ops::Range;

use riddhi_plan::registry::Told;

mod read;

pub use read::{Malformed, Read, no_files, of_markdown, parse};

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
    /// An on-demand query is asked.
    Query(String),
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
    /// `stream Out`, `query q`, or of the on-demand query of that number `result 0` or, if it fails, `failed 0`.
    pub target: String,
    /// Whether the order counts.
    pub order: Order,
    /// The rows.
    pub rows: Vec<Row>,
    /// The line of the file that names the target, from 0.
    pub head: usize,
    /// The lines of the file that hold rows, each with the rows it holds.
    pub lines: Vec<(usize, Range<usize>)>,
}

impl Want {
    /// A target and its rows, from no file.
    pub fn new(target: String, order: Order, rows: Vec<Row>) -> Want {
        Want { target, order, rows, head: 0, lines: Vec::new() }
    }
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
    /// What the host tells them; what does not stand here is not set.
    pub host: Told,
    /// The files that they stand in; none for one that stands in the case.
    pub app_files: Vec<Option<String>>,
    /// The lines of the file that are the case, from 0.
    pub lines: Range<usize>,
    /// What happens.
    pub input: Vec<Line>,
    /// The line of the file at which each of it stands, from 0.
    pub input_lines: Vec<usize>,
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
            host: Told::new(),
            app_files: Vec::new(),
            lines: 0..0,
            input: Vec::new(),
            input_lines: Vec::new(),
            expect: Expect::Rejected(None),
        }
    }
}

impl fmt::Display for Case {
    /// The text that [`parse`] reads; ticks are written one by one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "name: {}\n{}: {}", self.name, if self.start == 0 { "zero" } else { "start" }, self.zero)?;
        self.deliveries_max.iter().try_for_each(|max| writeln!(f, "deliveries: {max}"))?;
        if !self.host.is_empty() {
            writeln!(f, "host:")?;
        }
        for ((value, name), text) in &self.host {
            text.iter().try_for_each(|text| writeln!(f, "  {} {name} = {text}", value.name()))?;
        }
        for (n, app) in self.apps.iter().enumerate() {
            let number = if n == 0 { String::new() } else { format!(" {}", n + 1) };
            if let Some(Some(file)) = self.app_files.get(n) {
                writeln!(f, "app{number}: {file}")?;
                continue;
            }
            writeln!(f, "app{number}:")?;
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

/// A row as a case writes it.
pub fn row_text(row: &Row, zero: i64) -> String {
    Shown(row, zero).to_string()
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
            Line::Query(text) => write!(f, "? {text}"),
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

//! Paths: `$.a.b[0]['c d']..name[*][1:3][0,2][?(@.price > 10)].length()`. A path without `$` begins with a name.

use super::filter::{self, Condition};

/// A path.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(super) steps: Vec<Step>,
    /// Whether it names one value or none.
    pub(super) definite: bool,
}

/// A step of a path.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A member.
    Name(String),
    /// Several members: as one object at the end of a path, else one after the other.
    Names(Vec<String>),
    /// All members or elements.
    All,
    /// What follows, anywhere below.
    Below,
    /// An element, counted from the end if negative.
    Index(i64),
    /// Several elements.
    Indexes(Vec<i64>),
    /// Elements from..to.
    Slice(Option<i64>, Option<i64>),
    /// Those for which the condition holds.
    If(Condition),
    /// A number made of what is there. The last step.
    Apply(Function),
}

/// A function at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Length,
    Min,
    Max,
    Sum,
    Avg,
    StdDev,
}

/// Steps of a path, at most.
const STEPS_MAX: usize = 64;
/// Bytes of a path, at most.
const BYTES_MAX: usize = 4096;
const FUNCTIONS: [(&str, Function); 6] = [
    ("length", Function::Length),
    ("min", Function::Min),
    ("max", Function::Max),
    ("sum", Function::Sum),
    ("avg", Function::Avg),
    ("stddev", Function::StdDev),
];

impl Path {
    /// Reads a path; what is wrong with it, else.
    pub(crate) fn parse(text: &str) -> Result<Path, String> {
        let mut reader = Reader::new(text)?;
        let path = reader.path(false)?;
        match reader.rest() {
            "" => Ok(path),
            rest => Err(format!("'{rest}' is no step of a path")),
        }
    }
}

/// Reads paths and conditions.
pub(super) struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

/// Conditions and paths in each other, at most.
const DEEP: usize = 16;

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Result<Reader<'a>, String> {
        if text.len() > BYTES_MAX {
            return Err(format!("a path has at most {BYTES_MAX} bytes"));
        }
        match text.trim() {
            "" => Err("a path is not empty".to_owned()),
            rest => Ok(Reader { rest, depth: 0 }),
        }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    pub(super) fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    pub(super) fn take(&mut self, what: &str) -> bool {
        match self.rest.strip_prefix(what) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub(super) fn deeper<T>(&mut self, of: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        if self.depth == DEEP {
            return Err(format!("more than {DEEP} conditions in each other"));
        }
        self.depth += 1;
        let all = of(self);
        self.depth -= 1;
        all
    }

    /// A path; `inside` a condition it ends where nothing more of it can follow.
    pub(super) fn path(&mut self, inside: bool) -> Result<Path, String> {
        let mut steps = Vec::new();
        if !self.take("$") && !self.take("@") {
            // A path may begin with its first name.
            self.dot(&mut steps, inside)?;
        }
        loop {
            if steps.len() > STEPS_MAX {
                return Err(format!("a path has at most {STEPS_MAX} steps"));
            }
            if matches!(steps.last(), Some(Step::Apply(_))) {
                break;
            }
            if self.take("..") {
                steps.push(Step::Below);
                if !self.rest.starts_with('[') {
                    self.dot(&mut steps, inside)?;
                }
            } else if self.take(".") {
                self.dot(&mut steps, inside)?;
            } else if self.take("[") {
                steps.push(self.bracket()?);
            } else {
                break;
            }
        }
        if matches!(steps.last(), Some(Step::Below)) {
            return Err("`..` asks for a step behind it".to_owned());
        }
        let count = steps.len();
        let one = |(i, step): (usize, &Step)| match step {
            Step::Name(_) | Step::Index(_) | Step::Apply(_) => true,
            Step::Names(_) => i + 1 == count,
            _ => false,
        };
        let definite = steps.iter().enumerate().all(one);
        Ok(Path { steps, definite })
    }

    /// What stands behind a dot: a name, `*` or a function.
    fn dot(&mut self, steps: &mut Vec<Step>, inside: bool) -> Result<(), String> {
        if self.take("*") {
            steps.push(Step::All);
            return Ok(());
        }
        if self.rest.starts_with('[') {
            return Ok(());
        }
        let ends = |c: char| match c {
            '.' | '[' | '(' => true,
            ' ' | ')' | '=' | '!' | '<' | '>' | '&' | '|' | ',' | ']' | '}' | '\t' => inside,
            _ => false,
        };
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() {
            return Err("a name is missing behind a dot".to_owned());
        }
        if name.contains(' ') {
            return Err(format!("a name with a blank stands in brackets: ['{name}']"));
        }
        if let Some(after) = rest.strip_prefix('(') {
            let function = FUNCTIONS.iter().find(|(n, _)| *n == name).map(|(_, f)| *f);
            let function = function.ok_or_else(|| format!("there is no function `{name}`"))?;
            self.rest = after.trim_start();
            if !self.take(")") {
                return Err(format!("`{name}` takes no arguments here"));
            }
            steps.push(Step::Apply(function));
            return Ok(());
        }
        self.rest = rest;
        steps.push(Step::Name(name.to_owned()));
        Ok(())
    }

    fn bracket(&mut self) -> Result<Step, String> {
        self.blanks();
        let step = match self.rest.as_bytes().first() {
            Some(b'\'' | b'"') => {
                let mut names = vec![self.quoted()?];
                self.blanks();
                while self.take(",") {
                    self.blanks();
                    names.push(self.quoted()?);
                    self.blanks();
                }
                match names.len() {
                    1 => Step::Name(names.remove(0)),
                    _ => Step::Names(names),
                }
            }
            Some(b'*') => {
                self.take("*");
                Step::All
            }
            Some(b'?') => {
                self.take("?");
                self.blanks();
                if !self.take("(") {
                    return Err("a condition stands in `[?( )]`".to_owned());
                }
                let condition = filter::parse(self)?;
                self.blanks();
                if !self.take(")") {
                    return Err(format!("'{}' is no part of a condition", self.rest));
                }
                Step::If(condition)
            }
            Some(b'-' | b':' | b'0'..=b'9') => self.indexes()?,
            _ => return Err(format!("'[{}' is no step of a path", self.rest)),
        };
        self.blanks();
        match self.take("]") {
            true => Ok(step),
            false => Err("a `]` is missing".to_owned()),
        }
    }

    fn indexes(&mut self) -> Result<Step, String> {
        let end = self.rest.find(']').ok_or("a `]` is missing")?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        let number = |text: &str| {
            let text = text.trim();
            text.parse::<i32>().map(i64::from).map_err(|_| format!("'{text}' is no index"))
        };
        let bound = |text: &str| if text.trim().is_empty() { Ok(None) } else { number(text).map(Some) };
        if let Some((from, to)) = text.split_once(':') {
            return match (bound(from)?, bound(to)?) {
                (None, None) => Err("a slice has a beginning or an end".to_owned()),
                (from, to) => Ok(Step::Slice(from, to)),
            };
        }
        let mut all = text.split(',').map(number).collect::<Result<Vec<i64>, String>>()?;
        Ok(if all.len() == 1 { Step::Index(all.remove(0)) } else { Step::Indexes(all) })
    }

    /// A text in quotes, in which a backslash takes the next character as it is.
    pub(super) fn quoted(&mut self) -> Result<String, String> {
        let mut chars = self.rest.char_indices();
        let quote = match chars.next() {
            Some((_, c @ ('\'' | '"'))) => c,
            _ => return Err("a name in quotes is missing".to_owned()),
        };
        let mut text = String::new();
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.rest = &self.rest[at + 1..];
                return Ok(text);
            }
            match c {
                '\\' => text.extend(chars.next().map(|(_, c)| c)),
                c => text.push(c),
            }
        }
        Err("a quote is missing".to_owned())
    }
}

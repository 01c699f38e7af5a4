//! From Java's dialect to that of the engines: the same meaning spelt without flags, character classes of ASCII written out.

use super::class;

/// Groups inside groups.
const DEPTH: usize = 100;
/// Bytes of a pattern.
const LONGEST: usize = 20_000;
/// What ends a line, as a class.
const LINE_ENDS: &str = r"\n\r\x{85}\x{2028}\x{2029}";

/// A translated pattern.
#[derive(Debug)]
pub(super) struct Translated {
    pub text: String,
    /// Whether it looks around, refers back or forbids to go back.
    pub backtracks: bool,
    /// Whether it means something else for a text that ends with the end of a line.
    pub line_end: bool,
    pub groups: usize,
    pub names: Vec<(String, usize)>,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Flags {
    /// Upper and lower case are one: of ASCII, or of all letters if `unicode`.
    pub ignore: bool,
    unicode: bool,
    multi: bool,
    dot_all: bool,
    spaced: bool,
}

impl Flags {
    pub(super) fn ascii_case(self) -> bool {
        self.ignore && !self.unicode
    }

    pub(super) fn any_case(self) -> bool {
        self.ignore && self.unicode
    }
}

pub(super) struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    pub(super) flags: Flags,
    depth: usize,
    /// Whether `$` is to stand before the last end of a line too.
    exact: bool,
    done: Translated,
    /// How many groups the whole pattern has.
    all: usize,
}

type Said = Result<String, String>;

/// Translates; with `exact` so that `$` stands before the last end of a line too, and not only at the end.
pub(super) fn translate(java: &str, exact: bool) -> Result<Translated, String> {
    if java.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    let done = Translated { text: String::new(), backtracks: exact, line_end: false, groups: 0, names: Vec::new() };
    let java = unquoted(java);
    let rest = java.chars().peekable();
    let all = groups_of(&java);
    let mut reader = Reader { rest, flags: Flags::default(), depth: 0, exact, done, all };
    let text = reader.alternatives()?;
    if reader.rest.peek().is_some() {
        return Err("a `)` without a `(`".to_owned());
    }
    Ok(Translated { text, ..reader.done })
}

/// The pattern with what stands between `\Q` and `\E` escaped character by character.
fn unquoted(java: &str) -> String {
    let (mut text, mut rest) = (String::with_capacity(java.len()), java);
    while let Some(at) = rest.find('\\') {
        let (before, after) = rest.split_at(at);
        text.push_str(before);
        let Some(quoted) = after.strip_prefix("\\Q") else {
            let escape = 1 + after[1..].chars().next().map_or(0, char::len_utf8);
            text.push_str(&after[..escape]);
            rest = &after[escape..];
            continue;
        };
        let (quoted, behind) = quoted.split_once("\\E").unwrap_or((quoted, ""));
        for c in quoted.chars() {
            text.extend((c.is_ascii() && !c.is_ascii_alphanumeric()).then_some('\\'));
            text.push(c);
        }
        rest = behind;
    }
    text.push_str(rest);
    text
}

/// Groups that the pattern has, about: for telling `\12` from `\1` and a 2.
fn groups_of(java: &str) -> usize {
    let bytes = java.as_bytes();
    let opens = |&i: &usize| {
        bytes[i] == b'(' && (i == 0 || bytes[i - 1] != b'\\') && {
            let behind = &bytes[i + 1..];
            behind.first() != Some(&b'?')
                || (behind.starts_with(b"?<") && !matches!(behind.get(2), Some(b'=') | Some(b'!')))
        }
    };
    (0..bytes.len()).filter(opens).count()
}

impl Reader<'_> {
    pub(super) fn next(&mut self) -> Option<char> {
        self.rest.next()
    }

    pub(super) fn peek(&mut self) -> Option<char> {
        self.rest.peek().copied()
    }

    pub(super) fn eat(&mut self, c: char) -> bool {
        self.rest.next_if_eq(&c).is_some()
    }

    fn alternatives(&mut self) -> Said {
        let mut text = String::new();
        loop {
            match self.peek() {
                None | Some(')') => return Ok(text),
                Some('|') => {
                    self.next();
                    text.push('|');
                }
                Some(c) if self.flags.spaced && c.is_ascii_whitespace() => {
                    self.next();
                }
                Some('#') if self.flags.spaced => while self.next().is_some_and(|c| c != '\n') {},
                Some(_) => {
                    let atom = self.atom()?;
                    let repeated = self.repeated(atom)?;
                    text.push_str(&repeated);
                }
            }
        }
    }

    fn atom(&mut self) -> Said {
        let Some(c) = self.next() else { return Ok(String::new()) };
        match c {
            '(' => self.group(),
            '[' => class::class(self),
            '\\' => self.escape(),
            '.' if self.flags.dot_all => Ok("(?s:.)".to_owned()),
            '.' => Ok(format!("[^{LINE_ENDS}]")),
            '^' if self.flags.multi => {
                self.done.backtracks = true;
                Ok(format!(r"(?:\A|(?<=[{LINE_ENDS}])(?!\z))"))
            }
            '^' => Ok(r"\A".to_owned()),
            '$' if self.flags.multi => {
                self.done.backtracks = true;
                Ok(format!(r"(?=[{LINE_ENDS}]|\z)"))
            }
            '$' => Ok(self.end()),
            '*' | '+' | '?' => Err(format!("nothing that `{c}` repeats")),
            '{' => Err("nothing that `{` repeats".to_owned()),
            c => Ok(self.literal(c)),
        }
    }

    /// The end, perhaps before the end of a line.
    fn end(&mut self) -> String {
        self.done.line_end = true;
        if self.exact { format!(r"(?=(?:\r\n|[{LINE_ENDS}])?\z)") } else { r"\z".to_owned() }
    }

    fn literal(&self, c: char) -> String {
        if self.flags.ascii_case() && c.is_ascii_alphabetic() {
            return format!("[{}{}]", c.to_ascii_lowercase(), c.to_ascii_uppercase());
        }
        let escaped = if r"\.+*?()|[]{}^$".contains(c) { format!("\\{c}") } else { c.to_string() };
        if self.flags.any_case() && c.is_alphabetic() { format!("(?i:{escaped})") } else { escaped }
    }

    /// What stands behind `(`.
    fn group(&mut self) -> Said {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("more than {DEPTH} groups inside each other"));
        }
        let outer = self.flags;
        let open = if self.eat('?') { self.special()? } else { Some(self.numbered(None)) };
        self.depth -= 1;
        let Some(open) = open else { return Ok(String::new()) };
        self.depth += 1;
        let inside = self.alternatives()?;
        self.depth -= 1;
        if !self.eat(')') {
            return Err("a `(` without a `)`".to_owned());
        }
        self.flags = outer;
        Ok(format!("{open}{inside})"))
    }

    fn numbered(&mut self, name: Option<String>) -> String {
        self.done.groups += 1;
        self.done.names.extend(name.map(|name| (name, self.done.groups)));
        "(".to_owned()
    }

    /// What stands behind `(?`, up to where the inside begins; none if it only sets flags.
    fn special(&mut self) -> Result<Option<String>, String> {
        let around = |this: &mut Self, open: &str| {
            this.done.backtracks = true;
            Ok(Some(open.to_owned()))
        };
        match self.peek() {
            Some(':') => {
                self.next();
                Ok(Some("(?:".to_owned()))
            }
            Some(c @ ('=' | '!' | '>')) => {
                self.next();
                around(self, &format!("(?{c}"))
            }
            Some('<') => {
                self.next();
                match self.peek() {
                    Some(c @ ('=' | '!')) => {
                        self.next();
                        around(self, &format!("(?<{c}"))
                    }
                    _ => {
                        let name = self.name('>')?;
                        Ok(Some(self.numbered(Some(name))))
                    }
                }
            }
            _ => self.flag_list(),
        }
    }

    fn name(&mut self, end: char) -> Said {
        let mut name = String::new();
        loop {
            match self.next() {
                Some(c) if c == end && !name.is_empty() => return Ok(name),
                Some(c) if c.is_ascii_alphabetic() || (c.is_ascii_digit() && !name.is_empty()) => name.push(c),
                _ => return Err("a group without a right name".to_owned()),
            }
        }
    }

    fn flag_list(&mut self) -> Result<Option<String>, String> {
        let mut on = true;
        loop {
            match self.next() {
                Some('-') => on = false,
                Some('i') => self.flags.ignore = on,
                Some('u') => self.flags.unicode = on,
                Some('m') => self.flags.multi = on,
                Some('s') => self.flags.dot_all = on,
                Some('x') => self.flags.spaced = on,
                Some(c @ ('d' | 'U')) => return Err(format!("the flag `{c}` is not built")),
                Some(':') => return Ok(Some("(?:".to_owned())),
                // The flags hold to the end of the group that this stands in.
                Some(')') => return Ok(None),
                Some(c) => return Err(format!("`{c}` is no flag")),
                None => return Err("a `(` without a `)`".to_owned()),
            }
        }
    }

    /// An atom with what repeats it.
    fn repeated(&mut self, atom: String) -> Said {
        let times = match self.peek() {
            Some(c @ ('*' | '+' | '?')) => {
                self.next();
                c.to_string()
            }
            Some('{') => {
                self.next();
                self.braces()?
            }
            _ => return Ok(atom),
        };
        if atom.is_empty() {
            return Err(format!("nothing that `{times}` repeats"));
        }
        // What is more than one piece becomes one.
        let atom = if is_one(&atom) { atom } else { format!("(?:{atom})") };
        if self.eat('+') {
            self.done.backtracks = true;
            return Ok(format!("(?>{atom}{times})"));
        }
        let lazy = if self.eat('?') { "?" } else { "" };
        if matches!(self.peek(), Some('*' | '+' | '?' | '{')) {
            return Err("a repetition of a repetition".to_owned());
        }
        Ok(format!("{atom}{times}{lazy}"))
    }

    fn braces(&mut self) -> Said {
        let number = |this: &mut Self| {
            let mut digits = String::new();
            while let Some(c) = this.rest.next_if(char::is_ascii_digit) {
                digits.push(c);
            }
            digits
        };
        let least = number(self);
        let most = if self.eat(',') { Some(number(self)) } else { None };
        if least.is_empty() || !self.eat('}') {
            return Err("a `{` without a right number".to_owned());
        }
        let of = |digits: &str| digits.parse::<u32>().map_err(|_| "a repetition that is too large".to_owned());
        let least = of(&least)?;
        Ok(match most.as_deref() {
            None => format!("{{{least}}}"),
            Some("") => format!("{{{least},}}"),
            Some(most) if of(most)? < least => return Err("a range that runs backwards".to_owned()),
            Some(most) => format!("{{{least},{}}}", of(most)?),
        })
    }

    /// What stands behind a backslash, outside a class.
    fn escape(&mut self) -> Said {
        let Some(c) = self.peek() else { return Err("a `\\` at the end".to_owned()) };
        if c.is_ascii_digit() && c != '0' {
            return Ok(self.back_reference());
        }
        let simple = match c {
            'A' => r"\A",
            'z' => r"\z",
            'b' => r"\b",
            'B' => r"\B",
            'R' => r"(?:\r\n|[\n\x0B\x0C\r\x{85}\x{2028}\x{2029}])",
            _ => "",
        };
        if !simple.is_empty() {
            self.next();
            return Ok(simple.to_owned());
        }
        match c {
            'Z' => {
                self.next();
                Ok(self.end())
            }
            'k' => {
                self.next();
                if !self.eat('<') {
                    return Err("`\\k` without a name".to_owned());
                }
                let name = self.name('>')?;
                let group = self.done.names.iter().find(|(n, _)| *n == name).map(|(_, group)| *group);
                self.done.backtracks = true;
                group.map(|g| self.reference(g)).ok_or_else(|| format!("there is no group `{name}`"))
            }
            _ => match class::escape(self)? {
                class::Item::Char(c) => Ok(self.literal(c)),
                class::Item::Set(set) => Ok(format!("[{set}]")),
            },
        }
    }

    /// As many digits as name a group.
    fn back_reference(&mut self) -> String {
        self.done.backtracks = true;
        let mut group = 0usize;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            let longer = group * 10 + digit as usize;
            if group > 0 && longer > self.all {
                break;
            }
            group = longer;
            self.next();
        }
        self.reference(group)
    }

    fn reference(&self, group: usize) -> String {
        if group > self.done.groups {
            // Of a group that comes later or never: it never matches.
            return "(?!)".to_owned();
        }
        if self.flags.ignore { format!("(?i:\\{group})") } else { format!("(?:\\{group})") }
    }
}

/// Whether a translated text is one piece, which can be repeated as it is.
fn is_one(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next();
    match chars.next() {
        None => true,
        Some(_) if first == Some('\\') => chars.next().is_none(),
        Some(_) => {
            (first == Some('(') && closes_at_end(text, '(', ')'))
                || (first == Some('[') && closes_at_end(text, '[', ']'))
        }
    }
}

/// Whether the bracket that `text` begins with closes with its last character.
fn closes_at_end(text: &str, open: char, close: char) -> bool {
    let (mut depth, mut escaped, mut class) = (0usize, false, 0usize);
    for (at, c) in text.char_indices() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match c {
            '\\' => escaped = true,
            '[' if open != '[' => class += 1,
            ']' if open != '[' => class = class.saturating_sub(1),
            _ if class > 0 => {}
            c if c == open => depth += 1,
            c if c == close => {
                depth -= 1;
                if depth == 0 {
                    return at + c.len_utf8() == text.len();
                }
            }
            _ => {}
        }
    }
    false
}

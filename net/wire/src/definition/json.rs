//! JSON as publishers write it by hand: single quotes pass, and names without quotes.

use super::DefinitionError;

/// Objects and lists within each other at most.
const DEPTH_MAX: usize = 16;

/// A JSON value; what is neither text, list nor object is not kept.
#[derive(Debug)]
pub(super) enum Json {
    Text(String),
    List(Vec<Json>),
    /// In order; a later one of the same name counts.
    Object(Vec<(String, Json)>),
    Null,
    Other,
}

pub(super) fn parse(text: &str) -> Result<Json, DefinitionError> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.wrong("there is more behind the end")),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn wrong(&self, what: &'static str) -> DefinitionError {
        DefinitionError::Json { at: self.at, what }
    }

    /// The next character that is not blank.
    fn peek(&mut self) -> Option<char> {
        let rest = self.text.get(self.at..)?;
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        self.at += rest.len() - trimmed.len();
        trimmed.chars().next()
    }

    /// Passes over a character if it is the next one that is not blank.
    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += if found { c.len_utf8() } else { 0 };
        found
    }

    fn value(&mut self, depth: usize) -> Result<Json, DefinitionError> {
        if depth > DEPTH_MAX {
            return Err(self.wrong("too many objects within each other"));
        }
        match self.peek() {
            Some('{') => self.object(depth),
            Some('[') => self.list(depth),
            Some('"' | '\'') => self.quoted().map(Json::Text),
            Some(_) => Ok(match self.bare()? {
                "null" => Json::Null,
                "true" | "false" => Json::Other,
                word if word.parse::<f64>().is_ok() => Json::Other,
                word => Json::Text(word.to_owned()),
            }),
            None => Err(self.wrong("a value is missing")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, DefinitionError> {
        self.at += 1;
        let mut pairs = Vec::new();
        while !self.eat('}') {
            if !pairs.is_empty() && !self.eat(',') {
                return Err(self.wrong("`,` or `}` is missing"));
            }
            let key = match self.peek() {
                Some('"' | '\'') => self.quoted()?,
                _ => self.bare()?.to_owned(),
            };
            if !self.eat(':') {
                return Err(self.wrong("`:` is missing"));
            }
            pairs.push((key, self.value(depth + 1)?));
        }
        Ok(Json::Object(pairs))
    }

    fn list(&mut self, depth: usize) -> Result<Json, DefinitionError> {
        self.at += 1;
        let mut items = Vec::new();
        while !self.eat(']') {
            if !items.is_empty() && !self.eat(',') {
                return Err(self.wrong("`,` or `]` is missing"));
            }
            items.push(self.value(depth + 1)?);
        }
        Ok(Json::List(items))
    }

    /// A word without quotes.
    fn bare(&mut self) -> Result<&str, DefinitionError> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || "_-.+$".contains(c))).unwrap_or(rest.len());
        if end == 0 {
            return Err(self.wrong("a name or value is missing"));
        }
        self.at += end;
        Ok(&rest[..end])
    }

    fn quoted(&mut self) -> Result<String, DefinitionError> {
        let mut chars = self.text[self.at..].char_indices();
        let quote = chars.next().map_or('"', |(_, quote)| quote);
        let mut out = String::new();
        let mut pending = None;
        while let Some((i, c)) = chars.next() {
            let c = match c {
                c if c == quote => {
                    self.at += i + c.len_utf8();
                    // Half of a pair of surrogates stands alone.
                    out.extend(pending.map(|_| char::REPLACEMENT_CHARACTER));
                    return Ok(out);
                }
                '\\' => match escaped(&mut chars) {
                    Some(unit) => unit,
                    None => break,
                },
                c => u32::from(c),
            };
            push(&mut out, &mut pending, c);
        }
        Err(self.wrong("a text has no end, or something in it that JSON does not know"))
    }
}

/// What stands for the characters behind a backslash: a character, or half of a pair of surrogates.
fn escaped(chars: &mut std::str::CharIndices<'_>) -> Option<u32> {
    Some(match chars.next()?.1 {
        'u' => {
            let mut unit = 0;
            for _ in 0..4 {
                unit = unit * 16 + chars.next()?.1.to_digit(16)?;
            }
            unit
        }
        'n' => 0x0a,
        't' => 0x09,
        'r' => 0x0d,
        'b' => 0x08,
        'f' => 0x0c,
        c @ ('"' | '\'' | '\\' | '/') => u32::from(c),
        _ => return None,
    })
}

/// Appends a character, joining it with the half of a pair before it.
fn push(out: &mut String, pending: &mut Option<u32>, unit: u32) {
    let unit = match pending.take() {
        Some(high) if (0xdc00..0xe000).contains(&unit) => 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00),
        Some(_) => {
            out.push(char::REPLACEMENT_CHARACTER);
            unit
        }
        None => unit,
    };
    if (0xd800..0xdc00).contains(&unit) {
        *pending = Some(unit);
    } else {
        out.push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
}

//! Strings, names in back-quotes, and scripts.
//!
//! No form knows escape sequences. A mistake inside one is reported here, and the token goes on to its likely end so
//! that the parser is not led astray. Only a quote that stands all alone is an unknown character, as for Siddhi.

use super::{Lexer, TokenKind};
use crate::diagnose;
use crate::span::Span;

/// The content of a string token.
pub(crate) fn value(token: &str) -> &str {
    if token.len() >= 6 && token.starts_with("\"\"\"") {
        return &token[3..token.len() - 3];
    }
    let quote = &token[..1];
    let content = &token[1..];
    content.strip_suffix(quote).unwrap_or(content)
}

impl Lexer<'_> {
    pub(super) fn single_quoted(&mut self) -> TokenKind {
        self.one_line_string(b'\'', |b| b == b'"' || b < 0x20)
    }

    pub(super) fn double_quoted(&mut self) -> TokenKind {
        let rest = &self.text[self.at..];
        if let Some(length) = rest.strip_prefix("\"\"\"").and_then(|content| content.find("\"\"\"")) {
            self.at += length + 6;
            return TokenKind::Str;
        }
        if rest.starts_with("\"\"\"") {
            let span = Span::new(self.at as u32, self.text.len() as u32);
            self.report(diagnose::not_closed("string", "`\"\"\"`", false, span));
            self.at = self.text.len();
            return TokenKind::Broken;
        }
        self.one_line_string(b'"', |b| b < 0x20)
    }

    /// A string in quotes of one character, in which no byte is `forbidden`.
    fn one_line_string(&mut self, quote: u8, forbidden: impl Fn(u8) -> bool) -> TokenKind {
        let content = &self.bytes[self.at + 1..];
        let stop = content.iter().position(|&b| b == quote || forbidden(b));
        if let Some(length) = stop.filter(|&n| content[n] == quote) {
            self.at += length + 2;
            return TokenKind::Str;
        }
        let line = content.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(content.len());
        match content[..line].iter().position(|&b| b == quote) {
            Some(length) => {
                let bad = self.at + 1 + stop.unwrap_or(length);
                self.forbidden_in_string(bad, Span::new(self.at as u32, (self.at + length + 2) as u32));
                self.at += length + 2;
                TokenKind::Str
            }
            None => self.open(line, "string", if quote == b'"' { "`\"`" } else { "`'`" }),
        }
    }

    fn forbidden_in_string(&mut self, bad: usize, span: Span) {
        let place = Span::new(bad as u32, bad as u32 + 1);
        let inside = &self.text[span.start as usize + 1..span.end as usize - 1];
        self.report(diagnose::string_character(self.bytes[bad], place, span, inside));
    }

    pub(super) fn quoted_name(&mut self) -> TokenKind {
        let content = &self.bytes[self.at + 1..];
        if let Some(length) = content.iter().position(|&b| b == b'`') {
            self.at += length + 2;
            return TokenKind::QuotedId;
        }
        let line = content.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(content.len());
        self.open(line, "name", "a back-quote")
    }

    /// A quote whose partner is missing, with `line` bytes after it on its line.
    fn open(&mut self, line: usize, what: &str, quote: &str) -> TokenKind {
        let rest = self.text[self.at + 1..].trim_start();
        if rest.is_empty() || rest.starts_with(';') {
            self.at += 1;
            return TokenKind::Unknown;
        }
        let end = self.at + 1 + line;
        let before = self.text[..self.at].lines().next_back().unwrap_or_default();
        let escaped = before.contains("\\\"") || before.contains("\\'");
        self.report(diagnose::not_closed(what, quote, escaped, Span::new(self.at as u32, end as u32)));
        self.at = end;
        TokenKind::Broken
    }

    /// `{ ... }`. Siddhi takes the longest text that can be read as balanced; this takes the first one, with strings
    /// and line comments passed over, or without when a lone quote would swallow the end.
    pub(super) fn script(&mut self) -> TokenKind {
        if !self.script_open {
            if let Some(end) = self.script_end(true).or_else(|| self.script_end(false)) {
                self.at = end;
                return TokenKind::Script;
            }
            self.script_open = true;
        }
        self.at += 1;
        TokenKind::Unknown
    }

    fn script_end(&self, strings: bool) -> Option<usize> {
        let mut depth = 0usize;
        let mut at = self.at;
        while at < self.bytes.len() {
            match self.bytes[at] {
                b'{' => depth += 1,
                b'}' if depth == 1 => return Some(at + 1),
                b'}' => depth -= 1,
                b'"' if strings => at += 1 + self.bytes[at + 1..].iter().position(|&b| b == b'"')?,
                b'/' if strings && self.bytes.get(at + 1) == Some(&b'/') => {
                    at += self.bytes[at..].iter().position(|b| matches!(b, b'\r' | b'\n'))?;
                }
                _ => {}
            }
            at += 1;
        }
        None
    }
}

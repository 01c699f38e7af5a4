//! Text to tokens.
//!
//! Invariants: tokens are in text order and do not overlap; the last one is always [`TokenKind::Eof`]; between two
//! tokens there is nothing but white space and comments. The longest token wins, and a word that is a keyword is
//! never an identifier.
//! Not here: which keywords may stand for a name (all of them, see the parser), the value of a literal.

mod keyword;
mod number;
mod string;
mod token;

pub(crate) use keyword::Kw;
pub(crate) use string::value as string_value;
pub(crate) use token::{Token, TokenKind};

use crate::ERRORS_MAX;
use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// The tokens of a text, its comments, and what is wrong inside single tokens.
pub(crate) struct Lexed {
    pub tokens: Vec<Token>,
    /// Where the comments stand, in order.
    pub comments: Vec<Span>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Cuts `text`, whose length fits `u32`, into tokens.
pub(crate) fn lex(text: &str) -> Lexed {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        at: 0,
        script_open: false,
        comments: Vec::new(),
        diagnostics: Vec::new(),
    };
    let mut tokens = Vec::with_capacity(text.len() / 4 + 1);
    loop {
        lexer.skip_hidden();
        let start = lexer.at;
        if start >= text.len() {
            tokens.push(Token { kind: TokenKind::Eof, span: Span::at(start as u32) });
            return Lexed { tokens, comments: lexer.comments, diagnostics: lexer.diagnostics };
        }
        let kind = lexer.token();
        debug_assert!(lexer.at > start, "a token has at least one byte");
        tokens.push(Token { kind, span: Span::new(start as u32, lexer.at as u32) });
    }
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// A script was opened and never closed. Later braces are not tried again, which keeps a text of many open
    /// braces linear.
    script_open: bool,
    comments: Vec<Span>,
    diagnostics: Vec<Diagnostic>,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Keeps as many mistakes as will be shown, and one more to tell that there are more.
    fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() <= ERRORS_MAX {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Passes over white space and comments. Form feed is no white space.
    fn skip_hidden(&mut self) {
        loop {
            let start = self.at;
            match self.peek(0) {
                b' ' | b'\t' | b'\r' | b'\n' | 0x0B => self.at += 1,
                b'-' if self.peek(1) == b'-' => {
                    let rest = &self.bytes[self.at..];
                    self.at += rest.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(rest.len());
                    self.comments.push(Span::new(start as u32, self.at as u32));
                }
                // An open comment runs to the end of the text and is no mistake.
                b'/' if self.peek(1) == b'*' => {
                    let rest = &self.text[self.at + 2..];
                    self.at = rest.find("*/").map_or(self.text.len(), |n| self.at + 2 + n + 2);
                    self.comments.push(Span::new(start as u32, self.at as u32));
                }
                _ => return,
            }
        }
    }

    /// The token that starts here, which is never past the end.
    fn token(&mut self) -> TokenKind {
        match self.peek(0) {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_ascii_digit() => self.number(),
            b'\'' => self.single_quoted(),
            b'"' => self.double_quoted(),
            b'`' => self.quoted_name(),
            b'{' => self.script(),
            _ => self.symbol(),
        }
    }

    fn word(&mut self) -> TokenKind {
        let start = self.at;
        while matches!(self.peek(0), b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9') {
            self.at += 1;
        }
        Kw::of(&self.text[start..self.at]).map_or(TokenKind::Id, TokenKind::Kw)
    }

    fn symbol(&mut self) -> TokenKind {
        let (kind, length) = match (self.peek(0), self.peek(1)) {
            (b'.', b'.') if self.peek(2) == b'.' => (TokenKind::Dots, 3),
            (b'=', b'=') => (TokenKind::EqEq, 2),
            (b'!', b'=') => (TokenKind::NotEq, 2),
            (b'<', b'=') => (TokenKind::LtEq, 2),
            (b'>', b'=') => (TokenKind::GtEq, 2),
            (b'-', b'>') => (TokenKind::Arrow, 2),
            (b':', _) => (TokenKind::Colon, 1),
            (b';', _) => (TokenKind::Semi, 1),
            (b'.', _) => (TokenKind::Dot, 1),
            (b'(', _) => (TokenKind::LParen, 1),
            (b')', _) => (TokenKind::RParen, 1),
            (b'[', _) => (TokenKind::LBracket, 1),
            (b']', _) => (TokenKind::RBracket, 1),
            (b',', _) => (TokenKind::Comma, 1),
            (b'=', _) => (TokenKind::Assign, 1),
            (b'*', _) => (TokenKind::Star, 1),
            (b'+', _) => (TokenKind::Plus, 1),
            (b'?', _) => (TokenKind::Question, 1),
            (b'-', _) => (TokenKind::Minus, 1),
            (b'/', _) => (TokenKind::Slash, 1),
            (b'%', _) => (TokenKind::Percent, 1),
            (b'<', _) => (TokenKind::Lt, 1),
            (b'>', _) => (TokenKind::Gt, 1),
            (b'@', _) => (TokenKind::At, 1),
            (b'#', _) => (TokenKind::Hash, 1),
            (b'!', _) => (TokenKind::Bang, 1),
            _ => (TokenKind::Unknown, self.text[self.at..].chars().next().map_or(1, char::len_utf8)),
        };
        self.at += length;
        kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> String {
        let lexed = lex(text);
        let shown = lexed.tokens.iter().map(|t| match t.kind {
            TokenKind::Eof => String::new(),
            kind => format!("{kind:?}:{} ", t.span.of(text)),
        });
        shown.collect::<String>().trim_end().to_string()
    }

    #[test]
    fn tokens() {
        for (text, expected) in [
            ("", ""),
            ("a\u{b}b", "Id:a Id:b"),
            ("a\u{c}b", "Id:a Unknown:\u{c} Id:b"),
            ("a -- b\nc", "Id:a Id:c"),
            ("a /* b", "Id:a"),
            ("a /* b */ c */", "Id:a Id:c Star:* Slash:/"),
            ("a/**/b", "Id:a Id:b"),
            ("FROM From fromX", "Kw(From):FROM Kw(From):From Id:fromX"),
            ("`from it` _a1", "QuotedId:`from it` Id:_a1"),
            ("1 1l 1L 007", "Int:1 Long:1l Long:1L Int:007"),
            ("1. 1.f .5f 1f 1e3F", "Int:1 Dot:. Float:1.f Float:.5f Float:1f Float:1e3F"),
            (
                "1d 1.d 1.5 .5 1e3 1.e-3d 1e",
                "Double:1d Double:1.d Double:1.5 Double:.5 Double:1e3 Double:1.e-3d Int:1 Id:e",
            ),
            (
                "5sec 5days 1.5.5 1...2",
                "Int:5 Kw(Seconds):sec Double:5d Id:ays Double:1.5 Double:.5 Int:1 Dots:... Int:2",
            ),
            ("1.5L e1[0].x", "Double:1.5 Id:L Id:e1 LBracket:[ Int:0 RBracket:] Dot:. Id:x"),
            ("'a' \"it's\" ''", "Str:'a' Str:\"it's\" Str:''"),
            ("\"\"\"a\n\"b\"\"\" \"\"", "Str:\"\"\"a\n\"b\"\"\" Str:\"\""),
            ("'a\\' b", "Str:'a\\' Id:b"),
            ("a->b - > != ! =", "Id:a Arrow:-> Id:b Minus:- Gt:> NotEq:!= Bang:! Assign:="),
            ("<= < >= > == ...", "LtEq:<= Lt:< GtEq:>= Gt:> EqEq:== Dots:..."),
            ("$ é ' ;", "Unknown:$ Unknown:é Unknown:' Semi:;"),
            ("{ a { b } \"}\" // }\n } c", "Script:{ a { b } \"}\" // }\n } Id:c"),
            ("{ a \" } b", "Script:{ a \" } Id:b"),
            ("{ { } c", "Unknown:{ Unknown:{ Unknown:} Id:c"),
        ] {
            assert_eq!(kinds(text), expected, "tokens of {text:?}");
        }
    }
}

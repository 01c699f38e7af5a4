//! Tokens and comments as the layout takes them.

use std::borrow::Cow;

use crate::lex::{Kw, TokenKind};
use crate::parse::{Marked, Role};
use crate::span::Span;
use crate::substitute::Substituted;

/// A token, or a variable of several.
pub struct Piece<'a> {
    pub kind: TokenKind,
    pub role: Role,
    /// As it is printed.
    pub text: Cow<'a, str>,
    /// Between this piece and the next one.
    pub comments: Vec<Comment<'a>>,
    /// Whether an empty line stands right before it.
    pub blank_before: bool,
}

impl Piece<'_> {
    /// The keyword it is, if it is used as one.
    pub fn kw(&self) -> Option<Kw> {
        match self.kind {
            TokenKind::Kw(kw) if self.role == Role::Plain => Some(kw),
            _ => None,
        }
    }
}

/// A comment.
#[derive(Clone, Copy)]
pub struct Comment<'a> {
    pub text: &'a str,
    /// Whether it runs to the end of its line.
    pub is_line: bool,
    /// Whether no piece stands before it on its line.
    pub is_own: bool,
    /// Whether an empty line stands right before it.
    pub blank_before: bool,
}

/// A whole text.
pub struct Pieces<'a> {
    pub list: Vec<Piece<'a>>,
    /// Comments before the first piece.
    pub head: Vec<Comment<'a>>,
    /// For an opening bracket the place of the closing one; otherwise the place itself.
    pub closing: Vec<usize>,
}

impl<'a> Pieces<'a> {
    /// The pieces of a text as it is `written`, parsed with its variables `filled` in.
    pub fn new(written: &'a str, filled: &Substituted, marked: &Marked) -> Pieces<'a> {
        let mut pieces = Pieces { list: Vec::new(), head: Vec::new(), closing: Vec::new() };
        let mut comments = marked.comments.iter().peekable();
        // Up to where the written text is dealt with.
        let mut done = 0;
        for (token, &role) in marked.tokens.iter().zip(&marked.roles) {
            while let Some(comment) = comments.next_if(|c| c.start < token.span.start) {
                pieces.comment(written, filled.written(*comment), &mut done);
            }
            if token.kind == TokenKind::Eof {
                break;
            }
            let span = filled.written(token.span);
            if span.start < done {
                // Several tokens of one variable are one name, as far as the layout goes.
                if let Some(last) = pieces.list.last_mut() {
                    let start = done - last.text.len() as u32;
                    done = done.max(span.end);
                    *last = Piece {
                        kind: TokenKind::Id,
                        role: Role::Name,
                        text: Span::new(start, done).of(written).into(),
                        comments: Vec::new(),
                        ..*last
                    };
                }
                continue;
            }
            let text = span.of(written);
            let keyword = matches!(token.kind, TokenKind::Kw(_)) && role == Role::Plain && !text.contains('$');
            pieces.list.push(Piece {
                kind: token.kind,
                role,
                text: if keyword { text.to_ascii_lowercase().into() } else { text.into() },
                comments: Vec::new(),
                blank_before: newlines(written, done, span.start) > 1,
            });
            done = span.end;
        }
        pieces.match_brackets();
        pieces
    }

    fn comment(&mut self, written: &'a str, span: Span, done: &mut u32) {
        if span.start < *done {
            return;
        }
        let text = span.of(written).trim_end();
        let comment = Comment {
            text,
            is_line: text.starts_with("--"),
            is_own: self.list.is_empty() || newlines(written, *done, span.start) > 0,
            blank_before: newlines(written, *done, span.start) > 1,
        };
        *done = span.end;
        match self.list.last_mut() {
            Some(piece) => piece.comments.push(comment),
            None => self.head.push(comment),
        }
    }

    fn match_brackets(&mut self) {
        self.closing = (0..self.list.len()).collect();
        let mut open = Vec::new();
        for (at, piece) in self.list.iter().enumerate() {
            match piece.kind {
                TokenKind::LParen | TokenKind::LBracket => open.push((at, piece.kind)),
                TokenKind::RParen | TokenKind::RBracket => {
                    let partner = if piece.kind == TokenKind::RParen { TokenKind::LParen } else { TokenKind::LBracket };
                    if let Some((start, _)) = open.pop_if(|(_, kind)| *kind == partner) {
                        self.closing[start] = at;
                    }
                }
                _ => {}
            }
        }
    }
}

/// Line ends between two places.
fn newlines(text: &str, from: u32, to: u32) -> usize {
    let gap = text.get(from as usize..to as usize).unwrap_or("").as_bytes();
    let lone = |i: usize| gap[i] == b'\r' && gap.get(i + 1) != Some(&b'\n');
    (0..gap.len()).filter(|&i| gap[i] == b'\n' || lone(i)).count()
}

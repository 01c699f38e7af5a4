//! Tokens to a syntax tree: recursive descent, with precedence climbing for expressions.
//!
//! A function that understands its part returns it; one that does not has reported why and returns [`Refused`]. Lists,
//! clauses and statements catch that, pass over what cannot be understood, and go on, so that one run finds the
//! mistakes of the whole text. What was refused is left out of the tree.
//! Nesting is bounded by [`crate::NESTING_MAX`] and lists are loops, so no text can exhaust the stack.
//! Not here: anything that needs to know what a name stands for.

mod annotation;
mod app;
mod definition;
mod entry;
mod error;
mod expr;
mod forms;
mod input;
mod join;
mod literal;
mod on_demand;
mod operator;
mod output;
mod partition;
mod query;
mod recover;
mod selection;
mod state;

pub(crate) use operator::IN_BINDING;

pub(crate) use entry::{Marked, parse_marked};
pub use entry::{Parsed, ParsedOnDemand, parse, parse_expression, parse_on_demand, parse_time};

use crate::NESTING_MAX;
use crate::diagnose;
use crate::diagnostic::Diagnostic;
use crate::lex::{Kw, Token, TokenKind, lex};
use crate::span::{Ident, Span};

/// What a token is used as, where its kind alone does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Role {
    /// What its kind says.
    #[default]
    Plain,
    /// A name, also if it is a keyword otherwise.
    Name,
    /// The sign of a number.
    Sign,
    /// A part of a count such as `<2:5>` or `*`.
    Count,
    /// A joint of an annotation's key.
    Joint,
}

/// The part could not be understood, and the reason is reported.
#[derive(Debug)]
pub(crate) struct Refused;

pub(crate) type Parse<T> = Result<T, Refused>;

pub(crate) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    /// Of each token; right where nothing is wrong.
    roles: Vec<Role>,
    comments: Vec<Span>,
    pos: usize,
    /// Where the unfinished strings and names are, as token indices.
    broken: Vec<usize>,
    depth: u32,
    /// The height of the tallest expression since this was last set to zero.
    tallest: u32,
    /// The nesting was too deep somewhere in this statement; what is left of it is not looked at.
    too_deep: bool,
    /// Where the statement in hand begins, as a token index.
    statement: usize,
    /// The token of the last complaint; there is no second one about it.
    complained: Option<usize>,
    diagnostics: Vec<Diagnostic>,
    /// How many of them are the lexer's.
    lexical: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Parser<'a> {
        let lexed = lex(text);
        let broken = lexed.tokens.iter().enumerate().filter(|(_, t)| t.kind == TokenKind::Broken);
        Parser {
            text,
            broken: broken.map(|(at, _)| at).collect(),
            roles: vec![Role::Plain; lexed.tokens.len()],
            tokens: lexed.tokens,
            comments: lexed.comments,
            pos: 0,
            depth: 0,
            tallest: 0,
            too_deep: false,
            statement: 0,
            complained: None,
            lexical: lexed.diagnostics.len(),
            diagnostics: lexed.diagnostics,
        }
    }

    fn kind(&self) -> TokenKind {
        self.tokens[self.pos].kind
    }

    /// The kind of the token `ahead` places further on.
    fn nth(&self, ahead: usize) -> TokenKind {
        self.tokens.get(self.pos + ahead).map_or(TokenKind::Eof, |t| t.kind)
    }

    fn span(&self) -> Span {
        self.tokens[self.pos].span
    }

    /// Where the last token passed stands.
    fn last_span(&self) -> Span {
        self.tokens[self.pos.saturating_sub(1)].span
    }

    /// From `start` to the last token passed.
    fn since(&self, start: Span) -> Span {
        Span::new(start.start, self.last_span().end.max(start.start))
    }

    fn token_text(&self) -> &'a str {
        self.span().of(self.text)
    }

    /// Passes the token and gives its place.
    fn bump(&mut self) -> Span {
        let span = self.span();
        if self.kind() != TokenKind::Eof {
            self.pos += 1;
        }
        span
    }

    /// Says what the token here is used as.
    fn mark(&mut self, role: Role) {
        self.roles[self.pos] = role;
    }

    fn at(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    fn at_kw(&self, kw: Kw) -> bool {
        self.kind() == TokenKind::Kw(kw)
    }

    fn at_kws(&self, first: Kw, second: Kw) -> bool {
        self.at_kw(first) && self.nth(1) == TokenKind::Kw(second)
    }

    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.at(kind);
        if found {
            self.bump();
        }
        found
    }

    fn eat_kw(&mut self, kw: Kw) -> bool {
        self.eat(TokenKind::Kw(kw))
    }

    fn expect(&mut self, kind: TokenKind) -> Parse<Span> {
        match self.at(kind) {
            true => Ok(self.bump()),
            false => self.expected(kind.text()),
        }
    }

    fn expect_kw(&mut self, kw: Kw) -> Parse<Span> {
        self.expect(TokenKind::Kw(kw))
    }

    /// A name: an identifier, or any keyword.
    fn name(&mut self, what: &str) -> Parse<Ident> {
        match self.kind().is_name() {
            true => Ok(self.bump_name()),
            false => self.expected(what),
        }
    }

    /// A name that must not be a bare keyword.
    fn identifier(&mut self, what: &str) -> Parse<Ident> {
        if let TokenKind::Kw(kw) = self.kind() {
            let span = self.span();
            self.report(diagnose::keyword(kw.text(), what, self.token_text(), span));
            return Ok(self.bump_name());
        }
        self.name(what)
    }

    fn bump_name(&mut self) -> Ident {
        let text = self.token_text();
        let text = text.strip_prefix('`').and_then(|t| t.strip_suffix('`')).unwrap_or(text);
        self.mark(Role::Name);
        Ident::new(text, self.bump())
    }

    /// Runs `parse` one level deeper.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        if self.depth >= NESTING_MAX {
            self.report(diagnose::nesting(self.span()));
            self.too_deep = true;
            return Err(Refused);
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }
}

//! What a token is.

use super::Kw;
use crate::span::Span;

/// A token with its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Token {
    pub kind: TokenKind,
    pub span: Span,
}

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Kw(Kw),
    Id,
    /// An identifier in back-quotes.
    QuotedId,
    Int,
    Long,
    Float,
    Double,
    Str,
    /// `{ ... }` with balanced braces.
    Script,
    Colon,
    Semi,
    Dot,
    /// `...`
    Dots,
    LParen,
    RParen,
    LBracket,
    RBracket,
    Comma,
    Assign,
    Star,
    Plus,
    Question,
    Minus,
    Slash,
    Percent,
    Lt,
    LtEq,
    Gt,
    GtEq,
    EqEq,
    NotEq,
    At,
    Arrow,
    Hash,
    Bang,
    /// One character that starts no token.
    Unknown,
    /// A string or name without its end, up to the end of its line; the lexer has complained about it.
    Broken,
    Eof,
}

impl TokenKind {
    /// Whether the token can be a name: an identifier or any keyword.
    pub fn is_name(self) -> bool {
        matches!(self, TokenKind::Id | TokenKind::QuotedId | TokenKind::Kw(_))
    }

    /// How a symbol is written in messages.
    pub fn text(self) -> &'static str {
        match self {
            TokenKind::Kw(kw) => kw.text(),
            TokenKind::Id | TokenKind::QuotedId => "a name",
            TokenKind::Int => "a number",
            TokenKind::Long => "a long number",
            TokenKind::Float => "a float number",
            TokenKind::Double => "a double number",
            TokenKind::Str => "a string",
            TokenKind::Script => "a script in braces",
            TokenKind::Colon => "`:`",
            TokenKind::Semi => "`;`",
            TokenKind::Dot => "`.`",
            TokenKind::Dots => "`...`",
            TokenKind::LParen => "`(`",
            TokenKind::RParen => "`)`",
            TokenKind::LBracket => "`[`",
            TokenKind::RBracket => "`]`",
            TokenKind::Comma => "`,`",
            TokenKind::Assign => "`=`",
            TokenKind::Star => "`*`",
            TokenKind::Plus => "`+`",
            TokenKind::Question => "`?`",
            TokenKind::Minus => "`-`",
            TokenKind::Slash => "`/`",
            TokenKind::Percent => "`%`",
            TokenKind::Lt => "`<`",
            TokenKind::LtEq => "`<=`",
            TokenKind::Gt => "`>`",
            TokenKind::GtEq => "`>=`",
            TokenKind::EqEq => "`==`",
            TokenKind::NotEq => "`!=`",
            TokenKind::At => "`@`",
            TokenKind::Arrow => "`->`",
            TokenKind::Hash => "`#`",
            TokenKind::Bang => "`!`",
            TokenKind::Unknown => "an unknown character",
            TokenKind::Broken => "an unfinished string",
            TokenKind::Eof => "the end of the text",
        }
    }
}

//! The words of "expected this, found that".

use super::{Parse, Parser, Refused};
use crate::ERRORS_MAX;
use crate::diagnose::{self, NO_ESCAPES};
use crate::diagnostic::Diagnostic;
use crate::lex::{Kw, TokenKind};
use crate::suggest::suggest;

impl Parser<'_> {
    /// Reports a mistake, unless something was already said about this token or the lexer explained the statement.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        let repeated = self.complained.replace(self.pos) == Some(self.pos);
        let enough = self.diagnostics.len() > self.lexical + ERRORS_MAX;
        if !repeated && !self.too_deep && !enough && !self.statement_is_broken() {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Reports a mistake after which the part in hand cannot be understood.
    pub(super) fn refuse<T>(&mut self, diagnostic: Diagnostic) -> Parse<T> {
        self.report(diagnostic);
        Err(Refused)
    }

    /// `what` should stand here, and something else does.
    pub(super) fn expected<T>(&mut self, what: &str) -> Parse<T> {
        let error = self.unexpected(what);
        self.refuse(error)
    }

    /// One of several words should stand here.
    pub(super) fn expected_words<T>(&mut self, what: &str, words: &[&str]) -> Parse<T> {
        let error = self.unexpected(what);
        let near = suggest(self.token_text(), words.iter().copied()).filter(|_| self.at(TokenKind::Id));
        let error = match near {
            Some(word) => error.fix(format!("did you mean `{word}`?"), self.span(), word),
            None => error,
        };
        self.refuse(error)
    }

    pub(super) fn unexpected(&self, what: &str) -> Diagnostic {
        if self.at(TokenKind::Unknown) {
            return diagnose::unknown_character(self.token_text(), self.escape_before(), self.span());
        }
        self.explain(what, diagnose::unexpected(what, &self.found(), self.span()))
    }

    fn found(&self) -> String {
        match self.kind() {
            TokenKind::Id | TokenKind::Int | TokenKind::Long | TokenKind::Float | TokenKind::Double => {
                format!("`{}`", self.token_text())
            }
            TokenKind::QuotedId => self.token_text().to_string(),
            TokenKind::Kw(_) => format!("`{}`", self.token_text()),
            kind => kind.text().to_string(),
        }
    }

    /// Adds advice for mistakes that are often made.
    fn explain(&self, what: &str, error: Diagnostic) -> Diagnostic {
        let word = self.token_text();
        let keyword = what.strip_prefix('`').and_then(|w| w.strip_suffix('`'));
        if let Some(keyword) = keyword.filter(|k| k.starts_with(|c: char| c.is_alphabetic()))
            && self.at(TokenKind::Id)
            && suggest(word, [keyword]).is_some()
        {
            return error.fix(format!("did you mean `{keyword}`?"), self.span(), keyword);
        }
        if self.escape_before() {
            return error.help(NO_ESCAPES);
        }
        if self.at_kw(Kw::Within) && what == "`)`" {
            return error.help("`within` holds for the whole pattern and stands at its end");
        }
        error
    }

    /// Whether a string that ends in a backslash stands just before: the quote after it was meant as part of it.
    fn escape_before(&self) -> bool {
        let from = self.pos.saturating_sub(3).max(self.statement);
        self.tokens[from..self.pos].iter().any(|t| {
            let text = t.span.of(self.text);
            t.kind == TokenKind::Str && (text.ends_with("\\'") || text.ends_with("\\\""))
        })
    }

    fn statement_is_broken(&self) -> bool {
        // A little further than the token in hand: the quote that has no partner comes after what it makes odd.
        let first = self.broken.partition_point(|&at| at < self.statement);
        self.broken.get(first).is_some_and(|&at| at < self.pos + 3)
    }
}

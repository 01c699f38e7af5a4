//! A query as a whole: its clauses in their order.

use super::{Parse, Parser, Refused};
use crate::ast::{Annotation, Anonymous, Query, QueryInput};
use crate::diagnose;
use crate::lex::{Kw, TokenKind};
use crate::span::Span;

impl Parser<'_> {
    /// `from ...`, the annotations before it being passed.
    pub(super) fn query(&mut self, annotations: Vec<Annotation>, start: Span) -> Parse<Query> {
        self.expect_kw(Kw::From)?;
        let input = self.clause(Self::query_input);
        let mut refused = input.is_none();
        if !refused && !self.at_clause_word() && !self.at_statement_end() {
            refused = true;
            self.after_input();
        }
        let selection = self.optional_clause(&mut refused, Kw::Select, Self::selection);
        self.misplaced_clauses(&mut refused);
        let rate = self.optional_clause(&mut refused, Kw::Output, Self::rate);
        if refused && !self.at_clause() {
            return Err(Refused);
        }
        let output = self.clause(Self::output).ok_or(Refused)?;
        match input {
            Some(input) if !refused => {
                Ok(Query { annotations, input, selection, rate, output, span: self.since(start) })
            }
            _ => Err(Refused),
        }
    }

    /// A clause that may be missing.
    fn optional_clause<T>(
        &mut self,
        refused: &mut bool,
        kw: Kw,
        parse: impl FnOnce(&mut Self) -> Parse<T>,
    ) -> Option<T> {
        if !self.at_kw(kw) || self.too_deep {
            return None;
        }
        let clause = self.clause(parse);
        *refused |= clause.is_none();
        clause
    }

    /// Something stands after the input that belongs to no clause.
    fn after_input(&mut self) {
        let error = self.unexpected("`select`, `output`, `insert`, `update` or `delete`");
        let error = match self.kind() {
            TokenKind::Kw(Kw::As) => error.help("only the sides of a join have an alias"),
            TokenKind::Id => self.nearest(error, &["select", "output", "insert", "update", "delete", "join"]),
            TokenKind::LParen => error.help("a filter stands in brackets, for example `S[price > 5]`"),
            TokenKind::Kw(Kw::Per | Kw::Within) => error.help("`within` and `per` stand behind a join or pattern"),
            _ => error,
        };
        self.report(error);
        self.skip_to(Self::resumes_clause);
    }

    fn nearest(&self, error: crate::Diagnostic, words: &[&str]) -> crate::Diagnostic {
        match crate::suggest::suggest(self.token_text(), words.iter().copied()) {
            Some(word) => error.fix(format!("did you mean `{word}`?"), self.span(), word),
            None => error,
        }
    }

    /// Clauses of a selection where there is none, or after the output rate.
    fn misplaced_clauses(&mut self, refused: &mut bool) {
        while let TokenKind::Kw(Kw::Group | Kw::Having | Kw::Order | Kw::Limit | Kw::Offset) = self.kind() {
            *refused = true;
            self.report(diagnose::without_select(self.token_text(), self.span()));
            self.bump();
            self.skip_to(Self::resumes_clause);
        }
    }

    /// Whether an inner query without a name starts here.
    pub(super) fn at_anonymous(&self) -> bool {
        let mut ahead = 0;
        while self.nth(ahead) == TokenKind::LParen {
            ahead += 1;
        }
        // `from` may also be a stream's name; then something else follows it.
        self.nth(ahead) == TokenKind::Kw(Kw::From)
            && matches!(self.nth(ahead + 1), TokenKind::Id | TokenKind::QuotedId | TokenKind::LParen)
    }

    /// `(from ... return)`, with any number of parentheses.
    pub(super) fn anonymous(&mut self) -> Parse<Anonymous> {
        if self.eat(TokenKind::LParen) {
            let anonymous = self.nested(Self::anonymous)?;
            self.expect(TokenKind::RParen)?;
            return Ok(anonymous);
        }
        let start = self.expect_kw(Kw::From)?;
        let input = self.nested(Self::query_input)?;
        let selection = match self.at_kw(Kw::Select) {
            true => Some(self.selection()?),
            false => None,
        };
        let rate = match self.at_kw(Kw::Output) {
            true => Some(self.rate()?),
            false => None,
        };
        if !self.at_kw(Kw::Return) {
            return self.expected("`return`");
        }
        let output = self.output()?;
        Ok(Anonymous { input, selection, rate, output, span: self.since(start) })
    }

    /// What a query reads, `from` being passed.
    pub(super) fn query_input(&mut self) -> Parse<QueryInput> {
        if self.at_anonymous() {
            return self.anonymous().map(|a| QueryInput::Anonymous(Box::new(a)));
        }
        let start = self.span();
        if self.at_state() {
            return self.states(None, start);
        }
        let first = self.source_and_handlers()?;
        match self.kind() {
            TokenKind::Arrow | TokenKind::Comma | TokenKind::Lt | TokenKind::Kw(Kw::And | Kw::Or) => {
                self.states(Some(first), start)
            }
            TokenKind::Star | TokenKind::Plus | TokenKind::Question => self.states(Some(first), start),
            _ if self.at_join() => self.join(first, start).map(|j| QueryInput::Join(Box::new(j))),
            _ => {
                self.one_window(&first.handlers)?;
                Ok(QueryInput::Stream(first))
            }
        }
    }
}

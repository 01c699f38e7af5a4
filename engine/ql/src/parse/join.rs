//! Joins.

use super::{Parse, Parser};
use crate::ast::{AggregationRange, Join, JoinKind, JoinSource, Side, StreamInput, Unidirectional};
use crate::diagnose;
use crate::lex::{Kw, TokenKind};
use crate::span::{Ident, Span};

impl Parser<'_> {
    /// Whether the source before is the left side of a join.
    pub(super) fn at_join(&self) -> bool {
        self.join_at(0)
    }

    pub(super) fn join_at(&self, ahead: usize) -> bool {
        match self.nth(ahead) {
            TokenKind::Kw(Kw::Join | Kw::Unidirectional) => true,
            TokenKind::Kw(Kw::Left | Kw::Right | Kw::Full | Kw::Inner | Kw::Outer) => {
                matches!(self.nth(ahead + 1), TokenKind::Kw(Kw::Outer | Kw::Join))
            }
            TokenKind::Kw(Kw::As) => {
                let join = [Kw::Join, Kw::Unidirectional, Kw::Left, Kw::Right, Kw::Full, Kw::Inner, Kw::Outer];
                join.iter().any(|kw| self.nth(ahead + 2) == TokenKind::Kw(*kw))
            }
            _ => false,
        }
    }

    /// A join whose left source is passed.
    pub(super) fn join(&mut self, left: StreamInput, start: Span) -> Parse<Join> {
        let left = self.join_source(left)?;
        let left_mark = self.unidirectional(Side::Left);
        let kind_span = self.span();
        let kind = self.join_kind()?;
        let kind_span = self.since(kind_span);
        let right = self.source_and_handlers()?;
        let right = self.join_source(right)?;
        let right_mark = self.unidirectional(Side::Right);
        if let (Some(first), Some(second)) = (left_mark, right_mark) {
            return self.refuse(diagnose::both_unidirectional(first.span, second.span));
        }
        if self.at_join() {
            return self.refuse(diagnose::third_side(self.span()));
        }
        let on = match self.eat_kw(Kw::On) {
            true => Some(self.expression()?),
            false => None,
        };
        let range = self.aggregation_range()?;
        let unidirectional = left_mark.or(right_mark);
        Ok(Join { left, kind, kind_span, right, unidirectional, on, range, span: self.since(start) })
    }

    fn join_source(&mut self, input: StreamInput) -> Parse<JoinSource> {
        self.window_last(&input.handlers)?;
        let alias = self.alias()?;
        let span = self.since(input.span);
        Ok(JoinSource { source: input.source, handlers: input.handlers, alias, span })
    }

    /// `as name`
    pub(super) fn alias(&mut self) -> Parse<Option<Ident>> {
        match self.eat_kw(Kw::As) {
            true => self.name("an alias").map(Some),
            false => Ok(None),
        }
    }

    fn unidirectional(&mut self, side: Side) -> Option<Unidirectional> {
        self.at_kw(Kw::Unidirectional).then(|| Unidirectional { side, span: self.bump() })
    }

    fn join_kind(&mut self) -> Parse<JoinKind> {
        let start = self.span();
        let outer = match self.kind() {
            TokenKind::Kw(Kw::Left) => Some(JoinKind::LeftOuter),
            TokenKind::Kw(Kw::Right) => Some(JoinKind::RightOuter),
            TokenKind::Kw(Kw::Full) => Some(JoinKind::FullOuter),
            _ => None,
        };
        if let Some(kind) = outer {
            let side = self.bump();
            if self.at_kw(Kw::Join) {
                let words = format!("{} outer", side.of(self.text));
                let error = self.unexpected("`outer`");
                return self.refuse(error.fix("a join that keeps rows without partner is `outer`", side, words));
            }
            self.expect_kw(Kw::Outer)?;
            self.expect_kw(Kw::Join)?;
            return Ok(kind);
        }
        if self.eat_kw(Kw::Outer) {
            self.expect_kw(Kw::Join)?;
            return self.refuse(diagnose::outer_join(self.since(start)));
        }
        self.eat_kw(Kw::Inner);
        self.expect_kw(Kw::Join)?;
        Ok(JoinKind::Inner)
    }

    /// `within start [, end] per unit`, if it stands here.
    pub(super) fn aggregation_range(&mut self) -> Parse<Option<AggregationRange>> {
        let start = self.span();
        if self.at_kw(Kw::Per) {
            return self.refuse(diagnose::per_alone(start));
        }
        if !self.eat_kw(Kw::Within) {
            return Ok(None);
        }
        let from = self.expression()?;
        let end = match self.eat(TokenKind::Comma) {
            true => Some(self.expression()?),
            false => None,
        };
        if !self.eat_kw(Kw::Per) {
            return self.refuse(diagnose::within_alone(self.since(start)));
        }
        let per = self.expression()?;
        Ok(Some(AggregationRange { start: from, end, per, span: self.since(start) }))
    }
}

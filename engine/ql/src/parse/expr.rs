//! Expressions: operands and references. How operators bind is in the next file.

use super::operator::Tall;
use super::recover::is_link;
use super::{Parse, Parser};
use crate::ast::{AttrRef, Expr, ExprKind, Index, IndexKind, NullTarget, Scope, SecondRef, StreamRef};
use crate::diagnose;
use crate::lex::{Kw, TokenKind};
use crate::span::Span;

/// What a name or mark turned out to begin.
enum Reference {
    Attr(AttrRef),
    /// `e1[0]` or `#S`: an event, which can only be tested for null.
    Stream(StreamRef),
}

impl Parser<'_> {
    /// An expression.
    pub(super) fn expression(&mut self) -> Parse<Expr> {
        let tall = self.nested(Self::operators)?;
        self.tallest = self.tallest.max(tall.height);
        Ok(tall.expr)
    }

    /// An operand with the `not`s before it.
    pub(super) fn operand(&mut self) -> Parse<Tall> {
        let start = self.span();
        match self.kind() {
            TokenKind::LParen => self.parenthesised(),
            TokenKind::Kw(Kw::Not) if self.starts_operand(1) => {
                self.bump();
                let inner = self.nested(Self::operand)?;
                let span = self.since(start);
                self.tall(ExprKind::Not(Box::new(inner.expr)), span, inner.height)
            }
            TokenKind::Kw(Kw::True | Kw::False) if !self.continues_name(1) && self.nth(1) != TokenKind::Kw(Kw::Is) => {
                let value = self.at_kw(Kw::True);
                self.bump();
                Ok(Tall::leaf(ExprKind::Bool(value), start))
            }
            TokenKind::Double if self.glued_days() => self.time_value().map(|t| Tall::leaf(ExprKind::Time(t), t.span)),
            TokenKind::Int | TokenKind::Long | TokenKind::Float | TokenKind::Double => self.number_operand(start),
            TokenKind::Plus | TokenKind::Minus => self.signed(start),
            TokenKind::Str => {
                let value = self.string("a string")?;
                Ok(Tall::leaf(ExprKind::Str(value.value), value.span))
            }
            TokenKind::Bang if !self.is_fault_reference() => self.foreign_not(start),
            kind if kind.is_name() || matches!(kind, TokenKind::Hash | TokenKind::Bang) => {
                if self.at_clause() && !self.continues_name(1) {
                    return self.expected("an expression");
                }
                if self.at_call() { self.call_operand(start) } else { self.reference_operand(start) }
            }
            _ => self.expected("an expression"),
        }
    }

    fn parenthesised(&mut self) -> Parse<Tall> {
        self.bump();
        let inner = self.nested(Self::operators)?;
        if !self.at(TokenKind::RParen) {
            return self.expected("an operator or `)`");
        }
        self.bump();
        Ok(Tall { expr: Expr { parens: true, ..inner.expr }, height: inner.height })
    }

    fn number_operand(&mut self, start: Span) -> Parse<Tall> {
        let kind = self.number()?;
        if let (ExprKind::Int(_) | ExprKind::Long(_), Some(_)) = (&kind, self.near_unit()) {
            return self.no_unit();
        }
        if let (ExprKind::Long(_), TokenKind::Kw(kw)) = (&kind, self.kind())
            && kw.unit().is_some()
        {
            self.pos -= 1;
            return self.time_value().map(|t| Tall::leaf(ExprKind::Time(t), t.span));
        }
        Ok(Tall::leaf(kind, self.since(start)))
    }

    /// A sign belongs to a number only.
    fn signed(&mut self, start: Span) -> Parse<Tall> {
        let number = matches!(self.nth(1), TokenKind::Int | TokenKind::Long | TokenKind::Float | TokenKind::Double);
        let time = matches!(self.nth(2), TokenKind::Kw(kw) if kw.unit().is_some());
        if number && !time {
            return self.number_operand(start);
        }
        let what = if number { "a time" } else { "this" };
        self.refuse(diagnose::sign(what, self.at(TokenKind::Minus), start))
    }

    /// Whether `!` here is the mark of a fault stream: `!S.a`, `!S[0].a`, `!S is null`.
    fn is_fault_reference(&self) -> bool {
        self.nth(1).is_name()
            && matches!(self.nth(2), TokenKind::Dot | TokenKind::LBracket | TokenKind::Hash | TokenKind::Kw(Kw::Is))
    }

    fn foreign_not(&mut self, start: Span) -> Parse<Tall> {
        self.report(diagnose::exclamation(start));
        self.bump();
        let inner = self.nested(Self::operand)?;
        let span = self.since(start);
        self.tall(ExprKind::Not(Box::new(inner.expr)), span, inner.height)
    }

    /// Whether the token `ahead` can begin an operand, so that a `not` before it is the operator.
    fn starts_operand(&self, ahead: usize) -> bool {
        use TokenKind::{Bang, Double, Float, Hash, Id, Int, LParen, Long, Minus, Plus, QuotedId, Str};
        match self.nth(ahead) {
            LParen | Int | Long | Float | Double | Str | Hash | Bang | Id | QuotedId => true,
            Plus | Minus => matches!(self.nth(ahead + 1), Int | Long | Float | Double),
            // Words that go on an expression or end it: then `not` was a name.
            TokenKind::Kw(kw) if is_link(kw) => self.continues_name(ahead + 1),
            TokenKind::Kw(_) => !self.clause_at(ahead),
            _ => false,
        }
    }

    /// Whether the token `ahead` makes a reference or call of the name before it.
    fn continues_name(&self, ahead: usize) -> bool {
        matches!(self.nth(ahead), TokenKind::Dot | TokenKind::LParen | TokenKind::LBracket)
            || (self.nth(ahead) == TokenKind::Colon && self.nth(ahead + 1).is_name())
    }

    fn at_call(&self) -> bool {
        let with_namespace =
            self.nth(1) == TokenKind::Colon && self.nth(2).is_name() && self.nth(3) == TokenKind::LParen;
        self.kind().is_name() && (self.nth(1) == TokenKind::LParen || with_namespace)
    }

    /// A call, perhaps with its null test.
    fn call_operand(&mut self, start: Span) -> Parse<Tall> {
        let outside = std::mem::take(&mut self.tallest);
        let call = self.call()?;
        let height = std::mem::replace(&mut self.tallest, outside);
        let kind = match self.eat_null_test() {
            true => ExprKind::IsNull(NullTarget::Call(call)),
            false => ExprKind::Call(call),
        };
        self.tall(kind, self.since(start), height)
    }

    fn eat_null_test(&mut self) -> bool {
        let found = self.at_kws(Kw::Is, Kw::Null);
        if found {
            self.bump();
            self.bump();
        }
        found
    }

    /// An attribute, or the null test of an attribute or event.
    fn reference_operand(&mut self, start: Span) -> Parse<Tall> {
        let reference = self.reference()?;
        let null_test = self.eat_null_test();
        let kind = match reference {
            Reference::Attr(attr) if !null_test => ExprKind::Attr(attr),
            Reference::Stream(_) if !null_test => return self.expected("`.` and an attribute, or `is null`"),
            Reference::Attr(attr) if attr.stream.is_none() => ExprKind::IsNull(NullTarget::Name(attr.attr)),
            Reference::Attr(attr) => ExprKind::IsNull(NullTarget::Attr(attr)),
            Reference::Stream(stream) => ExprKind::IsNull(NullTarget::Stream(stream)),
        };
        Ok(Tall::leaf(kind, self.since(start)))
    }

    /// An attribute or an event.
    fn reference(&mut self) -> Parse<Reference> {
        let start = self.span();
        let source = self.source("an attribute")?;
        let index = self.index()?;
        let second = match self.at(TokenKind::Hash) {
            true => Some(self.second_reference()?),
            false => None,
        };
        if self.eat(TokenKind::Dot) {
            let attr = self.name("an attribute")?;
            let span = self.since(start);
            let stream = Some(source.name);
            return Ok(Reference::Attr(AttrRef { scope: source.scope, stream, index, second, attr, span }));
        }
        if second.is_some() {
            return self.expected("`.` and an attribute");
        }
        let (scope, name, span) = (source.scope, source.name, self.since(start));
        Ok(match scope == Scope::Plain && index.is_none() {
            true => Reference::Attr(AttrRef { scope, stream: None, index, second, attr: name, span }),
            false => Reference::Stream(StreamRef { scope, name, index, span }),
        })
    }

    fn second_reference(&mut self) -> Parse<SecondRef> {
        self.bump();
        let name = self.name("a stream")?;
        let index = self.index()?;
        Ok(SecondRef { name, index })
    }

    /// `[3]`, `[last]`, `[last - 1]`, if it stands here.
    fn index(&mut self) -> Parse<Option<Index>> {
        let start = self.span();
        if !self.eat(TokenKind::LBracket) {
            return Ok(None);
        }
        let kind = if self.eat_kw(Kw::Last) {
            match self.eat(TokenKind::Minus) {
                true => IndexKind::Last(self.int()?),
                false => IndexKind::Last(0),
            }
        } else if self.at(TokenKind::Int) {
            IndexKind::At(self.int()?)
        } else {
            return self.expected_words("a number or `last`", &["last"]);
        };
        self.expect(TokenKind::RBracket)?;
        Ok(Some(Index { kind, span: self.since(start) }))
    }

    /// An attribute alone, as `group by` and `set` take it.
    pub(super) fn attribute_reference(&mut self) -> Parse<AttrRef> {
        let starts = self.kind().is_name() || matches!(self.kind(), TokenKind::Hash | TokenKind::Bang);
        if !starts || self.resumes_clause() {
            return self.expected("an attribute");
        }
        if self.at_call() {
            let call = self.call()?;
            return self.refuse(diagnose::call_for_attribute(call.span));
        }
        match self.reference()? {
            Reference::Attr(attr) => Ok(attr),
            Reference::Stream(_) => self.expected("`.` and an attribute"),
        }
    }
}

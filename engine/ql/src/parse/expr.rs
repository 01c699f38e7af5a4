//! Expressions: operands and references. How operators bind is in the next file.

use super::operator::Tall;
use super::recover::is_link;
use super::{Parse, Parser};
use crate::ast::{AttrRef, Call, Expr, ExprKind, Index, IndexKind, NullTarget, Scope, SecondRef, StreamRef};
use crate::code;
use crate::lex::{Kw, TokenKind};
use crate::span::Span;

/// What a name or mark turned out to begin.
enum Reference {
    Call(Call),
    Attr(AttrRef),
    /// `e1[0]` or `#S`: an event, which can only be tested for null.
    Stream(StreamRef),
}

impl Parser<'_> {
    /// An expression.
    pub(super) fn expression(&mut self) -> Parse<Expr> {
        let tall = self.nested(|p| p.operators(0))?;
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
                self.reference_operand(start)
            }
            _ => self.expected("an expression"),
        }
    }

    fn parenthesised(&mut self) -> Parse<Tall> {
        self.bump();
        let inner = self.nested(|p| p.operators(0))?;
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
        let message = format!("a sign cannot stand before {what}, only before a number");
        let error = Self::mistake(code::OPERATOR, &message, start, "sign");
        self.refuse(match self.at(TokenKind::Minus) {
            true => error.fix("subtract it from zero", start, "0 - "),
            false => error.fix("leave it out", start, ""),
        })
    }

    /// Whether `!` here is the mark of a fault stream: `!S.a`, `!S[0].a`, `!S is null`.
    fn is_fault_reference(&self) -> bool {
        self.nth(1).is_name()
            && matches!(self.nth(2), TokenKind::Dot | TokenKind::LBracket | TokenKind::Hash | TokenKind::Kw(Kw::Is))
    }

    fn foreign_not(&mut self, start: Span) -> Parse<Tall> {
        let error = Self::mistake(code::OPERATOR, "`!` is no operator", start, "not an operator");
        self.report(error.fix("negation is written `not`", start, "not "));
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

    fn reference_operand(&mut self, start: Span) -> Parse<Tall> {
        let (reference, height) = self.reference()?;
        if !self.at_kws(Kw::Is, Kw::Null) {
            return match reference {
                Reference::Call(call) => self.tall(ExprKind::Call(call), self.since(start), height),
                Reference::Attr(attr) => {
                    let span = attr.span;
                    Ok(Tall::leaf(ExprKind::Attr(attr), span))
                }
                Reference::Stream(_) => self.expected("`.` and an attribute, or `is null`"),
            };
        }
        self.bump();
        self.bump();
        let target = match reference {
            Reference::Call(call) => NullTarget::Call(call),
            Reference::Attr(attr) if attr.stream.is_none() => NullTarget::Name(attr.attr),
            Reference::Attr(attr) => NullTarget::Attr(attr),
            Reference::Stream(stream) => NullTarget::Stream(stream),
        };
        self.tall(ExprKind::IsNull(target), self.since(start), height)
    }

    /// A call, an attribute or an event, with the height of its arguments.
    fn reference(&mut self) -> Parse<(Reference, u32)> {
        let is_call = self.kind().is_name()
            && (self.nth(1) == TokenKind::LParen
                || (self.nth(1) == TokenKind::Colon && self.nth(2).is_name() && self.nth(3) == TokenKind::LParen));
        if is_call {
            let outside = std::mem::take(&mut self.tallest);
            let call = self.call()?;
            let arguments = std::mem::replace(&mut self.tallest, outside);
            return Ok((Reference::Call(call), arguments));
        }
        let start = self.span();
        let source = self.source("an attribute")?;
        let index = self.index()?;
        let second = match self.at(TokenKind::Hash) {
            true => Some(self.second_reference()?),
            false => None,
        };
        let reference = if self.eat(TokenKind::Dot) {
            let attr = self.name("an attribute")?;
            let span = self.since(start);
            Reference::Attr(AttrRef { scope: source.scope, stream: Some(source.name), index, second, attr, span })
        } else if second.is_some() {
            return self.expected("`.` and an attribute");
        } else if source.scope == Scope::Plain && index.is_none() {
            let span = source.name.span;
            Reference::Attr(AttrRef { scope: Scope::Plain, stream: None, index, second, attr: source.name, span })
        } else {
            Reference::Stream(StreamRef { scope: source.scope, name: source.name, index, span: self.since(start) })
        };
        Ok((reference, 1))
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
        match self.reference()?.0 {
            Reference::Attr(attr) => Ok(attr),
            Reference::Call(call) => {
                let error = Self::mistake(code::UNEXPECTED, "expected an attribute, found a call", call.span, "call");
                self.refuse(error.help("only attributes can stand here; name the expression in `select`"))
            }
            Reference::Stream(_) => self.expected("`.` and an attribute"),
        }
    }
}

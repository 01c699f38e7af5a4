//! How operators bind, from the tightest to the loosest: `not` with its operand, `* / %`, `+ -`, `< <= > >=`, `== !=`,
//! `in`, `and`, `or`. Those between two operands group to the left.
//!
//! Operators of other languages are reported and read as what was meant, so that the rest of the expression is
//! looked at.

use super::{Parse, Parser, Refused};
use crate::EXPR_HEIGHT_MAX;
use crate::ast::{BinaryOp, Expr, ExprKind};
use crate::diagnose;
use crate::lex::{Kw, TokenKind};
use crate::span::Span;

/// An expression with the height of its tree.
pub(super) struct Tall {
    pub expr: Expr,
    pub height: u32,
}

impl Tall {
    pub fn leaf(kind: ExprKind, span: Span) -> Tall {
        Tall { expr: Expr { kind, span, parens: false }, height: 1 }
    }
}

/// What may follow an operand.
enum Operator {
    Binary(BinaryOp),
    In,
}

impl Operator {
    fn binding(&self) -> u8 {
        match self {
            Operator::Binary(op) => op.binding(),
            Operator::In => IN_BINDING,
        }
    }
}

/// An operator with its left operand, until the right one is whole.
struct Waiting {
    start: Span,
    left: Tall,
    op: BinaryOp,
    op_span: Span,
}

/// How tightly `in` binds; see [`BinaryOp::binding`] for the others.
pub(crate) const IN_BINDING: u8 = 3;

impl BinaryOp {
    /// How tightly it binds; at least 1.
    pub(crate) fn binding(self) -> u8 {
        match self {
            BinaryOp::Or => 1,
            BinaryOp::And => 2,
            BinaryOp::Eq | BinaryOp::Ne => 4,
            BinaryOp::Ge | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Lt => 5,
            BinaryOp::Add | BinaryOp::Sub => 6,
            BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod => 7,
        }
    }
}

impl Parser<'_> {
    /// Operands with the operators between them.
    ///
    /// Operators that wait for their right operand are kept in a list instead of on the stack, so that only brackets
    /// and `not` nest.
    pub(super) fn operators(&mut self) -> Parse<Tall> {
        let mut waiting: Vec<Waiting> = Vec::new();
        let mut start = self.span();
        let mut right = self.operand()?;
        loop {
            self.misplaced_null_test(&mut right)?;
            let next = self.operator();
            let binding = next.as_ref().map_or(0, |(operator, _)| operator.binding());
            while let Some(left) = waiting.pop_if(|left| left.op.binding() >= binding) {
                start = left.start;
                right = self.binary(left, right)?;
            }
            let Some((operator, tokens)) = next else { return Ok(right) };
            let op_span = self.foreign_operator(&operator, tokens);
            match operator {
                Operator::Binary(op) => {
                    waiting.push(Waiting { start, left: right, op, op_span });
                    start = self.span();
                    right = self.operand()?;
                }
                Operator::In => {
                    let table = self.name("a table")?;
                    let condition = Box::new(right.expr);
                    right = self.tall(ExprKind::In { condition, table }, self.since(start), right.height)?;
                }
            }
        }
    }

    fn binary(&mut self, waiting: Waiting, right: Tall) -> Parse<Tall> {
        let Waiting { start, left, op, op_span } = waiting;
        let height = left.height.max(right.height);
        let (lhs, rhs) = (Box::new(left.expr), Box::new(right.expr));
        self.tall(ExprKind::Binary { op, op_span, lhs, rhs }, self.since(start), height)
    }

    /// A node above one of `height`, unless the tree gets too high.
    pub(super) fn tall(&mut self, kind: ExprKind, span: Span, height: u32) -> Parse<Tall> {
        if height >= EXPR_HEIGHT_MAX {
            self.report(diagnose::expression_size(self.last_span()));
            self.too_deep = true;
            return Err(Refused);
        }
        Ok(Tall { expr: Expr { kind, span, parens: false }, height: height + 1 })
    }

    /// The operator that stands here, with its number of tokens.
    fn operator(&self) -> Option<(Operator, usize)> {
        let op = match self.kind() {
            TokenKind::Star => BinaryOp::Mul,
            TokenKind::Slash => BinaryOp::Div,
            TokenKind::Percent => BinaryOp::Mod,
            TokenKind::Plus => BinaryOp::Add,
            TokenKind::Minus => BinaryOp::Sub,
            TokenKind::GtEq => BinaryOp::Ge,
            TokenKind::LtEq => BinaryOp::Le,
            TokenKind::Gt => BinaryOp::Gt,
            TokenKind::Lt if self.nth(1) == TokenKind::Gt => return Some((Operator::Binary(BinaryOp::Ne), 2)),
            TokenKind::Lt => BinaryOp::Lt,
            TokenKind::EqEq | TokenKind::Assign => BinaryOp::Eq,
            TokenKind::NotEq => BinaryOp::Ne,
            TokenKind::Kw(Kw::And) => BinaryOp::And,
            TokenKind::Kw(Kw::Or) => BinaryOp::Or,
            TokenKind::Kw(Kw::In) => return Some((Operator::In, 1)),
            TokenKind::Unknown => return self.doubled().map(|op| (Operator::Binary(op), 2)),
            _ => return None,
        };
        Some((Operator::Binary(op), 1))
    }

    /// `&&` or `||`.
    fn doubled(&self) -> Option<BinaryOp> {
        let text = &self.text[self.span().start as usize..];
        if text.starts_with("&&") {
            return Some(BinaryOp::And);
        }
        text.starts_with("||").then_some(BinaryOp::Or)
    }

    /// Passes an operator of one or two tokens; reports it when it is none of SiddhiQL.
    fn foreign_operator(&mut self, operator: &Operator, tokens: usize) -> Span {
        let span = self.span();
        let span = Span::new(span.start, self.tokens[self.pos + tokens - 1].span.end);
        let foreign = tokens == 2 || self.at(TokenKind::Assign);
        if let (true, Operator::Binary(op)) = (foreign, operator) {
            self.report(diagnose::foreign_operator(span.of(self.text), *op, tokens == 2, span));
        }
        for _ in 0..tokens {
            self.bump();
        }
        span
    }

    /// `is not null`, and `is null` after something that cannot have it. Both are reported and passed.
    fn misplaced_null_test(&mut self, left: &mut Tall) -> Parse<()> {
        if !self.at_kw(Kw::Is) {
            return Ok(());
        }
        let start = self.span();
        if self.nth(1) == TokenKind::Kw(Kw::Not) && self.nth(2) == TokenKind::Kw(Kw::Null) {
            let span = Span::new(start.start, self.tokens[self.pos + 2].span.end);
            let operand = left.expr.span;
            self.report(diagnose::is_not_null(operand.of(self.text), operand.to(span), span));
            self.pos += 3;
            return Ok(());
        }
        if self.nth(1) == TokenKind::Kw(Kw::Null) {
            let span = Span::new(start.start, self.tokens[self.pos + 1].span.end);
            self.report(diagnose::null_test(left.expr.span, span));
            self.pos += 2;
            return Ok(());
        }
        self.bump();
        self.expected("`null`")
    }
}

//! Expressions.

use super::{Scope, TimeValue};
use crate::span::{Ident, Span};

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands, own parentheses not included.
    pub span: Span,
    /// Whether it stands in parentheses of its own.
    pub parens: bool,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `5`, sign included
    Int(i32),
    /// `5L`, sign included
    Long(i64),
    /// `5f`, sign included
    Float(f32),
    /// `5.0`, sign included
    Double(f64),
    /// `true`, `false`
    Bool(bool),
    /// `'text'`
    Str(String),
    /// `5 sec`: a long
    Time(TimeValue),
    /// `price`, `e1[0].price`
    Attr(AttrRef),
    /// `f(x)`, `math:sin(x)`
    Call(Call),
    /// `not x`
    Not(Box<Expr>),
    /// `a + b`
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// The left operand.
        lhs: Box<Expr>,
        /// The right operand.
        rhs: Box<Expr>,
    },
    /// `x is null`
    IsNull(NullTarget),
    /// `condition in Table`
    In {
        /// What is asked of each row.
        condition: Box<Expr>,
        /// The table.
        table: Ident,
    },
}

/// An operator between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `>=`
    Ge,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `<`
    Lt,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `and`
    And,
    /// `or`
    Or,
}

impl BinaryOp {
    /// The operator as it is written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Mod => "%",
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Ge => ">=",
            BinaryOp::Le => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::Lt => "<",
            BinaryOp::Eq => "==",
            BinaryOp::Ne => "!=",
            BinaryOp::And => "and",
            BinaryOp::Or => "or",
        }
    }
}

/// What stands before `is null`.
#[derive(Clone, Debug, PartialEq)]
pub enum NullTarget {
    /// A bare name: a stream reference when the query knows one of that name, else an attribute.
    Name(Ident),
    /// `e1[0]`, `#S`: surely an event.
    Stream(StreamRef),
    /// `e1.price`: surely an attribute.
    Attr(AttrRef),
    /// `f(x)`
    Call(Call),
}

/// An event named by its stream or reference.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamRef {
    /// The mark before the name.
    pub scope: Scope,
    /// The name.
    pub name: Ident,
    /// Which of several events.
    pub index: Option<Index>,
    /// The whole reference.
    pub span: Span,
}

/// An attribute, perhaps of a named stream and event.
#[derive(Clone, Debug, PartialEq)]
pub struct AttrRef {
    /// The mark before the stream; plain when there is no stream.
    pub scope: Scope,
    /// The stream or event reference before the dot.
    pub stream: Option<Ident>,
    /// Which of several events of `stream`.
    pub index: Option<Index>,
    /// `#name[index]` after the stream.
    pub second: Option<SecondRef>,
    /// The attribute.
    pub attr: Ident,
    /// The whole reference.
    pub span: Span,
}

/// The `#name[index]` part of `a#name[index].attr`.
#[derive(Clone, Debug, PartialEq)]
pub struct SecondRef {
    /// The name.
    pub name: Ident,
    /// Which of several events.
    pub index: Option<Index>,
}

/// `[3]`, `[last]`, `[last - 1]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// Counted from the first or the last.
    pub kind: IndexKind,
    /// Where it stands, brackets included.
    pub span: Span,
}

/// Which of several events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexKind {
    /// `[n]`, the first is 0
    At(i32),
    /// `[last - n]`; `[last]` is 0
    Last(i32),
}

/// A function with its arguments: in an expression, as a handler, or as a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// `math` of `math:sin(x)`.
    pub namespace: Option<Ident>,
    /// The function.
    pub name: Ident,
    /// The arguments.
    pub args: Args,
    /// The whole call.
    pub span: Span,
}

/// The arguments of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Args {
    /// `(a, b)`, also `()`
    List(Vec<Expr>),
    /// `(*)`
    Star(Span),
}

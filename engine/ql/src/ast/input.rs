//! What a query reads: a stream, a join, a pattern, a sequence, or an inner query.

use super::{Call, Expr, Output, Rate, Selection, Source, TimeValue};
use crate::span::{Ident, Span};

/// What a query reads.
#[derive(Clone, Debug, PartialEq)]
pub enum QueryInput {
    /// `S[filter]#window.length(5)`
    Stream(StreamInput),
    /// `S join T on ...`
    Join(Box<Join>),
    /// `e1=A -> e2=B`
    Pattern(StateInput),
    /// `e1=A, e2=B`
    Sequence(StateInput),
    /// `(from S select ... return)`: parses, but Siddhi runs no such query.
    Anonymous(Box<Anonymous>),
}

impl QueryInput {
    /// Where it stands, without `from`.
    pub fn span(&self) -> Span {
        match self {
            QueryInput::Stream(s) => s.span,
            QueryInput::Join(j) => j.span,
            QueryInput::Pattern(s) | QueryInput::Sequence(s) => s.span,
            QueryInput::Anonymous(a) => a.span,
        }
    }
}

/// One source with what its events go through.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamInput {
    /// The source.
    pub source: Source,
    /// Filters, functions and at most one window, in order.
    pub handlers: Vec<Handler>,
    /// The whole input.
    pub span: Span,
}

/// One step that events go through before the selection.
#[derive(Clone, Debug, PartialEq)]
pub enum Handler {
    /// `[price > 5]`; the span covers the brackets.
    Filter(Expr, Span),
    /// `#log('x')`
    Function(Call),
    /// `#window.length(5)`; the span covers all from `#`.
    Window(Call, Span),
}

impl Handler {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Handler::Filter(_, span) | Handler::Window(_, span) => *span,
            Handler::Function(call) => call.span,
        }
    }
}

/// `left join right on ... within ... per ...`.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// The left side.
    pub left: JoinSource,
    /// Which rows without partner come out.
    pub kind: JoinKind,
    /// Where the words `left outer join` stand.
    pub kind_span: Span,
    /// The right side.
    pub right: JoinSource,
    /// The only side that triggers, if one is marked.
    pub unidirectional: Option<Unidirectional>,
    /// The condition.
    pub on: Option<Expr>,
    /// `within ... per ...`, for an aggregation.
    pub range: Option<AggregationRange>,
    /// The whole join.
    pub span: Span,
}

/// The mark `unidirectional`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unidirectional {
    /// The side it stands behind.
    pub side: Side,
    /// Where it stands.
    pub span: Span,
}

/// A side of a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// before `join`
    Left,
    /// after `join`
    Right,
}

/// Which rows without partner a join gives out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinKind {
    /// none
    Inner,
    /// those of the left side
    LeftOuter,
    /// those of the right side
    RightOuter,
    /// those of both sides
    FullOuter,
}

/// One side of a join; its window, if any, is the last handler.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinSource {
    /// The source.
    pub source: Source,
    /// Filters and functions, then at most one window.
    pub handlers: Vec<Handler>,
    /// `as name`
    pub alias: Option<Ident>,
    /// The whole side.
    pub span: Span,
}

/// `within a, b per 'days'`.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregationRange {
    /// The first expression of `within`.
    pub start: Expr,
    /// The second expression of `within`.
    pub end: Option<Expr>,
    /// The expression of `per`.
    pub per: Expr,
    /// From `within` to the end of `per`.
    pub span: Span,
}

/// A pattern or sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct StateInput {
    /// The states.
    pub root: State,
    /// `within 5 sec`
    pub within: Option<TimeValue>,
    /// The whole input.
    pub span: Span,
}

/// A part of a pattern or sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// What it is.
    pub kind: StateKind,
    /// Where it stands.
    pub span: Span,
}

/// What a part of a pattern is.
#[derive(Clone, Debug, PartialEq)]
pub enum StateKind {
    /// `a -> b -> c`, or `a, b, c` in a sequence: two or more. A nested one stood in parentheses of its own.
    Next(Vec<State>),
    /// `every a`, `every (a -> b)`. In a sequence only the first state can be one.
    Every(Box<State>),
    /// `e1=S[filter]`
    Stream(StateStream),
    /// `e1=S<2:5>`, `e1=S*`
    Count(StateStream, Quantifier),
    /// `a and b`, `a or b`; the sides are [`StateKind::Stream`] or [`StateKind::Absent`].
    Logical {
        /// and, or
        op: LogicalOp,
        /// The side written first.
        left: Box<State>,
        /// The side written second.
        right: Box<State>,
    },
    /// `not S[filter] for 5 sec`; the time may be missing only in an `and` with a present side.
    Absent(StreamInput, Option<TimeValue>),
}

/// One source of a pattern, perhaps with a reference.
#[derive(Clone, Debug, PartialEq)]
pub struct StateStream {
    /// `e1` of `e1=S`.
    pub reference: Option<Ident>,
    /// The source and its handlers; there is never a window.
    pub input: StreamInput,
}

/// How the two sides of a logical state go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogicalOp {
    /// both
    And,
    /// either
    Or,
}

/// How many events a state collects. `*` is `<0:>`, `+` is `<1:>`, `?` is `<0:1>`, `<n>` is `<n:n>`, `<:n>` is `<0:n>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantifier {
    /// The least number.
    pub min: i32,
    /// The greatest number; none when there is no limit.
    pub max: Option<i32>,
    /// Where it stands.
    pub span: Span,
}

/// An inner query without a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Anonymous {
    /// What it reads.
    pub input: QueryInput,
    /// `select` with its clauses.
    pub selection: Option<Selection>,
    /// `output ... every ...`.
    pub rate: Option<Rate>,
    /// `return ... events`; always [`super::OutputKind::Return`].
    pub output: Output,
    /// From `from` to the end of `return`.
    pub span: Span,
}

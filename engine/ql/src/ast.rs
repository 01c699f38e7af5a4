//! The syntax tree of SiddhiQL: what the text says, before any name is resolved.
//!
//! Invariants: every node that can be complained about has a span; names are without back-quotes; what the parser
//! refuses (definitions of inner streams, `limit` of something else than a number, ...) cannot be written down here.
//! An expression is never higher than [`crate::EXPR_HEIGHT_MAX`] nodes and other nestings never deeper than
//! [`crate::NESTING_MAX`], so whoever walks the tree may recurse.
//! Not here: types of expressions, the meaning of names (see the binder), comments, white space.

mod expr;
mod input;
mod query;

pub use expr::{Args, AttrRef, BinaryOp, Call, Expr, ExprKind, Index, IndexKind, NullTarget, SecondRef, StreamRef};
pub use input::{
    AggregationRange, Anonymous, Handler, Join, JoinKind, JoinSource, LogicalOp, Quantifier, QueryInput, Side, State,
    StateInput, StateKind, StateStream, StreamInput, Unidirectional,
};
pub use query::{
    EventType, EventTypeKind, Limit, OnDemand, OnDemandInput, Order, OrderBy, OutAttr, Output, OutputKind, Rate,
    RateKind, RateWhich, SelectList, Selection, SetClause,
};

use crate::span::{Ident, Span, StrLit};

/// A whole text: definitions first, then queries and partitions.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct App {
    /// `@app:name('X')` and the like, in order; the names are without `app:`.
    pub annotations: Vec<Annotation>,
    /// All definitions, in order.
    pub definitions: Vec<Definition>,
    /// Queries and partitions, in order.
    pub elements: Vec<Element>,
    /// The whole text.
    pub span: Span,
}

/// `@Name(key='value', @Nested(...))`.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotation {
    /// The name; looked up without regard to case.
    pub name: Ident,
    /// The values, in order.
    pub elements: Vec<AnnotationElement>,
    /// The nested annotations, in order.
    pub annotations: Vec<Annotation>,
    /// From `@` to the closing parenthesis.
    pub span: Span,
}

/// One value of an annotation, with or without a key.
#[derive(Clone, Debug, PartialEq)]
pub struct AnnotationElement {
    /// `key`, `dotted.key`, `a-b:c` or a quoted key; white space between the parts is dropped.
    pub key: Option<Ident>,
    /// The value.
    pub value: StrLit,
    /// From the key to the value.
    pub span: Span,
}

/// A definition.
#[derive(Clone, Debug, PartialEq)]
pub enum Definition {
    /// `define stream`
    Stream(StreamDef),
    /// `define table`
    Table(TableDef),
    /// `define window`
    Window(WindowDef),
    /// `define trigger`
    Trigger(TriggerDef),
    /// `define function`
    Function(FunctionDef),
    /// `define aggregation`
    Aggregation(Box<AggregationDef>),
}

impl Definition {
    /// The name it defines.
    pub fn name(&self) -> &Ident {
        match self {
            Definition::Stream(d) => &d.name,
            Definition::Table(d) => &d.name,
            Definition::Window(d) => &d.name,
            Definition::Trigger(d) => &d.name,
            Definition::Function(d) => &d.name,
            Definition::Aggregation(d) => &d.name,
        }
    }

    /// The whole definition, annotations included.
    pub fn span(&self) -> Span {
        match self {
            Definition::Stream(d) => d.span,
            Definition::Table(d) => d.span,
            Definition::Window(d) => d.span,
            Definition::Trigger(d) => d.span,
            Definition::Function(d) => d.span,
            Definition::Aggregation(d) => d.span,
        }
    }
}

/// `define stream Name (a int, b string)`.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamDef {
    /// Annotations before it.
    pub annotations: Vec<Annotation>,
    /// Its name.
    pub name: Ident,
    /// Its attributes, at least one, all differently named.
    pub attributes: Vec<AttributeDef>,
    /// The whole definition.
    pub span: Span,
}

/// `define table Name (a int, b string)`.
#[derive(Clone, Debug, PartialEq)]
pub struct TableDef {
    /// Annotations before it.
    pub annotations: Vec<Annotation>,
    /// Its name.
    pub name: Ident,
    /// Its attributes, at least one, all differently named.
    pub attributes: Vec<AttributeDef>,
    /// The whole definition.
    pub span: Span,
}

/// `define window Name (a int) length(5) output all events`.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowDef {
    /// Annotations before it.
    pub annotations: Vec<Annotation>,
    /// Its name.
    pub name: Ident,
    /// Its attributes, at least one, all differently named.
    pub attributes: Vec<AttributeDef>,
    /// The window, for example `length(5)`.
    pub window: Call,
    /// `output ... events`.
    pub output: Option<EventType>,
    /// The whole definition.
    pub span: Span,
}

/// `define trigger Name at every 5 sec`.
#[derive(Clone, Debug, PartialEq)]
pub struct TriggerDef {
    /// Its name.
    pub name: Ident,
    /// When it fires.
    pub at: TriggerAt,
    /// The whole definition.
    pub span: Span,
}

/// When a trigger fires.
#[derive(Clone, Debug, PartialEq)]
pub enum TriggerAt {
    /// `at every 5 sec`
    Every(TimeValue),
    /// `at 'start'` or `at '<cron>'`
    Text(StrLit),
}

/// `define function Name[language] return type { body }`.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionDef {
    /// Its name.
    pub name: Ident,
    /// The script language.
    pub language: Ident,
    /// The type it returns.
    pub return_type: Type,
    /// Where the type stands.
    pub return_type_span: Span,
    /// The script with both its braces; what stands between them is [`FunctionDef::script`].
    pub body: StrLit,
    /// The whole definition.
    pub span: Span,
}

impl FunctionDef {
    /// The script: what stands between the braces.
    pub fn script(&self) -> &str {
        let text = self.body.value.as_str();
        let text = text.strip_prefix('{').unwrap_or(text);
        text.strip_suffix('}').unwrap_or(text)
    }
}

/// `define aggregation Name from S select ... group by ... aggregate by ts every sec ... year`.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregationDef {
    /// Annotations before it.
    pub annotations: Vec<Annotation>,
    /// Its name.
    pub name: Ident,
    /// What it reads.
    pub input: StreamInput,
    /// `select` and `group by`; the other clauses are empty.
    pub selection: Selection,
    /// `aggregate by attribute`.
    pub by: Option<AttrRef>,
    /// `every ...`.
    pub every: AggregationTime,
    /// The whole definition.
    pub span: Span,
}

/// The granularities of an aggregation.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregationTime {
    /// A range or a list.
    pub kind: AggregationTimeKind,
    /// Where it stands, without `every`.
    pub span: Span,
}

/// How the granularities are given.
#[derive(Clone, Debug, PartialEq)]
pub enum AggregationTimeKind {
    /// `sec ... year`, in the order written.
    Range(Granularity, Granularity),
    /// `sec, hour`, in the order written; at least one.
    List(Vec<Granularity>),
}

/// One granularity with its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Granularity {
    /// The unit; never [`TimeUnit::Week`] nor [`TimeUnit::Millisecond`].
    pub unit: TimeUnit,
    /// Where it stands.
    pub span: Span,
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimeUnit {
    /// 1 ms
    Millisecond,
    /// 1 s
    Second,
    /// 60 s
    Minute,
    /// 60 min
    Hour,
    /// 24 h
    Day,
    /// 7 days
    Week,
    /// 30 days
    Month,
    /// 365 days
    Year,
}

impl TimeUnit {
    /// Its length. A month has 30 days and a year 365, so twelve months are not a year.
    pub fn millis(self) -> i64 {
        match self {
            TimeUnit::Millisecond => 1,
            TimeUnit::Second => 1_000,
            TimeUnit::Minute => 60_000,
            TimeUnit::Hour => 3_600_000,
            TimeUnit::Day => 86_400_000,
            TimeUnit::Week => 604_800_000,
            TimeUnit::Month => 2_592_000_000,
            TimeUnit::Year => 31_536_000_000,
        }
    }
}

/// A time constant such as `1 hour 20 min`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeValue {
    /// Its length in milliseconds (wraps as a 64-bit sum does).
    pub ms: i64,
    /// Where it stands.
    pub span: Span,
}

/// An attribute of a definition.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeDef {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: Type,
    /// Where the type stands.
    pub ty_span: Span,
}

/// The type of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// UTF-16 text
    String,
    /// 32 bits
    Int,
    /// 64 bits
    Long,
    /// IEEE single
    Float,
    /// IEEE double
    Double,
    /// true or false
    Bool,
    /// any other value
    Object,
}

/// A stream, table, window or aggregation named as input or output, perhaps with `#` or `!`.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// `#`, `!` or nothing.
    pub scope: Scope,
    /// The name, without the mark.
    pub name: Ident,
    /// Mark and name.
    pub span: Span,
}

/// What the mark before a name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Scope {
    /// no mark
    #[default]
    Plain,
    /// `#X`: an inner stream of a partition
    Inner,
    /// `!X`: the fault stream of `X`
    Fault,
}

/// A query or a partition.
#[derive(Clone, Debug, PartialEq)]
pub enum Element {
    /// A query.
    Query(Box<Query>),
    /// A partition.
    Partition(Partition),
}

/// `from ... select ... insert into ...`.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Annotations before it.
    pub annotations: Vec<Annotation>,
    /// What it reads.
    pub input: QueryInput,
    /// `select` with its clauses; none means `select *`.
    pub selection: Option<Selection>,
    /// `output ... every ...`.
    pub rate: Option<Rate>,
    /// Where the result goes.
    pub output: Output,
    /// The whole query, annotations included.
    pub span: Span,
}

/// `partition with (...) begin ... end`.
#[derive(Clone, Debug, PartialEq)]
pub struct Partition {
    /// Annotations before it.
    pub annotations: Vec<Annotation>,
    /// The keys, at least one.
    pub keys: Vec<PartitionKey>,
    /// The queries, at least one.
    pub queries: Vec<Query>,
    /// The whole partition, annotations included.
    pub span: Span,
}

/// The key of one stream of a partition.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionKey {
    /// By value or by ranges.
    pub kind: PartitionKeyKind,
    /// `of S`: the stream it belongs to.
    pub stream: Ident,
    /// From the expression to the stream.
    pub span: Span,
}

/// How a key is found.
#[derive(Clone, Debug, PartialEq)]
pub enum PartitionKeyKind {
    /// `symbol of S`
    Value(Expr),
    /// `price > 10 as 'high' or price <= 10 as 'low' of S`
    Ranges(Vec<PartitionRange>),
}

/// One labelled condition of a range key.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionRange {
    /// The condition.
    pub condition: Expr,
    /// The label that is the key where the condition holds.
    pub label: StrLit,
}

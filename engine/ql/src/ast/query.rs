//! What a query selects, how often and where to it gives out, and on-demand queries.

use super::{AggregationRange, AttrRef, Expr, Source, TimeValue};
use crate::span::{Ident, Span};

/// `select ... group by ... having ... order by ... limit ... offset ...`.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// What is selected.
    pub list: SelectList,
    /// `group by`
    pub group_by: Vec<AttrRef>,
    /// `having`
    pub having: Option<Expr>,
    /// `order by`
    pub order_by: Vec<OrderBy>,
    /// `limit`
    pub limit: Option<Limit>,
    /// `offset`
    pub offset: Option<Limit>,
    /// From `select` to the last clause.
    pub span: Span,
}

/// What is selected.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectList {
    /// `*`
    Star(Span),
    /// `a, b + c as d`; at least one
    List(Vec<OutAttr>),
}

/// One attribute of the output.
#[derive(Clone, Debug, PartialEq)]
pub struct OutAttr {
    /// Its value; an attribute reference when `alias` is none.
    pub expr: Expr,
    /// `as name`
    pub alias: Option<Ident>,
    /// From the expression to the name.
    pub span: Span,
}

impl OutAttr {
    /// The name in the output: what `as` says, else the attribute's name without its stream.
    pub fn name(&self) -> Option<&Ident> {
        match (&self.alias, &self.expr.kind) {
            (Some(alias), _) => Some(alias),
            (None, super::ExprKind::Attr(attr)) => Some(&attr.attr),
            _ => None,
        }
    }
}

/// One key of `order by`.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderBy {
    /// The attribute.
    pub attr: AttrRef,
    /// `asc` (also when nothing is said) or `desc`.
    pub order: Order,
    /// From the attribute to the direction.
    pub span: Span,
}

/// A direction of sorting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// smallest first
    Asc,
    /// greatest first
    Desc,
}

/// The number of `limit` or `offset`. It may still be negative, which the binder refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The number.
    pub value: i64,
    /// Where it stands.
    pub span: Span,
}

/// `output ... every ...`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    /// What it counts by.
    pub kind: RateKind,
    /// The whole clause.
    pub span: Span,
}

/// What an output rate counts by.
#[derive(Clone, Debug, PartialEq)]
pub enum RateKind {
    /// `output last every 5 events`
    Events {
        /// all, first or last
        which: RateWhich,
        /// how many
        count: i32,
        /// where the number stands
        count_span: Span,
    },
    /// `output last every 5 sec`
    Time {
        /// all, first or last
        which: RateWhich,
        /// how long
        every: TimeValue,
    },
    /// `output snapshot every 5 sec`
    Snapshot {
        /// how long
        every: TimeValue,
    },
}

/// Which events of an interval come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum RateWhich {
    /// all of them; also when nothing is said
    #[default]
    All,
    /// the first
    First,
    /// the last
    Last,
}

/// `all events`, `expired events`, `current events`, `events`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventType {
    /// Which.
    pub kind: EventTypeKind,
    /// Where it stands.
    pub span: Span,
}

/// Which events are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventTypeKind {
    /// those arriving; also a bare `events`
    Current,
    /// those leaving the window
    Expired,
    /// both
    All,
}

/// Where the result goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// What is done.
    pub kind: OutputKind,
    /// The whole clause.
    pub span: Span,
}

/// What is done with the result.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputKind {
    /// `insert [events] into target`
    Insert {
        /// which events, if said
        events: Option<EventType>,
        /// where to
        target: Source,
    },
    /// `delete table [for events] [on condition]`
    Delete {
        /// the table
        target: Ident,
        /// which events, if said
        events: Option<EventType>,
        /// which rows
        on: Option<Expr>,
    },
    /// `update table [for events] [set ...] on condition`
    Update {
        /// the table
        target: Ident,
        /// which events, if said
        events: Option<EventType>,
        /// what changes; empty when there is no `set`
        set: Vec<SetClause>,
        /// which rows
        on: Expr,
    },
    /// `update or insert into table [for events] [set ...] on condition`
    UpdateOrInsert {
        /// the table
        target: Ident,
        /// which events, if said
        events: Option<EventType>,
        /// what changes; empty when there is no `set`
        set: Vec<SetClause>,
        /// which rows
        on: Expr,
    },
    /// `return [events]`
    Return {
        /// which events, if said
        events: Option<EventType>,
    },
}

/// `attribute = expression` of `set`.
#[derive(Clone, Debug, PartialEq)]
pub struct SetClause {
    /// The attribute that changes; its stream, if any, says nothing.
    pub target: AttrRef,
    /// The new value.
    pub value: Expr,
    /// From the attribute to the value.
    pub span: Span,
}

/// A query on contents, answered at once.
#[derive(Clone, Debug, PartialEq)]
pub struct OnDemand {
    /// `from Name ...`, for a query that finds rows.
    pub input: Option<OnDemandInput>,
    /// `select` with its clauses.
    pub selection: Option<Selection>,
    /// What is done to a table; none for a query that finds rows, and never a [`OutputKind::Return`].
    pub output: Option<Output>,
    /// The whole query.
    pub span: Span,
}

/// What an on-demand query reads.
#[derive(Clone, Debug, PartialEq)]
pub struct OnDemandInput {
    /// The table, window or aggregation.
    pub name: Ident,
    /// `as name`
    pub alias: Option<Ident>,
    /// The condition.
    pub on: Option<Expr>,
    /// `within ... per ...`
    pub range: Option<AggregationRange>,
    /// The whole input.
    pub span: Span,
}

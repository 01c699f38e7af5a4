//! Selections, rates, outputs and on-demand queries.

use std::fmt::{self, Display, Formatter};

use super::{Joined, Name, optional};
use crate::ast::{
    EventType, EventTypeKind, OnDemand, OnDemandInput, Order, OrderBy, OutAttr, Output, OutputKind, Rate, RateKind,
    RateWhich, SelectList, Selection, SetClause,
};
use crate::span::Ident;

impl Display for Selection {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "select {}", self.list)?;
        if !self.group_by.is_empty() {
            write!(f, " group by {}", Joined(&self.group_by, ", "))?;
        }
        optional(f, "having ", self.having.as_ref())?;
        if !self.order_by.is_empty() {
            write!(f, " order by {}", Joined(&self.order_by, ", "))?;
        }
        optional(f, "limit ", self.limit.map(Number))?;
        optional(f, "offset ", self.offset.map(Number))
    }
}

/// A limit, as an int where it is one.
struct Number(crate::ast::Limit);

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match i32::try_from(self.0.value) {
            Ok(value) => value.fmt(f),
            Err(_) => write!(f, "{}L", self.0.value),
        }
    }
}

impl Display for SelectList {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            SelectList::Star(_) => f.write_str("*"),
            SelectList::List(list) => Joined(list, ", ").fmt(f),
        }
    }
}

impl Display for OutAttr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)?;
        optional(f, "as ", self.alias.as_ref().map(|a| Name(&a.name)))
    }
}

impl Display for OrderBy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.attr.fmt(f)?;
        match self.order {
            Order::Asc => Ok(()),
            Order::Desc => f.write_str(" desc"),
        }
    }
}

impl Display for Rate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            RateKind::Events { which, count, .. } => write!(f, "output {which}every {count} events"),
            RateKind::Time { which, every } => write!(f, "output {which}every {every}"),
            RateKind::Snapshot { every } => write!(f, "output snapshot every {every}"),
        }
    }
}

impl Display for RateWhich {
    /// With the blank after it; `all` is what a rate means without a word.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RateWhich::All => "",
            RateWhich::First => "first ",
            RateWhich::Last => "last ",
        })
    }
}

impl Display for EventType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            EventTypeKind::Current => "current events",
            EventTypeKind::Expired => "expired events",
            EventTypeKind::All => "all events",
        })
    }
}

impl Display for Output {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            OutputKind::Insert { events, target } => {
                f.write_str("insert")?;
                optional(f, "", *events)?;
                write!(f, " into {target}")
            }
            OutputKind::Delete { target, events, on } => {
                head(f, "delete", target, *events)?;
                optional(f, "on ", on.as_ref())
            }
            OutputKind::Update { target, events, set, on } => {
                head(f, "update", target, *events)?;
                set_clauses(f, set)?;
                write!(f, " on {on}")
            }
            OutputKind::UpdateOrInsert { target, events, set, on } => {
                head(f, "update or insert into", target, *events)?;
                set_clauses(f, set)?;
                write!(f, " on {on}")
            }
            OutputKind::Return { events } => {
                f.write_str("return")?;
                optional(f, "", *events)
            }
        }
    }
}

fn head(f: &mut Formatter<'_>, word: &str, target: &Ident, events: Option<EventType>) -> fmt::Result {
    write!(f, "{word} {}", Name(&target.name))?;
    optional(f, "for ", events)
}

fn set_clauses(f: &mut Formatter<'_>, set: &[SetClause]) -> fmt::Result {
    match set.is_empty() {
        true => Ok(()),
        false => write!(f, " set {}", Joined(set, ", ")),
    }
}

impl Display for SetClause {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.target, self.value)
    }
}

impl Display for OnDemand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut blank = "";
        if let Some(input) = &self.input {
            write!(f, "from {input}")?;
            blank = " ";
        }
        if let Some(selection) = &self.selection {
            write!(f, "{blank}{selection}")?;
            blank = " ";
        }
        match &self.output {
            Some(output) => write!(f, "{blank}{output}"),
            None => Ok(()),
        }
    }
}

impl Display for OnDemandInput {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Name(&self.name.name).fmt(f)?;
        optional(f, "as ", self.alias.as_ref().map(|a| Name(&a.name)))?;
        optional(f, "on ", self.on.as_ref())?;
        optional(f, "", self.range.as_ref())
    }
}

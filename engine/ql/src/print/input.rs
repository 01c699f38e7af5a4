//! What queries read.

use std::fmt::{self, Display, Formatter};

use super::{Joined, Name, optional};
use crate::ast::{
    AggregationRange, Anonymous, Handler, Join, JoinKind, JoinSource, LogicalOp, Quantifier, QueryInput, Side, Source,
    State, StateInput, StateKind, StateStream, StreamInput,
};

impl Display for QueryInput {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            QueryInput::Stream(input) => input.fmt(f),
            QueryInput::Join(join) => join.fmt(f),
            QueryInput::Pattern(input) => states(f, input, " -> "),
            QueryInput::Sequence(input) => states(f, input, ", "),
            QueryInput::Anonymous(anonymous) => write!(f, "({anonymous})"),
        }
    }
}

impl Display for Anonymous {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "from {}", self.input)?;
        optional(f, "", self.selection.as_ref())?;
        optional(f, "", self.rate.as_ref())?;
        write!(f, " {}", self.output)
    }
}

impl Display for Source {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.scope, Name(&self.name.name))
    }
}

impl Display for StreamInput {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.source, Joined(&self.handlers, ""))
    }
}

impl Display for Handler {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Handler::Filter(condition, _) => write!(f, "[{condition}]"),
            Handler::Function(call) => write!(f, "#{call}"),
            Handler::Window(call, _) => write!(f, "#window.{call}"),
        }
    }
}

impl Display for Join {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let marked = |side| self.unidirectional.is_some_and(|u| u.side == side);
        let left = if marked(Side::Left) { " unidirectional" } else { "" };
        let right = if marked(Side::Right) { " unidirectional" } else { "" };
        write!(f, "{}{left} {} {}{right}", self.left, self.kind, self.right)?;
        optional(f, "on ", self.on.as_ref())?;
        optional(f, "", self.range.as_ref())
    }
}

impl Display for JoinKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            JoinKind::Inner => "join",
            JoinKind::LeftOuter => "left outer join",
            JoinKind::RightOuter => "right outer join",
            JoinKind::FullOuter => "full outer join",
        })
    }
}

impl Display for JoinSource {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.source, Joined(&self.handlers, ""))?;
        optional(f, "as ", self.alias.as_ref().map(|a| Name(&a.name)))
    }
}

impl Display for AggregationRange {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "within {}", self.start)?;
        if let Some(end) = &self.end {
            write!(f, ", {end}")?;
        }
        write!(f, " per {}", self.per)
    }
}

fn states(f: &mut Formatter<'_>, input: &StateInput, separator: &str) -> fmt::Result {
    match &input.root.kind {
        StateKind::Next(parts) => chain(f, parts, separator)?,
        // A lone source without a reference is a pattern only if it stands in parentheses.
        StateKind::Stream(StateStream { reference: None, input }) => write!(f, "({input})")?,
        _ => state(f, &input.root, separator)?,
    }
    optional(f, "within ", input.within)
}

fn chain(f: &mut Formatter<'_>, parts: &[State], separator: &str) -> fmt::Result {
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            f.write_str(separator)?;
        }
        state(f, part, separator)?;
    }
    Ok(())
}

/// A part of a chain; a chain within it stands in parentheses.
fn state(f: &mut Formatter<'_>, state: &State, separator: &str) -> fmt::Result {
    match &state.kind {
        StateKind::Next(parts) => {
            f.write_str("(")?;
            chain(f, parts, separator)?;
            f.write_str(")")
        }
        StateKind::Every(inner) => {
            f.write_str("every ")?;
            // Two in a row come from a group with one state in it. Before an absent state of a sequence, `every`
            // without parentheses would cover the states after it too.
            let grouped = match inner.kind {
                StateKind::Every(_) => true,
                StateKind::Absent(..) => separator == ", ",
                _ => false,
            };
            if !grouped {
                return self::state(f, inner, separator);
            }
            f.write_str("(")?;
            self::state(f, inner, separator)?;
            f.write_str(")")
        }
        StateKind::Stream(stream) => stream.fmt(f),
        StateKind::Count(stream, quantifier) => write!(f, "{stream}{quantifier}"),
        StateKind::Logical { op, left, right } => {
            self::state(f, left, separator)?;
            write!(f, " {op} ")?;
            self::state(f, right, separator)
        }
        StateKind::Absent(input, time) => {
            write!(f, "not {input}")?;
            optional(f, "for ", *time)
        }
    }
}

impl Display for StateStream {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(reference) = &self.reference {
            write!(f, "{}=", Name(&reference.name))?;
        }
        self.input.fmt(f)
    }
}

impl Display for LogicalOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LogicalOp::And => "and",
            LogicalOp::Or => "or",
        })
    }
}

impl Display for Quantifier {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.max {
            Some(max) if max == self.min => write!(f, "<{max}>"),
            Some(max) => write!(f, "<{}:{max}>", self.min),
            None => write!(f, "<{}:>", self.min),
        }
    }
}

//! Expressions.

use std::fmt::{self, Display, Formatter};

use super::{Joined, Name, Quoted};
use crate::ast::{
    Args, AttrRef, BinaryOp, Call, Expr, ExprKind, Index, IndexKind, NullTarget, Scope, SecondRef, StreamRef, TimeUnit,
    TimeValue,
};
use crate::parse::IN_BINDING;

/// How tightly `not` and operands bind.
const NOT_BINDING: u8 = 8;
const OPERAND_BINDING: u8 = 9;

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl Display for ExprKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ExprKind::Int(value) => value.fmt(f),
            ExprKind::Long(value) => write!(f, "{value}L"),
            ExprKind::Float(value) if value.is_infinite() => write!(f, "{}1e99f", sign(value.is_sign_negative())),
            ExprKind::Float(value) => write!(f, "{value:?}f"),
            ExprKind::Double(value) if value.is_infinite() => write!(f, "{}1e999", sign(value.is_sign_negative())),
            ExprKind::Double(value) => write!(f, "{value:?}"),
            ExprKind::Bool(value) => value.fmt(f),
            ExprKind::Str(value) => Quoted(value).fmt(f),
            ExprKind::Time(value) => value.fmt(f),
            ExprKind::Attr(attr) => attr.fmt(f),
            ExprKind::Call(call) => call.fmt(f),
            ExprKind::Not(inner) => {
                f.write_str("not ")?;
                operand(f, inner, NOT_BINDING)
            }
            ExprKind::Binary { op, lhs, rhs, .. } => {
                operand(f, lhs, op.binding())?;
                write!(f, " {} ", op.text())?;
                // Operators group to the left, so an equal one on the right had parentheses.
                operand(f, rhs, op.binding() + 1)
            }
            ExprKind::IsNull(target) => write!(f, "{target} is null"),
            ExprKind::In { condition, table } => {
                operand(f, condition, IN_BINDING)?;
                write!(f, " in {}", Name(&table.name))
            }
        }
    }
}

fn sign(negative: bool) -> &'static str {
    if negative { "-" } else { "" }
}

/// An operand, in parentheses when it binds less tightly than `least`.
fn operand(f: &mut Formatter<'_>, expr: &Expr, least: u8) -> fmt::Result {
    let binding = match &expr.kind {
        ExprKind::Binary { op, .. } => op.binding(),
        ExprKind::In { .. } => IN_BINDING,
        ExprKind::Not(_) => NOT_BINDING,
        _ => OPERAND_BINDING,
    };
    match binding < least {
        true => write!(f, "({expr})"),
        false => expr.fmt(f),
    }
}

impl Display for BinaryOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Display for TimeValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        use TimeUnit::{Day, Hour, Millisecond, Minute, Month, Second, Week, Year};
        // A sum that wrapped around is printed as the long way up to the same bits.
        let mut rest = self.ms as u64;
        let mut blank = "";
        for unit in [Year, Month, Week, Day, Hour, Minute, Second, Millisecond] {
            let count = rest / unit.millis() as u64;
            rest %= unit.millis() as u64;
            if count > 0 || (unit == Millisecond && blank.is_empty()) {
                write!(f, "{blank}{count} {unit}")?;
                blank = " ";
            }
        }
        Ok(())
    }
}

impl Display for TimeUnit {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeUnit::Millisecond => "millisec",
            TimeUnit::Second => "sec",
            TimeUnit::Minute => "min",
            TimeUnit::Hour => "hour",
            TimeUnit::Day => "day",
            TimeUnit::Week => "week",
            TimeUnit::Month => "month",
            TimeUnit::Year => "year",
        })
    }
}

impl Display for NullTarget {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            NullTarget::Name(name) => Name(&name.name).fmt(f),
            NullTarget::Stream(stream) => stream.fmt(f),
            NullTarget::Attr(attr) => attr.fmt(f),
            NullTarget::Call(call) => call.fmt(f),
        }
    }
}

impl Display for Scope {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scope::Plain => "",
            Scope::Inner => "#",
            Scope::Fault => "!",
        })
    }
}

impl Display for StreamRef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.scope, Name(&self.name.name))?;
        self.index.map_or(Ok(()), |index| index.fmt(f))
    }
}

impl Display for AttrRef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(stream) = &self.stream {
            write!(f, "{}{}", self.scope, Name(&stream.name))?;
            self.index.map_or(Ok(()), |index| index.fmt(f))?;
            self.second.as_ref().map_or(Ok(()), |second| second.fmt(f))?;
            f.write_str(".")?;
        }
        Name(&self.attr.name).fmt(f)
    }
}

impl Display for SecondRef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", Name(&self.name.name))?;
        self.index.map_or(Ok(()), |index| index.fmt(f))
    }
}

impl Display for Index {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.kind {
            IndexKind::At(at) => write!(f, "[{at}]"),
            IndexKind::Last(0) => f.write_str("[last]"),
            IndexKind::Last(back) => write!(f, "[last - {back}]"),
        }
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(namespace) = &self.namespace {
            write!(f, "{}:", Name(&namespace.name))?;
        }
        write!(f, "{}({})", Name(&self.name.name), self.args)
    }
}

impl Display for Args {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Args::List(list) => Joined(list, ", ").fmt(f),
            Args::Star(_) => f.write_str("*"),
        }
    }
}

//! Deletions that delete nothing.
//!
//! Where a table has a key or an index, Siddhi splits a condition into look-ups and the rest. A look-up joined by `and` with a
//! condition on a column without an index finds rows for joins and updates, and deletes none. That is an answer like any other;
//! `check` warns of it.

use crate::expr::{Compare, Expr, Node};
use crate::table::TablePlan;

/// How Siddhi sees a part of a condition.
enum Scope {
    /// Over the event alone.
    Event,
    /// A column with an index, or the only one of the key.
    Column(u32),
    /// One of several columns of the key.
    PartOfKey(u32),
    /// Rows that are looked up; by equality on these columns of the key.
    Found(Looked),
    /// Some columns of the key.
    Partial(Vec<u32>),
    /// Whatever all rows are gone through for.
    Every,
}

/// A look-up.
struct Looked {
    /// The columns of the key that it compares, if nothing else is looked up.
    key: Option<Vec<u32>>,
    /// Whether it answers at all; else all rows are gone through after all.
    answers: bool,
}

/// Whether a deletion with that condition never deletes.
pub(crate) fn deletes_nothing(on: &Expr, table: &TablePlan) -> bool {
    let Node::And(a, b) = &on.node else { return false };
    match (scope(a, table), scope(b, table)) {
        (Scope::Event, Scope::Event) => false,
        (Scope::Event, _) => deletes_nothing(b, table),
        (_, Scope::Event) => deletes_nothing(a, table),
        (a, b) if keys(&a).is_some() && keys(&b).is_some() => false,
        (Scope::Found(found), Scope::Every | Scope::Partial(_)) => found.answers,
        (Scope::Every | Scope::Partial(_), Scope::Found(found)) => found.answers,
        (Scope::Column(_), Scope::Every | Scope::Partial(_)) | (Scope::Every | Scope::Partial(_), Scope::Column(_)) => {
            true
        }
        _ => false,
    }
}

fn scope(expr: &Expr, table: &TablePlan) -> Scope {
    match &expr.node {
        Node::And(a, b) => and(scope(a, table), scope(b, table), table),
        Node::Or(a, b) => match (looked(scope(a, table)), looked(scope(b, table))) {
            (None, _) | (_, None) => Scope::Every,
            (Some(None), Some(None)) => Scope::Event,
            (Some(a), Some(b)) => {
                let answers = [a, b].iter().all(|l| l.as_ref().is_none_or(|l| l.answers));
                Scope::Found(Looked { key: None, answers })
            }
        },
        Node::Not(a) => match scope(a, table) {
            Scope::Event => Scope::Event,
            Scope::Column(c) => Scope::Found(Looked { key: of_key(c, table), answers: true }),
            Scope::Found(found) => Scope::Found(Looked { key: None, ..found }),
            _ => Scope::Every,
        },
        Node::Compare(op, a, b) => match (scope(a, table), scope(b, table)) {
            (Scope::Event, Scope::Event) => Scope::Event,
            (Scope::Column(c), Scope::Event) | (Scope::Event, Scope::Column(c)) => {
                let equal = *op == Compare::Equal;
                let key = of_key(c, table).map(|key| if equal { key } else { Vec::new() });
                Scope::Found(Looked { key, answers: *op != Compare::NotEqual })
            }
            (Scope::PartOfKey(c), Scope::Event) | (Scope::Event, Scope::PartOfKey(c)) => {
                Scope::Partial(if *op == Compare::Equal { vec![c] } else { Vec::new() })
            }
            _ => Scope::Every,
        },
        Node::IsNull(a) => match scope(a, table) {
            Scope::Event => Scope::Event,
            Scope::Column(c) => Scope::Found(Looked { key: of_key(c, table).map(|_| Vec::new()), answers: true }),
            _ => Scope::Every,
        },
        Node::Column(c) => {
            let indexed = table.indexes.iter().any(|i| i.declared && !i.unique && i.columns == [*c]);
            match (indexed || table.key == [*c], table.key.contains(c)) {
                (true, _) => Scope::Column(*c),
                (false, true) => Scope::PartOfKey(*c),
                _ => Scope::Every,
            }
        }
        _ if expr.reads_table() => Scope::Every,
        _ => Scope::Event,
    }
}

/// The column of the key, if it is one and has no index beside.
fn of_key(column: u32, table: &TablePlan) -> Option<Vec<u32>> {
    let indexed = table.indexes.iter().any(|i| i.declared && !i.unique && i.columns == [column]);
    (!indexed && table.key.contains(&column)).then(|| vec![column])
}

/// A look-up, or none of what the event alone decides; nothing if all rows are gone through.
fn looked(scope: Scope) -> Option<Option<Looked>> {
    match scope {
        Scope::Event => Some(None),
        Scope::Column(_) => Some(Some(Looked { key: None, answers: true })),
        Scope::Found(found) => Some(Some(found)),
        Scope::PartOfKey(_) | Scope::Partial(_) | Scope::Every => None,
    }
}

/// The columns of the key that are compared, if it is the key that is looked at.
fn keys(scope: &Scope) -> Option<&[u32]> {
    match scope {
        Scope::Found(Looked { key: Some(key), .. }) | Scope::Partial(key) => Some(key),
        Scope::PartOfKey(c) => Some(std::slice::from_ref(c)),
        _ => None,
    }
}

fn and(a: Scope, b: Scope, table: &TablePlan) -> Scope {
    if let (Some(x), Some(y)) = (keys(&a), keys(&b)) {
        let mut all = [x, y].concat();
        all.sort_unstable();
        all.dedup();
        return match all.len() == table.key.len() {
            true => Scope::Found(Looked { key: Some(all), answers: true }),
            false => Scope::Partial(all),
        };
    }
    match (looked(a), looked(b)) {
        (Some(None), Some(None)) => Scope::Event,
        (None, None) | (Some(None), None) | (None, Some(None)) => Scope::Every,
        (Some(Some(a)), Some(Some(b))) => Scope::Found(Looked { key: None, answers: a.answers || b.answers }),
        (Some(Some(found)), _) | (_, Some(Some(found))) => Scope::Found(Looked { key: None, ..found }),
    }
}

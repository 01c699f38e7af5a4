//! Where a query's result goes, and whether it fits there.

use riddhi_ql::Span;
use riddhi_ql::ast::{EventTypeKind, OutputKind, Query, RateKind, Scope, Source};

use super::Pass;
use super::catalog::{Class, Entry, Field, Shape, join_kinds};
use crate::diagnose::{clauses, names};
use crate::logical::Kinds;
use crate::table::Change;

/// Which rows the query puts out.
pub(crate) fn kinds(query: &Query) -> Kinds {
    let events = match &query.output.kind {
        OutputKind::Insert { events, .. }
        | OutputKind::Delete { events, .. }
        | OutputKind::Update { events, .. }
        | OutputKind::UpdateOrInsert { events, .. }
        | OutputKind::Return { events } => events,
    };
    let snapshot = query.rate.as_ref().is_some_and(|r| matches!(r.kind, RateKind::Snapshot { .. }));
    match events.map(|e| e.kind) {
        None if snapshot => Kinds::All,
        None => Kinds::Current,
        Some(kind) => kinds_of(kind),
    }
}

pub(crate) fn kinds_of(kind: EventTypeKind) -> Kinds {
    match kind {
        EventTypeKind::Current => Kinds::Current,
        EventTypeKind::Expired => Kinds::Expired,
        EventTypeKind::All => Kinds::All,
    }
}

/// The name of what the query writes.
pub(crate) fn target_name(query: &Query) -> &str {
    match &query.output.kind {
        OutputKind::Insert { target, .. } => &target.name.name,
        OutputKind::Delete { target, .. }
        | OutputKind::Update { target, .. }
        | OutputKind::UpdateOrInsert { target, .. } => &target.name,
        OutputKind::Return { .. } => "",
    }
}

impl<'a> Pass<'a> {
    /// The number of the stream that the query writes; complains if the result does not fit.
    pub(crate) fn output(&mut self, query: &'a Query, shape: Shape) -> Option<usize> {
        match &query.output.kind {
            OutputKind::Insert { target, .. } => self.insert(target, shape),
            OutputKind::Return { .. } => {
                self.diagnostics.push(clauses::returns(query.output.span));
                None
            }
            _ => self.change(query, shape),
        }
    }

    fn insert(&mut self, target: &Source, shape: Shape) -> Option<usize> {
        match target.scope {
            Scope::Plain => {}
            Scope::Inner if self.catalog.inner.is_none() => {
                self.diagnostics.push(names::inner_outside(&target.name.name, target.span));
                return None;
            }
            Scope::Inner => {
                let found = shape.clone();
                return self.insert_inner(&target.name, shape, |pass, known, span| {
                    if let Some(what) = difference(known, &found) {
                        let (expected, found) = (known.to_string(), found.to_string());
                        let class = Class::Stream;
                        let wrong = names::other_shape(&target.name, class, &expected, &found, what, target.span, span);
                        pass.diagnostics.push(wrong);
                    }
                });
            }
            Scope::Fault => {
                self.diagnostics.push(names::into_fault(&target.name.name, target.span));
                // Who reads the stream shall not hear of it again.
                if self.catalog.get(&target.name.name).is_none() {
                    self.catalog.add(&target.name.name, inferred(Shape::open(), target.span));
                }
                return None;
            }
        }
        let name = &target.name.name;
        self.note_kinds(name, &shape);
        let Some(entry) = self.catalog.get(name) else {
            let mut shape = shape;
            self.assume(name, &mut shape);
            self.catalog.add(name, inferred(shape, target.span));
            return self.catalog.get(name).map(|e| e.number);
        };
        if entry.class == Class::Aggregation {
            self.diagnostics.push(names::not_insertable(name, target.span, entry.class));
            return None;
        }
        if let Some(what) = difference(&entry.shape, &shape) {
            let (expected, found) = (entry.shape.to_string(), shape.to_string());
            let wrong = names::other_shape(&target.name, entry.class, &expected, &found, what, target.span, entry.span);
            self.diagnostics.push(wrong);
            return None;
        }
        let (class, number) = (entry.class, entry.number);
        if let Some(window) = entry.window {
            return Some(window.input);
        }
        if class == Class::Table {
            return Some(self.way_to_table(number, Change::Insert, shape, target.span));
        }
        self.learn(name, &shape);
        matches!(class, Class::Stream | Class::Trigger).then_some(number)
    }

    /// Remembers what the query gives the stream's columns.
    pub(crate) fn note_kinds(&mut self, name: &str, shape: &Shape) {
        let kinds: Vec<_> = shape.fields.iter().map(|f| f.kind).collect();
        let known = self.written.entry(name.to_owned()).or_insert_with(|| kinds.clone());
        known.iter_mut().zip(kinds).for_each(|(known, kind)| *known = join_kinds(*known, kind));
    }

    /// Fills in what an earlier writer with a mistake left open.
    fn learn(&mut self, name: &str, shape: &Shape) {
        let Some(entry) = self.catalog.get_mut(name) else { return };
        if entry.shape.open && !entry.defined && !shape.open {
            entry.shape = shape.clone();
        }
    }
}

pub(crate) fn inferred(shape: Shape, span: Span) -> Entry {
    Entry {
        class: Class::Stream,
        shape,
        span,
        defined: false,
        number: 0,
        fault: false,
        hidden: false,
        kinded: false,
        window: None,
    }
}

/// In what the query's result differs from the target, if it does as far as is known.
pub(crate) fn difference(target: &Shape, found: &Shape) -> Option<String> {
    let differs = |(a, b): &(&Field, &Field)| a.name != b.name || (a.ty.is_some() && b.ty.is_some() && a.ty != b.ty);
    let mut pairs = target.fields.iter().zip(&found.fields);
    if let Some((expected, given)) = pairs.find(differs) {
        return (!target.open && !found.open).then(|| format!("gives `{given}` where `{expected}` is expected"));
    }
    if target.open || found.open || target.fields.len() == found.fields.len() {
        return None;
    }
    Some(format!("gives {} attributes instead of {}", found.fields.len(), target.fields.len()))
}

/// For messages: `name type`.
impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.ty {
            Some(ty) => write!(f, "{} {ty}", crate::text::name_text(&self.name)),
            None => write!(f, "{}", crate::text::name_text(&self.name)),
        }
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, field) in self.fields.iter().enumerate() {
            write!(f, "{}{field}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

//! A named window that has the name and the attributes of a stream or trigger.
//!
//! Readers of the name read the window. What comes from outside, or from the trigger, reaches them as it is, beside what the
//! window lets out; what queries insert goes through the window. So the two meet in the window's stream, and whoever watches the
//! name sees all that its readers see.

use riddhi_batch::{Type, Value};

use riddhi_ql::ast::{Annotation, Definition};

use super::catalog::{Class, Entry, NamedWindow};
use super::definitions::entry;
use super::expr::constant;
use super::query::later_streams;
use super::window::all_items;
use super::{Pass, annotations};
use crate::connector::Direction;
use crate::logical::{Item, Kinds, NOT_IN_WINDOW, QueryPlan, Role, SelectPlan};

/// A name that is a stream's or trigger's, and a named window's.
#[derive(Clone, Debug)]
pub(crate) struct Twin {
    pub name: String,
    /// The number of the stream that takes what comes from outside, or from a trigger.
    pub events: usize,
    /// The number of the stream that shows what readers see.
    pub shown: Option<usize>,
    trigger: bool,
}

/// The catalog's name of the stream of events.
fn label(name: &str) -> String {
    format!("{name}:events")
}

impl<'a> Pass<'a> {
    pub(crate) fn twin(&self, name: &str) -> Option<&Twin> {
        self.catalog.twins.iter().find(|t| t.name == name)
    }

    /// Whether whatever else is defined by the name, but for triggers, has these annotations.
    pub(crate) fn same_notes(&self, name: &str, notes: &[Annotation]) -> bool {
        self.app.definitions.iter().all(|d| match d {
            Definition::Stream(d) if d.name.name == name => annotations::same(&d.annotations, notes),
            Definition::Window(d) if d.name.name == name => annotations::same(&d.annotations, notes),
            _ => true,
        })
    }

    /// Notes that what is defined as a stream or trigger is a named window too: its events get a stream of their own.
    pub(crate) fn pair(&mut self, name: &str, events: Entry) {
        self.catalog.add(&label(name), events);
        self.note_twin(name);
    }

    /// The same for a stream or trigger that is there already and makes room for the window.
    pub(crate) fn pair_known(&mut self, name: &str) {
        self.catalog.rename(name, &label(name));
        self.note_twin(name);
    }

    fn note_twin(&mut self, name: &str) {
        let Some(entry) = self.catalog.get_mut(&label(name)) else { return };
        entry.hidden = true;
        let (events, trigger) = (entry.number, entry.class == Class::Trigger);
        self.catalog.twins.push(Twin { name: name.to_owned(), events, shown: None, trigger });
    }

    /// A trigger is to fire into the stream of such a name.
    pub(crate) fn trigger_twin(&mut self, name: &str) {
        self.catalog.twins.iter_mut().filter(|t| t.name == name).for_each(|t| t.trigger = true);
    }

    /// Adds what leads the events to the window's readers.
    pub(crate) fn join_twins(&mut self) {
        for Twin { name, events, .. } in self.catalog.twins.clone() {
            let Some(Entry { shape, number, span, .. }) = self.catalog.get(&name).cloned() else { continue };
            let Some(items) = all_items(&shape, span) else { continue };
            let outside = constant(Type::Long, Value::Long(NOT_IN_WINDOW), span);
            let numbered = items.into_iter().chain([Item { name: String::new(), expr: outside }]).collect();
            self.queries.push(QueryPlan {
                label: format!("events of {name}"),
                key: label(&name),
                text: name.clone(),
                inputs: vec![events],
                schema: shape.schema(),
                select: SelectPlan { items: numbered, ..SelectPlan::default() },
                output: Some(number),
                ..QueryPlan::of(Kinds::Current, span)
            });
        }
    }

    /// Adds what shows all that the readers see, if there is more than what came from outside. They see it first.
    pub(crate) fn show_twins(&mut self) {
        let inserted = later_streams(self.app);
        for at in 0..self.catalog.twins.len() {
            let Twin { name, events, trigger, .. } = self.catalog.twins[at].clone();
            let Some(Entry { window: Some(window), shape, number, span, .. }) = self.catalog.get(&name).cloned() else {
                continue;
            };
            let (NamedWindow { read, .. }, Some(items)) = (window, all_items(&shape, span)) else { continue };
            if !trigger && !inserted.contains_key(&name) {
                continue;
            }
            let label = format!("{name}:shown");
            let way = Entry { defined: false, kinded: true, ..entry(Class::Stream, shape.clone(), span) };
            self.catalog.add(&label, way);
            let shown = self.catalog.get(&label).map(|e| e.number);
            self.catalog.twins[at].shown = shown;
            // A sink takes all that is shown.
            let sinks = self.connectors.iter_mut().filter(|c| c.direction == Direction::Sink && c.stream == events);
            sinks.for_each(|sink| sink.stream = shown.unwrap_or(events));
            self.queries.push(QueryPlan {
                label: format!("rows of {name}"),
                key: label,
                text: name,
                inputs: vec![number],
                role: Role::Reader(read),
                schema: shape.numbered().schema(),
                select: SelectPlan { items, ..SelectPlan::default() },
                output: shown,
                ..QueryPlan::of(Kinds::All, span)
            });
        }
    }
}

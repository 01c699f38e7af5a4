//! Definitions: what each name is, and which may not stand together.

use std::sync::Arc;

use riddhi_batch::Type;
use riddhi_ql::ast::{self, Annotation, AttributeDef, Definition, TriggerAt};
use riddhi_ql::{Ident, Span};

use super::catalog::{Class, Entry, Field, Shape, type_of};
use super::outside::{Place, table_store, transports};
use super::{Pass, annotations};
use crate::cron::Schedule;
use crate::diagnose::{annotations as wrong, calls, clauses, names, unsupported};
use crate::java::sort_by_hash;
use crate::known::outside::{LANGUAGES, may_be};
use crate::logical::{Kinds, QueryPlan, Role};
use crate::trigger::TriggerPlan;

impl<'a> Pass<'a> {
    pub(crate) fn definitions(&mut self) {
        let app = self.app;
        for (number, definition) in app.definitions.iter().enumerate() {
            match definition {
                Definition::Stream(d) => self.stream(d, number),
                Definition::Table(d) => self.table(d, number),
                Definition::Window(d) => self.named_window(d),
                Definition::Trigger(d) => self.trigger(d),
                Definition::Function(d) => self.function(d),
                Definition::Aggregation(_) => {}
            }
        }
        // Aggregations read streams, which may be defined behind them.
        for definition in &app.definitions {
            if let Definition::Aggregation(d) = definition {
                self.aggregation(d);
            }
        }
        self.join_twins();
        self.place_triggers();
    }

    fn stream(&mut self, d: &ast::StreamDef, number: usize) {
        let fault = annotations::stream(&d.annotations, &mut self.diagnostics);
        let shape = self.outside_shape(&d.name, &d.attributes);
        if let Some(before) = self.catalog.get(&d.name.name) {
            let repeats = before.class == Class::Stream && self.repeated(number, &d.annotations, &d.attributes);
            let trigger = before.class == Class::Trigger && is_trigger_shape(&shape);
            let window = before.class == Class::Window
                && same_names(&before.shape, &shape)
                && self.same_notes(&d.name.name, &d.annotations);
            if !repeats && !trigger && !window {
                self.diagnostics.push(names::defined_twice(&d.name, Class::Stream, before));
            }
            if !window || self.twin(&d.name.name).is_some() {
                return;
            }
            self.connect(d, &shape);
            let events = Entry { fault, ..entry(Class::Stream, shape, d.name.span) };
            return self.pair(&d.name.name, events);
        }
        self.connect(d, &shape);
        self.catalog.add(&d.name.name, Entry { fault, ..entry(Class::Stream, shape.clone(), d.name.span) });
        if fault {
            self.fault_stream(&d.name, shape);
        }
    }

    /// The sources and sinks of a stream that is about to be added.
    fn connect(&mut self, d: &ast::StreamDef, shape: &Shape) {
        let (stream, schema) = (self.catalog.streams.len(), shape.schema());
        let place = Place { registry: self.registry, stream, name: &d.name.name, schema: &schema };
        self.connectors.extend(transports(&d.annotations, &place, &mut self.diagnostics));
    }

    /// The shape of a defined stream, which input from outside may name: it carries what it declares, and what its writers
    /// were found to give it.
    fn outside_shape(&mut self, name: &Ident, attributes: &[AttributeDef]) -> Shape {
        let mut shape = shape_of(attributes);
        let native = shape.fields.iter().map(|f| f.kind).collect();
        self.written.entry(name.name.clone()).or_insert(native);
        self.assume(&name.name, &mut shape);
        shape
    }

    /// Puts in the kinds that the stream is assumed to carry.
    pub(crate) fn assume(&self, name: &str, shape: &mut Shape) {
        if let Some(kinds) = self.assumed.get(name) {
            shape.fields.iter_mut().zip(kinds).for_each(|(field, kind)| field.kind = *kind);
        }
    }

    /// Whether an earlier definition says exactly the same.
    fn repeated(&self, number: usize, notes: &[Annotation], attributes: &[AttributeDef]) -> bool {
        let same = |n: &[Annotation], a: &[AttributeDef]| annotations::same(n, notes) && same_attributes(a, attributes);
        let name = self.app.definitions[number].name();
        let table = matches!(self.app.definitions[number], Definition::Table(_));
        self.app.definitions[..number].iter().any(|d| match d {
            Definition::Stream(d) if !table => d.name.name == name.name && same(&d.annotations, &d.attributes),
            Definition::Table(d) if table => d.name.name == name.name && same(&d.annotations, &d.attributes),
            _ => false,
        })
    }

    fn table(&mut self, d: &ast::TableDef, number: usize) {
        self.keys(&d.annotations, &d.attributes, &d.name);
        if let Some(before) = self.catalog.get(&d.name.name) {
            let repeats = before.class == Class::Table && self.repeated(number, &d.annotations, &d.attributes);
            if !repeats {
                self.diagnostics.push(names::defined_twice(&d.name, Class::Table, before));
            }
            return;
        }
        let shape = self.outside_shape(&d.name, &d.attributes);
        let mut plan = self.table_plan(d, &shape);
        let place = Place { registry: self.registry, stream: 0, name: &d.name.name, schema: &plan.schema };
        let store = table_store(&d.annotations, &place, &mut self.diagnostics);
        plan.store = store.map(Arc::new);
        let number = self.catalog.tables.borrow().len();
        self.catalog.tables.get_mut().push(plan);
        self.catalog.add(&d.name.name, Entry { number, ..entry(Class::Table, shape, d.name.span) });
    }

    /// `@primaryKey('a', 'b')` and `@index('a')` name attributes of the table.
    fn keys(&mut self, notes: &[Annotation], attributes: &[AttributeDef], table: &Ident) {
        annotations::single(notes, "primaryKey", &mut self.diagnostics);
        self.indexes(notes);
        let keys = notes.iter().filter(|a| annotations::is(a, "primaryKey") || annotations::is(a, "index"));
        for element in keys.flat_map(|a| &a.elements) {
            if !attributes.iter().any(|a| a.name.name == element.value.value) {
                let name = Ident::new(element.value.value.clone(), element.value.span);
                let known = attributes.iter().map(|a| a.name.name.as_str());
                let of = format!("table `{table}`");
                self.diagnostics.push(names::unknown_attribute(&super::expr::bare(&name), Some(&of), known));
            }
        }
    }

    /// An `@index` is for one attribute, which has no other.
    fn indexes(&mut self, notes: &[Annotation]) {
        annotations::single(notes, "indexBy", &mut self.diagnostics)
            .into_iter()
            .for_each(|a| self.diagnostics.push(wrong::index_by(a.span)));
        let mut seen: Vec<&riddhi_ql::StrLit> = Vec::new();
        for index in notes.iter().filter(|a| annotations::is(a, "index")) {
            if index.elements.len() != 1 {
                self.diagnostics.push(wrong::index_size(index.span));
            }
            for found in &index.elements {
                if let Some(first) = seen.iter().find(|s| s.value == found.value.value) {
                    self.diagnostics.push(wrong::index_twice(&first.value, found.span, first.span));
                }
                seen.push(&found.value);
            }
        }
    }

    fn trigger(&mut self, d: &'a ast::TriggerDef) {
        let name = &d.name.name;
        match self.catalog.get(name) {
            None => self.catalog.add(name, entry(Class::Trigger, trigger_shape(), d.name.span)),
            Some(before) if before.class == Class::Stream && is_trigger_shape(&before.shape) => {}
            // Siddhi does not notice a window of the name either, as long as its attribute is the same.
            Some(before) if before.class == Class::Window && is_trigger_shape(&before.shape) => {
                if self.twin(name).is_none() {
                    self.pair(name, entry(Class::Trigger, trigger_shape(), d.name.span));
                }
                self.trigger_twin(name);
            }
            Some(before) => {
                return self.diagnostics.push(names::defined_twice(&d.name, Class::Trigger, before));
            }
        }
        self.note_kinds(name, &trigger_shape());
        let plan = match &d.at {
            TriggerAt::Every(time) if time.ms < 1 => {
                return self.diagnostics.push(clauses::schedule("it would fire without end", time.span));
            }
            TriggerAt::Every(time) => TriggerPlan::Every(time.ms),
            TriggerAt::Text(text) if text.value.eq_ignore_ascii_case("start") => TriggerPlan::Start,
            TriggerAt::Text(text) => match Schedule::parse(&text.value) {
                Ok(schedule) => {
                    let zone = self.registry.zone().clone();
                    TriggerPlan::Cron { text: text.value.clone(), schedule: Box::new(schedule), zone }
                }
                Err(wrong) => return self.diagnostics.push(clauses::schedule(&wrong, text.span)),
            },
        };
        self.triggers.push((d, plan));
    }

    /// Triggers stand before the queries, in the order in which Siddhi starts them: that of its hash map.
    pub(crate) fn place_triggers(&mut self) {
        let mut triggers = std::mem::take(&mut self.triggers);
        sort_by_hash(&mut triggers, |(d, _)| &d.name.name);
        for (d, plan) in triggers {
            let twin = self.twin(&d.name.name).map(|t| t.events);
            let Some(output) = twin.or_else(|| self.catalog.get(&d.name.name).map(|e| e.number)) else { continue };
            self.queries.push(QueryPlan {
                label: format!("trigger {}", d.name.name),
                key: format!("trigger:{}", d.name.name),
                text: plan.text(),
                role: Role::Trigger(plan),
                output: Some(output),
                ..QueryPlan::of(Kinds::Current, d.span)
            });
        }
    }

    fn function(&mut self, d: &ast::FunctionDef) {
        let ty = type_of(d.return_type);
        let mut function = None;
        match self.registry.find_script(&d.language.name) {
            Some(language) => match language.compile(&d.name.name, d.script(), ty) {
                Ok(made) => function = Some(made),
                Err(error) => self.diagnostics.push(calls::script(&d.name.name, &error, &d.body)),
            },
            None if may_be(LANGUAGES, &d.language.name) => {
                self.diagnostics.push(unsupported::script(&d.language));
            }
            None => self.diagnostics.push(calls::unknown_language(&d.language)),
        }
        if let Some((_, span, _)) = self.catalog.functions.get(&d.name.name) {
            let before = entry(Class::Function, Shape::default(), *span);
            self.diagnostics.push(names::defined_twice(&d.name, Class::Function, &before));
            return;
        }
        self.catalog.functions.insert(d.name.name.clone(), (ty, d.name.span, function));
    }
}

pub(super) fn entry(class: Class, shape: Shape, span: Span) -> Entry {
    Entry { class, shape, span, defined: true, number: 0, fault: false, hidden: false, kinded: false, window: None }
}

pub(super) fn shape_of(attributes: &[AttributeDef]) -> Shape {
    let field = |a: &AttributeDef| Field::new(a.name.name.clone(), type_of(a.ty));
    Shape { fields: attributes.iter().map(field).collect(), open: false }
}

fn trigger_shape() -> Shape {
    Shape { fields: vec![Field::new("triggered_time", Type::Long)], open: false }
}

fn is_trigger_shape(shape: &Shape) -> bool {
    same_names(shape, &trigger_shape())
}

pub(super) fn same_names(a: &Shape, b: &Shape) -> bool {
    a.fields.len() == b.fields.len() && a.fields.iter().zip(&b.fields).all(|(a, b)| a.name == b.name && a.ty == b.ty)
}

fn same_attributes(a: &[AttributeDef], b: &[AttributeDef]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.name.name == b.name.name && a.ty == b.ty)
}

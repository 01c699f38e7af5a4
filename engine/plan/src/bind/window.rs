//! Named windows: a node that takes what is inserted and puts out what the window says, with kinds and numbers.

use riddhi_ql::{Span, ast};

use super::Pass;
use super::catalog::{Class, Entry, Field, NamedWindow, Shape};
use super::definitions::{entry, same_names, shape_of};
use super::handlers::Chain;
use super::output::kinds_of;
use super::query::Read;
use super::scope::Input;
use crate::diagnose::names;
use crate::expr::{Expr, Node};
use crate::logical::{Access, Item, Kinds, QueryPlan, Role, SelectPlan, Shared, WindowRead};
use crate::registry::{BoundWindow, Finds};

impl<'a> Pass<'a> {
    pub(crate) fn named_window(&mut self, d: &'a ast::WindowDef) {
        let name = &d.name.name;
        let mut shape = shape_of(&d.attributes);
        self.assume(name, &mut shape);
        let input = Input {
            name: name.clone(),
            reference: None,
            shape: shape.clone(),
            many: false,
            multi: false,
            state: false,
            first: 0,
        };
        let (mut inputs, mut chain) = ([input], Chain::default());
        let bound = self.window(&d.window, d.window.span, &mut inputs, 0, &mut chain);
        if let Some(before) = self.catalog.get(name) {
            let stream = matches!(before.class, Class::Stream | Class::Trigger);
            let same = same_names(&before.shape, &shape) && self.same_notes(name, &d.annotations);
            if !stream || !same {
                self.diagnostics.push(names::defined_twice(&d.name, Class::Window, before));
                return;
            }
            self.pair_known(name);
        }
        let kinds = d.output.map_or(Kinds::All, |output| kinds_of(output.kind));
        let any_order = chain.window.as_ref().is_some_and(|w: &BoundWindow| w.leaving.in_any_order());
        let read = WindowRead { kinds, number: shape.fields.len() as u32 };
        let hidden = format!("{name}:in");
        let way = Entry { hidden: true, defined: false, ..entry(Class::Stream, shape.clone(), d.name.span) };
        self.catalog.add(&hidden, way);
        let input = self.catalog.get(&hidden).map_or(0, |e| e.number);
        let finds = chain.window.as_ref().map_or(Finds::Arrived, |w| w.finds);
        let kept_times = kinds != Kinds::Current && chain.window.as_ref().is_some_and(|w| w.kept_times);
        let window = NamedWindow { input, read, any_order, finds, kept_times };
        let entry = entry(Class::Window, shape.clone(), d.name.span);
        self.catalog.add(name, Entry { defined: false, window: Some(window), ..entry });
        let output = self.catalog.get(name).map(|e| e.number);
        if bound.is_none() {
            return;
        }
        let Some(items) = all_items(&shape, d.name.span) else { return };
        let [source] = inputs;
        self.queries.push(QueryPlan {
            label: format!("window {name}"),
            key: format!("window:{name}"),
            text: d.to_string(),
            inputs: vec![input],
            role: Role::Window(kinds),
            shared: output.filter(|_| kept_times).map(|o| (Shared::Looked(o), Access::Read)).into_iter().collect(),
            schema: source.shape.schema(),
            before: chain.before,
            window: chain.window,
            select: SelectPlan { items, ..SelectPlan::default() },
            output,
            ..QueryPlan::of(Kinds::All, d.span)
        });
    }

    /// What the source of an input is to whom rows that expire are rows like others: those of a named window come by way of a
    /// node that makes them so.
    pub(crate) fn read_rows(&mut self, source: &ast::Source) -> Option<Read> {
        let name = &source.name.name;
        let known = self.catalog.get(name).filter(|_| source.scope == ast::Scope::Plain);
        let window = known.and_then(|e| e.window.map(|window| (window.read, e.number, e.shape.clone())));
        let Some((window, stream, shape)) = window else { return self.read(source) };
        // The states of one pattern that read the same window read the same rows.
        let mut own = self.queries.iter().rev().take_while(|q| q.key.contains(":rows:"));
        if let Some(known) = own.find(|q| q.inputs == [stream]) {
            let (called, read) = (known.key.clone(), Read::stream(shape, known.output, false));
            return Some(self.within_as(name, &called, read));
        }
        let label = format!("{name}:rows:{}", self.catalog.streams.len());
        let way = Entry { hidden: true, defined: false, ..entry(Class::Stream, shape.clone(), source.span) };
        self.catalog.add(&label, way);
        let output = self.catalog.get(&label).map(|e| e.number);
        self.queries.push(QueryPlan {
            label: format!("rows of window {name}"),
            key: label.clone(),
            text: name.clone(),
            inputs: vec![stream],
            role: Role::Reader(window),
            schema: shape.numbered().schema(),
            select: SelectPlan { items: all_items(&shape, source.span)?, ..SelectPlan::default() },
            output,
            ..QueryPlan::of(Kinds::All, source.span)
        });
        Some(self.within_as(name, &label, Read::stream(shape, output, false)))
    }
}

/// Every attribute as it is.
pub(super) fn all_items(shape: &Shape, span: Span) -> Option<Vec<Item>> {
    let item = |(at, field): (usize, &Field)| {
        let node = Node::Attr(at as u32);
        let expr = Expr { ty: field.ty?, kind: field.kind, node, span };
        Some(Item { name: field.name.clone(), expr })
    };
    shape.named().map(item).collect()
}

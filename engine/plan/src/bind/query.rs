//! Queries: their names, what they read, and what kind they are.

use std::collections::{BTreeSet, HashMap};

use riddhi_ql::ast::{self, Element, OutputKind, Query, QueryInput, Source};
use riddhi_ql::{Ident, Span};

use super::annotations::info_name;
use super::catalog::{Class, NamedWindow, Shape};
use super::guards::COPIES_MAX;
use super::partition::{group_by_number, select_number};
use super::scope::{Input, marked};
use super::table::table_reads;
use super::{Pass, output};
use crate::diagnose::{calls, clauses, names, unsupported, warnings};
use crate::logical::{Handler, Kinds, QueryPlan, Role};
use crate::registry::{Leaving, Spreads, WindowUse};

/// Where a query reads from.
pub(crate) struct Read {
    pub shape: Shape,
    /// The plan's number of a stream; none of anything else.
    pub stream: Option<usize>,
    pub window: bool,
    /// Of a named window: how its rows are read.
    pub named: Option<NamedWindow>,
}

impl Read {
    pub(crate) fn stream(shape: Shape, stream: Option<usize>, window: bool) -> Read {
        Read { shape, stream, window, named: None }
    }
}

impl<'a> Pass<'a> {
    pub(crate) fn elements(&mut self) {
        let app = self.app;
        self.element_names();
        self.catalog.later = later_streams(app);
        for element in &app.elements {
            match element {
                Element::Query(query) => self.query(query),
                Element::Partition(partition) => self.partition(partition),
            }
        }
    }

    /// Names given by `@info` may neither be repeated nor be those that queries without a name get.
    fn element_names(&mut self) {
        let app = self.app;
        let mut queries = Vec::new();
        let mut outer = Vec::new();
        for element in &app.elements {
            match element {
                Element::Query(q) => {
                    self.query_name(q, &mut queries);
                    outer.extend(queries.last().cloned());
                }
                Element::Partition(p) => {
                    let name = info_name(&p.annotations, &mut self.diagnostics);
                    outer.push((name, String::new()));
                    p.queries.iter().for_each(|q| self.query_name(q, &mut queries));
                }
            }
        }
        let told = self.unique(queries);
        outer.retain(|(name, _)| name.as_ref().is_none_or(|n| !told.contains(&n.span)));
        self.unique(outer);
    }

    fn query_name(&mut self, query: &Query, all: &mut Vec<(Option<Ident>, String)>) {
        let name = info_name(&query.annotations, &mut self.diagnostics);
        all.push((name, format!("query_{}", all.len() + 1)));
    }

    /// Complains about repeated names; gives their places.
    fn unique(&mut self, all: Vec<(Option<Ident>, String)>) -> Vec<Span> {
        let mut told = Vec::new();
        let defaults: BTreeSet<&str> = all.iter().filter(|(n, _)| n.is_none()).map(|(_, d)| d.as_str()).collect();
        let mut first: HashMap<&str, Span> = HashMap::new();
        for name in all.iter().filter_map(|(n, _)| n.as_ref()) {
            let before = first.get(name.name.as_str()).copied();
            if before.is_some() || defaults.contains(name.name.as_str()) {
                self.diagnostics.push(names::query_twice(&name.name, name.span, before));
                told.push(name.span);
            }
            first.entry(&name.name).or_insert(name.span);
        }
        told
    }

    pub(crate) fn query(&mut self, query: &'a Query) {
        self.catalog.copies.set(COPIES_MAX);
        self.change = None;
        self.looked_at += 1;
        let kept = self.numbered;
        match &query.input {
            QueryInput::Stream(input) => self.stream_query(query, input),
            QueryInput::Join(join) => self.join_query(query, join),
            QueryInput::Pattern(input) => self.state_query(query, input, false),
            QueryInput::Sequence(input) => self.state_query(query, input, true),
            QueryInput::Anonymous(inner) => {
                self.diagnostics.push(clauses::inner_query(inner.span));
                self.rate(query);
                self.output(query, Shape::open());
            }
        }
        if self.numbered == kept {
            let name = info_name(&query.annotations, &mut Default::default());
            let name = name.map_or_else(|| format!("query {}", self.looked_at), |n| format!("query `{}`", n.name));
            self.left_out.push((name, query.input.span()));
        }
    }

    fn stream_query(&mut self, query: &'a Query, input: &'a ast::StreamInput) {
        let read = self.read(&input.source);
        let named = read.as_ref().and_then(|r| r.named).map(|w| w.read);
        let (shape, stream, on_window) = match read {
            Some(read) => (read.shape, read.stream, read.window),
            None => (Shape::open(), None, false),
        };
        // Inside a partition the number of the key is the last attribute.
        let column = shape.fields.len().saturating_sub(1);
        let name = marked(input.source.scope, &input.source.name.name);
        let mut inputs =
            [Input { name: name.clone(), reference: None, shape, many: false, multi: false, state: false, first: 0 }];
        let kinds = output::kinds(query);
        let mut chain = self.handlers(&input.handlers, &mut inputs, 0, kinds != Kinds::Current);
        if let (Some(span), true) = (chain.window_span, on_window) {
            self.diagnostics.push(calls::window_on_window(span, &name));
        }
        if kinds == Kinds::Expired && chain.window_span.is_none() && !on_window {
            self.diagnostics.push(warnings::never_expires(query.output.span));
        }
        let mut window = chain.window_use(kinds != Kinds::Current);
        if named.is_some() {
            let spreads = |handler: &Handler| match handler {
                Handler::Stream { name, function, .. } if function.kernel.spreads() != Spreads::No => {
                    Some(name.clone())
                }
                _ => None,
            };
            if let Some(name) = chain.before.iter().find_map(spreads) {
                self.diagnostics.push(unsupported::spreads(&name, input.source.name.span));
                return;
            }
            // Rows come with their kinds, so handlers see both, and what a row adds it takes away when it leaves.
            chain.after = std::mem::take(&mut chain.before);
            window = WindowUse { sliding: false, expired: true, windowed: true, leaving: Leaving::Any };
        }
        let (shape, select) = self.selection(query.selection.as_ref(), &inputs, window, output::target_name(query));
        let rate = self.rate(query);
        let target = self.output(query, shape);
        let (Some(input), Some(mut select), Some(output), true) = (stream, select, target, chain.complete) else {
            return;
        };
        let partition = self.partition_use(column, chain.window.is_some() || rate.is_some() || chain.aggregates());
        // Readers of a named window and batch windows take a chunk as one in Siddhi 4 too.
        if named.is_none() && !chain.window.as_ref().is_some_and(|w| w.leaving == Leaving::Batch) {
            self.row_by_row(&mut select, query);
        }
        if let Some(of) = partition {
            if is_inner(query) {
                select_number(&mut select, of.column, query.output.span);
            }
            if !of.keyed {
                group_by_number(&mut select, of.column);
            }
        }
        self.rate_notes(query, chain.window.as_ref(), &select, rate);
        let name = info_name(&query.annotations, &mut Default::default()).map(|n| n.name);
        let [source] = inputs;
        self.add(QueryPlan {
            name,
            label: String::new(),
            key: String::new(),
            text: Query { annotations: Vec::new(), ..query.clone() }.to_string(),
            inputs: vec![input],
            role: named.map_or(Role::Select, Role::Reader),
            shared: Vec::new(),
            partition,
            schema: source.shape.schema(),
            before: chain.before,
            window: chain.window,
            after: chain.after,
            select,
            rate,
            output: Some(output),
            kinds,
            span: query.span,
        });
    }

    /// Gives the query its key and keeps it.
    pub(crate) fn add(&mut self, mut query: QueryPlan) {
        self.numbered += 1;
        query.label = match &query.name {
            Some(name) => format!("query {} ({name})", self.numbered),
            None => format!("query {}", self.numbered),
        };
        query.key = match &query.name {
            Some(name) => name.clone(),
            None => {
                let same = self.queries.iter().filter(|q| q.name.is_none() && q.text == query.text).count();
                format!("#{:016x}.{same}", fnv(&query.text))
            }
        };
        let reads = table_reads(query.expressions().into_iter());
        query.shared.extend(reads);
        let faults: Vec<_> = (0..query.inputs.len()).filter_map(|input| self.fault_node(&query, input)).collect();
        let change = self.change.take().filter(|(stream, _)| query.output == Some(*stream));
        let node = change.map(|(stream, change)| self.change_node(&query, stream, change));
        self.queries.push(query);
        self.queries.extend(node);
        self.queries.extend(faults);
    }

    /// What the source of an input is; complains if it cannot be read.
    pub(crate) fn read(&mut self, source: &Source) -> Option<Read> {
        let name = &source.name.name;
        match source.scope {
            ast::Scope::Plain => {}
            ast::Scope::Inner => return self.read_inner(source),
            ast::Scope::Fault => return self.read_fault(source),
        }
        let Some(entry) = self.catalog.get(name) else {
            let later = self.catalog.later.get(name).copied();
            let known = self.catalog.names(&[Class::Stream, Class::Window, Class::Trigger]);
            self.diagnostics.push(names::unknown_stream(name, source.span, known, later));
            return None;
        };
        match entry.class {
            Class::Stream | Class::Trigger => {
                let read = Read::stream(entry.shape.clone(), Some(entry.number), false);
                Some(self.within(name, read))
            }
            Class::Window => {
                let Some(window) = entry.window else {
                    return Some(Read::stream(entry.shape.clone(), None, true));
                };
                let read = Read::stream(entry.shape.numbered(), Some(entry.number), true);
                Some(self.within(name, Read { named: Some(window), ..read }))
            }
            class => {
                self.diagnostics.push(names::not_readable(name, source.span, class));
                None
            }
        }
    }

    fn read_inner(&mut self, source: &Source) -> Option<Read> {
        let name = &source.name.name;
        let Some(inner) = &self.catalog.inner else {
            self.diagnostics.push(names::inner_outside(name, source.span));
            return None;
        };
        let Some((shape, _)) = inner.get(name) else {
            self.diagnostics.push(names::unknown_inner(name, source.span, inner.keys().map(String::as_str)));
            return None;
        };
        let shape = shape.clone();
        Some(self.inner_stream(name, shape))
    }

    fn read_fault(&mut self, source: &Source) -> Option<Read> {
        let name = &source.name.name;
        match self.catalog.get(name) {
            Some(entry) if entry.fault => {
                let mut shape = entry.shape.clone();
                shape.fields.push(super::catalog::Field::new("_error", riddhi_batch::Type::Object));
                let name = marked(ast::Scope::Fault, name);
                let stream = self.catalog.get(&name).map(|e| e.number);
                Some(self.within(&name, Read::stream(shape, stream, false)))
            }
            _ => {
                self.diagnostics.push(names::no_fault_stream(name, source.span));
                None
            }
        }
    }
}

/// Whether a query inserts into an inner stream.
pub(crate) fn is_inner(query: &Query) -> bool {
    matches!(&query.output.kind, OutputKind::Insert { target, .. } if target.scope == ast::Scope::Inner)
}

/// Streams that queries insert into, with the first place of each.
pub(super) fn later_streams(app: &ast::App) -> HashMap<String, Span> {
    let mut later = HashMap::new();
    let queries = app.elements.iter().flat_map(|e| match e {
        Element::Query(q) => std::slice::from_ref(&**q),
        Element::Partition(p) => &p.queries[..],
    });
    for query in queries {
        if let OutputKind::Insert { target, .. } = &query.output.kind
            && target.scope == ast::Scope::Plain
        {
            later.entry(target.name.name.clone()).or_insert(target.span);
        }
    }
    later
}

/// FNV-1a: the same in every release, since state is known by it.
pub(super) fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

//! Joins. They are refused, but their names and types are checked, and what they put out is known to the queries that read it.

use riddhi_batch::Type;
use riddhi_ql::ast::{self, ExprKind, Join, JoinSource, Query};

use super::catalog::{Class, Shape};
use super::expr::Binder;
use super::scope::{Input, Scope, marked};
use super::states::flatten;
use super::{Pass, output};
use crate::diagnose::{calls, multi as wrong, unsupported};
use crate::logical::Kinds;
use crate::registry::{Leaving, WindowUse};

impl<'a> Pass<'a> {
    pub(crate) fn join_query(&mut self, query: &'a Query, join: &'a Join) {
        self.diagnostics.push(unsupported::join(join.kind_span));
        let (left, left_class) = self.join_side(&join.left);
        let (right, right_class) = self.join_side(&join.right);
        let fixed = |class: Option<Class>| matches!(class, Some(Class::Table | Class::Aggregation));
        if fixed(left_class) && fixed(right_class) {
            self.diagnostics.push(wrong::both_fixed(join.span));
        }
        if left_class == Some(Class::Aggregation) {
            self.diagnostics.push(wrong::aggregation_left(join.left.span));
        }
        for (class, side) in [(left_class, &join.left), (right_class, &join.right)] {
            if class == Some(Class::Window) && self.is_cron(&side.source.name.name) {
                self.diagnostics.push(wrong::cron_joined(&side.source.name.name, side.source.span));
            }
        }
        let mut inputs = [left, right];
        let expired = output::kinds(query) != Kinds::Current;
        let mut sliding = false;
        for (at, side) in [&join.left, &join.right].into_iter().enumerate() {
            let chain = self.handlers(&side.handlers, &mut inputs, at, expired);
            sliding |= chain.window_use(expired).sliding;
            let class = if at == 0 { left_class } else { right_class };
            if let (Some(span), Some(Class::Window)) = (chain.window_span, class) {
                self.diagnostics.push(calls::window_on_window(span, &inputs[at].name));
            }
        }
        place(&mut inputs);
        let aggregation = left_class == Some(Class::Aggregation) || right_class == Some(Class::Aggregation);
        self.join_conditions(join, &inputs, aggregation);
        let window = WindowUse { sliding, expired, windowed: true, leaving: Leaving::Any };
        let (shape, _) = self.selection(query.selection.as_ref(), &inputs, window, output::target_name(query));
        self.rate(query);
        self.output(query, shape);
    }

    fn join_side(&mut self, side: &'a JoinSource) -> (Input<'a>, Option<Class>) {
        let name = marked(side.source.scope, &side.source.name.name);
        let class = self.catalog.get(&name).map(|e| e.class).filter(|_| side.source.scope == ast::Scope::Plain);
        let shape = match class {
            Some(Class::Table | Class::Aggregation) => self.catalog.get(&name).map(|e| e.shape.clone()),
            _ => self.read(&side.source).map(|r| r.shape),
        };
        let reference = side.alias.as_ref().map(|a| a.name.as_str());
        (
            Input {
                name,
                reference,
                shape: shape.unwrap_or_else(Shape::open),
                many: false,
                multi: true,
                state: false,
                first: 0,
            },
            class,
        )
    }

    fn is_cron(&self, window: &str) -> bool {
        self.app.definitions.iter().any(|d| match d {
            ast::Definition::Window(d) => {
                d.name.name == window && d.window.namespace.is_none() && d.window.name.name == "cron"
            }
            _ => false,
        })
    }

    fn join_conditions(&mut self, join: &'a Join, inputs: &[Input<'a>], aggregation: bool) {
        let scope = Scope { inputs: inputs.to_vec(), ..Scope::default() };
        let mut binder =
            Binder::new(self.registry, &self.catalog, &mut self.diagnostics, &scope, "the condition of a join");
        if let Some(on) = &join.on {
            binder.condition(on, "the condition of a join");
        }
        match &join.range {
            None if aggregation => self.diagnostics.push(wrong::range_missing(join.span)),
            None => {}
            Some(range) => {
                if !aggregation {
                    binder.diagnostics.push(wrong::range_without_aggregation(range.span));
                }
                for limit in std::iter::once(&range.start).chain(&range.end) {
                    let bound = binder.bind(limit);
                    let long = range.end.is_some();
                    let fits = |ty: Type| ty == Type::String || (ty == Type::Long && long);
                    if let Some(wrong_one) = bound.filter(|b| !fits(b.ty)) {
                        binder.diagnostics.push(wrong::within_type(wrong_one.ty, long, wrong_one.span));
                    }
                }
                let per = binder.bind(&range.per);
                if let Some(per) = per.filter(|p| p.ty != Type::String) {
                    binder.diagnostics.push(wrong::per_type(per.ty, per.span));
                } else if let ExprKind::Str(text) = &range.per.kind
                    && !is_duration(text)
                {
                    binder.diagnostics.push(wrong::per_unknown(text, range.per.span));
                }
            }
        }
    }
}

/// Streams that the queries of a partition read.
pub(crate) fn sources(partition: &ast::Partition) -> Vec<&str> {
    let mut names = Vec::new();
    for query in &partition.queries {
        match &query.input {
            ast::QueryInput::Stream(input) => names.push(input.source.name.name.as_str()),
            ast::QueryInput::Join(join) => {
                names.extend([&join.left, &join.right].map(|side| side.source.name.name.as_str()));
            }
            ast::QueryInput::Pattern(input) | ast::QueryInput::Sequence(input) => {
                let mut states = Vec::new();
                flatten(&input.root, &mut states);
                names.extend(states.iter().map(|s| s.input.source.name.name.as_str()));
            }
            ast::QueryInput::Anonymous(_) => {}
        }
    }
    names
}

/// Numbers the attributes of all inputs.
fn place(inputs: &mut [Input<'_>]) {
    let mut first = 0;
    for input in inputs {
        input.first = first;
        first += input.shape.fields.len();
    }
}

/// Whether `per` knows the word.
fn is_duration(text: &str) -> bool {
    let words = [
        "sec", "second", "seconds", "min", "minute", "minutes", "h", "hour", "hours", "day", "days", "month", "months",
        "year", "years",
    ];
    words.contains(&text.to_ascii_lowercase().as_str())
}

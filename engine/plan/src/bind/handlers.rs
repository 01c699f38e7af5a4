//! Filters, windows and stream functions of an input, in order; stream functions may add attributes.

use riddhi_batch::Attribute;
use riddhi_ql::ast::{Call, Handler as AstHandler};
use riddhi_ql::{Span, ast};

use super::Pass;
use super::aggregates::Aggregates;
use super::call::arg_types;
use super::catalog::{Field, Shape};
use super::condition::WindowScope;
use super::expr::Binder;
use super::scope::{Input, Scope};
use crate::diagnose::{calls, names, notes, unsupported, warnings};
use crate::expr::{Expr, Node};
use crate::known;
use crate::logical::Handler;
use crate::registry::{ArgType, BoundStream, BoundWindow, Leaving, Memory, Spreads, WindowFunction, WindowUse};

/// The handlers of one input.
#[derive(Default)]
pub(crate) struct Chain {
    pub before: Vec<Handler>,
    pub window: Option<BoundWindow>,
    pub after: Vec<Handler>,
    /// Where the window stands, also if it could not be bound.
    pub window_span: Option<Span>,
    /// Whether all of them could be bound.
    pub complete: bool,
}

impl Chain {
    /// Whether any of them aggregates, so that it remembers something.
    pub(crate) fn aggregates(&self) -> bool {
        self.before.iter().chain(&self.after).any(|handler| match handler {
            Handler::Filter { aggregates, .. } | Handler::Stream { aggregates, .. } => !aggregates.is_empty(),
        })
    }

    /// What aggregators behind these handlers have to know.
    pub(crate) fn window_use(&self, expired: bool) -> WindowUse {
        WindowUse {
            sliding: self.window.as_ref().is_some_and(|w| w.sliding),
            expired,
            windowed: self.window_span.is_some(),
            leaving: self.window.as_ref().map_or(Leaving::Batch, |w| w.leaving),
        }
    }
}

impl<'a> Pass<'a> {
    /// Binds the handlers of `inputs[at]`, whose shape grows by what stream functions add.
    pub(crate) fn handlers(
        &mut self,
        list: &'a [AstHandler],
        inputs: &mut [Input<'a>],
        at: usize,
        expired: bool,
    ) -> Chain {
        let mut chain = Chain { complete: true, ..Chain::default() };
        for handler in list {
            let done = match handler {
                AstHandler::Filter(condition, _) => self.filter(condition, inputs, at, &mut chain, expired),
                AstHandler::Window(call, span) => self.window(call, *span, inputs, at, &mut chain),
                AstHandler::Function(call) if self.is_keeper(call) => {
                    self.window_of(&keeper(call), call, call.span, inputs, at, &mut chain)
                }
                AstHandler::Function(call) => self.stream_function(call, inputs, at, &mut chain, expired),
            };
            chain.complete &= done.is_some();
        }
        chain
    }

    fn filter(
        &mut self,
        condition: &ast::Expr,
        inputs: &[Input<'a>],
        at: usize,
        chain: &mut Chain,
        expired: bool,
    ) -> Option<()> {
        let scope = handler_scope(inputs, at);
        let mut aggregates = Aggregates::new(chain.window_use(expired), inputs[at].shape.schema());
        let mut binder = Binder {
            aggregates: Some(&mut aggregates),
            ..Binder::new(self.registry, &self.catalog, &mut self.diagnostics, &scope, "a filter")
        };
        let condition = binder.condition(condition, "a filter")?;
        if chain.window.as_ref().is_some_and(|w| !w.sliding) {
            self.diagnostics.push(notes::filter_after_batch(condition.span));
        }
        let handler = Handler::Filter { condition, aggregates: aggregates.list };
        if chain.window_span.is_some() { &mut chain.after } else { &mut chain.before }.push(handler);
        Some(())
    }

    pub(crate) fn window(
        &mut self,
        call: &Call,
        span: Span,
        inputs: &mut [Input<'a>],
        at: usize,
        chain: &mut Chain,
    ) -> Option<()> {
        self.window_of(&calls::call_name(call), call, span, inputs, at, chain)
    }

    /// Whether a stream function keeps or holds back rows, so that it is built as a window is.
    fn is_keeper(&self, call: &Call) -> bool {
        self.registry.find_window(&keeper(call)).is_some()
    }

    /// Binds what the registry calls by that name: a window, or a stream function that is built as one.
    fn window_of(
        &mut self,
        name: &str,
        call: &Call,
        span: Span,
        inputs: &mut [Input<'a>],
        at: usize,
        chain: &mut Chain,
    ) -> Option<()> {
        if chain.window_span.is_some() {
            self.diagnostics.push(unsupported::beside_window(span));
            return None;
        }
        chain.window_span = Some(span);
        let scope = handler_scope(inputs, at);
        let place = "the arguments of a window";
        let mut binder = Binder::new(self.registry, &self.catalog, &mut self.diagnostics, &scope, place);
        let args = binder.arguments(&call.args);
        let registry = self.registry;
        let Some(function) = registry.find_window(name) else {
            self.window_call_exists(call);
            return None;
        };
        let args = args?;
        let types = self.compute_arguments(function.as_ref(), &args, inputs, at, chain);
        match function.bind_in(&types, &WindowScope::new(registry, &inputs[at], &self.members)) {
            Ok(window) => {
                if window.idle {
                    self.diagnostics.push(warnings::never_due(args.first().map_or(call.span, |a| a.span)));
                }
                chain.window = Some(window);
                for (n, (ty, arg)) in types.iter().zip(&args).enumerate() {
                    let warning = ty.constant.as_ref().and_then(|v| warnings::empty_window(name, n, v, arg.span));
                    self.diagnostics.extend(warning);
                }
                self.diagnostics.extend(notes::window_failures(name, call.name.span));
            }
            Err(error) => {
                let spans: Vec<Span> = args.iter().map(|a| a.span).collect();
                self.diagnostics.push(calls::arguments(&format!("window `{name}`"), error, call.span, &spans));
                return None;
            }
        }
        Some(())
    }

    /// The arguments as the window sees them: what it takes computed for each row is an attribute without a name.
    fn compute_arguments(
        &mut self,
        function: &dyn WindowFunction,
        args: &[Expr],
        inputs: &mut [Input<'a>],
        at: usize,
        chain: &mut Chain,
    ) -> Vec<ArgType> {
        let mut types = arg_types(args);
        for (place, (seen, arg)) in types.iter_mut().zip(args).enumerate() {
            let bare = seen.constant.is_some() || seen.attribute.is_some();
            let Some(kernel) = function.computed(place, seen.ty).filter(|_| !bare) else { continue };
            seen.attribute = Some((inputs[at].first + inputs[at].shape.fields.len()) as u32);
            inputs[at].shape.fields.push(Field::new("", arg.ty));
            let adds = vec![Attribute { name: String::new(), ty: arg.ty, kind: arg.ty.kind() }];
            chain.before.push(Handler::Stream {
                name: "computed".to_owned(),
                function: BoundStream { adds, kernel },
                args: vec![arg.clone()],
                aggregates: Vec::new(),
            });
        }
        types
    }

    /// Complains about a window that is not registered: unknown, or not there yet.
    fn window_call_exists(&mut self, call: &Call) {
        let name = calls::call_name(call);
        let namespace = call.namespace.as_ref().map_or("", |n| n.name.as_str());
        if self.registry.find_window(&name).is_some() {
            return;
        }
        let diagnostic = if namespace.is_empty() && known::WINDOWS.contains(&call.name.name.as_str()) {
            unsupported::window(&name, call.name.span)
        } else if namespace.is_empty() {
            let names: Vec<&str> = self.registry.window_names().chain(known::WINDOWS.iter().copied()).collect();
            calls::unknown_window(call, names)
        } else {
            match known::extension(namespace) {
                Some(extension) if extension.has_stream(&call.name.name) => {
                    unsupported::extension(unsupported::Part::Window, &name, namespace, self.registry, call.span)
                }
                Some(extension) => calls::unknown_window(call, extension.streams.iter().copied()),
                None => calls::unknown_namespace(call, call.span, known::EXTENSIONS.iter().map(|e| e.namespace)),
            }
        };
        self.diagnostics.push(diagnostic);
    }

    pub(crate) fn stream_function(
        &mut self,
        call: &Call,
        inputs: &mut [Input<'a>],
        at: usize,
        chain: &mut Chain,
        expired: bool,
    ) -> Option<()> {
        let scope = Scope { captured: self.captured.clone(), ..handler_scope(inputs, at) };
        let mut aggregates = Aggregates::new(chain.window_use(expired), inputs[at].shape.schema());
        let place = "the arguments of a stream function";
        let mut binder = Binder {
            aggregates: Some(&mut aggregates),
            ..Binder::new(self.registry, &self.catalog, &mut self.diagnostics, &scope, place)
        };
        let args = binder.arguments(&call.args);
        let name = calls::call_name(call);
        let registry = self.registry;
        let namespace = call.namespace.as_ref().map_or("", |n| n.name.as_str());
        let Some(function) = registry.find_stream(namespace, &call.name.name) else {
            self.stream_function_missing(call, namespace, &name);
            inputs[at].shape.open = true;
            return None;
        };
        let args = args?;
        let types = arg_types(&args);
        let bound = function.bind(&types, &inputs[at].shape.schema());
        let (function, memory) = match bound.and_then(|bound| Ok((bound, function.memory(&types)?))) {
            Ok(both) => both,
            Err(error) => {
                let spans: Vec<Span> = args.iter().map(|a| a.span).collect();
                self.diagnostics.push(calls::arguments(&format!("`#{name}`"), error, call.span, &spans));
                inputs[at].shape.open = true;
                return None;
            }
        };
        let alone = inputs.len() == 1 && !inputs[at].state && chain.window_span.is_none();
        if function.kernel.spreads() != Spreads::No && !alone {
            self.diagnostics.push(unsupported::spreads(&name, call.name.span));
            inputs[at].shape.open = true;
            return None;
        }
        let shape: &mut Shape = &mut inputs[at].shape;
        for added in &function.adds {
            if shape.find(&added.name).is_some() {
                self.diagnostics.push(names::added_twice(&name, &added.name, call.span));
                return None;
            }
            shape.fields.push(Field { name: added.name.clone(), ty: Some(added.ty), kind: added.kind });
        }
        if name == "pol2Cart" {
            self.diagnostics.push(notes::null_coordinate(&name, call.name.span));
        }
        let args = match memory {
            None => args,
            Some(memory) => vec![remembered(&name, memory, args, call.span, &mut aggregates)],
        };
        let handler = Handler::Stream { name, function, args, aggregates: aggregates.list };
        if chain.window_span.is_some() { &mut chain.after } else { &mut chain.before }.push(handler);
        Some(())
    }

    fn stream_function_missing(&mut self, call: &Call, namespace: &str, name: &str) {
        let diagnostic = if namespace.is_empty() && known::STREAM_FUNCTIONS.contains(&name) {
            unsupported::stream_function(name, call.name.span)
        } else if namespace.is_empty() {
            let names: Vec<&str> =
                self.registry.stream_names("").chain(known::STREAM_FUNCTIONS.iter().copied()).collect();
            calls::unknown_stream_function(call, names)
        } else {
            match known::extension(namespace) {
                Some(extension) if extension.has_stream(&call.name.name) => {
                    let full = calls::call_name(call);
                    unsupported::extension(
                        unsupported::Part::StreamFunction,
                        &full,
                        namespace,
                        self.registry,
                        call.span,
                    )
                }
                Some(extension) => calls::unknown_stream_function(call, extension.streams.iter().copied()),
                None => calls::unknown_namespace(call, call.span, known::EXTENSIONS.iter().map(|e| e.namespace)),
            }
        };
        self.diagnostics.push(diagnostic);
    }
}

/// What a stream function that remembers something is given instead of its arguments: the aggregate that takes them in.
fn remembered(name: &str, memory: Memory, args: Vec<Expr>, span: Span, aggregates: &mut Aggregates) -> Expr {
    let Memory { packs, takes } = memory;
    let (ty, kind) = (takes.ty, takes.kind);
    let node = Node::Call { name: "all".to_owned(), kernel: packs.kernel, volatility: packs.volatility, args };
    let packed = Expr { ty: packs.ty, kind: packs.kind, node, span };
    let number = aggregates.add(name, takes, vec![packed], &[], false);
    Expr { ty, kind, node: Node::Aggregate(number), span }
}

/// What a handler of `inputs[at]` may name.
pub(crate) fn handler_scope<'a>(inputs: &[Input<'a>], at: usize) -> Scope<'a> {
    let own = inputs[at].multi.then_some(at);
    let seen = inputs[at].state.then_some(at + 1);
    Scope { inputs: inputs.to_vec(), own, seen, ..Scope::default() }
}

/// What the registry calls a stream function that is built as a window is.
fn keeper(call: &Call) -> String {
    format!("#{}", calls::call_name(call))
}

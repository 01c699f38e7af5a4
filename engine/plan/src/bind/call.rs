//! Calls of functions and aggregators.

use riddhi_batch::{Type, Value};
use riddhi_ql::Span;
use riddhi_ql::ast::{self, Args, ExprKind};

use super::expr::{Binder, constant};
use crate::diagnose::{calls, notes, unsupported};
use crate::expr::{Expr, Node};
use crate::known;
use crate::registry::{AggregateFunction, ArgType, ScalarFunction, WindowUse};
use crate::states::What;

impl Binder<'_> {
    /// Script functions come first, then functions, then aggregators.
    pub(crate) fn call(&mut self, call: &ast::Call) -> Option<Expr> {
        let registry = self.registry;
        let namespace = call.namespace.as_ref().map_or("", |n| n.name.as_str());
        let name = call.name.name.as_str();
        match self.catalog.function(namespace, name) {
            Some((_, Some(function))) => return self.scalar(call, function.0.as_ref()),
            Some((ty, None)) => return self.unbuilt(call, Some(ty)),
            None => {}
        }
        if let Some(function) = registry.find_scalar(namespace, name) {
            return self.scalar(call, function.as_ref());
        }
        if let Some(function) = registry.find_aggregate(namespace, name) {
            return self.aggregate(call, function.as_ref());
        }
        self.not_registered(call, namespace, name)
    }

    /// Its arguments are bound for the sake of their mistakes.
    fn unbuilt(&mut self, call: &ast::Call, ty: Option<Type>) -> Option<Expr> {
        self.arguments(&call.args);
        ty.map(|ty| constant(ty, Value::Null, call.span))
    }

    fn not_registered(&mut self, call: &ast::Call, namespace: &str, name: &str) -> Option<Expr> {
        let full = calls::call_name(call);
        let diagnostic = if namespace.is_empty() && known::FUNCTIONS.contains(&name) {
            unsupported::function(&full, call.name.span)
        } else if namespace.is_empty() {
            let names = self.registry.function_names("").chain(known::FUNCTIONS.iter().copied());
            calls::unknown_function(call, names)
        } else {
            match known::extension(namespace) {
                Some(extension) if extension.has_function(name) => {
                    unsupported::extension(unsupported::Part::Function, &full, namespace, self.registry, call.span)
                }
                Some(extension) => calls::unknown_function(call, extension.functions.iter().copied()),
                None => calls::unknown_namespace(call, call.span, known::EXTENSIONS.iter().map(|e| e.namespace)),
            }
        };
        self.diagnostics.push(diagnostic);
        self.unbuilt(call, None)
    }

    fn scalar(&mut self, call: &ast::Call, function: &dyn ScalarFunction) -> Option<Expr> {
        if let Some(time) = self.time_of_slot(call) {
            return Some(time);
        }
        let chooses = call.namespace.is_none() && call.name.name == "ifThenElse";
        let args = match &call.args {
            Args::List(list) if chooses => self.choice(list),
            // `eventTimestamp(e1)`, whose event is no value.
            Args::List(list) if call.name.name == "eventTimestamp" && self.is_one_event(list) => Some(Vec::new()),
            args => self.arguments(args),
        };
        let args = args?;
        let what = format!("`{}`", calls::call_name(call));
        let bound = match function.bind_in(&arg_types(&args), self.registry) {
            Ok(bound) => bound,
            Err(error) => {
                let spans: Vec<Span> = args.iter().map(|a| a.span).collect();
                self.diagnostics.push(calls::arguments(&what, error, call.span, &spans));
                return None;
            }
        };
        if matches!(call.name.name.as_str(), "maximum" | "minimum") && args.len() > 1 {
            self.diagnostics.push(notes::extreme_of(&call.name.name, call.name.span));
        }
        let node =
            Node::Call { name: calls::call_name(call), kernel: bound.kernel, volatility: bound.volatility, args };
        Some(Expr { ty: bound.ty, kind: bound.kind, node, span: call.span })
    }

    /// `eventTimestamp(first)` where several rows are looked at together: an attribute of theirs.
    fn time_of_slot(&self, call: &ast::Call) -> Option<Expr> {
        let Args::List(list) = &call.args else { return None };
        let [ast::Expr { kind: ExprKind::Attr(attr), .. }] = &list[..] else { return None };
        if call.namespace.is_some() || call.name.name != "eventTimestamp" || !self.is_event(attr) {
            return None;
        }
        let slot = self.scope.inputs.iter().position(|i| i.is(&attr.attr.name))?;
        let node = match (self.scope.times, &self.scope.captured) {
            (Some(times), _) => Node::Attr(times + slot as u32),
            // The event under test is the row.
            (None, Some(captured)) if self.scope.own != Some(slot) => {
                captured.node(self.scope, slot, attr.index.as_ref(), What::Time)
            }
            _ => return None,
        };
        Some(Expr { ty: Type::Long, kind: Type::Long.kind(), node, span: call.span })
    }

    fn is_one_event(&self, args: &[ast::Expr]) -> bool {
        matches!(args, [ast::Expr { kind: ExprKind::Attr(attr), .. }] if self.is_event(attr))
    }

    fn aggregate(&mut self, call: &ast::Call, function: &dyn AggregateFunction) -> Option<Expr> {
        let name = calls::call_name(call);
        let args = self.arguments(&call.args);
        let Some(window) = self.aggregates.as_ref().map(|a| a.window) else {
            self.diagnostics.push(calls::aggregate_here(&name, self.place, call.span));
            return None;
        };
        let args = args?;
        let bound = match function.bind(&arg_types(&args), window) {
            Ok(bound) => bound,
            Err(error) => {
                let spans: Vec<Span> = args.iter().map(|a| a.span).collect();
                self.diagnostics.push(calls::arguments(&format!("`{name}`"), error, call.span, &spans));
                return None;
            }
        };
        self.aggregate_remarks(&name, window, args.first().map(|a| a.ty), call.name.span);
        let args = match function.packed() {
            None => args,
            Some(pack) => {
                let (ty, kind, volatility) = (pack.ty, pack.kind, pack.volatility);
                let node = Node::Call { name: "all".to_owned(), kernel: pack.kernel, volatility, args };
                vec![Expr { ty, kind, node, span: call.span }]
            }
        };
        let (ty, kind) = (bound.ty, bound.kind);
        let guards = std::mem::take(&mut self.guards);
        guards.iter().try_for_each(|g| self.spend(g))?;
        // Siddhi gives a reset to the select list only: an aggregate that stands in `having` itself runs on.
        let resets = self.scope.outputs.is_none() || window.sliding || !window.windowed;
        let number = self.aggregates.as_deref_mut()?.add(&name, bound, args, &guards, resets);
        self.guards = guards;
        Some(Expr { ty, kind, node: Node::Aggregate(number), span: call.span })
    }

    /// Where Siddhi's answer may be another.
    fn aggregate_remarks(&mut self, name: &str, window: WindowUse, first: Option<Type>, span: Span) {
        let batches = window.windowed && !window.sliding;
        if batches && matches!(name, "minForever" | "maxForever") {
            self.diagnostics.push(notes::for_ever(name, span));
        }
        match name {
            "and" | "or" => self.diagnostics.push(notes::null_argument(name, span)),
            "stdDev" if window.sliding => self.diagnostics.push(notes::deviation(span)),
            "sum" if window.sliding && first == Some(Type::Long) => self.diagnostics.push(notes::long_sum(span)),
            "unionSet" if window.windowed => self.diagnostics.push(notes::union_set(span)),
            "min" | "max" if window.windowed => self.diagnostics.push(notes::equal_extremes(name, span)),
            _ => {}
        }
    }

    /// Binds all arguments; none if one of them could not be bound.
    pub(crate) fn arguments(&mut self, args: &Args) -> Option<Vec<Expr>> {
        match args {
            Args::List(list) => {
                let bound: Vec<Option<Expr>> = list.iter().map(|a| self.bind(a)).collect();
                bound.into_iter().collect()
            }
            Args::Star(span) => self.all_attributes(*span),
        }
    }

    fn all_attributes(&mut self, span: Span) -> Option<Vec<Expr>> {
        let number = self.scope.own.unwrap_or(0);
        if self.scope.own.is_none() && self.scope.inputs.len() != 1 {
            return None;
        }
        let input = self.scope.inputs.get(number)?;
        let attribute = |(at, field): (usize, &super::catalog::Field)| {
            let node = self.scope.star_node(number, at);
            field.ty.map(|ty| Expr { ty, kind: field.kind, node, span })
        };
        input.shape.named().map(attribute).collect()
    }
}

/// Arguments as a registry sees them.
pub(crate) fn arg_types(args: &[Expr]) -> Vec<ArgType> {
    let of = |arg: &Expr| ArgType {
        ty: arg.ty,
        kind: arg.kind,
        constant: if let Node::Const(value) = &arg.node { Some(value.clone()) } else { None },
        attribute: if let Node::Attr(at) = arg.node { Some(at) } else { None },
    };
    args.iter().map(of).collect()
}

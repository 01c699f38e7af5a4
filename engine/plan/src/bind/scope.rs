//! What an expression may name: the inputs of its query and, in `having`, what the query selects.

use riddhi_batch::{Kind, Type};
use riddhi_ql::ast::AttrRef;

use super::captured::Captured;
use super::catalog::{Field, Shape};
use crate::diagnose::names;
use crate::expr::{Expr, Node};
use crate::states::{At, What};

/// One input of a query.
#[derive(Clone, Debug)]
pub(crate) struct Input<'a> {
    /// The stream's name, mark included.
    pub name: String,
    /// Its alias or event reference.
    pub reference: Option<&'a str>,
    pub shape: Shape,
    /// Whether it stands for several events: `e1=S<2:5>`.
    pub many: bool,
    /// Whether it is an input of a join, a pattern or a sequence.
    pub multi: bool,
    /// Whether it is a state of a pattern or sequence.
    pub state: bool,
    /// The number of its first attribute.
    pub first: usize,
}

impl Input<'_> {
    /// What messages call it.
    pub(crate) fn label(&self) -> &str {
        self.reference.unwrap_or(&self.name)
    }

    /// An input with an alias goes by that name only.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.reference.unwrap_or(&self.name) == name
    }
}

/// An attribute that a query selects; no expression where it could not be bound.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub name: String,
    pub expr: Option<Expr>,
}

/// What an expression may name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope<'a> {
    pub inputs: Vec<Input<'a>>,
    /// In a filter or a handler of one of several inputs: that one, which unqualified names mean.
    pub own: Option<usize>,
    /// In a filter of a pattern: how many of the inputs stand up to here. Later ones are known, but not seen.
    pub seen: Option<usize>,
    /// In `having`: what the query selects, and the stream it goes into.
    pub outputs: Option<(&'a str, &'a [Output])>,
    /// In `select` of a pattern a counted state's attribute is the list of all its events' values.
    pub lists: bool,
    /// Place of the attribute that holds the timestamp of the first input's row; those of the others follow. None if rows
    /// have a timestamp of their own.
    pub times: Option<u32>,
    /// In a pattern or sequence: what is asked of a match.
    pub captured: Option<Captured>,
    /// Names that `as` gives in the select list, to explain why they are not seen.
    pub aliases: Vec<String>,
}

/// What a name turned out to be.
pub(crate) enum Found {
    Expr(Box<Expr>),
    /// Something whose type is not known; it has been complained about elsewhere.
    Unknown,
    Wrong(Box<riddhi_ql::Diagnostic>),
}

impl Scope<'_> {
    /// The input of that name.
    pub(crate) fn input(&self, name: &str) -> Option<&Input<'_>> {
        self.inputs[..self.end()].iter().find(|i| i.is(name))
    }

    fn end(&self) -> usize {
        self.seen.unwrap_or(self.inputs.len())
    }

    /// The attribute of an input as `*` means it: of several events, that of the first.
    pub(crate) fn star_node(&self, input: usize, at: usize) -> Node {
        match &self.captured {
            Some(_) if self.own == Some(input) => Node::Attr(at as u32),
            Some(captured) => captured.take(self, input, At::Nth(0), What::Attribute(at as u32)),
            None => Node::Attr((self.inputs[input].first + at) as u32),
        }
    }

    /// A name that only a later state has.
    fn later(&self, name: &str) -> Option<&str> {
        let later = self.inputs[self.end()..].iter().find(|i| i.is(name)).filter(|_| self.input(name).is_none());
        later.map(Input::label)
    }

    /// Whether the query is a join, a pattern or a sequence.
    pub(crate) fn multi(&self) -> bool {
        self.inputs.iter().any(|i| i.multi)
    }

    /// Whether a bare name is an attribute here.
    pub(crate) fn has_attribute(&self, name: &str) -> bool {
        self.outputs.is_some_and(|(_, o)| o.iter().any(|o| o.name == name))
            || self.inputs.iter().any(|i| i.shape.find(name).is_some())
    }

    /// What the attribute is.
    pub(crate) fn find(&self, attr: &AttrRef) -> Found {
        self.find_for(attr, "having")
    }

    /// The same, for a clause that messages name.
    pub(crate) fn find_for(&self, attr: &AttrRef, clause: &str) -> Found {
        match (&attr.stream, self.outputs) {
            (None, None) => self.unqualified(attr),
            (None, Some((_, outputs))) => self.output(attr, outputs, clause),
            (Some(stream), Some((target, outputs))) if !self.multi() => {
                if marked(attr.scope, &stream.name) != target {
                    return Found::Wrong(Box::new(names::not_in_scope(stream, stream.span, [target])));
                }
                self.output(attr, outputs, clause)
            }
            (Some(_), _) => self.qualified(attr),
        }
    }

    fn output(&self, attr: &AttrRef, outputs: &[Output], clause: &str) -> Found {
        if let Some(output) = outputs.iter().find(|o| o.name == attr.attr.name) {
            return match &output.expr {
                Some(expr) => Found::Expr(Box::new(Expr { span: attr.span, ..expr.clone() })),
                None => Found::Unknown,
            };
        }
        let names = outputs.iter().map(|o| o.name.as_str());
        let in_input = self.inputs.iter().any(|i| i.shape.find(&attr.attr.name).is_some());
        if self.multi() {
            return self.unqualified(attr);
        }
        let wrong = if in_input {
            names::only_in_input(attr, clause, names)
        } else {
            names::unknown_attribute(attr, Some("what the query selects"), names)
        };
        Found::Wrong(Box::new(wrong))
    }

    fn unqualified(&self, attr: &AttrRef) -> Found {
        let inputs = match self.own {
            Some(own) => &self.inputs[own..own + 1],
            None => &self.inputs[..],
        };
        let having: Vec<&Input<'_>> = inputs.iter().filter(|i| i.shape.find(&attr.attr.name).is_some()).collect();
        match having[..] {
            [input] => self.attribute(input, attr),
            [] if inputs.iter().any(|i| i.shape.open) => Found::Unknown,
            [] => Found::Wrong(Box::new(self.missing(attr, inputs))),
            _ => Found::Wrong(Box::new(names::ambiguous(attr, having.iter().map(|i| i.label())))),
        }
    }

    fn missing(&self, attr: &AttrRef, inputs: &[Input<'_>]) -> riddhi_ql::Diagnostic {
        let of = match inputs {
            [only] if only.name.is_empty() => Some("what the query selects".to_owned()),
            [only] => Some(format!("`{}`", only.label())),
            _ => None,
        };
        if self.aliases.contains(&attr.attr.name) {
            return names::alias_in_select(attr, of.as_deref());
        }
        let mut known: Vec<&str> = Vec::new();
        for field in inputs.iter().flat_map(|i| &i.shape.fields) {
            if !known.contains(&field.name.as_str()) {
                known.push(&field.name);
            }
        }
        names::unknown_attribute(attr, of.as_deref(), known)
    }

    fn qualified(&self, attr: &AttrRef) -> Found {
        let Some(stream) = &attr.stream else { return Found::Unknown };
        let name = marked(attr.scope, &stream.name);
        if let Some(later) = self.later(&name) {
            return Found::Wrong(Box::new(names::later_state(later, stream.span)));
        }
        let Some(input) = self.input(&name) else {
            let known = self.inputs[..self.end()].iter().map(Input::label);
            return Found::Wrong(Box::new(names::not_in_scope(stream, stream.span, known)));
        };
        if input.shape.find(&attr.attr.name).is_none() {
            if input.shape.open {
                return Found::Unknown;
            }
            return Found::Wrong(Box::new(self.missing(attr, std::slice::from_ref(input))));
        }
        self.attribute(input, attr)
    }

    fn attribute(&self, input: &Input<'_>, attr: &AttrRef) -> Found {
        let Some((at, field)) = input.shape.find(&attr.attr.name) else { return Found::Unknown };
        let Field { ty: Some(ty), kind, .. } = *field else { return Found::Unknown };
        let list = self.lists && input.many && attr.index.is_none();
        let (ty, kind) = if list { (Type::Object, Kind::Any) } else { (ty, kind) };
        let node = match &self.captured {
            None => Node::Attr((input.first + at) as u32),
            Some(captured) => {
                let at = at as u32;
                let what = if list { What::List(at) } else { What::Attribute(at) };
                let slot = self.inputs.iter().position(|i| std::ptr::eq(i, input)).unwrap_or(0);
                match attr.index.is_none() && self.own == Some(slot) {
                    true => Node::Attr(at),
                    false => captured.node(self, slot, attr.index.as_ref(), what),
                }
            }
        };
        Found::Expr(Box::new(Expr { ty, kind, node, span: attr.span }))
    }
}

/// `#name`, `!name` or `name`: how sources are called here.
pub(crate) fn marked(scope: riddhi_ql::ast::Scope, name: &str) -> String {
    match scope {
        riddhi_ql::ast::Scope::Plain => name.to_owned(),
        riddhi_ql::ast::Scope::Inner => format!("#{name}"),
        riddhi_ql::ast::Scope::Fault => format!("!{name}"),
    }
}

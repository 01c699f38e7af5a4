//! What the expressions of a pattern ask of a match, collected while they are bound.

use std::cell::RefCell;
use std::rc::Rc;

use riddhi_batch::{Attribute, Schema, Type};
use riddhi_ql::ast::{Index, IndexKind};

use super::scope::Scope;
use crate::expr::Node;
use crate::states::{At, Capture, What, capture_name};

/// Values of a match that expressions name, each once, with the attributes that they make.
#[derive(Clone, Debug, Default)]
pub(crate) struct Captured {
    list: Rc<RefCell<List>>,
    /// Whether they are a condition's, whose attributes are those of the event under test.
    condition: bool,
}

#[derive(Debug, Default)]
struct List {
    captures: Vec<Capture>,
    schema: Schema,
}

impl Captured {
    /// Those of a condition.
    pub(crate) fn of_condition() -> Captured {
        Captured { condition: true, ..Captured::default() }
    }

    /// What `slot` or `slot[index]` means: without an index the last event of several in a condition, the first elsewhere.
    pub(crate) fn node(&self, scope: &Scope<'_>, slot: usize, index: Option<&Index>, what: What) -> Node {
        let many = scope.inputs.get(slot).is_some_and(|i| i.many);
        let at = match index.map(|i| i.kind) {
            None if many && self.condition => At::Last(0),
            None => At::Nth(0),
            Some(IndexKind::At(n)) => At::Nth(u32::try_from(n).unwrap_or(u32::MAX)),
            Some(IndexKind::Last(n)) => At::Last(u32::try_from(n).unwrap_or(u32::MAX)),
        };
        self.take(scope, slot, at, what)
    }

    /// The value, which from now on is captured.
    pub(crate) fn take(&self, scope: &Scope<'_>, slot: usize, at: At, what: What) -> Node {
        let capture = Capture { slot, at, what };
        let mut list = self.list.borrow_mut();
        let number = list.captures.iter().position(|c| *c == capture).unwrap_or_else(|| {
            let attribute = match scope.inputs.get(slot) {
                Some(input) => capture_name(input.label(), input.many, &input.shape.schema(), &capture),
                None => Attribute::new("?", Type::Object),
            };
            list.captures.push(capture);
            list.schema.attributes.push(attribute);
            list.captures.len() - 1
        });
        if self.condition { Node::Aggregate(number as u32) } else { Node::Attr(number as u32) }
    }

    /// The number of the key of the partition, as a value of the match; gives its place.
    pub(crate) fn key(&self) -> usize {
        let mut list = self.list.borrow_mut();
        let capture = Capture { slot: 0, at: At::Nth(0), what: What::Key };
        list.captures.push(capture);
        list.schema.attributes.push(Attribute::new("", Type::Int));
        list.captures.len() - 1
    }

    /// What was captured so far.
    pub(crate) fn captures(&self) -> Vec<Capture> {
        self.list.borrow().captures.clone()
    }

    /// The attributes that it makes.
    pub(crate) fn schema(&self) -> Schema {
        self.list.borrow().schema.clone()
    }
}

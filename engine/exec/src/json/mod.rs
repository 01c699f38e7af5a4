//! JSON as the functions of the pack `json` see it: a text parsed to nodes in one buffer, paths into it, and text again.

mod filter;
mod find;
mod parse;
mod path;
mod print;

use std::collections::HashMap;
use std::ops::Range;

use riddhi_batch::{Map, Value};

pub(crate) use find::{Found, Item, find};
pub(crate) use parse::Mode;
pub(crate) use path::Path;
pub(crate) use print::{NoNumber, write_node, write_plain, write_value};

/// Arrays and objects in each other, at most.
pub(crate) const DEPTH_MAX: usize = 128;
/// Members of an object among which names are compared one by one.
const FEW: usize = 16;

/// A text of a document: in what was parsed, or in the document's own buffer where something in it was escaped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    from: u32,
    to: u32,
    own: bool,
}

impl Span {
    fn range(self) -> Range<usize> {
        self.from as usize..self.to as usize
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Int(i32),
    Long(i64),
    Double(f64),
    /// A number that is neither.
    Big(Span),
    Text(Span),
    /// Elements follow.
    Array,
    /// A name, a text, and a value by turns follow.
    Object,
}

/// A node, and where the next one begins that is not inside of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    kind: Kind,
    end: u32,
}

/// The nodes of a text, in its order; node 0 is all of it. The buffers serve for one text after another.
#[derive(Debug, Default)]
pub(crate) struct Doc {
    nodes: Vec<Node>,
    own: String,
}

/// A document with its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tree<'a> {
    doc: &'a Doc,
    text: &'a str,
}

/// The whole document.
pub(crate) const ROOT: u32 = 0;

impl Doc {
    /// The document of the text that it was parsed from.
    pub(crate) fn tree<'a>(&'a self, text: &'a str) -> Tree<'a> {
        Tree { doc: self, text }
    }

    /// Gives back buffers that one text has made large.
    pub(crate) fn shrink(&mut self) {
        /// Nodes and bytes that are kept from text to text.
        const KEPT: usize = 1 << 16;
        self.nodes.shrink_to(KEPT);
        self.own.shrink_to(KEPT);
    }
}

impl<'a> Tree<'a> {
    #[inline]
    pub(crate) fn kind(self, node: u32) -> Kind {
        self.doc.nodes[node as usize].kind
    }

    /// Whether it is a null, or a text of nothing.
    pub(crate) fn is_nothing(self) -> bool {
        matches!(self.kind(ROOT), Kind::Null) || self.text.is_empty()
    }

    #[inline]
    fn end(self, node: u32) -> u32 {
        self.doc.nodes[node as usize].end
    }

    #[inline]
    pub(crate) fn span(self, span: Span) -> &'a str {
        if span.own { &self.doc.own[span.range()] } else { &self.text[span.range()] }
    }

    /// The node's text, if it is one.
    pub(crate) fn text(self, node: u32) -> Option<&'a str> {
        match self.kind(node) {
            Kind::Text(span) => Some(self.span(span)),
            _ => None,
        }
    }

    /// Elements of an array.
    pub(crate) fn elements(self, array: u32) -> impl Iterator<Item = u32> {
        let end = self.end(array);
        let mut at = array + 1;
        std::iter::from_fn(move || {
            let node = (at < end).then_some(at)?;
            at = self.end(node);
            Some(node)
        })
    }

    /// Names and values as they stand; a name may be there twice.
    fn pairs(self, object: u32) -> impl Iterator<Item = (&'a str, u32)> {
        let end = self.end(object);
        let mut at = object + 1;
        std::iter::from_fn(move || {
            let name = (at < end).then_some(at)?;
            let value = self.end(name);
            at = self.end(value);
            Some((self.text(name).unwrap_or(""), value))
        })
    }

    /// The member of that name: the last one counts.
    #[inline]
    pub(crate) fn member(self, object: u32, name: &str) -> Option<u32> {
        self.pairs(object).filter(|(n, _)| *n == name).last().map(|(_, value)| value)
    }

    /// Members, each name once, at the place of its first and with the value of its last.
    pub(crate) fn members(self, object: u32) -> Vec<(&'a str, u32)> {
        let mut all: Vec<(&str, u32)> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (name, value) in self.pairs(object) {
            if all.len() == FEW && places.is_empty() {
                places.extend(all.iter().enumerate().map(|(i, (name, _))| (*name, i)));
            }
            let found = match all.len() < FEW {
                true => all.iter().position(|(n, _)| *n == name),
                false => places.get(name).copied(),
            };
            match found {
                Some(at) => all[at].1 = value,
                None => {
                    if all.len() >= FEW {
                        places.insert(name, all.len());
                    }
                    all.push((name, value));
                }
            }
        }
        all
    }

    /// The node as a value: an array is a list, an object a map that lists its members as they stand, if `linked`, else as a hash map
    /// does.
    pub(crate) fn value(self, node: u32, linked: bool) -> Value {
        match self.kind(node) {
            Kind::Null => Value::Null,
            Kind::Bool(x) => Value::Bool(x),
            Kind::Int(x) => Value::Int(x),
            Kind::Long(x) => Value::Long(x),
            Kind::Double(x) => Value::Double(x),
            Kind::Big(span) => crate::functions::real(self.span(span)).map_or(Value::Null, Value::Double),
            Kind::Text(span) => Value::Str(self.span(span).into()),
            Kind::Array => Value::List(self.elements(node).map(|e| self.value(e, linked)).collect()),
            Kind::Object => {
                let mut map = if linked { Map::linked() } else { Map::default() };
                for (name, value) in self.members(node) {
                    map.push(Value::Str(name.into()), self.value(value, linked));
                }
                Value::Map(Box::new(map))
            }
        }
    }
}

#[cfg(test)]
mod tests;

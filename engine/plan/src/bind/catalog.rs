//! What names stand for while an app is bound: streams, tables, windows, triggers, aggregations and their shapes.
//!
//! A shape may be *open* (the query that makes it has a mistake, or a feature that does not exist yet): names looked up in it
//! are neither found nor missing, so that one mistake is told once.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};

use riddhi_batch::{Attribute, Kind, Schema, Type};
use riddhi_ql::Span;

use super::twin::Twin;
use crate::logical::WindowRead;
use crate::registry::{Finds, ScriptFunction};
use crate::table::TablePlan;

/// What a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Stream,
    Table,
    Window,
    Trigger,
    Aggregation,
    Function,
}

impl Class {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Class::Stream => "stream",
            Class::Table => "table",
            Class::Window => "window",
            Class::Trigger => "trigger",
            Class::Aggregation => "aggregation",
            Class::Function => "function",
        }
    }
}

/// An attribute; the type is unknown where its expression could not be bound. One without a name was computed for a window
/// and can neither be named nor selected.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub name: String,
    pub ty: Option<Type>,
    pub kind: Kind,
}

impl Field {
    pub(crate) fn new(name: impl Into<String>, ty: Type) -> Field {
        Field { name: name.into(), ty: Some(ty), kind: ty.kind() }
    }
}

/// Attributes in order, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Shape {
    pub fields: Vec<Field>,
    /// Whether there may be others.
    pub open: bool,
}

impl Shape {
    pub(crate) fn open() -> Shape {
        Shape { fields: Vec::new(), open: true }
    }

    /// That of rows of a schema.
    pub(crate) fn of(schema: &Schema) -> Shape {
        let field = |a: &Attribute| Field { name: a.name.clone(), ty: Some(a.ty), kind: a.kind };
        Shape { fields: schema.attributes.iter().map(field).collect(), open: false }
    }

    /// All that can be named, with their places.
    pub(crate) fn named(&self) -> impl Iterator<Item = (usize, &Field)> {
        self.fields.iter().enumerate().filter(|(_, f)| !f.name.is_empty())
    }

    pub(crate) fn find(&self, name: &str) -> Option<(usize, &Field)> {
        self.named().find(|(_, f)| f.name == name)
    }

    /// The same with a column for the number that a row has in a named window.
    pub(crate) fn numbered(&self) -> Shape {
        let mut shape = self.clone();
        shape.fields.push(Field::new("", Type::Long));
        shape
    }

    /// The schema; unknown types become `object`, which only an app that is refused can have.
    pub(crate) fn schema(&self) -> Schema {
        let attribute = |f: &Field| Attribute { name: f.name.clone(), ty: f.ty.unwrap_or(Type::Object), kind: f.kind };
        Schema { attributes: self.fields.iter().map(attribute).collect() }
    }
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub class: Class,
    pub shape: Shape,
    /// Where it is defined, or first inserted into.
    pub span: Span,
    /// Whether the text defines it.
    pub defined: bool,
    /// Of a stream, a trigger's too, or a table: its number in the plan.
    pub number: usize,
    /// Whether it is a stream that nobody reads by name.
    pub hidden: bool,
    /// Whether its rows carry their kinds, as those of a named window do.
    pub kinded: bool,
    /// Whether `!name` may be read.
    pub fault: bool,
    /// Of a named window: how it is read, and what is inserted into it.
    pub window: Option<NamedWindow>,
}

/// A named window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NamedWindow {
    /// The number of the stream that takes what is inserted.
    pub input: usize,
    /// How its rows are read.
    pub read: WindowRead,
    /// Whether they leave in any order.
    pub any_order: bool,
    /// Which of them a join finds.
    pub finds: Finds,
    /// Whether the time of rows that leave depends on who has looked at them.
    pub kept_times: bool,
}

/// Names of an app, and those of the partition that is being bound.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    entries: HashMap<String, Entry>,
    /// Script functions with the type they return and where they are defined; no function if the script is wrong.
    pub functions: HashMap<String, (Type, Span, Option<ScriptFunction>)>,
    /// Nodes that the query in hand may still copy.
    pub copies: Cell<usize>,
    /// Names of plain streams by number.
    pub streams: Vec<String>,
    /// Names that are a stream's and a named window's.
    pub twins: Vec<Twin>,
    /// Tables by number; conditions add indexes to them.
    pub tables: RefCell<Vec<TablePlan>>,
    /// Inner streams of the partition that is being bound, with the place where each is first filled.
    pub inner: Option<BTreeMap<String, (Shape, Span)>>,
    /// Streams that some query inserts into and the text does not define, with the first such place.
    pub later: HashMap<String, Span>,
}

impl Catalog {
    pub(crate) fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// The catalog's own copy of a name.
    pub(crate) fn key(&self, name: &str) -> Option<&str> {
        self.entries.get_key_value(name).map(|(k, _)| k.as_str())
    }

    /// A script function, and the type it returns.
    pub(crate) fn function(&self, namespace: &str, name: &str) -> Option<(Type, Option<ScriptFunction>)> {
        let found = self.functions.get(name).filter(|_| namespace.is_empty());
        found.map(|(ty, _, function)| (*ty, function.clone()))
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Entry> {
        self.entries.get_mut(name)
    }

    /// Adds a name; streams are numbered in the order in which they come.
    pub(crate) fn add(&mut self, name: &str, mut entry: Entry) {
        if matches!(entry.class, Class::Stream | Class::Trigger) || entry.window.is_some() {
            entry.number = self.streams.len();
            self.streams.push(name.to_owned());
        }
        self.entries.insert(name.to_owned(), entry);
    }

    /// Gives a stream another name.
    pub(crate) fn rename(&mut self, name: &str, to: &str) {
        let Some(entry) = self.entries.remove(name) else { return };
        if let Some(stream) = self.streams.get_mut(entry.number) {
            *stream = to.to_owned();
            self.entries.insert(to.to_owned(), entry);
        }
    }

    /// What the text calls a stream, given its number and the catalog's name of it.
    pub(crate) fn called<'n>(&'n self, number: usize, name: &'n str) -> &'n str {
        let of = |t: &&Twin| t.events == number || t.shown == Some(number);
        self.twins.iter().find(of).map_or(name, |t| &t.name)
    }

    /// All names of these classes, sorted.
    pub(crate) fn names(&self, classes: &[Class]) -> Vec<&str> {
        let of = self.entries.iter().filter(|(_, e)| classes.contains(&e.class) && !e.hidden);
        let mut names: Vec<&str> = of.map(|(n, _)| n.as_str()).collect();
        names.sort_unstable();
        names
    }
}

/// The kind that holds values of both.
pub(crate) fn join_kinds(a: Kind, b: Kind) -> Kind {
    if a == b { a } else { Kind::Any }
}

/// The type that the syntax tree names.
pub(crate) fn type_of(ty: riddhi_ql::ast::Type) -> Type {
    use riddhi_ql::ast::Type as T;
    match ty {
        T::String => Type::String,
        T::Int => Type::Int,
        T::Long => Type::Long,
        T::Float => Type::Float,
        T::Double => Type::Double,
        T::Bool => Type::Bool,
        T::Object => Type::Object,
    }
}

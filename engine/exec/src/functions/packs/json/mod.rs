//! `json:`: what a path finds in a JSON text or an object, and objects to text and back.

mod get;
mod set;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use riddhi_batch::{Type, Value};
use riddhi_plan::registry::{ArgError, ArgType, BoundScalar, Registry, RowFailure};

use super::rowwise::{Cell, Out, Row, null, of_row, shown};
use super::signature::{BOOL, Checked, OBJECT, STRING, Types};
use crate::expr::type_name;
use crate::json::{Doc, Kind, Mode, Path, ROOT, Tree, write_value};

const JSON: Types = STRING | OBJECT;
const AT_PATH: &[&[Types]] = &[&[JSON, STRING]];
/// Objects in each other in a result, at most.
const DEEP: usize = 32;

/// Adds all of them.
pub(super) fn register(registry: &mut Registry) {
    let mut add =
        |name: &str, overloads: &'static [&'static [Types]], make: fn(&[ArgType]) -> Result<BoundScalar, ArgError>| {
            registry.scalar("json", name, Arc::new(Checked { overloads, make }));
        };
    add("getBool", AT_PATH, |args| get::plain("json:getBool", Type::Bool, get::bool_of, args));
    add("getInt", AT_PATH, |args| get::plain("json:getInt", Type::Int, get::int_of, args));
    add("getLong", AT_PATH, |args| get::plain("json:getLong", Type::Long, get::long_of, args));
    add("getFloat", AT_PATH, |args| get::plain("json:getFloat", Type::Float, get::float_of, args));
    add("getDouble", AT_PATH, |args| get::plain("json:getDouble", Type::Double, get::double_of, args));
    add("getString", AT_PATH, |args| get::any("json:getString", Type::String, get::string, args));
    add("getObject", AT_PATH, |args| get::any("json:getObject", Type::Object, get::object, args));
    add("isExists", AT_PATH, |args| get::any("json:isExists", Type::Bool, get::exists, args));
    add("setElement", set::TAKES, set::bind);
    add("toObject", &[&[STRING]], |_| Ok(of_row("json:toObject", Type::Object, to_object)));
    add("toString", &[&[JSON], &[JSON, BOOL]], |_| Ok(of_row("json:toString", Type::String, to_string)));
}

fn to_object(row: &Row<'_>, _: &mut String) -> Result<Out, RowFailure> {
    let text = row.some_text(0)?;
    with_doc(|doc| match doc.parse(&text, Mode::Lenient) {
        Ok(()) => limited(doc.tree(&text).value(ROOT, false)),
        Err(_) => Ok(Out::Null),
    })
}

fn to_string(row: &Row<'_>, out: &mut String) -> Result<Out, RowFailure> {
    let mut text = String::new();
    write_cell(row.cell(0), out)?;
    if row.len() > 1 && matches!(row.cell(1), Cell::Bool(true)) {
        std::mem::swap(out, &mut text);
        write_cell(Cell::Text(&text), out)?;
    }
    Ok(Out::Text)
}

fn write_cell(cell: Cell<'_>, out: &mut String) -> Result<(), RowFailure> {
    let value = Value::from(cell);
    write_value(&value, out).map_err(|_| no_number())
}

#[cold]
fn no_number() -> RowFailure {
    RowFailure::new("JSON has no digits for NaN and the infinities")
}

/// A value as a result, unless it is nested too deep.
fn limited(value: Value) -> Result<Out, RowFailure> {
    match value.depth() > DEEP {
        true => Err(too_deep()),
        false => Ok(Out::Value(value)),
    }
}

#[cold]
fn too_deep() -> RowFailure {
    RowFailure::new(format!("more than {DEEP} arrays and objects in each other"))
}

thread_local! {
    /// The document of the row at work.
    static DOC: RefCell<Doc> = RefCell::new(Doc::default());
    /// Paths out of events, the last used first.
    static PATHS: RefCell<Vec<(Box<str>, Rc<Path>)>> = const { RefCell::new(Vec::new()) };
}

/// Paths out of events that are kept.
const KEPT: usize = 16;

fn with_doc<T>(of: impl FnOnce(&mut Doc) -> T) -> T {
    let mut doc = DOC.take();
    let result = of(&mut doc);
    doc.shrink();
    DOC.set(doc);
    result
}

/// Parses argument 0 and hands it over; fails if it is null or no JSON.
fn with_tree<T>(row: &Row<'_>, of: impl FnOnce(Tree<'_>) -> Result<T, RowFailure>) -> Result<T, RowFailure> {
    match row.cell(0) {
        Cell::Null => Err(null(0)),
        Cell::Text(text) => parsed(text, of),
        Cell::Other(Value::Str(text)) => parsed(&text, of),
        cell => {
            let mut text = String::new();
            write_cell(cell, &mut text)?;
            parsed(&text, of)
        }
    }
}

/// Parses a text and hands it over.
pub(crate) fn parsed<T>(text: &str, of: impl FnOnce(Tree<'_>) -> Result<T, RowFailure>) -> Result<T, RowFailure> {
    with_doc(|doc| match doc.parse(text, Mode::Lenient) {
        Ok(()) if doc.tree(text).is_nothing() => Err(RowFailure::new(format!("{} holds nothing", shown(text)))),
        Ok(()) => of(doc.tree(text)),
        Err(at) => Err(RowFailure::new(format!("{} is no JSON, at byte {at}", shown(text)))),
    })
}

/// The object that a text or a map is, as a hash map.
pub(crate) fn parsed_object(value: &Value) -> Result<Value, RowFailure> {
    let mut written = String::new();
    let text = match value {
        Value::Str(text) => text,
        Value::Map(_) => {
            write_value(value, &mut written).map_err(|_| no_number())?;
            written.as_str()
        }
        other => return Err(RowFailure::new(format!("a {} where a JSON object is needed", type_name(other)))),
    };
    with_doc(|doc| match doc.parse(text, Mode::Quoted) {
        Ok(()) if matches!(doc.tree(text).kind(ROOT), Kind::Object) => match doc.tree(text).value(ROOT, false) {
            value if value.depth() > DEEP => Err(too_deep()),
            value => Ok(value),
        },
        Ok(()) => Err(RowFailure::new(format!("{} is no JSON object", shown(text)))),
        Err(at) => Err(RowFailure::new(format!("{} is no JSON, at byte {at}", shown(text)))),
    })
}

/// Where a call's path comes from.
pub(crate) enum PathOf {
    Constant(Box<Path>),
    Argument,
}

impl PathOf {
    /// That of argument 1; a constant is read here.
    pub(crate) fn argument(args: &[ArgType]) -> Result<PathOf, ArgError> {
        match &args[1].constant {
            Some(Value::Str(text)) => match Path::parse(text) {
                Ok(path) => Ok(PathOf::Constant(Box::new(path))),
                Err(why) => {
                    let message = format!("{} is no path: {why}", shown(text));
                    Err(ArgError::at(1, message, "write one such as '$.name', '$.list[0].price' or '$..name'"))
                }
            },
            _ => Ok(PathOf::Argument),
        }
    }

    /// Hands the path over: `text` is that of the row, if it comes from there.
    pub(crate) fn with<T>(
        &self,
        text: impl FnOnce() -> Result<Box<str>, RowFailure>,
        of: impl FnOnce(&Path) -> Result<T, RowFailure>,
    ) -> Result<T, RowFailure> {
        match self {
            PathOf::Constant(path) => of(path),
            PathOf::Argument => of(&*cached(&text()?)?),
        }
    }

    fn with_row<T>(&self, row: &Row<'_>, of: impl FnOnce(&Path) -> Result<T, RowFailure>) -> Result<T, RowFailure> {
        self.with(|| Ok((&*row.some_text(1)?).into()), of)
    }
}

fn cached(text: &str) -> Result<Rc<Path>, RowFailure> {
    PATHS.with_borrow_mut(|paths| {
        if let Some(at) = paths.iter().position(|(known, _)| **known == *text) {
            paths[..=at].rotate_right(1);
            return Ok(paths[0].1.clone());
        }
        let path = Path::parse(text).map_err(|why| RowFailure::new(format!("{} is no path: {why}", shown(text))))?;
        let path = Rc::new(path);
        paths.truncate(KEPT - 1);
        paths.insert(0, (text.into(), path.clone()));
        Ok(path)
    })
}

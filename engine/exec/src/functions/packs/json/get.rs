//! `json:get...` and `json:isExists`.

use riddhi_batch::{Type, Value, double_text};
use riddhi_plan::registry::{ArgError, ArgType, BoundScalar, RowFailure};

use super::super::rowwise::{Out, Row, of_row};
use super::{PathOf, limited, no_number, with_tree};
use crate::functions::real;
use crate::json::{Found, Item, Kind, Path, Tree, find, write_node};

/// A plain value found, as text where it is neither an int, a long nor a double.
#[derive(Clone, Copy)]
pub(super) enum Plain<'a> {
    Int(i32),
    Long(i64),
    Double(f64),
    Text(&'a str),
}

type Of = fn(Plain<'_>) -> Out;

/// A function that reads one plain value.
pub(super) fn plain(name: &'static str, ty: Type, of: Of, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
    let path = PathOf::argument(args)?;
    Ok(of_row(name, ty, move |row: &Row<'_>, _: &mut String| {
        path.with_row(row, |path| with_tree(row, |tree| Ok(one(tree, &found(tree, path)?, of))))
    }))
}

type Any = fn(Tree<'_>, &Path, &mut String) -> Result<Out, RowFailure>;

/// A function of all that is found.
pub(super) fn any(name: &'static str, ty: Type, of: Any, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
    let path = PathOf::argument(args)?;
    Ok(of_row(name, ty, move |row: &Row<'_>, out: &mut String| {
        path.with_row(row, |path| with_tree(row, |tree| of(tree, path, out)))
    }))
}

fn found(tree: Tree<'_>, path: &Path) -> Result<Found, RowFailure> {
    find(tree, path).map_err(RowFailure::new)
}

/// The one thing found, or the one element of an array that is.
fn one(tree: Tree<'_>, found: &Found, of: Of) -> Out {
    let item = match found {
        Found::One(Item::Node(node)) if matches!(tree.kind(*node), Kind::Array) => {
            let mut elements = tree.elements(*node);
            match (elements.next(), elements.next()) {
                (Some(only), None) => &Item::Node(only),
                _ => return Out::Null,
            }
        }
        Found::One(item) => item,
        Found::Many(all) if all.len() == 1 => &all[0],
        Found::Many(_) | Found::Missing => return Out::Null,
    };
    match item {
        Item::Node(node) => match tree.kind(*node) {
            Kind::Null | Kind::Array | Kind::Object => Out::Null,
            Kind::Int(x) => of(Plain::Int(x)),
            Kind::Long(x) => of(Plain::Long(x)),
            Kind::Double(x) => of(Plain::Double(x)),
            Kind::Bool(x) => of(Plain::Text(if x { "true" } else { "false" })),
            Kind::Big(span) | Kind::Text(span) => of(Plain::Text(tree.span(span))),
        },
        Item::Int(x) => of(Plain::Int(*x)),
        Item::Double(x) => of(Plain::Double(*x)),
        Item::Members(_) | Item::Null => Out::Null,
    }
}

pub(super) fn bool_of(plain: Plain<'_>) -> Out {
    match plain {
        Plain::Text(text) if text.eq_ignore_ascii_case("true") => Out::Bool(true),
        Plain::Text(text) if text.eq_ignore_ascii_case("false") => Out::Bool(false),
        _ => Out::Null,
    }
}

pub(super) fn int_of(plain: Plain<'_>) -> Out {
    match plain {
        Plain::Int(x) => Out::Int(x),
        Plain::Text(text) => text.parse().map_or(Out::Null, Out::Int),
        Plain::Long(_) | Plain::Double(_) => Out::Null,
    }
}

pub(super) fn long_of(plain: Plain<'_>) -> Out {
    match plain {
        Plain::Int(x) => Out::Long(x as i64),
        Plain::Long(x) => Out::Long(x),
        Plain::Text(text) => text.parse().map_or(Out::Null, Out::Long),
        Plain::Double(_) => Out::Null,
    }
}

pub(super) fn float_of(plain: Plain<'_>) -> Out {
    let of = |text: &str| real(text).map_or(Out::Null, Out::Float);
    match plain {
        Plain::Int(x) => Out::Float(x as f32),
        Plain::Long(x) => Out::Float(x as f32),
        Plain::Double(x) => of(&double_text(x)),
        Plain::Text(text) => of(text),
    }
}

pub(super) fn double_of(plain: Plain<'_>) -> Out {
    match plain {
        Plain::Int(x) => Out::Double(x as f64),
        Plain::Long(x) => Out::Double(x as f64),
        Plain::Double(x) => Out::Double(x),
        Plain::Text(text) => real(text).map_or(Out::Null, Out::Double),
    }
}

pub(super) fn string(tree: Tree<'_>, path: &Path, out: &mut String) -> Result<Out, RowFailure> {
    let written = match found(tree, path)? {
        Found::Missing | Found::One(Item::Null) => return Ok(Out::Null),
        Found::One(Item::Node(node)) => match (tree.kind(node), tree.text(node)) {
            (Kind::Null, _) => return Ok(Out::Null),
            (_, Some(text)) => {
                out.push_str(text);
                return Ok(Out::Text);
            }
            _ => write_node(tree, node, out),
        },
        Found::One(item) => item.write(tree, out),
        Found::Many(all) => write_all(tree, &all, out),
    };
    written.map_err(|_| no_number())?;
    Ok(Out::Text)
}

fn write_all(tree: Tree<'_>, all: &[Item], out: &mut String) -> Result<(), crate::json::NoNumber> {
    out.push('[');
    for (i, item) in all.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        item.write(tree, out)?;
    }
    out.push(']');
    Ok(())
}

pub(super) fn object(tree: Tree<'_>, path: &Path, _: &mut String) -> Result<Out, RowFailure> {
    let value = match found(tree, path)? {
        Found::Missing => return Ok(Out::Null),
        Found::One(item) => item.value(tree),
        Found::Many(all) => Value::List(all.iter().map(|item| item.value(tree)).collect()),
    };
    match value {
        Value::List(mut all) if all.len() == 1 => limited(all.remove(0)),
        value => limited(value),
    }
}

pub(super) fn exists(tree: Tree<'_>, path: &Path, _: &mut String) -> Result<Out, RowFailure> {
    Ok(Out::Bool(!matches!(found(tree, path)?, Found::Missing)))
}

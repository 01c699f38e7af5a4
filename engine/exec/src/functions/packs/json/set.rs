//! `json:setElement(json, path, value[, key])`: an array that the path names gets the value as one more element; with a key an object gets
//! it as a member; else it takes the place of what is there.

use std::collections::HashSet;

use riddhi_batch::{Type, Value};
use riddhi_plan::registry::{ArgError, ArgType, BoundScalar, RowFailure};

use super::super::rowwise::{Cell, Row, null, of_row};
use super::super::signature::{ANY, STRING, Types};
use super::{JSON, PathOf, limited, with_tree};
use crate::json::{Doc, Found, Item, Kind, Mode, ROOT, Tree, find};

pub(super) const TAKES: &[&[Types]] = &[&[JSON, STRING, ANY], &[JSON, STRING, ANY, STRING]];

pub(super) fn bind(args: &[ArgType]) -> Result<BoundScalar, ArgError> {
    let path = PathOf::argument(args)?;
    Ok(of_row("json:setElement", Type::Object, move |row: &Row<'_>, _: &mut String| {
        let key = if row.len() > 3 { Some(row.some_text(3)?) } else { None };
        path.with_row(row, |path| {
            with_tree(row, |tree| {
                let found = find(tree, path).map_err(RowFailure::new)?;
                let change = change(tree, &found, row.cell(2), key.as_deref())?;
                limited(changed(tree, ROOT, &places(&found), &change)?)
            })
        })
    }))
}

/// What is done at each place.
enum Change<'a> {
    Add(Value),
    Put(&'a str, Value),
    Set(Value),
}

fn change<'a>(tree: Tree<'_>, found: &Found, cell: Cell<'_>, key: Option<&'a str>) -> Result<Change<'a>, RowFailure> {
    let list = match found {
        Found::One(Item::Node(node)) => matches!(tree.kind(*node), Kind::Array),
        Found::Many(_) => true,
        _ => false,
    };
    let value = Value::from(cell);
    Ok(match (list, key) {
        (true, _) => Change::Add(element(value)?),
        (false, Some(key)) => Change::Put(key, element(value)?),
        (false, None) => Change::Set(value),
    })
}

/// A text that is an array or an object in JSON counts as that; all its numbers are doubles, as in Siddhi.
fn element(value: Value) -> Result<Value, RowFailure> {
    let Value::Str(text) = value else {
        return if value.is_null() { Err(null(2)) } else { Ok(value) };
    };
    let mut doc = Doc::default();
    let nested = text.trim_start().starts_with(['{', '[']) && doc.parse(&text, Mode::Lenient).is_ok();
    Ok(if nested { doubles(doc.tree(&text).value(ROOT, true)) } else { Value::Str(text) })
}

fn doubles(value: Value) -> Value {
    match value {
        Value::Int(x) => Value::Double(x as f64),
        Value::Long(x) => Value::Double(x as f64),
        Value::List(all) => Value::List(all.into_iter().map(doubles).collect()),
        Value::Map(map) => {
            let mut copy = riddhi_batch::Map::linked();
            map.iter().for_each(|(key, value)| copy.push(key.clone(), doubles(value.clone())));
            Value::Map(Box::new(copy))
        }
        value => value,
    }
}

fn places(found: &Found) -> HashSet<u32> {
    let node = |item: &Item| if let Item::Node(node) = item { Some(*node) } else { None };
    match found {
        Found::One(item) => node(item).into_iter().collect(),
        Found::Many(all) => all.iter().filter_map(node).collect(),
        Found::Missing => HashSet::new(),
    }
}

/// The node as a value, changed where it is one of the places.
fn changed(tree: Tree<'_>, node: u32, places: &HashSet<u32>, change: &Change<'_>) -> Result<Value, RowFailure> {
    let here = places.contains(&node);
    if let (true, Change::Set(value)) = (here, change) {
        return match node == ROOT {
            true => Err(RowFailure::new("the whole document cannot be replaced")),
            false => Ok(value.clone()),
        };
    }
    Ok(match (tree.kind(node), here, change) {
        (Kind::Array, _, _) => {
            let elements = tree.elements(node).map(|element| changed(tree, element, places, change));
            let mut all = elements.collect::<Result<Vec<Value>, RowFailure>>()?;
            if let (true, Change::Add(value)) = (here, change) {
                all.push(value.clone());
            }
            Value::List(all)
        }
        (Kind::Object, _, _) => {
            let mut map = riddhi_batch::Map::linked();
            for (name, value) in tree.members(node) {
                map.push(Value::Str(name.into()), changed(tree, value, places, change)?);
            }
            if let (true, Change::Put(key, value)) = (here, change) {
                map.put(Value::Str((*key).into()), value.clone());
            }
            Value::Map(Box::new(map))
        }
        (_, true, Change::Put(key, _)) => {
            return Err(RowFailure::new(format!("'{key}' cannot be put into what is no object")));
        }
        _ => tree.value(node, true),
    })
}

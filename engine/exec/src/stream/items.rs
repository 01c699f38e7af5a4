//! `#list:tokenize(list, ...)`: a row for each place, with the element there; `#map:tokenize(map, ...)`: a row for each key, with its value.
//! Of several lists or maps the value is a list, with null where one has nothing.

use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Arena, Attribute, Column, Kind, Map, Schema, Type, Value};
use riddhi_plan::registry::{ArgError, ArgType, BoundStream, RowFailure, Spreads, StreamFunction};

use super::{ROWS_MAX, Several, Spread, too_many};
use crate::expr::type_name;

/// The function: of lists, or of maps.
#[derive(Clone, Copy)]
pub(super) enum Tokenize {
    List,
    Map,
}

impl fmt::Debug for Tokenize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Tokenize::List => "list:tokenize",
            Tokenize::Map => "map:tokenize",
        })
    }
}

impl StreamFunction for Tokenize {
    fn bind(&self, args: &[ArgType], _input: &Schema) -> Result<BoundStream, ArgError> {
        let help = format!("write `#{self:?}(attribute)`, with as many as there are");
        if args.is_empty() {
            return Err(ArgError::count("takes at least 1 argument, found 0", help));
        }
        if let Some(at) = args.iter().position(|arg| arg.ty != Type::Object) {
            return Err(ArgError::at(at, format!("takes object here, found {}", args[at].ty), help));
        }
        let (name, ty, kind) = match self {
            Tokenize::List => ("index", Type::Int, Kind::I32),
            Tokenize::Map => ("key", Type::Object, Kind::Any),
        };
        let first = Attribute { name: name.to_owned(), ty, kind };
        let value = Attribute { name: "value".to_owned(), ty: Type::Object, kind: Kind::Any };
        Ok(BoundStream { adds: vec![first, value], kernel: Arc::new(Spread(*self)) })
    }
}

fn lists(args: &[Column], row: usize, arena: &Arena, out: &mut Vec<[Value; 2]>) -> Result<(), RowFailure> {
    let mut lists = Vec::with_capacity(args.len());
    for (k, arg) in args.iter().enumerate() {
        match arg.value(row, arena) {
            Value::List(items) => lists.push(items),
            other => return Err(unfit(k, &other, "list")),
        }
    }
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    if longest > ROWS_MAX {
        return Err(too_many());
    }
    for i in 0..longest {
        let mut items = lists.iter_mut().map(|list| list.get_mut(i).map_or(Value::Null, take));
        let value = if args.len() == 1 { items.next().unwrap_or(Value::Null) } else { Value::List(items.collect()) };
        out.push([Value::Int(i as i32), value]);
    }
    Ok(())
}

fn take(value: &mut Value) -> Value {
    std::mem::replace(value, Value::Null)
}

fn maps(args: &[Column], row: usize, arena: &Arena, out: &mut Vec<[Value; 2]>) -> Result<(), RowFailure> {
    let mut maps = Vec::with_capacity(args.len());
    for (k, arg) in args.iter().enumerate() {
        match arg.value(row, arena) {
            Value::Map(map) => maps.push(map),
            other => return Err(unfit(k, &other, "map")),
        }
    }
    // Keys stand in the order of a hash set of all of them.
    let mut keys = Map::default();
    for (key, _) in maps.iter().flat_map(|map| map.iter()) {
        keys.put(key.clone(), Value::Null);
    }
    if keys.len() > ROWS_MAX {
        return Err(too_many());
    }
    for (key, _) in keys.iter() {
        let mut values = maps.iter().map(|map| map.get(key).cloned().unwrap_or(Value::Null));
        let value = if args.len() == 1 { values.next().unwrap_or(Value::Null) } else { Value::List(values.collect()) };
        out.push([key.clone(), value]);
    }
    Ok(())
}

#[cold]
fn unfit(k: usize, value: &Value, wanted: &str) -> RowFailure {
    RowFailure::new(format!("argument {} is a {} where a {wanted} is needed", k + 1, type_name(value)))
}

impl Several for Tokenize {
    type Added = [Value; 2];
    const SPREADS: Spreads = Spreads::Together;

    fn give(&self, args: &[Column], row: usize, arena: &Arena, out: &mut Vec<Self::Added>) -> Result<(), RowFailure> {
        match self {
            Tokenize::List => lists(args, row, arena, out),
            Tokenize::Map => maps(args, row, arena, out),
        }
    }
}

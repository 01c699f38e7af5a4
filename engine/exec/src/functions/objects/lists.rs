//! `list:`.

use std::cmp::Ordering;

use riddhi_batch::{Type, Value, compare_utf16};
use riddhi_plan::registry::{Registry, RowFailure};

use super::{Objects, Of, Takes, add, int, list, take, truth};
use crate::expr::type_name;

use Takes::{Any, Bool, Int, Object, Text};

/// Adds all of them.
pub(super) fn register(registry: &mut Registry) {
    let mut put = |name: &'static str, takes: &'static [Takes], least: usize, ty: Type, of: Of| {
        add(registry, Objects { name, takes, least, more: name == "list:create", ty, of });
    };
    use Type::Object as Obj;
    put("list:create", &[Any], 0, Obj, |args| {
        if matches!(args[..], [Value::Null]) {
            args.clear();
        }
        Ok(Value::List(std::mem::take(args)))
    });
    put("list:add", &[Object, Any, Int], 2, Obj, |args| {
        let mut items = list(args, 0)?;
        let at = if args.len() == 3 { place(int(args, 2)?, items.len() + 1)? } else { items.len() };
        items.insert(at, take(args, 1));
        Ok(Value::List(items))
    });
    put("list:addAll", &[Object, Object, Bool], 2, Obj, |args| {
        let (mut items, more) = (list(args, 0)?, list(args, 1)?);
        let distinct = truth(args, 2);
        for item in more {
            if !distinct || !items.contains(&item) {
                items.push(item);
            }
        }
        Ok(Value::List(items))
    });
    put("list:clear", &[Object], 1, Obj, |args| list(args, 0).map(|_| Value::List(Vec::new())));
    put("list:clone", &[Object], 1, Obj, |args| list(args, 0).map(Value::List));
    put("list:contains", &[Object, Any], 2, Type::Bool, |args| Ok(Value::Bool(list(args, 0)?.contains(&args[1]))));
    put("list:containsAll", &[Object, Object], 2, Type::Bool, |args| {
        let (items, wanted) = (list(args, 0)?, list(args, 1)?);
        Ok(Value::Bool(wanted.iter().all(|w| items.contains(w))))
    });
    put("list:containsAny", &[Object, Object], 2, Type::Bool, |args| {
        let (items, wanted) = (list(args, 0)?, list(args, 1)?);
        Ok(Value::Bool(wanted.iter().any(|w| items.contains(w))))
    });
    put("list:get", &[Object, Int], 2, Obj, |args| {
        let (mut items, at) = (list(args, 0)?, int(args, 1)?);
        Ok(usize::try_from(at).ok().filter(|&at| at < items.len()).map_or(Value::Null, |at| items.swap_remove(at)))
    });
    put("list:indexOf", &[Object, Any], 2, Type::Int, |args| {
        let items = list(args, 0)?;
        Ok(index(items.iter().position(|x| *x == args[1])))
    });
    put("list:lastIndexOf", &[Object, Any], 2, Type::Int, |args| {
        let items = list(args, 0)?;
        Ok(index(items.iter().rposition(|x| *x == args[1])))
    });
    put("list:isEmpty", &[Object], 1, Type::Bool, |args| Ok(Value::Bool(list(args, 0)?.is_empty())));
    put("list:isList", &[Any], 1, Type::Bool, |args| Ok(Value::Bool(matches!(args[0], Value::List(_)))));
    put("list:size", &[Object], 1, Type::Int, |args| Ok(Value::Int(list(args, 0)?.len() as i32)));
    put("list:remove", &[Object, Any], 2, Obj, |args| {
        let mut items = list(args, 0)?;
        if let Some(at) = items.iter().position(|x| *x == args[1]) {
            items.remove(at);
        }
        Ok(Value::List(items))
    });
    put("list:removeAll", &[Object, Object], 2, Obj, |args| {
        let (mut items, gone) = (list(args, 0)?, list(args, 1)?);
        items.retain(|x| !gone.contains(x));
        Ok(Value::List(items))
    });
    put("list:retainAll", &[Object, Object], 2, Obj, |args| {
        let (mut items, kept) = (list(args, 0)?, list(args, 1)?);
        items.retain(|x| kept.contains(x));
        Ok(Value::List(items))
    });
    put("list:removeByIndex", &[Object, Int], 2, Obj, |args| {
        let mut items = list(args, 0)?;
        let at = place(int(args, 1)?, items.len())?;
        items.remove(at);
        Ok(Value::List(items))
    });
    put("list:setValue", &[Object, Int, Any], 3, Obj, |args| {
        let mut items = list(args, 0)?;
        let at = place(int(args, 1)?, items.len())?;
        items[at] = take(args, 2);
        Ok(Value::List(items))
    });
    put("list:sort", &[Object, Text], 1, Obj, |args| sort(args));
}

fn index(found: Option<usize>) -> Value {
    Value::Int(found.map_or(-1, |at| at as i32))
}

/// A place below `end`.
fn place(at: i32, end: usize) -> Result<usize, RowFailure> {
    let place = usize::try_from(at).ok().filter(|&at| at < end);
    place.ok_or_else(|| RowFailure::new(format!("place {at} is not in the list")))
}

/// Without an order the list is turned round, as in Siddhi.
fn sort(args: &mut [Value]) -> Result<Value, RowFailure> {
    let mut items = list(args, 0)?;
    let order = match args.get(1) {
        Some(Value::Str(order)) => order.to_ascii_lowercase(),
        _ => String::new(),
    };
    if !matches!(&*order, "asc" | "desc") {
        items.reverse();
        return Ok(Value::List(items));
    }
    if let Some(first) = items.first() {
        let odd = items.iter().find(|x| x.is_null() || x.ty() != first.ty() || x.depth() > 0);
        if let Some(odd) = odd {
            let what = format!("a {} and a {} cannot be sorted", type_name(first), type_name(odd));
            return Err(RowFailure::new(what));
        }
    }
    items.sort_by(|a, b| if order == "asc" { compare(a, b) } else { compare(b, a) });
    Ok(Value::List(items))
}

/// Java's order of two values of one type.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Long(a), Value::Long(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => a.total_cmp(b),
        (Value::Double(a), Value::Double(b)) => a.total_cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Str(a), Value::Str(b)) => compare_utf16(a.as_bytes(), b.as_bytes()),
        _ => Ordering::Equal,
    }
}

//! `map:`.

use riddhi_batch::{Map, Type, Value};
use riddhi_plan::registry::{ArgError, ArgType, BoundScalar, Registry, RowFailure, ScalarFunction};

use super::{Objects, Of, Takes, add, take};
use crate::expr::type_name;

use Takes::{Any, Object};

/// Adds all of them.
pub(super) fn register(registry: &mut Registry) {
    registry.scalar("map", "create", std::sync::Arc::new(Create));
    let mut put = |name: &'static str, takes: &'static [Takes], least: usize, ty: Type, of: Of| {
        add(registry, Objects { name, takes, least, more: name == "map:combineByKey", ty, of });
    };
    use Type::Object as Obj;
    put("map:get", &[Object, Any, Any], 2, Obj, |args| {
        let map = map(args, 0)?;
        Ok(match map.get(&args[1]) {
            Some(value) => value.clone(),
            None => take(args, 2),
        })
    });
    put("map:put", &[Object, Any, Any], 3, Obj, |args| {
        let mut map = map(args, 0)?;
        map.put(take(args, 1), take(args, 2));
        Ok(Value::Map(map))
    });
    put("map:putIfAbsent", &[Object, Any, Any], 3, Obj, |args| {
        let mut map = map(args, 0)?;
        if map.get(&args[1]).is_none_or(Value::is_null) {
            map.put(take(args, 1), take(args, 2));
        }
        Ok(Value::Map(map))
    });
    put("map:putAll", &[Object, Object], 2, Obj, |args| {
        let (mut to, from) = (map(args, 0)?, map(args, 1)?);
        from.iter().for_each(|(key, value)| drop(to.put(key.clone(), value.clone())));
        Ok(Value::Map(to))
    });
    put("map:remove", &[Object, Any], 2, Obj, |args| {
        let mut map = map(args, 0)?;
        map.remove(&args[1]);
        Ok(Value::Map(map))
    });
    put("map:replace", &[Object, Any, Any], 3, Obj, |args| {
        let mut map = map(args, 0)?;
        if map.get(&args[1]).is_some() {
            map.put(take(args, 1), take(args, 2));
        }
        Ok(Value::Map(map))
    });
    put("map:replaceAll", &[Object, Object], 2, Obj, |args| {
        let (mut to, from) = (map(args, 0)?, map(args, 1)?);
        for (key, value) in from.iter() {
            if to.get(key).is_some() {
                to.put(key.clone(), value.clone());
            }
        }
        Ok(Value::Map(to))
    });
    put("map:clear", &[Object], 1, Obj, |args| {
        let mut map = map(args, 0)?;
        map.clear();
        Ok(Value::Map(map))
    });
    put("map:clone", &[Object], 1, Obj, |args| Ok(Value::Map(Box::new(map(args, 0)?.copy()))));
    put("map:containsKey", &[Object, Any], 2, Type::Bool, |args| {
        Ok(Value::Bool(map(args, 0)?.get(&args[1]).is_some()))
    });
    put("map:containsValue", &[Object, Any], 2, Type::Bool, |args| {
        let map = map(args, 0)?;
        Ok(Value::Bool(map.iter().any(|(_, value)| *value == args[1])))
    });
    put("map:isEmpty", &[Object], 1, Type::Bool, |args| Ok(Value::Bool(map(args, 0)?.is_empty())));
    put("map:isMap", &[Any], 1, Type::Bool, |args| Ok(Value::Bool(matches!(args[0], Value::Map(_)))));
    put("map:size", &[Object], 1, Type::Int, |args| Ok(Value::Int(map(args, 0)?.len() as i32)));
    put("map:keys", &[Object], 1, Obj, |args| {
        Ok(Value::List(map(args, 0)?.iter().map(|(key, _)| key.clone()).collect()))
    });
    put("map:values", &[Object], 1, Obj, |args| {
        Ok(Value::List(map(args, 0)?.iter().map(|(_, value)| value.clone()).collect()))
    });
    put("map:combineByKey", &[Object], 1, Obj, |args| {
        let maps = (0..args.len()).map(|k| map(args, k)).collect::<Result<Vec<_>, _>>()?;
        let mut all = Map::default();
        for (key, _) in maps.iter().flat_map(|map| map.iter()) {
            if all.get(key).is_none() {
                let values = maps.iter().map(|map| map.get(key).cloned().unwrap_or(Value::Null));
                all.put(key.clone(), Value::List(values.collect()));
            }
        }
        Ok(Value::Map(Box::new(all)))
    });
}

/// Argument `k`, a map.
pub(super) fn map(args: &mut [Value], k: usize) -> Result<Box<Map>, RowFailure> {
    match take(args, k) {
        Value::Map(map) => Ok(map),
        other => Err(RowFailure::new(format!("a {} where a map is needed", type_name(&other)))),
    }
}

/// `map:create`, which takes keys and values by turns.
struct Create;

impl ScalarFunction for Create {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        if args.len() % 2 == 1 {
            let message = format!("takes a value for each key, found {} arguments", args.len());
            return Err(ArgError::count(message, "give keys and values by turns"));
        }
        let (takes, of): (_, Of) = (&[Any], |args| {
            let mut map = Map::default();
            for k in (0..args.len()).step_by(2) {
                map.put(take(args, k), take(args, k + 1));
            }
            Ok(Value::Map(Box::new(map)))
        });
        Objects { name: "map:create", takes, least: 0, more: true, ty: Type::Object, of }.bind(args)
    }
}

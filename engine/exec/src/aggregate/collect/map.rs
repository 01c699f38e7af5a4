//! `map:collect(key, value)` and `map:merge(map)`: a map of all keys, each with its latest value. A row that leaves takes its keys along.

use riddhi_batch::{LoadError, Map, Reader, Type, Value, Writer};
use riddhi_plan::registry::{Registry, RowFailure};

use super::{Collected, Collects, bytes_of, takes};
use crate::expr::type_name;

#[derive(Clone, Default)]
struct Entries(Map);

pub(super) fn register(registry: &mut Registry) {
    let collect = Collects {
        name: "map:collect",
        ty: Type::Object,
        check: |args| takes(args, 2, &[&[], &[]], "write `map:collect(key, value)`"),
        pack: |args| Ok(args),
        new: |_| Entries::default(),
    };
    let merge = Collects {
        name: "map:merge",
        ty: Type::Object,
        check: |args| takes(args, 1, &[&[Type::Object]], "write `map:merge(map)`"),
        pack: |args| match &args[0] {
            Value::Map(_) => Ok(args),
            other => Err(RowFailure::new(format!("a {} where a map is needed", type_name(other)))),
        },
        new: |_| Entries::default(),
    };
    collect.register(registry);
    merge.register(registry);
}

impl Collected for Entries {
    fn add(&mut self, args: Vec<Value>) {
        let mut args = args.into_iter();
        match (args.next(), args.next()) {
            (Some(key), Some(value)) => drop(self.0.put(key, value)),
            (Some(Value::Map(map)), None) => {
                map.iter().for_each(|(key, value)| drop(self.0.put(key.clone(), value.clone())));
            }
            _ => {}
        }
    }

    fn remove(&mut self, args: Vec<Value>) {
        match &args[..] {
            [key, _] => drop(self.0.remove(key)),
            [Value::Map(map)] => map.iter().for_each(|(key, _)| drop(self.0.remove(key))),
            _ => {}
        }
    }

    fn value(&self) -> Value {
        Value::Map(Box::new(self.0.copy()))
    }

    fn is_clear(&self) -> bool {
        self.0.is_empty()
    }

    fn save(&self, out: &mut Writer) {
        out.put_value(&Value::Map(Box::new(self.0.clone())));
    }

    fn load(from: &mut Reader<'_>) -> Result<Entries, LoadError> {
        match from.get_value()? {
            Value::Map(map) => Ok(Entries(*map)),
            _ => Err(LoadError::new("a map is none")),
        }
    }

    fn bytes(&self) -> usize {
        self.0.iter().map(|(key, value)| bytes_of(key) + bytes_of(value)).sum()
    }
}

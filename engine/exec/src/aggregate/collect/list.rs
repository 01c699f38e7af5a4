//! `list:collect(value[, distinct])` and `list:merge(list[, distinct])`: all values, or all elements, in order of arrival. A row that
//! leaves takes the first equal value along; of `merge` all that equal one of its elements.

use riddhi_batch::{LoadError, Reader, Type, Value, Writer};
use riddhi_plan::registry::{Registry, RowFailure};

use super::{Collected, Collects, bytes_of, takes};
use crate::expr::type_name;

#[derive(Clone, Default)]
struct List {
    merges: bool,
    items: Vec<Value>,
}

pub(super) fn register(registry: &mut Registry) {
    let collect = Collects {
        name: "list:collect",
        ty: Type::Object,
        check: |args| {
            takes(args, 1, &[&[], &[Type::Bool]], "write `list:collect(value)` or `list:collect(value, true)`")
        },
        pack: |args| Ok(args),
        new: |_| List { merges: false, items: Vec::new() },
    };
    let merge = Collects {
        name: "list:merge",
        ty: Type::Object,
        check: |args| {
            let help = "write `list:merge(list)` or `list:merge(list, true)`";
            takes(args, 1, &[&[Type::Object], &[Type::Bool]], help)
        },
        pack: |args| match &args[0] {
            Value::List(_) => Ok(args),
            other => Err(RowFailure::new(format!("a {} where a list is needed", type_name(other)))),
        },
        new: |_| List { merges: true, items: Vec::new() },
    };
    collect.register(registry);
    merge.register(registry);
}

impl Collected for List {
    fn add(&mut self, args: Vec<Value>) {
        let distinct = matches!(args.get(1), Some(Value::Bool(true)));
        let items = &mut self.items;
        let mut put = |item: Value| {
            if !distinct || !items.contains(&item) {
                items.push(item);
            }
        };
        match args.into_iter().next() {
            Some(Value::List(all)) if self.merges => all.into_iter().for_each(put),
            Some(item) => put(item),
            None => {}
        }
    }

    fn remove(&mut self, args: Vec<Value>) {
        match args.first() {
            Some(Value::List(all)) if self.merges => self.items.retain(|item| !all.contains(item)),
            Some(item) => {
                if let Some(at) = self.items.iter().position(|x| x == item) {
                    self.items.remove(at);
                }
            }
            None => {}
        }
    }

    fn value(&self) -> Value {
        Value::List(self.items.clone())
    }

    fn is_clear(&self) -> bool {
        self.items.is_empty()
    }

    fn save(&self, out: &mut Writer) {
        out.put_bool(self.merges);
        out.put_u64(self.items.len() as u64);
        self.items.iter().for_each(|item| out.put_value(item));
    }

    fn load(from: &mut Reader<'_>) -> Result<List, LoadError> {
        let merges = from.get_bool()?;
        let items = (0..from.get_count(4)?).map(|_| from.get_value()).collect::<Result<_, _>>()?;
        Ok(List { merges, items })
    }

    fn bytes(&self) -> usize {
        self.items.iter().map(bytes_of).sum()
    }
}

//! `json:group`, `json:groupAsObject` and `str:groupConcat`: values in the order in which they came first, equal ones beside each other, as
//! JSON or as text.

use std::cmp::Ordering;

use riddhi_batch::{LoadError, Map, Reader, Type, Value, Writer, compare_utf16};
use riddhi_plan::registry::{ArgError, ArgType, Registry, RowFailure};

use super::{Collected, Collects, bytes_of, takes};
use crate::functions::parsed_object;
use crate::json::write_plain;

/// How the values are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Shown {
    #[default]
    Text,
    Json,
    Object,
}

/// In which order values stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Order {
    #[default]
    First,
    Up,
    Down,
}

#[derive(Clone, Default)]
struct Counted {
    shown: Shown,
    order: Order,
    /// A value, its hash, and how often it is there.
    values: Vec<(Value, u32, u64)>,
    /// What the latest row said: what stands around the values or between them, and whether each is shown once.
    around: Option<Box<str>>,
    distinct: bool,
}

const JSON: &[Type] = &[Type::String, Type::Object];
const GROUP: &str =
    "write `json:group(json)`; behind it may stand a name for the whole, and whether each is shown once";
const CONCAT: &str = "write `str:groupConcat(value, ', ', true, 'asc')`; all but the first may be left out";

pub(super) fn register(registry: &mut Registry) {
    let group = Collects {
        name: "json:group",
        ty: Type::String,
        check: check_group,
        pack: pack_group,
        new: |_| Counted { shown: Shown::Json, ..Counted::default() },
    };
    let object = Collects {
        name: "json:groupAsObject",
        ty: Type::Object,
        check: check_group,
        pack: pack_group,
        new: |_| Counted { shown: Shown::Object, ..Counted::default() },
    };
    let concat =
        Collects { name: "str:groupConcat", ty: Type::String, check: check_concat, pack: pack_concat, new: concat };
    group.register(registry);
    object.register(registry);
    concat.register(registry);
}

fn check_group(args: &[ArgType]) -> Result<(), ArgError> {
    match args {
        [_, second] if second.ty == Type::Bool => takes(args, 2, &[JSON, &[Type::Bool]], GROUP),
        _ => takes(args, 1, &[JSON, &[Type::String], &[Type::Bool]], GROUP),
    }
}

/// The object, the name around all or null, and whether each is shown once.
fn pack_group(args: Vec<Value>) -> Result<Vec<Value>, RowFailure> {
    let mut args = args.into_iter();
    let object = match args.next() {
        None | Some(Value::Null) => Value::Null,
        Some(value) => parsed_object(&value)?,
    };
    let (around, distinct) = match (args.next(), args.next()) {
        (Some(distinct @ Value::Bool(_)), None) => (Value::Null, distinct),
        (None, _) => (Value::Null, Value::Bool(false)),
        (Some(Value::Null), _) => return Err(RowFailure::new("argument 2 is null")),
        (Some(_), Some(Value::Null)) => return Err(RowFailure::new("argument 3 is null")),
        (Some(around), distinct) => (around, distinct.unwrap_or(Value::Bool(false))),
    };
    Ok(vec![object, around, distinct])
}

fn check_concat(args: &[ArgType]) -> Result<(), ArgError> {
    takes(args, 1, &[&[], &[Type::String], &[Type::Bool], &[Type::String]], CONCAT)?;
    if let Some(at) = (2..args.len()).find(|&at| args[at].constant.is_none()) {
        return Err(ArgError::at(at, "must be a constant", CONCAT));
    }
    match args.get(3).map(order) {
        Some(None) => Err(ArgError::at(3, "the order is neither 'asc' nor 'desc'", CONCAT)),
        _ => Ok(()),
    }
}

fn order(arg: &ArgType) -> Option<Order> {
    match &arg.constant {
        Some(Value::Str(word)) if word.eq_ignore_ascii_case("asc") => Some(Order::Up),
        Some(Value::Str(word)) if word.eq_ignore_ascii_case("desc") => Some(Order::Down),
        _ => None,
    }
}

fn concat(args: &[ArgType]) -> Counted {
    Counted { order: args.get(3).and_then(order).unwrap_or_default(), ..Counted::default() }
}

/// The text or null, what stands between, and whether each is shown once.
fn pack_concat(args: Vec<Value>) -> Result<Vec<Value>, RowFailure> {
    let value = match (&args[0], args.len()) {
        (Value::Null, 1) => Value::Null,
        (value, _) => Value::Str(value.to_string().into()),
    };
    let between = args.get(1).map_or(",".to_owned(), Value::to_string);
    let distinct = matches!(args.get(2), Some(Value::Bool(true)));
    Ok(vec![value, Value::Str(between.into()), Value::Bool(distinct)])
}

impl Counted {
    fn find(&self, value: &Value, hash: u32) -> Option<usize> {
        self.values.iter().position(|(known, h, _)| *h == hash && known == value)
    }

    /// Whether a row without a value brings nothing.
    fn passes_null(&self) -> bool {
        self.shown == Shown::Text
    }

    /// Notes what the row says of the way to show values; its value.
    fn take(&mut self, args: Vec<Value>) -> Option<Value> {
        let mut args = args.into_iter();
        let value = args.next()?;
        self.around = match args.next() {
            Some(Value::Str(around)) => Some(around),
            _ => None,
        };
        self.distinct = matches!(args.next(), Some(Value::Bool(true)));
        Some(value).filter(|value| !(value.is_null() && self.passes_null()))
    }

    fn place(&self, value: &Value) -> usize {
        let before = |known: &Value| {
            let order = match (known, value) {
                (Value::Str(a), Value::Str(b)) => compare_utf16(a.as_bytes(), b.as_bytes()),
                _ => Ordering::Equal,
            };
            order == if self.order == Order::Up { Ordering::Less } else { Ordering::Greater }
        };
        match self.order {
            Order::First => self.values.len(),
            _ => self.values.partition_point(|(known, _, _)| before(known)),
        }
    }

    fn each(&self) -> impl Iterator<Item = &Value> {
        let times = |count: u64| if self.distinct { 1 } else { count as usize };
        self.values.iter().flat_map(move |(value, _, count)| std::iter::repeat_n(value, times(*count)))
    }
}

impl Collected for Counted {
    fn add(&mut self, args: Vec<Value>) {
        let Some(value) = self.take(args) else { return };
        let hash = value.hash();
        match self.find(&value, hash) {
            Some(at) => self.values[at].2 += 1,
            None => {
                let at = self.place(&value);
                self.values.insert(at, (value, hash, 1));
            }
        }
    }

    fn remove(&mut self, args: Vec<Value>) {
        let Some(value) = self.take(args) else { return };
        let Some(at) = self.find(&value, value.hash()) else { return };
        self.values[at].2 -= 1;
        if self.values[at].2 == 0 {
            self.values.remove(at);
        }
    }

    fn value(&self) -> Value {
        if self.shown == Shown::Text {
            let mut text = String::new();
            for (i, value) in self.each().enumerate() {
                if i > 0 {
                    text += self.around.as_deref().unwrap_or(",");
                }
                text += &value.to_string();
            }
            return Value::Str(text.into());
        }
        let list = Value::List(self.each().cloned().collect());
        let whole = match &self.around {
            None => list,
            Some(name) => {
                let mut map = Map::default();
                map.put(Value::Str(name.clone()), list);
                Value::Map(Box::new(map))
            }
        };
        if self.shown == Shown::Object {
            return whole;
        }
        let mut text = String::new();
        // A number without digits cannot be in what was parsed.
        let _ = write_plain(&whole, &mut text);
        Value::Str(text.into())
    }

    fn is_clear(&self) -> bool {
        self.values.is_empty()
    }

    fn save(&self, out: &mut Writer) {
        out.put_u8(self.shown as u8);
        out.put_u8(self.order as u8);
        out.put_bool(self.distinct);
        out.put_value(&self.around.clone().map_or(Value::Null, Value::Str));
        out.put_u64(self.values.len() as u64);
        for (value, _, count) in &self.values {
            out.put_value(value);
            out.put_u64(*count);
        }
    }

    fn load(from: &mut Reader<'_>) -> Result<Counted, LoadError> {
        let shown = match from.get_u8()? {
            0 => Shown::Text,
            1 => Shown::Json,
            _ => Shown::Object,
        };
        let order = match from.get_u8()? {
            0 => Order::First,
            1 => Order::Up,
            _ => Order::Down,
        };
        let distinct = from.get_bool()?;
        let around = match from.get_value()? {
            Value::Str(text) => Some(text),
            _ => None,
        };
        let mut values = Vec::new();
        for _ in 0..from.get_count(12)? {
            let value = from.get_value()?;
            let (hash, count) = (value.hash(), from.get_u64()?);
            if count == 0 {
                return Err(LoadError::new("a value is there no time"));
            }
            values.push((value, hash, count));
        }
        Ok(Counted { shown, order, values, around, distinct })
    }

    fn bytes(&self) -> usize {
        self.values.iter().map(|(value, _, _)| bytes_of(value)).sum()
    }
}

//! Aggregators of packs that collect values: lists, maps, JSON, text. What they give is as long as what they hold.
//!
//! All arguments of a call come as one list, made by a kernel that also refuses what cannot be collected, so that such a row fails by
//! itself.

mod counted;
mod list;
mod map;
mod percentile;

use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Any, Arena, Column, Kind, LoadError, Reader, Type, Value, Writer};
use riddhi_plan::registry::{
    AggregateFunction, Arg, ArgError, ArgType, BoundAggregate, BoundScalar, Failed, KernelCx, Registry, RowCx,
    RowFailure, ScalarKernel, Volatility, WindowUse,
};

use super::held::{Groups, Held};
use super::tally::Move;
use crate::functions::by_values;

/// Adds all of them.
pub(super) fn register(registry: &mut Registry) {
    list::register(registry);
    map::register(registry);
    counted::register(registry);
    percentile::register(registry);
}

/// What is collected in a group.
trait Collected: Clone + Default + Send + Sync + 'static {
    /// Takes in the arguments of a row.
    fn add(&mut self, args: Vec<Value>);
    /// Takes out what a row brought.
    fn remove(&mut self, args: Vec<Value>);
    /// The value that is shown.
    fn value(&self) -> Value;
    /// Whether it is as new.
    fn is_clear(&self) -> bool;
    fn save(&self, out: &mut Writer);
    fn load(from: &mut Reader<'_>) -> Result<Self, LoadError>;
    /// Bytes held, about.
    fn bytes(&self) -> usize;
}

/// Makes the list of a row's arguments.
type Pack = fn(Vec<Value>) -> Result<Vec<Value>, RowFailure>;

/// An aggregator of a pack.
struct Collects<T> {
    name: &'static str,
    ty: Type,
    /// Whether it takes these arguments.
    check: fn(&[ArgType]) -> Result<(), ArgError>,
    pack: Pack,
    /// What a group begins with.
    new: fn(&[ArgType]) -> T,
}

impl<T: Collected> Collects<T> {
    fn register(self, registry: &mut Registry) {
        let (namespace, name) = self.name.split_once(':').unwrap_or(("", self.name));
        registry.aggregate(namespace, name, Arc::new(self));
    }
}

impl<T: Collected> AggregateFunction for Collects<T> {
    fn bind(&self, args: &[ArgType], _: WindowUse) -> Result<BoundAggregate, ArgError> {
        (self.check)(args)?;
        let new = (self.new)(args);
        Ok(super::bound(self.ty, Kind::Any, move || Box::new(Groups::new(new.clone()))))
    }

    fn packed(&self) -> Option<BoundScalar> {
        let kernel = Arc::new(Packs { name: self.name, pack: self.pack });
        Some(BoundScalar { ty: Type::Object, kind: Kind::Any, volatility: Volatility::Pure, kernel })
    }
}

struct Packs {
    name: &'static str,
    pack: Pack,
}

impl fmt::Debug for Packs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Packs {
    fn value(&self, args: &mut Vec<Value>) -> Result<Value, RowFailure> {
        let list = (self.pack)(std::mem::take(args));
        list.map(Value::List).map_err(|why| RowFailure::new(format!("{}: {}", self.name, why.what)))
    }
}

impl ScalarKernel for Packs {
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, failed: &mut Failed) {
        by_values(cx, args, n, out, failed, |_, values| self.value(values));
    }

    fn row(&self, _: &RowCx, args: &[Value]) -> Result<Value, RowFailure> {
        self.value(&mut args.to_vec())
    }
}

impl<T: Collected> Held for T {
    type Buffers = ();

    fn change(&mut self, (): &mut (), arg: Option<&Column>, i: usize, arena: &Arena, moves: Move) {
        let Some(Value::List(args)) = arg.map(|a| a.value(i, arena)) else { return };
        match moves {
            Move::Enters => self.add(args),
            Move::Leaves => self.remove(args),
        }
    }

    fn push(&self, (): &mut (), own: &mut Arena, out: &mut Column) {
        out.push_any(Any::new(&self.value(), own));
    }

    fn is_clear(&self) -> bool {
        Collected::is_clear(self)
    }

    fn save(&self, out: &mut Writer) {
        Collected::save(self, out);
    }

    fn load(from: &mut Reader<'_>) -> Result<T, LoadError> {
        <T as Collected>::load(from)
    }

    fn bytes(&self) -> usize {
        Collected::bytes(self)
    }
}

/// Refuses other numbers of arguments, and arguments of other types: `types` names one for each.
fn takes(args: &[ArgType], least: usize, types: &[&[Type]], help: &str) -> Result<(), ArgError> {
    if !(least..=types.len()).contains(&args.len()) {
        let wanted = if least == types.len() { format!("{least}") } else { format!("{least} to {}", types.len()) };
        return Err(ArgError::count(format!("takes {wanted} arguments, found {}", args.len()), help));
    }
    match args.iter().zip(types).position(|(arg, types)| !types.is_empty() && !types.contains(&arg.ty)) {
        None => Ok(()),
        Some(at) => Err(ArgError::at(at, format!("does not take a {} here", args[at].ty), help)),
    }
}

/// Bytes of a value, about.
fn bytes_of(value: &Value) -> usize {
    let inner = match value {
        Value::Str(text) => text.len(),
        Value::List(items) | Value::Set(items) => items.iter().map(bytes_of).sum(),
        Value::Map(map) => map.iter().map(|(key, value)| bytes_of(key) + bytes_of(value)).sum(),
        _ => 0,
    };
    size_of::<Value>() + inner
}

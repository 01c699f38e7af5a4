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

use riddhi_batch::{Any, Arena, Column, Data, Kind, LoadError, Reader, Type, Value, Writer};
use riddhi_plan::registry::{
    Aggregate, AggregateFunction, Arg, ArgError, ArgType, BoundAggregate, BoundScalar, Failed, KernelCx, Leave,
    Registry, RowCx, RowFailure, Run, ScalarKernel, SignalKind, Signals, Slide, Volatility, WindowUse,
};

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
        let create = move || {
            let (new, groups) = (new.clone(), vec![new.clone()]);
            Box::new(Groups { new, groups, own: Arena::default() }) as Box<dyn Aggregate>
        };
        Ok(super::bound(self.ty, Kind::Any, create))
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

/// What is collected, by group.
struct Groups<T> {
    new: T,
    groups: Vec<T>,
    /// Values put out since the last time they were settled.
    own: Arena,
}

impl<T: Collected> Groups<T> {
    fn change(&mut self, group: u32, arg: Option<&Column>, i: usize, arena: &Arena, enters: bool) {
        let Some(Value::List(args)) = arg.map(|a| a.value(i, arena)) else { return };
        let group = &mut self.groups[group as usize];
        if enters { group.add(args) } else { group.remove(args) }
    }

    fn change_row(&mut self, run: &Run<'_>, i: usize, enters: bool) {
        if run.failed.is_empty() || run.failed[i] == 0 {
            self.change(run.groups.at(i), run.arg, run.first + i, run.arena, enters);
        }
    }

    fn push(&mut self, group: u32, out: &mut Column) {
        let value = self.groups[group as usize].value();
        out.push_any(Any::new(&value, &mut self.own));
    }
}

impl<T: Collected> Aggregate for Groups<T> {
    fn grow(&mut self, groups: usize) {
        if self.groups.len() < groups {
            self.groups.resize(groups, self.new.clone());
        }
    }

    fn slide(&mut self, s: &Slide<'_>, out: &mut Column) {
        let mut l = 0;
        for i in 0..s.entering.n {
            let leave = match s.leave {
                Leave::None => 0,
                Leave::One => 1,
                Leave::Each(counts) => counts[i] as usize,
            };
            (l..l + leave).for_each(|j| self.change_row(&s.leaving, j, false));
            l += leave;
            self.change_row(&s.entering, i, true);
            self.push(s.entering.groups.at(i), out);
        }
    }

    fn signals(&mut self, signals: &Signals<'_>, out: &mut Column) {
        for (i, signal) in signals.list.iter().enumerate() {
            let failed = !signals.failed.is_empty() && signals.failed[i] != 0;
            match signal.kind {
                SignalKind::Reset => self.reset(),
                SignalKind::Held | SignalKind::Gone => {}
                _ if failed => {}
                SignalKind::Current => self.change(signal.group, signals.arg, i, signals.arena, true),
                SignalKind::Expired => self.change(signal.group, signals.arg, i, signals.arena, false),
            }
            self.push(signal.group, out);
        }
    }

    fn settle(&mut self, out: &mut Column, arena: &mut Arena) {
        if let Data::Any(values) = &mut out.data {
            values.iter_mut().for_each(|value| *value = value.moved(&self.own, arena));
        }
        self.own.clear();
    }

    fn add(&mut self, run: &Run<'_>) {
        (0..run.n).for_each(|i| self.change_row(run, i, true));
    }

    fn remove(&mut self, run: &Run<'_>) {
        (0..run.n).for_each(|i| self.change_row(run, i, false));
    }

    fn values(&self, _groups: &[u32], _out: &mut Column) {
        unreachable!("queries with results of the kind any take the general way")
    }

    fn reset(&mut self) {
        let new = &self.new;
        self.groups.iter_mut().for_each(|group| group.clone_from(new));
    }

    fn is_clear(&self, group: u32) -> bool {
        self.groups[group as usize].is_clear()
    }

    fn shrink(&mut self, groups: usize) {
        self.groups.truncate(groups);
        self.groups.shrink_to_fit();
    }

    fn forget(&mut self, group: u32) {
        self.groups[group as usize] = self.new.clone();
    }

    fn save(&self, group: u32, out: &mut Writer) {
        self.groups[group as usize].save(out);
    }

    fn load(&mut self, group: u32, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.groups[group as usize] = T::load(from)?;
        Ok(())
    }

    fn exact(&self) -> bool {
        false
    }

    fn bytes(&self) -> usize {
        self.groups.iter().map(Collected::bytes).sum()
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

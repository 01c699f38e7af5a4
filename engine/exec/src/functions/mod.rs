//! The core scalar functions: those without a namespace.
//!
//! Each file holds one function or one family: what arguments it takes (as Siddhi does), and a kernel
//! over columns with its row form beside it. They use nothing but the traits of [`riddhi_plan::registry`], as an
//! extension would. Not here: aggregators.

mod bucket_time;
mod cast;
mod choose;
mod columns;
mod convert;
mod dates;
mod extreme;
mod instance_of;
mod objects;
mod packs;
mod parse;
mod rowwise;
mod script;
mod set;
mod time;
mod uuid;

use std::sync::Arc;

pub(crate) use packs::json::{PathOf, parsed, parsed_object};
pub(crate) use packs::{Pattern, fdlibm, geo, signature};
pub(crate) use parse::real;
pub(crate) use rowwise::shown;

use riddhi_batch::{Any, Arena, Column, Data, Kind, Sel, Type, Value};
use riddhi_plan::registry::{
    Arg, ArgError, ArgType, BoundScalar, Failed, KernelCx, Registry, RowCx, RowFailure, ScalarFunction, ScalarKernel,
    Volatility,
};

use crate::expr::{Lane, Side, side};

/// Adds all of them.
pub fn register(registry: &mut Registry) {
    let mut add = |name: &str, function: Arc<dyn ScalarFunction>| registry.scalar("", name, function);
    add("cast", Arc::new(cast::Cast));
    add("convert", Arc::new(convert::Convert));
    add("coalesce", Arc::new(choose::Coalesce));
    add("default", Arc::new(choose::Default));
    add("ifThenElse", Arc::new(choose::IfThenElse));
    add("maximum", Arc::new(extreme::Extreme::Maximum));
    add("minimum", Arc::new(extreme::Extreme::Minimum));
    add("eventTimestamp", Arc::new(time::EventTimestamp));
    add("currentTimeMillis", Arc::new(time::CurrentTimeMillis));
    add("UUID", Arc::new(uuid::Uuid));
    add("createSet", Arc::new(set::CreateSet));
    add("sizeOfSet", Arc::new(set::SizeOfSet));
    add(bucket_time::NAME, Arc::new(bucket_time::BucketTime));
    for (name, ty) in instance_of::NAMES {
        add(name, Arc::new(instance_of::InstanceOf(ty)));
    }
    dates::register(registry);
    objects::register(registry);
    script::register(registry);
    packs::register(registry);
}

fn bound(ty: Type, kind: Kind, kernel: impl ScalarKernel + 'static) -> BoundScalar {
    BoundScalar { ty, kind, volatility: Volatility::Pure, kernel: Arc::new(kernel) }
}

/// Computes rows one by one from the values of their arguments, which `of` may take. What does not fit the column is null.
pub(crate) fn by_values(
    cx: &mut KernelCx<'_>,
    args: &[Arg<'_>],
    n: usize,
    out: &mut Column,
    failed: &mut Failed,
    mut of: impl FnMut(&RowCx, &mut Vec<Value>) -> Result<Value, RowFailure>,
) {
    let mut values = Vec::with_capacity(args.len());
    for i in 0..n {
        if failed.is(i) {
            out.push_null();
            continue;
        }
        values.clear();
        values.extend(args.iter().map(|arg| arg.column.value(arg.at(i), cx.arena)));
        let row = RowCx {
            ts: cx.ts.get(i).copied().unwrap_or(0),
            now: cx.now.get(i).copied().unwrap_or(0),
            serial: cx.serial.wrapping_add(i as u64),
            seed: cx.seed,
        };
        match of(&row, &mut values) {
            Ok(value) if out.push_value(&value, cx.arena) => {}
            Ok(_) => out.push_null(),
            Err(why) => {
                failed.mark(i, n, why);
                out.push_null();
            }
        }
    }
}

/// Refuses any other number of arguments.
fn count(args: &[ArgType], wanted: usize, help: &str) -> Result<(), ArgError> {
    if args.len() == wanted {
        return Ok(());
    }
    let noun = if wanted == 1 { "argument" } else { "arguments" };
    Err(ArgError::count(format!("takes {wanted} {noun}, found {}", args.len()), help))
}

/// Refuses an empty list of arguments, and arguments of several types; the type they have.
fn same_type(args: &[ArgType]) -> Result<Type, ArgError> {
    let Some(first) = args.first() else {
        return Err(ArgError::count("takes at least one argument", "give it the values to choose from"));
    };
    match args.iter().position(|a| a.ty != first.ty) {
        None => Ok(first.ty),
        Some(i) => Err(ArgError::at(
            i,
            format!("takes arguments of one type, found {} and {}", first.ty, args[i].ty),
            format!("convert this one: convert(..., '{}')", first.ty),
        )),
    }
}

/// The kind of a column that takes values of all these arguments. A bool that claims to be one without being one needs any,
/// since its null becomes false.
fn common_kind(args: &[ArgType]) -> Kind {
    let one = args.iter().map(|a| a.kind).reduce(|a, b| if a == b { a } else { Kind::Any }).unwrap_or(Kind::Any);
    let claimed = args.iter().any(|a| a.ty == Type::Bool) && one != Kind::Bool;
    if claimed { Kind::Any } else { one }
}

/// The type that the constant second argument of `cast` and `convert` names, in any case.
fn type_word(args: &[ArgType]) -> Result<Type, ArgError> {
    const HELP: &str = "give one of 'int', 'long', 'float', 'double', 'string', 'bool'";
    count(args, 2, "give a value and the name of a type: 'int', 'long', 'float', 'double', 'string' or 'bool'")?;
    let Some(Value::Str(word)) = &args[1].constant else {
        return Err(ArgError::at(1, "the type must be a constant string", HELP));
    };
    [Type::Int, Type::Long, Type::Float, Type::Double, Type::String, Type::Bool]
        .into_iter()
        .find(|ty| ty.to_string().eq_ignore_ascii_case(word))
        .ok_or_else(|| ArgError::at(1, format!("'{word}' is not a type it takes"), HELP))
}

/// Appends row `i` of an argument to a column of the same kind, or of kind any.
fn push_row(out: &mut Column, arg: &Arg<'_>, i: usize, arena: &mut Arena) {
    let at = arg.at(i);
    if arg.column.is_null(at) {
        return out.push_null();
    }
    match (&mut out.data, &arg.column.data) {
        (Data::I32(to), Data::I32(v)) => to.push(v[at]),
        (Data::I64(to), Data::I64(v)) => to.push(v[at]),
        (Data::F32(to), Data::F32(v)) => to.push(v[at]),
        (Data::F64(to), Data::F64(v)) => to.push(v[at]),
        (Data::Bool(to), Data::Bool(v)) => to.push(v[at]),
        (Data::Str(to), Data::Str(v)) => to.push(v[at]),
        (Data::Any(to), Data::Any(v)) => to.push(v[at]),
        (Data::Any(to), _) => {
            let value = arg.column.value(at, arena);
            to.push(Any::new(&value, arena));
        }
        _ => unreachable!("the binder gives the result a kind that takes all arguments"),
    }
    if !out.nulls.is_empty() {
        out.nulls.push(0);
    }
}

/// Appends all rows of an argument.
fn push_rows(out: &mut Column, arg: &Arg<'_>, n: usize, arena: &mut Arena) {
    if !arg.constant && out.kind() == arg.column.kind() {
        return out.append(arg.column, Sel::From(arg.first), n);
    }
    for i in 0..n {
        push_row(out, arg, i, arena);
    }
}

/// Replaces rows of `out` by the argument's, a column of the same kind, where `take` says so of its value, the argument's
/// value, and whether each is null. The result is as null as what was taken. `out` has one null byte a row.
fn overlay<T: Lane>(out: &mut Column, arg: &Arg<'_>, n: usize, take: impl Fn(T, T, bool, bool) -> bool) {
    let values = T::vec(&mut out.data).iter_mut().zip(&mut out.nulls);
    let each = |y: T, y_null: u8, (x, null): (&mut T, &mut u8)| {
        let taken = take(*x, y, *null != 0, y_null != 0);
        *x = if taken { y } else { *x };
        *null = if taken { y_null } else { *null };
    };
    match side::<T>(arg, n) {
        Side::One(y) => {
            let null = arg.is_null(0) as u8;
            values.for_each(|row| each(y, null, row));
        }
        Side::Many(y) if arg.column.nulls.is_empty() => y.iter().zip(values).for_each(|(&y, row)| each(y, 0, row)),
        Side::Many(y) => {
            let nulls = &arg.column.nulls[arg.first..arg.first + n];
            y.iter().zip(nulls).zip(values).for_each(|((&y, &null), row)| each(y, null, row));
        }
    }
}

/// Gives a column a null byte a row for [`overlay`].
fn with_null_bytes(out: &mut Column) {
    let rows = out.len();
    out.nulls.resize(rows, 0);
}

/// Takes the null bytes away if no row is null.
fn without_null_bytes(out: &mut Column) {
    if out.nulls.iter().fold(0, |any, &null| any | null) == 0 {
        out.nulls.clear();
    }
}

//! `sum`, `avg` and `stdDev`.

use std::marker::PhantomData;

use riddhi_batch::{Kind, LoadError, Reader, Type, Writer};
use riddhi_plan::registry::{Aggregate, ArgError, ArgType, BoundAggregate, WindowUse};

use super::number::Number;
use super::table::{Accumulate, Table};
use super::{bound, one_number};

/// A sum and how many values are in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted<S> {
    sum: S,
    count: i64,
}

/// `sum` of ints and longs: exact, wrapping at 64 bits.
pub struct LongSum<N>(PhantomData<N>);

impl<N: Number> Accumulate for LongSum<N> {
    type In = N;
    type Out = i64;
    type Acc = Counted<i64>;

    #[inline]
    fn add(acc: &mut Counted<i64>, x: N, _row: u64) {
        acc.sum = acc.sum.wrapping_add(x.long());
        acc.count += 1;
    }
    #[inline]
    fn remove(acc: &mut Counted<i64>, x: N, _row: u64) {
        acc.sum = acc.sum.wrapping_sub(x.long());
        acc.count -= 1;
    }
    #[inline]
    fn value(acc: &Counted<i64>) -> Option<i64> {
        (acc.count != 0).then_some(acc.sum)
    }
    fn added(acc: &Counted<i64>) -> Option<i64> {
        Some(acc.sum)
    }
    fn at_reset() -> Option<i64> {
        Some(0)
    }
    fn is_clear(acc: &Counted<i64>) -> bool {
        acc.count == 0 && acc.sum == 0
    }
    fn save(acc: &Counted<i64>, out: &mut Writer) {
        out.put_i64(acc.sum);
        out.put_i64(acc.count);
    }
    fn load(from: &mut Reader<'_>) -> Result<Counted<i64>, LoadError> {
        Ok(Counted { sum: from.get_i64()?, count: from.get_i64()? })
    }
}

/// `sum` of floats and doubles, in double arithmetic: what comes and goes may leave a residue.
pub struct DoubleSum<N>(PhantomData<N>);

fn save_double(acc: &Counted<f64>, out: &mut Writer) {
    out.put_f64(acc.sum);
    out.put_i64(acc.count);
}

fn load_double(from: &mut Reader<'_>) -> Result<Counted<f64>, LoadError> {
    Ok(Counted { sum: from.get_f64()?, count: from.get_i64()? })
}

impl<N: Number> Accumulate for DoubleSum<N> {
    type In = N;
    type Out = f64;
    type Acc = Counted<f64>;

    #[inline]
    fn add(acc: &mut Counted<f64>, x: N, _row: u64) {
        acc.sum += x.double();
        acc.count += 1;
    }
    #[inline]
    fn remove(acc: &mut Counted<f64>, x: N, _row: u64) {
        acc.sum -= x.double();
        acc.count -= 1;
    }
    #[inline]
    fn value(acc: &Counted<f64>) -> Option<f64> {
        (acc.count != 0).then_some(acc.sum)
    }
    fn added(acc: &Counted<f64>) -> Option<f64> {
        Some(acc.sum)
    }
    fn is_clear(acc: &Counted<f64>) -> bool {
        acc.count == 0 && acc.sum == 0.0
    }
    fn save(acc: &Counted<f64>, out: &mut Writer) {
        save_double(acc, out);
    }
    fn load(from: &mut Reader<'_>) -> Result<Counted<f64>, LoadError> {
        load_double(from)
    }
}

/// `avg`, in double arithmetic for every type.
pub struct Average<N>(PhantomData<N>);

impl<N: Number> Accumulate for Average<N> {
    type In = N;
    type Out = f64;
    type Acc = Counted<f64>;

    #[inline]
    fn add(acc: &mut Counted<f64>, x: N, row: u64) {
        DoubleSum::<N>::add(acc, x, row);
    }
    #[inline]
    fn remove(acc: &mut Counted<f64>, x: N, row: u64) {
        DoubleSum::<N>::remove(acc, x, row);
    }
    #[inline]
    fn value(acc: &Counted<f64>) -> Option<f64> {
        (acc.count != 0).then(|| acc.sum / acc.count as f64)
    }
    fn is_clear(acc: &Counted<f64>) -> bool {
        DoubleSum::<N>::is_clear(acc)
    }
    fn save(acc: &Counted<f64>, out: &mut Writer) {
        save_double(acc, out);
    }
    fn load(from: &mut Reader<'_>) -> Result<Counted<f64>, LoadError> {
        load_double(from)
    }
}

/// Running mean and sum of squared distances from it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spread {
    sum: f64,
    mean: f64,
    squares: f64,
    count: i64,
}

/// `stdDev` of the population by Welford's recurrence (B. P. Welford, Technometrics 4, 1962), run backwards to take a value
/// out. Cancellation may leave the variance a little below zero, which counts as zero. Where more was taken out than was put
/// in, count and sum of squares are both below zero, and what was taken out has a deviation as well.
pub struct StdDev<N>(PhantomData<N>);

impl<N: Number> Accumulate for StdDev<N> {
    type In = N;
    type Out = f64;
    type Acc = Spread;

    #[inline]
    fn add(acc: &mut Spread, x: N, _row: u64) {
        let x = x.double();
        acc.count += 1;
        if acc.count == 1 {
            *acc = Spread { sum: x, mean: x, squares: 0.0, count: 1 };
            return;
        }
        let before = acc.mean;
        acc.sum += x;
        acc.mean = acc.sum / acc.count as f64;
        acc.squares += (x - before) * (x - acc.mean);
    }
    #[inline]
    fn remove(acc: &mut Spread, x: N, _row: u64) {
        let x = x.double();
        acc.count -= 1;
        if acc.count == 0 {
            *acc = Spread::default();
            return;
        }
        let before = acc.mean;
        acc.sum -= x;
        acc.mean = acc.sum / acc.count as f64;
        acc.squares -= (x - before) * (x - acc.mean);
    }
    #[inline]
    fn value(acc: &Spread) -> Option<f64> {
        match acc.count {
            0 => None,
            1 => Some(0.0),
            n => {
                let variance = acc.squares / n as f64;
                Some(if variance < 0.0 { 0.0 } else { variance }.sqrt())
            }
        }
    }
    fn is_clear(acc: &Spread) -> bool {
        acc.count == 0
    }
    fn save(acc: &Spread, out: &mut Writer) {
        out.put_f64(acc.sum);
        out.put_f64(acc.mean);
        out.put_f64(acc.squares);
        out.put_i64(acc.count);
    }
    fn load(from: &mut Reader<'_>) -> Result<Spread, LoadError> {
        Ok(Spread { sum: from.get_f64()?, mean: from.get_f64()?, squares: from.get_f64()?, count: from.get_i64()? })
    }
}

pub(super) fn bind_sum(name: &str, args: &[ArgType], _: WindowUse) -> Result<BoundAggregate, ArgError> {
    let arg = one_number(name, args)?;
    Ok(match arg.ty {
        Type::Int => bound(Type::Long, Kind::I64, || boxed::<LongSum<i32>>()),
        Type::Long => bound(Type::Long, Kind::I64, || boxed::<LongSum<i64>>()),
        Type::Float => bound(Type::Double, Kind::F64, || boxed::<DoubleSum<f32>>()),
        _ => bound(Type::Double, Kind::F64, || boxed::<DoubleSum<f64>>()),
    })
}

pub(super) fn bind_avg(name: &str, args: &[ArgType], _: WindowUse) -> Result<BoundAggregate, ArgError> {
    let arg = one_number(name, args)?;
    Ok(match arg.ty {
        Type::Int => bound(Type::Double, Kind::F64, || boxed::<Average<i32>>()),
        Type::Long => bound(Type::Double, Kind::F64, || boxed::<Average<i64>>()),
        Type::Float => bound(Type::Double, Kind::F64, || boxed::<Average<f32>>()),
        _ => bound(Type::Double, Kind::F64, || boxed::<Average<f64>>()),
    })
}

pub(super) fn bind_std_dev(name: &str, args: &[ArgType], _: WindowUse) -> Result<BoundAggregate, ArgError> {
    let arg = one_number(name, args)?;
    Ok(match arg.ty {
        Type::Int => bound(Type::Double, Kind::F64, || boxed::<StdDev<i32>>()),
        Type::Long => bound(Type::Double, Kind::F64, || boxed::<StdDev<i64>>()),
        Type::Float => bound(Type::Double, Kind::F64, || boxed::<StdDev<f32>>()),
        _ => bound(Type::Double, Kind::F64, || boxed::<StdDev<f64>>()),
    })
}

pub(super) fn boxed<A: Accumulate>() -> Box<dyn Aggregate> {
    Box::new(Table::<A>::default())
}

//! `min`, `max`, `minForever` and `maxForever`.
//!
//! Where rows can leave, a group keeps the rows that may still become the extreme, in order of arrival (the monotonic queue
//! of sliding extremes), told apart by their numbers: amortised O(1) a row. A value replaces the extreme only if it compares
//! smaller (greater), so NaN never replaces a number and, coming first, stays until it leaves.

use std::collections::VecDeque;
use std::marker::PhantomData;

use riddhi_batch::{LoadError, Reader, Type, Writer};
use riddhi_plan::registry::{ArgError, ArgType, BoundAggregate, Leaving, WindowUse};

use super::mixed::Mixed;
use super::number::Number;
use super::sum::boxed;
use super::table::Accumulate;
use super::{bound, one_number};

/// Which extreme.
pub trait Side: Copy + std::fmt::Debug + Send + Sync + 'static {
    /// Whether `a` lies further out than `b`.
    fn beats<N: Number>(a: N, b: N) -> bool;
    /// How ranks order, the one further out being the greater.
    fn order(a: i64, b: i64) -> std::cmp::Ordering;
}

/// Least.
#[derive(Clone, Copy, Debug)]
pub struct Least;
/// Greatest.
#[derive(Clone, Copy, Debug)]
pub struct Greatest;

impl Side for Least {
    #[inline]
    fn beats<N: Number>(a: N, b: N) -> bool {
        a < b
    }
    fn order(a: i64, b: i64) -> std::cmp::Ordering {
        b.cmp(&a)
    }
}

impl Side for Greatest {
    #[inline]
    fn beats<N: Number>(a: N, b: N) -> bool {
        a > b
    }
    fn order(a: i64, b: i64) -> std::cmp::Ordering {
        a.cmp(&b)
    }
}

/// Rows that may still become the extreme.
#[derive(Clone, Debug)]
pub struct Queue<N> {
    extreme: Option<N>,
    rows: VecDeque<(u64, N)>,
}

impl<N> Default for Queue<N> {
    fn default() -> Queue<N> {
        Queue { extreme: None, rows: VecDeque::new() }
    }
}

/// The extreme of the rows held.
pub struct Sliding<S, N>(PhantomData<(S, N)>);

impl<S: Side, N: Number> Accumulate for Sliding<S, N> {
    type In = N;
    type Out = N;
    type Acc = Queue<N>;

    fn add(acc: &mut Queue<N>, x: N, row: u64) {
        while acc.rows.back().is_some_and(|&(_, y)| S::beats(x, y)) {
            acc.rows.pop_back();
        }
        acc.rows.push_back((row, x));
        if acc.extreme.is_none_or(|y| S::beats(x, y)) {
            acc.extreme = Some(x);
        }
    }

    fn remove(acc: &mut Queue<N>, x: N, row: u64) {
        if acc.rows.front().is_some_and(|&(first, _)| first == row) {
            acc.rows.pop_front();
        } else {
            // Windows whose rows leave out of order; a row that is not there was beaten before, or is yet to arrive. Of the
            // latter kind each leaves a value behind, which the next of that value takes along, as in Siddhi.
            let at = acc.rows.partition_point(|&(r, _)| r < row);
            if acc.rows.get(at).is_some_and(|&(r, _)| r == row) {
                acc.rows.remove(at);
            } else if at == acc.rows.len()
                && let Some(at) = acc.rows.iter().position(|&(_, y)| y == x)
            {
                acc.rows.remove(at);
            }
        }
        acc.extreme = acc.rows.front().map(|&(_, x)| x);
    }

    fn value(acc: &Queue<N>) -> Option<N> {
        acc.extreme
    }

    fn is_clear(acc: &Queue<N>) -> bool {
        acc.rows.is_empty() && acc.extreme.is_none()
    }

    fn save(acc: &Queue<N>, out: &mut Writer) {
        save_extreme(acc.extreme, out);
        out.put_u64(acc.rows.len() as u64);
        for &(row, x) in &acc.rows {
            out.put_u64(row);
            x.put(out);
        }
    }

    fn load(from: &mut Reader<'_>) -> Result<Queue<N>, LoadError> {
        let extreme = load_extreme(from)?;
        let n = from.get_count(12)?;
        let rows = (0..n).map(|_| Ok((from.get_u64()?, N::get(from)?))).collect::<Result<_, LoadError>>()?;
        Ok(Queue { extreme, rows })
    }

    fn extra(acc: &Queue<N>) -> usize {
        acc.rows.capacity() * size_of::<(u64, N)>()
    }
}

fn save_extreme<N: Number>(extreme: Option<N>, out: &mut Writer) {
    out.put_bool(extreme.is_some());
    if let Some(x) = extreme {
        x.put(out);
    }
}

fn load_extreme<N: Number>(from: &mut Reader<'_>) -> Result<Option<N>, LoadError> {
    from.get_bool()?.then(|| N::get(from)).transpose()
}

/// What a row that leaves does to an extreme of which no rows are kept.
pub trait Leaves: 'static {
    /// Whether a new batch leaves the extreme as it is.
    const FOR_EVER: bool = false;

    /// A row of that value leaves.
    fn leave<S: Side, N: Number>(extreme: &mut Option<N>, x: N);
}

/// Nothing: rows do not leave one by one.
pub struct Together;

impl Leaves for Together {
    #[inline]
    fn leave<S: Side, N: Number>(_: &mut Option<N>, _: N) {}
}

/// Where batches leave row by row but nobody sees them: as in Siddhi the extreme is forgotten when a row of its value leaves.
pub struct Unseen;

impl Leaves for Unseen {
    #[inline]
    fn leave<S: Side, N: Number>(extreme: &mut Option<N>, x: N) {
        if extreme.is_some_and(|y| x.rank() == y.rank()) {
            *extreme = None;
        }
    }
}

/// It is compared too, which changes nothing, and a batch does not end the extreme.
pub struct Compared;

impl Leaves for Compared {
    const FOR_EVER: bool = true;

    #[inline]
    fn leave<S: Side, N: Number>(extreme: &mut Option<N>, x: N) {
        take::<S, N>(extreme, x);
    }
}

#[inline]
fn take<S: Side, N: Number>(extreme: &mut Option<N>, x: N) {
    if extreme.is_none_or(|y| S::beats(x, y)) {
        *extreme = Some(x);
    }
}

/// The extreme of rows that are not kept.
pub struct Single<S, N, L>(PhantomData<(S, N, L)>);

/// Of all rows since the batch began.
type Batch<S, N> = Single<S, N, Together>;
/// Of the same, forgotten with its row.
type Forgetful<S, N> = Single<S, N, Unseen>;
/// Of all rows ever.
type Forever<S, N> = Single<S, N, Compared>;

impl<S: Side, N: Number, L: Leaves> Accumulate for Single<S, N, L> {
    type In = N;
    type Out = N;
    type Acc = Option<N>;

    #[inline]
    fn add(acc: &mut Option<N>, x: N, _row: u64) {
        take::<S, N>(acc, x);
    }
    #[inline]
    fn remove(acc: &mut Option<N>, x: N, _row: u64) {
        L::leave::<S, N>(acc, x);
    }
    #[inline]
    fn value(acc: &Option<N>) -> Option<N> {
        *acc
    }
    fn is_clear(acc: &Option<N>) -> bool {
        acc.is_none()
    }
    fn reset(acc: &mut Option<N>) {
        if !L::FOR_EVER {
            *acc = None;
        }
    }
    fn save(acc: &Option<N>, out: &mut Writer) {
        save_extreme(*acc, out);
    }
    fn load(from: &mut Reader<'_>) -> Result<Option<N>, LoadError> {
        load_extreme(from)
    }
}

fn bind_extreme<S: Side>(name: &str, args: &[ArgType], window: WindowUse) -> Result<BoundAggregate, ArgError> {
    let ty = one_number(name, args)?.ty;
    let leaving = match window.leaving {
        Leaving::Batch if window.windowed && window.expired => Leaving::Oldest,
        // The values of rows that never leave would pile up in `Mixed`.
        Leaving::Latest => Leaving::Oldest,
        Leaving::Singly if window.expired => Leaving::Any,
        Leaving::Singly => Leaving::Oldest,
        leaving => leaving,
    };
    if leaving == Leaving::Oldest && !window.sliding && !window.expired {
        return Ok(match ty {
            Type::Int => bound(ty, ty.kind(), || boxed::<Forgetful<S, i32>>()),
            Type::Long => bound(ty, ty.kind(), || boxed::<Forgetful<S, i64>>()),
            Type::Float => bound(ty, ty.kind(), || boxed::<Forgetful<S, f32>>()),
            _ => bound(ty, ty.kind(), || boxed::<Forgetful<S, f64>>()),
        });
    }
    Ok(match (ty, leaving) {
        (Type::Int, Leaving::Batch | Leaving::Never | Leaving::Reordered) => {
            bound(ty, ty.kind(), || boxed::<Batch<S, i32>>())
        }
        (Type::Long, Leaving::Batch | Leaving::Never | Leaving::Reordered) => {
            bound(ty, ty.kind(), || boxed::<Batch<S, i64>>())
        }
        (Type::Float, Leaving::Batch | Leaving::Never | Leaving::Reordered) => {
            bound(ty, ty.kind(), || boxed::<Batch<S, f32>>())
        }
        (_, Leaving::Batch | Leaving::Never | Leaving::Reordered) => bound(ty, ty.kind(), || boxed::<Batch<S, f64>>()),
        (Type::Int, Leaving::Oldest) => bound(ty, ty.kind(), || boxed::<Sliding<S, i32>>()),
        (Type::Long, Leaving::Oldest) => bound(ty, ty.kind(), || boxed::<Sliding<S, i64>>()),
        (Type::Float, Leaving::Oldest) => bound(ty, ty.kind(), || boxed::<Sliding<S, f32>>()),
        (_, Leaving::Oldest) => bound(ty, ty.kind(), || boxed::<Sliding<S, f64>>()),
        (Type::Int, Leaving::Any) => bound(ty, ty.kind(), || boxed::<Mixed<S, i32>>()),
        (Type::Long, Leaving::Any) => bound(ty, ty.kind(), || boxed::<Mixed<S, i64>>()),
        (Type::Float, Leaving::Any) => bound(ty, ty.kind(), || boxed::<Mixed<S, f32>>()),
        (_, Leaving::Any | Leaving::Latest | Leaving::Singly) => bound(ty, ty.kind(), || boxed::<Mixed<S, f64>>()),
    })
}

fn bind_forever<S: Side>(name: &str, args: &[ArgType]) -> Result<BoundAggregate, ArgError> {
    let ty = one_number(name, args)?.ty;
    Ok(match ty {
        Type::Int => bound(ty, ty.kind(), || boxed::<Forever<S, i32>>()),
        Type::Long => bound(ty, ty.kind(), || boxed::<Forever<S, i64>>()),
        Type::Float => bound(ty, ty.kind(), || boxed::<Forever<S, f32>>()),
        _ => bound(ty, ty.kind(), || boxed::<Forever<S, f64>>()),
    })
}

pub(super) fn bind_min(name: &str, args: &[ArgType], window: WindowUse) -> Result<BoundAggregate, ArgError> {
    bind_extreme::<Least>(name, args, window)
}

pub(super) fn bind_max(name: &str, args: &[ArgType], window: WindowUse) -> Result<BoundAggregate, ArgError> {
    bind_extreme::<Greatest>(name, args, window)
}

pub(super) fn bind_min_forever(name: &str, args: &[ArgType], _: WindowUse) -> Result<BoundAggregate, ArgError> {
    bind_forever::<Least>(name, args)
}

pub(super) fn bind_max_forever(name: &str, args: &[ArgType], _: WindowUse) -> Result<BoundAggregate, ArgError> {
    bind_forever::<Greatest>(name, args)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_leave_by_their_row() {
        // 5 1 5 9 8 through length(3): Siddhi takes out the wrong 5.
        type Min = Sliding<Least, i32>;
        let mut acc = Queue::default();
        let rows = [5, 1, 5, 9, 8];
        let mut seen = Vec::new();
        for (i, &x) in rows.iter().enumerate() {
            if i >= 3 {
                Min::remove(&mut acc, rows[i - 3], i as u64 - 3);
            }
            Min::add(&mut acc, x, i as u64);
            seen.push(Min::value(&acc).unwrap());
        }
        assert_eq!(seen, [5, 1, 1, 1, 5]);
    }
}

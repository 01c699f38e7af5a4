//! The extreme of rows that leave in any order.
//!
//! Two heaps: the values taken in, and those taken out that did not stand on top at the time. What stands on top of both is
//! dropped from both, so the top of the first is the extreme: O(log n) a row. A row that left stays until it comes to the
//! top, but there are never more of those than half.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::marker::PhantomData;
use std::mem::take;

use riddhi_batch::{LoadError, Reader, Writer};

use super::extreme::Side;
use super::number::Number;
use super::table::Accumulate;

/// A value; the greater one is the one further out.
#[derive(Clone, Copy, Debug)]
struct Item<S, N> {
    value: N,
    side: PhantomData<S>,
}

impl<S: Side, N: Number> Item<S, N> {
    fn new(value: N) -> Item<S, N> {
        Item { value, side: PhantomData }
    }
}

impl<S: Side, N: Number> Ord for Item<S, N> {
    fn cmp(&self, other: &Self) -> Ordering {
        // NaN stands furthest in, on either side: it is the extreme only if there is nothing else.
        let nan = |x: N| x.partial_cmp(&x).is_none();
        match (nan(self.value), nan(other.value)) {
            (false, false) => S::order(self.value.rank(), other.value.rank()),
            (a, b) => b.cmp(&a),
        }
    }
}

impl<S: Side, N: Number> PartialOrd for Item<S, N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<S: Side, N: Number> PartialEq for Item<S, N> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<S: Side, N: Number> Eq for Item<S, N> {}

/// The values of the rows held, and of some that left.
#[derive(Clone, Debug)]
pub struct Values<S, N> {
    taken_in: BinaryHeap<Item<S, N>>,
    taken_out: BinaryHeap<Item<S, N>>,
}

impl<S: Side, N: Number> Default for Values<S, N> {
    fn default() -> Values<S, N> {
        Values { taken_in: BinaryHeap::new(), taken_out: BinaryHeap::new() }
    }
}

impl<S: Side, N: Number> Values<S, N> {
    fn drop_gone(&mut self) {
        while self.taken_out.peek().is_some_and(|gone| self.taken_in.peek() == Some(gone)) {
            self.taken_in.pop();
            self.taken_out.pop();
        }
        if self.taken_out.len() * 2 > self.taken_in.len() {
            let (mut all, mut gone) = (take(&mut self.taken_in).into_vec(), take(&mut self.taken_out).into_vec());
            subtract(&mut all, &mut gone);
            gone.clear();
            (self.taken_in, self.taken_out) = (all.into(), gone.into());
        }
    }

    /// The values held, in order.
    fn held(&self) -> Vec<Item<S, N>> {
        let mut all = self.taken_in.clone().into_vec();
        subtract(&mut all, &mut self.taken_out.clone().into_vec());
        all
    }
}

/// Sorts both and leaves in `all` what is not in `gone`.
fn subtract<S: Side, N: Number>(all: &mut Vec<Item<S, N>>, gone: &mut [Item<S, N>]) {
    all.sort_unstable();
    gone.sort_unstable();
    let mut gone = gone.iter().peekable();
    all.retain(|item| gone.next_if_eq(&item).is_none());
}

/// The extreme of the rows held.
pub struct Mixed<S, N>(PhantomData<(S, N)>);

impl<S: Side, N: Number> Accumulate for Mixed<S, N> {
    type In = N;
    type Out = N;
    type Acc = Values<S, N>;

    fn add(acc: &mut Values<S, N>, x: N, _row: u64) {
        acc.taken_in.push(Item::new(x));
    }

    fn remove(acc: &mut Values<S, N>, x: N, _row: u64) {
        let item = Item::new(x);
        if acc.taken_in.peek() == Some(&item) {
            acc.taken_in.pop();
        } else {
            acc.taken_out.push(item);
        }
        acc.drop_gone();
    }

    fn value(acc: &Values<S, N>) -> Option<N> {
        acc.taken_in.peek().map(|item| item.value)
    }

    fn is_clear(acc: &Values<S, N>) -> bool {
        acc.taken_in.is_empty()
    }

    fn save(acc: &Values<S, N>, out: &mut Writer) {
        let held = acc.held();
        out.put_u64(held.len() as u64);
        held.iter().for_each(|item| item.value.put(out));
    }

    fn load(from: &mut Reader<'_>) -> Result<Values<S, N>, LoadError> {
        let n = from.get_count(4)?;
        let items = (0..n).map(|_| Ok(Item::new(N::get(from)?))).collect::<Result<Vec<_>, LoadError>>()?;
        Ok(Values { taken_in: BinaryHeap::from(items), taken_out: BinaryHeap::new() })
    }

    fn extra(acc: &Values<S, N>) -> usize {
        (acc.taken_in.capacity() + acc.taken_out.capacity()) * size_of::<N>()
    }
}

#[cfg(test)]
mod tests {
    use super::super::extreme::{Greatest, Least};
    use super::*;

    /// Rows come and leave at random; the extremes are those of the rows held.
    #[test]
    fn rows_leave_in_any_order() {
        type Max = Mixed<Greatest, i32>;
        type Min = Mixed<Least, i32>;
        let (mut max, mut min, mut held) = (Values::default(), Values::default(), Vec::new());
        let mut random = 12345u64;
        for step in 0..5000 {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let draw = (random >> 33) as usize;
            if draw.is_multiple_of(2) || held.is_empty() {
                let x = (draw % 50) as i32;
                held.push(x);
                Max::add(&mut max, x, step);
                Min::add(&mut min, x, step);
            } else {
                let x = held.swap_remove(draw % held.len());
                Max::remove(&mut max, x, step);
                Min::remove(&mut min, x, step);
            }
            assert_eq!(Max::value(&max), held.iter().max().copied());
            assert_eq!(Min::value(&min), held.iter().min().copied());
            assert!(min.taken_out.len() <= held.len().max(1));
        }
        let mut bytes = Writer::default();
        Max::save(&max, &mut bytes);
        let again = Max::load(&mut Reader::new(&bytes.bytes)).unwrap();
        assert_eq!(again.held().len(), held.len());
    }

    #[test]
    fn nan_is_the_extreme_of_nothing_else() {
        type Max = Mixed<Greatest, f64>;
        let mut acc = Values::default();
        Max::add(&mut acc, f64::NAN, 0);
        Max::add(&mut acc, 1.0, 1);
        assert_eq!(Max::value(&acc), Some(1.0));
        Max::remove(&mut acc, 1.0, 0);
        assert!(Max::value(&acc).unwrap().is_nan());
    }
}

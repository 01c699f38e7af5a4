//! The extreme of rows that leave in any order.
//!
//! The values held in order, each counted: O(log n) a row. A value that leaves without having come (of the pairs of a join
//! those of a row that leaves need not be those of its arrival) changes nothing, as in Siddhi.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::marker::PhantomData;

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

/// The values of the rows held, each with the number of such rows.
#[derive(Clone, Debug)]
pub struct Values<S, N> {
    held: BTreeMap<Item<S, N>, u64>,
}

impl<S: Side, N: Number> Default for Values<S, N> {
    fn default() -> Values<S, N> {
        Values { held: BTreeMap::new() }
    }
}

/// The extreme of the rows held.
pub struct Mixed<S, N>(PhantomData<(S, N)>);

impl<S: Side, N: Number> Accumulate for Mixed<S, N> {
    type In = N;
    type Out = N;
    type Acc = Values<S, N>;

    fn add(acc: &mut Values<S, N>, x: N, _row: u64) {
        *acc.held.entry(Item::new(x)).or_default() += 1;
    }

    fn remove(acc: &mut Values<S, N>, x: N, _row: u64) {
        if let Entry::Occupied(mut rows) = acc.held.entry(Item::new(x)) {
            *rows.get_mut() -= 1;
            if *rows.get() == 0 {
                rows.remove();
            }
        }
    }

    fn value(acc: &Values<S, N>) -> Option<N> {
        acc.held.last_key_value().map(|(item, _)| item.value)
    }

    fn is_clear(acc: &Values<S, N>) -> bool {
        acc.held.is_empty()
    }

    fn save(acc: &Values<S, N>, out: &mut Writer) {
        out.put_u64(acc.held.len() as u64);
        for (item, rows) in &acc.held {
            item.value.put(out);
            out.put_u64(*rows);
        }
    }

    fn load(from: &mut Reader<'_>) -> Result<Values<S, N>, LoadError> {
        let n = from.get_count(12)?;
        let values = (0..n).map(|_| Ok((Item::new(N::get(from)?), from.get_u64()?)));
        let held = values.collect::<Result<BTreeMap<_, _>, LoadError>>()?;
        if held.len() < n || held.values().any(|&rows| rows == 0) {
            return Err(LoadError::new("a value is there twice or not at all"));
        }
        Ok(Values { held })
    }

    fn extra(acc: &Values<S, N>) -> usize {
        acc.held.len() * (size_of::<N>() + size_of::<u64>()) * 3 / 2
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
        }
        let mut bytes = Writer::default();
        Max::save(&max, &mut bytes);
        let again = Max::load(&mut Reader::new(&bytes.bytes)).unwrap();
        assert_eq!(again.held.values().sum::<u64>(), held.len() as u64);
    }

    #[test]
    fn what_never_came_does_not_leave() {
        type Max = Mixed<Greatest, i32>;
        let mut acc = Values::default();
        Max::add(&mut acc, 3, 0);
        Max::remove(&mut acc, 2, 1);
        Max::add(&mut acc, 2, 2);
        Max::remove(&mut acc, 3, 0);
        assert_eq!(Max::value(&acc), Some(2));
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

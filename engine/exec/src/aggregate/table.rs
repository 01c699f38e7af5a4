//! An accumulator per group, and the loops that run it over columns.

use riddhi_batch::{Column, LoadError, Reader, Writer};
use riddhi_plan::registry::{Aggregate, Groups, Leave, Run, SignalKind, Signals, Slide};

use super::number::Number;

/// One running value: what an aggregator does to it.
pub trait Accumulate: 'static {
    /// The argument's type.
    type In: Number;
    /// The result's type.
    type Out: Number;
    /// What is kept per group.
    type Acc: Default + Clone + Send;

    /// Takes a value in; `row` numbers it.
    fn add(acc: &mut Self::Acc, x: Self::In, row: u64);
    /// Takes a value out that was taken in as `row`.
    fn remove(acc: &mut Self::Acc, x: Self::In, row: u64);
    /// The value; `None` is null. Never null right after an `add`, unless a row left that had not come.
    fn value(acc: &Self::Acc) -> Option<Self::Out>;
    /// The value right after an `add`, also if a row left before that had not come.
    fn added(acc: &Self::Acc) -> Option<Self::Out> {
        Self::value(acc)
    }
    /// The value at the mark of a new batch.
    fn at_reset() -> Option<Self::Out> {
        None
    }
    /// Whether it is as new.
    fn is_clear(acc: &Self::Acc) -> bool;
    /// A batch begins.
    fn reset(acc: &mut Self::Acc) {
        *acc = Self::Acc::default();
    }
    /// Writes it.
    fn save(acc: &Self::Acc, out: &mut Writer);
    /// Reads it.
    fn load(from: &mut Reader<'_>) -> Result<Self::Acc, LoadError>;
    /// Bytes it holds beside itself.
    fn extra(_acc: &Self::Acc) -> usize {
        0
    }
}

/// An accumulator per group.
pub struct Table<A: Accumulate> {
    accs: Vec<A::Acc>,
}

impl<A: Accumulate> Default for Table<A> {
    fn default() -> Table<A> {
        Table { accs: vec![A::Acc::default()] }
    }
}

/// Whether all rows of a run count.
fn plain(run: &Run<'_>) -> bool {
    run.failed.is_empty() && run.arg.is_none_or(|c| c.nulls.is_empty())
}

fn values<'a, N: Number>(run: &Run<'a>) -> &'a [N] {
    run.arg.map_or(&[], |c| &N::slice(&c.data)[run.first..run.first + run.n])
}

/// The value of row `i` of a run, unless it does not count.
fn counted<N: Number>(run: &Run<'_>, i: usize) -> Option<N> {
    let arg = run.arg?;
    if (!run.failed.is_empty() && run.failed[i] != 0) || arg.is_null(run.first + i) {
        return None;
    }
    N::slice(&arg.data).get(run.first + i).copied()
}

impl<A: Accumulate> Table<A> {
    /// All rows count, and each row that enters has the group's value after it.
    fn slide_plain(&mut self, s: &Slide<'_>, out: &mut Vec<A::Out>) {
        let entering = values::<A::In>(&s.entering);
        let leaving = values::<A::In>(&s.leaving);
        let (e0, l0) = (s.entering.number, s.leaving.number);
        let get = |acc: &A::Acc| A::value(acc).unwrap_or_default();
        match (s.entering.groups, s.leaving.groups, s.leave) {
            (Groups::One, _, Leave::None) => {
                let acc = &mut self.accs[0];
                out.extend(entering.iter().zip(e0..).map(|(&x, row)| {
                    A::add(acc, x, row);
                    get(acc)
                }));
            }
            (Groups::One, _, Leave::One) => {
                let acc = &mut self.accs[0];
                out.extend(entering.iter().zip(leaving).enumerate().map(|(i, (&x, &y))| {
                    A::remove(acc, y, l0 + i as u64);
                    A::add(acc, x, e0 + i as u64);
                    get(acc)
                }));
            }
            (Groups::Each(groups), _, Leave::None) => {
                let accs = &mut self.accs[..];
                out.extend(entering.iter().zip(groups).enumerate().map(|(i, (&x, &g))| {
                    let acc = &mut accs[g as usize];
                    A::add(acc, x, e0 + i as u64);
                    get(acc)
                }));
            }
            (Groups::Each(groups), Groups::Each(gone), Leave::One) => {
                let accs = &mut self.accs[..];
                let both = entering.iter().zip(groups).zip(leaving.iter().zip(gone));
                out.extend(both.enumerate().map(|(i, ((&x, &g), (&y, &h)))| {
                    A::remove(&mut accs[h as usize], y, l0 + i as u64);
                    let acc = &mut accs[g as usize];
                    A::add(acc, x, e0 + i as u64);
                    get(acc)
                }));
            }
            (groups, gone, Leave::Each(counts)) => {
                let accs = &mut self.accs[..];
                let mut l = 0;
                out.extend(entering.iter().zip(counts).enumerate().map(|(i, (&x, &count))| {
                    for _ in 0..count {
                        A::remove(&mut accs[gone.at(l) as usize], leaving[l], l0 + l as u64);
                        l += 1;
                    }
                    let acc = &mut accs[groups.at(i) as usize];
                    A::add(acc, x, e0 + i as u64);
                    get(acc)
                }));
            }
            (Groups::Each(_), Groups::One, Leave::One) => unreachable!("rows of one store have groups or have none"),
        }
    }

    fn slide_slow(&mut self, s: &Slide<'_>, out: &mut Column) {
        let mut l = 0;
        for i in 0..s.entering.n {
            let count = s.leave.before(i);
            for _ in 0..count {
                self.remove_at(&s.leaving, l);
                l += 1;
            }
            self.add_at(&s.entering, i);
            self.push(s.entering.groups.at(i), out);
        }
    }

    fn add_at(&mut self, run: &Run<'_>, i: usize) {
        if let Some(x) = counted::<A::In>(run, i) {
            A::add(&mut self.accs[run.groups.at(i) as usize], x, run.number + i as u64);
        }
    }

    fn remove_at(&mut self, run: &Run<'_>, i: usize) {
        if let Some(x) = counted::<A::In>(run, i) {
            A::remove(&mut self.accs[run.groups.at(i) as usize], x, run.number + i as u64);
        }
    }

    fn push(&self, group: u32, out: &mut Column) {
        push(A::value(&self.accs[group as usize]), out);
    }
}

fn push<N: Number>(value: Option<N>, out: &mut Column) {
    match value {
        None => out.push_null(),
        Some(x) => {
            N::vec(&mut out.data).push(x);
            if !out.nulls.is_empty() {
                out.nulls.push(0);
            }
        }
    }
}

impl<A: Accumulate> Aggregate for Table<A> {
    fn grow(&mut self, groups: usize) {
        if self.accs.len() < groups {
            self.accs.resize_with(groups, Default::default);
        }
    }

    fn slide(&mut self, s: &Slide<'_>, out: &mut Column) {
        if plain(&s.entering) && plain(&s.leaving) {
            self.slide_plain(s, A::Out::vec(&mut out.data));
            if !out.nulls.is_empty() {
                out.nulls.resize(out.len(), 0);
            }
        } else {
            self.slide_slow(s, out);
        }
    }

    fn signals(&mut self, signals: &Signals<'_>, out: &mut Column) {
        let (arg, failed, n) = (signals.arg, signals.failed, signals.list.len());
        let run = Run { groups: Groups::One, arg, first: 0, failed, arena: signals.arena, n, number: 0 };
        for (i, signal) in signals.list.iter().enumerate() {
            let acc = signal.group as usize;
            match signal.kind {
                SignalKind::Reset => {
                    self.reset();
                    push(A::at_reset(), out);
                    continue;
                }
                SignalKind::Current => {
                    if let Some(x) = counted::<A::In>(&run, i) {
                        A::add(&mut self.accs[acc], x, signal.row);
                        push(A::added(&self.accs[acc]), out);
                        continue;
                    }
                }
                SignalKind::Held | SignalKind::Gone => {}
                SignalKind::Expired => {
                    if let Some(x) = counted::<A::In>(&run, i) {
                        A::remove(&mut self.accs[acc], x, signal.row);
                    }
                }
            }
            self.push(signal.group, out);
        }
    }

    fn add(&mut self, rows: &Run<'_>) {
        if !plain(rows) {
            return (0..rows.n).for_each(|i| self.add_at(rows, i));
        }
        let numbered = values::<A::In>(rows).iter().zip(rows.number..);
        match rows.groups {
            Groups::One => numbered.for_each(|(&x, row)| A::add(&mut self.accs[0], x, row)),
            Groups::Each(groups) => {
                numbered.zip(groups).for_each(|((&x, row), &g)| A::add(&mut self.accs[g as usize], x, row));
            }
        }
    }

    fn remove(&mut self, rows: &Run<'_>) {
        (0..rows.n).for_each(|i| self.remove_at(rows, i));
    }

    fn values(&self, groups: &[u32], out: &mut Column) {
        groups.iter().for_each(|&g| self.push(g, out));
    }

    fn reset(&mut self) {
        self.accs.iter_mut().for_each(A::reset);
    }

    fn is_clear(&self, group: u32) -> bool {
        A::is_clear(&self.accs[group as usize])
    }

    fn shrink(&mut self, groups: usize) {
        self.accs.truncate(groups);
        self.accs.shrink_to_fit();
    }

    fn forget(&mut self, group: u32) {
        self.accs[group as usize] = A::Acc::default();
    }

    fn save(&self, group: u32, out: &mut Writer) {
        A::save(&self.accs[group as usize], out);
    }

    fn load(&mut self, group: u32, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.accs[group as usize] = A::load(from)?;
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.accs.capacity() * size_of::<A::Acc>() + self.accs.iter().map(A::extra).sum::<usize>()
    }
}

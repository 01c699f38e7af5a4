//! Aggregators that are changed row by row, whatever they hold: the loops over rows and signals.
//!
//! Not here: accumulators of numbers, for which [`table`](super::table) has loops over columns.

use riddhi_batch::{Arena, Column};
use riddhi_plan::registry::{Aggregate, Run, SignalKind, Signals, Slide};

/// What a row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    Enters,
    Leaves,
}

impl Move {
    /// What it adds to a count.
    #[inline]
    pub fn sign(self) -> i64 {
        match self {
            Move::Enters => 1,
            Move::Leaves => -1,
        }
    }
}

/// What an aggregator does with one row.
pub(super) trait Tally: Aggregate {
    /// Takes in or out what the argument is in row `i`.
    fn change(&mut self, group: u32, arg: Option<&Column>, i: usize, arena: &Arena, moves: Move);

    /// Appends the value of a group.
    fn push(&mut self, group: u32, out: &mut Column);
}

/// Row `i` of a run, unless its argument failed.
fn change_row(tally: &mut impl Tally, run: &Run<'_>, i: usize, moves: Move) {
    if run.failed.is_empty() || run.failed[i] == 0 {
        tally.change(run.groups.at(i), run.arg, run.first + i, run.arena, moves);
    }
}

/// All rows of a run.
pub(super) fn change_all(tally: &mut impl Tally, run: &Run<'_>, moves: Move) {
    (0..run.n).for_each(|i| change_row(tally, run, i, moves));
}

/// See [`Aggregate::slide`].
pub(super) fn slide(tally: &mut impl Tally, s: &Slide<'_>, out: &mut Column) {
    let mut l = 0;
    for i in 0..s.entering.n {
        let leave = s.leave.before(i);
        (l..l + leave).for_each(|j| change_row(tally, &s.leaving, j, Move::Leaves));
        l += leave;
        change_row(tally, &s.entering, i, Move::Enters);
        tally.push(s.entering.groups.at(i), out);
    }
}

/// See [`Aggregate::signals`].
pub(super) fn signals(tally: &mut impl Tally, signals: &Signals<'_>, out: &mut Column) {
    for (i, signal) in signals.list.iter().enumerate() {
        let failed = !signals.failed.is_empty() && signals.failed[i] != 0;
        match signal.kind {
            SignalKind::Reset => tally.reset(),
            SignalKind::Held | SignalKind::Gone => {}
            _ if failed => {}
            SignalKind::Current => tally.change(signal.group, signals.arg, i, signals.arena, Move::Enters),
            SignalKind::Expired => tally.change(signal.group, signals.arg, i, signals.arena, Move::Leaves),
        }
        tally.push(signal.group, out);
    }
}

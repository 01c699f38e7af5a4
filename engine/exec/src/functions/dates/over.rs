//! Functions of times over columns of longs.

use riddhi_batch::{Data, Str};
use riddhi_plan::cron::Zone;

use super::super::columns::{Over, each};
use super::super::rowwise::with_buffer;
use super::calendar::DAY;
use super::pattern::Pattern;
use crate::expr::{side, union_nulls, zip};

/// Gives each row `of` its long; null of null.
pub(super) fn each_long(over: &mut Over<'_>, of: impl FnMut(i64) -> i32) -> bool {
    matches!(over.args[0].column.data, Data::I64(_)) && each(over, of)
}

/// The times by a pattern. Times one behind the other often show the same: the last text is kept.
pub(super) fn format(over: &mut Over<'_>, pattern: &Pattern, zone: &Zone) -> bool {
    let arg = &over.args[0];
    let (Data::I64(times), Data::Str(to)) = (&arg.column.data, &mut over.out.data) else { return false };
    if arg.constant {
        return false;
    }
    let (mut clocks, grain, mut last) = (zone.clocks(), pattern.grain(), None);
    with_buffer(|text| {
        to.extend(times[arg.first..arg.first + over.n].iter().enumerate().map(|(i, &time)| {
            if arg.is_null(i) {
                return Str::EMPTY;
            }
            let local = clocks.local(time);
            let shown = grain.map(|grain| (local.div_euclid(grain), local.wrapping_sub(time)));
            match last {
                Some((same, written)) if shown == Some(same) => return written,
                _ => {}
            }
            text.clear();
            pattern.write(time, zone, text);
            let written = Str::new(text.as_bytes(), over.arena);
            last = shown.map(|shown| (shown, written));
            written
        }));
    });
    union_nulls(over.out, 0, over.n, over.args);
    true
}

/// Whole days from the second time to the first.
pub(super) fn days_between(over: &mut Over<'_>) -> bool {
    let [a, b] = over.args else { return false };
    let (Data::I64(_), Data::I64(_), Data::I64(to)) = (&a.column.data, &b.column.data, &mut over.out.data) else {
        return false;
    };
    zip(side(a, over.n), side(b, over.n), over.n, to, |x: i64, y: i64| x.wrapping_sub(y) / DAY);
    union_nulls(over.out, 0, over.n, over.args);
    true
}

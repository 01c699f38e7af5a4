//! `count()` and `count(x)`: rows, nulls too.

use riddhi_batch::{Arena, Column, Kind, LoadError, Reader, Type, Writer};
use riddhi_plan::registry::{
    Aggregate, ArgError, ArgType, BoundAggregate, Groups, Leave, Run, Signals, Slide, WindowUse,
};

use super::bound;
use super::number::Number;
use super::tally::{self, Move, Tally};

/// Rows per group.
struct Count {
    rows: Vec<i64>,
}

pub(super) fn bind(name: &str, args: &[ArgType], _: WindowUse) -> Result<BoundAggregate, ArgError> {
    if args.len() > 1 {
        let message = format!("`{name}` takes no argument or one, not {}", args.len());
        return Err(ArgError::count(message, "write `count()`"));
    }
    Ok(bound(Type::Long, Kind::I64, || Box::new(Count { rows: vec![0] })))
}

/// Whether row `i` of a run counts: unless its argument failed.
fn counts(run: &Run<'_>, i: usize) -> i64 {
    (run.failed.is_empty() || run.failed[i] == 0) as i64
}

impl Tally for Count {
    fn change(&mut self, group: u32, _: Option<&Column>, _: usize, _: &Arena, moves: Move) {
        self.rows[group as usize] += moves.sign();
    }

    fn push(&mut self, group: u32, out: &mut Column) {
        out.push_i64(self.rows[group as usize]);
    }
}

impl Aggregate for Count {
    fn grow(&mut self, groups: usize) {
        if self.rows.len() < groups {
            self.rows.resize(groups, 0);
        }
    }

    fn slide(&mut self, s: &Slide<'_>, out: &mut Column) {
        let rows = &mut self.rows[..];
        match (s.entering.groups, s.leave) {
            (Groups::Each(groups), Leave::None) if s.entering.failed.is_empty() => {
                i64::vec(&mut out.data).extend(groups.iter().map(|&g| {
                    rows[g as usize] += 1;
                    rows[g as usize]
                }));
            }
            _ => {
                let mut l = 0;
                for i in 0..s.entering.n {
                    let leave = s.leave.before(i);
                    for j in l..l + leave {
                        rows[s.leaving.groups.at(j) as usize] -= counts(&s.leaving, j);
                    }
                    l += leave;
                    let row = &mut rows[s.entering.groups.at(i) as usize];
                    *row += counts(&s.entering, i);
                    i64::vec(&mut out.data).push(*row);
                }
            }
        }
    }

    fn signals(&mut self, signals: &Signals<'_>, out: &mut Column) {
        tally::signals(self, signals, out);
    }

    fn add(&mut self, run: &Run<'_>) {
        tally::change_all(self, run, Move::Enters);
    }

    fn remove(&mut self, run: &Run<'_>) {
        tally::change_all(self, run, Move::Leaves);
    }

    fn values(&self, groups: &[u32], out: &mut Column) {
        groups.iter().for_each(|&g| out.push_i64(self.rows[g as usize]));
    }

    fn reset(&mut self) {
        self.rows.fill(0);
    }

    fn is_clear(&self, group: u32) -> bool {
        self.rows[group as usize] == 0
    }

    fn shrink(&mut self, groups: usize) {
        self.rows.truncate(groups);
        self.rows.shrink_to_fit();
    }

    fn forget(&mut self, group: u32) {
        self.rows[group as usize] = 0;
    }

    fn save(&self, group: u32, out: &mut Writer) {
        out.put_i64(self.rows[group as usize]);
    }

    fn load(&mut self, group: u32, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.rows[group as usize] = from.get_i64()?;
        Ok(())
    }

    fn exact(&self) -> bool {
        false
    }

    fn bytes(&self) -> usize {
        self.rows.capacity() * 8
    }
}

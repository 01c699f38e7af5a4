//! `and` and `or` over bools; nulls do not count.

use riddhi_batch::{Column, Data, Kind, LoadError, Reader, Type, Writer};
use riddhi_plan::registry::{Aggregate, ArgError, ArgType, BoundAggregate, Run, SignalKind, Signals, Slide, WindowUse};

use super::{bound, one};

/// Trues and falses per group.
struct Logic {
    and: bool,
    seen: Vec<[i64; 2]>,
}

fn bind(name: &str, args: &[ArgType], and: bool) -> Result<BoundAggregate, ArgError> {
    let arg = one(name, args)?;
    if arg.ty != Type::Bool {
        return Err(ArgError::at(0, format!("`{name}` takes a bool, not a {}", arg.ty), "give a condition"));
    }
    Ok(bound(Type::Bool, Kind::Bool, move || Box::new(Logic { and, seen: vec![[0, 0]] })))
}

pub(super) fn bind_and(name: &str, args: &[ArgType], _: WindowUse) -> Result<BoundAggregate, ArgError> {
    bind(name, args, true)
}

pub(super) fn bind_or(name: &str, args: &[ArgType], _: WindowUse) -> Result<BoundAggregate, ArgError> {
    bind(name, args, false)
}

/// The bool at row `i` of a column, unless it does not count.
fn truth(arg: Option<&Column>, i: usize, failed: bool) -> Option<bool> {
    let arg = arg.filter(|c| !failed && !c.is_null(i))?;
    match &arg.data {
        Data::Bool(v) => Some(v[i] != 0),
        _ => None,
    }
}

impl Logic {
    fn value(&self, group: u32) -> bool {
        let [falses, trues] = self.seen[group as usize];
        trues > 0 && (!self.and || falses == 0)
    }

    fn change(&mut self, group: u32, truth: Option<bool>, by: i64) {
        if let Some(truth) = truth {
            self.seen[group as usize][truth as usize] += by;
        }
    }

    fn change_row(&mut self, run: &Run<'_>, i: usize, by: i64) {
        let failed = !run.failed.is_empty() && run.failed[i] != 0;
        self.change(run.groups.at(i), truth(run.arg, run.first + i, failed), by);
    }
}

impl Aggregate for Logic {
    fn grow(&mut self, groups: usize) {
        if self.seen.len() < groups {
            self.seen.resize(groups, [0, 0]);
        }
    }

    fn slide(&mut self, s: &Slide<'_>, out: &mut Column) {
        let mut l = 0;
        for i in 0..s.entering.n {
            let leave = s.leave.before(i);
            (l..l + leave).for_each(|j| self.change_row(&s.leaving, j, -1));
            l += leave;
            self.change_row(&s.entering, i, 1);
            out.push_bool(self.value(s.entering.groups.at(i)));
        }
    }

    fn signals(&mut self, signals: &Signals<'_>, out: &mut Column) {
        for (i, signal) in signals.list.iter().enumerate() {
            let truth = truth(signals.arg, i, !signals.failed.is_empty() && signals.failed[i] != 0);
            match signal.kind {
                SignalKind::Current => self.change(signal.group, truth, 1),
                SignalKind::Expired => self.change(signal.group, truth, -1),
                SignalKind::Reset => self.reset(),
                SignalKind::Held | SignalKind::Gone => {}
            }
            out.push_bool(self.value(signal.group));
        }
    }

    fn add(&mut self, run: &Run<'_>) {
        (0..run.n).for_each(|i| self.change_row(run, i, 1));
    }

    fn remove(&mut self, run: &Run<'_>) {
        (0..run.n).for_each(|i| self.change_row(run, i, -1));
    }

    fn values(&self, groups: &[u32], out: &mut Column) {
        groups.iter().for_each(|&g| out.push_bool(self.value(g)));
    }

    fn reset(&mut self) {
        self.seen.fill([0, 0]);
    }

    fn is_clear(&self, group: u32) -> bool {
        self.seen[group as usize] == [0, 0]
    }

    fn shrink(&mut self, groups: usize) {
        self.seen.truncate(groups);
        self.seen.shrink_to_fit();
    }

    fn forget(&mut self, group: u32) {
        self.seen[group as usize] = [0, 0];
    }

    fn save(&self, group: u32, out: &mut Writer) {
        self.seen[group as usize].iter().for_each(|&n| out.put_i64(n));
    }

    fn load(&mut self, group: u32, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.seen[group as usize] = [from.get_i64()?, from.get_i64()?];
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.seen.capacity() * 16
    }
}

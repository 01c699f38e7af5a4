//! `and` and `or` over bools; nulls do not count.

use riddhi_batch::{Arena, Column, Data, Kind, LoadError, Reader, Type, Writer};
use riddhi_plan::registry::{Aggregate, ArgError, ArgType, BoundAggregate, Run, Signals, Slide, WindowUse};

use super::tally::{self, Move, Tally};
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

impl Logic {
    fn value(&self, group: u32) -> bool {
        let [falses, trues] = self.seen[group as usize];
        trues > 0 && (!self.and || falses == 0)
    }
}

impl Tally for Logic {
    fn change(&mut self, group: u32, arg: Option<&Column>, i: usize, _: &Arena, moves: Move) {
        if let Some(Column { data: Data::Bool(v), .. }) = arg.filter(|c| !c.is_null(i)) {
            self.seen[group as usize][(v[i] != 0) as usize] += moves.sign();
        }
    }

    fn push(&mut self, group: u32, out: &mut Column) {
        out.push_bool(self.value(group));
    }
}

impl Aggregate for Logic {
    fn grow(&mut self, groups: usize) {
        if self.seen.len() < groups {
            self.seen.resize(groups, [0, 0]);
        }
    }

    fn slide(&mut self, s: &Slide<'_>, out: &mut Column) {
        tally::slide(self, s, out);
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

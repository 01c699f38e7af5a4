//! `distinctCount`: how many different values, null being one of them.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use riddhi_batch::{Arena, Column, Kind, LoadError, Reader, Type, Writer};
use riddhi_plan::registry::{Aggregate, ArgError, ArgType, BoundAggregate, Run, Signals, Slide, WindowUse};

use super::tally::{self, Move, Tally};
use super::{bound, one};

/// How often each value is there, per group. Values are kept as the bytes that a snapshot would hold.
struct Distinct {
    groups: Vec<HashMap<Box<[u8]>, i64, FixedState>>,
    key: Writer,
}

pub(super) fn bind(name: &str, args: &[ArgType], _: WindowUse) -> Result<BoundAggregate, ArgError> {
    let arg = one(name, args)?;
    if matches!(arg.ty, Type::Bool | Type::Object) {
        let message = format!("`{name}` takes a number or a string, not a {}", arg.ty);
        return Err(ArgError::at(0, message, "give an int, long, float, double or string"));
    }
    Ok(bound(Type::Long, Kind::I64, || Box::new(Distinct { groups: vec![HashMap::default()], key: Writer::default() })))
}

impl Tally for Distinct {
    fn change(&mut self, group: u32, arg: Option<&Column>, i: usize, arena: &Arena, moves: Move) {
        let Some(arg) = arg else { return };
        let by = moves.sign();
        self.key.bytes.clear();
        self.key.put_row(arg, i, arena);
        let values = &mut self.groups[group as usize];
        match values.get_mut(&self.key.bytes[..]) {
            Some(n) => {
                *n += by;
                if *n <= 0 {
                    values.remove(&self.key.bytes[..]);
                }
            }
            None if by > 0 => {
                values.insert(self.key.bytes[..].into(), by);
            }
            None => {}
        }
    }

    fn push(&mut self, group: u32, out: &mut Column) {
        out.push_i64(self.value(group));
    }
}

impl Distinct {
    fn value(&self, group: u32) -> i64 {
        self.groups[group as usize].len() as i64
    }
}

impl Aggregate for Distinct {
    fn grow(&mut self, groups: usize) {
        if self.groups.len() < groups {
            self.groups.resize_with(groups, HashMap::default);
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
        groups.iter().for_each(|&g| out.push_i64(self.value(g)));
    }

    fn reset(&mut self) {
        self.groups.iter_mut().for_each(HashMap::clear);
    }

    fn is_clear(&self, group: u32) -> bool {
        self.groups[group as usize].is_empty()
    }

    fn shrink(&mut self, groups: usize) {
        self.groups.truncate(groups);
        self.groups.shrink_to_fit();
    }

    fn forget(&mut self, group: u32) {
        self.groups[group as usize] = HashMap::default();
    }

    fn save(&self, group: u32, out: &mut Writer) {
        let mut values: Vec<_> = self.groups[group as usize].iter().collect();
        values.sort();
        out.put_u64(values.len() as u64);
        for (value, &n) in values {
            out.put_bytes(value);
            out.put_i64(n);
        }
    }

    fn load(&mut self, group: u32, from: &mut Reader<'_>) -> Result<(), LoadError> {
        let n = from.get_count(12)?;
        let values = &mut self.groups[group as usize];
        values.clear();
        for _ in 0..n {
            let value = from.get_bytes()?;
            values.insert(value.into(), from.get_i64()?);
        }
        Ok(())
    }

    fn exact(&self) -> bool {
        false
    }

    fn bytes(&self) -> usize {
        self.groups.iter().map(|g| g.keys().map(|k| k.len() + 32).sum::<usize>()).sum()
    }
}

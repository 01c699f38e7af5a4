//! `unionSet`: the union of the sets in a window; a member stays while a set that has it stays. Nulls do not count.
//!
//! Siddhi lists a set in the order of its host's hash table, which shows when a set becomes text, so members stand in that
//! order here: by bin, and within a bin as they came. The table has a power of two of bins and doubles when it is more than
//! three quarters full. What comes out is a copy made member by member, whose table may have fewer bins.

use riddhi_batch::java::{BINS, bins_for, spread};
use riddhi_batch::{Any, Arena, Column, Data, Kind, LoadError, Members, Reader, Type, Writer, member_hash};
use riddhi_plan::registry::{
    Aggregate, ArgError, ArgType, BoundAggregate, Leave, Run, SignalKind, Signals, Slide, WindowUse,
};

use super::{bound, one};

#[derive(Clone, Debug)]
struct Member {
    /// The host's hash.
    spread: u32,
    /// Sets that have it.
    count: u64,
    encoded: Vec<u8>,
}

/// The union of a group.
#[derive(Clone, Debug)]
struct Union {
    /// In the host's order.
    members: Vec<Member>,
    bins: u32,
}

impl Default for Union {
    fn default() -> Union {
        Union { members: Vec::new(), bins: BINS }
    }
}

impl Union {
    fn bin(&self, spread: u32) -> std::ops::Range<usize> {
        let (mask, bin) = (self.bins - 1, spread & (self.bins - 1));
        let first = self.members.partition_point(|m| m.spread & mask < bin);
        first..first + self.members[first..].partition_point(|m| m.spread & mask == bin)
    }

    fn add(&mut self, encoded: &[u8], spare: &mut Vec<Vec<u8>>) {
        let spread = spread(member_hash(encoded));
        let bin = self.bin(spread);
        if let Some(member) = self.members[bin.clone()].iter_mut().find(|m| m.encoded == encoded) {
            member.count += 1;
            return;
        }
        let mut own = spare.pop().unwrap_or_default();
        own.clear();
        own.extend_from_slice(encoded);
        self.members.insert(bin.end, Member { spread, count: 1, encoded: own });
        let bins = bins_for(self.members.len());
        if bins > self.bins {
            self.bins = bins;
            self.members.sort_by_key(|m| m.spread & (bins - 1));
        }
    }

    fn remove(&mut self, encoded: &[u8], spare: &mut Vec<Vec<u8>>) {
        let bin = self.bin(spread(member_hash(encoded)));
        let Some(at) = self.members[bin.clone()].iter().position(|m| m.encoded == encoded) else { return };
        let member = &mut self.members[bin.start + at];
        member.count -= 1;
        if member.count == 0 {
            spare.push(self.members.remove(bin.start + at).encoded);
        }
        if self.members.is_empty() {
            self.bins = BINS;
        }
    }
}

/// Unions, one a group.
#[derive(Default)]
struct UnionSet {
    groups: Vec<Union>,
    /// Buffers of members that left.
    spare: Vec<Vec<u8>>,
    /// Sets put out since the last time they were settled.
    own: Arena,
    order: Vec<u32>,
}

pub(super) fn bind(name: &str, args: &[ArgType], _: WindowUse) -> Result<BoundAggregate, ArgError> {
    let arg = one(name, args)?;
    if arg.ty != Type::Object {
        let message = format!("`{name}` takes a set, not a {}", arg.ty);
        return Err(ArgError::at(0, message, "make one with createSet"));
    }
    Ok(bound(Type::Object, Kind::Any, || Box::new(UnionSet { groups: vec![Union::default()], ..UnionSet::default() })))
}

impl UnionSet {
    fn change(&mut self, group: u32, arg: Option<&Column>, i: usize, arena: &Arena, enters: bool) {
        let Some(Column { data: Data::Any(sets), .. }) = arg.filter(|a| !a.is_null(i)) else { return };
        let union = &mut self.groups[group as usize];
        for member in Members::of(sets[i], arena) {
            if enters {
                union.add(member, &mut self.spare);
            } else {
                union.remove(member, &mut self.spare);
            }
        }
    }

    fn change_row(&mut self, run: &Run<'_>, i: usize, enters: bool) {
        if run.failed.is_empty() || run.failed[i] == 0 {
            self.change(run.groups.at(i), run.arg, run.first + i, run.arena, enters);
        }
    }

    /// Appends the group's set; its members go to the aggregate's own arena.
    fn push(&mut self, group: u32, out: &mut Column) {
        let Union { members, bins } = &self.groups[group as usize];
        let copied = bins_for(members.len());
        let set = if copied == *bins {
            Any::set(members.iter().map(|m| &m.encoded[..]), &mut self.own)
        } else {
            self.order.clear();
            self.order.extend(0..members.len() as u32);
            self.order.sort_by_key(|&m| members[m as usize].spread & (copied - 1));
            Any::set(self.order.iter().map(|&m| &members[m as usize].encoded[..]), &mut self.own)
        };
        out.push_any(set);
    }
}

impl Aggregate for UnionSet {
    fn grow(&mut self, groups: usize) {
        if self.groups.len() < groups {
            self.groups.resize_with(groups, Union::default);
        }
    }

    fn slide(&mut self, s: &Slide<'_>, out: &mut Column) {
        let mut l = 0;
        for i in 0..s.entering.n {
            let leave = match s.leave {
                Leave::None => 0,
                Leave::One => 1,
                Leave::Each(counts) => counts[i] as usize,
            };
            (l..l + leave).for_each(|j| self.change_row(&s.leaving, j, false));
            l += leave;
            self.change_row(&s.entering, i, true);
            self.push(s.entering.groups.at(i), out);
        }
    }

    fn signals(&mut self, signals: &Signals<'_>, out: &mut Column) {
        for (i, signal) in signals.list.iter().enumerate() {
            let failed = !signals.failed.is_empty() && signals.failed[i] != 0;
            match signal.kind {
                SignalKind::Reset => self.reset(),
                SignalKind::Held | SignalKind::Gone => {}
                _ if failed => {}
                SignalKind::Current => self.change(signal.group, signals.arg, i, signals.arena, true),
                SignalKind::Expired => self.change(signal.group, signals.arg, i, signals.arena, false),
            }
            self.push(signal.group, out);
        }
    }

    fn settle(&mut self, out: &mut Column, arena: &mut Arena) {
        if let Data::Any(sets) = &mut out.data {
            sets.iter_mut().for_each(|set| *set = set.moved(&self.own, arena));
        }
        self.own.clear();
    }

    fn add(&mut self, run: &Run<'_>) {
        (0..run.n).for_each(|i| self.change_row(run, i, true));
    }

    fn remove(&mut self, run: &Run<'_>) {
        (0..run.n).for_each(|i| self.change_row(run, i, false));
    }

    fn values(&self, _groups: &[u32], _out: &mut Column) {
        unreachable!("queries with results of the kind any take the general way")
    }

    fn reset(&mut self) {
        self.groups.iter_mut().for_each(|group| *group = Union::default());
    }

    fn is_clear(&self, group: u32) -> bool {
        self.groups[group as usize].members.is_empty()
    }

    fn shrink(&mut self, groups: usize) {
        self.groups.truncate(groups);
        self.groups.shrink_to_fit();
    }

    fn forget(&mut self, group: u32) {
        self.groups[group as usize] = Union::default();
    }

    fn save(&self, group: u32, out: &mut Writer) {
        let Union { members, bins } = &self.groups[group as usize];
        out.put_u32(*bins);
        out.put_u64(members.len() as u64);
        for member in members {
            out.put_bytes(&member.encoded);
            out.put_u64(member.count);
        }
    }

    fn load(&mut self, group: u32, from: &mut Reader<'_>) -> Result<(), LoadError> {
        let bins = from.get_u32()?;
        let n = from.get_count(12)?;
        if !bins.is_power_of_two() || bins < bins_for(n) {
            return Err(LoadError::new("a set's size is out of range"));
        }
        let mut union = Union { members: Vec::new(), bins };
        for _ in 0..n {
            let encoded = from.get_bytes()?.to_vec();
            let (spread, count) = (spread(member_hash(&encoded)), from.get_u64()?);
            union.members.push(Member { spread, count, encoded });
        }
        if !union.members.is_sorted_by_key(|m| m.spread & (bins - 1)) || union.members.iter().any(|m| m.count == 0) {
            return Err(LoadError::new("a set's members are out of order"));
        }
        self.groups[group as usize] = union;
        Ok(())
    }

    fn exact(&self) -> bool {
        false
    }

    fn bytes(&self) -> usize {
        let members = self.groups.iter().flat_map(|g| &g.members);
        members.map(|m| size_of::<Member>() + m.encoded.capacity()).sum()
    }
}

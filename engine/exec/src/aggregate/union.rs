//! `unionSet`: the union of the sets in a window; a member stays while a set that has it stays. Nulls do not count.
//!
//! Siddhi lists a set in the order of Java's hash table, which shows when a set becomes text, so members stand in that
//! order here: by bin, and within a bin as they came. The table has a power of two of bins and doubles when it is more than
//! three quarters full. What comes out is a copy made member by member, whose table may have fewer bins.

use riddhi_batch::java::{BINS, bins_for, spread};
use riddhi_batch::{Any, Arena, Column, Data, Kind, LoadError, Members, Reader, Type, Writer, member_hash};
use riddhi_plan::registry::{ArgError, ArgType, BoundAggregate, WindowUse};

use super::held::{Groups, Held};
use super::tally::Move;
use super::{bound, one};

#[derive(Clone, Debug)]
struct Member {
    /// Java's hash.
    spread: u32,
    /// Sets that have it.
    count: u64,
    encoded: Vec<u8>,
}

/// The union of a group.
#[derive(Clone, Debug)]
struct Union {
    /// In Java's order.
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

pub(super) fn bind(name: &str, args: &[ArgType], _: WindowUse) -> Result<BoundAggregate, ArgError> {
    let arg = one(name, args)?;
    if arg.ty != Type::Object {
        let message = format!("`{name}` takes a set, not a {}", arg.ty);
        return Err(ArgError::at(0, message, "make one with createSet"));
    }
    Ok(bound(Type::Object, Kind::Any, || Box::new(Groups::new(Union::default()))))
}

/// Buffers of all groups.
#[derive(Default)]
struct Buffers {
    /// Those of members that left.
    spare: Vec<Vec<u8>>,
    order: Vec<u32>,
}

impl Held for Union {
    type Buffers = Buffers;

    fn change(&mut self, buffers: &mut Buffers, arg: Option<&Column>, i: usize, arena: &Arena, moves: Move) {
        let Some(Column { data: Data::Any(sets), .. }) = arg.filter(|a| !a.is_null(i)) else { return };
        for member in Members::of(sets[i], arena) {
            match moves {
                Move::Enters => self.add(member, &mut buffers.spare),
                Move::Leaves => self.remove(member, &mut buffers.spare),
            }
        }
    }

    fn push(&self, buffers: &mut Buffers, own: &mut Arena, out: &mut Column) {
        let (members, order) = (&self.members, &mut buffers.order);
        let copied = bins_for(members.len());
        let set = if copied == self.bins {
            Any::set(members.iter().map(|m| &m.encoded[..]), own)
        } else {
            order.clear();
            order.extend(0..members.len() as u32);
            order.sort_by_key(|&m| members[m as usize].spread & (copied - 1));
            Any::set(order.iter().map(|&m| &members[m as usize].encoded[..]), own)
        };
        out.push_any(set);
    }

    fn is_clear(&self) -> bool {
        self.members.is_empty()
    }

    fn save(&self, out: &mut Writer) {
        out.put_u32(self.bins);
        out.put_u64(self.members.len() as u64);
        for member in &self.members {
            out.put_bytes(&member.encoded);
            out.put_u64(member.count);
        }
    }

    fn load(from: &mut Reader<'_>) -> Result<Union, LoadError> {
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
        Ok(union)
    }

    fn bytes(&self) -> usize {
        self.members.iter().map(|m| size_of::<Member>() + m.encoded.capacity()).sum()
    }
}

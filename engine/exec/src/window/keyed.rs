//! Values by the text of a key, which can be listed in the order in which Java lists a concurrent hash map: when several
//! keys leave a window at once, that order shows.
//!
//! Java's table has a power of two of bins and doubles when it is three quarters full; it never shrinks. Within a bin keys stand
//! in order of insertion, but for what a doubling does to them. A key's place is not looked up here by that table: it is computed
//! when the order is asked for. Not followed: Java turns a bin of more than eight keys into a tree, which takes keys that
//! were chosen for it.

use hashbrown::HashTable;
use riddhi_batch::java::{self, BINS, BINS_MAX};
use riddhi_batch::{LoadError, Reader, Writer};

use crate::hash;
/// A key with its value.
#[derive(Clone, Debug, Default)]
struct Entry<T> {
    key: Vec<u8>,
    value: Option<T>,
    /// Java's hash of the key.
    spread: u32,
    /// Order within the bin.
    rank: u64,
}

/// Values by key.
#[derive(Clone, Debug)]
pub(super) struct Keyed<T> {
    table: HashTable<u32>,
    entries: Vec<Entry<T>>,
    free: Vec<u32>,
    bins: u32,
    next_rank: u64,
    order: Vec<u32>,
}

fn hash(key: &[u8]) -> u64 {
    hash::of_bytes(0x6b65_7973, key)
}

/// Java's hash of a text: by UTF-16 units, its upper half mixed in, never negative.
fn spread(key: &[u8]) -> u32 {
    let text = std::str::from_utf8(key).unwrap_or("");
    java::spread(java::text_hash(text)) & 0x7fff_ffff
}

impl<T> Default for Keyed<T> {
    fn default() -> Keyed<T> {
        let (table, entries, free) = (HashTable::new(), Vec::new(), Vec::new());
        Keyed { table, entries, free, bins: BINS, next_rank: 0, order: Vec::new() }
    }
}

impl<T> Keyed<T> {
    /// Keys held.
    pub(super) fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    /// The value of a key.
    pub(super) fn get_mut(&mut self, key: &[u8]) -> Option<&mut T> {
        let entries = &self.entries;
        let found = self.table.find(hash(key), |&e| entries[e as usize].key == key).copied();
        found.and_then(|e| self.entries[e as usize].value.as_mut())
    }

    /// Puts a key in that is not there.
    pub(super) fn insert(&mut self, key: &[u8], value: T) {
        let at = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry { key: Vec::new(), value: None, spread: 0, rank: 0 });
            self.entries.len() as u32 - 1
        });
        let entry = &mut self.entries[at as usize];
        // A slot that was used before keeps the room for its key.
        entry.key.clear();
        entry.key.extend_from_slice(key);
        (entry.value, entry.spread, entry.rank) = (Some(value), spread(key), self.next_rank);
        self.next_rank += 1;
        let entries = &self.entries;
        self.table.insert_unique(hash(key), at, |&e| hash(&entries[e as usize].key));
        while self.len() as u64 >= self.bins as u64 * 3 / 4 && self.bins < BINS_MAX {
            self.double();
        }
    }

    /// All values, in no order.
    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().filter_map(|e| e.value.as_ref())
    }

    /// Takes out the keys of whose values `gone` says so, and hands their values over in Java's order.
    pub(super) fn drain(&mut self, mut gone: impl FnMut(&mut T) -> bool, mut each: impl FnMut(T)) {
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        let mut leaving = |e: &mut Entry<T>| e.value.as_mut().is_some_and(&mut gone);
        order.extend(self.entries.iter_mut().zip(0u32..).filter_map(|(e, i)| leaving(e).then_some(i)));
        self.sort(&mut order);
        for &at in &order {
            let hash = hash(&self.entries[at as usize].key);
            if let Ok(found) = self.table.find_entry(hash, |&e| e == at) {
                found.remove();
            }
            self.free.push(at);
            self.entries[at as usize].value.take().into_iter().for_each(&mut each);
        }
        self.order = order;
    }

    /// Takes a key out.
    pub(super) fn remove(&mut self, key: &[u8]) {
        let entries = &self.entries;
        if let Ok(found) = self.table.find_entry(hash(key), |&e| entries[e as usize].key == key) {
            let at = found.remove().0;
            self.free.push(at);
            self.entries[at as usize].value = None;
        }
    }

    fn sort(&self, order: &mut [u32]) {
        let mask = self.bins - 1;
        order.sort_unstable_by_key(|&e| {
            let entry = &self.entries[e as usize];
            (entry.spread & mask, entry.rank)
        });
    }

    /// The entries in use, in Java's order.
    fn listed(&self) -> Vec<u32> {
        let mut order: Vec<u32> =
            (0..self.entries.len() as u32).filter(|&e| self.entries[e as usize].value.is_some()).collect();
        self.sort(&mut order);
        order
    }

    /// Doubles Java's table. Of each bin the last keys that go the same way stay in order; each one before them is put in
    /// front of its new bin.
    fn double(&mut self) {
        let order = self.listed();
        let (mask, bit) = (self.bins - 1, self.bins);
        let masked = |e: u32, mask: u32| self.entries[e as usize].spread & mask;
        let mut new: Vec<u32> = Vec::with_capacity(order.len());
        for bin in order.chunk_by(|&a, &b| masked(a, mask) == masked(b, mask)) {
            let last = bin.last().map_or(0, |&e| masked(e, bit));
            let tail = bin.iter().rev().take_while(|&&e| masked(e, bit) == last).count();
            let (before, tail) = bin.split_at(bin.len() - tail);
            new.extend(before.iter().rev().chain(tail));
        }
        new.iter().zip(0..).for_each(|(&e, rank)| self.entries[e as usize].rank = rank);
        self.bins *= 2;
    }

    /// Writes keys and values in Java's order.
    pub(super) fn save(&self, out: &mut Writer, write: impl Fn(&T, &mut Writer)) {
        let order = self.listed();
        out.put_u32(self.bins);
        out.put_u64(order.len() as u64);
        for e in order {
            let entry = &self.entries[e as usize];
            out.put_bytes(&entry.key);
            entry.value.iter().for_each(|value| write(value, out));
        }
    }

    /// Reads what [`Keyed::save`] wrote.
    pub(super) fn load(
        &mut self,
        from: &mut Reader<'_>,
        read: impl Fn(&mut Reader<'_>) -> Result<T, LoadError>,
    ) -> Result<(), LoadError> {
        *self = Keyed::default();
        let bins = from.get_u32()?;
        let n = from.get_count(4)?;
        if !bins.is_power_of_two() || !(BINS..=BINS_MAX).contains(&bins) || n as u64 >= bins as u64 * 3 / 4 {
            return Err(LoadError::new("a table's size is out of range"));
        }
        self.bins = bins;
        for _ in 0..n {
            let key = from.get_bytes()?;
            let value = read(from)?;
            if self.get_mut(key).is_some() {
                return Err(LoadError::new("a key is there twice"));
            }
            self.insert(key, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(keys: &mut Keyed<String>) -> Vec<String> {
        let mut all = Vec::new();
        keys.drain(|_| true, |key| all.push(key));
        all
    }

    fn filled(keys: impl Iterator<Item = String>) -> Keyed<String> {
        let mut all = Keyed::default();
        keys.for_each(|key| all.insert(key.as_bytes(), key.clone()));
        all
    }

    #[test]
    fn keys_are_listed_as_the_host_lists_them() {
        // Recorded from java.util.concurrent.ConcurrentHashMap (Java 17): "AaAa", "BBBB" and "AaBB" have one hash.
        let mut small = filled(["AaAa", "b", "BBBB", "zebra", "AaBB", "", "q"].into_iter().map(str::to_owned));
        assert_eq!(listed(&mut small), SMALL);
        let mut grown = filled((0..30).map(|i| format!("k{}", i * 37 % 101)));
        assert_eq!(grown.bins, 64);
        assert_eq!(listed(&mut grown), GROWN);
    }

    #[test]
    fn a_saved_table_is_the_same_again() {
        let mut keys = filled((0..20).map(|i| format!("key {i}")));
        keys.drain(|key| key.ends_with('3'), |_| {});
        let bytes_of = |keys: &Keyed<String>| {
            let mut out = Writer::default();
            keys.save(&mut out, |key, out| out.put_bytes(key.as_bytes()));
            out.bytes
        };
        let bytes = bytes_of(&keys);
        let mut other = Keyed::default();
        let read = |from: &mut Reader<'_>| Ok(String::from_utf8_lossy(from.get_bytes()?).into_owned());
        other.load(&mut Reader::new(&bytes), read).unwrap();
        assert_eq!(bytes_of(&other), bytes);
        assert!(other.load(&mut Reader::new(&bytes[..bytes.len() - 1]), read).is_err());
    }

    const SMALL: [&str; 7] = ["zebra", "", "q", "b", "AaAa", "BBBB", "AaBB"];
    const GROWN: [&str; 30] = [
        "k90", "k70", "k94", "k50", "k97", "k53", "k74", "k30", "k77", "k33", "k10", "k57", "k13", "k37", "k16", "k80",
        "k60", "k0", "k84", "k40", "k3", "k20", "k63", "k87", "k6", "k43", "k67", "k23", "k26", "k47",
    ];
}

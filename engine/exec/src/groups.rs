//! Group keys to dense group numbers.
//!
//! A key is 16 bytes: a value, a short string, or a long string kept aside. Several attributes, and tagged values, are joined
//! to one string of bytes, part by part with their lengths, so that parts cannot run into each other. A group keeps its
//! number while rows refer to it or its aggregates hold something; numbers are reused after that, so nothing may depend on
//! them: a snapshot lists groups by key.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use riddhi_batch::{Arena, Column, Data, LoadError, Reader, Sel, Str, Writer};

use crate::hash;
use crate::keyed::AHEAD_MAX;

/// The key of a null: no string has this length, and no number this high half.
const NULL: u128 = u128::MAX;
const NO_GROUP: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Slot {
    key: [u64; 2],
    id: u32,
    hash: u32,
}

/// A key as the caller has it.
#[derive(Clone, Copy)]
enum Key<'a> {
    Word(u128),
    Long(&'a [u8]),
}

#[derive(Clone, Debug)]
struct Group {
    word: u128,
    long: Option<Box<[u8]>>,
    refs: u32,
    used: bool,
}

/// Groups by key.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    table: HashTable<Slot>,
    groups: Vec<Group>,
    free: Vec<u32>,
    /// Where keys are dense numbers, groups are those: how many there may be, and nothing else is noted.
    dense: Option<usize>,
    hashes: Vec<u64>,
    words: Vec<u128>,
    joined: Vec<u8>,
}

fn hash_word(word: u128) -> u64 {
    hash::of_word(0x5269_6464, word)
}

fn hash_bytes(bytes: &[u8]) -> u64 {
    hash::of_bytes(0x68_69, bytes)
}

fn halves(word: u128) -> [u64; 2] {
    [word as u64, (word >> 64) as u64]
}

/// Bits that are equal exactly for values that group together: by their text, so 0.0 and -0.0 apart, all NaN one.
fn double_bits(x: f64) -> u64 {
    if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }
}

fn float_bits(x: f32) -> u32 {
    if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() }
}

impl Groups {
    /// Groups whose one key is a dense number from 0 on, an int: a key is its group. They are never held nor swept.
    pub fn dense() -> Groups {
        Groups { dense: Some(0), ..Groups::default() }
    }

    /// Whether a key is its group.
    pub fn is_dense(&self) -> bool {
        self.dense.is_some()
    }

    /// Number below which all groups lie.
    pub fn bound(&self) -> usize {
        self.dense.unwrap_or(self.groups.len())
    }

    /// Groups in use, dead ones that were not swept yet included.
    pub fn len(&self) -> usize {
        self.groups.len() - self.free.len()
    }

    /// Whether no group is in use.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends the groups of `n` rows to `ids`, in order; keys never seen get a new group.
    pub fn assign(&mut self, cols: &[Column], by: &[u32], sel: Sel<'_>, n: usize, arena: &Arena, ids: &mut Vec<u32>) {
        if let (Some(bound), [one]) = (&mut self.dense, by)
            && let Data::I32(v) = &cols[*one as usize].data
        {
            let before = ids.len();
            match sel {
                Sel::From(first) => ids.extend(v[first..first + n].iter().map(|&x| x as u32)),
                Sel::Rows(rows) => ids.extend(rows[..n].iter().map(|&i| v[i as usize] as u32)),
            }
            *bound = ids[before..].iter().fold(*bound, |bound, &id| bound.max(id as usize + 1));
            return;
        }
        if let [one] = by
            && self.assign_words(&cols[*one as usize], sel, n, ids)
        {
            return;
        }
        for i in 0..n {
            let id = self.assign_row(cols, by, sel.at(i), arena);
            ids.push(id);
        }
    }

    fn assign_row(&mut self, cols: &[Column], by: &[u32], row: usize, arena: &Arena) -> u32 {
        if let [one] = by
            && let Data::Str(v) = &cols[*one as usize].data
        {
            let column = &cols[*one as usize];
            return match (column.is_null(row), v[row].is_inline()) {
                (true, _) => self.find_or_insert(Key::Word(NULL), hash_word(NULL)),
                (false, true) => self.find_or_insert(Key::Word(v[row].word()), hash_word(v[row].word())),
                (false, false) => {
                    let bytes = v[row].bytes(arena);
                    self.find_or_insert(Key::Long(bytes), hash_bytes(bytes))
                }
            };
        }
        let mut joined = std::mem::take(&mut self.joined);
        joined.clear();
        for &c in by {
            join(&mut joined, &cols[c as usize], row, arena);
        }
        let hash = hash_bytes(&joined);
        let id = self.find_or_insert(Key::Long(&joined), hash);
        self.joined = joined;
        id
    }

    /// The fast path: one column whose keys are all words. False, and nothing done, if a key is not.
    fn assign_words(&mut self, column: &Column, sel: Sel<'_>, n: usize, ids: &mut Vec<u32>) -> bool {
        let mut words = std::mem::take(&mut self.words);
        words.clear();
        let fits = match &column.data {
            Data::I32(v) => fill(&mut words, v, sel, n, |x| x as u32 as u128),
            Data::I64(v) => fill(&mut words, v, sel, n, |x| x as u64 as u128),
            Data::F32(v) => fill(&mut words, v, sel, n, |x| float_bits(x) as u128),
            Data::F64(v) => fill(&mut words, v, sel, n, |x| double_bits(x) as u128),
            Data::Bool(v) => fill(&mut words, v, sel, n, |x| x as u128),
            Data::Str(v) => {
                fill(&mut words, v, sel, n, Str::word);
                words.iter().all(|w| *w as u32 <= 12)
            }
            Data::Any(_) => false,
        };
        if fits {
            if !column.nulls.is_empty() {
                nulls(&mut words, &column.nulls, sel);
            }
            self.find_words(&words, ids);
        }
        self.words = words;
        fits
    }

    fn find_words(&mut self, words: &[u128], ids: &mut Vec<u32>) {
        if words.len() == 1 {
            let id = self.find_or_insert(Key::Word(words[0]), hash_word(words[0]));
            ids.push(id);
            return;
        }
        // Hash all, then look all up: the loops are free of dependencies, so cache misses of a large table overlap.
        let mut hashes = std::mem::take(&mut self.hashes);
        hashes.clear();
        hashes.extend(words.iter().map(|&w| hash_word(w)));
        let before = ids.len();
        ids.extend(words.iter().zip(&hashes).map(|(&w, &h)| {
            let key = halves(w);
            self.table.find(h, |s| s.key == key).map_or(NO_GROUP, |s| s.id)
        }));
        for (i, id) in ids[before..].iter_mut().enumerate() {
            if *id == NO_GROUP {
                *id = self.find_or_insert(Key::Word(words[i]), hashes[i]);
            }
        }
        self.hashes = hashes;
    }

    fn find_or_insert(&mut self, key: Key<'_>, hash: u64) -> u32 {
        let groups = &self.groups;
        let found = match key {
            Key::Word(w) => {
                let k = halves(w);
                self.table.find(hash, |s| s.key == k)
            }
            Key::Long(bytes) => {
                self.table.find(hash, |s| s.hash == hash as u32 && groups[s.id as usize].long.as_deref() == Some(bytes))
            }
        };
        if let Some(slot) = found {
            return slot.id;
        }
        self.insert(key, hash)
    }

    fn insert(&mut self, key: Key<'_>, hash: u64) -> u32 {
        // Words of long strings never equal words of short ones: their lengths differ.
        let (word, long) = match key {
            Key::Word(w) => (w, None),
            Key::Long(bytes) => (u32::MAX as u128 - 1, Some(bytes.into())),
        };
        let group = Group { word, long, refs: 0, used: true };
        let id = match self.free.pop() {
            Some(id) => {
                self.groups[id as usize] = group;
                id
            }
            None => {
                self.groups.push(group);
                self.groups.len() as u32 - 1
            }
        };
        let slot = Slot { key: halves(word), id, hash: hash as u32 };
        let groups = &self.groups;
        self.table.insert_unique(hash, slot, |s| rehash(&groups[s.id as usize]));
        id
    }

    /// Rows of these groups are held now.
    #[inline]
    pub fn hold(&mut self, ids: &[u32]) {
        if self.is_dense() {
            return;
        }
        for &id in ids {
            self.groups[id as usize].refs += 1;
        }
    }

    /// Rows of these groups are held no longer.
    #[inline]
    pub fn let_go(&mut self, ids: &[u32]) {
        if self.is_dense() {
            return;
        }
        for &id in ids {
            let refs = &mut self.groups[id as usize].refs;
            *refs = refs.saturating_sub(1);
        }
    }

    /// No row is held any more.
    pub fn let_all_go(&mut self) {
        self.groups.iter_mut().for_each(|g| g.refs = 0);
    }

    /// Drops the groups whose key, or its first part, is one of these ints, and tells `gone` of each.
    pub fn remove_numbers(&mut self, numbers: &[u32], mut gone: impl FnMut(u32)) {
        if let Some(bound) = self.dense {
            return numbers.iter().copied().filter(|&n| (n as usize) < bound).for_each(gone);
        }
        let numbers: hashbrown::HashSet<u32, FixedState> = numbers.iter().copied().collect();
        for id in 0..self.groups.len() as u32 {
            let group = &self.groups[id as usize];
            let first = match &group.long {
                Some(bytes) => bytes.get(1..5).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes),
                None => Some(group.word as u32),
            };
            if group.used && first.is_some_and(|n| numbers.contains(&n)) {
                self.drop_group(id);
                gone(id);
            }
        }
    }

    /// Gives back the room of groups that are not used; `numbers`: where keys are groups, how many there are now. How many groups
    /// there is room for then, if that is fewer than before.
    pub fn shrink(&mut self, numbers: usize) -> Option<usize> {
        let before = self.bound();
        if let Some(bound) = &mut self.dense {
            *bound = numbers.min(before);
            return (*bound < before).then_some(*bound);
        }
        let bound = self.groups.iter().rposition(|g| g.used).map_or(0, |last| last + 1);
        if bound == before {
            return None;
        }
        self.groups.truncate(bound);
        self.groups.shrink_to_fit();
        self.free.retain(|&id| (id as usize) < bound);
        self.free.shrink_to_fit();
        let groups = &self.groups;
        self.table.shrink_to_fit(|s| rehash(&groups[s.id as usize]));
        Some(bound)
    }

    fn drop_group(&mut self, id: u32) {
        let hash = rehash(&self.groups[id as usize]);
        if let Ok(entry) = self.table.find_entry(hash, |s| s.id == id) {
            entry.remove();
        }
        self.groups[id as usize] = Group { word: 0, long: None, refs: 0, used: false };
        self.free.push(id);
    }

    /// Drops the groups that no row refers to and for which `clear` holds, and tells `gone` of each.
    pub fn sweep(&mut self, clear: impl Fn(u32) -> bool, mut gone: impl FnMut(u32)) {
        for id in 0..self.groups.len() as u32 {
            let group = &self.groups[id as usize];
            if !group.used || group.refs > 0 || !clear(id) {
                continue;
            }
            self.drop_group(id);
            gone(id);
        }
    }

    /// The groups worth writing to a snapshot, by key: those that rows refer to or for which `clear` does not hold.
    pub fn sorted(&self, clear: impl Fn(u32) -> bool) -> Vec<u32> {
        if let Some(bound) = self.dense {
            return (0..bound as u32).filter(|&id| !clear(id)).collect();
        }
        let all = 0..self.groups.len() as u32;
        let mut ids: Vec<u32> = all
            .filter(|&id| self.groups[id as usize].used && (self.groups[id as usize].refs > 0 || !clear(id)))
            .collect();
        ids.sort_by(|&a, &b| {
            let (a, b) = (&self.groups[a as usize], &self.groups[b as usize]);
            (&a.long, a.word).cmp(&(&b.long, b.word))
        });
        ids
    }

    /// Writes the key of a group and the rows that refer to it.
    pub fn save(&self, id: u32, out: &mut Writer) {
        if self.dense.is_some() {
            return out.put_u32(id);
        }
        let group = &self.groups[id as usize];
        out.put_u32(group.refs);
        out.put_bool(group.long.is_some());
        match &group.long {
            Some(bytes) => out.put_bytes(bytes),
            None => {
                out.put_u64(group.word as u64);
                out.put_u64((group.word >> 64) as u64);
            }
        }
    }

    /// Reads what [`Groups::save`] wrote as a new group.
    pub fn load(&mut self, from: &mut Reader<'_>) -> Result<u32, LoadError> {
        if let Some(bound) = &mut self.dense {
            let id = from.get_u32()?;
            if id as usize > *bound + AHEAD_MAX {
                return Err(LoadError::new("the number of a group is out of range"));
            }
            *bound = (*bound).max(id as usize + 1);
            return Ok(id);
        }
        let refs = from.get_u32()?;
        let id = if from.get_bool()? {
            let bytes = from.get_bytes()?;
            self.find_or_insert(Key::Long(bytes), hash_bytes(bytes))
        } else {
            let word = from.get_u64()? as u128 | (from.get_u64()? as u128) << 64;
            self.find_or_insert(Key::Word(word), hash_word(word))
        };
        self.groups[id as usize].refs = refs;
        Ok(id)
    }

    /// Forgets all groups.
    pub fn clear(&mut self) {
        self.dense = self.dense.map(|_| 0);
        self.table.clear();
        self.groups.clear();
        self.free.clear();
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        let longs: usize = self.groups.iter().filter_map(|g| g.long.as_ref()).map(|l| l.len()).sum();
        self.table.capacity() * (size_of::<Slot>() + 1) + self.groups.capacity() * size_of::<Group>() + longs
    }
}

fn rehash(group: &Group) -> u64 {
    group.long.as_deref().map_or_else(|| hash_word(group.word), hash_bytes)
}

fn fill<T: Copy>(words: &mut Vec<u128>, values: &[T], sel: Sel<'_>, n: usize, word: impl Fn(T) -> u128) -> bool {
    match sel {
        Sel::From(first) => words.extend(values[first..first + n].iter().map(|&x| word(x))),
        Sel::Rows(rows) => words.extend(rows[..n].iter().map(|&i| word(values[i as usize]))),
    }
    true
}

fn nulls(words: &mut [u128], nulls: &[u8], sel: Sel<'_>) {
    for (i, word) in words.iter_mut().enumerate() {
        if nulls[sel.at(i)] != 0 {
            *word = NULL;
        }
    }
}

/// Appends one part of a joined key: a byte for null, else length and text.
fn join(out: &mut Vec<u8>, column: &Column, row: usize, arena: &Arena) {
    if column.is_null(row) {
        out.push(0);
        return;
    }
    out.push(1);
    match &column.data {
        Data::I32(v) => out.extend_from_slice(&v[row].to_le_bytes()),
        Data::I64(v) => out.extend_from_slice(&v[row].to_le_bytes()),
        Data::F32(v) => out.extend_from_slice(&float_bits(v[row]).to_le_bytes()),
        Data::F64(v) => out.extend_from_slice(&double_bits(v[row]).to_le_bytes()),
        Data::Bool(v) => out.push(v[row]),
        Data::Str(v) => {
            out.extend_from_slice(&(v[row].len() as u32).to_le_bytes());
            out.extend_from_slice(v[row].bytes(arena));
        }
        Data::Any(v) => {
            let text = v[row].value(arena).to_string();
            out.extend_from_slice(&(text.len() as u32).to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use riddhi_batch::{Kind, Value};

    fn column(kind: Kind, values: &[Value], arena: &mut Arena) -> Column {
        let mut c = Column::new(kind);
        values.iter().for_each(|v| assert!(c.push_value(v, arena)));
        c
    }

    fn ids(groups: &mut Groups, cols: &[Column], by: &[u32], arena: &Arena) -> Vec<u32> {
        let mut ids = Vec::new();
        groups.assign(cols, by, Sel::From(0), cols[0].len(), arena, &mut ids);
        ids
    }

    #[test]
    fn keys_group_by_their_text() {
        let mut arena = Arena::new();
        let long = || Value::Str("a key of more than twelve bytes".into());
        let strings = [Value::Str("a".into()), long(), Value::Null, Value::Str("null".into()), long(), Value::Null];
        let cols = [column(Kind::Str, &strings, &mut arena)];
        assert_eq!(ids(&mut Groups::default(), &cols, &[0], &arena), [0, 1, 2, 3, 1, 2]);
        let doubles = [0.0, -0.0, f64::NAN, -f64::NAN, 0.0].map(Value::Double);
        let cols = [column(Kind::F64, &doubles, &mut arena)];
        assert_eq!(ids(&mut Groups::default(), &cols, &[0], &arena), [0, 1, 2, 2, 0]);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let mut arena = Arena::new();
        let a = ["a", "a:-:b", "a"].map(|s| Value::Str(s.into()));
        let b = ["b:-:c", "c", "b:-:c"].map(|s| Value::Str(s.into()));
        let cols = [column(Kind::Str, &a, &mut arena), column(Kind::Str, &b, &mut arena)];
        assert_eq!(ids(&mut Groups::default(), &cols, &[0, 1], &arena), [0, 1, 0]);
    }

    #[test]
    fn swept_numbers_are_reused() {
        let mut groups = Groups::default();
        let arena = Arena::new();
        let mut c = Column::new(Kind::I32);
        (0..100).for_each(|i| c.push_i32(i));
        let all = ids(&mut groups, std::slice::from_ref(&c), &[0], &arena);
        groups.hold(&all[..10]);
        groups.sweep(|_| true, |_| {});
        assert_eq!(groups.len(), 10);
        let again = ids(&mut groups, std::slice::from_ref(&c), &[0], &arena);
        assert_eq!(again[..10], all[..10]);
        assert_eq!(groups.bound(), 100);
    }
}

//! One row a key, listed in the order in which Java lists a hash map: a batch comes out in that order.
//!
//! Java's table has a power of two of bins and doubles when it is more than three quarters full; it never shrinks, not even when
//! it is emptied. Within a bin keys stand in order of insertion. Not followed: Java turns a bin of more than eight keys
//! into a tree, which takes keys that were chosen for it.

use hashbrown::HashTable;
use riddhi_batch::java::{BINS, BINS_MAX, grown, spread, text_hash};
use riddhi_batch::{Column, Data, LoadError, Reader, Value, Writer};
use riddhi_plan::registry::Entering;

use crate::hash;

#[derive(Clone, Debug)]
struct Entry {
    key: Vec<u8>,
    /// Java's hash, its upper half mixed in.
    spread: u32,
    row: u64,
}

/// Rows by key.
#[derive(Clone, Debug)]
pub(super) struct Table {
    index: HashTable<u32>,
    /// In order of insertion.
    entries: Vec<Entry>,
    /// Buffers of keys that left.
    spare: Vec<Vec<u8>>,
    bins: u32,
    order: Vec<u32>,
}

impl Default for Table {
    fn default() -> Table {
        let (index, entries, spare) = (HashTable::new(), Vec::new(), Vec::new());
        Table { index, entries, spare, bins: BINS, order: Vec::new() }
    }
}

fn hash(key: &[u8]) -> u64 {
    hash::of_bytes(0x756e_6971, key)
}

/// Writes the key that the column has there, its type first; Java's hash of it. With `as_text` it is the value's text.
pub(in crate::window) fn write_key(
    rows: &Entering<'_>,
    attribute: u32,
    i: usize,
    as_text: bool,
    key: &mut Vec<u8>,
) -> u32 {
    key.clear();
    let (column, at): (&Column, usize) = (&rows.cols[attribute as usize], rows.place(i));
    if column.is_null(at) {
        return 0;
    }
    let mut put = |tag: u8, bytes: &[u8]| {
        key.push(tag);
        key.extend_from_slice(bytes);
    };
    let folded = |x: u64| (x ^ (x >> 32)) as u32;
    match &column.data {
        Data::I32(_) | Data::I64(_) | Data::F32(_) | Data::F64(_) | Data::Bool(_) if as_text => {
            let text = column.value(at, rows.arena).to_string();
            put(6, text.as_bytes());
            text_hash(&text)
        }
        Data::I32(v) => {
            put(1, &v[at].to_le_bytes());
            v[at] as u32
        }
        Data::I64(v) => {
            put(2, &v[at].to_le_bytes());
            folded(v[at] as u64)
        }
        Data::F32(v) => {
            let bits = if v[at].is_nan() { 0x7fc0_0000 } else { v[at].to_bits() };
            put(3, &bits.to_le_bytes());
            bits
        }
        Data::F64(v) => {
            let bits = if v[at].is_nan() { 0x7ff8_0000_0000_0000 } else { v[at].to_bits() };
            put(4, &bits.to_le_bytes());
            folded(bits)
        }
        Data::Bool(v) => {
            put(5, &[(v[at] != 0) as u8]);
            if v[at] != 0 { 1231 } else { 1237 }
        }
        Data::Str(v) => {
            let text = v[at].text(rows.arena);
            put(6, text.as_bytes());
            text_hash(text)
        }
        Data::Any(v) => {
            let text = match v[at].value(rows.arena) {
                Value::Str(text) => text.into_string(),
                other => other.to_string(),
            };
            put(6, text.as_bytes());
            text_hash(&text)
        }
    }
}

impl Table {
    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Puts a row in. Of a key that is there it takes the place, if `replace`.
    pub(super) fn put(&mut self, key: &[u8], hashed: u32, row: u64, replace: bool) {
        let entries = &self.entries;
        let found = self.index.find(hash(key), |&e| entries[e as usize].key == key).copied();
        if let Some(at) = found {
            if replace {
                self.entries[at as usize].row = row;
            }
            return;
        }
        let mut own = self.spare.pop().unwrap_or_default();
        own.clear();
        own.extend_from_slice(key);
        self.entries.push(Entry { key: own, spread: spread(hashed), row });
        let entries = &self.entries;
        let at = entries.len() as u32 - 1;
        self.index.insert_unique(hash(key), at, |&e| hash(&entries[e as usize].key));
        self.bins = grown(self.bins, self.len());
    }

    /// Appends all rows in Java's order, and empties the table.
    pub(super) fn drain(&mut self, rows: &mut Vec<u64>) {
        self.order.clear();
        self.order.extend(0..self.entries.len() as u32);
        let (mask, entries) = (self.bins - 1, &self.entries);
        self.order.sort_by_key(|&e| entries[e as usize].spread & mask);
        rows.extend(self.order.iter().map(|&e| entries[e as usize].row));
        self.clear();
    }

    /// Takes over all rows of another: of a key that is there its row takes the place.
    pub(super) fn take_all(&mut self, other: &mut Table) {
        for Entry { key, spread, row } in other.entries.drain(..) {
            let before = self.len();
            self.put(&key, 0, row, true);
            if self.len() > before {
                self.entries[before].spread = spread;
            }
            other.spare.push(key);
        }
        other.index.clear();
    }

    pub(super) fn clear(&mut self) {
        self.spare.extend(self.entries.drain(..).map(|e| e.key));
        self.index.clear();
    }

    /// All rows, in order of insertion.
    pub(super) fn rows(&self) -> impl Iterator<Item = u64> {
        self.entries.iter().map(|e| e.row)
    }

    pub(super) fn save(&self, out: &mut Writer) {
        out.put_u32(self.bins);
        out.put_u64(self.entries.len() as u64);
        for entry in &self.entries {
            out.put_bytes(&entry.key);
            out.put_u32(entry.spread);
            out.put_u64(entry.row);
        }
    }

    pub(super) fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        *self = Table::default();
        let bins = from.get_u32()?;
        let n = from.get_count(16)?;
        if !bins.is_power_of_two() || !(BINS..=BINS_MAX).contains(&bins) || n as u64 > bins as u64 * 3 / 4 {
            return Err(LoadError::new("a table's size is out of range"));
        }
        self.bins = bins;
        for _ in 0..n {
            let key = from.get_bytes()?.to_vec();
            let spread = from.get_u32()?;
            let row = from.get_u64()?;
            let before = self.len();
            self.put(&key, 0, row, false);
            if self.len() == before {
                return Err(LoadError::new("a key is there twice"));
            }
            self.entries[before].spread = spread;
        }
        Ok(())
    }
}

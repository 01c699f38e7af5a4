//! The index of equal keys: a hash table of keys, each with the chain of its rows.

use hashbrown::HashTable;

use super::key::{Keys, Word, hash_of, is_hash};

/// No row.
pub(super) const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Entry {
    word: Word,
    /// First row of the chain.
    row: u32,
}

/// Rows by key. A row is a slot of the table, whose columns hold the key's values.
#[derive(Clone, Debug)]
pub(super) struct HashIndex {
    pub columns: Vec<u32>,
    unique: bool,
    table: HashTable<Entry>,
    /// By row, unless unique: the next row of the same key, and the one before.
    next: Vec<u32>,
    previous: Vec<u32>,
}

impl HashIndex {
    pub(super) fn new(columns: Vec<u32>, unique: bool) -> HashIndex {
        HashIndex { columns, unique, table: HashTable::new(), next: Vec::new(), previous: Vec::new() }
    }

    /// The first row with the key that row `at` of `keys` has, of the word `word`. `own`: the table's columns.
    #[inline]
    pub(super) fn find(&self, own: &Keys<'_>, word: Word, keys: &Keys<'_>, at: usize) -> Option<u32> {
        let same = |e: &Entry| e.word == word && (!is_hash(word) || own.same(e.row as usize, keys, at));
        self.table.find(hash_of(word), same).map(|e| e.row)
    }

    /// The first row of each of these keys, or [`NONE`]; of words that are no hashes.
    pub(super) fn find_words(&self, words: &[Word], hashes: &mut Vec<u64>, out: &mut Vec<u32>) {
        // Hash all, then look all up: no look-up waits for another, so the cache misses of a large table overlap.
        hashes.clear();
        hashes.extend(words.iter().map(|&w| hash_of(w)));
        out.extend(
            words.iter().zip(hashes.iter()).map(|(&w, &h)| self.table.find(h, |e| e.word == w).map_or(NONE, |e| e.row)),
        );
    }

    /// The row behind this one in its chain, or [`NONE`].
    #[inline]
    pub(super) fn next(&self, row: u32) -> u32 {
        if self.unique { NONE } else { self.next[row as usize] }
    }

    /// Puts in a row, whose values stand in the table. The caller has seen that a unique key is new.
    pub(super) fn insert(&mut self, own: &Keys<'_>, row: u32) {
        let word = own.word(row as usize);
        let hash = hash_of(word);
        if !self.unique {
            let rows = self.next.len().max(row as usize + 1);
            self.next.resize(rows, NONE);
            self.previous.resize(rows, NONE);
            let same = |e: &Entry| e.word == word && (!is_hash(word) || own.same(e.row as usize, own, row as usize));
            if let Some(entry) = self.table.find_mut(hash, same) {
                self.next[row as usize] = entry.row;
                self.previous[row as usize] = NONE;
                self.previous[entry.row as usize] = row;
                entry.row = row;
                return;
            }
            self.next[row as usize] = NONE;
            self.previous[row as usize] = NONE;
        }
        self.table.insert_unique(hash, Entry { word, row }, |e| hash_of(e.word));
    }

    /// Takes out a row, whose values still stand in the table.
    pub(super) fn remove(&mut self, own: &Keys<'_>, row: u32) {
        if !self.unique {
            let (next, previous) = (self.next[row as usize], self.previous[row as usize]);
            if next != NONE {
                self.previous[next as usize] = previous;
            }
            if previous != NONE {
                self.next[previous as usize] = next;
                return;
            }
            if next != NONE {
                let word = own.word(row as usize);
                if let Some(entry) = self.table.find_mut(hash_of(word), |e| e.row == row) {
                    entry.row = next;
                }
                return;
            }
        }
        let word = own.word(row as usize);
        if let Ok(entry) = self.table.find_entry(hash_of(word), |e| e.row == row) {
            entry.remove();
        }
    }

    pub(super) fn clear(&mut self) {
        self.table.clear();
        self.next.clear();
        self.previous.clear();
    }

    /// Bytes held, about.
    pub(super) fn bytes(&self) -> usize {
        self.table.capacity() * (size_of::<Entry>() + 1) + (self.next.capacity() + self.previous.capacity()) * 4
    }
}

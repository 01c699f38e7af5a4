//! The keys of a partition: texts to dense numbers, in order of first appearance.
//!
//! A number is reused once its key was dropped for having had no event for long; its rank, which is not, tells which of two keys
//! appeared first. Where nothing is ever dropped, number and rank are one.

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashTable};
use riddhi_batch::{Arena, Column, Data, LoadError, Reader, Str, Writer};
use riddhi_plan::partition::{PartitionPlan, PurgePlan};

use crate::hash;
use crate::line::Line;

/// The number of what has no key.
pub const NO_KEY: u32 = u32::MAX;

/// A key in place of a text that is too long to stand in it.
const LONG: u128 = u128::MAX;

/// Keys that a partition has at most. An event that would bring another is refused, counted and reported; `@purge` makes room.
pub const KEYS_MAX: usize = 100_000_000;

/// Keys by text.
#[derive(Debug)]
pub struct Keys {
    /// How many there may be.
    most: usize,
    /// Events that have been given no key because there were too many, since the last look.
    refused: u64,
    /// Name of its section in a snapshot.
    name: String,
    purge: Option<PurgePlan>,
    table: HashTable<u32>,
    /// By number: a value, or a short text; [`LONG`] of a long one.
    words: Vec<u128>,
    long: Longs,
    /// Numbers of dropped keys, the last one taken first.
    free: Vec<u32>,
    /// By number, where keys may be dropped: its rank, and the clock at its last event.
    seen: Vec<(u64, i64)>,
    /// The same: keys by rank.
    ranked: Line,
    next_rank: u64,
    /// Keys that were just dropped, until the engine has told the operators inside.
    pub dropped: Vec<u32>,
    hashes: Vec<u64>,
}

fn hash_word(word: u128) -> u64 {
    hash::of_word(0x6b65_7973, word)
}

fn hash_bytes(bytes: &[u8]) -> u64 {
    hash::of_bytes(0x6b65_7974, bytes)
}

type Longs = HashMap<u32, Box<[u8]>, FixedState>;

/// The hash of a key that is known.
fn hash_of(key: u32, words: &[u128], long: &Longs) -> u64 {
    match words[key as usize] {
        LONG => long.get(&key).map_or(0, |text| hash_bytes(text)),
        word => hash_word(word),
    }
}

impl Keys {
    /// No keys yet.
    pub fn new(plan: &PartitionPlan) -> Keys {
        Keys {
            most: KEYS_MAX,
            refused: 0,
            name: plan.key.clone(),
            purge: plan.purge,
            table: HashTable::new(),
            words: Vec::new(),
            long: HashMap::default(),
            free: Vec::new(),
            seen: Vec::new(),
            ranked: Line::new(),
            next_rank: 0,
            dropped: Vec::new(),
            hashes: Vec::new(),
        }
    }

    /// Events that were given no key since the last call because there are [`KEYS_MAX`].
    pub fn take_refused(&mut self) -> u64 {
        std::mem::take(&mut self.refused)
    }

    /// Name of its section in a snapshot.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When keys are dropped.
    pub fn purge(&self) -> Option<PurgePlan> {
        self.purge
    }

    /// Keys known.
    pub fn len(&self) -> usize {
        self.words.len() - self.free.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where a key stands among all by first appearance.
    pub fn rank(&self, key: u32) -> u64 {
        self.seen.get(key as usize).map_or(u64::from(key), |s| s.0)
    }

    /// Appends all keys in order of first appearance.
    pub fn all(&self, out: &mut Vec<u32>) {
        match self.purge {
            None => out.extend(0..self.words.len() as u32),
            Some(_) => out.extend(self.ranked.iter()),
        }
    }

    /// Appends the numbers of the keys of all rows of a column from `first` on: new ones get the next number, a null none.
    /// Which of them are new is settled in the order of the rows.
    pub fn assign(&mut self, column: &Column, first: usize, arena: &Arena, out: &mut Vec<u32>) {
        let n = column.len() - first;
        let null = |i: usize| column.is_null(first + i);
        match &column.data {
            Data::I32(v) => self.assign_words(n, |i| v[first + i] as u32 as u128, null, out),
            Data::I64(v) => self.assign_words(n, |i| v[first + i] as u64 as u128, null, out),
            Data::Bool(v) => self.assign_words(n, |i| v[first + i] as u128, null, out),
            Data::Str(v) if v[first..].iter().all(|x| x.is_inline()) => {
                self.assign_words(n, |i| v[first + i].word(), null, out);
            }
            Data::Str(v) => {
                for (i, text) in v[first..].iter().enumerate() {
                    out.push(if null(i) { NO_KEY } else { self.text(text.bytes(arena)) });
                }
            }
            Data::F32(_) | Data::F64(_) | Data::Any(_) => {
                for i in 0..n {
                    let key =
                        if null(i) { NO_KEY } else { self.text(column.value(first + i, arena).to_string().as_bytes()) };
                    out.push(key);
                }
            }
        }
    }

    fn assign_words(
        &mut self,
        n: usize,
        word: impl Fn(usize) -> u128,
        null: impl Fn(usize) -> bool,
        out: &mut Vec<u32>,
    ) {
        // Hash all, then look all up: the loops are free of dependencies, so cache misses of a large table overlap.
        let mut hashes = std::mem::take(&mut self.hashes);
        hashes.clear();
        hashes.extend((0..n).map(|i| hash_word(word(i))));
        let before = out.len();
        let words = &self.words;
        out.extend(hashes.iter().enumerate().map(|(i, &hash)| {
            let word = word(i);
            self.table.find(hash, |&key| words[key as usize] == word).copied().unwrap_or(NO_KEY)
        }));
        for (i, &hash) in hashes.iter().enumerate() {
            let key = &mut out[before + i];
            if null(i) {
                *key = NO_KEY;
            } else if *key == NO_KEY {
                *key = self.word(word(i), hash);
            }
        }
        self.hashes = hashes;
    }

    /// The number of a key of that text.
    pub fn text(&mut self, text: &[u8]) -> u32 {
        if let Some(short) = Str::inline(text) {
            return self.word(short.word(), hash_word(short.word()));
        }
        let hash = hash_bytes(text);
        let long = &self.long;
        if let Some(&key) = self.table.find(hash, |key| long.get(key).is_some_and(|l| **l == *text)) {
            return key;
        }
        let key = self.add(LONG, hash);
        if key != NO_KEY {
            self.long.insert(key, text.into());
        }
        key
    }

    fn word(&mut self, word: u128, hash: u64) -> u32 {
        let words = &self.words;
        match self.table.find(hash, |&key| words[key as usize] == word) {
            Some(&key) => key,
            None => self.add(word, hash),
        }
    }

    fn add(&mut self, word: u128, hash: u64) -> u32 {
        if self.len() >= self.most {
            self.refused += 1;
            return NO_KEY;
        }
        let key = match self.free.pop() {
            Some(key) => {
                self.words[key as usize] = word;
                key
            }
            None => {
                self.words.push(word);
                self.words.len() as u32 - 1
            }
        };
        if self.purge.is_some() {
            if self.seen.len() <= key as usize {
                self.seen.resize(key as usize + 1, (0, 0));
            }
            self.seen[key as usize] = (self.next_rank, i64::MIN);
            self.ranked.push(key);
            self.next_rank += 1;
        }
        let (words, long) = (&self.words, &self.long);
        self.table.insert_unique(hash, key, |&key| hash_of(key, words, long));
        key
    }

    /// An event of that key came at `now`.
    #[inline]
    pub fn touch(&mut self, key: u32, now: i64) {
        if let Some((_, seen)) = self.seen.get_mut(key as usize) {
            *seen = now;
        }
    }

    /// When the first of the keys known can be dropped.
    pub fn first_idle(&self) -> Option<i64> {
        let seen = self.ranked.iter().map(|key| self.seen[key as usize].1).min();
        Some(seen?.saturating_add(self.purge?.idle_ms))
    }

    /// Drops the keys that had no event for the idle period; they stand in `dropped` then.
    pub fn drop_idle(&mut self, now: i64) {
        let Some(purge) = self.purge else { return };
        let since = now.saturating_sub(purge.idle_ms);
        let idle: Vec<u32> = self.ranked.iter().filter(|&k| self.seen[k as usize].1 <= since).collect();
        for &key in &idle {
            let hash = hash_of(key, &self.words, &self.long);
            if let Ok(entry) = self.table.find_entry(hash, |&k| k == key) {
                entry.remove();
            }
            self.ranked.remove(key);
            self.long.remove(&key);
            self.words[key as usize] = 0;
            self.free.push(key);
        }
        self.dropped.extend(idle);
        let numbers = self.ranked.iter().max().map_or(0, |last| last as usize + 1);
        if numbers < self.words.len() {
            self.shrink(numbers);
        }
    }

    /// Gives back the room of numbers from `numbers` on, which no key has.
    fn shrink(&mut self, numbers: usize) {
        self.words.truncate(numbers);
        self.words.shrink_to_fit();
        self.seen.truncate(numbers);
        self.seen.shrink_to_fit();
        self.ranked.shrink(numbers);
        self.free.retain(|&key| (key as usize) < numbers);
        self.free.shrink_to_fit();
        self.long.shrink_to_fit();
        let (words, long) = (&self.words, &self.long);
        self.table.shrink_to_fit(|&key| hash_of(key, words, long));
    }

    /// Number below which all keys lie.
    pub fn bound(&self) -> usize {
        self.words.len()
    }

    /// Writes all keys.
    pub fn save(&self, out: &mut Writer) {
        out.put_u64(self.next_rank);
        out.put_u64(self.words.len() as u64);
        out.put_u64(self.free.len() as u64);
        self.free.iter().for_each(|&key| out.put_u32(key));
        let mut keys = Vec::with_capacity(self.len());
        self.all(&mut keys);
        for key in keys {
            out.put_u32(key);
            let word = self.words[key as usize];
            out.put_bool(word == LONG);
            match self.long.get(&key) {
                Some(text) if word == LONG => out.put_bytes(text),
                _ => {
                    out.put_u64(word as u64);
                    out.put_u64((word >> 64) as u64);
                }
            }
            if let Some(&(rank, seen)) = self.seen.get(key as usize) {
                out.put_u64(rank);
                out.put_i64(seen);
            }
        }
    }

    /// Reads what [`Keys::save`] wrote.
    pub fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        let next_rank = from.get_u64()?;
        let numbers = from.get_u64()? as usize;
        let n = from.get_count(4)?;
        let free = (0..n).map(|_| from.get_u32()).collect::<Result<Vec<_>, _>>()?;
        let live = numbers.checked_sub(free.len()).filter(|&live| live <= from.left() / 5);
        let live = live.ok_or_else(|| LoadError::new("there are fewer keys than it says"))?;
        let wrong = || LoadError::new("the number of a key is out of range");
        if free.iter().any(|&key| key as usize >= numbers) {
            return Err(wrong());
        }
        self.words = vec![0; numbers];
        self.seen = if self.purge.is_some() { vec![(0, 0); numbers] } else { Vec::new() };
        let mut before = None;
        for _ in 0..live {
            let key = from.get_u32()?;
            if key as usize >= numbers {
                return Err(wrong());
            }
            let hash = if from.get_bool()? {
                let text = from.get_bytes()?;
                self.words[key as usize] = LONG;
                self.long.insert(key, text.into());
                hash_bytes(text)
            } else {
                let word = from.get_u64()? as u128 | (from.get_u64()? as u128) << 64;
                self.words[key as usize] = word;
                hash_word(word)
            };
            if self.purge.is_some() {
                let rank = from.get_u64()?;
                if rank >= next_rank || before.is_some_and(|before| rank <= before) || self.ranked.has(key) {
                    return Err(LoadError::new("keys are not in the order in which they appeared"));
                }
                before = Some(rank);
                self.seen[key as usize] = (rank, from.get_i64()?);
                self.ranked.push(key);
            }
            let (words, long) = (&self.words, &self.long);
            self.table.insert_unique(hash, key, |&key| hash_of(key, words, long));
        }
        self.free = free;
        self.next_rank = next_rank;
        Ok(())
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        let long: usize = self.long.values().map(|l| l.len() + 32).sum();
        self.table.capacity() * 5 + self.words.capacity() * 16 + self.seen.capacity() * 16 + self.ranked.bytes() + long
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use riddhi_batch::{Kind, Value};

    fn keys(purge: bool) -> Keys {
        let purge = purge.then_some(PurgePlan { idle_ms: 10, interval_ms: 5 });
        Keys::new(&PartitionPlan { label: String::new(), key: "partition:1".to_owned(), purge, one_type: true })
    }

    fn assign(keys: &mut Keys, texts: &[Option<&str>]) -> Vec<u32> {
        let (mut column, mut arena, mut out) = (Column::new(Kind::Str), Arena::new(), Vec::new());
        for text in texts {
            let value = text.map_or(Value::Null, |t| Value::Str(t.into()));
            assert!(column.push_value(&value, &mut arena));
        }
        keys.assign(&column, 0, &arena, &mut out);
        out
    }

    #[test]
    fn numbers_come_in_order_and_are_reused_when_keys_were_dropped() {
        let mut keys = keys(true);
        let long = "a text of more than twelve bytes";
        assert_eq!(assign(&mut keys, &[Some("a"), Some(long), None, Some("a")]), [0, 1, NO_KEY, 0]);
        keys.touch(0, 100);
        keys.touch(1, 108);
        keys.drop_idle(110);
        assert_eq!((&keys.dropped[..], keys.len()), (&[0][..], 1));
        assert_eq!((keys.bound(), assign(&mut keys, &[Some("b"), Some("a"), Some(long)])), (2, vec![0, 2, 1]));
        assert_eq!((keys.rank(1), keys.rank(0), keys.rank(2)), (1, 2, 3));
        let mut all = Vec::new();
        keys.all(&mut all);
        assert_eq!(all, [1, 0, 2]);
        let mut bytes = Writer::default();
        keys.save(&mut bytes);
        let mut again = self::keys(true);
        again.load(&mut Reader::new(&bytes.bytes)).unwrap();
        let mut same = Writer::default();
        again.save(&mut same);
        assert_eq!(bytes.bytes, same.bytes);
        assert_eq!(assign(&mut again, &[Some(long), Some("c")]), [1, 3]);
        for cut in [0, 8, 20, bytes.bytes.len() - 1] {
            assert!(self::keys(true).load(&mut Reader::new(&bytes.bytes[..cut])).is_err());
        }
    }

    #[test]
    fn there_are_no_more_keys_than_may_be() {
        let mut keys = Keys { most: 2, ..keys(true) };
        let long = "a text of more than twelve bytes";
        assert_eq!(
            assign(&mut keys, &[Some("a"), Some("b"), Some("c"), Some(long), Some("b")]),
            [0, 1, NO_KEY, NO_KEY, 1]
        );
        assert_eq!((keys.take_refused(), keys.take_refused()), (2, 0));
        keys.touch(1, 100);
        keys.drop_idle(50);
        assert_eq!(assign(&mut keys, &[Some("c"), Some(long)]), [0, NO_KEY]);
    }

    #[test]
    fn a_key_is_the_text_of_a_value() {
        let mut keys = keys(false);
        let (mut doubles, arena) = (Column::new(Kind::F64), Arena::new());
        [1.5, -0.0, 0.0, 1.5].into_iter().for_each(|x| doubles.push_f64(x));
        let mut out = Vec::new();
        keys.assign(&doubles, 0, &arena, &mut out);
        assert_eq!(out, [0, 1, 2, 0]);
        assert_eq!(assign(&mut keys, &[Some("-0.0"), Some("1.5")]), [1, 0]);
    }
}

//! Maps as values, in the order in which Java lists them.

use crate::Value;
use crate::java::{BINS, grown, spread};

/// A map: Java's `HashMap`, which lists its entries by their hashes, or `LinkedHashMap`, which lists them as they came.
#[derive(Clone, Debug)]
pub struct Map {
    pub(crate) linked: bool,
    /// Buckets that Java would have: they grow with the map and stay when it shrinks.
    pub(crate) buckets: u32,
    /// In the order in which they came.
    pub(crate) entries: Vec<(Value, Value)>,
}

impl Default for Map {
    fn default() -> Map {
        Map { linked: false, buckets: BINS, entries: Vec::new() }
    }
}

impl Map {
    /// An empty map that lists its entries as they came.
    pub fn linked() -> Map {
        Map { linked: true, ..Map::default() }
    }

    /// Entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of a key.
    pub fn get(&self, key: &Value) -> Option<&Value> {
        self.entries.iter().find(|(k, _)| k == key).map(|(_, value)| value)
    }

    /// Gives a key a value; that which it had.
    pub fn put(&mut self, key: Value, value: Value) -> Option<Value> {
        if let Some((_, old)) = self.entries.iter_mut().find(|(k, _)| *k == key) {
            return Some(std::mem::replace(old, value));
        }
        self.entries.push((key, value));
        self.buckets = grown(self.buckets, self.len());
        None
    }

    /// Gives a key that is not there a value.
    pub fn push(&mut self, key: Value, value: Value) {
        self.entries.push((key, value));
        self.buckets = grown(self.buckets, self.len());
    }

    /// Takes a key out; the value it had.
    pub fn remove(&mut self, key: &Value) -> Option<Value> {
        let at = self.entries.iter().position(|(k, _)| k == key)?;
        Some(self.entries.remove(at).1)
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// A copy with as many buckets as Java gives it.
    pub fn copy(&self) -> Map {
        let wanted = (self.len() as f32 / 0.75 + 1.0) as u32;
        let buckets = if self.is_empty() { BINS } else { wanted.next_power_of_two() };
        let mut copy = Map { linked: self.linked, buckets, entries: Vec::with_capacity(self.len()) };
        for (key, value) in self.iter() {
            copy.put(key.clone(), value.clone());
        }
        copy
    }

    /// The entries as Java lists them.
    pub fn iter(&self) -> impl Iterator<Item = (&Value, &Value)> {
        let mut order: Vec<u32> = (0..self.entries.len() as u32).collect();
        if !self.linked {
            order.sort_by_key(|&i| spread(self.entries[i as usize].0.hash()) & (self.buckets - 1));
        }
        order.into_iter().map(|i| {
            let (key, value) = &self.entries[i as usize];
            (key, value)
        })
    }
}

/// The same entries, in whatever order.
impl PartialEq for Map {
    fn eq(&self, other: &Map) -> bool {
        self.len() == other.len() && self.entries.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(map: &Map) -> String {
        map.iter().map(|(k, _)| k.to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn entries_are_listed_as_java_lists_them() {
        let mut map = Map::default();
        for key in ["symbol", "price", "volume", "a", "b", "zz", "17"] {
            map.put(Value::Str(key.into()), Value::Int(1));
        }
        // As `java.util.HashMap` of Java 17 prints them.
        assert_eq!(keys(&map), "volume zz symbol a b price 17");
        map.put(Value::Int(3), Value::Null);
        map.remove(&Value::Str("a".into()));
        assert_eq!(map.get(&Value::Int(3)), Some(&Value::Null));
        assert_eq!(map.copy(), map);
    }

    #[test]
    fn buckets_grow_at_three_quarters() {
        let mut map = Map::default();
        for key in 0..13 {
            map.put(Value::Int(key * 16), Value::Null);
        }
        assert_eq!(map.buckets, 32);
        assert_eq!(keys(&map), "0 32 64 96 128 160 192 16 48 80 112 144 176");
    }
}

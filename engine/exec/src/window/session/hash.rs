//! The order in which Java's hash map would give keys: by it Siddhi orders sessions that end at the same time.

use riddhi_batch::{LoadError, Reader, Writer, java};

/// Java's hash of a string, spread over the low bits as its hash map does.
pub(super) fn spread(text: &str) -> u32 {
    java::spread(java::text_hash(text))
}

/// The place of a key in a hash map that has held `most` keys at a time: it grows beyond three quarters.
pub(super) fn bucket(spread: u32, most: u32) -> u32 {
    spread & (java::bins_for(most as usize) - 1)
}

/// How many keys are told apart by when they first came.
const FIRST_MAX: usize = 1024;

/// Keys in the order in which they first came; Siddhi never forgets one, which tells those of one bucket apart. Beyond
/// [`FIRST_MAX`] keys their order is that of the sessions' beginnings.
#[derive(Clone, Debug, Default)]
pub(super) struct First {
    spreads: Vec<u32>,
}

impl First {
    /// When a key came, counted in keys; a new one comes now.
    pub(super) fn rank(&mut self, spread: u32) -> u32 {
        let at = self.spreads.iter().position(|&s| s == spread).unwrap_or(self.spreads.len());
        if at == self.spreads.len() && at < FIRST_MAX {
            self.spreads.push(spread);
        }
        at as u32
    }

    /// The place of a key in the concurrent hash map of all keys, which grows at three quarters.
    pub(super) fn bucket(&self, spread: u32) -> u32 {
        bucket(spread, self.spreads.len() as u32 + 1)
    }

    pub(super) fn save(&self, out: &mut Writer) {
        out.put_u64(self.spreads.len() as u64);
        self.spreads.iter().for_each(|&spread| out.put_u32(spread));
    }

    pub(super) fn load(from: &mut Reader<'_>) -> Result<First, LoadError> {
        let n = from.get_count(4)?;
        if n > FIRST_MAX {
            return Err(LoadError::new("a window remembers too many keys"));
        }
        Ok(First { spreads: (0..n).map(|_| from.get_u32()).collect::<Result<_, _>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_java() {
        let keys = ["a", "Riddhi", "\u{1f600}", "a longer key than most"];
        assert_eq!(keys.map(spread), [97, 2_447_675_836, 1_772_920, 1_752_759_473]);
        let mut first = First::default();
        assert_eq!([5, 9, 5, 7].map(|spread| first.rank(spread)), [0, 1, 0, 2]);
        assert_eq!([bucket(97, 1), bucket(97, 12), bucket(97, 13), bucket(97, 100)], [1, 1, 1, 97]);
    }
}

//! Hashes of Java, and the sizes of its hash maps: Siddhi lists some things in the order in which such a map has them.

/// Bins of a new hash map.
pub const BINS: u32 = 16;
/// Bins of a hash map at most.
pub const BINS_MAX: u32 = 1 << 30;

/// The hash of a text: over its UTF-16 units.
pub fn text_hash(text: &str) -> u32 {
    text.encode_utf16().fold(0u32, |h, unit| h.wrapping_mul(31).wrapping_add(unit as u32))
}

/// A hash with its upper half mixed in, as a hash map takes it: the bin is its lowest bits.
#[inline]
pub fn spread(hash: u32) -> u32 {
    hash ^ (hash >> 16)
}

/// The bins of a hash map that has had so many entries at a time: it doubles whenever it is more than three quarters full.
pub fn bins_for(entries: usize) -> u32 {
    grown(BINS, entries)
}

/// The bins of a hash map of so many bins that comes to have so many entries.
#[inline]
pub fn grown(mut bins: u32, entries: usize) -> u32 {
    while entries as u64 * 4 > bins as u64 * 3 && bins < BINS_MAX {
        bins *= 2;
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_and_sizes_are_those_of_java() {
        let hashes = ["", "a", "IBM", "WSO2"].map(text_hash);
        assert_eq!(hashes, [0, 97, 72_276, 2_674_079]);
        let texts = ["a", "Riddhi", "\u{1f600}", "a longer key than most"];
        assert_eq!(texts.map(|text| spread(text_hash(text))), [97, 2_447_675_836, 1_772_920, 1_752_759_473]);
        assert_eq!([0, 12, 13, 24, 25, 100].map(bins_for), [16, 16, 32, 32, 64, 256]);
        assert_eq!(bins_for(usize::MAX / 8), BINS_MAX);
    }
}

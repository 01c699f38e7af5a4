//! The order in which Java's hash map would give keys: by it Siddhi orders sessions that end at the same time.

/// Java's hash of a string, spread over the low bits as its hash map does.
pub(super) fn spread(text: &str) -> u32 {
    let hash = text.encode_utf16().fold(0u32, |h, unit| h.wrapping_mul(31).wrapping_add(unit as u32));
    hash ^ hash >> 16
}

/// The place of a key in a hash map that has held `most` keys at a time.
pub(super) fn bucket(spread: u32, most: u32) -> u32 {
    let mut size = 16u32;
    while most > size / 4 * 3 && size < 1 << 30 {
        size *= 2;
    }
    spread & (size - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_java() {
        let keys = ["a", "Riddhi", "\u{1f600}", "a longer key than most"];
        assert_eq!(keys.map(spread), [97, 2_447_675_836, 1_772_920, 1_752_759_473]);
        assert_eq!([bucket(97, 1), bucket(97, 12), bucket(97, 13), bucket(97, 100)], [1, 1, 1, 97]);
    }
}

//! Orders that Siddhi takes over from the hash maps of its host, where an app can see them.

/// The hash of a text: over its UTF-16 units.
pub fn string_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// The bucket of a hash in a map of so many entries, which doubles whenever it is more than three quarters full.
pub fn bucket(hash: i32, entries: usize) -> u32 {
    let mut size = 16usize;
    while entries > size / 4 * 3 {
        size *= 2;
    }
    let hash = hash as u32;
    (hash ^ (hash >> 16)) & (size as u32 - 1)
}

/// Sorts items by the bucket of their keys, equal buckets in the order of insertion.
pub fn sort_by_hash<T>(items: &mut [T], key: impl Fn(&T) -> &str) {
    let n = items.len();
    items.sort_by_key(|item| bucket(string_hash(key(item)), n));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_the_host_does() {
        assert_eq!(
            (string_hash(""), string_hash("a"), string_hash("IBM"), string_hash("WSO2")),
            (0, 97, 72_276, 2_674_079)
        );
        let mut names = ["B", "A", "b"];
        sort_by_hash(&mut names, |n| n);
        assert_eq!(names, ["A", "B", "b"]);
    }
}

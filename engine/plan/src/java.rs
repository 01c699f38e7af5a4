//! Orders that Siddhi takes over from Java's hash maps, where an app can see them.

use riddhi_batch::java::{bins_for, spread, text_hash};

/// Sorts items by the bucket of their keys, equal buckets in the order of insertion.
pub fn sort_by_hash<T>(items: &mut [T], key: impl Fn(&T) -> &str) {
    let mask = bins_for(items.len()) - 1;
    items.sort_by_key(|item| spread(text_hash(key(item))) & mask);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_as_the_host_does() {
        let mut names = ["B", "A", "b"];
        sort_by_hash(&mut names, |n| n);
        assert_eq!(names, ["A", "B", "b"]);
    }
}

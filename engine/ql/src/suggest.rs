//! "Did you mean": the candidate that a mistyped word is closest to.

/// The candidate nearest to `name`, if it is near enough to be a likely slip: a third of its letters may
/// be wrong. Case is not counted, and of equally near candidates the first one wins.
pub fn suggest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = name.chars().count() / 3;
    let mut best = None;
    for candidate in candidates {
        let limit = best.map_or(allowed, |(distance, _)| distance - 1);
        if let Some(distance) = distance(name, candidate, limit) {
            if distance == 0 {
                return Some(candidate);
            }
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The `n` candidates nearest to `name`, the nearest first, however far they are.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>, n: usize) -> Vec<&'a str> {
    let far = |candidate: &&str| distance(name, candidate, usize::MAX);
    let mut all: Vec<&str> = candidates.into_iter().collect();
    all.sort_by_cached_key(far);
    all.truncate(n);
    all
}

/// The number of letters to insert, delete, change or swap with their neighbour, if it is at most `limit`.
fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    let a: Vec<char> = a.chars().map(|c| c.to_ascii_lowercase()).collect();
    let b: Vec<char> = b.chars().map(|c| c.to_ascii_lowercase()).collect();
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1; b.len() + 1];
        for j in 0..b.len() {
            let change = last[j] + (a[i] != b[j]) as usize;
            row[j + 1] = change.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    Some(last[b.len()]).filter(|&d| d <= limit)
}

#[cfg(test)]
mod tests {
    use super::{nearest, suggest};

    #[test]
    fn near_words_only() {
        for (name, expected) in [
            ("form", Some("from")),
            ("FROM", Some("from")),
            ("slect", Some("select")),
            ("insrt", Some("insert")),
            ("frm", Some("from")),
            ("fr", None),
            ("x", None),
            ("price", None),
            ("", None),
        ] {
            assert_eq!(suggest(name, ["from", "select", "insert"]), expected, "{name}");
        }
    }

    #[test]
    fn the_nearest_come_first() {
        assert_eq!(nearest("getBol", ["setElement", "getInt", "getBool", "isExists"], 2), ["getBool", "getInt"]);
        assert_eq!(nearest("x", [], 2), [""; 0]);
    }
}

//! The fewest rows to take out and put in that make one list of another.

/// Pairs that are looked at, at most; longer lists are only compared from both ends.
const PAIRS_MAX: usize = 1 << 22;

/// A step from the expected rows to those that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The same row, in both lists.
    Keep(usize, usize),
    /// An expected row that did not come.
    Remove(usize),
    /// A row that came and is not expected.
    Add(usize),
}

/// Aligns `expected` rows with those that came, of which `same` tells whether two are equal.
pub fn align(expected: usize, got: usize, same: impl Fn(usize, usize) -> bool) -> Vec<Edit> {
    let shorter = expected.min(got);
    let head = (0..shorter).take_while(|&i| same(i, i)).count();
    let tail = (0..shorter - head).take_while(|&i| same(expected - 1 - i, got - 1 - i)).count();
    let mut edits: Vec<Edit> = (0..head).map(|i| Edit::Keep(i, i)).collect();
    middle(head..expected - tail, head..got - tail, &same, &mut edits);
    edits.extend((0..tail).rev().map(|i| Edit::Keep(expected - 1 - i, got - 1 - i)));
    edits
}

fn middle(
    expected: std::ops::Range<usize>,
    got: std::ops::Range<usize>,
    same: &impl Fn(usize, usize) -> bool,
    edits: &mut Vec<Edit>,
) {
    let (rows, columns) = (expected.len(), got.len());
    if rows.saturating_mul(columns) > PAIRS_MAX {
        edits.extend(expected.map(Edit::Remove).chain(got.map(Edit::Add)));
        return;
    }
    // longest[e][g]: the most rows in common from the e-th expected and the g-th that came on.
    let width = columns + 1;
    let mut longest = vec![0u32; (rows + 1) * width];
    for e in (0..rows).rev() {
        for g in (0..columns).rev() {
            longest[e * width + g] = match same(expected.start + e, got.start + g) {
                true => longest[(e + 1) * width + g + 1] + 1,
                false => longest[(e + 1) * width + g].max(longest[e * width + g + 1]),
            };
        }
    }
    let (mut e, mut g) = (0, 0);
    while e < rows || g < columns {
        if e < rows && g < columns && same(expected.start + e, got.start + g) {
            edits.push(Edit::Keep(expected.start + e, got.start + g));
            (e, g) = (e + 1, g + 1);
        } else if g == columns || (e < rows && longest[(e + 1) * width + g] >= longest[e * width + g + 1]) {
            edits.push(Edit::Remove(expected.start + e));
            e += 1;
        } else {
            edits.push(Edit::Add(got.start + g));
            g += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(expected: &str, got: &str) -> String {
        let (a, b): (Vec<char>, Vec<char>) = (expected.chars().collect(), got.chars().collect());
        let edits = align(a.len(), b.len(), |e, g| a[e] == b[g]);
        let edit = |edit: &Edit| match *edit {
            Edit::Keep(e, g) => {
                assert_eq!(a[e], b[g]);
                a[e].to_string()
            }
            Edit::Remove(e) => format!("-{}", a[e]),
            Edit::Add(g) => format!("+{}", b[g]),
        };
        edits.iter().map(edit).collect()
    }

    #[test]
    fn lists_are_aligned() {
        for (expected, got, edits) in [
            ("", "", ""),
            ("abc", "abc", "abc"),
            ("", "ab", "+a+b"),
            ("ab", "", "-a-b"),
            ("abc", "xbc", "-a+xbc"),
            ("abcd", "abd", "ab-cd"),
            ("abd", "abcd", "ab+cd"),
            ("aXbYc", "aZbc", "a-X+Zb-Yc"),
            ("aa", "aaa", "aa+a"),
        ] {
            assert_eq!(shown(expected, got), edits, "{expected} to {got}");
        }
    }
}

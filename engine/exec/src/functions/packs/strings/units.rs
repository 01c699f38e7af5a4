//! Places in a text counted as Java does, in UTF-16 units. Half of a pair, which no text here can hold, shows as `?`.

/// What stands for half a pair.
const HALF: char = '?';

/// How many units the text has.
pub(in crate::functions) fn count(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// The byte at which unit `n` begins, or the end if there are just `n`; none beyond. Inside a pair it is that of the pair.
pub(in crate::functions) fn place(text: &str, n: usize) -> Option<usize> {
    if text.is_ascii() {
        return (n <= text.len()).then_some(n);
    }
    let mut unit = 0;
    for (at, c) in text.char_indices() {
        let end = unit + c.len_utf16();
        if n < end {
            return Some(at);
        }
        unit = end;
    }
    (unit == n).then_some(text.len())
}

/// Appends the units from `from` up to `to`; false if they are not all there.
pub(super) fn slice(text: &str, from: usize, to: usize, out: &mut String) -> bool {
    if text.is_ascii() {
        let Some(part) = text.get(from..to) else { return false };
        out.push_str(part);
        return true;
    }
    if from > to || to > count(text) {
        return false;
    }
    let mut unit = 0;
    for c in text.chars() {
        let (start, end) = (unit, unit + c.len_utf16());
        unit = end;
        if end <= from || start >= to {
            continue;
        }
        out.push(if start < from || end > to { HALF } else { c });
    }
    true
}

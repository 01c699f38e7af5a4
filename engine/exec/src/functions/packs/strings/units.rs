//! Places in a text counted as Java does, in UTF-16 units. Half of a pair, which no text here can hold, shows as `?`.

/// What stands for half a pair.
const HALF: char = '?';

/// How many units the text has.
pub(in crate::functions) fn count(text: &str) -> usize {
    count_in(text.as_bytes())
}

/// The same of the bytes of a text: each first byte of a character is a unit, that of four bytes two.
pub(in crate::functions) fn count_in(text: &[u8]) -> usize {
    text.iter().map(|&b| (b & 0xc0 != 0x80) as usize + (b >= 0xf0) as usize).sum()
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

//! ASCII texts that lie inside their word, and what is done to all their bytes at once.

use riddhi_batch::Str;

/// Bits of the length, below the bytes.
const LENGTH: u32 = 32;
/// A one in every byte of the text's place.
const ONES: u128 = 0x0101_0101_0101_0101_0101_0101 << LENGTH;
/// The top bit of each.
const TOPS: u128 = ONES << 7;

/// An ASCII text of at most 12 bytes. Behind its end there are zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Short(u128);

impl Short {
    /// If it is one.
    #[inline]
    pub fn of(text: Str) -> Option<Short> {
        (text.is_inline() && text.word() & TOPS == 0).then(|| Short(text.word()))
    }

    /// As a string of a column.
    #[inline]
    pub fn text(self) -> Str {
        Str::from_word(self.0)
    }

    #[inline]
    pub fn len(self) -> usize {
        self.text().len()
    }

    /// The top bits of the bytes from `first` to `last`.
    #[inline]
    fn between(self, first: u8, last: u8) -> u128 {
        let from = self.0 + (0x80 - first as u128) * ONES;
        let beyond = self.0 + (0x7f - last as u128) * ONES;
        from & !beyond & TOPS
    }

    #[inline]
    pub fn lower(self) -> Short {
        Short(self.0 ^ (self.between(b'A', b'Z') >> 2))
    }

    #[inline]
    pub fn upper(self) -> Short {
        Short(self.0 ^ (self.between(b'a', b'z') >> 2))
    }

    #[inline]
    pub fn reversed(self) -> Short {
        // The first byte of the text becomes the last of the word; then the zeros before the text go.
        let turned = ((self.0 >> LENGTH) << LENGTH).swap_bytes() << LENGTH;
        Short((turned >> (8 * (12 - self.len()))) | self.len() as u128)
    }

    /// The bytes from `from` up to `to`; none if they are not all there.
    #[inline]
    pub fn part(self, from: usize, to: usize) -> Option<Short> {
        if from > to || to > self.len() {
            return None;
        }
        Some(Short(within(self.0, from, to)))
    }
}

/// Whether a byte of ASCII, which is not 0, is in an inline string.
#[inline]
pub(in super::super) fn has(text: Str, byte: u8) -> bool {
    // Nothing is left of the byte that is looked for. A byte has no top bit, but its difference to one has, if it is zero;
    // what one that has a top bit may lend to the next is not looked at as long as there is no zero below it.
    let rest = ((text.word() ^ (byte as u128 * ONES)) >> LENGTH) << LENGTH;
    rest.wrapping_sub(ONES) & !rest & TOPS != 0
}

/// Of the word of an inline string, that of its bytes from `from` up to `to`, which are there.
#[inline]
pub(super) fn within(word: u128, from: usize, to: usize) -> u128 {
    let len = to - from;
    let bytes = word >> LENGTH >> (8 * from);
    let kept = !(u128::MAX << (8 * len));
    ((bytes & kept) << LENGTH) | len as u128
}

/// The word of an inline string with the bytes of another behind; none if they do not fit.
#[inline]
pub(in super::super) fn joined(word: u128, more: u128) -> Option<u128> {
    let (len, added) = (word as u32 as usize, more as u32 as usize);
    if len + added > 12 {
        return None;
    }
    let bytes = ((more >> LENGTH) << LENGTH) << (8 * len);
    Some((word | bytes) + added as u128)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(text: &str) -> Short {
        Short::of(Str::inline(text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn all_bytes_at_once_are_as_one_by_one() {
        for text in ["", "a", "Z", "S12", "@AZ[`az{", "Hello World!", "\u{0}\u{7f} /09:", "zzzzzzzzzzzz"] {
            let of = short(text);
            assert_eq!(of.lower(), short(&text.to_ascii_lowercase()), "{text:?}");
            assert_eq!(of.upper(), short(&text.to_ascii_uppercase()), "{text:?}");
            assert_eq!(of.reversed(), short(&text.chars().rev().collect::<String>()), "{text:?}");
            for byte in 1..128u8 {
                assert_eq!(has(of.text(), byte), text.as_bytes().contains(&byte), "{text:?} {byte}");
            }
            for from in 0..=13 {
                for to in 0..=13 {
                    assert_eq!(of.part(from, to), text.get(from..to).map(short), "{text:?} {from} {to}");
                }
            }
            for more in ["", "x", "yz", "abcdefghijkl"] {
                let both = Str::inline(format!("{text}{more}").as_bytes()).map(Str::word);
                assert_eq!(joined(of.0, short(more).0), both, "{text:?} {more:?}");
            }
        }
        assert!(Short::of(Str::inline("é".as_bytes()).unwrap()).is_none());
    }
}

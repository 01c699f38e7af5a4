//! Numbers, without their sign.
//!
//! The forms overlap, so the longest one is looked for: `5` is an int, `5d` a double, and `5days` therefore the double
//! `5d` followed by the word `ays`. `5.` alone is no number: the dot is left for the next token.

use super::{Lexer, TokenKind};

impl Lexer<'_> {
    /// The number that starts here with a digit, or with a dot before a digit.
    pub(super) fn number(&mut self) -> TokenKind {
        let start = self.at;
        let whole = self.digits(start);
        let (mut end, mut kind) = (whole, TokenKind::Int);
        if self.byte(whole).eq_ignore_ascii_case(&b'l') && whole > start {
            (end, kind) = (whole + 1, TokenKind::Long);
        }
        if self.byte(whole) == b'.' {
            let fraction = self.digits(whole + 1);
            if fraction > whole + 1 {
                (end, kind) = (fraction, TokenKind::Double);
            }
            (end, kind) = self.exponent_and_suffix(fraction).unwrap_or((end, kind));
        } else {
            (end, kind) = self.exponent_and_suffix(whole).unwrap_or((end, kind));
        }
        self.at = end;
        kind
    }

    /// What `e5`, `f` or `d` at `at` makes of the digits before it.
    fn exponent_and_suffix(&self, at: usize) -> Option<(usize, TokenKind)> {
        let mut end = at;
        if self.byte(at).eq_ignore_ascii_case(&b'e') {
            let sign = matches!(self.byte(at + 1), b'+' | b'-') as usize;
            let exponent = self.digits(at + 1 + sign);
            if exponent > at + 1 + sign {
                end = exponent;
            }
        }
        match self.byte(end) {
            b'f' | b'F' => Some((end + 1, TokenKind::Float)),
            b'd' | b'D' => Some((end + 1, TokenKind::Double)),
            _ => (end > at).then_some((end, TokenKind::Double)),
        }
    }

    /// The end of the digits from `at` on.
    fn digits(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len())
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }
}

//! Digits to numbers.
//!
//! Whole numbers are exact or out of range. A float or double is the one nearest to the decimal text: by one exact
//! multiplication or division where that is enough (Clinger's fast path, most numbers seen), else by the standard library.

use super::scan::Number;

/// Whether all eight bytes are ASCII digits.
#[inline]
pub(super) fn is_8_digits(w: u64) -> bool {
    let tops = 0xf0f0_f0f0_f0f0_f0f0;
    (w & tops) | ((w.wrapping_add(0x0606_0606_0606_0606) & tops) >> 4) == 0x3333_3333_3333_3333
}

/// The number that eight ASCII digits write, the first in the lowest byte: pairs, then fours, then all.
#[inline]
pub(super) fn digits_of_8(w: u64) -> u64 {
    let pairs = (w & 0x0f0f_0f0f_0f0f_0f0f).wrapping_mul((10 << 8) + 1) >> 8;
    let fours = (pairs & 0x00ff_00ff_00ff_00ff).wrapping_mul((100 << 16) + 1) >> 16;
    (fours & 0x0000_ffff_0000_ffff).wrapping_mul((10_000 << 32) + 1) >> 32
}

/// Powers of ten that a double holds exactly.
pub(super) const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// Digits that always fit a mantissa.
const DIGITS_MAX: usize = 19;

impl Number<'_> {
    /// The whole number; `None` when a `long` cannot hold it. Asked for only of whole numbers.
    #[inline]
    pub fn long(&self) -> Option<i64> {
        if self.digits > DIGITS_MAX {
            return None;
        }
        match self.negative {
            false => i64::try_from(self.mantissa).ok(),
            true if self.mantissa <= 1 << 63 => Some((self.mantissa as i64).wrapping_neg()),
            true => None,
        }
    }

    /// The nearest double; `None` when it would be infinite.
    #[inline]
    pub fn double(&self) -> Option<f64> {
        if self.digits <= DIGITS_MAX && self.mantissa <= 1 << 53 {
            let power = POWERS.get(self.exponent.unsigned_abs() as usize);
            if let Some(power) = power {
                let m = self.mantissa as f64;
                let x = if self.exponent < 0 { m / power } else { m * power };
                return Some(if self.negative { -x } else { x });
            }
        }
        self.parsed().filter(|x: &f64| x.is_finite())
    }

    /// The nearest float; `None` when it would be infinite.
    #[inline]
    pub fn float(&self) -> Option<f32> {
        const POWER_MAX: u32 = 10;
        if self.digits <= DIGITS_MAX && self.mantissa <= 1 << 24 && self.exponent.unsigned_abs() <= POWER_MAX {
            let power = POWERS[self.exponent.unsigned_abs() as usize] as f32;
            let m = self.mantissa as f32;
            let x = if self.exponent < 0 { m / power } else { m * power };
            return Some(if self.negative { -x } else { x });
        }
        self.parsed().filter(|x: &f32| x.is_finite())
    }

    fn parsed<T: std::str::FromStr>(&self) -> Option<T> {
        std::str::from_utf8(self.raw).ok()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::scan::Scan;

    fn number<T>(text: &str, read: impl Fn(&super::Number<'_>) -> Option<T>) -> Option<T> {
        read(&Scan::new(text.as_bytes()).number().ok()??)
    }

    #[test]
    fn longs_are_exact_or_refused() {
        for x in [0, 7, -1, 12345678, 123456789012, i64::MAX, i64::MIN, i64::MAX - 1, 1_000_000_000_000_000_000] {
            assert_eq!(number(&x.to_string(), |n| n.long()), Some(x));
        }
        for text in ["9223372036854775808", "-9223372036854775809", "123456789012345678901"] {
            assert_eq!(number(text, |n| n.long()), None, "{text}");
        }
    }

    #[test]
    fn grammar_of_numbers() {
        for text in ["01", "-", "1.", "1.e5", "1e", "1e+", "-01.5", "+1", ".5"] {
            assert!(!matches!(Scan::new(text.as_bytes()).number(), Ok(Some(_))), "{text}");
        }
    }

    proptest! {
        #[test]
        fn decimals_are_the_nearest_values(whole in any::<u64>(), shift in 0u32..64, point in 0usize..20, e in -330i32..320, style in 0u8..4) {
            let mut text = (whole >> shift).to_string();
            if style & 1 == 1 && point < text.len() && point > 0 {
                text.insert(point, '.');
            }
            if style & 2 == 2 {
                text = format!("-{text}e{e}");
            }
            let double: f64 = text.parse().unwrap();
            let float: f32 = text.parse().unwrap();
            prop_assert_eq!(number(&text, |n| n.double()), Some(double).filter(|x| x.is_finite()));
            prop_assert_eq!(number(&text, |n| n.float()), Some(float).filter(|x| x.is_finite()));
            if let Some(x) = Scan::new(text.as_bytes()).short_decimal() {
                prop_assert_eq!(x.to_bits(), double.to_bits());
            }
            if let Some(x) = Scan::new(text.as_bytes()).short_whole() {
                prop_assert_eq!(Ok(x), text.parse());
            }
        }
    }
}

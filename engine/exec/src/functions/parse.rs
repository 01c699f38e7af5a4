//! Numbers out of text, by Java's rules.

/// Java's `Double.parseDouble` (and `Float.parseFloat`, which rounds from the text and not through a double). `None` of
/// what it refuses.
pub(crate) fn real<T: Real>(text: &str) -> Option<T> {
    // Java trims everything up to the blank.
    let text = text.trim_matches(|c| c <= ' ');
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let value = match digits {
        "NaN" => T::NAN,
        "Infinity" => T::INFINITY,
        _ if digits.starts_with("0x") || digits.starts_with("0X") => hexadecimal(&digits[2..])?,
        _ => decimal(digits)?,
    };
    Some(if negative { value.negated() } else { value })
}

/// A float or a double.
pub(crate) trait Real: Sized + std::str::FromStr {
    const NAN: Self;
    const INFINITY: Self;
    /// Bits of the significand, with the hidden one.
    const PRECISION: i64;
    /// Exponents of the largest and of the smallest normal value, as `1.x * 2^e`.
    const EXPONENTS: (i64, i64);
    fn negated(self) -> Self;
    /// From a double that is one of its values.
    fn exactly(x: f64) -> Self;
}

macro_rules! real {
    ($t:ty) => {
        impl Real for $t {
            const NAN: $t = <$t>::NAN;
            const INFINITY: $t = <$t>::INFINITY;
            const PRECISION: i64 = <$t>::MANTISSA_DIGITS as i64;
            const EXPONENTS: (i64, i64) = (<$t>::MAX_EXP as i64 - 1, <$t>::MIN_EXP as i64 - 1);
            fn negated(self) -> $t {
                -self
            }
            fn exactly(x: f64) -> $t {
                x as $t
            }
        }
    };
}

real!(f32);
real!(f64);

fn without_suffix(text: &str) -> &str {
    text.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(text)
}

/// Takes digits off the front and returns how many.
fn digits(rest: &mut &[u8], digit: impl Fn(u8) -> bool) -> usize {
    let count = rest.iter().take_while(|&&b| digit(b)).count();
    *rest = &rest[count..];
    count
}

/// Takes an exponent with its letter off the front; false if the letter is there without digits.
fn exponent(rest: &mut &[u8], letter: u8) -> bool {
    if !rest.first().is_some_and(|b| b.eq_ignore_ascii_case(&letter)) {
        return true;
    }
    *rest = &rest[1..];
    if let Some(b'+' | b'-') = rest.first() {
        *rest = &rest[1..];
    }
    digits(rest, |b| b.is_ascii_digit()) > 0
}

/// `12`, `12.`, `.5`, `1.5e-3`, each with or without a suffix. Rust takes the same forms and rounds alike, but takes more.
fn decimal<T: Real>(text: &str) -> Option<T> {
    let text = without_suffix(text);
    let mut rest = text.as_bytes();
    let mut count = digits(&mut rest, |b| b.is_ascii_digit());
    if rest.first() == Some(&b'.') {
        rest = &rest[1..];
        count += digits(&mut rest, |b| b.is_ascii_digit());
    }
    if count == 0 || !exponent(&mut rest, b'e') || !rest.is_empty() {
        return None;
    }
    text.parse().ok()
}

/// What follows `0x`: `1p3`, `1.8p0`, `.8p1`; the exponent is required and binary.
fn hexadecimal<T: Real>(text: &str) -> Option<T> {
    let text = without_suffix(text);
    let (mantissa, power) = text.split_once(['p', 'P'])?;
    let mut rest = &text.as_bytes()[mantissa.len()..];
    if !exponent(&mut rest, b'p') || !rest.is_empty() {
        return None;
    }
    // Too long for an i64 means far out of range either way.
    let power: i64 = power.parse().unwrap_or(if power.starts_with('-') { i64::MIN / 4 } else { i64::MAX / 4 });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (mut bits, mut exponent, mut sticky) = (0u64, power.clamp(i64::MIN / 4, i64::MAX / 4), false);
    for (place, part) in [whole, fraction].into_iter().enumerate() {
        for b in part.bytes() {
            let digit = (b as char).to_digit(16)? as u64;
            let full = bits >> 60 != 0;
            if full {
                sticky |= digit != 0;
            } else {
                bits = bits << 4 | digit;
            }
            // A digit behind the point that is taken in, or one before it that is not, moves the exponent.
            exponent += match (place, full) {
                (0, true) => 4,
                (1, false) => -4,
                _ => 0,
            };
        }
    }
    Some(round(bits, exponent, sticky))
}

/// `bits * 2^exponent` (and a little more, if `sticky`), rounded to the nearest, ties to even.
fn round<T: Real>(bits: u64, exponent: i64, sticky: bool) -> T {
    if bits == 0 {
        return T::exactly(0.0);
    }
    let length = 64 - bits.leading_zeros() as i64;
    let (most, least) = T::EXPONENTS;
    let high = exponent + length - 1;
    if high > most {
        return T::INFINITY;
    }
    let kept = if high >= least { T::PRECISION } else { T::PRECISION - (least - high) };
    let cut = length - kept;
    if cut <= 0 {
        return T::exactly(scaled(bits, exponent));
    }
    if cut > length {
        return T::exactly(0.0);
    }
    let half = 1u64 << (cut - 1);
    let below = bits & (half - 1) != 0 || sticky;
    let mut whole = if cut == 64 { 0 } else { bits >> cut };
    if bits & half != 0 && (below || whole & 1 == 1) {
        whole += 1;
    }
    let value = scaled(whole, exponent + cut);
    let limit = scaled((1 << T::PRECISION) - 1, most - T::PRECISION + 1);
    if value > limit { T::INFINITY } else { T::exactly(value) }
}

/// `bits * 2^exponent`, where a double holds all of it, or infinity.
fn scaled(bits: u64, mut exponent: i64) -> f64 {
    let mut value = bits as f64;
    while exponent != 0 {
        let step = exponent.clamp(-1000, 1000);
        value *= 2f64.powi(step as i32);
        exponent -= step;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_read_as_java_reads_them() {
        for (text, value) in [
            ("1", Some(1.0)),
            (" 1.5\t", Some(1.5)),
            ("5.", Some(5.0)),
            (".5", Some(0.5)),
            ("+.5e1", Some(5.0)),
            ("1e-3d", Some(0.001)),
            ("1F", Some(1.0)),
            ("-0", Some(-0.0)),
            ("NaN", Some(f64::NAN)),
            ("-NaN", Some(f64::NAN)),
            ("+Infinity", Some(f64::INFINITY)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("1e400", Some(f64::INFINITY)),
            ("1e99999999999999999999", Some(f64::INFINITY)),
            ("0e99999999999999999999", Some(0.0)),
            ("1e-99999999999999999999", Some(0.0)),
            ("0x1p3", Some(8.0)),
            ("-0X1.8P-1f", Some(-0.75)),
            ("0x.8p1", Some(1.0)),
            ("0x1.p0", Some(1.0)),
            ("0x1p-1074", Some(4.9e-324)),
            ("0x1p-1075", Some(0.0)),
            ("0x1.8p-1075", Some(4.9e-324)),
            ("0x1.fffffffffffffp1023", Some(f64::MAX)),
            ("0x1.fffffffffffff8p1023", Some(f64::INFINITY)),
            ("0x1.fffffffffffff7p1023", Some(f64::MAX)),
            ("0x1p99999999999999999999", Some(f64::INFINITY)),
            ("0x1p-99999999999999999999", Some(0.0)),
            ("0x10000000000000000000000000000000p0", Some(2f64.powi(124))),
            ("0x1.00000000000008p0", Some(1.0)),
            ("0x1.0000000000000800000000000001p0", Some(1.0000000000000002)),
            ("", None),
            (" ", None),
            (".", None),
            ("e5", None),
            ("1e", None),
            ("1e+", None),
            ("nan", None),
            ("inf", None),
            ("infinity", None),
            ("NaNf", None),
            ("1_0", None),
            ("1 0", None),
            ("--1", None),
            ("1ff", None),
            ("0x1", None),
            ("0x1.8", None),
            ("0xp1", None),
            ("0x.p1", None),
            ("0x1p", None),
            ("0x1p1.0", None),
            ("0xgp1", None),
            ("\u{a0}1", None),
        ] {
            let got: Option<f64> = real(text);
            assert_eq!(got.map(|x| x.is_nan()), value.map(|x| x.is_nan()), "{text}");
            if let (Some(got), Some(value)) = (got, value)
                && !value.is_nan()
            {
                assert_eq!(got.to_bits(), value.to_bits(), "{text}");
            }
        }
    }

    #[test]
    fn floats_round_once() {
        // Halfway between two floats but for a last digit that a double would lose.
        assert_eq!(real::<f32>("1.00000005960464477539062500000001"), Some(1.0000001));
        assert_eq!(real::<f32>("0x1.000001p0"), Some(1.0));
        assert_eq!(real::<f32>("0x1.00000100000000000001p0"), Some(1.0000001));
        assert_eq!(real::<f32>("0x1p-149"), Some(f32::from_bits(1)));
        assert_eq!(real::<f32>("0x1p-150"), Some(0.0));
        assert_eq!(real::<f32>("1e39"), Some(f32::INFINITY));
        assert_eq!(real::<f32>("0x1.ffffffp127"), Some(f32::INFINITY));
        assert_eq!(real::<f32>("0x1.fffffep127"), Some(f32::MAX));
    }
}

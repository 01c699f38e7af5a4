//! Numbers as text, appended to a byte buffer without allocation. The forms are those of Java (see
//! `riddhi_batch::double_text`, which tests compare with).

/// `00` to `99`.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut i = 0;
    while i < 100 {
        pairs[i] = [b'0' + (i / 10) as u8, b'0' + (i % 10) as u8];
        i += 1;
    }
    pairs
};

/// Appends a whole number.
#[inline]
pub fn push_long(out: &mut Vec<u8>, x: i64) {
    if x < 0 {
        out.push(b'-');
    }
    push_digits(out, x.unsigned_abs());
}

#[inline]
fn push_digits(out: &mut Vec<u8>, mut x: u64) {
    const DIGITS_MAX: usize = 20;
    let mut text = [0u8; DIGITS_MAX];
    let mut at = DIGITS_MAX;
    while x >= 100 {
        at -= 2;
        text[at..at + 2].copy_from_slice(&PAIRS[(x % 100) as usize]);
        x /= 100;
    }
    if x >= 10 {
        at -= 2;
        text[at..at + 2].copy_from_slice(&PAIRS[x as usize]);
    } else {
        at -= 1;
        text[at] = b'0' + x as u8;
    }
    out.extend_from_slice(&text[at..]);
}

/// Decimals that are tried before the general algorithm.
const DECIMALS: usize = 4;
const SCALE: f64 = 10_000.0;

/// Appends a finite double in Java's form.
#[inline]
pub fn push_double(out: &mut Vec<u8>, x: f64) {
    let size = x.abs();
    if (1e-3..1e7).contains(&size) {
        // If a decimal of at most 15 digits reads back as x, no other one of at most 15 digits does, so it is the
        // shortest once its last zeros are gone. One division tells, where the general algorithm takes 30 ns.
        let scaled = (size * SCALE).round();
        if scaled / SCALE == size {
            return push_decimal(out, x < 0.0, scaled as u64);
        }
        out.extend_from_slice(ryu::Buffer::new().format_finite(x).as_bytes());
        return;
    }
    rare_double(out, x);
}

/// Appends `scaled / SCALE`.
#[inline]
fn push_decimal(out: &mut Vec<u8>, negative: bool, scaled: u64) {
    let (whole, fraction) = (scaled / SCALE as u64, (scaled % SCALE as u64) as usize);
    if negative {
        out.push(b'-');
    }
    push_digits(out, whole);
    let [a, b] = PAIRS[fraction / 100];
    let [c, d] = PAIRS[fraction % 100];
    let digits = [b'.', a, b, c, d];
    let used = match (fraction % 10, fraction % 100, fraction % 1000) {
        (1.., _, _) => DECIMALS,
        (_, 1.., _) => 3,
        (_, _, 1..) => 2,
        _ => 1,
    };
    out.extend_from_slice(&digits[..=used]);
}

fn rare_double(out: &mut Vec<u8>, x: f64) {
    if x == 0.0 || x.abs() < 1e-320 {
        // Zeros, and the subnormals for which Java prints one digit more than needed.
        out.extend_from_slice(riddhi_batch::double_text(x).as_bytes());
    } else {
        push_scientific(out, ryu::Buffer::new().format_finite(x).as_bytes());
    }
}

/// Appends a finite float in Java's form.
#[inline]
pub fn push_float(out: &mut Vec<u8>, x: f32) {
    let mut buffer = ryu::Buffer::new();
    match x.abs() {
        1e-3..1e7 => out.extend_from_slice(buffer.format_finite(x).as_bytes()),
        size if size < 1e-43 => out.extend_from_slice(riddhi_batch::float_text(x).as_bytes()),
        _ => push_scientific(out, buffer.format_finite(x).as_bytes()),
    }
}

/// Rearranges shortest digits (`-12.5`, `1.25e-7`, `3e22`) as `d.ddE±n`. Not for zero.
fn push_scientific(out: &mut Vec<u8>, shortest: &[u8]) {
    let unsigned = shortest.strip_prefix(b"-").unwrap_or(shortest);
    if unsigned.len() < shortest.len() {
        out.push(b'-');
    }
    let e = unsigned.iter().position(|b| *b == b'e');
    let mantissa = &unsigned[..e.unwrap_or(unsigned.len())];
    let point = mantissa.iter().position(|b| *b == b'.').unwrap_or(mantissa.len()) as i64;
    let first = mantissa.iter().position(|b| (b'1'..=b'9').contains(b)).unwrap_or(0);
    let last = mantissa.iter().rposition(|b| (b'1'..=b'9').contains(b)).unwrap_or(0);
    out.extend_from_slice(&[mantissa[first], b'.']);
    match first < last {
        true => out.extend(mantissa[first + 1..=last].iter().filter(|b| **b != b'.')),
        false => out.push(b'0'),
    }
    let leading = if (first as i64) < point { point - 1 - first as i64 } else { point - first as i64 };
    out.push(b'E');
    push_long(out, leading + e.map_or(0, |e| signed(&unsigned[e + 1..])));
}

fn signed(text: &[u8]) -> i64 {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let n = digits.iter().fold(0, |n, b| n * 10 + (b - b'0') as i64);
    if digits.len() < text.len() { -n } else { n }
}

/// Appends a double with at most three decimals where that shows enough of it, for people.
pub fn push_rounded(out: &mut Vec<u8>, x: f64) {
    let size = x.abs();
    if (1e-2..1e15).contains(&size) {
        let thousandths = (size * 1e3).round() as u64;
        if x < 0.0 {
            out.push(b'-');
        }
        push_digits(out, thousandths / 1000);
        let fraction = thousandths % 1000;
        let digits =
            [b'.', b'0' + (fraction / 100) as u8, b'0' + (fraction / 10 % 10) as u8, b'0' + (fraction % 10) as u8];
        let used = digits.iter().rposition(|b| *b != b'0').unwrap_or(0).max(1);
        out.extend_from_slice(&digits[..=used]);
    } else {
        out.extend_from_slice(riddhi_batch::double_text(x).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use riddhi_batch::{double_text, float_text};

    use super::*;

    fn text(push: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        push(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn known_forms() {
        for (x, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (100.0, "100.0"),
            (700.1, "700.1"),
            (1e20, "1.0E20"),
            (1e7, "1.0E7"),
            (12345678.5, "1.23456785E7"),
            (0.001, "0.001"),
            (0.00025, "2.5E-4"),
            (1e-10, "1.0E-10"),
            (0.1 + 0.2, "0.30000000000000004"),
            (9999999.9999, "9999999.9999"),
            (4.9e-324, "4.9E-324"),
            (f64::MAX, "1.7976931348623157E308"),
        ] {
            assert_eq!(text(|out| push_double(out, x)), expected);
        }
        assert_eq!(text(|out| push_float(out, 1.4e-45)), "1.4E-45");
        assert_eq!(text(|out| push_long(out, i64::MIN)), i64::MIN.to_string());
        assert_eq!(text(|out| push_rounded(out, -34.56666)), "-34.567");
        assert_eq!(text(|out| push_rounded(out, 12.0)), "12.0");
        assert_eq!(text(|out| push_rounded(out, 0.0)), "0.0");
    }

    proptest! {
        #[test]
        fn doubles_are_as_in_java(bits in any::<u64>(), n in -10_000_000_000i64..10_000_000_000, scale in 0i32..12) {
            for x in [f64::from_bits(bits), n as f64 / 10f64.powi(scale), n as f64 * 10f64.powi(scale)] {
                if x.is_finite() {
                    prop_assert_eq!(text(|out| push_double(out, x)), double_text(x));
                }
                let x = x as f32;
                if x.is_finite() {
                    prop_assert_eq!(text(|out| push_float(out, x)), float_text(x));
                }
            }
            prop_assert_eq!(text(|out| push_long(out, bits as i64)), (bits as i64).to_string());
        }
    }
}

//! Text forms of numbers as Java prints them, and Java's order of strings.

use std::cmp::Ordering;
use std::fmt::Write;

/// Digits, zeros included, that the shortest form of a double has at most.
const ALL_DIGITS: usize = 32;

/// The text of a double as Java 19 and later print it: the shortest digits that identify the value, decimal with a fraction
/// for 1e-3 <= |x| < 1e7, else `d.ddE±n`.
pub fn double_text(x: f64) -> String {
    let mut out = String::new();
    push_double(&mut out, x);
    out
}

/// Appends [`double_text`] without allocating for it.
pub fn push_double(out: &mut String, x: f64) {
    if !x.is_finite() {
        out.push_str(special(x.is_nan(), x > 0.0));
    } else if x.abs() < 1e-320 && x != 0.0 {
        java_form(out, &two_digits(x), false, false);
    } else {
        java_form(out, ryu::Buffer::new().format_finite(x), x == 0.0, (1e-3..1e7).contains(&x.abs()));
    }
}

/// Java prints at least two digits, the nearest two where one would identify the value: 4.9E-324, not 5.0E-324. Only the
/// smallest subnormal values are so coarse that it shows.
fn two_digits(x: impl std::fmt::LowerExp + Copy) -> String {
    format!("{x:.1e}")
}

/// The text of a float; see [`double_text`].
pub fn float_text(x: f32) -> String {
    let mut out = String::new();
    push_float(&mut out, x);
    out
}

/// Appends [`float_text`] without allocating for it.
pub fn push_float(out: &mut String, x: f32) {
    if !x.is_finite() {
        out.push_str(special(x.is_nan(), x > 0.0));
    } else if x.abs() < 1e-43 && x != 0.0 {
        java_form(out, &two_digits(x), false, false);
    } else {
        java_form(out, ryu::Buffer::new().format_finite(x), x == 0.0, (1e-3..1e7).contains(&x.abs()));
    }
}

fn special(nan: bool, positive: bool) -> &'static str {
    match (nan, positive) {
        (true, _) => "NaN",
        (false, true) => "Infinity",
        (false, false) => "-Infinity",
    }
}

/// Rearranges shortest digits (`-12.5`, `1.25e-7`, `3e22`) into Java's form.
fn java_form(out: &mut String, shortest: &str, zero: bool, plain: bool) {
    let (sign, rest) = match shortest.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", shortest),
    };
    out.push_str(sign);
    if zero {
        return out.push_str("0.0");
    }
    let (mantissa, exponent) = match rest.split_once('e') {
        Some((m, e)) => (m, e.parse::<i32>().unwrap_or(0)),
        None => (rest, 0),
    };
    let whole = mantissa.find('.').unwrap_or(mantissa.len());
    let mut all = [0u8; ALL_DIGITS];
    let mut n = 0;
    for digit in mantissa.bytes().filter(u8::is_ascii_digit) {
        all[n] = digit;
        n += 1;
    }
    let all = std::str::from_utf8(&all[..n]).unwrap_or("");
    let leading = all.len() - all.trim_start_matches('0').len();
    let digits = all.trim_matches('0');
    // The value is 0.d1d2d3... * 10^point.
    let point = whole as i32 + exponent - leading as i32;
    if plain {
        place_point(out, digits, point);
    } else {
        out.push_str(&digits[..1]);
        out.push('.');
        out.push_str(if digits.len() > 1 { &digits[1..] } else { "0" });
        // Infallible: a string takes everything.
        let _ = write!(out, "E{}", point - 1);
    }
}

fn place_point(out: &mut String, digits: &str, point: i32) {
    if point <= 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', -point as usize));
        out.push_str(digits);
    } else if point as usize >= digits.len() {
        out.push_str(digits);
        out.extend(std::iter::repeat_n('0', point as usize - digits.len()));
        out.push_str(".0");
    } else {
        out.push_str(&digits[..point as usize]);
        out.push('.');
        out.push_str(&digits[point as usize..]);
    }
}

/// Java's `String.compareTo`: by UTF-16 units, so a supplementary character sorts below U+E000..U+FFFF.
pub fn compare_utf16(a: &[u8], b: &[u8]) -> Ordering {
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (Some(&x), Some(&y)) = (a.get(same), b.get(same)) else {
        return a.len().cmp(&b.len());
    };
    // Bytes order UTF-8 by code point. The two orders differ only where one side is a supplementary character (lead byte
    // 0xF0..) and the other begins with 0xEE or 0xEF (U+E000..U+FFFF), which UTF-16 puts above the surrogates.
    match (x >= 0xF0, y >= 0xF0) {
        (true, false) if y >= 0xEE => Ordering::Less,
        (false, true) if x >= 0xEE => Ordering::Greater,
        _ => x.cmp(&y),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_print_as_in_java() {
        for (x, text) in [
            (1.0, "1.0"),
            (0.001, "0.001"),
            (1234567.0, "1234567.0"),
            (1e7, "1.0E7"),
            (1e-4, "1.0E-4"),
            (-0.0, "-0.0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (123456.789, "123456.789"),
            (1.7976931348623157e308, "1.7976931348623157E308"),
            (4.9e-324, "4.9E-324"),
            (100.0, "100.0"),
            (9999999.999, "9999999.999"),
            (12345678.9, "1.23456789E7"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
            (1e22, "1.0E22"),
            (0.00123, "0.00123"),
        ] {
            assert_eq!(double_text(x), text);
        }
        assert_eq!(float_text(57.6), "57.6");
        assert_eq!(float_text(1.4e-45), "1.4E-45");
        assert_eq!(float_text(1e10), "1.0E10");
    }

    #[test]
    fn strings_order_by_utf16_units() {
        assert_eq!(compare_utf16("a".as_bytes(), "ab".as_bytes()), Ordering::Less);
        assert_eq!(compare_utf16("\u{10000}".as_bytes(), "\u{e000}".as_bytes()), Ordering::Less);
        assert_eq!(compare_utf16("\u{d7ff}".as_bytes(), "\u{10000}".as_bytes()), Ordering::Less);
        assert_eq!(compare_utf16("\u{ffff}".as_bytes(), "\u{10000}".as_bytes()), Ordering::Greater);
    }
}

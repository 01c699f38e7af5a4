//! The range of time that `within` names, and times as text.

use riddhi_batch::Value;

use super::{DAY, HOUR, MINUTE, SECOND, Unit};
use crate::civil;

/// Where the numbers of a time stand: `yyyy-MM-dd HH:mm:ss`.
const PARTS: [(usize, usize); 6] = [(0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19)];
const LENGTH: usize = 19;

/// The range from the first time up to the second, which is not in it: of a text with wildcards, or of two times.
pub fn range(start: &Value, end: Option<&Value>) -> Result<(i64, i64), String> {
    let Some(end) = end else {
        let Value::Str(text) = start else { return Err("`within` takes a text, or two times".to_owned()) };
        return wildcards(text).ok_or_else(|| {
            format!("`within '{text}'` is no time of the form 'yyyy-MM-dd HH:mm:ss', with ** for what is left open")
        });
    };
    let (start, end) = (limit(start)?, limit(end)?);
    if start >= end {
        return Err(format!("`within {start}, {end}` ends before it begins"));
    }
    Ok((start, end))
}

fn limit(value: &Value) -> Result<i64, String> {
    match value {
        Value::Long(ms) => Ok(*ms),
        Value::Str(text) => time(text).ok_or_else(|| format!("'{text}' is no time of the form 'yyyy-MM-dd HH:mm:ss'")),
        other => Err(format!("{other:?} is no time")),
    }
}

/// Milliseconds since 1970 of `yyyy-MM-dd HH:mm:ss`, in GMT unless ` +05:30` or the like stands behind.
pub fn time(text: &str) -> Option<i64> {
    let (numbers, offset) = parts(text)?;
    let all = numbers.into_iter().collect::<Option<Vec<i64>>>()?;
    instant(all.try_into().ok()?).map(|at| at - offset)
}

fn wildcards(text: &str) -> Option<(i64, i64)> {
    let (numbers, offset) = parts(text)?;
    let known = numbers.iter().take_while(|n| n.is_some()).count();
    if known == 0 || numbers[known..].iter().any(Option::is_some) {
        return None;
    }
    let mut all = [0, 1, 1, 0, 0, 0];
    all.iter_mut().zip(&numbers[..known]).for_each(|(to, n)| *to = n.unwrap_or(*to));
    let start = instant(all)?;
    let unit = [Unit::Year, Unit::Month, Unit::Day, Unit::Hour, Unit::Minute, Unit::Second][known - 1];
    Some((start - offset, unit.next(start) - offset))
}

/// The numbers, with none for a wildcard, and the offset of the time zone in milliseconds.
fn parts(text: &str) -> Option<([Option<i64>; 6], i64)> {
    let bytes = text.as_bytes();
    let offset = match bytes.get(LENGTH..) {
        Some([]) => 0,
        Some([b' ', sign @ (b'+' | b'-'), h @ .., b':', m, n]) if h.len() == 2 => {
            let ms = number(h)? * HOUR + number(&[*m, *n])? * MINUTE;
            if *sign == b'-' { -ms } else { ms }
        }
        _ => return None,
    };
    for (at, mark) in [(4, b'-'), (7, b'-'), (10, b' '), (13, b':'), (16, b':')] {
        if bytes[at] != mark {
            return None;
        }
    }
    let mut numbers = [None; 6];
    for (to, (from, end)) in numbers.iter_mut().zip(PARTS) {
        let part = &bytes[from..end];
        if part.iter().any(|b| *b != b'*') {
            *to = Some(number(part)?);
        }
    }
    Some((numbers, offset))
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
}

fn instant([year, month, of_month, hour, minute, second]: [i64; 6]) -> Option<i64> {
    if !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let number = civil::day(year, month, of_month);
    (civil::date(number) == (year, month, of_month))
        .then_some(number * DAY + hour * HOUR + minute * MINUTE + second * SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_names_a_range() {
        let of = |text: &str| range(&Value::Str(text.into()), None).ok();
        let at = |text: &str| time(text).expect("a time");
        assert_eq!(of("2020-09-13 12:26:40"), Some((1_600_000_000_000, 1_600_000_001_000)));
        assert_eq!(of("2020-09-13 12:26:**"), Some((at("2020-09-13 12:26:00"), at("2020-09-13 12:27:00"))));
        assert_eq!(of("2020-02-** **:**:**"), Some((at("2020-02-01 00:00:00"), at("2020-03-01 00:00:00"))));
        assert_eq!(of("2020-**-** **:**:** +05:30"), Some((at("2019-12-31 18:30:00"), at("2020-12-31 18:30:00"))));
        for wrong in [
            "2020-09-13",
            "2020-09-13 12:26:4*",
            "2020-09-13 **:26:40",
            "2020-09-13T12:26:40",
            "****-**-** **:**:**",
            "2020-13-13 12:26:40",
            "2020-02-30 12:26:40",
            "2020-09-13 12:26:40 0530",
            "äöüäöüäöüäöüäöüäöüäöü",
            "",
        ] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}

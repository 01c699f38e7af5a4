//! Time constants inside annotation values, such as `'1 min 30 sec'`.

use riddhi_ql::ast::TimeUnit;

/// The length in milliseconds: numbers and units in turn, units getting smaller.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut last: Option<TimeUnit> = None;
    let mut sum = 0i64;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: i32 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let unit = unit(&rest[..letters].to_ascii_lowercase())?;
        if last.is_some_and(|l| unit >= l) {
            return None;
        }
        last = Some(unit);
        sum = sum.wrapping_add(i64::from(number).wrapping_mul(unit.millis()));
        rest = rest[letters..].trim_start();
    }
    last.map(|_| sum)
}

fn unit(word: &str) -> Option<TimeUnit> {
    Some(match word {
        "year" | "years" => TimeUnit::Year,
        "month" | "months" => TimeUnit::Month,
        "week" | "weeks" => TimeUnit::Week,
        "day" | "days" => TimeUnit::Day,
        "hour" | "hours" => TimeUnit::Hour,
        "min" | "minute" | "minutes" => TimeUnit::Minute,
        "sec" | "second" | "seconds" => TimeUnit::Second,
        "millisec" | "millisecond" | "milliseconds" => TimeUnit::Millisecond,
        _ => return None,
    })
}

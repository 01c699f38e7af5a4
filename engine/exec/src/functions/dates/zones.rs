//! Time zones by the names that Java takes, out of the rules that Riddhi was built with.

use std::sync::OnceLock;

use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use riddhi_plan::cron::Zone;

/// Java's short names.
const SHORT: &[(&str, &str)] = &[
    ("EST", "-05:00"),
    ("MST", "-07:00"),
    ("HST", "-10:00"),
    ("ACT", "Australia/Darwin"),
    ("AET", "Australia/Sydney"),
    ("AGT", "America/Argentina/Buenos_Aires"),
    ("ART", "Africa/Cairo"),
    ("AST", "America/Anchorage"),
    ("BET", "America/Sao_Paulo"),
    ("BST", "Asia/Dhaka"),
    ("CAT", "Africa/Harare"),
    ("CNT", "America/St_Johns"),
    ("CST", "America/Chicago"),
    ("CTT", "Asia/Shanghai"),
    ("EAT", "Africa/Addis_Ababa"),
    ("ECT", "Europe/Paris"),
    ("IET", "America/Indiana/Indianapolis"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("MIT", "Pacific/Apia"),
    ("NET", "Asia/Yerevan"),
    ("NST", "Pacific/Auckland"),
    ("PLT", "Asia/Karachi"),
    ("PNT", "America/Phoenix"),
    ("PRT", "America/Puerto_Rico"),
    ("PST", "America/Los_Angeles"),
    ("SST", "Pacific/Guadalcanal"),
    ("VST", "Asia/Ho_Chi_Minh"),
];

/// The zone of that name.
pub(super) fn zone(name: &str) -> Option<Zone> {
    let name = SHORT.iter().find(|(short, _)| *short == name).map_or(name, |(_, long)| long);
    if matches!(name, "Z" | "UTC" | "GMT" | "UT") {
        return Some(Zone::utc());
    }
    let rest = ["UTC", "GMT", "UT"].iter().find_map(|p| name.strip_prefix(p)).unwrap_or(name);
    if rest.starts_with(['+', '-']) {
        let minutes = offset(rest)?;
        let offset = Offset::from_seconds(i32::try_from(minutes * 60).ok()?).ok()?;
        return Some(Zone::new(name, TimeZone::fixed(offset)));
    }
    static ALL: OnceLock<TimeZoneDatabase> = OnceLock::new();
    let rules = ALL.get_or_init(TimeZoneDatabase::bundled).get(name).ok()?;
    // Names count with their case.
    (rules.iana_name() == Some(name)).then(|| Zone::new(name, rules))
}

/// Minutes of `+5`, `+05`, `+0530` and `+05:30`.
pub(super) fn offset(text: &str) -> Option<i64> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = &text[1..];
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) if minutes.len() == 2 => (hours, minutes),
        Some(_) => return None,
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    let number = |text: &str| {
        let fits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| text.parse::<i64>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_java_are_found() {
        for (name, hours) in [("IST", 5.5), ("UTC+5", 5.0), ("GMT-03:30", -3.5), ("Asia/Tokyo", 9.0), ("Z", 0.0)] {
            let zone = zone(name).unwrap();
            assert_eq!(zone.local(0) as f64, hours * 3_600_000.0, "{name}");
        }
        assert!(zone("Mars/Olympus").is_none() && zone("+5x").is_none() && zone("+").is_none());
    }
}

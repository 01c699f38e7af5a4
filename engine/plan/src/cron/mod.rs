//! Schedules written as Quartz does: `second minute hour day-of-month month day-of-week [year]`, in a time zone.
//!
//! Lists, ranges (which may go round: `22-2`), steps, names of months and days (`SUN` is 1), `L`, `L-3`, `LW`, `15W`, `6L`
//! and `6#3`; exactly one of the two day fields is `?`. What Quartz does not look at behind a value is not looked at here.
//!
//! Where clocks go forward the times left out do not happen; where they go back a time that comes twice counts the second
//! time only. So does Quartz.

mod parse;
mod zone;

use crate::civil;
use parse::{Days, Fields};
pub use zone::{Clocks, Zone};

/// The last year in which anything happens.
const YEAR_MAX: i64 = 2299;

/// When something happens, again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    fields: Fields,
}

impl Schedule {
    /// Reads the text of a schedule. The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Schedule, String> {
        Ok(Schedule { fields: parse::fields(text)? })
    }

    /// The first instant after `time`; both are milliseconds since 1970. `None`: never again.
    pub fn after(&self, time: i64, zone: &Zone) -> Option<i64> {
        let mut local = zone.local(time);
        loop {
            local = self.after_local(local)?;
            if let Some(instant) = zone.instant(local) {
                return Some(instant);
            }
        }
    }

    /// The same as the clocks on the wall show it.
    fn after_local(&self, time: i64) -> Option<i64> {
        let second = time.div_euclid(1000) + 1;
        let (first_day, in_day) = (second.div_euclid(86_400), second.rem_euclid(86_400));
        let (mut year, mut month, mut day) = civil::date(first_day);
        if let Some(at) = self.on_day(year, month, day).then(|| self.in_day(in_day)).flatten() {
            return instant(year, month, day, at);
        }
        let start = self.in_day(0)?;
        day += 1;
        while year <= YEAR_MAX {
            if self.fields.year(year) && self.fields.months >> month & 1 == 1 {
                let days = day..=last_day(year, month);
                if let Some(day) = days.into_iter().find(|&day| self.on_day(year, month, day)) {
                    return instant(year, month, day, start);
                }
            }
            (month, day) = (month + 1, 1);
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
        None
    }

    /// The first matching second of a day, from `from` on.
    fn in_day(&self, from: i64) -> Option<i64> {
        let (hour, minute, second) = (from / 3600, from / 60 % 60, from % 60);
        let f = &self.fields;
        let first = |set: u64, from: i64| (from..60).find(|&x| set >> x & 1 == 1);
        let (first_minute, first_second) = (first(f.minutes, 0)?, first(f.seconds, 0)?);
        if f.hours >> hour & 1 == 1 {
            if f.minutes >> minute & 1 == 1
                && let Some(second) = first(f.seconds, second)
            {
                return Some(hour * 3600 + minute * 60 + second);
            }
            if let Some(minute) = first(f.minutes, minute + 1) {
                return Some(hour * 3600 + minute * 60 + first_second);
            }
        }
        first(f.hours, hour + 1).map(|hour| hour * 3600 + first_minute * 60 + first_second)
    }

    fn on_day(&self, year: i64, month: i64, day: i64) -> bool {
        let f = &self.fields;
        if !f.year(year) || f.months >> month & 1 == 0 {
            return false;
        }
        let last = last_day(year, month);
        match f.days {
            Days::OfMonth(days) => days >> day & 1 == 1,
            Days::Last { before, weekday: false } => day == last - before,
            Days::Last { before, weekday: true } => day == nearest_weekday(year, month, last - before),
            Days::Nearest(wanted) if wanted <= last => day == nearest_weekday(year, month, wanted),
            // The day after the last one counts in Quartz if it is a Saturday: the Friday before is the nearest weekday.
            Days::Nearest(wanted) => wanted == last + 1 && day == last && weekday(year, month, day) == 6,
            Days::OfWeek(days) => days >> weekday(year, month, day) & 1 == 1,
            Days::LastOfWeek(wanted) => day + 7 > last && weekday(year, month, day) == wanted,
            Days::Nth { wanted, nth } => (day + 6) / 7 == nth && weekday(year, month, day) == wanted,
        }
    }
}

/// The weekday of the month nearest to a day: what falls on a weekend moves by a day, or by two to stay in the month.
fn nearest_weekday(year: i64, month: i64, day: i64) -> i64 {
    match weekday(year, month, day) {
        7 if day == 1 => day + 2,
        7 => day - 1,
        1 if day == last_day(year, month) => day - 2,
        1 => day + 1,
        _ => day,
    }
}

/// Sunday is 1.
fn weekday(year: i64, month: i64, day: i64) -> i64 {
    // 1970 began with a Thursday.
    (civil::day(year, month, day) + 4).rem_euclid(7) + 1
}

fn last_day(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

fn instant(year: i64, month: i64, day: i64, second: i64) -> Option<i64> {
    Some((civil::day(year, month, day) * 86_400 + second) * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first three seconds after 1600000000.123 (a Sunday), as Quartz 2.3 says.
    #[test]
    fn as_quartz() {
        let cases: &[(&str, &[i64])] = &[
            ("0 0 12 LW * ?", &[1601467200, 1604059200, 1606737600]),
            ("*/5 * * * * ?", &[1600000005, 1600000010, 1600000015]),
            ("0 0 0 15W * ?", &[1600128000, 1602720000, 1605484800]),
            ("0 0 0 L-3 2 ?", &[1614211200, 1645747200, 1677283200]),
            ("10-59/10 */20 22-2 ? * MON-FRI", &[1600041610, 1600041620, 1600041630]),
            ("0 0 0 ? * 6L", &[1600992000, 1604016000, 1606435200]),
            ("0 0 0 ? * 6#3", &[1600387200, 1602806400, 1605830400]),
            ("0 0 0 31W 9 ?", &[1664496000, 2011651200, 2200953600]),
            ("0 0 12 1/5 NOV-JAN ?", &[1604232000, 1604664000, 1605096000]),
            ("0 0 0 29 2 ? 2021-2030", &[1709164800, 1835395200]),
            ("0 0 0 1 1 ? 1980", &[]),
            ("0 0 0 31 2 ?", &[]),
            ("0 30 9 ? * 2,4,6 2021", &[1609493400, 1609752600, 1609925400]),
            ("0 0 0 ? * L", &[1600473600, 1601078400, 1601683200]),
        ];
        for (text, expected) in cases {
            let schedule = Schedule::parse(text).unwrap();
            let utc = Zone::utc();
            let next =
                std::iter::successors(schedule.after(1_600_000_000_123, &utc), |&t| schedule.after(t, &utc)).take(3);
            assert_eq!(next.map(|t| t / 1000).collect::<Vec<_>>(), *expected, "{text}");
        }
    }

    /// What Quartz 2.3 says around the days on which clocks change, by central European rules.
    #[test]
    fn clocks_change() {
        let zone = Zone::new("Berlin", jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap());
        let spring = |day: i64, hour: i64, minute: i64| 1_616_803_200_000 + ((day * 24 + hour) * 60 + minute) * 60_000;
        let autumn = |hour: i64, minute: i64| 1_635_638_400_000 + (hour * 60 + minute) * 60_000;
        let cases = [
            ("0 30 2 * * ?", spring(0, 23, 0), vec![spring(2, 0, 30), spring(3, 0, 30)]),
            ("0 0 * * * ?", spring(0, 23, 0), vec![spring(1, 0, 0), spring(1, 1, 0), spring(1, 2, 0)]),
            ("0 */20 1-3 * * ?", spring(1, 0, 30), vec![spring(1, 0, 40), spring(1, 1, 0), spring(1, 1, 20)]),
            ("0 0 3 * * ?", spring(0, 23, 0), vec![spring(1, 1, 0), spring(2, 1, 0)]),
            ("0 30 2 * * ?", autumn(-2, 0), vec![autumn(1, 30), autumn(25, 30)]),
            ("0 0 * * * ?", autumn(-2, 0), vec![autumn(-1, 0), autumn(1, 0), autumn(2, 0)]),
            ("0 */20 * * * ?", autumn(-1, 30), vec![autumn(-1, 40), autumn(1, 0), autumn(1, 20)]),
        ];
        for (text, from, expected) in cases {
            let schedule = Schedule::parse(text).unwrap();
            let next = std::iter::successors(schedule.after(from, &zone), |&t| schedule.after(t, &zone));
            assert_eq!(next.take(expected.len()).collect::<Vec<_>>(), expected, "{text} from {from}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (text, wrong) in [
            ("* * * * *", "5 of the 6 or 7 fields"),
            ("*/5 * * * * *", "both day fields are given"),
            ("0 0 0 ? * ?", "`?` stands in both"),
            ("60 * * * * ?", "60 is no second"),
            ("*/99 * * * * ?", "too long for a second"),
            ("0 0 0 ? * XYZ", "`XYZ` is no day of the week"),
            ("0 0 0 L,3 * ?", "`L` cannot be combined"),
            ("0 0 0 ? * 2#6", "from 1 to 5"),
            ("0 0 0 15L * ?", "`L` has no meaning"),
            ("0 0 0 1 1 ? 2030-2020", "the first year"),
            ("0 0- 0 1 1 ?", "behind `-` is missing"),
            ("\u{fc}", "1 of the 6 or 7"),
            ("0 0 0 \u{fc} * ?", "is no day of the month"),
        ] {
            let error = Schedule::parse(text).unwrap_err();
            assert!(error.contains(wrong), "{text}: {error}");
        }
    }

    #[test]
    fn days_and_dates_agree() {
        for day in (-800_000..800_000).step_by(37) {
            let (year, month, of_month) = civil::date(day);
            assert_eq!(civil::day(year, month, of_month), day);
        }
        assert_eq!(Schedule::parse("* * * * * ?").unwrap().after(-1500, &Zone::utc()), Some(-1000));
    }
}

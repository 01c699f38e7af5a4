//! Days and dates as Java's calendar counts them: Gregorian from 15 October 1582 on, Julian before.

use riddhi_plan::civil;

/// Milliseconds of a day.
pub(super) const DAY: i64 = 86_400_000;
/// The day on which the Gregorian calendar began, counted from 1 January 1970.
const GREGORIAN: i64 = -141_427;

/// What a clock shows, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fields {
    /// 0 is the year before year 1.
    pub year: i64,
    /// From 1.
    pub month: i64,
    /// From 1.
    pub day: i64,
    /// Of the day.
    pub millis: i64,
    /// Days since 1970.
    pub days: i64,
}

impl Fields {
    /// Those of milliseconds that a clock shows.
    pub fn of(local: i64) -> Fields {
        let days = local.div_euclid(DAY);
        let (year, month, day) = date(days);
        Fields { year, month, day, millis: local.rem_euclid(DAY), days }
    }

    /// Hour of the day.
    pub fn hour(&self) -> i64 {
        self.millis / 3_600_000
    }

    /// Minute of the hour.
    pub fn minute(&self) -> i64 {
        self.millis / 60_000 % 60
    }

    /// Second of the minute.
    pub fn second(&self) -> i64 {
        self.millis / 1000 % 60
    }

    /// Day of the week, 0 on Sunday.
    pub fn weekday(&self) -> i64 {
        (self.days + 4).rem_euclid(7)
    }

    /// Day of the year, from 1.
    pub fn day_of_year(&self) -> i64 {
        self.days - days(self.year, 1, 1) + 1
    }

    /// Week of the year, where weeks begin on weekday `first` and the year's first has at least `least` days in it.
    pub fn week(&self, first: i64, least: i64) -> i64 {
        let start = first_week(self.year, first, least);
        if self.days < start {
            return (self.days - first_week(self.year - 1, first, least)) / 7 + 1;
        }
        if self.days >= first_week(self.year + 1, first, least) {
            return 1;
        }
        (self.days - start) / 7 + 1
    }

    /// Week of the month by the same rules.
    pub fn week_of_month(&self, first: i64, least: i64) -> i64 {
        let month = days(self.year, self.month, 1);
        (self.days - week_start(month, first, least)).div_euclid(7) + 1
    }
}

/// The first day of a year's first week.
fn first_week(year: i64, first: i64, least: i64) -> i64 {
    week_start(days(year, 1, 1), first, least)
}

/// The first day of the first week of what begins on `day`.
fn week_start(day: i64, first: i64, least: i64) -> i64 {
    let into = (day + 4 - first).rem_euclid(7);
    if 7 - into >= least { day - into } else { day - into + 7 }
}

/// Milliseconds of a day since 1970 and a time of it. Beyond what a long holds they begin anew, as Java's do.
pub(super) fn millis(day: i64, of_day: i64) -> i64 {
    day.wrapping_mul(DAY).wrapping_add(of_day)
}

/// Year, month and day.
fn date(days: i64) -> (i64, i64, i64) {
    if days >= GREGORIAN {
        return civil::date(days);
    }
    let z = days + 719_470;
    let of = z.rem_euclid(1461);
    let year = (of - of / 1460) / 365;
    let (month, day, next) = civil::in_march_year(of - 365 * year);
    (z.div_euclid(1461) * 4 + year + next, month, day)
}

/// Days since 1970 of a date whose month and day may be out of range.
pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = (year + (month - 1).div_euclid(12), (month - 1).rem_euclid(12) + 1);
    let gregorian = civil::day(year, month, day);
    if gregorian >= GREGORIAN {
        return gregorian;
    }
    let march = year - (month <= 2) as i64;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5;
    march.div_euclid(4) * 1461 + march.rem_euclid(4) * 365 + of_year - 719_470 + day - 1
}

/// A date so many months later; the day moves back to the month's last where it has to.
pub(super) fn add_months(at: &Fields, months: i64) -> i64 {
    let month = at.month + months;
    let last = days(at.year, month + 1, 1) - days(at.year, month, 1);
    days(at.year, month, at.day.min(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_are_inverse() {
        for day in (-800_000..800_000).step_by(13) {
            let (y, m, d) = date(day);
            assert_eq!(days(y, m, d), day, "{y}-{m}-{d}");
        }
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(GREGORIAN), (1582, 10, 15));
        assert_eq!(date(GREGORIAN - 1), (1582, 10, 4));
        assert_eq!(days(2020, 13, 1), days(2021, 1, 1));
    }

    #[test]
    fn days_beyond_a_long_begin_anew() {
        // What Siddhi reads of '2147483647-11-11' and '292278995-08-18'.
        assert_eq!(millis(days(2_147_483_647, 11, 11), 0), -6_019_000_065_711_806_464);
        assert_eq!(millis(days(292_278_995, 8, 18), 0), -9_223_372_005_258_351_616);
    }

    #[test]
    fn weeks_follow_both_rules() {
        let at = |y, m, d| Fields::of(days(y, m, d) * DAY);
        assert_eq!(at(2021, 1, 1).week(1, 4), 53);
        assert_eq!(at(2021, 1, 1).week(0, 1), 1);
        assert_eq!(at(2020, 12, 31).week(0, 1), 1);
        assert_eq!(at(2020, 9, 13).week(0, 1), 38);
    }
}

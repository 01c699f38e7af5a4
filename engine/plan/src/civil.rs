//! Days and dates of the Gregorian calendar, which is taken to have been there always. A day is counted from 1 January 1970; years are counted
//! as if they began in March, so that the leap day is the last.

/// The day of a date. The day of the month may be out of its range.
pub fn day(year: i64, month: i64, of_month: i64) -> i64 {
    let year = year - (month < 3) as i64;
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + of_month - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of the month of a day.
pub fn date(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let (month, of_month, next) = in_march_year(of_era - (365 * year + year / 4 - year / 100));
    (year + era * 400 + next, month, of_month)
}

/// Month and day of the month of a day of a year that began in March, and 1 if it is of the next calendar year.
pub fn in_march_year(day: i64) -> (i64, i64, i64) {
    let month = (5 * day + 2) / 153;
    let of_month = day - (153 * month + 2) / 5 + 1;
    if month < 10 { (month + 3, of_month, 0) } else { (month - 9, of_month, 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse() {
        for at in (-1_000_000..1_000_000).step_by(17) {
            let (year, month, of_month) = date(at);
            assert_eq!(day(year, month, of_month), at, "{year}-{month}-{of_month}");
        }
        assert_eq!((date(0), date(-1), date(18_321)), ((1970, 1, 1), (1969, 12, 31), (2020, 2, 29)));
    }
}

//! Which day a text means that tells it by days, weeks or weekdays: as Java's lenient calendar, which goes by what was told last.

use super::calendar::days;

/// What tells a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The month of the year.
    Month,
    /// The day of the month.
    Day,
    /// The day of the year.
    DayOfYear,
    /// The week of the year; the first has 1 January in it, and weeks begin on Sunday.
    WeekOfYear,
    /// The week of the month, likewise.
    WeekOfMonth,
    /// Which of the month's Mondays, or of another weekday.
    WeekdayOfMonth,
    /// The day of the week, 0 on Sunday.
    Weekday,
}

/// What was told, and in which order.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// By what tells a day: the number, and when it was told; 0 if it was not.
    fields: [(i64, u32); 7],
    last: u32,
}

impl Told {
    /// One more is told.
    pub fn tell(&mut self, by: By, value: i64) {
        self.last += 1;
        self.fields[by as usize] = (value, self.last);
    }

    fn when(&self, by: By) -> u32 {
        self.fields[by as usize].1
    }

    fn value(&self, by: By, usual: i64) -> i64 {
        let (value, when) = self.fields[by as usize];
        if when == 0 { usual } else { value }
    }

    /// The day of that year, counted from 1970.
    pub fn day(&self, year: i64) -> i64 {
        let weekday = self.when(By::Weekday);
        let with_weekday = |by: By| match self.when(by) {
            0 => 0,
            when if weekday != 0 => when.max(weekday),
            _ => 0,
        };
        let (day, of_year) = (self.when(By::Day), self.when(By::DayOfYear));
        let mut week_of_month = with_weekday(By::WeekOfMonth);
        let mut weekday_of_month = with_weekday(By::WeekdayOfMonth);
        let week_of_year = with_weekday(By::WeekOfYear);
        let mut last = day.max(of_year).max(week_of_month).max(weekday_of_month).max(week_of_year);
        if last == 0 {
            // Nothing is whole: a week stands for its first day, a weekday alone for the month's first.
            week_of_month = self.when(By::WeekOfMonth);
            weekday_of_month = self.when(By::WeekdayOfMonth).max(weekday);
            last = week_of_month.max(weekday_of_month).max(self.when(By::WeekOfYear));
        }
        let week = self.when(By::WeekOfYear);
        if last == day || last == 0 {
            return days(year, self.value(By::Month, 1), 1) + self.value(By::Day, 1) - 1;
        }
        let by_weeks = last == week_of_month && self.when(By::WeekOfMonth) >= week;
        if by_weeks || (last == weekday_of_month && self.when(By::WeekdayOfMonth) >= week) {
            let start = days(year, self.value(By::Month, 1), 1);
            let same = week_of_month == weekday_of_month;
            let weeks = match same {
                true => self.when(By::WeekOfMonth) >= self.when(By::WeekdayOfMonth),
                false => last == week_of_month,
            };
            return match weeks {
                true => self.of_week(start, self.value(By::WeekOfMonth, 1)),
                false => {
                    let which = self.value(By::WeekdayOfMonth, 1);
                    on_or_before(start + 7 * which - 1, self.value(By::Weekday, 0))
                }
            };
        }
        let start = days(year, 1, 1);
        match last == of_year {
            true => start + self.value(By::DayOfYear, 1) - 1,
            false => self.of_week(start, self.value(By::WeekOfYear, 1)),
        }
    }

    /// The day of a week, counted from the one that `start` lies in.
    fn of_week(&self, start: i64, week: i64) -> i64 {
        on_or_before(start, 0) + self.value(By::Weekday, 0) + 7 * (week - 1)
    }
}

/// The last such weekday that is not behind a day.
fn on_or_before(day: i64, weekday: i64) -> i64 {
    day - (day + 4 - weekday).rem_euclid(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(year: i64, all: &[(By, i64)]) -> i64 {
        let mut told = Told::default();
        all.iter().for_each(|&(by, value)| told.tell(by, value));
        told.day(year)
    }

    #[test]
    fn what_is_told_last_counts() {
        let at = |y, m, d| days(y, m, d);
        assert_eq!(told(2021, &[(By::WeekOfYear, 5)]), at(2021, 1, 24));
        assert_eq!(told(2020, &[(By::WeekOfYear, 53)]), at(2020, 12, 27));
        assert_eq!(told(2021, &[(By::Month, 5), (By::WeekOfMonth, 2)]), at(2021, 5, 2));
        assert_eq!(told(2021, &[(By::Month, 5), (By::WeekdayOfMonth, 2)]), at(2021, 5, 9));
        assert_eq!(told(2021, &[(By::Month, 5), (By::Day, 7), (By::DayOfYear, 2)]), at(2021, 1, 2));
        assert_eq!(told(2021, &[]), at(2021, 1, 1));
    }
}

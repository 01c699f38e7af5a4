//! The text of a schedule. Each field becomes a set of numbers as bits; the two day fields become one [`Days`].

use super::YEAR_MAX;

/// What the fields allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fields {
    pub seconds: u64,
    pub minutes: u64,
    pub hours: u64,
    pub months: u64,
    pub days: Days,
    /// Rising; `None`: every year.
    years: Option<Vec<i64>>,
}

impl Fields {
    pub(super) fn year(&self, year: i64) -> bool {
        self.years.as_ref().is_none_or(|years| years.binary_search(&year).is_ok())
    }
}

/// Days on which something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Days {
    /// Days of the month, as bits.
    OfMonth(u64),
    /// So many days before the last of the month, or the weekday nearest to that.
    Last { before: i64, weekday: bool },
    /// The weekday nearest to that day of the month.
    Nearest(i64),
    /// Days of the week, as bits; Sunday is 1.
    OfWeek(u64),
    /// The last such day of the month.
    LastOfWeek(i64),
    /// The n-th such day of the month.
    Nth { wanted: i64, nth: i64 },
}

/// One field's kind: its name, its least and greatest number, how far a step may go, and names of numbers from `least` on.
struct Kind {
    name: &'static str,
    least: i64,
    greatest: i64,
    step_max: i64,
    names: &'static [&'static str],
}

const fn kind(name: &'static str, least: i64, greatest: i64, step_max: i64, names: &'static [&'static str]) -> Kind {
    Kind { name, least, greatest, step_max, names }
}

const SECOND: Kind = kind("second", 0, 59, 59, &[]);
const MINUTE: Kind = kind("minute", 0, 59, 59, &[]);
const HOUR: Kind = kind("hour", 0, 23, 23, &[]);
const DAY: Kind = kind("day of the month", 1, 31, 31, &[]);
const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const MONTH: Kind = kind("month", 1, 12, 12, MONTHS);
const WEEKDAY: Kind = kind("day of the week", 1, 7, 7, &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]);
const YEAR: Kind = kind("year", 1970, YEAR_MAX, i64::MAX, &[]);

pub(super) fn fields(text: &str) -> Result<Fields, String> {
    let upper = text.to_ascii_uppercase();
    let fields: Vec<&str> = upper.split([' ', '\t']).filter(|f| !f.is_empty()).collect();
    let [second, minute, hour, day, month, weekday, rest @ ..] = &fields[..] else {
        return Err(format!("it has {} of the 6 or 7 fields", fields.len()));
    };
    let years = match rest.first() {
        None | Some(&"*") => None,
        Some(year) => Some(numbers(year, &YEAR)?),
    };
    Ok(Fields {
        seconds: bits(&numbers(second, &SECOND)?),
        minutes: bits(&numbers(minute, &MINUTE)?),
        hours: bits(&numbers(hour, &HOUR)?),
        months: bits(&numbers(month, &MONTH)?),
        days: days(day, weekday)?,
        years,
    })
}

fn bits(numbers: &[i64]) -> u64 {
    numbers.iter().fold(0, |set, n| set | 1 << n)
}

fn days(day: &str, weekday: &str) -> Result<Days, String> {
    if let Some(odd) = [day, weekday].into_iter().find(|f| f.starts_with('?') && f.len() > 2) {
        return Err(format!("nothing may follow `?` in `{odd}`"));
    }
    match (day.starts_with('?'), weekday.starts_with('?')) {
        (true, true) => Err("`?` stands in both day fields; give one of them".to_owned()),
        (false, false) => Err("both day fields are given; put `?` in one of them".to_owned()),
        (false, true) => days_of_month(day),
        (true, false) => days_of_week(weekday),
    }
}

fn days_of_month(field: &str) -> Result<Days, String> {
    if field.contains('L') && field.contains(',') {
        return Err("`L` cannot be combined with other days of the month".to_owned());
    }
    if let Some(rest) = field.strip_prefix('L') {
        let (before, rest) = match rest.strip_prefix('-').map(number) {
            Some(Some((before, rest))) => (before, rest),
            Some(None) => return Err("a number of days is missing behind `L-`".to_owned()),
            None => (0, rest),
        };
        if before > 30 {
            return Err("`L-` can go back 30 days at most".to_owned());
        }
        return match rest {
            "" | "W" => Ok(Days::Last { before, weekday: rest == "W" }),
            _ => Err(format!("`{field}` is no day of the month")),
        };
    }
    let mut nearest = false;
    let mut all = Vec::new();
    for item in field.split(',').filter(|i| !i.is_empty()) {
        match number(item) {
            Some((day, rest)) if rest.starts_with('W') => {
                in_range(day, &DAY)?;
                nearest = true;
                all.push(day);
            }
            _ => add(item, &DAY, &mut all)?,
        }
    }
    // As in Quartz, one `W` makes the first of all days listed the only one.
    match all.iter().min() {
        None => Err("the day of the month is missing".to_owned()),
        Some(&first) if nearest => Ok(Days::Nearest(first)),
        _ => Ok(Days::OfMonth(bits(&all))),
    }
}

fn days_of_week(field: &str) -> Result<Days, String> {
    if field.len() > 1 && field.contains('L') && field.contains(',') {
        return Err("`L` cannot be combined with other days of the week".to_owned());
    }
    if field.matches('#').count() > 1 {
        return Err("there can be one `#` only".to_owned());
    }
    let (mut all, mut nth, mut last) = (Vec::new(), None, false);
    for item in field.split(',').filter(|i| !i.is_empty()) {
        if item == "L" {
            all.push(7);
            continue;
        }
        let (day, rest) = match number(item) {
            Some(found) => found,
            None => match name(item, &WEEKDAY) {
                Some(found) => found,
                None => {
                    add(item, &WEEKDAY, &mut all)?;
                    continue;
                }
            },
        };
        match rest.chars().next() {
            Some('L') => {
                in_range(day, &WEEKDAY)?;
                last = true;
                all.push(day);
            }
            Some('#') => {
                in_range(day, &WEEKDAY)?;
                nth = Some(
                    rest[1..]
                        .parse()
                        .ok()
                        .filter(|n| (1..=5).contains(n))
                        .ok_or("a number from 1 to 5 must follow `#`")?,
                );
                all.push(day);
            }
            _ => add(item, &WEEKDAY, &mut all)?,
        }
    }
    match (all.iter().min(), nth) {
        (None, _) => Err("the day of the week is missing".to_owned()),
        (Some(&wanted), _) if last => Ok(Days::LastOfWeek(wanted)),
        (Some(&wanted), Some(nth)) => Ok(Days::Nth { wanted, nth }),
        _ => Ok(Days::OfWeek(bits(&all))),
    }
}

/// The numbers of a plain field, rising.
fn numbers(field: &str, kind: &Kind) -> Result<Vec<i64>, String> {
    let mut all = Vec::new();
    for item in field.split(',').filter(|i| !i.is_empty()) {
        add(item, kind, &mut all)?;
    }
    all.sort_unstable();
    all.dedup();
    if all.is_empty() { Err(format!("the {} is missing", kind.name)) } else { Ok(all) }
}

/// One item of a list: `*`, `*/n`, `/n`, `a`, `a-b`, `a-b/n`, `a/n` or a name.
fn add(item: &str, kind: &Kind, all: &mut Vec<i64>) -> Result<(), String> {
    let everything = kind.least..=kind.greatest;
    if item == "/" {
        return Err("a number must follow `/`".to_owned());
    }
    if item.starts_with(['*', '/']) {
        let rest = item.strip_prefix('*').unwrap_or(item);
        let step = if rest.starts_with('/') { step(rest, kind, true, true)? } else { 1 };
        all.extend(everything.step_by(step.max(1) as usize));
        return Ok(());
    }
    let named = name(item, kind);
    let Some((from, rest)) = number(item).or(named) else {
        return Err(format!("`{item}` is no {}", kind.name));
    };
    in_range(from, kind)?;
    if let Some(to) = rest.strip_prefix('-') {
        let to = if named.is_some() { name(to, kind) } else { number(to) };
        let Some((to, rest)) = to else { return Err(format!("the {} behind `-` is missing", kind.name)) };
        in_range(to, kind)?;
        let step = if named.is_none() && rest.starts_with('/') { step(rest, kind, false, false)? } else { 1 };
        if step == 0 {
            all.push(from);
            return Ok(());
        }
        return range(from, to, step, kind, all);
    }
    if named.is_none() && rest.starts_with(['L', 'W', '#']) {
        return Err(format!("`{}` has no meaning for the {}", &rest[..1], kind.name));
    }
    if named.is_none() && rest.starts_with('/') {
        let step = step(rest, kind, false, true)?;
        if step > 0 {
            return range(from, kind.greatest, step, kind, all);
        }
    }
    all.push(from);
    Ok(())
}

/// Adds `from`, `from + step` and so on up to `to`, going round if that lies before `from`.
fn range(from: i64, to: i64, step: i64, kind: &Kind, all: &mut Vec<i64>) -> Result<(), String> {
    if to >= from {
        all.extend((from..=to).step_by(step as usize));
        return Ok(());
    }
    if kind.name == YEAR.name {
        return Err("the first year of a range must not lie behind the last".to_owned());
    }
    let round = kind.greatest - kind.least + 1;
    all.extend((from..=to + round).step_by(step as usize).map(|n| if n > kind.greatest { n - round } else { n }));
    Ok(())
}

/// The number behind `/`; what follows it is looked at as far as Quartz does.
fn step(rest: &str, kind: &Kind, of_all: bool, limited: bool) -> Result<i64, String> {
    let (digits, odd) = (&rest[1..], "a number must follow `/`");
    let Some((step, behind)) = number(digits) else { return Err(odd.to_owned()) };
    if !behind.is_empty() && (of_all || (limited && digits.len() - behind.len() == 1)) {
        return Err(format!("{odd}, not `{digits}`"));
    }
    if limited && step > kind.step_max {
        return Err(format!("a step of {step} is too long for a {}", kind.name));
    }
    Ok(step)
}

fn in_range(n: i64, kind: &Kind) -> Result<(), String> {
    if (kind.least..=kind.greatest).contains(&n) || (kind.name == YEAR.name && n >= 0) {
        return Ok(());
    }
    Err(format!("{n} is no {}: it must lie between {} and {}", kind.name, kind.least, kind.greatest))
}

/// The digits at the beginning as a number, and what follows.
fn number(text: &str) -> Option<(i64, &str)> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let n: i32 = text[..digits].parse().ok()?;
    Some((n as i64, &text[digits..]))
}

/// The name at the beginning as a number, and what follows.
fn name<'a>(text: &'a str, kind: &Kind) -> Option<(i64, &'a str)> {
    let at = kind.names.iter().position(|name| text.starts_with(name))?;
    Some((kind.least + at as i64, &text[3..]))
}

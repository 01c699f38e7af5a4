//! Java's date patterns: what their letters write, and what they read.

use std::fmt::Write;

use riddhi_plan::cron::Zone;
use riddhi_plan::registry::RowFailure;

use super::calendar::{self, DAY, Fields};
use super::shown;
use super::told::{By, Told};
use super::zones::{self, offset};

/// Letters of a pattern.
const MOST: usize = 200;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The name of a day of the week, 0 on Sunday.
pub(super) fn weekday(day: i64) -> &'static str {
    WEEKDAYS[day.rem_euclid(7) as usize]
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    /// A letter, so many times.
    Field(char, usize),
}

/// A pattern, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pattern {
    text: Box<str>,
    parts: Vec<Part>,
}

impl Pattern {
    /// Takes a pattern apart.
    pub fn new(text: &str) -> Result<Pattern, RowFailure> {
        let wrong = |why: &str| RowFailure::new(format!("{} is not a date pattern: {why}", shown(text)));
        if text.len() > MOST {
            return Err(wrong("it is too long"));
        }
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut chars = text.chars().peekable();
        let mut quoted = false;
        while let Some(c) = chars.next() {
            if c == '\'' {
                if chars.peek() == Some(&'\'') {
                    chars.next();
                    literal.push('\'');
                } else {
                    quoted = !quoted;
                }
            } else if quoted || !c.is_ascii_alphabetic() {
                literal.push(c);
            } else {
                let mut count = 1;
                while chars.next_if_eq(&c).is_some() {
                    count += 1;
                }
                let known = "GyMdEaHhkKmsSDFwWZXz".contains(c) && !(c == 'z' && count > 3) && !(c == 'X' && count > 3);
                if !known {
                    return Err(wrong(&format!("'{c}' means nothing here")));
                }
                if !literal.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut literal)));
                }
                parts.push(Part::Field(c, count));
            }
        }
        if quoted {
            return Err(wrong("a quote is not closed"));
        }
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Pattern { text: text.into(), parts })
    }

    /// Whether it has a year of two digits, which is read by the clock.
    pub fn needs_clock(&self) -> bool {
        self.parts.iter().any(|p| matches!(p, Part::Field('y', 1 | 2)))
    }

    /// Milliseconds of the finest unit that it shows: at one offset, times of one such unit look the same. None if that does not
    /// tell how they look.
    pub fn grain(&self) -> Option<i64> {
        let of = |part: &Part| match part {
            Part::Field('z', _) => None,
            Part::Field('S', _) => Some(1),
            Part::Field('s', _) => Some(1000),
            Part::Field('m', _) => Some(60_000),
            Part::Field('a' | 'H' | 'h' | 'K' | 'k', _) => Some(3_600_000),
            Part::Field(..) | Part::Text(_) => Some(DAY),
        };
        self.parts.iter().try_fold(DAY, |grain, part| Some(grain.min(of(part)?)))
    }

    /// Appends a time as it says.
    pub fn write(&self, time: i64, zone: &Zone, out: &mut String) {
        let local = zone.local(time);
        let at = Fields::of(local);
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Field(letter, count) => {
                    let written = field(&at, *letter, *count, time, local - time, zone, out);
                    debug_assert!(written.is_ok());
                }
            }
        }
    }

    /// The time that a text means. What follows the last field is not looked at, as in Siddhi.
    pub fn read(&self, text: &str, zone: &Zone, now: i64) -> Result<i64, RowFailure> {
        let mut found = Found::new(zone);
        let mut rest = text;
        for (i, part) in self.parts.iter().enumerate() {
            let read = match part {
                Part::Text(literal) => rest.strip_prefix(literal.as_str()),
                Part::Field(letter, count) => {
                    let next = matches!(self.parts.get(i + 1), Some(Part::Field(c, n)) if is_number(*c, *n));
                    found.field(*letter, *count, next, rest, now)
                }
            };
            rest = read.ok_or_else(|| {
                RowFailure::new(format!("{} cannot be read by the date pattern {}", shown(text), shown(&self.text)))
            })?;
        }
        Ok(found.time())
    }
}

fn is_number(letter: char, count: usize) -> bool {
    match letter {
        'M' => count < 3,
        'G' | 'E' | 'a' | 'Z' | 'X' | 'z' => false,
        _ => true,
    }
}

fn field(
    at: &Fields,
    letter: char,
    count: usize,
    time: i64,
    offset: i64,
    zone: &Zone,
    out: &mut String,
) -> std::fmt::Result {
    let (era, year) = if at.year > 0 { ("AD", at.year) } else { ("BC", 1 - at.year) };
    let number = match letter {
        'G' => return out.write_str(era),
        'y' if count == 2 => return write!(out, "{:02}", year % 100),
        'y' => return write!(out, "{year:0width$}", width = count.max(4)),
        'M' if count >= 3 => return out.write_str(short(MONTHS[(at.month - 1) as usize], count)),
        'E' => return out.write_str(short(weekday(at.weekday()), count)),
        'a' => return out.write_str(if at.hour() < 12 { "AM" } else { "PM" }),
        'Z' | 'X' => return write_offset(offset / 60_000, letter, count, out),
        'z' => return out.write_str(&zone.abbreviation(time)),
        'M' => at.month,
        'd' => at.day,
        'H' => at.hour(),
        'k' => (at.hour() + 23) % 24 + 1,
        'K' => at.hour() % 12,
        'h' => (at.hour() + 11) % 12 + 1,
        'm' => at.minute(),
        's' => at.second(),
        'S' => at.millis % 1000,
        'D' => at.day_of_year(),
        'F' => (at.day - 1) / 7 + 1,
        'w' => at.week(0, 1),
        _ => at.week_of_month(0, 1),
    };
    write!(out, "{number:0count$}")
}

fn short(name: &str, count: usize) -> &str {
    if count >= 4 { name } else { &name[..3] }
}

fn write_offset(minutes: i64, letter: char, count: usize, out: &mut String) -> std::fmt::Result {
    if minutes == 0 && (letter == 'X' || count == 2) {
        return out.write_char('Z');
    }
    let (sign, m) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
    match (letter, count) {
        ('X', 1) => write!(out, "{sign}{:02}", m / 60),
        ('X', 2) | ('Z', 1) => write!(out, "{sign}{:02}{:02}", m / 60, m % 60),
        _ => write!(out, "{sign}{:02}:{:02}", m / 60, m % 60),
    }
}

/// What was read so far.
struct Found<'a> {
    zone: &'a Zone,
    year: i64,
    told: Told,
    /// Of the day.
    hour: Option<i64>,
    /// Of half a day.
    twelve: Option<i64>,
    half: Option<i64>,
    minute: i64,
    second: i64,
    millis: i64,
    bc: bool,
    offset: Option<i64>,
    named: Option<Zone>,
    /// Whether the last hour was one of twelve, or which half of the day.
    last_of_twelve: bool,
}

impl<'a> Found<'a> {
    fn new(zone: &'a Zone) -> Found<'a> {
        Found {
            zone,
            year: 1970,
            told: Told::default(),
            hour: None,
            twelve: None,
            half: None,
            minute: 0,
            second: 0,
            millis: 0,
            bc: false,
            offset: None,
            named: None,
            last_of_twelve: false,
        }
    }

    /// Reads one field; what is left of the text.
    fn field<'t>(&mut self, letter: char, count: usize, next: bool, text: &'t str, now: i64) -> Option<&'t str> {
        match letter {
            'G' => {
                let (which, rest) = name(text, &["BC", "AD"], 2)?;
                self.bc = which == 0;
                return Some(rest);
            }
            'M' if count >= 3 => {
                let (which, rest) = name(text, &MONTHS, 3)?;
                self.told.tell(By::Month, which as i64 + 1);
                return Some(rest);
            }
            'E' => {
                let (which, rest) = name(text, &WEEKDAYS, 3)?;
                self.told.tell(By::Weekday, which as i64);
                return Some(rest);
            }
            'a' => {
                let (which, rest) = name(text, &["AM", "PM", "am", "pm"], 2)?;
                (self.half, self.last_of_twelve) = (Some(which as i64 % 2), true);
                return Some(rest);
            }
            'Z' | 'X' | 'z' => return self.zone_of(text),
            _ => {}
        }
        let most = if next { count } else { usize::MAX };
        let len = text.bytes().take_while(u8::is_ascii_digit).take(most).count();
        let (digits, rest) = text.split_at(len);
        let value = digits.parse::<i32>().ok()? as i64;
        match letter {
            'y' if count <= 2 && value < 100 => self.year = century(value, self.zone, now),
            'y' => self.year = value,
            'M' => self.told.tell(By::Month, value),
            'd' => self.told.tell(By::Day, value),
            'D' => self.told.tell(By::DayOfYear, value),
            'w' => self.told.tell(By::WeekOfYear, value),
            'W' => self.told.tell(By::WeekOfMonth, value),
            'F' => self.told.tell(By::WeekdayOfMonth, value),
            'H' => (self.hour, self.last_of_twelve) = (Some(value % 24), false),
            'k' => (self.hour, self.last_of_twelve) = (Some(value), false),
            'K' => (self.twelve, self.last_of_twelve) = (Some(value), true),
            'h' => (self.twelve, self.last_of_twelve) = (Some(value % 12), true),
            'm' => self.minute = value,
            's' => self.second = value,
            'S' => self.millis = value,
            _ => return None,
        }
        Some(rest)
    }

    fn zone_of<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let rest = ["UTC", "GMT", "Z"].iter().find_map(|p| text.strip_prefix(p));
        let from = rest.unwrap_or(text);
        let signed = from.starts_with(['+', '-']);
        if !signed {
            let letter = |b: &u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b'/');
            let (name, behind) = text.split_at(text.bytes().take_while(|b| letter(b)).count());
            self.named = zones::zone(name);
            return self.named.as_ref().map(|_| behind);
        }
        let len = from.bytes().skip(1).take_while(|b| b.is_ascii_digit() || *b == b':').take(5).count() + 1;
        let (digits, rest) = from.split_at(len);
        self.offset = Some(offset(digits)? * 60_000);
        Some(rest)
    }

    fn time(&self) -> i64 {
        let year = if self.bc { 1 - self.year } else { self.year };
        let day = self.told.day(year);
        // As Java: hours of half a day count if it is told which half, and told last, or if nothing else is.
        let of_half = self.twelve.unwrap_or(0) + self.half.unwrap_or(0) * 12;
        let hour = match self.hour {
            Some(hour) if !(self.last_of_twelve && self.twelve.is_some() && self.half.is_some()) => hour,
            _ => of_half,
        };
        let local = calendar::millis(day, hour * 3_600_000 + self.minute * 60_000 + self.second * 1000 + self.millis);
        match self.offset {
            Some(offset) => local.wrapping_sub(offset),
            None => self.named.as_ref().unwrap_or(self.zone).lenient(local),
        }
    }
}

/// A year of two digits lies in the hundred years that began eighty years ago.
fn century(value: i64, zone: &Zone, now: i64) -> i64 {
    let start = Fields::of(zone.local(now)).year - 80;
    let year = start - start.rem_euclid(100) + value;
    if value >= start.rem_euclid(100) { year } else { year + 100 }
}

/// One of the names, whole or its first letters; case counts.
fn name<'t>(text: &'t str, names: &[&str], least: usize) -> Option<(usize, &'t str)> {
    let whole = names.iter().position(|name| text.starts_with(name));
    if let Some(which) = whole {
        return Some((which, &text[names[which].len()..]));
    }
    let head = text.get(..least)?;
    let which = names.iter().position(|name| name.get(..least) == Some(head))?;
    Some((which, &text[least..]))
}

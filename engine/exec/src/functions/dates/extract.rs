//! `time:extract`.

use riddhi_batch::{Type, Value};
use riddhi_plan::cron::{Clocks, Zone};
use riddhi_plan::registry::{ArgError, ArgType, BoundScalar};

use super::super::columns::{Over, of_columns};
use super::super::rowwise::{Out, Row, of_row_with, shown};
use super::calendar::Fields;
use super::over::each_long;
use super::{By, or_null, types};

/// Countries whose weeks begin on Sunday, the first with one day of the year.
const SUNDAY: &[&str] =
    &["US", "CA", "MX", "JP", "KR", "IN", "BR", "TW", "HK", "SG", "ZA", "PH", "TH", "CO", "PE", "IL"];
/// Countries whose weeks begin on Monday, the first with four days of the year.
const MONDAY: &[&str] = &[
    "GB", "IE", "DE", "FR", "IT", "ES", "NL", "BE", "AT", "CH", "SE", "NO", "DK", "FI", "PL", "CZ", "SK", "HU", "GR",
    "RU", "LU", "EE", "LT", "BG", "IS",
];

/// First day of the week, and how many days the first week has at least.
fn rules(args: &[ArgType], k: usize) -> Result<(i64, i64), ArgError> {
    let Some(arg) = args.get(k) else { return Ok((0, 1)) };
    let Some(Value::Str(locale)) = &arg.constant else {
        return Err(ArgError::at(k, "the locale must be a constant", "give a language and country, as 'en_US'"));
    };
    let country = locale.split('_').nth(1).unwrap_or("");
    if SUNDAY.contains(&country) {
        Ok((0, 1))
    } else if MONDAY.contains(&country) {
        Ok((1, 4))
    } else {
        let help = "give a language and country, as 'en_US' or 'de_DE'";
        Err(ArgError::at(k, format!("the weeks of {} are not known", shown(locale)), help))
    }
}

type Take = fn(&Fields) -> i64;

/// Units of so many milliseconds, of which a clock counts so many before it begins anew. They need no date.
fn counted<const MILLIS: i64, const COUNT: i64>(over: &mut Over<'_>, mut clocks: Clocks<'_>) -> bool {
    each_long(over, |time| clocks.local(time).div_euclid(MILLIS).rem_euclid(COUNT) as i32)
}

/// Binds it.
pub(super) fn bind(name: &'static str, args: &[ArgType], zone: &Zone) -> Result<BoundScalar, ArgError> {
    use Type::{Long, String as Text};
    types(args, &[&[Text, Text], &[Text, Text, Text], &[Text, Text, Text, Text], &[Long, Text], &[Long, Text, Text]])?;
    let of_long = args[0].ty == Long;
    let unit = if of_long { 1 } else { 0 };
    let Some(Value::Str(word)) = &args[unit].constant else {
        return Err(ArgError::at(unit, "the unit must be a constant", "give 'year', 'month', 'day', 'hour' and so on"));
    };
    let (first, least) = rules(args, if of_long { 2 } else { 3 })?;
    let take: Option<Take> = match word.to_ascii_uppercase().as_str() {
        "YEAR" => Some(|at| if at.year > 0 { at.year } else { 1 - at.year }),
        "MONTH" => Some(|at| at.month),
        "DAY" => Some(|at| at.day),
        "HOUR" => Some(Fields::hour),
        "MINUTE" => Some(Fields::minute),
        "SECOND" => Some(Fields::second),
        "QUARTER" => Some(|at| (at.month + 2) / 3),
        _ => None,
    };
    let week = word.eq_ignore_ascii_case("week");
    let of = move |local: i64| {
        let at = Fields::of(local);
        match take {
            Some(take) => take(&at) as i32,
            None if week => at.week(first, least) as i32,
            None => 0,
        }
    };
    let zone = zone.clone();
    if of_long {
        let (word, own) = (word.to_ascii_uppercase(), zone.clone());
        let row = move |row: &Row<'_>, _: &mut String| or_null(row.long(0)?, |time| Out::Int(of(own.local(time))));
        return Ok(of_columns(name, Type::Int, row, move |over: &mut Over<'_>| {
            let mut clocks = zone.clocks();
            match &word[..] {
                "HOUR" => counted::<3_600_000, 24>(over, clocks),
                "MINUTE" => counted::<60_000, 60>(over, clocks),
                "SECOND" => counted::<1000, 60>(over, clocks),
                _ => each_long(over, |time| of(clocks.local(time))),
            }
        }));
    }
    let by = By::of(args, 2)?;
    Ok(of_row_with(name, Type::Int, by.volatility(), move |row: &Row<'_>, _: &mut String| {
        let Some(from) = row.text(1)? else { return Ok(Out::Null) };
        or_null(by.with(row, |p| p.read(&from, &zone, row.now))?, |time| Out::Int(of(zone.local(time))))
    }))
}

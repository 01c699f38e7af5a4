//! `time:`: dates as texts by Java's patterns, and as milliseconds.
//!
//! Where Siddhi looks at the clock of the host, these look at that of the app, which is the same but in replay and playback.

mod calendar;
mod extract;
mod over;
mod pattern;
mod shift;
mod told;
mod zones;

use std::sync::Arc;

use riddhi_batch::{Type, Value};
use riddhi_plan::cron::Zone;
use riddhi_plan::registry::{ArgError, ArgType, BoundScalar, Registry, RowFailure, ScalarFunction, Volatility};

use super::columns::{Over, of_columns};
use super::rowwise::{Out, Row, of_row_with, shown};
use pattern::Pattern;

/// The pattern where none is given.
const DEFAULT: &str = "yyyy-MM-dd HH:mm:ss.SSS";

/// Adds all of them.
pub(super) fn register(registry: &mut Registry) {
    let mut add = |name: &'static str, make: Make| {
        let plain = name.trim_start_matches("time:");
        registry.scalar("time", plain, Arc::new(Dates { name, make }));
    };
    add("time:currentDate", |name, args, zone| now(name, args, zone, "yyyy-MM-dd", false));
    add("time:currentTime", |name, args, zone| now(name, args, zone, "HH:mm:ss", false));
    add("time:currentTimestamp", |name, args, zone| now(name, args, zone, "yyyy-MM-dd HH:mm:ss", true));
    add("time:utcTimestamp", utc_timestamp);
    add("time:date", date);
    add("time:dateFormat", date_format);
    add("time:dateAdd", |name, args, zone| shift::bind(name, args, zone, 1));
    add("time:dateSub", |name, args, zone| shift::bind(name, args, zone, -1));
    add("time:dateDiff", date_diff);
    add("time:dayOfWeek", day_of_week);
    add("time:extract", extract::bind);
    add("time:timestampInMilliseconds", timestamp);
    add("time:timezoneConvert", convert);
}

type Make = fn(&'static str, &[ArgType], &Zone) -> Result<BoundScalar, ArgError>;

struct Dates {
    name: &'static str,
    make: Make,
}

impl ScalarFunction for Dates {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        (self.make)(self.name, args, &Zone::utc())
    }

    fn bind_in(&self, args: &[ArgType], registry: &Registry) -> Result<BoundScalar, ArgError> {
        (self.make)(self.name, args, registry.zone())
    }
}

/// Refuses arguments whose types are none of these lists.
fn types(args: &[ArgType], overloads: &[&[Type]]) -> Result<(), ArgError> {
    if overloads.iter().any(|o| o.len() == args.len() && o.iter().zip(args).all(|(ty, arg)| *ty == arg.ty)) {
        return Ok(());
    }
    let list = |types: &[Type]| format!("({})", types.iter().map(Type::to_string).collect::<Vec<_>>().join(", "));
    let found: Vec<Type> = args.iter().map(|a| a.ty).collect();
    let help: Vec<String> = overloads.iter().map(|o| list(o)).collect();
    let help = format!("give {}", help.join(" or "));
    Err(ArgError::count(format!("does not take {}", list(&found)), help))
}

/// The pattern of an argument: read once if it is a constant, and then it must be right.
#[derive(Debug)]
enum By {
    Fixed(Pattern),
    Arg(usize),
}

impl By {
    /// Of argument `k`, or the default if there are fewer.
    fn of(args: &[ArgType], k: usize) -> Result<By, ArgError> {
        let help = "a date pattern is as in 'yyyy-MM-dd HH:mm:ss.SSS'";
        let text = match args.get(k) {
            None => DEFAULT,
            Some(ArgType { constant: Some(Value::Str(text)), .. }) => text,
            Some(_) => return Ok(By::Arg(k)),
        };
        Pattern::new(text).map(By::Fixed).map_err(|why| ArgError::at(k, why.what, help))
    }

    /// Runs `f` with it; null if the argument is.
    fn with<T>(
        &self,
        row: &Row<'_>,
        f: impl FnOnce(&Pattern) -> Result<T, RowFailure>,
    ) -> Result<Option<T>, RowFailure> {
        match self {
            By::Fixed(pattern) => f(pattern).map(Some),
            By::Arg(k) => match row.text(*k)? {
                Some(text) => f(&Pattern::new(&text)?).map(Some),
                None => Ok(None),
            },
        }
    }

    /// What a value read by it depends on.
    fn volatility(&self) -> Volatility {
        match self {
            By::Fixed(pattern) if !pattern.needs_clock() => Volatility::Pure,
            _ => Volatility::Clock,
        }
    }
}

fn or_null<T>(value: Option<T>, of: impl FnOnce(T) -> Out) -> Result<Out, RowFailure> {
    Ok(value.map_or(Out::Null, of))
}

fn fixed(text: &str) -> Result<Pattern, ArgError> {
    Pattern::new(text).map_err(|why| ArgError::count(why.what, "tell who made Riddhi"))
}

/// The zone that a constant names.
fn zone_at(args: &[ArgType], k: usize) -> Result<Option<Zone>, ArgError> {
    match args.get(k).and_then(|a| a.constant.as_ref()) {
        Some(Value::Str(name)) => zones::zone(name).map(Some).ok_or_else(|| {
            ArgError::at(k, format!("{} is not a time zone", shown(name)), "for example 'Asia/Tokyo' or 'UTC'")
        }),
        _ => Ok(None),
    }
}

/// The zone that an argument names; `None` of null.
fn zone_of(row: &Row<'_>, k: usize) -> Result<Option<Zone>, RowFailure> {
    let Some(name) = row.text(k)? else { return Ok(None) };
    let zone = zones::zone(&name).ok_or_else(|| RowFailure::new(format!("{} is not a time zone", shown(&name))))?;
    Ok(Some(zone))
}

fn now(
    name: &'static str,
    args: &[ArgType],
    zone: &Zone,
    form: &str,
    takes_zone: bool,
) -> Result<BoundScalar, ArgError> {
    let overloads: &[&[Type]] = if takes_zone { &[&[], &[Type::String]] } else { &[&[]] };
    types(args, overloads)?;
    let pattern = fixed(form)?;
    let zone = zone_at(args, 0)?.unwrap_or_else(|| zone.clone());
    let named = args.first().is_some_and(|a| a.constant.is_none());
    Ok(of_row_with(name, Type::String, Volatility::Clock, move |row: &Row<'_>, text: &mut String| {
        let own = if named { zone_of(row, 0)? } else { None };
        pattern.write(row.now, own.as_ref().unwrap_or(&zone), text);
        Ok(Out::Text)
    }))
}

fn utc_timestamp(name: &'static str, args: &[ArgType], _: &Zone) -> Result<BoundScalar, ArgError> {
    types(args, &[&[], &[Type::String]])?;
    let by = if args.is_empty() { By::Fixed(fixed("yyyy-MM-dd HH:mm:ss")?) } else { By::of(args, 0)? };
    Ok(of_row_with(name, Type::String, Volatility::Clock, move |row: &Row<'_>, text: &mut String| {
        let written = by.with(row, |pattern| {
            pattern.write(row.now, &Zone::utc(), text);
            Ok(())
        })?;
        or_null(written, |()| Out::Text)
    }))
}

fn date(name: &'static str, args: &[ArgType], zone: &Zone) -> Result<BoundScalar, ArgError> {
    types(args, &[&[Type::String, Type::String], &[Type::String]])?;
    let (by, to, zone) = (By::of(args, 1)?, fixed("yyyy-MM-dd")?, zone.clone());
    Ok(of_row_with(name, Type::String, by.volatility(), move |row: &Row<'_>, text: &mut String| {
        let Some(from) = row.text(0)? else { return Ok(Out::Null) };
        let time = by.with(row, |p| p.read(&from, &zone, row.now))?;
        or_null(time, |time| {
            to.write(time, &zone, text);
            Out::Text
        })
    }))
}

fn date_format(name: &'static str, args: &[ArgType], zone: &Zone) -> Result<BoundScalar, ArgError> {
    use Type::{Long, String as Text};
    types(args, &[&[Text, Text], &[Text, Text, Text], &[Long, Text]])?;
    let (to, zone) = (By::of(args, 1)?, zone.clone());
    if args[0].ty == Long {
        let to = Arc::new(to);
        let (known, own) = (to.clone(), zone.clone());
        let of = move |row: &Row<'_>, text: &mut String| {
            let Some(time) = row.long(0)? else { return Ok(Out::Null) };
            let written = to.with(row, |p| {
                p.write(time, &zone, text);
                Ok(())
            })?;
            or_null(written, |()| Out::Text)
        };
        return Ok(of_columns(name, Text, of, move |over: &mut Over<'_>| match &*known {
            By::Fixed(pattern) => over::format(over, pattern, &own),
            By::Arg(_) => false,
        }));
    }
    let by = By::of(args, 2)?;
    Ok(of_row_with(name, Text, by.volatility(), move |row: &Row<'_>, text: &mut String| {
        let Some(from) = row.text(0)? else { return Ok(Out::Null) };
        let Some(time) = by.with(row, |p| p.read(&from, &zone, row.now))? else { return Ok(Out::Null) };
        let written = to.with(row, |p| {
            p.write(time, &zone, text);
            Ok(())
        })?;
        or_null(written, |()| Out::Text)
    }))
}

fn date_diff(name: &'static str, args: &[ArgType], zone: &Zone) -> Result<BoundScalar, ArgError> {
    use Type::{Long, String as Text};
    types(args, &[&[Text, Text], &[Text, Text, Text, Text], &[Long, Long]])?;
    if args[0].ty == Long {
        let of = |row: &Row<'_>, _: &mut String| match (row.long(0)?, row.long(1)?) {
            (Some(a), Some(b)) => Ok(Out::Long(a.wrapping_sub(b) / calendar::DAY)),
            _ => Ok(Out::Null),
        };
        return Ok(of_columns(name, Long, of, over::days_between));
    }
    let (first, second, zone) = (By::of(args, 2)?, By::of(args, 3)?, zone.clone());
    let volatility = first.volatility().max(second.volatility());
    Ok(of_row_with(name, Long, volatility, move |row: &Row<'_>, _: &mut String| {
        let (Some(a), Some(b)) = (row.text(0)?, row.text(1)?) else { return Ok(Out::Null) };
        let a = first.with(row, |p| p.read(&a, &zone, row.now))?;
        let b = second.with(row, |p| p.read(&b, &zone, row.now))?;
        or_null(a.zip(b), |(a, b)| Out::Long(a.wrapping_sub(b) / calendar::DAY))
    }))
}

fn day_of_week(name: &'static str, args: &[ArgType], zone: &Zone) -> Result<BoundScalar, ArgError> {
    types(args, &[&[Type::String, Type::String], &[Type::String]])?;
    let short = args.len() == 1;
    let by = if short { By::Fixed(fixed("yyyy-MM-dd")?) } else { By::of(args, 1)? };
    let zone = zone.clone();
    Ok(of_row_with(name, Type::String, by.volatility(), move |row: &Row<'_>, text: &mut String| {
        let Some(text_of) = row.text(0)? else { return Ok(Out::Null) };
        let from = if short { text_of.split(' ').next().unwrap_or("") } else { &*text_of };
        let time = by.with(row, |p| p.read(from, &zone, row.now))?;
        or_null(time, |time| {
            text.push_str(pattern::weekday(calendar::Fields::of(zone.local(time)).weekday()));
            Out::Text
        })
    }))
}

fn timestamp(name: &'static str, args: &[ArgType], zone: &Zone) -> Result<BoundScalar, ArgError> {
    types(args, &[&[], &[Type::String], &[Type::String, Type::String]])?;
    let (by, zone, count) = (By::of(args, 1)?, zone.clone(), args.len());
    let volatility = if count < 2 { Volatility::Clock } else { by.volatility() };
    Ok(of_row_with(name, Type::Long, volatility, move |row: &Row<'_>, _: &mut String| {
        let Some(from) = (if count > 0 { row.text(0)? } else { None }) else {
            return Ok(if count < 2 { Out::Long(row.now) } else { Out::Null });
        };
        or_null(by.with(row, |p| p.read(&from, &zone, row.now))?, Out::Long)
    }))
}

fn convert(name: &'static str, args: &[ArgType], zone: &Zone) -> Result<BoundScalar, ArgError> {
    use Type::String as Text;
    types(args, &[&[Text, Text, Text], &[Text, Text, Text, Text]])?;
    let (by, to, from) = (By::of(args, 1)?, zone_at(args, 2)?, zone_at(args, 3)?);
    let (zone, four) = (zone.clone(), args.len() == 4);
    Ok(of_row_with(name, Text, by.volatility(), move |row: &Row<'_>, text: &mut String| {
        let Some(value) = row.text(0)? else { return Ok(Out::Null) };
        let Some(to) = to.clone().map_or_else(|| zone_of(row, 2), |z| Ok(Some(z)))? else { return Ok(Out::Null) };
        let from = match &from {
            Some(from) => from.clone(),
            None if four => match zone_of(row, 3)? {
                Some(from) => from,
                None => return Ok(Out::Null),
            },
            None => zone.clone(),
        };
        let written = by.with(row, |p| {
            let time = p.read(&value, &from, row.now)?;
            p.write(time, &to, text);
            Ok(())
        })?;
        or_null(written, |()| Out::Text)
    }))
}

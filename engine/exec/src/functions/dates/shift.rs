//! `time:dateAdd` and `time:dateSub`.

use std::fmt::Write;

use riddhi_batch::{Type, Value};
use riddhi_plan::cron::Zone;
use riddhi_plan::registry::{ArgError, ArgType, BoundScalar, Volatility};

use super::super::rowwise::{Out, Row, of_row_with};
use super::calendar::{self, Fields, add_months};
use super::{By, or_null, types};

/// By what a date moves.
#[derive(Clone, Copy, Debug)]
enum Unit {
    /// Milliseconds.
    Time(i64),
    Days(i64),
    Months(i64),
    /// A word that means nothing moves nothing, as in Siddhi.
    Nothing,
}

impl Unit {
    fn named(word: &str) -> Unit {
        match word.to_ascii_uppercase().as_str() {
            "SECOND" => Unit::Time(1000),
            "MINUTE" => Unit::Time(60_000),
            "HOUR" => Unit::Time(3_600_000),
            "DAY" => Unit::Days(1),
            "WEEK" => Unit::Days(7),
            "MONTH" => Unit::Months(1),
            "QUARTER" => Unit::Months(3),
            "YEAR" => Unit::Months(12),
            _ => Unit::Nothing,
        }
    }

    fn moved(self, time: i64, by: i64, zone: &Zone) -> i64 {
        let at = || Fields::of(zone.local(time));
        let on = |days: i64, at: Fields| zone.lenient(calendar::millis(days, at.millis));
        match self {
            Unit::Time(unit) => time.wrapping_add(unit * by),
            Unit::Days(unit) => {
                let at = at();
                on(at.days + unit * by, at)
            }
            Unit::Months(unit) => {
                let at = at();
                on(add_months(&at, unit * by), at)
            }
            Unit::Nothing => time,
        }
    }
}

/// Binds one of them; `sign` is that of the move.
pub(super) fn bind(name: &'static str, args: &[ArgType], zone: &Zone, sign: i64) -> Result<BoundScalar, ArgError> {
    use Type::{Int, Long, String as Text};
    types(args, &[&[Text, Int, Text], &[Text, Int, Text, Text], &[Long, Int, Text]])?;
    let Some(Value::Str(word)) = &args[2].constant else {
        return Err(ArgError::at(2, "the unit must be a constant", "give 'day', 'month', 'year', 'hour' and so on"));
    };
    let (unit, zone) = (Unit::named(word), zone.clone());
    if args[0].ty == Long {
        return Ok(of_row_with(name, Text, Volatility::Pure, move |row: &Row<'_>, text: &mut String| {
            let (Some(time), Some(by)) = (row.long(0)?, row.int(1)?) else { return Ok(Out::Null) };
            let moved = unit.moved(time, sign * by as i64, &zone);
            Ok(write!(text, "{moved}").map_or(Out::Null, |()| Out::Text))
        }));
    }
    let by = By::of(args, 3)?;
    Ok(of_row_with(name, Text, by.volatility(), move |row: &Row<'_>, text: &mut String| {
        let (Some(from), Some(much)) = (row.text(0)?, row.int(1)?) else { return Ok(Out::Null) };
        let written = by.with(row, |p| {
            let time = p.read(&from, &zone, row.now)?;
            p.write(unit.moved(time, sign * much as i64, &zone), &zone, text);
            Ok(())
        })?;
        or_null(written, |()| Out::Text)
    }))
}

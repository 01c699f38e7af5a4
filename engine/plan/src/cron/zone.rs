//! The time zone in which schedules are read. It is given from outside: what a name means is looked up by whoever runs the app.

use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

/// A time zone with the name under which it was asked for.
#[derive(Clone, Debug)]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

impl Default for Zone {
    fn default() -> Zone {
        Zone::utc()
    }
}

impl Zone {
    /// A zone of that name.
    pub fn new(name: impl Into<String>, rules: TimeZone) -> Zone {
        Zone { name: name.into(), rules }
    }

    /// Universal time.
    pub fn utc() -> Zone {
        Zone::new("UTC", TimeZone::UTC)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What clocks show, as milliseconds since 1970 of a clock that never changed. Times beyond all calendars are taken as
    /// they are.
    pub fn local(&self, time: i64) -> i64 {
        Timestamp::from_millisecond(time).map_or(time, |at| time.saturating_add(millis(self.rules.to_offset(at))))
    }

    /// How clocks name the offset that they keep at a time, `CET` or `CEST`.
    pub fn abbreviation(&self, time: i64) -> String {
        let at = Timestamp::from_millisecond(time).unwrap_or(Timestamp::UNIX_EPOCH);
        self.rules.to_offset_info(at).abbreviation().to_owned()
    }

    /// When clocks show that time: the second time, if twice; if never, when they would without having been put on. Java's
    /// lenient calendar.
    pub fn lenient(&self, local: i64) -> i64 {
        let Ok(at) = Timestamp::from_millisecond(local) else { return local };
        let offset = match self.rules.to_ambiguous_timestamp(Offset::UTC.to_datetime(at)).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset,
            AmbiguousOffset::Fold { after, .. } => after,
            AmbiguousOffset::Gap { before, .. } => before,
        };
        local.saturating_sub(millis(offset))
    }

    /// When clocks show that time: the second time, if twice; `None`, if never.
    pub(super) fn instant(&self, local: i64) -> Option<i64> {
        let Ok(at) = Timestamp::from_millisecond(local) else { return Some(local) };
        match self.rules.to_ambiguous_timestamp(Offset::UTC.to_datetime(at)).offset() {
            AmbiguousOffset::Unambiguous { offset } => Some(local - millis(offset)),
            AmbiguousOffset::Fold { after, .. } => Some(local - millis(after)),
            AmbiguousOffset::Gap { .. } => None,
        }
    }
}

fn millis(offset: Offset) -> i64 {
    offset.seconds() as i64 * 1000
}

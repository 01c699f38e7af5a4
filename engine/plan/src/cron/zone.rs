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

    /// What clocks show, for many times one after the other.
    pub fn clocks(&self) -> Clocks<'_> {
        Clocks { zone: self, from: 0, until: 0, offset: 0 }
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

/// The clocks of a zone, which remember how they were last set and how long that holds.
#[derive(Clone, Debug)]
pub struct Clocks<'a> {
    zone: &'a Zone,
    from: i64,
    /// Not this one.
    until: i64,
    offset: i64,
}

impl Clocks<'_> {
    /// The same as [`Zone::local`].
    #[inline]
    pub fn local(&mut self, time: i64) -> i64 {
        if time < self.from || time >= self.until {
            self.set(time);
        }
        time.saturating_add(self.offset)
    }

    #[cold]
    fn set(&mut self, time: i64) {
        let Ok(at) = Timestamp::from_millisecond(time) else {
            // Beyond all calendars; each such time by itself.
            (self.from, self.until, self.offset) = (0, 0, 0);
            return;
        };
        let rules = &self.zone.rules;
        self.offset = millis(rules.to_offset(at));
        if rules.to_fixed_offset().is_ok() {
            (self.from, self.until) = (Timestamp::MIN.as_millisecond(), Timestamp::MAX.as_millisecond() + 1);
            return;
        }
        // The last change up to this time, which a change just now is.
        let behind = Timestamp::from_millisecond(time + 1);
        let last = behind.ok().and_then(|behind| rules.preceding(behind).next());
        self.from = last.map_or(time, |change| change.timestamp().as_millisecond());
        let next = rules.following(at).next();
        self.until = next.map_or(time + 1, |change| change.timestamp().as_millisecond());
    }
}

fn millis(offset: Offset) -> i64 {
    offset.seconds() as i64 * 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_show_what_the_zone_shows() {
        let bundled = jiff::tz::TimeZoneDatabase::bundled();
        for name in ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Asia/Tokyo", "Africa/Casablanca"] {
            let zone = Zone::new(name, bundled.get(name).unwrap());
            let mut clocks = zone.clocks();
            let mut all = vec![i64::MIN, i64::MAX, -62_135_596_800_000, 253_402_300_799_999, 0, -1];
            for change in zone.rules.following(Timestamp::from_second(-3_000_000_000).unwrap()).take(200) {
                let at = change.timestamp().as_millisecond();
                all.extend([at - 1, at, at + 1, at + 86_400_000]);
            }
            for &time in all.iter().chain(all.iter().rev()) {
                assert_eq!(clocks.local(time), zone.local(time), "{name} {time}");
            }
        }
    }
}

//! Time zones by name. Schedules are read in one; the engine gets it from here.

use jiff::tz::TimeZone;
use riddhi_plan::cron::Zone;

use crate::say;

/// The zone of that name, which may also be rules as POSIX writes them.
pub fn named(name: &str) -> Result<Zone, String> {
    if name.eq_ignore_ascii_case("UTC") {
        return Ok(Zone::utc());
    }
    let rules = TimeZone::get(name).or_else(|_| TimeZone::posix(name));
    let rules = rules.map_err(|_| "no time zone has this name; for example Europe/Berlin, America/New_York or UTC")?;
    Ok(Zone::new(name, rules))
}

/// That of the host, by TZ or /etc/localtime; UTC if it says nothing.
pub fn of_host() -> Zone {
    let Ok(rules) = TimeZone::try_system() else { return Zone::utc() };
    let name = rules.iana_name().map(str::to_owned).or_else(|| std::env::var("TZ").ok());
    match name.map(|name| named(&name)) {
        Some(Ok(zone)) => zone,
        _ => {
            say("warning: the host's time zone has no name; schedules are read in UTC. Name one by --time-zone\n");
            Zone::utc()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_names() {
        for name in ["UTC", "Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"] {
            assert_eq!(named(name).unwrap().name(), name);
        }
        assert!(named("Mars/Olympus").is_err());
    }
}

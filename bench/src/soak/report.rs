//! What came of a soak run, as a page.

use std::fmt::Write as _;

use super::SINKS;
use super::lane::Seen;
use super::parts::Difference;
use super::slope::{Slope, slope};
use crate::machine::Machine;
use crate::measure::median;
use crate::thousands::grouped;

/// Bytes of the state folder besides journal and snapshots at most: two revisions of the sinks' notes, the lock.
const NOTES_BYTES: u64 = 3 << 20;

/// Bytes that the journal may have beyond its limit: what is written before the limit is looked at.
const JOURNAL_SLACK: u64 = 1 << 20;

/// A slope is within noise if it is less than this many standard errors,
const ERRORS: f64 = 3.0;
/// or less than this part of the memory in an hour.
const PART: f64 = 0.01;

/// Seconds of a run whose slope is judged; in a shorter one a snapshot more or less makes it.
const JUDGED: f64 = 1800.0;

/// All that is told.
pub struct Report {
    pub date: String,
    pub commit: String,
    pub machine: Machine,
    pub events: u64,
    /// Seconds in which the events were written.
    pub seconds: f64,
    /// Events a second that were asked for.
    pub rate: u64,
    /// How often the input was rotated.
    pub renamed: u64,
    pub journal_max_bytes: u64,
    pub snapshot_interval: u64,
    pub kill_every: f64,
    pub disturbed: Seen,
    pub undisturbed: Seen,
    /// By sink.
    pub differences: Vec<Difference>,
    /// Lines that `limited` and `later` must have, counted from the events.
    pub told: [u64; 2],
}

impl Report {
    /// Whether nothing differs and every bound was kept. The memory of the killed runs is told, not judged: they are young.
    pub fn is_good(&self) -> bool {
        self.differences.iter().all(|d| *d == Difference::default())
            && self.lines_told()
            && self.undisturbed.accepted == Some(self.events)
            && [&self.disturbed, &self.undisturbed].iter().all(|s| self.is_bounded(s))
            && (self.seconds < JUDGED || self.slope(&self.undisturbed).is_some_and(|s| is_flat(s, &self.undisturbed)))
    }

    fn lines_told(&self) -> bool {
        self.undisturbed.lines[3..] == self.told
    }

    fn is_bounded(&self, seen: &Seen) -> bool {
        seen.journal <= self.journal_max_bytes + JOURNAL_SLACK
            && seen.state <= seen.journal + seen.snapshots + NOTES_BYTES
    }

    fn slope(&self, seen: &Seen) -> Option<Slope> {
        // Windows and buffers fill in the first tenth.
        let after: Vec<(f64, f64)> = seen.rss.iter().filter(|s| s.0 > self.seconds / 10.0).copied().collect();
        slope(&after, if self.seconds >= 600.0 { 60.0 } else { 5.0 })
    }

    /// The page.
    pub fn markdown(&self) -> String {
        let (d, u) = (&self.disturbed, &self.undisturbed);
        let mut out = String::from("# An hour under load\n\n");
        if self.seconds < 3500.0 {
            out = String::from("# A time under load\n\n");
        }
        let m = &self.machine;
        let _ = writeln!(
            out,
            "`riddhi-bench soak`, {}, commit {}; {m}; {:.1} threads wanted to run before.\n",
            self.date, self.commit, m.load_before
        );
        let _ = writeln!(
            out,
            "Two `riddhi run --state` of `workloads/soak.siddhi` read the same lines, each from a file that was rotated under it {} \
             times. One was killed by `kill -9` every {} s on average, and now and then again within seconds. Snapshots every {} s, \
             journal at most {} MiB.\n",
            self.renamed,
            self.kill_every,
            self.snapshot_interval,
            self.journal_max_bytes >> 20
        );
        out.push_str("| | disturbed | undisturbed |\n|---|---:|---:|\n");
        let mut row = |name: &str, f: &dyn Fn(&Seen) -> String| {
            let _ = writeln!(out, "| {name} | {} | {} |", f(d), f(u));
        };
        row("minutes of input", &|_| format!("{:.1}", self.seconds / 60.0));
        row("events in", &|_| grouped(self.events));
        row("events a second", &|_| grouped((self.events as f64 / self.seconds) as u64));
        row("lines out", &|s| grouped(s.lines.iter().sum()));
        row("kills", &|s| s.kills.to_string());
        row("of them within 10 s of a start", &|s| s.soon.to_string());
        row("longest from a kill until less than a second behind, s", &|s| match s.kills {
            0 => "-".to_owned(),
            _ => format!("{:.1}", s.catch_up),
        });
        row("furthest behind, s", &|s| format!("{:.1}", s.lag as f64 / self.rate as f64));
        row("part of the time more than a second behind", &|s| {
            format!("{:.1} %", 100.0 * s.looks[1] as f64 / s.looks[0].max(1) as f64)
        });
        row("CPU, cores", &|s| format!("{:.2}", s.cpu / self.seconds));
        row("resident memory, least, MiB", &|s| mib(s.rss.iter().map(|r| r.1).fold(f64::INFINITY, f64::min)));
        row("median, MiB", &|s| mib(median_of(s)));
        row("most, MiB", &|s| mib(s.rss.iter().map(|r| r.1).fold(0.0, f64::max)));
        row("slope, KiB an hour", &|s| match self.slope(s) {
            Some(s) => format!("{:+.0} ± {:.0}", s.per_hour, s.error),
            None => "-".to_owned(),
        });
        row("journal at most, MiB", &|s| mib(s.journal as f64 / 1024.0));
        row("snapshots at most, MiB", &|s| mib(s.snapshots as f64 / 1024.0));
        row("state folder at most, MiB", &|s| mib(s.state as f64 / 1024.0));
        row("sinks' files at most, MiB", &|s| mib(s.out as f64 / 1024.0));
        row("input not yet deleted at most, MiB", &|s| mib(s.input as f64 / 1024.0));

        out.push_str("\nThe lines of the two, in order:\n\n");
        out.push_str("| sink | lines, disturbed | undisturbed | lost | twice | wrong | same order |\n");
        out.push_str("|---|---:|---:|---:|---:|---:|---|\n");
        for (i, sink) in SINKS.iter().enumerate() {
            let x = &self.differences[i];
            let order = x.first.map_or("yes".to_owned(), |n| format!("until line {}", n + 1));
            let (a, b) = (grouped(d.lines[i]), grouped(u.lines[i]));
            let _ = writeln!(out, "| {sink} | {a} | {b} | {} | {} | {} | {order} |", x.lost, x.twice, x.wrong);
        }
        let _ = writeln!(
            out,
            "\nCounted from the events, `limited` must have {} lines and `later` {}: {}. The undisturbed run says that it accepted {} \
             events.\n",
            grouped(self.told[0]),
            grouped(self.told[1]),
            if self.lines_told() { "they have" } else { "they have not" },
            u.accepted.map_or("no number of".to_owned(), grouped)
        );
        out.push_str(
            "Memory is sampled each second, of a process that is 20 s old and not behind, from a tenth of the run on for the slope; \
             the slope goes through medians of a minute. The disturbed run is one of many short lives, so the slope of the other is the one \
             that tells.\n",
        );
        out
    }
}

fn is_flat(slope: Slope, seen: &Seen) -> bool {
    slope.per_hour.abs() <= ERRORS * slope.error || slope.per_hour.abs() <= PART * median_of(seen)
}

fn median_of(seen: &Seen) -> f64 {
    median(seen.rss.iter().map(|r| r.1))
}

fn mib(kib: f64) -> String {
    if kib.is_finite() { format!("{:.1}", kib / 1024.0) } else { "-".to_owned() }
}

//! What came of the faults, as a page.

use std::fmt::Write as _;
use std::time::Duration;

use riddhi_test_pair::Seen;

use super::PairArgs;
use crate::machine::Machine;

/// All repeats of a scenario.
pub struct Row {
    pub name: String,
    pub seen: Vec<Seen>,
    /// Those that did not go well, with what was wrong.
    pub failures: Vec<String>,
}

impl Row {
    pub fn new(name: &str) -> Row {
        Row { name: name.to_owned(), seen: Vec::new(), failures: Vec::new() }
    }

    pub fn is_bad(&self) -> bool {
        !self.failures.is_empty()
    }
}

/// All that is told.
pub struct Report {
    pub date: String,
    pub commit: String,
    pub machine: Machine,
    pub args: PairArgs,
    pub rows: Vec<Row>,
    /// Of the runs of minutes.
    pub long: Vec<String>,
}

/// Median and maximum in seconds.
fn spread(mut all: Vec<Duration>) -> String {
    all.sort_unstable();
    match (all.get(all.len() / 2), all.last()) {
        (Some(median), Some(last)) => format!("{:.2} | {:.2}", median.as_secs_f64(), last.as_secs_f64()),
        _ => "- | -".to_owned(),
    }
}

impl Report {
    /// The page.
    pub fn markdown(&self) -> String {
        let (args, m) = (&self.args, &self.machine);
        let mut out = String::from("# A pair and its faults\n\n");
        let passive = args.passive.as_deref().unwrap_or("by default");
        let _ = writeln!(
            out,
            "`riddhi-bench pair`, {}, commit {}; {m}; {:.1} threads wanted to run before. Two nodes, PostgreSQL, \
             clients and proxies on this one machine; `ttl_ms: {}`, passive {passive}, {} connections of {} events a second \
             each, a snapshot every {} s; seed {}.\n",
            self.date,
            self.commit,
            m.load_before,
            args.ttl_ms,
            args.connections,
            args.frames,
            args.snapshot_s,
            args.seed
        );
        if !self.rows.is_empty() {
            self.table(&mut out);
        }
        if !self.long.is_empty() {
            out.push_str("\nRuns of minutes:\n\n");
            self.long.iter().for_each(|line| out.push_str(&format!("- {line}\n")));
        }
        let failures: Vec<&String> = self.rows.iter().flat_map(|r| &r.failures).collect();
        if !failures.is_empty() {
            out.push_str("\nWhat failed:\n\n");
            failures.iter().for_each(|f| out.push_str(&format!("- {f}\n")));
        }
        out
    }

    fn table(&self, out: &mut String) {
        out.push_str(
            "Stall: the longest time for which a connection had no acknowledgement. Take-over: from the fault to the first \
             acknowledgement of the other node. In sync: from the end of the fault until one node serves with the other in sync. Seconds, \
             median and maximum.\n\n",
        );
        out.push_str("| scenario | runs | failed | acknowledged | lost | different | repeats | stall | max | took over | take-over | max | in sync | max |\n");
        out.push_str("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        for row in &self.rows {
            let sum = |f: fn(&Seen) -> u64| row.seen.iter().map(f).sum::<u64>();
            // The account of a bed goes on, so its last word counts.
            let last = |f: fn(&Seen) -> u64| row.seen.iter().map(f).max().unwrap_or(0);
            let took: Vec<Duration> = row.seen.iter().filter_map(|s| s.take_over).collect();
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                row.name,
                row.seen.len().max(row.failures.len()),
                row.failures.len(),
                sum(|s| s.checked.acked),
                last(|s| s.checked.lost.len() as u64 + s.checked.gaps),
                last(|s| s.checked.different),
                last(|s| s.checked.repeats),
                spread(row.seen.iter().map(|s| s.stall).collect()),
                took.len(),
                spread(took.clone()),
                spread(row.seen.iter().map(|s| s.in_sync).collect()),
            );
        }
    }
}

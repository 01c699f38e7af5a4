//! Two nodes on PostgreSQL, and one fault after another: what is lost, how long nothing is acknowledged, how long a take-over takes.
//!
//! The faults and what is checked are those of `tests/support/pair`; here they are repeated and told as a table.

mod demo;
mod long;
mod report;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use riddhi_test_pair::{Bed, Fault, Plan, SCENARIOS, Seen, find, folder, remove};

use crate::machine::{Machine, binary, commit, today};
pub use demo::{DemoArgs, demo};
use report::{Report, Row};

/// `riddhi-bench pair`.
#[derive(Clone, Debug, Args)]
pub struct PairArgs {
    /// Only scenarios that are called so, or begin so; may be given several times
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// How often each is let happen
    #[arg(long, default_value_t = 1)]
    repeat: u64,
    /// Where moments and durations come from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Silence after which a node is taken for gone, milliseconds
    #[arg(long, default_value_t = 2000)]
    ttl_ms: u64,
    /// What the passive does: warm or queue; the default of riddhi run unless given
    #[arg(long)]
    passive: Option<String>,
    /// Connections of clients
    #[arg(long, default_value_t = 4)]
    connections: usize,
    /// Frames a second of each connection
    #[arg(long, default_value_t = 500)]
    frames: u64,
    /// Seconds between snapshots
    #[arg(long, default_value_t = 5)]
    snapshot_s: u64,
    /// The binary; the one beside this one unless given
    #[arg(long)]
    riddhi: Option<PathBuf>,
    /// Instead, or with --scenario besides: minutes at 90 % load with a slow passive and a slow database, where nobody may take over
    #[arg(long, value_name = "MINUTES")]
    steady: Option<f64>,
    /// Minutes of three times the clients, flat out
    #[arg(long, value_name = "MINUTES")]
    overload: Option<f64>,
    /// How fast the passive catches up that was away for so many seconds
    #[arg(long, value_name = "SECONDS")]
    catch_up: Option<u64>,
    /// Tell the names of the scenarios
    #[arg(long)]
    list: bool,
    /// Keep the logs of what went well, too
    #[arg(long)]
    keep: bool,
    /// Write results/pair.md
    #[arg(long)]
    write: bool,
    /// Where to write it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs it; returns whether something was lost or wrong.
pub fn pair(args: &PairArgs, bench: &Path) -> Result<bool> {
    if args.list {
        SCENARIOS.iter().for_each(|(name, _)| println!("{name}"));
        return Ok(false);
    }
    let riddhi = binary(args.riddhi.as_deref())?;
    let mut chosen: Vec<(&str, Fault)> = Vec::new();
    for name in &args.scenario {
        chosen.extend(find(name)?);
    }
    let is_long = args.steady.is_some() || args.overload.is_some() || args.catch_up.is_some();
    if args.scenario.is_empty() && !is_long {
        chosen = SCENARIOS.to_vec();
    }
    let mut rows = Vec::new();
    for (name, fault) in chosen {
        rows.push(repeat(args, &riddhi, name, fault)?);
    }
    let (mut long, mut failed) = (Vec::new(), rows.iter().any(Row::is_bad));
    for told in [
        args.steady.map(|minutes| long::steady(args.long(&riddhi, "steady"), minutes)),
        args.overload.map(|minutes| long::overload(args.long(&riddhi, "overload"), minutes)),
        args.catch_up.map(|seconds| long::catch_up(args.long(&riddhi, "catch-up"), seconds)),
    ] {
        let Some(told) = told else { continue };
        let (lines, bad) = told?;
        lines.iter().for_each(|line| eprintln!("{line}"));
        failed |= bad;
        long.extend(lines);
    }
    let report =
        Report { date: today(), commit: commit(bench), machine: Machine::this(), args: args.clone(), rows, long };
    let text = report.markdown();
    println!("{text}");
    if args.write || args.out.is_some() {
        fs::write(args.out.clone().unwrap_or_else(|| bench.join("results/pair.md")), &text)?;
    }
    Ok(failed)
}

fn repeat(args: &PairArgs, riddhi: &Path, name: &str, fault: Fault) -> Result<Row> {
    let mut row = Row::new(name);
    let mut bed: Option<Bed> = None;
    for number in 0..args.repeat {
        let seed = args.seed.wrapping_mul(1_000_003).wrapping_add(number);
        let mut running = match bed.take() {
            Some(bed) => bed,
            None => start(args, riddhi, name)?,
        };
        let begun = Instant::now();
        let before = running.ledger.acked();
        let happened = fault.happen(&mut running, seed);
        let took = begun.elapsed().as_secs_f64();
        let (good, text) = match &happened {
            Ok(seen) => (seen.checked.is_good(), seen.to_string()),
            Err(e) => (false, format!("{e:#}")),
        };
        eprintln!("{name} {} of {} (seed {}): {text}; {took:.0} s", number + 1, args.repeat, args.seed);
        if let Ok(seen) = &happened {
            row.seen.push(Seen {
                checked: riddhi_test_pair::Checked { acked: seen.checked.acked - before, ..seen.checked.clone() },
                ..seen.clone()
            });
        }
        if good {
            bed = Some(running);
            continue;
        }
        // What is left of it stays; the next repeat begins anew.
        let folder = running.plan.folder.clone();
        row.failures.push(format!("repeat {}, seed {}: {text}; see {}", number + 1, args.seed, folder.display()));
        eprintln!("  logs: {}\n{}", folder.display(), running.log_tails());
    }
    if let Some(bed) = bed {
        let folder = bed.plan.folder.clone();
        drop(bed);
        if args.keep {
            eprintln!("  logs: {}", folder.display());
        } else {
            remove(&folder);
        }
    }
    Ok(row)
}

fn start(args: &PairArgs, riddhi: &Path, name: &str) -> Result<Bed> {
    Bed::start(args.plan(riddhi, name))?.context("no PostgreSQL server here (Debian: apt-get install postgresql)")
}

impl PairArgs {
    fn plan(&self, riddhi: &Path, name: &str) -> Plan {
        Plan {
            riddhi: riddhi.to_path_buf(),
            folder: folder(name),
            ttl_ms: self.ttl_ms,
            passive: self.passive.clone(),
            connections: self.connections,
            // A frame is a chunk, of which a query with aggregates puts out the last event only.
            rate: (self.frames, 1),
            snapshot_s: self.snapshot_s,
            every: 1,
        }
    }

    /// For runs of minutes.
    fn long(&self, riddhi: &Path, name: &str) -> Plan {
        Plan { every: long::EVERY, rate: (self.frames, long::EVENTS), ..self.plan(riddhi, name) }
    }
}

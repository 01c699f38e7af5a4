//! `riddhi run` for an hour at a fixed rate, killed and started again, beside one that is not disturbed.
//!
//! Both read the same lines from a file of their own that is rotated under them. What their sinks write is hashed line by line and compared
//! in order. Input that was read is deleted, and the sinks delete what they rotated, so the run needs a bounded amount of disk.

mod feed;
mod lane;
mod parts;
mod report;
mod slope;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use clap::Args;

use crate::machine::{Machine, binary, commit, today};
use feed::Rotated;
use lane::{Common, Lane, Plan, Seen};
use report::Report;

/// The sinks of the app, by the names of their files.
pub const SINKS: [&str; 5] = ["sliding", "batches", "lengths", "limited", "later"];

/// The keys of which the sinks `limited` and `later` tell every event.
const TOLD: [u64; 2] = [7, 13];

/// The app.
const APP: &str = include_str!("../../workloads/soak.siddhi");

/// Time between writes.
const TURN: Duration = Duration::from_millis(5);

/// Events of one write at most, when the feeder is late.
const TURN_EVENTS: u64 = 10_000;

/// `riddhi-bench soak`.
#[derive(Clone, Debug, Args)]
pub struct SoakArgs {
    /// Minutes for which events are written
    #[arg(long, default_value_t = 60.0)]
    minutes: f64,
    /// Events a second
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1000..))]
    rate: u64,
    /// Seconds between kills, on average
    #[arg(long, default_value_t = 180.0)]
    kill_every: f64,
    /// Where the moments of the kills come from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// `riddhi run --snapshot-interval`
    #[arg(long, default_value_t = 20)]
    snapshot_interval: u64,
    /// `riddhi run --journal-max-bytes`
    #[arg(long, default_value_t = 256 << 20)]
    journal_max_bytes: u64,
    /// The binary; the one beside this one unless given
    #[arg(long)]
    riddhi: Option<PathBuf>,
    /// Folder to work in, which stays; one for temporary files unless given
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Write results/soak.md
    #[arg(long)]
    write: bool,
}

/// A lane on a thread of its own, and what feeds it.
struct Running {
    folder: PathBuf,
    input: Rotated,
    /// The highest event number to which an answer was seen.
    answered: Arc<AtomicU64>,
    lane: JoinHandle<Result<Seen>>,
}

/// Runs it; returns whether something was lost, twice or wrong, or a bound was not kept.
pub fn soak(args: &SoakArgs, bench: &Path) -> Result<bool> {
    let (machine, commit) = (Machine::this(), commit(bench));
    let riddhi = binary(args.riddhi.as_deref())?;
    let temporary = || std::env::temp_dir().join(format!("riddhi-soak-{}", std::process::id()));
    let folder = args.folder.clone().unwrap_or_else(temporary);
    ensure!(!folder.exists(), "{} is there already", folder.display());

    let events = (args.minutes * 60.0 * args.rate as f64) as u64;
    let lasts = TOLD.map(|key| (0..events).rev().find(|seq| feed::key(*seq) == key).unwrap_or(0));
    let common = Arc::new(Common::default());
    let start = |name: &str, kill_every: Option<Duration>| -> Result<Running> {
        let plan = args.plan(riddhi.clone(), folder.join(name), kill_every, lasts);
        start(plan, common.clone())
    };
    let kill_every = Duration::from_secs_f64(args.kill_every);
    let mut lanes = [start("disturbed", Some(kill_every))?, start("undisturbed", None)?];
    let mut inputs = lanes.each_mut().map(|l| (&mut l.input, &*l.answered));
    let fed = feed_all(args.rate, events, &common, &mut inputs);
    common.failed.fetch_or(fed.is_err(), Ordering::Relaxed);
    common.ended.store(true, Ordering::Relaxed);
    let renamed = lanes[1].input.renamed();
    let [(one, disturbed), (other, undisturbed)] =
        lanes.map(|l| (l.folder, l.lane.join().unwrap_or_else(|_| bail!("a lane panicked"))));
    let seconds = fed?;
    let (disturbed, undisturbed) = (disturbed?, undisturbed?);
    let compare = |sink| parts::compare(&lane::hashes(&one, sink), &lane::hashes(&other, sink));
    let report = Report {
        date: today(),
        commit,
        machine,
        events,
        seconds,
        rate: args.rate,
        renamed,
        journal_max_bytes: args.journal_max_bytes,
        snapshot_interval: args.snapshot_interval,
        kill_every: args.kill_every,
        disturbed,
        undisturbed,
        differences: SINKS.into_iter().map(compare).collect::<Result<_>>()?,
        told: TOLD.map(|key| (0..events).filter(|seq| feed::key(*seq) == key).count() as u64),
    };
    let text = report.markdown();
    println!("{text}");
    if args.write {
        fs::write(bench.join("results/soak.md"), &text)?;
    }
    if report.is_good() && args.folder.is_none() {
        fs::remove_dir_all(&folder)?;
    } else {
        eprintln!("what is left of the run is in {}", folder.display());
    }
    Ok(!report.is_good())
}

impl SoakArgs {
    fn plan(&self, riddhi: PathBuf, folder: PathBuf, kill_every: Option<Duration>, lasts: [u64; 2]) -> Plan {
        Plan {
            riddhi,
            folder,
            kill_every,
            seed: self.seed.wrapping_mul(1 << 32),
            snapshot_interval: self.snapshot_interval,
            journal_max_bytes: self.journal_max_bytes,
            rate: self.rate,
            lasts,
        }
    }
}

fn start(plan: Plan, common: Arc<Common>) -> Result<Running> {
    let folder = plan.folder.clone();
    fs::create_dir_all(folder.join("in"))?;
    fs::write(folder.join("soak.siddhi"), APP)?;
    let input = Rotated::create(&folder.join("in/live.csv"))?;
    let answered = Arc::new(AtomicU64::new(0));
    let lane = Lane::start(plan, common, answered.clone())?;
    Ok(Running { folder, input, answered, lane: thread::spawn(move || lane.run()) })
}

/// Writes the events when they are due; returns the seconds it took.
fn feed_all(rate: u64, events: u64, common: &Common, inputs: &mut [(&mut Rotated, &AtomicU64)]) -> Result<f64> {
    let begun = Instant::now();
    let (mut next, mut lines) = (0, Vec::new());
    while next < events {
        ensure!(!common.failed.load(Ordering::Relaxed), "a lane has failed");
        let due = ((begun.elapsed().as_secs_f64() * rate as f64) as u64).min(events).min(next + TURN_EVENTS);
        lines.clear();
        (next..due).for_each(|seq| feed::line(seq, &mut lines));
        next = due;
        for (input, answered) in inputs.iter_mut() {
            input.append(&lines, next, answered.load(Ordering::Relaxed))?;
        }
        common.written.store(next, Ordering::Relaxed);
        if next < (begun.elapsed().as_secs_f64() * rate as f64) as u64 {
            continue;
        }
        thread::sleep(TURN);
    }
    Ok(begun.elapsed().as_secs_f64())
}

//! Runs each workload in turn with the peer and alone, and writes what came of it; see README.md.

mod feed;
mod latency;
mod machine;
mod measure;
mod memory;
mod pair;
mod peer;
mod purge;
mod readings;
mod replay;
mod report;
mod riddhi;
mod sink;
mod soak;
mod thousands;
mod workload;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use crate::latency::{Through, latency};
use crate::machine::{Machine, PeerVersions, Versions, commit, today};
use crate::measure::{Effort, measure};
use crate::memory::{memory, weigh};
use crate::pair::{DemoArgs, PairArgs, demo, pair};
use crate::peer::Peer;
use crate::purge::{PurgeArgs, purge};
use crate::replay::replay;
use crate::report::{Report, Row};
use crate::riddhi::Bench;
use crate::soak::{SoakArgs, soak};
use crate::workload::{Table, Workload};

/// As the command line has it.
#[global_allocator]
static HEAP: riddhi_heap::Heap = riddhi_heap::Heap;

/// Workloads and rates (events a second) of the latency part: a lone event now and then, a flow, a flood.
const LATENCY_WORKLOADS: [&str; 2] = ["filter-flush", "length1000-avg-by4"];
const LATENCY_RATES: [u64; 3] = [1_000, 100_000, 1_000_000];

/// Measures Riddhi, side by side with Siddhi.
#[derive(Debug, Parser)]
#[command(name = "riddhi-bench", max_term_width = 100)]
#[command(args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Run only what has this name: a workload, `latency`, `memory` or `replay`; may be given several times
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Run Riddhi alone: no Java needed, no ratios
    #[arg(long)]
    no_peer: bool,
    /// Rounds of each side; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds that a round of the slower side takes, about
    #[arg(long, default_value_t = 1.5)]
    seconds: f64,
    /// Seconds for which the slower side runs before the first round
    #[arg(long, default_value_t = 5.0)]
    warm: f64,
    /// Most events that a frame is filled with where they come one by one
    #[arg(long, default_value_t = 1024)]
    frame: u64,
    /// Write bench/results even if the run was not a whole one
    #[arg(long)]
    write: bool,
    /// Weigh a window and print the bytes per event: what the run starts itself with
    #[arg(long, hide = true)]
    weigh: bool,
}

/// What is measured by itself.
#[derive(Debug, Subcommand)]
enum Command {
    /// Run `riddhi run` for an hour at a fixed rate, killed and started again, and compare it with one that is not disturbed
    Soak(SoakArgs),
    /// Run two nodes on PostgreSQL through one fault after another, and account for every event
    Pair(PairArgs),
    /// Show two nodes, kill the active twice, and account for every event: less than a minute
    DemoHa(DemoArgs),
    /// Fill a partition with keys, purge them, and see whether the memory comes back
    Purge(PurgeArgs),
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(command) = &args.command {
        let done = match command {
            Command::Soak(args) => soak(args, &folder()),
            Command::Pair(args) => pair(args, &folder()),
            Command::DemoHa(args) => demo(args),
            Command::Purge(args) => purge(args),
        };
        return match done {
            Ok(false) => ExitCode::SUCCESS,
            Ok(true) => ExitCode::FAILURE,
            Err(e) => failed(&e),
        };
    }
    match run(&args) {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => {
            eprintln!("some outputs differ from the peer's");
            ExitCode::FAILURE
        }
        Err(e) => failed(&e),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("riddhi-bench: {error:#}");
    ExitCode::FAILURE
}

/// Returns whether an answer was wrong.
fn run(args: &Args) -> Result<bool> {
    let bench = folder();
    let table = Table::read(&bench)?;
    if args.weigh {
        weigh(&table, args.frame)?;
        return Ok(false);
    }
    for name in &args.only {
        let known = table.find(name).is_some() || ["latency", "memory", "replay"].contains(&name.as_str());
        anyhow::ensure!(known, "no workload is named {name}");
    }
    let machine = Machine::this();
    let mut session = Session { args, bench: &bench, table: &table, peer: None, rows: Vec::new(), missing: Vec::new() };
    for work in table.workloads.iter().filter(|w| args.wants(&w.name)) {
        session.throughput(work)?;
    }
    let latency = if args.wants("latency") { session.latency()? } else { Vec::new() };
    let memory = if args.wants("memory") { session.memory() } else { None };
    let replay = if args.wants("replay") { session.replay() } else { Vec::new() };
    let Session { peer, rows, missing, .. } = session;
    let report = Report {
        date: today(),
        commit: commit(&bench),
        machine,
        versions: Versions::new(peer),
        rows,
        missing,
        latency,
        memory,
        replay,
    };
    println!("{}", report.markdown());
    if args.write || (args.only.is_empty() && !args.no_peer) {
        report.write(&bench.join("results"))?;
    }
    Ok(report.differs())
}

/// The folder of this crate: where it was built, or `bench` of the current folder if that is gone.
fn folder() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR"));
    if built.is_dir() { built.to_owned() } else { PathBuf::from("bench") }
}

impl Args {
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|n| n == name)
    }

    fn effort(&self) -> Effort {
        Effort { rounds: self.rounds, seconds: self.seconds, warm: self.warm }
    }
}

/// A run in progress.
struct Session<'a> {
    args: &'a Args,
    bench: &'a Path,
    table: &'a Table,
    peer: Option<PeerVersions>,
    rows: Vec<Row>,
    missing: Vec<[String; 2]>,
}

impl Session<'_> {
    fn start_peer(&mut self, workload: &str) -> Result<Option<Peer>> {
        if self.args.no_peer {
            return Ok(None);
        }
        let peer = Peer::start(self.bench, &self.table.file, workload)?;
        self.peer.get_or_insert_with(|| PeerVersions {
            peer: peer.about.peer.clone(),
            runtime: peer.about.runtime.clone(),
            arguments: peer.about.arguments.clone(),
        });
        Ok(Some(peer))
    }

    fn start_riddhi(&self, work: &Workload) -> Result<Bench> {
        Bench::new(&self.table.app(work)?, work, self.args.frame)
    }

    fn throughput(&mut self, work: &Workload) -> Result<()> {
        eprintln!("{}", work.name);
        let mut riddhi = match self.start_riddhi(work) {
            Ok(riddhi) => riddhi,
            Err(e) => {
                eprintln!("  {e:#}");
                self.missing.push([work.name.clone(), format!("{e:#}")]);
                return Ok(());
            }
        };
        let other = work.within_of.as_ref().and_then(|name| self.table.find(name));
        let mut held = other.map(|other| self.start_riddhi(other)).transpose()?;
        let mut peer = if work.alone { None } else { self.start_peer(&work.name)? };
        if let Some(peer) = &peer {
            riddhi.feed.begin_at(peer.about.start);
        }
        let rounds = measure(peer.as_mut(), &mut riddhi, held.as_mut(), work.fill, self.args.effort())
            .with_context(|| format!("workload {}", work.name))?;
        let row = Row::new(work, rounds);
        let ratio = row.ratio.map_or(String::new(), |r| format!(", {r:.1} times the peer's"));
        eprintln!("  {:.2} M/s{ratio}", row.riddhi);
        self.rows.push(row);
        Ok(())
    }

    fn latency(&mut self) -> Result<Vec<latency::Latency>> {
        let mut rows = Vec::new();
        for work in LATENCY_WORKLOADS.iter().filter_map(|name| self.table.find(name)) {
            let Ok(mut riddhi) = self.start_riddhi(work) else { continue };
            riddhi.run(200_000, false);
            for through in [Through::Calls, Through::Rings] {
                for rate in LATENCY_RATES {
                    eprintln!("latency {}, {through}, {rate}/s", work.name);
                    rows.push(latency(&work.name, &mut riddhi, through, rate, Duration::from_secs(3))?);
                }
            }
        }
        Ok(rows)
    }

    fn memory(&mut self) -> Option<memory::Memory> {
        eprintln!("memory");
        let name = &self.table.memory.name;
        let weighed = self.start_peer(name).and_then(|mut peer| memory(self.table, peer.as_mut()));
        weighed.map_err(|e| self.missing.push([name.clone(), format!("{e:#}")])).ok()
    }

    fn replay(&mut self) -> Vec<replay::Replay> {
        let mut rows = Vec::new();
        for bars in &self.table.replay {
            eprintln!("{}", bars.title);
            match replay(self.table, bars, self.args.rounds) {
                Ok(row) => rows.push(row),
                Err(e) => self.missing.push([bars.title.clone(), format!("{e:#}")]),
            }
        }
        rows
    }
}

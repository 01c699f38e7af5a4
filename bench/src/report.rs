//! Tables for people and files for machines.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::latency::Latency;
use crate::machine::{Machine, Versions};
use crate::measure::{Round, Rounds, median};
use crate::memory::Memory;
use crate::replay::Replay;
use crate::workload::Workload;

/// A load from which on rates are not to be trusted: one thread besides ours.
const BUSY: f64 = 1.0;

/// One workload's result.
#[derive(Debug, Serialize)]
pub struct Row {
    /// The workload.
    pub workload: String,
    /// What it is.
    pub title: String,
    /// Riddhi's M/s: median of the rounds.
    pub riddhi: f64,
    /// The peer's.
    pub peer: Option<f64>,
    /// Median of the rounds' ratios, each of Riddhi's round to the peer's before it.
    pub ratio: Option<f64>,
    /// The ratio that must be reached.
    pub at_least: Option<f64>,
    /// The ratio aimed at.
    pub aim: Option<f64>,
    /// The peer's rate where the bars were set; machines differ, only ratios count.
    pub peer_seen: Option<f64>,
    /// The peer's CPU seconds per event by Riddhi's: holds still where the machine does other work besides.
    pub cpu_ratio: Option<f64>,
    /// Lowest and highest ratio of a round.
    pub ratio_spread: Option<[f64; 2]>,
    /// CPU seconds for a million events, Riddhi.
    pub riddhi_cpu: f64,
    /// The same of the peer.
    pub peer_cpu: Option<f64>,
    /// Whether both sides' outputs had the same count and checksums, always.
    pub same: Option<bool>,
    /// How it stands to the workload it is held against.
    pub within: Option<Within>,
    /// Every round of Riddhi.
    pub riddhi_rounds: Vec<Round>,
    /// Every round of the peer.
    pub peer_rounds: Vec<Round>,
}

/// A rate held against another workload's.
#[derive(Debug, Serialize)]
pub struct Within {
    /// The other workload.
    pub of: String,
    /// Median of the rounds' shares of that one's rate, measured in turn.
    pub share: f64,
    /// The least it may be.
    pub at_least: f64,
}

impl Row {
    /// The row of a workload.
    pub fn new(work: &Workload, rounds: Rounds) -> Row {
        let Rounds { peer, riddhi, held, same } = rounds;
        let ratios: Vec<f64> = riddhi.iter().zip(&peer).map(|(a, b)| a.rate() / b.rate()).collect();
        let of = |f: fn(f64, f64) -> f64| ratios.iter().copied().reduce(f);
        let rate = median(riddhi.iter().map(Round::rate));
        let measured = !peer.is_empty();
        let riddhi_cpu = median(riddhi.iter().map(Round::cpu_per_million));
        let peer_cpu = measured.then(|| median(peer.iter().map(Round::cpu_per_million)));
        Row {
            workload: work.name.clone(),
            title: work.title.clone(),
            riddhi: rate,
            peer: measured.then(|| median(peer.iter().map(Round::rate))),
            ratio: measured.then(|| median(ratios.iter().copied())),
            at_least: work.at_least,
            aim: work.aim,
            peer_seen: work.seen,
            cpu_ratio: peer_cpu.map(|peer| peer / riddhi_cpu),
            ratio_spread: of(f64::min).zip(of(f64::max)).map(|(low, high)| [low, high]),
            riddhi_cpu,
            peer_cpu,
            same: measured.then_some(same),
            within: work.within_of.as_ref().map(|of| Within {
                of: of.clone(),
                share: median(riddhi.iter().zip(&held).map(|(a, b)| a.rate() / b.rate())),
                at_least: 1.0 - work.within.unwrap_or(0.0),
            }),
            riddhi_rounds: riddhi,
            peer_rounds: peer,
        }
    }

    /// In a word: how the ratio stands to its bars.
    fn verdict(&self) -> &'static str {
        if self.same == Some(false) {
            return "DIFFERS";
        }
        if let Some(within) = &self.within {
            return if within.share >= within.at_least { "reached" } else { "below" };
        }
        match (self.ratio, self.at_least, self.aim) {
            (Some(ratio), _, Some(aim)) if ratio >= aim => "aim",
            (Some(ratio), Some(at_least), _) => {
                if ratio >= at_least {
                    "reached"
                } else {
                    "below"
                }
            }
            _ => "",
        }
    }
}

/// A whole run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The day, UTC.
    pub date: String,
    /// Of Riddhi.
    pub commit: String,
    /// Where it ran.
    pub machine: Machine,
    /// Of all that took part.
    pub versions: Versions,
    /// Throughput.
    pub rows: Vec<Row>,
    /// Workloads that did not run, with the reason.
    pub missing: Vec<[String; 2]>,
    /// Latency, Riddhi alone.
    pub latency: Vec<Latency>,
    /// Bytes per event.
    pub memory: Option<Memory>,
    /// The binary on files of events.
    pub replay: Vec<Replay>,
}

impl Report {
    /// Whether an answer was wrong.
    pub fn differs(&self) -> bool {
        self.rows.iter().any(|r| r.same == Some(false))
    }

    /// The report as Markdown.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        let v = &self.versions;
        let m = &self.machine;
        // Writing to a string does not fail.
        let _ = writeln!(out, "Riddhi {} at {}, {}.", v.riddhi, self.commit, self.date);
        let _ = writeln!(out, "{m}; {}.", v.rustc);
        if m.load_before > BUSY {
            let _ = writeln!(
                out,
                "The machine was busy (load {:.1}): the CPU ratio is the figure to look at.",
                m.load_before
            );
        }
        if let Some(peer) = &v.peer {
            let _ = writeln!(out, "Peer: {} on {}, {}.", peer.peer, peer.runtime, peer.arguments);
        }
        out.push('\n');
        if !self.rows.is_empty() {
            self.throughput(&mut out);
        }
        for [name, why] in &self.missing {
            let _ = writeln!(out, "\nDid not run: {name}: {why}");
        }
        self.latencies(&mut out);
        if let Some(memory) = &self.memory {
            let _ =
                write!(out, "\n{}: {:.1} (at most {}, aim {})", memory.title, memory.bytes, memory.at_most, memory.aim);
            if let Some(bytes) = memory.peer_bytes {
                let _ = write!(out, "; peer {bytes:.1}");
            }
            out.push_str(".\n");
        }
        for r in &self.replay {
            let _ = writeln!(
                out,
                "\n{}, lines of {:.0} bytes: {:.2} M events/s (at least {}, aim {}). First output after {:.1} ms \
                 (at most {}), peak memory {:.1} MB (at most {}), binary {:.1} MB (at most {}).",
                r.title,
                r.line_bytes,
                r.rate,
                r.at_least,
                r.aim,
                r.first_output_ms,
                r.first_output_ms_at_most,
                r.peak_mb,
                r.peak_mb_at_most,
                r.binary_mb,
                r.binary_mb_at_most,
            );
        }
        out
    }

    fn throughput(&self, out: &mut String) {
        out.push_str("| workload | Riddhi M/s | peer M/s | ratio | lowest to highest | at least | aim | | ");
        out.push_str("Riddhi CPU s/M | peer CPU s/M | CPU ratio |\n|---|--:|--:|--:|--:|--:|--:|---|--:|--:|--:|\n");
        for r in &self.rows {
            let number = |x: Option<f64>, places: usize| x.map_or(String::new(), |x| format!("{x:.places$}"));
            let spread = r.ratio_spread.map_or(String::new(), |[a, b]| format!("{a:.1} to {b:.1}"));
            let _ = writeln!(
                out,
                "| {} | {:.2} | {} | {} | {spread} | {} | {} | {} | {:.4} | {} | {} |",
                r.title,
                r.riddhi,
                number(r.peer, 2),
                number(r.ratio, 1),
                r.at_least.map_or(String::new(), |x| x.to_string()),
                r.aim.map_or(String::new(), |x| x.to_string()),
                r.verdict(),
                r.riddhi_cpu,
                number(r.peer_cpu, 3),
                number(r.cpu_ratio, 1),
            );
        }
        for (title, w) in self.rows.iter().filter_map(|r| Some((&r.title, r.within.as_ref()?))) {
            let _ = writeln!(out, "\n{title}: {:.2} of the rate of {} (at least {:.2}).", w.share, w.of, w.at_least);
        }
    }

    fn latencies(&self, out: &mut String) {
        if self.latency.is_empty() {
            return;
        }
        out.push_str("\nMicroseconds from the intended send to the output read, in process:\n\n");
        out.push_str("| workload | through | events/s | p50 | p99 | p99.9 | max |\n|---|---|--:|--:|--:|--:|--:|\n");
        for l in &self.latency {
            let _ = writeln!(
                out,
                "| {} | {} | {} | {:.1} | {:.1} | {:.1} | {:.0} |",
                l.workload, l.through, l.rate, l.p50_us, l.p99_us, l.p999_us, l.max_us
            );
        }
    }

    /// Writes the dated file and the latest ones.
    pub fn write(&self, results: &Path) -> Result<()> {
        fs::create_dir_all(results)?;
        let json = serde_json::to_string_pretty(self)? + "\n";
        let dated = format!("{}-{}.json", self.date, self.commit);
        let files = [(dated.as_str(), &json), ("latest.json", &json), ("latest.md", &self.markdown())];
        for (name, text) in files {
            let file = results.join(name);
            fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
        }
        Ok(())
    }
}

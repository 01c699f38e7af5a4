//! The binary as a user starts it: lines of JSON or CSV from a file, answers to a file.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::feed::Feed;
use crate::machine::binary;
use crate::measure::median;
use crate::readings::peak_rss_kib;
use crate::workload::{Table, Workload};

/// Starts timed for the first output; short, so more than rounds.
const STARTS: usize = 9;

/// How the events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lines {
    /// A JSON object a line.
    Jsonl,
    /// A header, then a line an event.
    Csv,
}

/// The row of the table, with its bars.
#[derive(Clone, Debug, Deserialize)]
pub struct ReplayBars {
    /// What the tables print.
    pub title: String,
    /// The workload whose app and events are used.
    pub like: String,
    /// How the events are written.
    pub lines: Lines,
    /// Lines.
    pub rows: u64,
    /// Millions of events a second that must be reached.
    pub at_least: f64,
    /// The aim.
    pub aim: f64,
    /// Most milliseconds from start to first output.
    pub first_output_ms: f64,
    /// Most resident memory, megabytes.
    pub peak_mb: f64,
    /// Largest binary, megabytes.
    pub binary_mb: f64,
}

/// What was measured, and the bars.
#[derive(Clone, Debug, Serialize)]
pub struct Replay {
    /// What it is.
    pub title: String,
    /// Millions of events a second, from start to exit: median of the rounds.
    pub rate: f64,
    /// The rate that must be reached.
    pub at_least: f64,
    /// The aim.
    pub aim: f64,
    /// Bytes of a line, on average.
    pub line_bytes: f64,
    /// Milliseconds from start to first output, median.
    pub first_output_ms: f64,
    /// The most it may take.
    pub first_output_ms_at_most: f64,
    /// Peak of the resident memory, megabytes.
    pub peak_mb: f64,
    /// The most it may be.
    pub peak_mb_at_most: f64,
    /// Size of the binary, megabytes.
    pub binary_mb: f64,
    /// The most it may be.
    pub binary_mb_at_most: f64,
}

/// Runs the binary that was built beside this one.
pub fn replay(table: &Table, bars: &ReplayBars, rounds: usize) -> Result<Replay> {
    let work = table.find(&bars.like).with_context(|| format!("no workload {}", bars.like))?;
    let binary = binary(None)?;
    let folder = Folder::new()?;
    let name = if bars.lines == Lines::Csv { "events.csv" } else { "events.jsonl" };
    let events = folder.0.join(name);
    let bytes = write_events(work, bars, &events)?;
    let app = table.app_file(work);

    let (mut rates, mut peak) = (Vec::new(), 0.0f64);
    for _ in 0..rounds {
        let output = folder.0.join("output.jsonl");
        let start = Instant::now();
        let mut process = command(&binary, &app, &events, bars.lines).stdout(File::create(&output)?).spawn()?;
        peak = peak.max(watch(&mut process)?);
        rates.push(bars.rows as f64 / start.elapsed().as_secs_f64() / 1e6);
        let lines = BufReader::new(File::open(&output)?).split(b'\n').count() as u64;
        ensure!(lines > bars.rows / 3 && lines < bars.rows, "{lines} lines came out of {}", bars.rows);
    }
    let mut firsts = Vec::new();
    for _ in 0..STARTS {
        let start = Instant::now();
        let mut process = command(&binary, &app, &events, bars.lines).stdout(Stdio::piped()).spawn()?;
        let read = process.stdout.take().context("no pipe")?.read_exact(&mut [0]);
        firsts.push(start.elapsed().as_secs_f64() * 1e3);
        process.kill()?;
        process.wait()?;
        read.context("riddhi put nothing out")?;
    }
    Ok(Replay {
        title: bars.title.clone(),
        rate: median(rates),
        at_least: bars.at_least,
        aim: bars.aim,
        line_bytes: bytes as f64 / bars.rows as f64,
        first_output_ms: median(firsts),
        first_output_ms_at_most: bars.first_output_ms,
        peak_mb: peak,
        peak_mb_at_most: bars.peak_mb,
        binary_mb: binary.metadata()?.len() as f64 / 1e6,
        binary_mb_at_most: bars.binary_mb,
    })
}

fn command(binary: &Path, app: &Path, events: &Path, lines: Lines) -> Command {
    let mut command = Command::new(binary);
    if lines == Lines::Csv {
        command.args(["replay", "--stream", "S", "--time-column", "ts"]);
    } else {
        command.arg("replay");
    }
    command.arg("--app").arg(app).arg("--events").arg(events);
    command.args(["--format", "jsonl", "--no-progress"]).stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// Waits for the end; returns the peak of the resident memory in megabytes.
fn watch(process: &mut Child) -> Result<f64> {
    let mut peak = 0.0;
    loop {
        // None once the process has ended.
        peak = peak_rss_kib(process.id()).map_or(peak, |kib| kib * 1024.0 / 1e6);
        if let Some(status) = process.try_wait()? {
            ensure!(status.success(), "riddhi replay ended with {status}");
            return Ok(peak);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn write_events(work: &Workload, bars: &ReplayBars, file: &Path) -> Result<u64> {
    let mut out = BufWriter::new(File::create(file)?);
    let mut feed = Feed::new(work, vec![0], 1, false);
    let mut bytes = 0;
    if bars.lines == Lines::Csv {
        out.write_all(b"ts,symbol,price,volume,t,flag\n")?;
    }
    for _ in 0..bars.rows {
        let line = match bars.lines {
            Lines::Jsonl => feed.next_json(&work.streams[0]),
            Lines::Csv => feed.next_csv(),
        };
        bytes += line.len() as u64;
        out.write_all(line.as_bytes())?;
    }
    out.flush()?;
    Ok(bytes)
}

/// A folder that is gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Folder> {
        let folder = std::env::temp_dir().join(format!("riddhi-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Folder(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Left behind at worst in the folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

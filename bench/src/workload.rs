//! The table of workloads, which the peers read too.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::replay::ReplayBars;

/// How events are handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Many at once, as one chunk.
    Array,
    /// One by one; the engine makes its own frames of them.
    Single,
    /// One by one, and the outputs of each are read before the next is sent.
    Flush,
}

/// A row of `workloads.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// What `--only` takes.
    pub name: String,
    /// What the tables print.
    pub title: String,
    /// File name of the app, without `.siddhi`.
    pub app: String,
    /// How events are handed over.
    pub mode: Mode,
    /// Rows of one array.
    #[serde(default = "one")]
    pub array: u64,
    /// Input streams, which get the events in turn.
    #[serde(default = "input")]
    pub streams: Vec<String>,
    /// The streams that are read.
    #[serde(default = "output")]
    pub outputs: Vec<String>,
    /// Distinct symbols.
    #[serde(default = "four")]
    pub keys: u64,
    /// Whether their skew is Zipf 1.1, else they are uniform.
    #[serde(default)]
    pub zipf: bool,
    /// Events a millisecond of event time.
    #[serde(default = "thousand")]
    pub per_ms: u64,
    /// The volume of all events, if it is to be the same.
    pub volume: Option<i32>,
    /// Whether events have three more attributes, string, string and int, many of them null.
    #[serde(default)]
    pub wide: bool,
    /// How often a line of the app that has `{n}` in it is copied: `{n}` is the copy's number in seven digits, `{p}` a price.
    #[serde(default = "one")]
    pub copies: u64,
    /// Events to send before anything is measured.
    #[serde(default)]
    pub fill: u64,
    /// Of those, how many go to `load_into` before any goes to the streams: the rows of a table.
    #[serde(default)]
    pub load: u64,
    /// The stream that they go to.
    pub load_into: Option<String>,
    /// Whether the peer does not run it, being too slow.
    #[serde(default)]
    pub alone: bool,
    /// M/s of the peer where the bars were set.
    pub seen: Option<f64>,
    /// The ratio that must be reached.
    pub at_least: Option<f64>,
    /// The ratio aimed at.
    pub aim: Option<f64>,
    /// The workload whose rate this one is held against, in place of the peer's.
    pub within_of: Option<String>,
    /// By how much of it this one may be slower.
    pub within: Option<f64>,
    /// Of the memory row: rows in the window.
    #[serde(default)]
    pub rows: u64,
    /// Of the memory row: bytes per event that must be reached.
    pub at_most: Option<f64>,
}

fn one() -> u64 {
    1
}

fn four() -> u64 {
    4
}

fn thousand() -> u64 {
    1000
}

fn input() -> Vec<String> {
    vec!["S".to_owned()]
}

fn output() -> Vec<String> {
    vec!["Out".to_owned()]
}

/// The table and where it lies.
#[derive(Debug)]
pub struct Table {
    /// The file.
    pub file: PathBuf,
    /// What is timed.
    pub workloads: Vec<Workload>,
    /// What is weighed.
    pub memory: Workload,
    /// What is run as a user would.
    pub replay: Vec<ReplayBars>,
}

#[derive(Deserialize)]
struct File {
    workloads: Vec<Workload>,
    memory: Workload,
    replay: Vec<ReplayBars>,
}

impl Table {
    /// Reads the table of the folder `bench`.
    pub fn read(bench: &Path) -> Result<Table> {
        let file = bench.join("workloads/workloads.json");
        let text = std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        let File { workloads, memory, replay } =
            serde_json::from_str(&text).with_context(|| format!("in {}", file.display()))?;
        Ok(Table { file, workloads, memory, replay })
    }

    /// The workload of that name.
    pub fn find(&self, name: &str) -> Option<&Workload> {
        self.workloads.iter().find(|w| w.name == name)
    }

    /// Where a workload's app lies.
    pub fn app_file(&self, work: &Workload) -> PathBuf {
        self.file.with_file_name(format!("{}.siddhi", work.app))
    }

    /// The text of a workload's app.
    pub fn app(&self, work: &Workload) -> Result<String> {
        let file = self.app_file(work);
        let text = std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        Ok(text.lines().map(|line| work.copied(line)).collect())
    }
}

impl Workload {
    /// A line of the app, as often as it stands there.
    fn copied(&self, line: &str) -> String {
        let copies = if line.contains("{n}") { self.copies } else { 1 };
        let copy = |i: u64| {
            let price = (20 + i * 37 % 160).to_string();
            line.replace("{n}", &format!("{i:07}")).replace("{p}", &price) + "\n"
        };
        (0..copies).map(copy).collect()
    }
}

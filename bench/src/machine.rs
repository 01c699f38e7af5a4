//! Where a run took place, and what took part.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

/// The machine.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// Model of the processor.
    pub cpu: String,
    /// Cores this process may use.
    pub cores: usize,
    /// Memory, rounded.
    pub memory_gib: u64,
    /// Operating system and kernel.
    pub system: String,
    /// Threads that wanted to run in the minute before the run, on average: near 0 on a machine that is free.
    pub load_before: f64,
}

/// Versions.
#[derive(Debug, Serialize)]
pub struct Versions {
    /// Riddhi's.
    pub riddhi: String,
    /// The compiler's.
    pub rustc: String,
    /// The peer, if it ran.
    pub peer: Option<PeerVersions>,
}

/// Of the peer.
#[derive(Clone, Debug, Serialize)]
pub struct PeerVersions {
    /// Engine and version.
    pub peer: String,
    /// Virtual machine and version.
    pub runtime: String,
    /// Options of the virtual machine.
    pub arguments: String,
}

impl Machine {
    /// This machine; what cannot be found out is said to be unknown.
    pub fn this() -> Machine {
        let field = |file: &str, key: &str| -> Option<String> {
            let text = fs::read_to_string(file).ok()?;
            let line = text.lines().find(|l| l.starts_with(key))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let memory = field("/proc/meminfo", "MemTotal");
        let kib = memory.and_then(|m| m.split(' ').next()?.parse::<f64>().ok()).unwrap_or(0.0);
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Machine {
            cpu: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned()),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_gib: (kib / 1024.0 / 1024.0).round() as u64,
            load_before: fs::read_to_string("/proc/loadavg")
                .ok()
                .and_then(|text| text.split(' ').next()?.parse().ok())
                .unwrap_or(f64::NAN),
            system: format!("{} {} {}", std::env::consts::OS, release.trim(), std::env::consts::ARCH),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} cores, {} GiB, {}", self.cpu, self.cores, self.memory_gib, self.system)
    }
}

impl Versions {
    /// Of this build.
    pub fn new(peer: Option<PeerVersions>) -> Versions {
        Versions { riddhi: env!("CARGO_PKG_VERSION").to_owned(), rustc: first_line("rustc", &["-V"], None), peer }
    }
}

/// The day, UTC.
pub fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

/// The binary `riddhi` that is asked for, or the one that was built beside this one.
pub fn binary(asked: Option<&Path>) -> Result<PathBuf> {
    let riddhi = match asked {
        Some(path) => path.canonicalize().with_context(|| format!("no {}", path.display()))?,
        None => std::env::current_exe()?.with_file_name("riddhi"),
    };
    ensure!(riddhi.is_file(), "no {}: build riddhi-cli", riddhi.display());
    Ok(riddhi)
}

/// The commit of the checkout, with `-dirty` if what git follows was changed since.
pub fn commit(bench: &Path) -> String {
    let commit = first_line("git", &["rev-parse", "--short=9", "HEAD"], Some(bench));
    let changes = ["status", "--porcelain", "-uno", "--", "..", ":!results"];
    let changed = !first_line("git", &changes, Some(bench)).is_empty();
    if changed { commit + "-dirty" } else { commit }
}

/// What a command prints first; empty if it does not run.
fn first_line(command: &str, args: &[&str], folder: Option<&Path>) -> String {
    let mut command = Command::new(command);
    command.args(args).current_dir(folder.unwrap_or(Path::new(".")));
    let output = command.output().map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    output.lines().next().unwrap_or_default().trim().to_owned()
}

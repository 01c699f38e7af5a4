//! What the system says of processes and folders.

use std::fs;
use std::path::Path;

/// Files of a folder with their sizes.
pub fn sizes(folder: &Path) -> Vec<(String, u64)> {
    let listed = fs::read_dir(folder).into_iter().flatten().flatten();
    listed.filter_map(|e| Some((e.file_name().to_string_lossy().into_owned(), e.metadata().ok()?.len()))).collect()
}

/// Resident memory of a process.
pub fn rss_kib(pid: u32) -> Option<f64> {
    status_kib(pid, "VmRSS:")
}

/// The most that it has been.
pub fn peak_rss_kib(pid: u32) -> Option<f64> {
    status_kib(pid, "VmHWM:")
}

fn status_kib(pid: u32, key: &str) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix(key))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// CPU seconds that a process has used.
pub fn cpu_seconds(pid: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may have spaces; user and system time are fields 14 and 15.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks / rustix::param::clock_ticks_per_second() as f64)
}

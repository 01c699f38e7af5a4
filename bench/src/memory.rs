//! What a row in a window costs: growth of the resident memory of a process that does nothing else.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::peer::Peer;
use crate::riddhi::Bench;
use crate::workload::{Table, Workload};

/// Sent before the first reading, so that pools and frames are there.
const BEFORE: u64 = 8000;
/// Sent after the window is full, so that rows have left it: what it then holds on to counts too.
const AFTER: u64 = 504_000;

/// Bytes per event in the window.
#[derive(Clone, Debug, Serialize)]
pub struct Memory {
    /// The row's name.
    pub workload: String,
    /// What is weighed.
    pub title: String,
    /// Of Riddhi, by resident memory.
    pub bytes: f64,
    /// Of the peer, by used heap after collections.
    pub peer_bytes: Option<f64>,
    /// The most there may be.
    pub at_most: f64,
    /// The aim.
    pub aim: f64,
}

/// What the child process says.
#[derive(Serialize, Deserialize)]
struct Weighed {
    bytes: f64,
}

/// Weighs in a process of its own, since this one has allocated and freed before.
pub fn memory(table: &Table, peer: Option<&mut Peer>) -> Result<Memory> {
    let work = &table.memory;
    let output = Command::new(std::env::current_exe()?).arg("--weigh").output().context("starting itself")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let weighed: Weighed = serde_json::from_slice(&output.stdout)?;
    let peer_bytes = peer.map(|p| weigh_peer(p, work)).transpose()?;
    Ok(Memory {
        workload: work.name.clone(),
        title: work.title.clone(),
        bytes: weighed.bytes,
        peer_bytes,
        at_most: work.at_most.unwrap_or(f64::INFINITY),
        aim: work.aim.unwrap_or(f64::INFINITY),
    })
}

/// The child's part: prints the bytes per event.
pub fn weigh(table: &Table, frame_rows: u64) -> Result<()> {
    let work = &table.memory;
    let mut bench = Bench::new(&table.app(work)?, work, frame_rows)?;
    bench.run(BEFORE, false);
    let before = resident()?;
    bench.run(work.rows - BEFORE, false);
    bench.run(AFTER, false);
    let grown = resident()?.saturating_sub(before);
    let bytes = grown as f64 / (work.rows - BEFORE) as f64;
    println!("{}", serde_json::to_string(&Weighed { bytes })?);
    Ok(())
}

fn weigh_peer(peer: &mut Peer, work: &Workload) -> Result<f64> {
    peer.run(BEFORE, false)?;
    let before = peer.heap()?;
    peer.run(work.rows - BEFORE, false)?;
    peer.run(AFTER, false)?;
    Ok(peer.heap()?.saturating_sub(before) as f64 / (work.rows - BEFORE) as f64)
}

/// Resident memory of this process in bytes.
pub fn resident() -> Result<u64> {
    let file = Path::new("/proc/self/statm");
    let text = std::fs::read_to_string(file).context("resident memory is read from /proc, which only Linux has")?;
    let pages: u64 = text.split(' ').nth(1).context("statm has no second field")?.parse()?;
    Ok(pages * rustix::param::page_size() as u64)
}

//! The other engine, in a process of its own that is told what to do line by line.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::measure::Round;

/// The options of the peer's virtual machine.
const JAVA_OPTIONS: [&str; 2] = ["-Xmx4g", "-XX:+UseParallelGC"];

/// What the peer says of itself.
#[derive(Clone, Debug, Deserialize)]
pub struct About {
    /// Engine and version.
    pub peer: String,
    /// Virtual machine and version.
    pub runtime: String,
    /// Options of the virtual machine.
    pub arguments: String,
    /// Event time of the first event, milliseconds.
    pub start: i64,
}

/// A running peer with one workload.
pub struct Peer {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// What it says of itself.
    pub about: About,
}

#[derive(Deserialize)]
struct Ran {
    events: u64,
    seconds: f64,
    cpu: f64,
    outputs: u64,
    checksum: String,
}

#[derive(Deserialize)]
struct Heap {
    heap: u64,
}

impl Peer {
    /// Starts the peer that was built in `bench/peers`.
    pub fn start(bench: &Path, table: &Path, workload: &str) -> Result<Peer> {
        let built = bench.join("peers/target");
        if !built.join("lib").is_dir() {
            bail!("the peer is not built: run `make bench-peers`, or give --no-peer");
        }
        let log = File::create(built.join("peer.log"))?;
        let mut process = Command::new("java")
            .args(JAVA_OPTIONS)
            .arg("-cp")
            .arg(format!("{0}/classes:{0}/lib/*", built.display()))
            .arg("SiddhiPeer")
            .args([table.as_os_str(), workload.as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("starting java, of which version 17 is needed")?;
        let (commands, answers) = process.stdin.take().zip(process.stdout.take()).context("no pipes to the peer")?;
        let mut answers = BufReader::new(answers);
        let about = answer(&mut answers).context("the peer did not start; see bench/peers/target/peer.log")?;
        Ok(Peer { process, commands, answers, about })
    }

    /// Feeds the next `events` events.
    pub fn run(&mut self, events: u64, strict: bool) -> Result<Round> {
        let command = if strict { "check" } else { "run" };
        let ran: Ran = self.ask(&format!("{command} {events}"))?;
        let checksum = u64::from_str_radix(&ran.checksum, 16)?;
        Ok(Round { events: ran.events, seconds: ran.seconds, cpu: ran.cpu, outputs: ran.outputs, checksum })
    }

    /// Bytes of the heap in use.
    pub fn heap(&mut self) -> Result<u64> {
        Ok(self.ask::<Heap>("heap")?.heap)
    }

    fn ask<T: DeserializeOwned>(&mut self, command: &str) -> Result<T> {
        writeln!(self.commands, "{command}").and_then(|()| self.commands.flush()).context("the peer is gone")?;
        answer(&mut self.answers)
    }
}

fn answer<T: DeserializeOwned>(answers: &mut impl BufRead) -> Result<T> {
    let mut line = String::new();
    answers.read_line(&mut line)?;
    serde_json::from_str(&line).with_context(|| format!("the peer answered {line:?}"))
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It keeps nothing that would have to be closed in order.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

//! One `riddhi run` of a soak run: started, watched, perhaps killed and started again, and its answers checked as they come.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use super::SINKS;
use super::feed::mix;
use super::parts::Parts;
use crate::readings::{cpu_seconds, rss_kib, sizes};

/// Time between looks at a lane.
const LOOK: Duration = Duration::from_millis(50);

/// Age of a process from which on its memory is taken to be that of one at work.
const SETTLED: Duration = Duration::from_secs(20);

/// How long no answer may come once all is written.
const PATIENCE: Duration = Duration::from_secs(300);

/// What feeder and lanes tell each other.
#[derive(Default)]
pub struct Common {
    /// Events written.
    pub written: AtomicU64,
    /// No more will be written.
    pub ended: AtomicBool,
    /// Something went wrong: all end.
    pub failed: AtomicBool,
}

/// How a lane is run.
#[derive(Clone)]
pub struct Plan {
    /// The binary.
    pub riddhi: PathBuf,
    /// Its folder.
    pub folder: PathBuf,
    /// Mean time between kills; None: it is not disturbed.
    pub kill_every: Option<Duration>,
    /// Where the moments of the kills come from.
    pub seed: u64,
    /// `--snapshot-interval`, seconds.
    pub snapshot_interval: u64,
    /// `--journal-max-bytes`.
    pub journal_max_bytes: u64,
    /// Events a second, by which a lag of a second is told.
    pub rate: u64,
    /// Numbers of the last events that the sinks `limited` and `later` tell.
    pub lasts: [u64; 2],
}

/// What was seen of a lane.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Lines by sink.
    pub lines: [u64; SINKS.len()],
    /// Kills.
    pub kills: u64,
    /// Those within ten seconds of a start.
    pub soon: u64,
    /// Seconds from a kill until the lag was below a second again, the longest; further kills meanwhile included.
    pub catch_up: f64,
    /// Events behind at most.
    pub lag: u64,
    /// Looks, and those that found it more than a second behind.
    pub looks: [u64; 2],
    /// Samples of the resident memory: seconds since the start, KiB.
    pub rss: Vec<(f64, f64)>,
    /// Most bytes of the journal.
    pub journal: u64,
    /// Most bytes of snapshots.
    pub snapshots: u64,
    /// Most bytes of the state folder.
    pub state: u64,
    /// Most bytes of what the sinks keep.
    pub out: u64,
    /// Most bytes of input that was not deleted.
    pub input: u64,
    /// CPU seconds, of killed processes up to a second before their end.
    pub cpu: f64,
    /// Events that the last process says it has accepted.
    pub accepted: Option<u64>,
}

/// A lane at work.
pub struct Lane {
    plan: Plan,
    common: Arc<Common>,
    answered: Arc<AtomicU64>,
    child: Child,
    started: Instant,
    begun: Instant,
    parts: Vec<Parts>,
    seen: Seen,
    random: u64,
    next_kill: Option<Instant>,
    /// Kills that follow soon.
    burst: u64,
    /// The first kill since which it has not caught up, and what was answered before the last one.
    behind_since: Option<Instant>,
    answered_before: u64,
    lag: u64,
    samples: BufWriter<File>,
    cpu_before: f64,
    cpu_now: f64,
}

impl Lane {
    /// Starts it. `answered`: the highest event number to which an answer was seen.
    pub fn start(plan: Plan, common: Arc<Common>, answered: Arc<AtomicU64>) -> Result<Lane> {
        let part = |sink: &&str| {
            let out = plan.folder.join("out").join(format!("{sink}.csv"));
            Parts::new(out, &hashes(&plan.folder, sink))
        };
        let parts = SINKS.iter().map(part).collect::<Result<_>>()?;
        let mut samples = BufWriter::new(File::create(plan.folder.join("samples.csv"))?);
        writeln!(samples, "seconds,kills,rss_kib,behind_events,journal_bytes,state_bytes,out_bytes,in_bytes")?;
        let child = spawn(&plan)?;
        let (now, random) = (Instant::now(), plan.seed);
        let mut lane = Lane {
            plan,
            common,
            answered,
            child,
            started: now,
            begun: now,
            parts,
            seen: Seen::default(),
            random,
            next_kill: None,
            burst: 0,
            behind_since: None,
            answered_before: 0,
            lag: 0,
            samples,
            cpu_before: 0.0,
            cpu_now: 0.0,
        };
        lane.plan_kill();
        Ok(lane)
    }

    /// Runs it to the end.
    pub fn run(mut self) -> Result<Seen> {
        let done = self.watch();
        if done.is_err() {
            self.common.failed.store(true, Ordering::Relaxed);
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        done.map(|()| self.seen)
    }

    fn watch(&mut self) -> Result<()> {
        let mut sampled = Instant::now();
        let mut progress = (Instant::now(), 0);
        loop {
            ensure!(!self.common.failed.load(Ordering::Relaxed), "another part of the run failed");
            if let Some(status) = self.child.try_wait()? {
                bail!("riddhi ended by itself with {status}; see {}", self.plan.folder.join("log").display());
            }
            let all = self.common.ended.load(Ordering::Relaxed);
            self.look();
            if sampled.elapsed() >= Duration::from_secs(1) {
                sampled = Instant::now();
                self.sample()?;
            }
            if all {
                if self.is_all_answered() {
                    return self.finish();
                }
                let answered = self.answered.load(Ordering::Relaxed);
                if answered > progress.1 {
                    progress = (Instant::now(), answered);
                }
                let folder = self.plan.folder.display();
                ensure!(progress.0.elapsed() < PATIENCE, "the last answers have not come; see {folder}");
            } else if self.next_kill.is_some_and(|at| Instant::now() >= at) {
                self.kill()?;
            }
            std::thread::sleep(LOOK);
        }
    }

    fn last(&self, sink: &str) -> Option<u64> {
        SINKS.iter().position(|s| *s == sink).and_then(|n| self.parts[n].last())
    }

    /// How far it is.
    fn look(&mut self) {
        let last = self.parts.iter().filter_map(Parts::last).max().unwrap_or(0);
        // A kill may take lines back, but what they answered has been accepted.
        let answered = self.answered.fetch_max(last, Ordering::Relaxed).max(last);
        let written = self.common.written.load(Ordering::Relaxed);
        let lag = written.saturating_sub(answered);
        self.seen.lag = self.seen.lag.max(lag);
        self.seen.looks[0] += 1;
        self.seen.looks[1] += u64::from(lag >= self.plan.rate);
        self.lag = lag;
        if lag < self.plan.rate
            && answered > self.answered_before
            && let Some(since) = self.behind_since
        {
            self.seen.catch_up = self.seen.catch_up.max(since.elapsed().as_secs_f64());
            self.behind_since = None;
        }
    }

    fn is_all_answered(&self) -> bool {
        [self.last("limited"), self.last("later")] == self.plan.lasts.map(Some)
    }

    fn sample(&mut self) -> Result<()> {
        self.parts.iter_mut().try_for_each(Parts::check)?;
        let (seen, seconds) = (&mut self.seen, self.begun.elapsed().as_secs_f64());
        let rss = rss_kib(self.child.id());
        let settled = self.started.elapsed() >= SETTLED && self.behind_since.is_none();
        seen.rss.extend(rss.filter(|_| settled).map(|rss| (seconds, rss)));
        self.cpu_now = cpu_seconds(self.child.id()).unwrap_or(self.cpu_now);
        let state = sizes(&self.plan.folder.join("state/Soak"));
        let sum = |prefix: &str| state.iter().filter(|(n, _)| n.starts_with(prefix)).map(|(_, b)| b).sum::<u64>();
        let all = |name: &str| sizes(&self.plan.folder.join(name)).iter().map(|(_, b)| b).sum::<u64>();
        let (journal, state, out, input) = (sum("journal-"), sum(""), all("out"), all("in"));
        seen.journal = seen.journal.max(journal);
        seen.snapshots = seen.snapshots.max(sum("snapshot-"));
        (seen.state, seen.out, seen.input) = (seen.state.max(state), seen.out.max(out), seen.input.max(input));
        let (kills, rss, lag) = (seen.kills, rss.unwrap_or(0.0), self.lag);
        writeln!(self.samples, "{seconds:.1},{kills},{rss},{lag},{journal},{state},{out},{input}")?;
        Ok(())
    }

    fn random(&mut self) -> f64 {
        self.random = self.random.wrapping_add(1);
        (mix(self.random) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Every few minutes; after every other such kill up to three more come within eight seconds each.
    fn plan_kill(&mut self) {
        let Some(every) = self.plan.kill_every else { return };
        let wait = if self.burst > 0 {
            self.burst -= 1;
            Duration::from_secs_f64(0.02 + 8.0 * self.random().powi(2))
        } else {
            if self.random() < 0.5 {
                self.burst = 1 + (self.random() * 3.0) as u64;
            }
            every.mul_f64(0.6 + 0.8 * self.random())
        };
        self.next_kill = Some(Instant::now() + wait);
    }

    fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        self.seen.kills += 1;
        self.seen.soon += u64::from(self.started.elapsed() < Duration::from_secs(10));
        self.behind_since.get_or_insert_with(Instant::now);
        self.answered_before = self.answered.load(Ordering::Relaxed);
        self.cpu_before += std::mem::take(&mut self.cpu_now);
        self.child = spawn(&self.plan)?;
        self.started = Instant::now();
        self.plan_kill();
        Ok(())
    }

    /// Ends it in order, and takes in what is left.
    fn finish(&mut self) -> Result<()> {
        self.sample()?;
        self.seen.cpu = self.cpu_before + self.cpu_now;
        let pid = Pid::from_raw(i32::try_from(self.child.id())?).context("a process has a number")?;
        kill_process(pid, Signal::TERM)?;
        let status = self.child.wait()?;
        ensure!(status.success(), "riddhi ended with {status}; see {}", self.plan.folder.join("log").display());
        for (parts, lines) in self.parts.iter_mut().zip(&mut self.seen.lines) {
            parts.finish()?;
            *lines = parts.lines;
        }
        self.samples.flush()?;
        let log = fs::read_to_string(self.plan.folder.join("log"))?;
        let said = log.lines().rev().find_map(|l| l.strip_prefix("in   ")?.split_once(" events accepted"));
        self.seen.accepted = said.and_then(|(n, _)| n.replace([',', ' ', '_'], "").parse().ok());
        Ok(())
    }
}

/// Where the hashes of a sink's lines are.
pub fn hashes(folder: &Path, sink: &str) -> PathBuf {
    folder.join(format!("{sink}.hashes"))
}

fn spawn(plan: &Plan) -> Result<Child> {
    let log = OpenOptions::new().create(true).append(true).open(plan.folder.join("log"))?;
    let child = Command::new(&plan.riddhi)
        .current_dir(&plan.folder)
        .args(["run", "soak.siddhi", "--state", "state", "--no-reload"])
        .arg("--snapshot-interval")
        .arg(plan.snapshot_interval.to_string())
        .arg("--journal-max-bytes")
        .arg(plan.journal_max_bytes.to_string())
        .stdin(Stdio::null())
        .stdout(File::create("/dev/null")?)
        .stderr(log)
        .spawn();
    child.with_context(|| format!("cannot start {}", plan.riddhi.display()))
}

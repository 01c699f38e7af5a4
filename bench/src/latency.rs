//! Open loop: events are meant to be sent at fixed times, and each is timed from then on, so a pause shows in every
//! event that had to wait for it.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use hdrhistogram::Histogram;
use riddhi_batch::Frame;
use riddhi_ring::{Wait, exchange};
use serde::Serialize;

use crate::riddhi::Bench;

/// Frames that go round between the two threads.
const FRAMES: usize = 4;

/// Where the engine runs.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Through {
    /// On the thread that sends, which never sleeps.
    Calls,
    /// On a thread of its own, which sleeps when there is nothing to do; frames go to it and back through rings.
    Rings,
}

impl fmt::Display for Through {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Through::Calls => "one thread",
            Through::Rings => "rings to a worker",
        })
    }
}

/// Percentiles of one workload at one rate, microseconds.
#[derive(Clone, Debug, Serialize)]
pub struct Latency {
    /// The workload.
    pub workload: String,
    /// Where the engine ran.
    pub through: Through,
    /// Events a second.
    pub rate: u64,
    /// Half of the events took no longer.
    pub p50_us: f64,
    /// 99 of 100.
    pub p99_us: f64,
    /// 999 of 1,000.
    pub p999_us: f64,
    /// The slowest.
    pub max_us: f64,
    /// Events timed.
    pub events: u64,
    /// Frames they came in: events that are due together share one.
    pub frames: u64,
}

/// When events are due.
#[derive(Clone, Copy)]
struct Schedule {
    start: Instant,
    period: f64,
    events: u64,
    frame_rows: u64,
}

impl Schedule {
    fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    fn intended(&self, event: u64) -> u64 {
        (event as f64 * self.period) as u64
    }

    /// Spins until the event after the `sent` first is due; returns how many are, as far as a frame takes them.
    fn wait(&self, sent: u64) -> u64 {
        loop {
            let now = self.now();
            if now >= self.intended(sent) {
                let due = (now as f64 / self.period) as u64 + 1;
                return due.saturating_sub(sent).clamp(1, self.frame_rows).min(self.events - sent);
            }
            std::hint::spin_loop();
        }
    }
}

/// What the events took.
struct Taken {
    histogram: Histogram<u64>,
    frames: u64,
}

impl Taken {
    fn new() -> Result<Taken> {
        Ok(Taken { histogram: Histogram::new_with_bounds(1, 60_000_000_000, 3)?, frames: 0 })
    }

    /// The outputs of these events have just been read.
    fn record(&mut self, schedule: &Schedule, first: u64, n: u64) {
        let done = schedule.now();
        for i in first..first + n {
            // Longer than the greatest value counts as that.
            self.histogram.saturating_record(done.saturating_sub(schedule.intended(i)).max(1));
        }
        self.frames += 1;
    }
}

/// Sends events at `rate` a second for so long.
pub fn latency(workload: &str, bench: &mut Bench, through: Through, rate: u64, lasting: Duration) -> Result<Latency> {
    let events = (lasting.as_secs_f64() * rate as f64) as u64;
    let frame_rows = bench.feed.frame_rows();
    let schedule = Schedule { start: Instant::now(), period: 1e9 / rate as f64, events, frame_rows };
    bench.sinks.begin(false);
    let Taken { histogram, frames } = match through {
        Through::Calls => by_calls(bench, schedule)?,
        Through::Rings => by_rings(bench, schedule)?,
    };
    let us = |quantile: f64| histogram.value_at_quantile(quantile) as f64 / 1000.0;
    Ok(Latency {
        workload: workload.to_owned(),
        through,
        rate,
        p50_us: us(0.5),
        p99_us: us(0.99),
        p999_us: us(0.999),
        max_us: histogram.max() as f64 / 1000.0,
        events,
        frames,
    })
}

fn by_calls(bench: &mut Bench, schedule: Schedule) -> Result<Taken> {
    let mut taken = Taken::new()?;
    let mut sent = 0;
    while sent < schedule.events {
        let n = schedule.wait(sent);
        bench.feed.send_at_once(&mut bench.subject, &mut bench.sinks, n);
        taken.record(&schedule, sent, n);
        sent += n;
    }
    Ok(taken)
}

/// A frame on its way, and which events are in it.
struct Turn {
    frame: Frame,
    first: u64,
    n: u64,
}

fn by_rings(bench: &mut Bench, schedule: Schedule) -> Result<Taken> {
    let Bench { subject, feed, sinks } = bench;
    let turns = (0..FRAMES).map(|_| Turn { frame: subject.empty_frame(), first: 0, n: 0 });
    let (mut up, mut down) = exchange::<Turn, Turn>(turns, Wait::Park);
    let mut taken = Taken::new()?;
    thread::scope(|scope| {
        let worker = scope.spawn(move || {
            while let Some(mut turn) = down.receive() {
                subject.run(&mut turn.frame, sinks);
                taken.record(&schedule, turn.first, turn.n);
                down.give_back(turn);
            }
            taken
        });
        let mut sent = 0;
        while sent < schedule.events {
            schedule.wait(sent);
            let Some(mut turn) = up.empty() else { break };
            // More may have become due while the worker held all frames.
            (turn.first, turn.n) = (sent, schedule.wait(sent));
            turn.frame.reset(sent);
            feed.fill(&mut turn.frame, turn.n);
            sent += turn.n;
            if up.send(turn).is_err() {
                break;
            }
        }
        drop(up);
        worker.join().map_err(|_| anyhow!("the worker panicked"))
    })
}

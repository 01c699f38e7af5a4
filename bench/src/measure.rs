//! Rounds in turn: the peer, Riddhi, the peer, Riddhi, each with the same events.

use std::time::Instant;

use anyhow::Result;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

use crate::peer::Peer;
use crate::riddhi::Bench;

/// Events of the checks before and after the rounds, whose outputs are compared byte by byte and in order.
const CHECKED: u64 = 200_000;
/// The events of a round are a multiple of this, so that arrays and streams in turn come out even.
const GRAIN: u64 = 8000;

/// One side's answer to one command.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Round {
    /// Events fed.
    pub events: u64,
    /// By the wall clock.
    pub seconds: f64,
    /// Of all threads of the process.
    pub cpu: f64,
    /// Rows that came out.
    pub outputs: u64,
    /// Of all values that came out.
    pub checksum: u64,
}

impl Round {
    /// Millions of events a second.
    pub fn rate(&self) -> f64 {
        self.events as f64 / self.seconds / 1e6
    }

    /// CPU seconds for a million events.
    pub fn cpu_per_million(&self) -> f64 {
        self.cpu / self.events as f64 * 1e6
    }
}

/// Wall clock and CPU clock of this process.
pub struct Stopwatch {
    began: Instant,
    cpu: f64,
}

impl Stopwatch {
    /// Starts it.
    pub fn start() -> Stopwatch {
        Stopwatch { cpu: cpu_seconds(), began: Instant::now() }
    }

    /// Seconds since, by the wall clock and of CPU.
    pub fn read(&self) -> (f64, f64) {
        (self.began.elapsed().as_secs_f64(), cpu_seconds() - self.cpu)
    }
}

fn cpu_seconds() -> f64 {
    let t = clock_gettime(ClockId::ProcessCPUTime);
    t.tv_sec as f64 + t.tv_nsec as f64 / 1e9
}

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Rounds of each side.
    pub rounds: usize,
    /// What a round of the slower side takes, about.
    pub seconds: f64,
    /// How long the slower side runs before the first round, at least.
    pub warm: f64,
}

/// What the rounds of one workload gave.
#[derive(Debug, Default)]
pub struct Rounds {
    /// Of the peer, if it ran.
    pub peer: Vec<Round>,
    /// Of Riddhi.
    pub riddhi: Vec<Round>,
    /// Of Riddhi with the workload that this one is held against, if it is.
    pub held: Vec<Round>,
    /// Whether every command gave the same count and the same checksum on both sides.
    pub same: bool,
}

/// Both sides, always with the same state.
struct Pair<'a> {
    peer: Option<&'a mut Peer>,
    riddhi: &'a mut Bench,
    same: bool,
}

impl Pair<'_> {
    /// Gives both the next events. Returns the rounds, the slower side's first.
    fn run(&mut self, events: u64, strict: bool) -> Result<(Round, Round)> {
        let theirs = self.peer.as_mut().map(|p| p.run(events, strict)).transpose()?;
        let ours = self.riddhi.run(events, strict);
        let theirs = theirs.unwrap_or(ours);
        self.same &= (theirs.outputs, theirs.checksum) == (ours.outputs, ours.checksum);
        Ok((theirs, ours))
    }
}

/// Checks, warms up, measures and checks again. `held` takes a turn in every round.
pub fn measure(
    peer: Option<&mut Peer>,
    riddhi: &mut Bench,
    mut held: Option<&mut Bench>,
    fill: u64,
    effort: Effort,
) -> Result<Rounds> {
    let alone = peer.is_none();
    let mut pair = Pair { peer, riddhi, same: true };
    pair.run(CHECKED, true)?;
    let (mut fed, mut warm, mut events) = (CHECKED, 0.0, CHECKED);
    let rate = loop {
        let (round, _) = pair.run(events, false)?;
        fed += events;
        warm += round.seconds;
        let rate = events as f64 / round.seconds;
        if warm >= effort.warm && fed >= fill {
            break rate;
        }
        // The next step takes half a second, or twice what this one took.
        events = grain((rate * 0.5).min(events as f64 * 2.0));
    };
    let events = grain(rate * effort.seconds);
    let mut rounds = Rounds::default();
    if let Some(held) = &mut held {
        held.run(events, false);
    }
    for _ in 0..effort.rounds {
        let (theirs, ours) = pair.run(events, false)?;
        if !alone {
            rounds.peer.push(theirs);
        }
        rounds.riddhi.push(ours);
        rounds.held.extend(held.as_mut().map(|held| held.run(events, false)));
    }
    pair.run(CHECKED, true)?;
    rounds.same = pair.same;
    Ok(rounds)
}

fn grain(events: f64) -> u64 {
    (events as u64).div_ceil(GRAIN).max(1) * GRAIN
}

/// The middle value, the mean of the two middle ones of an even number; 0 of none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n => (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median([]), 0.0);
    }

    #[test]
    fn rounds_come_out_even() {
        assert_eq!([grain(0.0), grain(1.0), grain(8000.0), grain(8001.0)], [8000, 8000, 8000, 16000]);
    }
}

//! What goes wrong, one thing at a time, and what the clients see of it.

use std::fmt;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::bed::{Bed, LONG};
use crate::ledger::Checked;
use crate::proxy::Weather;
use crate::random::Random;

/// What may go wrong with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Connections end, and none can be made.
    Cut,
    /// Nothing gets through either way, and nobody is told.
    Held,
    /// What the first named says does not get through.
    To,
    /// What the other one says does not.
    From,
}

impl Way {
    fn weather(self) -> Weather {
        match self {
            Way::Cut => Weather::CUT,
            Way::Held => Weather::HELD,
            Way::To => Weather::ONE_WAY_TO,
            Way::From => Weather::ONE_WAY_FROM,
        }
    }
}

/// A link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// From the active to the passive.
    Nodes,
    /// From the active to the database.
    ActiveDatabase,
    /// From the passive to the database.
    PassiveDatabase,
}

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `kill -9` of the active; it comes back when the other has taken over.
    KillActive,
    /// The same, started again at once.
    RestartActive,
    /// `kill -9` of the passive; it comes back after some seconds.
    KillPassive,
    /// The same, started again at once.
    RestartPassive,
    /// The passive comes back with an empty disk.
    EmptyPassive,
    /// The active comes back with an empty disk when the other has taken over.
    EmptyActive,
    /// Both, started again at once.
    KillBoth,
    /// The active stands still for some seconds.
    PauseActive(u64),
    /// The passive is killed and started again while the active stands still.
    RestartPassiveInPause,
    /// A link fails for some seconds.
    LinkFails(Link, Way),
    /// PostgreSQL is stopped and started.
    StopDatabase,
    /// The passive comes back, and the active is killed while it catches up, or soon after; it is started again at once.
    KillActiveInCatchUp,
    /// The nodes do not hear each other, and then the active is killed; it is started again at once.
    KillActiveAlone,
}

/// All of them, by the names they are asked for.
pub const SCENARIOS: &[(&str, Fault)] = &[
    ("kill-active", Fault::KillActive),
    ("restart-active", Fault::RestartActive),
    ("kill-passive", Fault::KillPassive),
    ("restart-passive", Fault::RestartPassive),
    ("kill-both", Fault::KillBoth),
    ("empty-passive", Fault::EmptyPassive),
    ("empty-active", Fault::EmptyActive),
    ("pause-active-1s", Fault::PauseActive(1)),
    ("pause-active-5s", Fault::PauseActive(5)),
    ("pause-active-30s", Fault::PauseActive(30)),
    ("pause-active-restart-passive", Fault::RestartPassiveInPause),
    ("nodes-cut", Fault::LinkFails(Link::Nodes, Way::Cut)),
    ("nodes-held", Fault::LinkFails(Link::Nodes, Way::Held)),
    ("nodes-deaf-passive", Fault::LinkFails(Link::Nodes, Way::To)),
    ("nodes-deaf-active", Fault::LinkFails(Link::Nodes, Way::From)),
    ("active-database-cut", Fault::LinkFails(Link::ActiveDatabase, Way::Cut)),
    ("active-database-held", Fault::LinkFails(Link::ActiveDatabase, Way::Held)),
    ("active-database-one-way-to", Fault::LinkFails(Link::ActiveDatabase, Way::To)),
    ("active-database-one-way-from", Fault::LinkFails(Link::ActiveDatabase, Way::From)),
    ("passive-database-cut", Fault::LinkFails(Link::PassiveDatabase, Way::Cut)),
    ("passive-database-held", Fault::LinkFails(Link::PassiveDatabase, Way::Held)),
    ("passive-database-one-way-to", Fault::LinkFails(Link::PassiveDatabase, Way::To)),
    ("passive-database-one-way-from", Fault::LinkFails(Link::PassiveDatabase, Way::From)),
    ("database-restart", Fault::StopDatabase),
    ("kill-active-in-catch-up", Fault::KillActiveInCatchUp),
    ("kill-active-alone", Fault::KillActiveAlone),
];

/// What was seen of one fault.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The longest time for which a connection had no acknowledgement.
    pub stall: Duration,
    /// When that began, from the fault on.
    pub stalled_at: Duration,
    /// From the fault until the other node acknowledged, if it did.
    pub take_over: Option<Duration>,
    /// From the end of the fault until the two were in sync again.
    pub in_sync: Duration,
    /// What was lost and what not.
    pub checked: Checked,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let take_over = self.take_over.map_or("none".to_owned(), |t| format!("{:.2} s", t.as_secs_f64()));
        let c = &self.checked;
        write!(
            f,
            "stall {:.2} s from {:.2} s on, take-over {take_over}, in sync after {:.2} s; {} acknowledged, {} lost, {} gaps, {} different, \
             {} repeats, {} taken twice, {} torn",
            self.stall.as_secs_f64(),
            self.stalled_at.as_secs_f64(),
            self.in_sync.as_secs_f64(),
            c.acked,
            c.lost.len(),
            c.gaps,
            c.different,
            c.repeats,
            c.taken_twice,
            c.torn
        )
    }
}

impl Fault {
    /// Lets it happen to a pair in sync, with the clients at work, and mends it. The pair can be used again.
    ///
    /// # Errors
    ///
    /// The pair does not recover, or not all that was sent is acknowledged in the end.
    pub fn happen(self, bed: &mut Bed, seed: u64) -> Result<Seen> {
        let mut random = Random::new(seed);
        bed.load();
        bed.flows(LONG)?;
        let active = bed.settle(LONG)?.0.active;
        sleep(random.between(200, 1200));
        drop(bed.ledger.take_marks());
        let begun = Instant::now();
        self.go_wrong(bed, active, &mut random)?;
        bed.mend()?;
        let mended = Instant::now();
        let (_, since) = bed.settle(LONG).context("after the fault")?;
        let in_sync = since.saturating_duration_since(mended);
        bed.flows(Duration::from_secs(20)).context("after the fault")?;
        let marks = bed.ledger.take_marks();
        let mut seen = Seen { in_sync, ..Seen::default() };
        let other = marks.iter().find(|m| m.node != active && m.at > begun);
        seen.take_over = other.map(|m| m.at - begun);
        for connection in 0..bed.plan.connections as u64 {
            let mut before = begun;
            for mark in marks.iter().filter(|m| m.connection == connection) {
                let gap = mark.at.saturating_duration_since(before);
                if gap > seen.stall {
                    (seen.stall, seen.stalled_at) = (gap, before - begun);
                }
                before = mark.at.max(before);
            }
        }
        seen.checked = bed.check(LONG)?;
        Ok(seen)
    }

    fn go_wrong(self, bed: &mut Bed, active: usize, random: &mut Random) -> Result<()> {
        let passive = 1 - active;
        match self {
            Fault::KillActive | Fault::EmptyActive => {
                bed.kill(active);
                bed.flows(LONG).context("after the kill")?;
                if self == Fault::EmptyActive {
                    bed.wipe(active)?;
                }
                sleep(random.between(0, 1000));
            }
            Fault::RestartActive => bed.kill(active),
            Fault::KillPassive | Fault::EmptyPassive => {
                bed.kill(passive);
                bed.flows(LONG).context("after the kill")?;
                if self == Fault::EmptyPassive {
                    bed.wipe(passive)?;
                }
                sleep(random.between(0, 1000));
            }
            Fault::RestartPassive => bed.kill(passive),
            Fault::KillBoth => {
                let first = if random.between(0, 1).is_zero() { active } else { passive };
                bed.kill(first);
                sleep(random.between(0, 50));
                bed.kill(1 - first);
            }
            Fault::PauseActive(seconds) => {
                bed.pause(active, true);
                sleep(Duration::from_secs(seconds));
            }
            Fault::RestartPassiveInPause => {
                bed.pause(active, true);
                sleep(random.between(0, 1000));
                bed.kill(passive);
                bed.spawn(passive)?;
                sleep(random.between(500, 5000));
            }
            Fault::LinkFails(link, way) => {
                match link {
                    Link::Nodes => bed.between(active, way.weather()),
                    Link::ActiveDatabase => bed.to_database(active, way.weather()),
                    Link::PassiveDatabase => bed.to_database(passive, way.weather()),
                }
                sleep(random.between(500, 6000));
            }
            Fault::StopDatabase => {
                bed.server.stop();
                sleep(random.between(200, 5000));
                bed.server.run();
            }
            Fault::KillActiveInCatchUp => {
                bed.kill(passive);
                sleep(random.between(0, 2000));
                bed.spawn(passive)?;
                sleep(random.between(0, 1500));
                bed.kill(active);
            }
            Fault::KillActiveAlone => {
                bed.between(active, Weather::HELD);
                sleep(random.between(0, 4000));
                bed.kill(active);
            }
        }
        Ok(())
    }
}

/// Finds those of a name, or of a beginning of one.
///
/// # Errors
///
/// There are none.
pub fn find(name: &str) -> Result<Vec<(&'static str, Fault)>> {
    let exact: Vec<_> = SCENARIOS.iter().filter(|s| s.0 == name).copied().collect();
    let found =
        if exact.is_empty() { SCENARIOS.iter().filter(|s| s.0.starts_with(name)).copied().collect() } else { exact };
    ensure!(!found.is_empty(), "no scenario is called {name}");
    Ok(found)
}

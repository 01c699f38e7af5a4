//! `make demo-ha`: a pair before your eyes, killed twice, and an account of every event.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use riddhi_test_pair::{Bed, LONG, NAMES, Plan, folder, remove};

use crate::machine::binary;
use crate::thousands::grouped;

/// `riddhi-bench demo-ha`.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// The binary; the one beside this one unless given
    #[arg(long)]
    riddhi: Option<PathBuf>,
}

struct Told(Instant);

impl Told {
    fn say(&self, text: &str) {
        println!("{:5.1} s  {text}", self.0.elapsed().as_secs_f64());
    }
}

/// Events a second of each of the four connections: frames and events of a frame.
const RATE: (u64, usize) = (2500, 1);

/// Shows it; returns whether something was lost.
pub fn demo(args: &DemoArgs) -> Result<bool> {
    let told = Told(Instant::now());
    let plan = Plan {
        riddhi: binary(args.riddhi.as_deref())?,
        folder: folder("demo"),
        ttl_ms: 2000,
        passive: None,
        connections: 4,
        rate: RATE,
        snapshot_s: 10,
        every: 1,
    };
    let place = plan.folder.clone();
    told.say("PostgreSQL and two nodes start, each in a folder of its own");
    let Some(mut bed) = Bed::start(plan)? else { return Ok(false) };
    let (row, _) = bed.settle(LONG)?;
    told.say(&format!("{} is the active, {} has all that it has", NAMES[row.active], NAMES[1 - row.active]));
    bed.load();
    bed.flows(LONG)?;
    told.say("4 clients send 10,000 events a second, and keep each until it is acknowledged");
    for _ in 0..2 {
        sleep(Duration::from_secs(4));
        kill(&mut bed, &told)?;
    }
    sleep(Duration::from_secs(2));
    let checked = bed.check(LONG)?;
    told.say("the clients have stopped, and all that they sent is acknowledged");
    let again: u64 = bed.ledger.accounts.iter().map(|a| a.again.load(Ordering::Relaxed)).sum();
    println!("\n{:>12}  events sent", grouped(bed.ledger.sent()));
    println!("{:>12}  acknowledged", grouped(checked.acked));
    println!("{:>12}  acknowledged without an output: lost", grouped(checked.lost.len() as u64 + checked.gaps));
    println!("{:>12}  outputs of one place made of different events", grouped(checked.different));
    println!(
        "{:>12}  events sent again, as no acknowledgement had come; {} of them had been taken in before",
        grouped(again),
        grouped(checked.taken_twice)
    );
    println!("{:>12}  outputs written again, as they were, by the node that took over", grouped(checked.repeats));
    let good = checked.is_good();
    drop(bed);
    if good {
        println!("\nNothing is lost.");
        remove(&place);
    } else {
        println!("\nThis is wrong. Logs and files are in {}", place.display());
    }
    Ok(!good)
}

/// Kills the active, and waits until it is back.
fn kill(bed: &mut Bed, told: &Told) -> Result<()> {
    let active = bed.settle(LONG)?.0.active;
    let (name, other) = (NAMES[active], NAMES[1 - active]);
    drop(bed.ledger.take_marks());
    let killed = Instant::now();
    bed.kill(active);
    told.say(&format!("kill -9 of {name}, after {} acknowledged events", grouped(bed.ledger.acked())));
    bed.flows(LONG)?;
    let first = bed.ledger.take_marks().into_iter().find(|m| m.node != active && m.at > killed);
    let took = first.context("the other node acknowledged nothing")?.at - killed;
    told.say(&format!(
        "{other} is the active: its first acknowledgement came {:.1} s after the kill",
        took.as_secs_f64()
    ));
    sleep(Duration::from_secs(1));
    bed.spawn(active)?;
    told.say(&format!("{name} starts again"));
    bed.settle(LONG)?;
    told.say(&format!("{name} is the passive, and has all that {other} has"));
    Ok(())
}

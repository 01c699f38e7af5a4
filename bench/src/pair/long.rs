//! Runs of minutes: whether the passive ever takes over for nothing, what overload does, and how fast a returned node catches up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use riddhi_test_pair::{Bed, FLAT_OUT, LONG, Plan, remove};
use rustix::process::{Pid, Signal, kill_process};

/// Of how many events one comes out: the outputs of minutes at full speed would be gigabytes.
pub const EVERY: u64 = 1024;

/// Events of a frame; no more than one of them comes out.
pub const EVENTS: usize = 250;

/// Of a turn of 100 ms the passive runs for this long when it has a tenth of a core.
const ON: Duration = Duration::from_millis(10);
const OFF: Duration = Duration::from_millis(90);

/// How long PostgreSQL stands still, and how often.
const STILL: Duration = Duration::from_millis(1500);
const STILL_EVERY: Duration = Duration::from_secs(60);

/// What a run came to: lines for the report, and whether a bound was not kept.
pub type Told = (Vec<String>, bool);

/// Events a second that are taken flat out.
fn capacity(bed: &Bed, seconds: u64) -> f64 {
    bed.orders.frames_per_s.store(FLAT_OUT, Ordering::Relaxed);
    sleep(Duration::from_secs(2));
    goodput(bed, seconds)
}

fn goodput(bed: &Bed, seconds: u64) -> f64 {
    let (before, begun) = (bed.ledger.acked(), Instant::now());
    sleep(Duration::from_secs(seconds));
    (bed.ledger.acked() - before) as f64 / begun.elapsed().as_secs_f64()
}

fn set_rate(bed: &Bed, events_per_s: f64) {
    let connections = bed.orders.sending.load(Ordering::Relaxed).max(1) as f64;
    let frames = events_per_s / connections / bed.plan.rate.1 as f64;
    bed.orders.frames_per_s.store((frames as u64).max(1), Ordering::Relaxed);
}

fn signal(all: &[Pid], signal: Signal) {
    for pid in all {
        let _ = kill_process(*pid, signal);
    }
}

fn end(bed: Bed, mut lines: Vec<String>, mut bad: bool, checked: &riddhi_test_pair::Checked) -> Told {
    lines.push(format!(
        "{} acknowledged, of every {EVERY}th of them the output was looked for: {} lost, {} different, {} repeats",
        checked.acked,
        checked.lost.len() as u64 + checked.gaps,
        checked.different,
        checked.repeats
    ));
    bad |= !checked.is_good();
    let folder = bed.plan.folder.clone();
    if bad {
        lines.push(format!("logs are in {}", folder.display()));
        eprintln!("{}", bed.log_tails());
    }
    drop(bed);
    if !bad {
        remove(&folder);
    }
    (lines, bad)
}

/// At 90 % of what is taken, PostgreSQL paused each minute, the passive on a tenth of a core: nobody may take over.
pub fn steady(plan: Plan, minutes: f64) -> Result<Told> {
    let mut bed = Bed::start(plan)?.context("no PostgreSQL server here")?;
    let (before, _) = bed.settle(LONG)?;
    let full = capacity(&bed, 10);
    set_rate(&bed, full * 0.9);
    let over = Arc::new(AtomicBool::new(false));
    let passive = bed.pid(1 - before.active).and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let passive = passive.context("the passive has no process")?;
    let turns = over.clone();
    let throttle = thread::spawn(move || {
        while !turns.load(Ordering::Relaxed) {
            let _ = kill_process(passive, Signal::STOP);
            sleep(OFF);
            let _ = kill_process(passive, Signal::CONT);
            sleep(ON);
        }
    });
    let (begun, acked) = (Instant::now(), bed.ledger.acked());
    let until = begun + Duration::from_secs_f64(minutes * 60.0);
    let (mut next, mut pauses) = (begun + Duration::from_secs(5), 0);
    while Instant::now() < until && bed.check_alive().is_ok() {
        if Instant::now() >= next {
            next += STILL_EVERY;
            pauses += 1;
            let all = bed.server.processes();
            signal(&all, Signal::STOP);
            sleep(STILL);
            signal(&all, Signal::CONT);
        }
        sleep(Duration::from_millis(100));
    }
    let goodput = (bed.ledger.acked() - acked) as f64 / begun.elapsed().as_secs_f64();
    over.store(true, Ordering::Relaxed);
    let _ = throttle.join();
    let (after, _) = bed.settle(LONG)?;
    let false_ones = after.epoch - before.epoch;
    let alone = bed.log(before.active).matches("is in sync").count().saturating_sub(1);
    let lines = vec![format!(
        "{minutes} minutes at {:.0} events a second, 90 % of the {full:.0} that are taken flat out, the passive on a tenth of a core, \
             PostgreSQL paused {pauses} times for 1.5 s: {false_ones} take-overs; {goodput:.0} events a second acknowledged; the passive \
             was brought up again {alone} times",
        full * 0.9
    )];
    let checked = bed.check(LONG)?;
    Ok(end(bed, lines, false_ones != 0, &checked))
}

/// Three times as many clients, each flat out, as the capacity was measured with.
pub fn overload(plan: Plan, minutes: f64) -> Result<Told> {
    let (few, plan) = (plan.connections, Plan { connections: plan.connections * 3, ..plan });
    let mut bed = Bed::start(plan)?.context("no PostgreSQL server here")?;
    let (row, _) = bed.settle(LONG)?;
    bed.orders.sending.store(few, Ordering::Relaxed);
    let full = capacity(&bed, 10);
    bed.orders.sending.store(few * 3, Ordering::Relaxed);
    let (begun, acked) = (Instant::now(), bed.ledger.acked());
    let until = begun + Duration::from_secs_f64(minutes * 60.0);
    let mut rss: Vec<[u64; 2]> = Vec::new();
    while Instant::now() < until {
        bed.check_alive()?;
        rss.push([row.active, 1 - row.active].map(|node| bed.rss_kib(node).unwrap_or(0)));
        sleep(Duration::from_secs(1));
    }
    let goodput = (bed.ledger.acked() - acked) as f64 / begun.elapsed().as_secs_f64();
    set_rate(&bed, full * 0.5);
    let eased = Instant::now();
    // Normal: what is under way is what is sent in a tenth of a second.
    while (bed.ledger.sent() - bed.ledger.acked()) as f64 > full * 0.05 && eased.elapsed() < LONG {
        sleep(Duration::from_millis(10));
    }
    let eased = eased.elapsed();
    let most = |half: &[[u64; 2]], node: usize| half.iter().map(|r| r[node]).max().unwrap_or(0) / 1024;
    let (first, second) = rss.split_at(rss.len() / 2);
    let memory = [0, 1].map(|node| [most(first, node), most(second, node)]);
    let grows = memory.iter().any(|[a, b]| *b as f64 > *a as f64 * 1.1 + 16.0);
    let (after, _) = bed.settle(LONG)?;
    let lines = vec![format!(
        "{minutes} minutes of {} connections flat out, where {few} had {full:.0} events a second: {goodput:.0} ({:.0} %); at half the rate \
         what is under way was normal after {:.2} s; memory of the active at most {} MiB in the first half and {} in the second, of the \
         passive {} and {}; {} take-overs",
        few * 3,
        goodput / full * 100.0,
        eased.as_secs_f64(),
        memory[0][0],
        memory[0][1],
        memory[1][0],
        memory[1][1],
        after.epoch - row.epoch
    )];
    let bad = goodput < full * 0.9 || grows || eased > Duration::from_secs(10) || after.epoch != row.epoch;
    let checked = bed.check(LONG)?;
    Ok(end(bed, lines, bad, &checked))
}

/// The passive is away for some seconds at half of what is taken: how fast it catches up.
pub fn catch_up(plan: Plan, seconds: u64) -> Result<Told> {
    let mut bed = Bed::start(plan)?.context("no PostgreSQL server here")?;
    let active = bed.settle(LONG)?.0.active;
    let full = capacity(&bed, 5);
    let (mut lines, mut bad) = (Vec::new(), false);
    for empty in [false, true] {
        set_rate(&bed, full * 0.5);
        bed.settle(LONG)?;
        bed.kill(1 - active);
        let away = Instant::now();
        sleep(Duration::from_secs(seconds));
        if empty {
            bed.wipe(1 - active)?;
        }
        bed.spawn(1 - active)?;
        let (back, before) = (Instant::now(), bed.ledger.acked());
        let (_, since) = bed.settle(LONG * 2)?;
        let took = since.saturating_duration_since(back).as_secs_f64().max(0.01);
        let live = (bed.ledger.acked() - before) as f64 / took;
        let times = (back - away).as_secs_f64() / took + 1.0;
        bad |= times < 2.0;
        lines.push(format!(
            "the passive back after {seconds} s{} at {:.0} events a second: in sync after {took:.2} s, {times:.1} times the live rate; \
             meanwhile {live:.0} events a second acknowledged",
            if empty { " with an empty disk" } else { "" },
            full * 0.5
        ));
    }
    let checked = bed.check(LONG)?;
    Ok(end(bed, lines, bad, &checked))
}

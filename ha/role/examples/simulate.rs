//! Runs seeds of the simulation: `simulate --seeds 1000000 [--from 0]`, or one with its trace: `simulate --seed 7`.
//!
//! `--without RULE` switches a rule off, to see the loss that it is there for. A failing seed is printed with its trace and added to `tests/regressions.txt`, which the test runs again.

use std::io::Write as _;
use std::process::ExitCode;

use sim::Broken;

#[path = "../tests/sim/mod.rs"]
mod sim;
#[path = "../tests/support/words.rs"]
mod words;

const REGRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions.txt");

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |key: &str| {
        let at = arguments.iter().position(|a| a == key)?;
        arguments.get(at + 1)?.parse::<u64>().ok()
    };
    let broken = match arguments
        .iter()
        .position(|a| a == "--without")
        .and_then(|at| arguments.get(at + 1))
        .map(String::as_str)
    {
        None => Broken::Nothing,
        Some("cas") => Broken::Cas,
        Some("incarnation") => Broken::Incarnation,
        Some("order") => Broken::Order,
        Some("seal") => Broken::Seal,
        Some("commit") => Broken::Commit,
        Some(other) => {
            eprintln!("no such rule: {other}; there are cas, incarnation, order, seal, commit");
            return ExitCode::from(2);
        }
    };
    if let Some(seed) = number("--seed") {
        let outcome = sim::run(seed, broken, true);
        for line in &outcome.trace {
            println!("{line}");
        }
        println!("{:?}", outcome.failure);
        return ExitCode::from(u8::from(outcome.failure.is_some()));
    }
    let Some(seeds) = number("--seeds") else {
        eprintln!("give --seeds N [--from N], or --seed N for the trace of one");
        return ExitCode::from(2);
    };
    let from = number("--from").unwrap_or(0);
    let (mut failed, mut take_overs, mut forced, mut effects, mut slowest) = (0, 0u64, 0u64, 0u64, 0);
    for seed in from..from + seeds {
        let outcome = sim::run(seed, broken, false);
        take_overs += u64::from(outcome.take_overs);
        forced += u64::from(outcome.forced > 0);
        effects += outcome.effects as u64;
        if outcome.forced == 0 {
            slowest = slowest.max(outcome.recovered_ms);
        }
        let Some(failure) = outcome.failure else { continue };
        failed += 1;
        println!("seed {seed}: {failure}");
        if failed == 1 {
            sim::run(seed, broken, true).trace.iter().for_each(|line| println!("{line}"));
        }
        if broken != Broken::Nothing {
            continue;
        }
        let kept = std::fs::OpenOptions::new().append(true).create(true).open(REGRESSIONS);
        if let Err(error) = kept.and_then(|mut file| writeln!(file, "{seed}")) {
            eprintln!("not kept in {REGRESSIONS}: {error}");
        }
        if failed >= 20 {
            break;
        }
    }
    println!(
        "{seeds} seeds from {from}: {failed} failed; {take_overs} take-overs, {effects} entries with an effect, {forced} seeds with force, \
         slowest recovery without {slowest} ms"
    );
    ExitCode::from(u8::from(failed > 0))
}

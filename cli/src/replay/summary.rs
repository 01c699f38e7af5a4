//! What a replay did, in a few lines for standard error.

use std::time::Instant;

use serde_json::{Map, Value};

use super::intake::Intake;
use super::session::Session;
use crate::terminal::grouped;

/// Targets that are named in the summary; the rest is added up.
const TARGETS_MAX: usize = 10;

/// Measures the replay.
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// From now on.
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }
}

/// The summary; `done`: nothing went wrong; `closed`: the output's reader has gone away.
pub fn text(intake: &Intake, session: &Session, watch: &Stopwatch, done: bool, closed: bool) -> String {
    let (accepted, handled, refused) = (intake.accepted(), session.handled(), intake.refused() + session.refused());
    let seconds = watch.0.elapsed().as_secs_f64();
    let rate = grouped((handled as f64 / seconds.max(1e-9)) as u64);
    let counts = session.printed();
    let rows: u64 = counts.iter().map(|(_, n)| n).sum();
    let mut out = format!(
        "in   {} events accepted = {} handled + {} refused\nout  {} rows{}\n",
        grouped(accepted),
        grouped(handled),
        grouped(refused),
        grouped(rows),
        by_target(&counts),
    );
    if closed {
        out.push_str("     whoever read the output has gone away; events read and not run count as refused\n");
    }
    if session.failed_rows() > 0 {
        out.push_str(&format!("     {} rows could not be computed\n", grouped(session.failed_rows())));
    }
    if done && intake.accepted() == 0 && !intake.stopped() {
        out.push_str("note: there was no event to read\n");
    }
    let stopped = if intake.stopped() { ", stopped by a signal" } else { "" };
    out.push_str(&format!("time {seconds:.3} s, {rate} events/s{stopped}\n"));
    out
}

/// The same for tools.
pub fn members(intake: &Intake, session: &Session, watch: &Stopwatch, closed: bool) -> Map<String, Value> {
    let mut all = Map::new();
    let mut put = |name: &str, value: Value| drop(all.insert(name.to_owned(), value));
    put("accepted", intake.accepted().into());
    put("handled", session.handled().into());
    put("refused", (intake.refused() + session.refused()).into());
    put("rows", session.printed().into_iter().map(|(name, n)| (name, Value::from(n))).collect::<Map<_, _>>().into());
    put("failed_rows", session.failed_rows().into());
    put("seconds", watch.0.elapsed().as_secs_f64().into());
    put("stopped", intake.stopped().into());
    put("closed", closed.into());
    all
}

fn by_target(counts: &[(String, u64)]) -> String {
    if counts.is_empty() {
        return String::new();
    }
    let mut parts: Vec<String> =
        counts.iter().take(TARGETS_MAX).map(|(name, n)| format!("{name} {}", grouped(*n))).collect();
    if counts.len() > TARGETS_MAX {
        let rest: u64 = counts[TARGETS_MAX..].iter().map(|(_, n)| n).sum();
        parts.push(format!("{} others {}", counts.len() - TARGETS_MAX, grouped(rest)));
    }
    format!(": {}", parts.join(", "))
}

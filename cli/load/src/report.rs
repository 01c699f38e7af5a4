//! What came of a run.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::Load;

/// Significant digits of a latency.
const DIGITS: u8 = 3;

/// Longer latencies count as this.
const LATENCY_MAX: Duration = Duration::from_secs(3600);

/// Errors that are kept for the report; all are counted.
const ERRORS_MAX: usize = 8;

/// What a connection, or one direction of it, came to.
#[derive(Debug)]
pub(crate) struct Part {
    pub frames: u64,
    pub events: u64,
    pub bytes: u64,
    pub acknowledged: u64,
    pub refused: u64,
    pub refusal: Option<String>,
    /// When the last event was taken, from the start.
    pub taken: Duration,
    errors: Vec<String>,
    latency: Histogram<u64>,
}

impl Part {
    pub fn new() -> Part {
        Part {
            frames: 0,
            events: 0,
            bytes: 0,
            acknowledged: 0,
            refused: 0,
            refusal: None,
            taken: Duration::ZERO,
            errors: Vec::new(),
            latency: no_latencies(),
        }
    }

    /// So many events took so long.
    pub fn record(&mut self, latency: Duration, events: u32) {
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX).clamp(1, LATENCY_MAX.as_nanos() as u64);
        self.latency.saturating_record(nanos);
        let _ = self.latency.record_n(nanos, u64::from(events).saturating_sub(1));
    }

    pub fn error(&mut self, connection: u32, why: String) {
        self.errors.push(format!("connection {connection}: {why}"));
    }

    /// Adds what the direction of answers came to.
    pub fn answered(&mut self, answers: Part) {
        self.acknowledged = answers.acknowledged;
        self.refused = answers.refused;
        self.refusal = answers.refusal;
        self.taken = answers.taken;
        self.errors.extend(answers.errors);
        self.latency = answers.latency;
    }
}

fn no_latencies() -> Histogram<u64> {
    let empty = Histogram::new_with_bounds(1, LATENCY_MAX.as_nanos() as u64, DIGITS);
    empty.expect("the bounds are constants and right")
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Whether answers were counted; without, an event counts as taken when the system has it.
    pub acknowledge: bool,
    /// Frames that were sent.
    pub frames: u64,
    /// Events in them.
    pub events: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Events that the server said it has accepted.
    pub acknowledged: u64,
    /// Events that it refused.
    pub refused: u64,
    /// The first reason it gave.
    pub refusal: Option<String>,
    /// Events sent, with neither answer.
    pub unanswered: u64,
    /// Events that were due and not sent any more; none flat out.
    pub unsent: u64,
    /// From the start to the last event that was taken.
    pub time: Duration,
    /// Events taken a second, over that time.
    pub rate: f64,
    /// From when an event was due, or flat out its write began, until it was taken; none if none was.
    pub latency: Option<Latency>,
    /// How many connections failed, or what went wrong on them more than once.
    pub errors: u64,
    /// The first of them.
    pub first_errors: Vec<String>,
}

/// Latencies of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// Half of the events took no longer.
    pub p50: Duration,
    /// 90 %.
    pub p90: Duration,
    /// 99 %.
    pub p99: Duration,
    /// 99.9 %.
    pub p99_9: Duration,
    /// 99.99 %.
    pub p99_99: Duration,
    /// All.
    pub max: Duration,
}

impl Report {
    pub(crate) fn new(load: &Load, elapsed: Duration, parts: &[Part]) -> Report {
        let sum = |of: fn(&Part) -> u64| parts.iter().map(of).sum::<u64>();
        let (events, acknowledged, refused) = (sum(|p| p.events), sum(|p| p.acknowledged), sum(|p| p.refused));
        let counted = if load.acknowledge { acknowledged } else { events };
        let taken = parts.iter().map(|p| p.taken).max().unwrap_or_default();
        let seconds = taken.as_secs_f64();
        let mut latency = no_latencies();
        parts.iter().for_each(|part| latency.add(&part.latency).expect("all histograms have the same bounds"));
        let until = load.time_max.map_or(elapsed, |most| most.min(elapsed));
        Report {
            acknowledge: load.acknowledge,
            frames: sum(|p| p.frames),
            events,
            bytes: sum(|p| p.bytes),
            acknowledged,
            refused,
            refusal: parts.iter().find_map(|p| p.refusal.clone()),
            unanswered: if load.acknowledge { events.saturating_sub(acknowledged + refused) } else { 0 },
            unsent: load.pace.events_due(until).map_or(0, |due| due.saturating_sub(events)),
            time: taken,
            rate: if seconds > 0.0 { counted as f64 / seconds } else { 0.0 },
            latency: (!latency.is_empty()).then(|| Latency::new(&latency)),
            errors: parts.iter().map(|p| p.errors.len() as u64).sum(),
            first_errors: parts.iter().flat_map(|p| p.errors.iter().cloned()).take(ERRORS_MAX).collect(),
        }
    }

    /// Whether every event that was due was sent, and taken.
    pub fn is_clean(&self) -> bool {
        self.errors == 0 && self.refused == 0 && self.unanswered == 0
    }
}

impl Latency {
    fn new(all: &Histogram<u64>) -> Latency {
        let at = |quantile| Duration::from_nanos(all.value_at_quantile(quantile));
        let [p50, p90, p99, p99_9, p99_99] = [0.5, 0.9, 0.99, 0.999, 0.9999].map(at);
        Latency { p50, p90, p99, p99_9, p99_99, max: Duration::from_nanos(all.max()) }
    }
}

//! Open loop: events are meant to be sent at fixed times, and each is timed from then on, so a pause shows in every
//! event that had to wait for it.

use std::time::{Duration, Instant};

use anyhow::Result;
use hdrhistogram::Histogram;
use serde::Serialize;

use crate::riddhi::Bench;

/// Percentiles of one workload at one rate, microseconds.
#[derive(Clone, Debug, Serialize)]
pub struct Latency {
    /// The workload.
    pub workload: String,
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
    /// Events that were handled in a frame with others, since they were due when the one before had been handled.
    pub together: u64,
}

/// Sends events at `rate` a second for so long; the engine runs on the calling thread, which never sleeps.
pub fn latency(workload: &str, bench: &mut Bench, rate: u64, lasting: Duration) -> Result<Latency> {
    let mut histogram = Histogram::<u64>::new_with_bounds(1, 60_000_000_000, 3)?;
    let period = 1e9 / rate as f64;
    let events = (lasting.as_secs_f64() * rate as f64) as u64;
    let intended = |i: u64| (i as f64 * period) as u64;
    bench.sinks.begin(false);
    let (mut sent, mut together) = (0, 0);
    let start = Instant::now();
    while sent < events {
        let now = start.elapsed().as_nanos() as u64;
        if now < intended(sent) {
            std::hint::spin_loop();
            continue;
        }
        let due = (now as f64 / period) as u64 + 1;
        let n = (due - sent).clamp(1, bench.feed.frame_rows()).min(events - sent);
        bench.feed.send_at_once(&mut bench.subject, &mut bench.sinks, n);
        let done = start.elapsed().as_nanos() as u64;
        for i in sent..sent + n {
            histogram.record(done.saturating_sub(intended(i)).max(1))?;
        }
        together += if n > 1 { n } else { 0 };
        sent += n;
    }
    let us = |quantile: f64| histogram.value_at_quantile(quantile) as f64 / 1000.0;
    Ok(Latency {
        workload: workload.to_owned(),
        rate,
        p50_us: us(0.5),
        p99_us: us(0.99),
        p999_us: us(0.999),
        max_us: histogram.max() as f64 / 1000.0,
        events,
        together,
    })
}

//! What a partition's keys leave behind: resident memory before they come, with all of them, and after the purge.

use anyhow::{Result, bail};
use clap::Args;
use riddhi_batch::{Frame, Str};
use riddhi_run::{Engine, EngineOptions, compile};

use crate::memory::resident;

/// One sum a key; a key is idle after ten seconds.
const APP: &str = "define stream S (k string, v long);
    @purge(enable='true', interval='1 sec', idle.period='10 sec')
    partition with (k of S) begin from S select k, sum(v) as s insert into Out; end;";

/// Events of a frame.
const FRAME: u64 = 1024;
/// Keys that come and go before the first reading, so that pools and frames are there.
const BEFORE: u64 = 100_000;
/// Keys of a second of the app's clock.
const KEYS_PER_SECOND: u64 = 2_000_000;

/// Fills a partition with keys that never come again, and weighs the process before, with them, and after they were purged.
#[derive(Debug, Args)]
pub struct PurgeArgs {
    /// Keys
    #[arg(long, default_value_t = 5_000_000)]
    keys: u64,
}

struct Partition {
    engine: Engine,
    frame: Frame,
    stream: u32,
    /// The app's clock, in milliseconds.
    now: i64,
    position: u64,
}

/// Prints the three figures; true if memory is not back to within a tenth.
pub fn purge(args: &PurgeArgs) -> Result<bool> {
    let Some(app) = compile(APP).plan else { bail!("the app does not compile") };
    let Some(stream) = app.stream("S") else { bail!("the app has no stream") };
    let mut engine = Engine::new(app, EngineOptions::default());
    engine.start(0);
    let frame = engine.frame();
    let mut all = Partition { engine, frame, stream: stream as u32, now: 0, position: 0 };
    all.fill(0, BEFORE);
    all.pass();
    let before = resident()?;
    all.fill(BEFORE, args.keys);
    let with = resident()?;
    all.pass();
    let after = resident()?;
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    println!(
        "{} keys, the allocator of `riddhi`: {:.1} MiB before, {:.1} with them ({:.0} bytes a key), {:.1} after the purge ({:+.1} %)",
        args.keys,
        mib(before),
        mib(with),
        with.saturating_sub(before) as f64 / args.keys as f64,
        mib(after),
        100.0 * (after as f64 / before as f64 - 1.0),
    );
    Ok(after as f64 > before as f64 * 1.1)
}

impl Partition {
    /// An event for each of `n` keys from `first` on.
    fn fill(&mut self, first: u64, n: u64) {
        let begun = self.now;
        for from in (0..n).step_by(FRAME as usize) {
            self.begin();
            for key in from..(from + FRAME).min(n) {
                self.now = begun + (key * 1000 / KEYS_PER_SECOND) as i64;
                self.event(&format!("k{}", first + key));
            }
            self.engine.process(&mut self.frame);
        }
    }

    /// Lets a minute pass, a second at a time, with one key that lives on.
    fn pass(&mut self) {
        for _ in 0..60 {
            self.now += 1000;
            self.begin();
            self.event("alive");
            self.engine.process(&mut self.frame);
        }
    }

    fn begin(&mut self) {
        self.position += self.frame.entries.len() as u64;
        self.frame.reset(self.position);
    }

    fn event(&mut self, key: &str) {
        let (rows, arena) = self.frame.rows_of(self.stream);
        rows.ts.push(self.now);
        rows.cols[0].push_str(Str::new(key.as_bytes(), arena));
        rows.cols[1].push_i64(1);
        self.frame.commit(self.stream, self.now, true);
    }
}

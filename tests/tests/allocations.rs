//! In steady state nothing is allocated per event: the benched workloads, counted.
//!
//! The law allows allocations per frame. What a frame costs is bounded by a named number a workload and printed.
#![allow(unsafe_code)] // docs/decisions/0004-a-counting-allocator.md

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs;

use riddhi_batch::Str;
use riddhi_case::random::Random;
use riddhi_run::{Clock, Engine, EngineOptions, compile};

/// The system's allocator, counting the calls of each thread that ask for memory.
struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
    /// Bytes asked for and not given back.
    static HELD: Cell<i64> = const { Cell::new(0) };
}

/// Counts a call, and what it changes of the bytes held.
fn count(calls: u64, bytes: i64) {
    // A thread that is ending has no counter any more, and nobody asks for it.
    let _ = CALLS.try_with(|all| all.set(all.get() + calls));
    let _ = HELD.try_with(|held| held.set(held.get() + bytes));
}

// SAFETY: every call goes to `System` with the arguments it came with, and `System` keeps the contract. Counting touches
// a thread-local number without a destructor and allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as i64);
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(0, -(layout.size() as i64));
        // SAFETY: the block came from `System`, as all of ours do.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(1, size as i64 - layout.size() as i64);
        // SAFETY: the block came from `System`, as all of ours do; the rest is the caller's contract.
        unsafe { System.realloc(block, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Entries of a frame.
const ENTRIES: usize = 1024;
/// Frames until nothing grows any more.
const WARM: usize = 120;
/// Frames that are counted.
const FRAMES: usize = 200;
/// Events of a millisecond of event time.
const EVENTS_PER_MS: usize = 50;

/// A workload: the app (a file of the bench), how its events come, and what a frame may allocate.
struct Workload {
    app: &'static str,
    streams: &'static [&'static str],
    keys: usize,
    /// Rows of an array; 1: events one by one.
    array: usize,
    per_frame_max: u64,
}

const fn work(app: &'static str, keys: usize, per_frame_max: u64) -> Workload {
    Workload { app, streams: &["S"], keys, array: 1, per_frame_max }
}

const WORKLOADS: [Workload; 23] = [
    work("filter", 4, 0),
    Workload { array: 1000, ..work("filter", 4, 0) },
    Workload { streams: &["A", "B"], ..work("alternate", 4, 2) },
    work("length10-sum-avg", 4, 0),
    work("length1000-avg-by4", 4, 0),
    work("lengthBatch10-by4", 4, 0),
    work("time1s-avg-by4", 4, 0),
    work("running", 1000, 0),
    work("two-filters-sink", 4, 2),
    work("two-filters-length1000", 4, 9),
    work("loop3", 4, 5),
    work("table-upsert", 1000, 4),
    Workload { streams: &["L", "S"], ..work("table-in", 1000, 6) },
    work("partition-filter", 10, 4),
    work("partition-inner", 10, 4),
    work("partition-length10", 100, 4),
    Workload { streams: &["A", "B"], ..work("pattern", 4, 4) },
    Workload { streams: &["A", "B"], ..work("pattern-keyed", 1000, 4) },
    Workload { streams: &["A", "B"], ..work("absent", 1000, 4) },
    work("packs20", 1000, 0),
    work("geo", 1000, 48),
    work("resource-batch", 4, 28),
    work("aggregation", 1000, 2),
];

#[test]
fn nothing_is_allocated_per_event() {
    let mut wrong = Vec::new();
    for work in &WORKLOADS {
        let (calls, events) = run(work);
        let per_frame = calls.div_ceil(FRAMES as u64);
        println!("{:>24} x {:<4} {calls:>6} allocations for {events} events in {FRAMES} frames", work.app, work.array);
        if per_frame > work.per_frame_max {
            wrong.push(format!("{}: {per_frame} a frame, at most {}", work.app, work.per_frame_max));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn run(work: &Workload) -> (u64, u64) {
    let path = format!("{}/../bench/workloads/{}.siddhi", env!("CARGO_MANIFEST_DIR"), work.app);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let app = compile(&text).plan.expect("the bench's apps run");
    let streams: Vec<u32> = work.streams.iter().map(|s| app.stream(s).expect("it is defined") as u32).collect();
    let mut engine = Engine::new(app, EngineOptions::default());
    let mut clock = Clock::new(engine.playback(), 0);
    let mut frame = engine.frame();
    let mut random = Random::new(7);
    let (mut sent, mut seen) = (0, 0);
    let mut before = (0, 0);
    for n in 0..WARM + FRAMES {
        if n == WARM {
            before = (CALLS.get(), sent);
        }
        for entry in 0..ENTRIES / work.array.min(ENTRIES / 2) {
            let stream = streams[entry % streams.len()];
            for _ in 0..work.array {
                let ts = 1_700_000_000_000 + (sent / EVENTS_PER_MS) as i64;
                sent += 1;
                let (rows, _) = frame.rows_of(stream);
                rows.ts.push(ts);
                rows.cols[0].push_str(symbol(random.below(work.keys)));
                rows.cols[1].push_f64(random.range(0, 20_000) as f64 / 100.0);
                rows.cols[2].push_i32(if work.app == "loop3" { 0 } else { random.range(1, 1000) as i32 });
                rows.cols[3].push_i64(ts);
                rows.cols[4].push_bool(ts & 1 == 0);
            }
            let (now, sets) = clock.stamp(Some(1_700_000_000_000 + (sent / EVENTS_PER_MS) as i64));
            frame.commit(stream, now, sets);
        }
        let next = frame.base + frame.entries.len() as u64;
        engine.process(&mut frame).each(|out| seen += out.n);
        frame.reset(next);
    }
    assert!(seen > 0, "nothing came out of {}", work.app);
    (CALLS.get() - before.0, (sent - before.1) as u64)
}

/// Short enough to need no arena.
fn symbol(key: usize) -> Str {
    let mut text = *b"SYM000000";
    let mut rest = key;
    for digit in text[3..].iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
    Str::inline(&text).expect("nine letters fit")
}

/// Keys that have events all the time.
const RESIDENT_KEYS: usize = 5000;
/// Keys that come once and are idle then.
const IDLE_KEYS: usize = 500_000;

#[test]
fn idle_keys_of_a_partition_are_given_back() {
    let text = "define stream S (k string, n int);
        @purge(enable='true', idle.period='1 min', interval='10 sec')
        partition with (k of S) begin
        from S select k, sum(n) as total insert into Totals;
        from S#window.length(2) select k, max(n) as most insert into Most;
        end;";
    let app = compile(text).plan.expect("no mistakes");
    let mut engine = Engine::new(app, EngineOptions { streams: Some(Vec::new()), ..EngineOptions::default() });
    let mut clock = Clock::new(false, 1000);
    engine.start(1000);
    let mut frame = engine.frame();
    let mut send = |engine: &mut Engine, keys: std::ops::Range<usize>, ts: i64| {
        for chunk in keys.collect::<Vec<_>>().chunks(ENTRIES) {
            frame.reset(0);
            for key in chunk {
                let (now, sets) = clock.stamp(Some(ts));
                let (rows, _) = frame.rows_of(0);
                rows.ts.push(ts);
                rows.cols[0].push_str(Str::inline(format!("k{key:09}").as_bytes()).expect("it is short"));
                rows.cols[1].push_i32(1);
                frame.commit(0, now, sets);
            }
            engine.process(&mut frame);
        }
    };
    // The keys that stay come first, last, and in between.
    (0..100).for_each(|round| send(&mut engine, 0..RESIDENT_KEYS, 1000 + round));
    let before = HELD.get();
    let state_before = engine.state_bytes();
    send(&mut engine, RESIDENT_KEYS..RESIDENT_KEYS + IDLE_KEYS, 2000);
    let most = HELD.get();
    send(&mut engine, 0..RESIDENT_KEYS, 50_000);
    send(&mut engine, 0..RESIDENT_KEYS, 100_000);
    let after = HELD.get();
    let bytes = (most - before) / IDLE_KEYS as i64;
    println!(
        "{before} bytes with {RESIDENT_KEYS} keys, {most} with {IDLE_KEYS} more ({bytes} a key), {after} when they were dropped"
    );
    assert!(engine.state_bytes() < state_before * 11 / 10, "{} of {state_before} counted", engine.state_bytes());
    assert!(after < before + before / 10, "{after} of {before}");
}

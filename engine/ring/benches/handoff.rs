//! What a hand-off costs: one event at a time, in frames of 256, and with both ends asleep in between.

use std::hint::black_box;
use std::thread;
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use riddhi_ring::{Wait, exchange, ring};

const FRAME: usize = 256;

/// Items through a ring of 1024, per item.
fn one_at_a_time(c: &mut Criterion) {
    let mut group = c.benchmark_group("one at a time");
    group.throughput(Throughput::Elements(1));
    for wait in [Wait::Yield, Wait::Park] {
        group.bench_function(format!("{wait:?}"), |b| {
            b.iter_custom(|n| {
                let (mut p, mut c) = ring(1024, wait);
                let consumer = thread::spawn(move || while black_box(c.pop()).is_some() {});
                let start = Instant::now();
                (0..n).for_each(|i| p.push(i).expect("the consumer is there"));
                drop(p);
                consumer.join().expect("it does not panic");
                start.elapsed()
            });
        });
    }
    // Neither end ever waits: the calls alone.
    group.bench_function("same thread", |b| {
        let (mut p, mut c) = ring(1024, Wait::Park);
        b.iter(|| {
            p.push(1u64).expect("there is room");
            c.pop()
        });
    });
    group.finish();
}

/// Frames of 256 events of 16 bytes, written and read, going round; per event.
fn frames(c: &mut Criterion) {
    let mut group = c.benchmark_group("frames of 256");
    group.throughput(Throughput::Elements(FRAME as u64));
    for wait in [Wait::Yield, Wait::Park] {
        group.bench_function(format!("{wait:?}"), |b| {
            b.iter_custom(|n| {
                let (mut up, mut down) =
                    exchange::<Vec<(u64, u64)>, _>((0..4).map(|_| Vec::with_capacity(FRAME)), wait);
                let worker = thread::spawn(move || {
                    let mut sum = 0u64;
                    while let Some(mut frame) = down.receive() {
                        sum = frame.iter().fold(sum, |sum, x| sum.wrapping_add(x.1));
                        frame.clear();
                        down.give_back(frame);
                    }
                    sum
                });
                let start = Instant::now();
                for i in 0..n {
                    let mut frame = up.empty().expect("the worker is there");
                    frame.extend((0..FRAME as u64).map(|row| (row, i)));
                    up.send(frame).expect("the worker is there");
                }
                drop(up);
                black_box(worker.join().expect("it does not panic"));
                start.elapsed()
            });
        });
    }
    group.finish();
}

/// There and back again with one item at a time, so that both ends wait for each; per round trip.
fn round_trip(c: &mut Criterion) {
    let mut group = c.benchmark_group("round trip");
    for wait in [Wait::Yield, Wait::Park] {
        group.bench_function(format!("{wait:?}"), |b| {
            b.iter_custom(|n| {
                let (mut there, mut back) = (ring(1, wait), ring(1, wait));
                let echo = thread::spawn(move || {
                    while let Some(item) = there.1.pop() {
                        back.0.push(item).expect("the other end is there");
                    }
                });
                let start = Instant::now();
                for i in 0..n {
                    there.0.push(i).expect("the echo is there");
                    black_box(back.1.pop());
                }
                drop(there.0);
                echo.join().expect("it does not panic");
                start.elapsed()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, one_at_a_time, frames, round_trip);
criterion_main!(benches);

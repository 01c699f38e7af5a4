//! What queries remember: group tables by number of keys and length of key, and the rows of a sliding window.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use riddhi_batch::{Arena, Column, Kind, Sel, Str};
use riddhi_exec::groups::Groups;
use riddhi_exec::store::Store;

/// Rows handed over at once.
const ROWS: usize = 1024;
/// Batches of rows that go round, so that a million keys do come up.
const BATCHES: usize = 1024;

/// A column of `ROWS` keys, drawn evenly from `keys`.
fn symbols(keys: u64, prefix: &str, random: &mut u64, arena: &mut Arena) -> Column {
    let mut column = Column::new(Kind::Str);
    for _ in 0..ROWS {
        // Knuth's generator is even enough for a bench.
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let key = (*random >> 33) % keys;
        column.push_str(Str::new(format!("{prefix}{key:07}").as_bytes(), arena));
    }
    column
}

/// Keys to group numbers, per row.
fn groups(c: &mut Criterion) {
    let mut bench = c.benchmark_group("groups");
    bench.throughput(Throughput::Elements(ROWS as u64));
    for (name, keys, prefix) in [
        ("4 keys", 4, "key"),
        ("1 K keys", 1000, "key"),
        ("1 K long keys", 1000, "a key of more than twelve bytes "),
        ("1 M keys", 1_000_000, "key"),
    ] {
        let (mut arena, mut random) = (Arena::new(), 1);
        let batches: Vec<[Column; 1]> =
            (0..BATCHES).map(|_| [symbols(keys, prefix, &mut random, &mut arena)]).collect();
        let (mut groups, mut ids) = (Groups::default(), Vec::new());
        let mut assign = |batch: &[Column; 1]| {
            ids.clear();
            groups.assign(batch, &[0], Sel::From(0), ROWS, &arena, &mut ids);
            black_box(&ids);
        };
        batches.iter().for_each(&mut assign);
        let mut turn = batches.iter().cycle();
        bench.bench_function(name, |b| b.iter(|| turn.next().into_iter().for_each(&mut assign)));
    }
    bench.finish();
}

/// Rows of (time, group, double) that enter a full window, and as many that leave it, per row.
fn window(c: &mut Criterion) {
    let mut bench = c.benchmark_group("window");
    bench.throughput(Throughput::Elements(ROWS as u64));
    let arena = Arena::new();
    let mut prices = Column::new(Kind::F64);
    (0..ROWS).for_each(|i| prices.push_f64(i as f64 / 100.0));
    let ids: Vec<u32> = (0..ROWS as u32).map(|i| i % 4).collect();
    for (name, inside) in [("1 K rows", 1_000u64), ("1 M rows", 1_000_000)] {
        let mut store = Store::new(vec![Kind::F64], true);
        let push = |store: &mut Store| store.push(|i| i as i64, &ids, |_| (&prices, Sel::From(0)), ROWS, &arena);
        while store.len() < inside {
            push(&mut store);
        }
        bench.bench_function(name, |b| {
            b.iter(|| {
                push(&mut store);
                store.release(store.tail() - inside);
                black_box(store.head());
            });
        });
    }
    bench.finish();
}

criterion_group!(benches, groups, window);
criterion_main!(benches);

//! The battery that every ring passes: smoke, capacity, wrap, drops, slow consumer, slow producer, close from each side,
//! stress; each with all ways of waiting. Also run under miri (`make miri`), with fewer rounds.
#![cfg(not(loom))]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use riddhi_ring::{Closed, TryPopError, TryPushError, Wait, exchange, ring};

const ROUNDS: usize = if cfg!(miri) { 60 } else { 200_000 };
const WAYS: [Wait; 3] = [Wait::Spin, Wait::Yield, Wait::Park];

/// Counts its drops.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn smoke() {
    let (mut p, mut c) = ring(4, Wait::Park);
    assert_eq!(c.try_pop(), Err(TryPopError::Empty));
    p.push(1).unwrap();
    p.push(2).unwrap();
    assert_eq!((c.pop(), c.pop()), (Some(1), Some(2)));
    assert_eq!((p.waits(), c.waits(), p.parks(), c.parks()), (0, 0, 0, 0));
}

#[test]
fn capacity() {
    for capacity in [1, 2, 3, 7] {
        let (mut p, mut c) = ring(capacity, Wait::Park);
        for i in 0..capacity {
            assert_eq!(p.try_push(i), Ok(()));
        }
        assert_eq!(p.try_push(99), Err(TryPushError::Full(99)));
        assert_eq!(c.try_pop(), Ok(0));
        assert_eq!(p.try_push(99), Ok(()));
        assert_eq!(p.try_push(100), Err(TryPushError::Full(100)));
    }
}

#[test]
#[should_panic(expected = "at least one item")]
fn capacity_of_nothing() {
    let _ = ring::<u8>(0, Wait::Park);
}

#[test]
fn wrap() {
    for capacity in 1..6 {
        let (mut p, mut c) = ring(capacity, Wait::Park);
        let (mut pushed, mut popped) = (0, 0);
        while popped < 50 {
            while p.try_push(pushed).is_ok() {
                pushed += 1;
            }
            for _ in 0..=pushed % capacity {
                assert_eq!(c.try_pop(), Ok(popped));
                popped += 1;
            }
        }
    }
}

#[test]
fn drops() {
    for consumer_first in [true, false] {
        let dropped = Arc::new(AtomicUsize::new(0));
        let (mut p, mut c) = ring(8, Wait::Park);
        for _ in 0..5 {
            p.push(Counted(dropped.clone())).unwrap();
        }
        drop(c.pop());
        assert_eq!(dropped.load(Ordering::Relaxed), 1);
        if consumer_first {
            drop(c);
            assert!(p.push(Counted(dropped.clone())).is_err());
            assert_eq!(dropped.load(Ordering::Relaxed), 2, "the refused one");
            drop(p);
            assert_eq!(dropped.load(Ordering::Relaxed), 6, "and those left");
        } else {
            drop(p);
            assert_eq!(dropped.load(Ordering::Relaxed), 1, "the consumer may still want them");
            drop(c);
            assert_eq!(dropped.load(Ordering::Relaxed), 5);
        }
    }
}

#[test]
fn slow_consumer() {
    for wait in WAYS {
        let (mut p, mut c) = ring(1, wait);
        let (go, gone) = channel();
        let producer = thread::spawn(move || {
            for i in 0..20 {
                p.push(i).unwrap();
                go.send(()).unwrap();
            }
            p.waits()
        });
        gone.recv().unwrap();
        for i in 0..20 {
            thread::yield_now();
            assert_eq!(c.pop(), Some(i));
        }
        assert_eq!(c.pop(), None);
        producer.join().unwrap();
    }
}

#[test]
fn slow_producer() {
    for wait in WAYS {
        let (mut p, mut c) = ring(3, wait);
        let consumer = thread::spawn(move || {
            let all: Vec<i32> = std::iter::from_fn(|| c.pop()).collect();
            (all, c.waits())
        });
        for i in 0..20 {
            thread::yield_now();
            p.push(i).unwrap();
        }
        drop(p);
        assert_eq!(consumer.join().unwrap().0, (0..20).collect::<Vec<_>>());
    }
}

#[test]
fn close_by_the_producer() {
    for wait in WAYS {
        let (mut p, mut c) = ring(4, wait);
        p.push(1).unwrap();
        p.push(2).unwrap();
        p.close();
        assert!(p.is_closed() && c.is_closed());
        assert!(matches!(p.push(3), Err(Closed(3))));
        assert_eq!((c.pop(), c.pop(), c.pop()), (Some(1), Some(2), None));
        assert_eq!(c.try_pop(), Err(TryPopError::Closed));
        let (p, mut c) = ring::<u8>(4, wait);
        let waiting = thread::spawn(move || c.pop());
        drop(p);
        assert_eq!(waiting.join().unwrap(), None);
    }
}

#[test]
fn close_by_the_consumer() {
    for wait in WAYS {
        let (mut p, mut c) = ring(1, wait);
        p.push(1).unwrap();
        let waiting = thread::spawn(move || p.push(2));
        c.close();
        let pushed = waiting.join().unwrap();
        assert!(matches!(pushed, Err(Closed(2))));
        assert_eq!((c.pop(), c.pop()), (Some(1), None), "what was let in can still be taken");
    }
}

#[test]
fn stress() {
    for wait in WAYS {
        for capacity in [1, 2, 64] {
            let dropped = Arc::new(AtomicUsize::new(0));
            let (mut p, mut c) = ring(capacity, wait);
            let counter = dropped.clone();
            let rounds = if wait == Wait::Spin { ROUNDS / 20 } else { ROUNDS / 2 };
            let producer = thread::spawn(move || {
                for i in 0..rounds {
                    p.push((i, Counted(counter.clone()))).unwrap();
                }
            });
            for i in 0..rounds {
                assert_eq!(c.pop().map(|(n, _)| n), Some(i));
            }
            assert!(c.pop().is_none());
            producer.join().unwrap();
            assert_eq!(dropped.load(Ordering::Relaxed), rounds);
        }
    }
}

/// Both ends of both rings sleep again and again; a lost wake-up would hang.
#[test]
fn stress_of_waking() {
    let (mut there, mut back) = (ring(1, Wait::Park), ring(1, Wait::Park));
    let echo = thread::spawn(move || {
        while let Some(n) = there.1.pop() {
            back.0.push(n).unwrap();
        }
    });
    for i in 0..ROUNDS / 10 {
        there.0.push(i).unwrap();
        assert_eq!(back.1.pop(), Some(i));
    }
    drop(there.0);
    echo.join().unwrap();
}

/// An end may wait on one thread and later on another.
#[test]
fn ends_that_move() {
    let (mut p, mut c) = ring(1, Wait::Park);
    for round in 0..ROUNDS.min(200) {
        let consumer = thread::spawn(move || {
            assert_eq!(c.pop(), Some(round));
            c
        });
        p.push(round).unwrap();
        c = consumer.join().unwrap();
    }
}

#[test]
fn frames_go_round() {
    for wait in WAYS {
        let (mut up, mut down) = exchange::<Vec<usize>, _>((0..3).map(|_| Vec::with_capacity(4)), wait);
        let rounds = ROUNDS / 20;
        let worker = thread::spawn(move || {
            let mut sum = 0;
            while let Some(mut full) = down.receive() {
                sum += full.drain(..).sum::<usize>();
                down.give_back(full);
            }
            (sum, down.waits())
        });
        for i in 0..rounds {
            let mut empty = up.empty().unwrap();
            assert!(empty.is_empty() && empty.capacity() >= 4, "it is recycled");
            empty.push(i);
            up.send(empty).unwrap();
        }
        up.close();
        let back: usize = std::iter::from_fn(|| up.empty()).count();
        assert_eq!(back, 3, "all come back");
        assert_eq!(worker.join().unwrap().0, rounds * (rounds - 1) / 2);
    }
}

#[test]
fn a_worker_that_goes_away_wakes_whoever_wants_an_empty_one() {
    let (mut up, mut down) = exchange([1u8], Wait::Park);
    let first = up.empty().unwrap();
    up.send(first).unwrap();
    let worker = thread::spawn(move || {
        let taken = down.receive();
        drop(down);
        taken
    });
    assert_eq!(up.empty(), None);
    assert!(up.send(2).is_err());
    assert_eq!(worker.join().unwrap(), Some(1));
}

//! The ring under a model checker: all interleavings and all that the memory model allows, so a lost wake-up is a deadlock
//! that it finds. `make loom` runs it; rtrb's slots are replaced by a stand-in of the same ordering.
#![cfg(loom)]

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use riddhi_ring::{Wait, exchange, ring};

/// Changes of thread that a run may have beyond those it must: three find what needs two to go wrong.
const PREEMPTIONS: usize = 3;

fn model(run: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(PREEMPTIONS);
    builder.check(run);
}

#[test]
fn a_consumer_that_waits_is_woken() {
    model(|| {
        let (mut p, mut c) = ring(2, Wait::Park);
        let consumer = thread::spawn(move || assert_eq!((c.pop(), c.pop()), (Some(1), Some(2))));
        p.push(1).unwrap();
        p.push(2).unwrap();
        consumer.join().unwrap();
    });
}

#[test]
fn a_producer_that_waits_is_woken() {
    model(|| {
        let (mut p, mut c) = ring(1, Wait::Park);
        let producer = thread::spawn(move || {
            for i in 0..3 {
                p.push(i).unwrap();
            }
        });
        for i in 0..3 {
            assert_eq!(c.pop(), Some(i));
        }
        producer.join().unwrap();
    });
}

#[test]
fn closing_by_the_producer_wakes_the_consumer() {
    model(|| {
        let (mut p, mut c) = ring(1, Wait::Park);
        let consumer = thread::spawn(move || assert_eq!((c.pop(), c.pop()), (Some(1), None)));
        p.push(1).unwrap();
        drop(p);
        consumer.join().unwrap();
    });
}

#[test]
fn closing_by_the_consumer_wakes_the_producer() {
    model(|| {
        let (mut p, mut c) = ring(1, Wait::Park);
        let producer = thread::spawn(move || {
            p.push(1).unwrap();
            // Let in or refused, but it comes back.
            let _ = p.push(2);
        });
        assert_eq!(c.pop(), Some(1));
        drop(c);
        producer.join().unwrap();
    });
}

struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn each_item_is_dropped_once() {
    model(|| {
        let dropped = Arc::new(AtomicUsize::new(0));
        let (mut p, mut c) = ring(1, Wait::Park);
        let counter = dropped.clone();
        let producer = thread::spawn(move || {
            for _ in 0..2 {
                let _ = p.push(Counted(counter.clone()));
            }
        });
        drop(c.pop());
        drop(c);
        producer.join().unwrap();
        assert_eq!(dropped.load(Ordering::Relaxed), 2);
    });
}

#[test]
fn one_frame_goes_round() {
    model(|| {
        let (mut up, mut down) = exchange([0u32], Wait::Park);
        let worker = thread::spawn(move || {
            let mut seen = 0;
            while let Some(full) = down.receive() {
                seen += full;
                down.give_back(full);
            }
            seen
        });
        for _ in 0..2 {
            let empty = up.empty().unwrap();
            up.send(empty + 1).unwrap();
        }
        drop(up);
        assert_eq!(worker.join().unwrap(), 3);
    });
}

//! The worker's side: one turn after another until there is no more to do.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use riddhi_batch::Frame;
use riddhi_ring::{Downstream, Producer, TryPopError};

use super::{Pool, Sink, WorkerCounter, WorkerCounters};

/// What a worker is given to do.
pub enum Job<S> {
    /// Entries to be handled.
    Frame(Frame),
    /// Something else to be done in between.
    Call(Call<S>),
}

/// What runs in between frames.
pub type Call<S> = Box<dyn FnOnce(&mut Pool, &mut S) + Send>;

/// What the worker's thread owns.
pub struct Runner<S> {
    pub pool: Pool,
    pub sink: S,
    pub jobs: Downstream<Job<S>, Frame>,
    pub done: Producer<()>,
    pub status: Arc<Status>,
}

impl<S: Sink> Runner<S> {
    /// Takes turns until the input ends or the sink wants no more.
    pub fn run(mut self) -> (Pool, S) {
        while self.turn().is_continue() {}
        self.status.waited(self.jobs.waits(), self.jobs.parks());
        (self.pool, self.sink)
    }

    fn turn(&mut self) -> ControlFlow<()> {
        match self.next()? {
            Job::Call(call) => {
                call(&mut self.pool, &mut self.sink);
                self.status.set_next_due(self.pool.next_due());
                let _ = self.done.push(());
                ControlFlow::Continue(())
            }
            Job::Frame(mut frame) => {
                let outputs = self.pool.process(&mut frame);
                let goes_on = self.sink.take(&outputs);
                let rows = outputs.len();
                self.status.handled(&frame, rows, self.pool.next_due());
                frame.reset(0);
                self.jobs.give_back(frame);
                goes_on
            }
        }
    }

    /// The next job. Before it waits, the sink is told.
    fn next(&mut self) -> ControlFlow<(), Job<S>> {
        let job = match self.jobs.try_receive() {
            Ok(job) => Some(job),
            Err(TryPopError::Closed) => None,
            Err(TryPopError::Empty) => {
                self.sink.idle()?;
                self.jobs.receive()
            }
        };
        job.map_or(ControlFlow::Break(()), ControlFlow::Continue)
    }
}

/// Stands for "no timer".
const NEVER: i64 = i64::MAX;

/// What both sides see while the worker runs: it writes, once a turn, and the other side only reads.
#[derive(Debug)]
pub struct Status {
    next_due: AtomicI64,
    pinned: AtomicBool,
    /// Position after the last entry handled.
    handled_to: AtomicU64,
    counts: [AtomicU64; COUNTED.len()],
}

/// What the worker's side counts.
const COUNTED: [WorkerCounter; 6] = [
    WorkerCounter::Handled,
    WorkerCounter::Entries,
    WorkerCounter::Frames,
    WorkerCounter::Outputs,
    WorkerCounter::WorkerWaits,
    WorkerCounter::WorkerParks,
];

impl Status {
    /// Of a worker that has done nothing yet.
    pub fn new(next_due: Option<i64>) -> Status {
        Status {
            next_due: AtomicI64::new(next_due.unwrap_or(NEVER)),
            pinned: AtomicBool::new(false),
            handled_to: AtomicU64::new(0),
            counts: Default::default(),
        }
    }

    fn handled(&self, frame: &Frame, rows: usize, next_due: Option<i64>) {
        let counts = [frame.rows, frame.entries.len(), 1, rows];
        for (counter, n) in self.counts.iter().zip(counts) {
            // Only this thread writes.
            counter.store(counter.load(Ordering::Relaxed) + n as u64, Ordering::Relaxed);
        }
        self.set_next_due(next_due);
        self.handled_to.store(frame.base + frame.entries.len() as u64, Ordering::Release);
    }

    /// Position after the last entry handled.
    pub fn handled_to(&self) -> u64 {
        self.handled_to.load(Ordering::Acquire)
    }

    fn waited(&self, waits: u64, parks: u64) {
        self.counts[4].store(waits, Ordering::Relaxed);
        self.counts[5].store(parks, Ordering::Relaxed);
    }

    fn set_next_due(&self, next_due: Option<i64>) {
        self.next_due.store(next_due.unwrap_or(NEVER), Ordering::Release);
    }

    /// When the next timer is due.
    pub fn next_due(&self) -> Option<i64> {
        Some(self.next_due.load(Ordering::Acquire)).filter(|&due| due != NEVER)
    }

    /// What the worker's side has counted; how often it waited only at its end.
    pub fn counters(&self) -> WorkerCounters {
        let mut counters = WorkerCounters::default();
        for (counter, n) in COUNTED.into_iter().zip(&self.counts) {
            counters.set(counter, n.load(Ordering::Relaxed));
        }
        counters
    }

    pub fn set_pinned(&self, pinned: bool) {
        self.pinned.store(pinned, Ordering::Relaxed);
    }

    /// Whether the thread is on the core that was asked for.
    pub fn pinned(&self) -> bool {
        self.pinned.load(Ordering::Relaxed)
    }
}

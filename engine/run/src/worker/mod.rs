//! A thread that runs an app: frames in by a ring, what comes out read on the spot or handed on.
//!
//! ```
//! use riddhi_run::worker::{Pool, PoolOptions, Worker, WorkerCounter, WorkerOptions};
//! use riddhi_run::{Clock, EngineOptions, Outputs, Target, compile};
//!
//! let app = compile("define stream S (v int); from S[v > 1] select v insert into Out;").plan.expect("no mistakes");
//! let (stream, out) = (app.stream("S").unwrap() as u32, Target::Stream(app.stream("Out").unwrap() as u32));
//! let mut clock = Clock::new(app.playback, 0);
//! let pool = Pool::new(app, EngineOptions::default(), PoolOptions::default())?;
//! let (seen, counted) = std::sync::mpsc::channel();
//! let sink = move |outputs: &Outputs<'_>| seen.send(outputs.rows(out)).unwrap();
//! let mut worker = Worker::spawn(pool, WorkerOptions::default(), sink)?;
//! for v in 0..10 {
//!     // Waits while all frames are on their way: back-pressure.
//!     let mut frame = worker.frame()?;
//!     let (rows, _arena) = frame.rows_of(stream);
//!     rows.ts.push(1000);
//!     rows.cols[0].push_i32(v);
//!     let (now, sets) = clock.stamp(Some(1000));
//!     frame.commit(stream, now, sets);
//!     worker.send(frame)?;
//! }
//! // Between frames, on the worker's thread: here, all ten events have been handled.
//! let state = worker.call(|pool, _sink| pool.save())?;
//! let ended = worker.finish()?;
//! assert_eq!(ended.counters.get(WorkerCounter::Handled), 10);
//! assert_eq!(ended.pool.save(), state);
//! drop(ended.sink);
//! assert_eq!(counted.iter().sum::<usize>(), 8);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Invariants: frames are handled in the order in which they were sent; a fixed number of them goes round, so that nothing
//! grows and nothing is allocated per frame; events accepted are those handled and those refused, however it ends; neither
//! side waits for one that is gone. A panic of the engine or of the sink ends the worker and becomes an error here.
//! Not here: the clock (`Clock` stamps entries before they are sent) and what is done with rows.

mod counters;
mod forward;
mod pool;
mod spread;
mod turn;

use std::any::Any;
use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};

use riddhi_batch::Frame;
use riddhi_ring::{Consumer, Upstream, Wait, exchange, ring};
use thiserror::Error;

use crate::outputs::Outputs;
pub use counters::{WorkerCounter, WorkerCounters};
pub use forward::{Forward, OutputFrame, Receiver, SinkThread};
pub use pool::{Pool, PoolOptions};
pub use spread::{Spread, WORKERS_MAX};
use turn::{Job, Runner, Status};

/// Frames that go round between a producer and a worker. At the bound the producer waits. One is filled, one is at work,
/// and two lie between them so that neither end waits when the other takes a little longer once.
pub const FRAMES_IN_FLIGHT: usize = 4;

/// How a worker runs.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    /// The core it is pinned to, by number; none, or one that does not exist, leaves it to the system.
    pub core: Option<usize>,
    /// How both sides wait.
    pub wait: Wait,
    /// Frames that go round, at least one.
    pub frames: usize,
}

impl Default for WorkerOptions {
    fn default() -> WorkerOptions {
        WorkerOptions { core: None, wait: Wait::Park, frames: FRAMES_IN_FLIGHT }
    }
}

/// Reads what comes out of a worker's frames, on the worker's thread. Closures that take `&Outputs` are sinks.
pub trait Sink: Send + 'static {
    /// Reads what came out of a frame. `Break` if nothing more is wanted: the worker ends, and what was sent and not yet
    /// handled is refused.
    fn take(&mut self, outputs: &Outputs<'_>) -> ControlFlow<()>;

    /// The worker has nothing to do and is about to wait: what was held back must go on now.
    fn idle(&mut self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl<F: FnMut(&Outputs<'_>) + Send + 'static> Sink for F {
    fn take(&mut self, outputs: &Outputs<'_>) -> ControlFlow<()> {
        self(outputs);
        ControlFlow::Continue(())
    }
}

/// A worker seen from other threads, also after its end. Looking costs it nothing.
#[derive(Clone, Debug)]
pub struct WorkerView {
    status: Arc<Status>,
}

impl WorkerView {
    /// Position after the last entry that was handled.
    pub fn handled_to(&self) -> u64 {
        self.status.handled_to()
    }

    /// Events, entries, frames and rows so far; what the producer counts is none here.
    pub fn counters(&self) -> WorkerCounters {
        self.status.counters()
    }
}

/// The worker has ended: its sink wants no more, or it panicked. [`Worker::finish`] says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the worker has ended")]
pub struct Ended;

/// Why a worker did not come to an orderly end.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WorkerError {
    /// The engine or the sink panicked: a mistake of ours, or of the sink's.
    #[error("the worker panicked: {message}")]
    Panicked {
        /// What it said.
        message: String,
        /// What was counted; what it was at work on is refused.
        counters: Box<WorkerCounters>,
    },
}

/// What is left of a worker that came to an orderly end.
pub struct Finished<S> {
    /// The app and all that it remembers.
    pub pool: Pool,
    /// The sink.
    pub sink: S,
    /// What was counted.
    pub counters: WorkerCounters,
    /// Whether the thread was on the core that was asked for.
    pub pinned: bool,
}

/// A thread that runs an app.
pub struct Worker<S> {
    frames: Upstream<Job<S>, Frame>,
    /// A token for each call that was carried out.
    done: Consumer<()>,
    /// Taken by [`Worker::finish`].
    thread: Option<JoinHandle<(Pool, S)>>,
    status: Arc<Status>,
    /// Events sent.
    accepted: u64,
    /// Position of the next entry.
    next: u64,
}

impl<S: Sink> Worker<S> {
    /// Starts a thread. An error if the system has none to give.
    pub fn spawn(pool: Pool, options: WorkerOptions, sink: S) -> io::Result<Worker<S>> {
        let empties: Vec<Frame> = (0..options.frames.max(1)).map(|_| pool.frame()).collect();
        let (frames, jobs) = exchange(empties, options.wait);
        let (done_in, done) = ring(1, options.wait);
        let status = Arc::new(Status::new(pool.next_due()));
        let runner = Runner { pool, sink, jobs, done: done_in, status: status.clone() };
        let core = options.core;
        let thread = Builder::new().name("riddhi-worker".to_owned()).spawn(move || {
            runner.status.set_pinned(core.is_some_and(pin));
            runner.run()
        })?;
        Ok(Worker { frames, done, thread: Some(thread), status, accepted: 0, next: 0 })
    }

    /// An empty frame, whose first entry will follow the last one sent. Waits while all frames are on their way.
    pub fn frame(&mut self) -> Result<Frame, Ended> {
        let mut frame = self.frames.empty().ok_or(Ended)?;
        frame.base = self.next;
        Ok(frame)
    }

    /// Has the frame handled after all others sent before.
    pub fn send(&mut self, frame: Frame) -> Result<(), Ended> {
        self.accepted += frame.rows as u64;
        self.next = frame.base + frame.entries.len() as u64;
        self.frames.send(Job::Frame(frame)).map_err(|_| Ended)
    }

    /// Runs `f` on the worker's thread after all frames sent before, and waits for what it says: to save and load, or to
    /// have a word with the sink.
    pub fn call<R: Send + 'static>(
        &mut self,
        f: impl FnOnce(&mut Pool, &mut S) -> R + Send + 'static,
    ) -> Result<R, Ended> {
        let answer = Arc::new(Mutex::new(None));
        let place = answer.clone();
        let call = Job::Call(Box::new(move |pool: &mut Pool, sink: &mut S| {
            let said = f(pool, sink);
            *place.lock().expect("nothing panics while it is locked") = Some(said);
        }));
        self.frames.send(call).map_err(|_| Ended)?;
        // The worker's end of this ring goes when the worker ends, so this cannot wait for ever.
        self.done.pop().ok_or(Ended)?;
        answer.lock().expect("nothing panics while it is locked").take().ok_or(Ended)
    }

    /// When the next timer is due, as of the last frame handled. May be read while the worker runs.
    pub fn next_due(&self) -> Option<i64> {
        self.status.next_due()
    }

    /// Position after the last entry that was handled. May be read while the worker runs.
    pub fn handled_to(&self) -> u64 {
        self.status.handled_to()
    }

    /// Position of the next entry.
    pub fn position(&self) -> u64 {
        self.next
    }

    /// For other threads, to look on.
    pub fn view(&self) -> WorkerView {
        WorkerView { status: self.status.clone() }
    }

    /// Times that the producer waited for an empty frame.
    pub fn producer_waits(&self) -> u64 {
        self.frames.waits()
    }

    /// Counts so far. While frames are on their way they are counted as refused.
    pub fn counters(&self) -> WorkerCounters {
        let mut counters = self.status.counters();
        counters.set(WorkerCounter::Accepted, self.accepted);
        counters.set(WorkerCounter::Refused, self.accepted - counters.get(WorkerCounter::Handled));
        counters.set(WorkerCounter::ProducerWaits, self.frames.waits());
        counters.set(WorkerCounter::ProducerParks, self.frames.parks());
        counters
    }

    /// Lets the worker handle all that was sent, and waits for its end. A worker dropped without it does the same, but
    /// nobody waits.
    pub fn finish(mut self) -> Result<Finished<S>, WorkerError> {
        self.frames.close();
        let thread = self.thread.take().expect("only this takes it, and only once");
        let joined = thread.join();
        let counters = self.counters();
        match joined {
            Ok((pool, sink)) => Ok(Finished { pool, sink, counters, pinned: self.status.pinned() }),
            Err(panic) => Err(WorkerError::Panicked { message: panic_message(&*panic), counters: Box::new(counters) }),
        }
    }
}

/// Whether the thread now runs on that core only. Not being allowed to is no reason not to run.
fn pin(core: usize) -> bool {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    cores.into_iter().find(|c| c.id == core).is_some_and(core_affinity::set_for_current)
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}

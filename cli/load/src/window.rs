//! Frames without an answer: their number is bounded, and each keeps the time that its latency counts from.
//!
//! One thread sends, another one reads answers. A slot belongs to the sender until the frame's number is published by
//! `sent`, then to the reader until it publishes the answer.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// What both directions of a connection share. Frames are counted from 1, as the answers number them.
#[derive(Debug)]
pub(crate) struct Window {
    /// Nanoseconds from the start, of frame n at n modulo the length.
    from: Box<[AtomicU64]>,
    sent: AtomicU64,
    answered: AtomicU64,
    finished: AtomicBool,
    gone: AtomicBool,
    lock: Mutex<()>,
    changed: Condvar,
}

impl Window {
    /// For so many frames; at least one.
    pub fn new(frames: usize) -> Window {
        Window {
            from: (0..frames.max(1)).map(|_| AtomicU64::new(0)).collect(),
            sent: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            finished: AtomicBool::new(false),
            gone: AtomicBool::new(false),
            lock: Mutex::new(()),
            changed: Condvar::new(),
        }
    }

    /// How many frames may be sent now.
    pub fn room(&self) -> usize {
        let open = self.sent.load(Ordering::Relaxed) - self.answered.load(Ordering::Acquire);
        self.from.len() - open as usize
    }

    /// Frames without an answer at most.
    pub fn len(&self) -> usize {
        self.from.len()
    }

    /// Waits for an answer, but no longer than this.
    pub fn wait(&self, room: usize, timeout: Duration) {
        let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if self.room() < room && !self.is_gone() {
            // Woken early or late, the caller looks again.
            let _ = self.changed.wait_timeout(guard, timeout);
        }
    }

    /// The sender: the next frame, whose latency counts from then, is about to be sent. There must be room.
    pub fn send(&self, from: Duration) {
        let frame = self.sent.load(Ordering::Relaxed) + 1;
        self.slot(frame).store(from.as_nanos() as u64, Ordering::Relaxed);
        self.sent.store(frame, Ordering::Release);
    }

    /// Frames that were sent.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Acquire)
    }

    /// Frames that have their answer.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Acquire)
    }

    /// The reader: when the latency of a frame that was sent and has no answer yet counts from.
    pub fn from(&self, frame: u64) -> Duration {
        Duration::from_nanos(self.slot(frame).load(Ordering::Relaxed))
    }

    /// The reader: all frames up to this one have their answer.
    pub fn answer(&self, frame: u64) {
        self.answered.store(frame, Ordering::Release);
        self.wake();
    }

    /// The sender: nothing more is sent.
    pub fn finish(&self) {
        self.finished.store(true, Ordering::Release);
    }

    pub fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    /// The reader: no more answers will come.
    pub fn go(&self) {
        self.gone.store(true, Ordering::Release);
        self.wake();
    }

    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    fn slot(&self, frame: u64) -> &AtomicU64 {
        &self.from[(frame % self.from.len() as u64) as usize]
    }

    fn wake(&self) {
        let _guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.changed.notify_one();
    }
}

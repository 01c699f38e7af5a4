//! The wake protocol: one thread waits for a condition, another makes it true and wakes it.
//!
//! The waiter raises its flag and then looks at the condition once more; the waker changes the condition and then looks at
//! the flag. With a full fence between the two steps on either side, at least one of them sees what the other did: the
//! waiter does not park, or the waker wakes it. This is the store-buffering pattern, for which acquire and release are too
//! weak. The fence is what a hand-off pays, some five nanoseconds; the lock and the system call only come when the other
//! end really waits.

use crate::sync::{Arc, AtomicBool, Mutex, Ordering, Thread, current, fence, park};

/// Where one end of a ring waits and the other wakes it. On cache lines of its own, since the flag is looked at with every
/// hand-off.
#[derive(Debug)]
#[repr(align(128))]
pub struct Gate {
    /// Whether the thread in `sleeper` is parked, or about to be.
    waiting: AtomicBool,
    /// The thread that waited last. It stays after a wake: a waker that was late for the wait before may still come for
    /// it, and if it took the thread away the next waker would find nobody to wake.
    sleeper: Mutex<Option<Thread>>,
}

impl Gate {
    /// A gate at which nobody waits.
    pub fn new() -> Gate {
        Gate { waiting: AtomicBool::new(false), sleeper: Mutex::new(None) }
    }

    /// Parks until `ready`, or until woken. Only one thread may wait at a time.
    pub fn wait(&self, ready: impl Fn() -> bool) {
        *lock(&self.sleeper) = Some(current());
        // Release: who sees the flag sees the thread. A swap, since the model checker takes the order of a plain store and
        // of a late waker's swap for open, which the language does not; it costs nothing where the thread is to sleep.
        self.waiting.swap(true, Ordering::AcqRel);
        fence(Ordering::SeqCst);
        if ready() {
            self.waiting.swap(false, Ordering::AcqRel);
            return;
        }
        // Parking may end for no reason, or for a wake that was meant for the wait before.
        while self.waiting.load(Ordering::Acquire) {
            park();
        }
    }

    /// Wakes whoever waits. To be called after the change that is waited for.
    #[inline]
    pub fn wake(&self) {
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::Relaxed) {
            self.wake_sleeper();
        }
    }

    #[cold]
    fn wake_sleeper(&self) {
        if self.waiting.swap(false, Ordering::AcqRel)
            && let Some(thread) = &*lock(&self.sleeper)
        {
            thread.unpark();
        }
    }
}

/// Both gates of a ring and whether it is closed.
#[derive(Debug)]
pub struct Gates {
    /// Where the producer waits for room.
    pub room: Gate,
    /// Where the consumer waits for items.
    pub items: Gate,
    closed: AtomicBool,
}

impl Gates {
    /// Of an open ring.
    pub fn new() -> Arc<Gates> {
        Arc::new(Gates { room: Gate::new(), items: Gate::new(), closed: AtomicBool::new(false) })
    }

    /// Whether either end has closed the ring. What was pushed before it was closed can be seen afterwards.
    #[inline]
    pub fn closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Closes the ring and wakes both ends.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.room.wake();
        self.items.wake();
    }
}

/// A poisoned lock holds a thread's name all the same: nothing can panic while it is held.
fn lock(sleeper: &Mutex<Option<Thread>>) -> impl std::ops::DerefMut<Target = Option<Thread>> + '_ {
    sleeper.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

//! The ring: slots of rtrb between two gates.

use std::fmt;

use crate::gate::{Gate, Gates};
use crate::sync::{Arc, SPINS, YIELDS, slots, spin_loop, yield_now};

/// How an end of a ring waits for the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wait {
    /// Never gives its core away: the shortest wait, for threads that have a core each.
    Spin,
    /// Offers its core to other threads, but does not sleep.
    Yield,
    /// Spins, yields, then sleeps until it is woken.
    #[default]
    Park,
}

/// The ring is closed; the item that could not be handed over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Closed<T>(pub T);

/// Why an item could not be handed over at once, and the item.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TryPushError<T> {
    /// The ring is full.
    Full(T),
    /// The ring is closed.
    Closed(T),
}

/// Why there is no item at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryPopError {
    /// The ring is empty.
    Empty,
    /// The ring is empty and closed: no item will ever come.
    Closed,
}

/// A ring of `capacity` items, at least one. Both ends wait as `wait` says.
///
/// # Panics
///
/// If `capacity` is zero: nothing could ever be handed over.
pub fn ring<T>(capacity: usize, wait: Wait) -> (Producer<T>, Consumer<T>) {
    assert!(capacity > 0, "a ring must hold at least one item");
    let (producer, consumer) = slots::RingBuffer::new(capacity);
    let gates = Gates::new();
    (
        Producer { slots: producer, end: End::new(gates.clone(), wait) },
        Consumer { slots: consumer, end: End::new(gates, wait) },
    )
}

/// What both ends have.
#[derive(Debug)]
struct End {
    gates: Arc<Gates>,
    wait: Wait,
    waits: u64,
    parks: u64,
}

impl End {
    fn new(gates: Arc<Gates>, wait: Wait) -> End {
        End { gates, wait, waits: 0, parks: 0 }
    }

    /// Waits for `ready`, which must become true when the ring is closed. May come back early.
    #[cold]
    fn wait(&mut self, gate: impl Fn(&Gates) -> &Gate, ready: impl Fn(&Gates) -> bool) {
        self.waits += 1;
        let gates = &*self.gates;
        let (spins, yields) = match self.wait {
            Wait::Spin => (u32::MAX, 0),
            Wait::Yield => (SPINS, u32::MAX),
            Wait::Park => (SPINS, YIELDS),
        };
        if looked(spins, spin_loop, || ready(gates)) || looked(yields, yield_now, || ready(gates)) {
            return;
        }
        if self.wait == Wait::Park {
            self.parks += 1;
            gate(gates).wait(|| ready(gates));
        }
    }
}

fn looked(times: u32, between: impl Fn(), ready: impl Fn() -> bool) -> bool {
    (0..times).any(|_| {
        between();
        ready()
    })
}

/// The end that items go into. Dropping it closes the ring.
pub struct Producer<T> {
    slots: slots::Producer<T>,
    end: End,
}

impl<T> Producer<T> {
    /// Hands an item over; waits while the ring is full. An error if the ring is closed, also while it waits. An item
    /// handed over just before the consumer closes may never be taken.
    #[inline]
    pub fn push(&mut self, mut item: T) -> Result<(), Closed<T>> {
        loop {
            match self.try_push(item) {
                Ok(()) => return Ok(()),
                Err(TryPushError::Closed(back)) => return Err(Closed(back)),
                Err(TryPushError::Full(back)) => item = back,
            }
            let Producer { slots, end } = self;
            end.wait(|g| &g.room, |g| !slots.is_full() || g.closed());
        }
    }

    /// Hands an item over if there is room.
    #[inline]
    pub fn try_push(&mut self, item: T) -> Result<(), TryPushError<T>> {
        if self.end.gates.closed() {
            return Err(TryPushError::Closed(item));
        }
        let slots::PushError::Full(item) = match self.slots.push(item) {
            Ok(()) => {
                self.end.gates.items.wake();
                return Ok(());
            }
            Err(full) => full,
        };
        Err(TryPushError::Full(item))
    }

    /// Closes the ring. The consumer takes what is left and then gets no more.
    pub fn close(&mut self) {
        self.end.gates.close();
    }

    /// Whether either end has closed the ring.
    pub fn is_closed(&self) -> bool {
        self.end.gates.closed()
    }

    /// How often it found the ring full and waited: back-pressure.
    pub fn waits(&self) -> u64 {
        self.end.waits
    }

    /// How often it slept.
    pub fn parks(&self) -> u64 {
        self.end.parks
    }
}

impl<T> Drop for Producer<T> {
    fn drop(&mut self) {
        self.close();
    }
}

/// The end that items come out of. Dropping it closes the ring.
pub struct Consumer<T> {
    slots: slots::Consumer<T>,
    end: End,
}

impl<T> Consumer<T> {
    /// Takes the next item; waits while the ring is empty. `None` once the ring is closed and empty.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        loop {
            match self.try_pop() {
                Ok(item) => return Some(item),
                Err(TryPopError::Closed) => return None,
                Err(TryPopError::Empty) => {}
            }
            let Consumer { slots, end } = self;
            end.wait(|g| &g.items, |g| !slots.is_empty() || g.closed());
        }
    }

    /// Takes the next item if there is one.
    #[inline]
    pub fn try_pop(&mut self) -> Result<T, TryPopError> {
        if let Ok(item) = self.slots.pop() {
            self.end.gates.room.wake();
            return Ok(item);
        }
        if !self.end.gates.closed() {
            return Err(TryPopError::Empty);
        }
        // Something may have come between the look at the slots and the closing.
        self.slots.pop().map_err(|_| TryPopError::Closed)
    }

    /// Closes the ring: nothing more is let in. What is in it can still be taken.
    pub fn close(&mut self) {
        self.end.gates.close();
    }

    /// Whether either end has closed the ring; there may be items left.
    pub fn is_closed(&self) -> bool {
        self.end.gates.closed()
    }

    /// How often it found the ring empty and waited.
    pub fn waits(&self) -> u64 {
        self.end.waits
    }

    /// How often it slept.
    pub fn parks(&self) -> u64 {
        self.end.parks
    }
}

impl<T> Drop for Consumer<T> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<T> fmt::Debug for Producer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer").field("end", &self.end).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Consumer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer").field("end", &self.end).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Closed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closed(..)")
    }
}

impl<T> fmt::Display for Closed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the ring is closed")
    }
}

impl<T> std::error::Error for Closed<T> {}

impl<T> fmt::Debug for TryPushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TryPushError::Full(_) => "Full(..)",
            TryPushError::Closed(_) => "Closed(..)",
        })
    }
}

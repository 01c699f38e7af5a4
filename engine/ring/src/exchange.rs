//! Full ones out, empty ones back.
//!
//! A fixed number of empty frames is made at the start and goes round: taken by the upstream end, filled, sent, emptied by
//! the downstream end, given back. So the frames in flight are bounded, nothing is allocated on the way, and back-pressure
//! is the upstream end waiting for an empty one. Both rings have room for all of them, so giving one back never waits.

use crate::ring::{Closed, Consumer, Producer, TryPopError, Wait, ring};

/// The end that fills. `F` is what goes out, `E` what comes back.
#[derive(Debug)]
pub struct Upstream<F, E = F> {
    full: Producer<F>,
    empty: Consumer<E>,
}

/// The end that empties.
#[derive(Debug)]
pub struct Downstream<F, E = F> {
    full: Consumer<F>,
    empty: Producer<E>,
}

/// Two rings between two threads, with these empty ones to go round, of which there must be one at least.
///
/// ```
/// use riddhi_ring::{Wait, exchange};
///
/// let (mut up, mut down) = exchange([Vec::new(), Vec::new()], Wait::Park);
/// let worker = std::thread::spawn(move || {
///     let mut seen = Vec::new();
///     while let Some(mut full) = down.receive() {
///         seen.append(&mut full);
///         down.give_back(full);
///     }
///     seen
/// });
/// for n in 0..10 {
///     let mut empty = up.empty().expect("the worker is there");
///     empty.push(n);
///     up.send(empty).expect("the worker is there");
/// }
/// drop(up);
/// assert_eq!(worker.join().expect("it does not panic"), (0..10).collect::<Vec<_>>());
/// ```
pub fn exchange<F, E>(empties: impl IntoIterator<Item = E>, wait: Wait) -> (Upstream<F, E>, Downstream<F, E>) {
    let empties: Vec<E> = empties.into_iter().collect();
    let (full_in, full_out) = ring(empties.len(), wait);
    let (mut empty_in, empty_out) = ring(empties.len(), wait);
    for empty in empties {
        let fits = empty_in.try_push(empty);
        assert!(fits.is_ok(), "the ring has room for all of them");
    }
    (Upstream { full: full_in, empty: empty_out }, Downstream { full: full_out, empty: empty_in })
}

impl<F, E> Upstream<F, E> {
    /// An empty one; waits until one has come back. `None` once the other end is gone and none is left.
    #[inline]
    pub fn empty(&mut self) -> Option<E> {
        self.empty.pop()
    }

    /// Sends a full one.
    #[inline]
    pub fn send(&mut self, full: F) -> Result<(), Closed<F>> {
        self.full.push(full)
    }

    /// Sends no more; what comes back can still be taken.
    pub fn close(&mut self) {
        self.full.close();
    }

    /// Whether either end has closed the way out.
    pub fn is_closed(&self) -> bool {
        self.full.is_closed()
    }

    /// How often it waited, for an empty one or for room: back-pressure.
    pub fn waits(&self) -> u64 {
        self.full.waits() + self.empty.waits()
    }

    /// How often it slept.
    pub fn parks(&self) -> u64 {
        self.full.parks() + self.empty.parks()
    }
}

impl<F, E> Downstream<F, E> {
    /// The next full one; waits for it. `None` once the other end sends no more and all are taken.
    #[inline]
    pub fn receive(&mut self) -> Option<F> {
        self.full.pop()
    }

    /// The next full one if there is one at once.
    #[inline]
    pub fn try_receive(&mut self) -> Result<F, TryPopError> {
        self.full.try_pop()
    }

    /// Gives an empty one back. If the other end is gone it is dropped.
    #[inline]
    pub fn give_back(&mut self, empty: E) {
        let _ = self.empty.push(empty);
    }

    /// Takes no more; what was sent before can still be received.
    pub fn close(&mut self) {
        self.full.close();
    }

    /// How often it waited.
    pub fn waits(&self) -> u64 {
        self.full.waits() + self.empty.waits()
    }

    /// How often it slept.
    pub fn parks(&self) -> u64 {
        self.full.parks() + self.empty.parks()
    }
}

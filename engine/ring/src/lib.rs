//! Bounded hand-off between two threads.
//!
//! A [`ring`] has one producer and one consumer. Both can wait: a full ring makes its producer wait, which is how
//! back-pressure travels towards the source, and an empty one its consumer. An [`exchange`] is two rings: full frames go
//! out on one and come back empty on the other, so that a fixed number of frames serves a whole run.
//!
//! ```
//! use riddhi_ring::{Wait, ring};
//!
//! let (mut producer, mut consumer) = ring(2, Wait::Park);
//! let sum = std::thread::spawn(move || {
//!     let mut sum = 0;
//!     while let Some(n) = consumer.pop() {
//!         sum += n;
//!     }
//!     sum
//! });
//! for n in 1..=100 {
//!     producer.push(n).expect("the consumer is there until the end");
//! }
//! drop(producer);
//! assert_eq!(sum.join().expect("it does not panic"), 5050);
//! ```
//!
//! Invariants: items come out in the order in which they went in, each once; no more than `capacity` lie in a ring; a
//! waiting end is woken by whatever it waits for and by the closing of the other end, never lost (`tests/loom.rs` tries
//! all interleavings); an item that nobody took is dropped once, when both ends are gone. No unsafe code: the slots are
//! rtrb's, the waiting is the standard library's.
//! Not here: pinning, what is handed over, and any order between two rings (there is none).

mod exchange;
mod gate;
mod ring;
#[cfg(loom)]
mod slots;
mod sync;

pub use exchange::{Downstream, Upstream, exchange};
pub use ring::{Closed, Consumer, Producer, TryPopError, TryPushError, Wait, ring};

//! Where threads and atomics come from, so that the model checker can stand in.

#[cfg(not(loom))]
pub(crate) use self::real::*;

#[cfg(loom)]
pub(crate) use self::modelled::*;

#[cfg(not(loom))]
mod real {
    pub use rtrb as slots;
    pub use std::hint::spin_loop;
    pub use std::sync::atomic::{AtomicBool, Ordering, fence};
    pub use std::sync::{Arc, Mutex};
    pub use std::thread::{Thread, current, park, yield_now};

    /// Looks at the other end that cost a few nanoseconds each: about as long as a hand-off takes that is under way. Longer
    /// spinning only takes the core from the other end where there are few cores.
    pub const SPINS: u32 = 64;
    /// Looks at it after which the core is offered to another thread each time, a few microseconds in all: less than the
    /// ten that parking and waking cost.
    pub const YIELDS: u32 = 4;
}

#[cfg(loom)]
mod modelled {
    pub(crate) use crate::slots;
    pub use loom::hint::spin_loop;
    pub use loom::sync::atomic::{AtomicBool, Ordering, fence};
    pub use loom::sync::{Arc, Mutex};
    pub use loom::thread::{Thread, current, park, yield_now};

    // The model is of the parking; spinning before it only multiplies the interleavings.
    pub const SPINS: u32 = 0;
    pub const YIELDS: u32 = 0;
}

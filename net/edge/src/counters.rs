//! What a listener has seen.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Of one listener, counted by the poll loops.
        #[derive(Debug, Default)]
        pub struct Counters { $($(#[$doc])* pub $name: AtomicU64),* }

        /// What [`Counters`] read at a moment.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Counts { $($(#[$doc])* pub $name: u64),* }

        impl Counters {
            /// What they read now.
            pub fn read(&self) -> Counts {
                Counts { $($name: self.$name.load(Ordering::Relaxed)),* }
            }
        }

        impl Counts {
            /// Names and values, for metrics.
            pub fn each(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
                [$((stringify!($name), self.$name)),*].into_iter()
            }
        }
    };
}

counters! {
    /// Connections taken.
    connections,
    /// Connections that ended, for whatever reason.
    ended,
    /// Connections refused because there were too many.
    turned_away,
    /// Bytes read.
    bytes,
    /// Messages handed to apps.
    messages,
    /// Messages or connections refused because they break the protocol.
    malformed,
    /// Messages for a stream, channel or path that nobody listens to.
    unknown,
    /// Log-ins refused.
    unauthorized,
    /// Connections ended because a time-out ran out.
    timed_out,
    /// Times that a connection was not read because its app had no room.
    held,
}

impl Counters {
    /// Adds to one.
    pub fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }
}

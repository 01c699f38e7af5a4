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
    /// TLS handshakes that were completed.
    tls_handshakes,
    /// Handshakes that failed because the two ends have no version or suite in common.
    tls_nothing_in_common,
    /// Handshakes that the peer broke off because it does not trust the certificate.
    tls_untrusted,
    /// Connections to a port with TLS whose first byte is not of TLS.
    tls_expected,
    /// Connections to a port without TLS that began with a handshake.
    tls_unexpected,
    /// Handshakes that failed for another reason: bytes that are none, or an end in the middle.
    tls_broken,
    /// Handshakes that were not done in time.
    tls_timed_out,
}

impl Counters {
    /// Adds to one.
    pub fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }
}

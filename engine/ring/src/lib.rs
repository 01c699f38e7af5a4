//! Bounded hand-off between threads: a ring with a wake protocol.

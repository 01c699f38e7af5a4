//! Hashes of keys: fast, and the same on every run. A seed for each table, so that one's order says nothing of another's.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

/// That of 16 bytes.
#[inline]
pub(crate) fn of_word(seed: u64, word: u128) -> u64 {
    let mut h = FixedState::with_seed(seed).build_hasher();
    h.write_u64(word as u64);
    h.write_u64((word >> 64) as u64);
    h.finish()
}

/// That of any number of bytes.
#[inline]
pub(crate) fn of_bytes(seed: u64, bytes: &[u8]) -> u64 {
    let mut h = FixedState::with_seed(seed).build_hasher();
    h.write(bytes);
    h.finish()
}

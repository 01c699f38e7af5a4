//! Eight bytes at a time in a plain `u64`.

/// One in every byte.
pub(crate) const ONES: u64 = 0x0101_0101_0101_0101;
/// The top bit of every byte.
pub(crate) const TOPS: u64 = 0x8080_8080_8080_8080;

/// Top bits at the zero bytes; the lowest one is exact, those above it may be too many.
#[inline]
pub(crate) fn zero_bytes(w: u64) -> u64 {
    w.wrapping_sub(ONES) & !w & TOPS
}

/// The lowest byte whose top bit is set.
#[inline]
pub(crate) fn first_set(tops: u64) -> usize {
    tops.trailing_zeros() as usize / 8
}

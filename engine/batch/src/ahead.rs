//! Asking for memory ahead of its use.
#![allow(unsafe_code)] // docs/decisions/0011-memory-is-asked-for-ahead.md

/// Has the processor bring what stands at a place of a list into its cache, and does not wait for it. Where the processor cannot
/// be told, or there is no such place, nothing happens.
#[inline(always)]
pub fn fetch<T>(list: &[T], at: usize) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    if let Some(value) = list.get(at) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the address is one of a value that is borrowed; asking for it changes nothing that a program can see.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast()) };
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = (list, at);
}

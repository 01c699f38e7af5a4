//! The allocator of the process. Small blocks are the system's; a large one is a mapping of its own, in huge pages where the
//! system has them, and goes back to the system when it is freed.
//!
//! A state of millions of rows is read at random: in pages of 4 KiB nearly every read misses the table of pages too. A binary
//! names it:
//!
//! ```
//! #[global_allocator]
//! static HEAP: riddhi_heap::Heap = riddhi_heap::Heap;
//! # fn main() { assert_eq!(vec![7u8; 5_000_000].len(), 5_000_000) }
//! ```
#![allow(unsafe_code)] // docs/decisions/0010-freed-memory-goes-back.md

use std::alloc::{GlobalAlloc, Layout, System};

#[cfg(target_os = "linux")]
mod mapping;

/// Bytes from which on a block is a mapping of its own.
pub const LARGE_BYTES: usize = 1 << 20;

/// The allocator.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heap;

/// Whether a block is a mapping: a question of its layout alone, so that whoever frees it answers alike.
#[inline]
fn is_mapping(layout: Layout) -> bool {
    cfg!(target_os = "linux") && layout.size() >= LARGE_BYTES && layout.align() <= 4096
}

#[cfg(not(target_os = "linux"))]
mod mapping {
    //! There are none.
    pub fn map(_: usize) -> *mut u8 {
        std::ptr::null_mut()
    }
    /// # Safety
    /// None is ever made.
    pub unsafe fn unmap(_: *mut u8, _: usize) {}
    /// # Safety
    /// None is ever made.
    pub unsafe fn remap(_: *mut u8, _: usize, _: usize) -> *mut u8 {
        std::ptr::null_mut()
    }
}

// Not inlined: memory is freed in so many places that the question which of the two a block is would make the binary larger by a
// megabyte.
// SAFETY: a block is either the system allocator's, which keeps the contract, or a mapping of at least its size that nothing
// else uses, aligned to a page, and zero when it is new. Which of the two follows from its layout.
unsafe impl GlobalAlloc for Heap {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_mapping(layout) {
            return mapping::map(layout.size());
        }
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_mapping(layout) {
            return mapping::map(layout.size());
        }
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if is_mapping(layout) {
            // SAFETY: of this layout it was mapped with that size, and the caller does not use it any more.
            return unsafe { mapping::unmap(block, layout.size()) };
        }
        // SAFETY: of this layout it is the system allocator's.
        unsafe { System.dealloc(block, layout) }
    }

    #[inline(never)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the size, rounded up to the alignment, does not overflow.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (is_mapping(layout), is_mapping(new)) {
            // SAFETY: the block is the system allocator's and stays there.
            (false, false) => unsafe { System.realloc(block, layout, size) },
            // SAFETY: the block is a mapping of that size.
            (true, true) => unsafe { mapping::remap(block, layout.size(), size) },
            // SAFETY: both blocks are at least as long as what is copied, they are not the same, and the old one is freed once.
            _ => unsafe {
                let moved = self.alloc(new);
                if !moved.is_null() {
                    std::ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                    self.dealloc(block, layout);
                }
                moved
            },
        }
    }
}

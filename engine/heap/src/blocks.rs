//! Which of the two a block is.
#![allow(unsafe_code)] // docs/decisions/0010-freed-memory-goes-back.md

use std::alloc::{GlobalAlloc, Layout, System};

use super::{LARGE_BYTES, mapping};

/// The allocator.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heap;

/// Whether a block is a mapping: a question of its layout alone, so that whoever frees it answers alike.
#[inline]
fn is_mapping(layout: Layout) -> bool {
    layout.size() >= LARGE_BYTES && layout.align() <= 4096
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

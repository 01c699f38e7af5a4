//! Mappings of memory, each beginning where a huge page can.
#![allow(unsafe_code)] // docs/decisions/0010-freed-memory-goes-back.md

use std::ptr;

/// Bytes of a huge page.
const HUGE: usize = 2 << 20;
/// Bytes that are whole pages, whatever the size of a page is.
const PAGE: usize = 1 << 16;

/// Memory of that many bytes, zero; null if there is none.
pub fn map(size: usize) -> *mut u8 {
    let block = reserve(size);
    if !block.is_null() && size >= HUGE {
        // SAFETY: the range is of one mapping that nothing else uses. Where there are no huge pages it fails, which changes nothing.
        unsafe { libc::madvise(block.cast(), pages(size), libc::MADV_HUGEPAGE) };
    }
    block
}

/// Gives a mapping back.
///
/// # Safety
/// `block` is of [`map`] or [`remap`] with that size, and not used any more.
pub unsafe fn unmap(block: *mut u8, size: usize) {
    // SAFETY: the range is the whole of what the caller gives up.
    unsafe { libc::munmap(block.cast(), pages(size)) };
}

/// Makes a mapping of `old` bytes one of `new`: in its place or, the pages moved and not copied, in another. Null, and nothing
/// is changed, if there is no room.
///
/// # Safety
/// `block` is of [`map`] or [`remap`] with `old` bytes; what comes back takes its place.
pub unsafe fn remap(block: *mut u8, old: usize, new: usize) -> *mut u8 {
    let (from, to) = (pages(old), pages(new));
    if to == from {
        return block;
    }
    if to < from {
        // SAFETY: what lies behind the new end is the caller's to give up.
        unsafe { libc::munmap(block.add(to).cast(), from - to) };
        return block;
    }
    // SAFETY: the old range is one mapping of the caller's. Without a flag it is made longer only if what lies behind is free.
    let longer = unsafe { libc::mremap(block.cast(), from, to, 0) };
    if longer != libc::MAP_FAILED {
        return longer.cast();
    }
    let place = reserve(new);
    if place.is_null() {
        return place;
    }
    // SAFETY: the new range was reserved for this; the old pages take its place there, and the old range is free.
    let moved = unsafe { libc::mremap(block.cast(), from, to, libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED, place) };
    if moved == libc::MAP_FAILED {
        // SAFETY: nobody has used the reserved range.
        unsafe { libc::munmap(place.cast(), to) };
        return ptr::null_mut();
    }
    // SAFETY: the range is one mapping of the caller's.
    unsafe { libc::madvise(moved, to, libc::MADV_HUGEPAGE) };
    moved.cast()
}

/// A new mapping; a large one begins where a huge page can.
fn reserve(size: usize) -> *mut u8 {
    let wanted = pages(size);
    if size < HUGE {
        return anonymous(wanted);
    }
    let Some(room) = wanted.checked_add(HUGE) else { return ptr::null_mut() };
    let start = anonymous(room);
    if start.is_null() {
        return start;
    }
    let before = start.align_offset(HUGE);
    // SAFETY: `before` is less than a huge page, by which the mapping is longer than what is wanted; what lies before and behind
    // the part that is kept is given back.
    unsafe {
        let block = start.add(before);
        if before > 0 {
            libc::munmap(start.cast(), before);
        }
        if before < HUGE {
            libc::munmap(block.add(wanted).cast(), HUGE - before);
        }
        block
    }
}

fn anonymous(bytes: usize) -> *mut u8 {
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping at a place of the system's choice changes no other.
    let start = unsafe { libc::mmap(ptr::null_mut(), bytes, protection, flags, -1, 0) };
    if start == libc::MAP_FAILED { ptr::null_mut() } else { start.cast() }
}

/// Bytes of all pages that are touched; a layout's size is far from the end of the numbers.
fn pages(size: usize) -> usize {
    (size + (PAGE - 1)) & !(PAGE - 1)
}

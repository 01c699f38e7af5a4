//! What the system's allocator does with memory that was freed.
#![allow(unsafe_code)] // docs/decisions/0010-freed-memory-goes-back.md

/// Bytes from which on a block is a mapping of its own, and that may lie free at the end of the heap.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const BLOCK_BYTES: i32 = 1 << 20;

/// Has freed memory go back to the system. For the beginning of the process, when there is one thread.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    for parameter in [libc::M_MMAP_THRESHOLD, libc::M_TRIM_THRESHOLD] {
        // SAFETY: it takes two numbers and only sets fields of the allocator; no other thread runs yet.
        unsafe {
            libc::mallopt(parameter, BLOCK_BYTES);
        }
    }
}

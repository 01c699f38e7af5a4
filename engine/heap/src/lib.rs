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

#[cfg(target_os = "linux")]
mod blocks;
#[cfg(target_os = "linux")]
mod mapping;

#[cfg(target_os = "linux")]
pub use blocks::Heap;
#[cfg(not(target_os = "linux"))]
pub use std::alloc::System as Heap;

/// Bytes from which on a block is a mapping of its own.
pub const LARGE_BYTES: usize = 1 << 20;

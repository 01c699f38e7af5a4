//! Blocks of all sizes keep what was written to them, whatever becomes of their size.

use riddhi_heap::{Heap, LARGE_BYTES};

#[global_allocator]
static HEAP: Heap = Heap;

fn filled(len: usize) -> Vec<u32> {
    (0..len as u32).map(|i| i.wrapping_mul(2_654_435_761)).collect()
}

fn holds(values: &[u32], len: usize) -> bool {
    values.len() >= len && values[..len].iter().zip(0u32..).all(|(&v, i)| v == i.wrapping_mul(2_654_435_761))
}

#[test]
fn a_list_grows_and_shrinks_over_all_limits() {
    let words =
        [1, 1000, LARGE_BYTES / 4 - 1, LARGE_BYTES / 4, LARGE_BYTES / 4 + 1, LARGE_BYTES / 2, 700_001, 3_000_003];
    for &from in &words {
        for &to in &words {
            let mut list = filled(from);
            list.shrink_to_fit();
            // Something may lie behind it, so that it has to move.
            let behind = filled(from);
            if to > from {
                list.reserve_exact(to - from);
            } else {
                list.truncate(to);
                list.shrink_to_fit();
            }
            assert!(holds(&list, from.min(to)), "{from} to {to}");
            assert!(holds(&behind, from), "{from} to {to}");
        }
    }
}

#[test]
fn new_memory_is_zero_where_it_is_asked_for() {
    for round in 0..3 {
        let mut block = vec![0u8; LARGE_BYTES * 3 + 5];
        assert!(block.iter().all(|&b| b == 0), "round {round}");
        block.fill(7);
    }
}

#[test]
fn a_large_block_begins_with_a_page() {
    for size in [LARGE_BYTES, LARGE_BYTES * 2, LARGE_BYTES * 5 + 1] {
        let block = Vec::<u8>::with_capacity(size);
        assert_eq!(block.as_ptr().align_offset(4096), 0);
        if size >= 2 * LARGE_BYTES && cfg!(target_os = "linux") {
            assert_eq!(block.as_ptr().align_offset(2 << 20), 0);
        }
    }
}

#[test]
fn threads_share_it() {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 1..40 {
                    assert!(holds(&filled(n * 50_000), n * 50_000));
                }
            });
        }
    });
}

#[test]
fn what_cannot_be_had_is_refused() {
    let mut list: Vec<u8> = Vec::new();
    assert!(list.try_reserve_exact(isize::MAX as usize - 4096).is_err());
}

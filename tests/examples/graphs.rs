//! Prints random query graphs as cases: `cargo run -p riddhi-tests --example graphs -- FIRST COUNT [QUERIES_MAX]`.

use riddhi_tests::graphs::{Size, graph};

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let [first, count, rest @ ..] = &numbers[..] else {
        eprintln!("usage: graphs FIRST_SEED COUNT [QUERIES_MAX]");
        std::process::exit(2);
    };
    let mut size = Size::default();
    if let [most, ..] = rest {
        size.queries = (1, *most as i64);
    }
    for seed in *first..first + count {
        print!("=== graph-{seed}\n{}", graph(seed, size));
    }
}

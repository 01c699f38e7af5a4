//! Some of the faults that `riddhi-bench pair` repeats, once each: a pair of processes, a PostgreSQL, links through proxies.

use std::path::Path;

use riddhi_test_pair::{Bed, Plan, find, folder, remove};

#[test]
fn a_pair_loses_nothing_whatever_fails() {
    let plan = Plan {
        riddhi: Path::new(env!("CARGO_BIN_EXE_riddhi")).to_path_buf(),
        folder: folder("test"),
        ttl_ms: 500,
        passive: None,
        connections: 2,
        rate: (250, 1),
        snapshot_s: 2,
        every: 1,
    };
    let Some(mut bed) = Bed::start(plan).unwrap_or_else(|e| panic!("{e:#}")) else { return };
    for name in ["kill-active", "restart-passive", "nodes-cut", "pause-active-restart-passive"] {
        let fault = find(name).unwrap()[0].1;
        match fault.happen(&mut bed, 7) {
            Ok(seen) => assert!(seen.checked.is_good(), "{name}: {seen}\n{}", bed.log_tails()),
            Err(e) => panic!("{name}: {e:#}\n{}", bed.log_tails()),
        }
    }
    let place = bed.plan.folder.clone();
    drop(bed);
    remove(&place);
}

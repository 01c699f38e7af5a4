//! Whatever the bytes: the corpora that the fuzzer starts from, vectors with bytes changed, and noise.

mod check;
mod common;

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

type Check = fn(&[u8]);

const TARGETS: [(&str, Check); 4] = [
    ("binary", check::binary as Check),
    ("thrift", check::thrift as Check),
    ("tcp", check::tcp as Check),
    ("definition", check::definition as Check),
];

#[test]
fn fuzz_corpora() {
    for (target, check) in TARGETS {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
        let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let mut files: Vec<_> = entries.map(|entry| entry.expect("the folder can be listed").path()).collect();
        files.sort();
        assert!(files.len() >= 6, "the corpus of {target} is there");
        for file in files {
            println!("{}", file.display());
            check(&fs::read(&file).expect("it can be read"));
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let files = ["databridge-binary.json", "databridge-thrift.json", "siddhi-io-tcp.json"];
    files.into_iter().flat_map(|file| common::vectors(file).1).map(|v| v.bytes).collect()
}

fn check_all(bytes: &[u8]) {
    TARGETS.iter().for_each(|(_, check)| check(bytes));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn noise(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check_all(&bytes);
    }

    #[test]
    fn changed_vectors(
        bytes in prop::sample::select(seeds()), cut in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), cuts in any::<bool>(),
    ) {
        let mut bytes = bytes;
        let len = bytes.len();
        for (at, byte) in changes.into_iter().filter(|_| len > 0) {
            bytes[at.index(len)] = byte;
        }
        if cuts && !bytes.is_empty() {
            bytes.truncate(cut.index(bytes.len()));
        }
        check_all(&bytes);
    }
}

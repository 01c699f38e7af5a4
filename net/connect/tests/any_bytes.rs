//! Whatever the message: the corpus that the fuzzer starts from, messages with bytes changed, and noise.

mod check;

use std::fs;

use proptest::prelude::*;

fn corpus() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/mappers");
    let mut files: Vec<_> = fs::read_dir(folder).expect("it is there").map(|f| f.expect("listed").path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("it can be read")).collect()
}

#[test]
fn fuzz_corpus() {
    let all = corpus();
    assert!(all.len() >= 8, "the corpus is there");
    all.iter().for_each(|bytes| check::mappers(bytes));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        check::mappers(&bytes);
    }

    #[test]
    fn changed(
        bytes in prop::sample::select(corpus()), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let mut bytes = bytes;
        let len = bytes.len();
        changes.into_iter().for_each(|(at, byte)| bytes[at.index(len)] = byte);
        if let Some(cut) = cut {
            bytes.truncate(cut.index(len));
        }
        check::mappers(&bytes);
    }
}

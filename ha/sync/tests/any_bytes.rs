//! Whatever the bytes: the corpus that the fuzzer starts from, and noise. What is read off a socket is in `link.rs`.

mod check;

use std::fs;

use proptest::prelude::*;
use riddhi_role::Incarnation;
use riddhi_sync::Message;

fn messages() -> Vec<Message<'static>> {
    let from = Incarnation(7);
    vec![
        Message::Machine(riddhi_role::Message::Heartbeat { from, epoch: 3, sent_at: 400, alive: true }),
        Message::Machine(riddhi_role::Message::Answer { from, epoch: 3, sent_at: 400, alive: false }),
        Message::Machine(riddhi_role::Message::HandOver { epoch: 3, position: u64::MAX }),
        Message::Machine(riddhi_role::Message::AskHandOver),
        Message::Begin { epoch: 3, after: 5, anew: true },
        Message::Record { position: 6, bytes: b"what the data path understands" },
        Message::Acknowledge { incarnation: from, epoch: 3, position: 6 },
    ]
}

#[test]
fn fuzz_corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/message");
    if std::env::var_os("RIDDHI_UPDATE").is_some() {
        for (i, message) in messages().iter().enumerate() {
            let mut frame = Vec::new();
            message.write(&mut frame);
            fs::write(format!("{folder}/{i}"), [&frame[4..5], &frame[9..]].concat()).unwrap();
        }
    }
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 7, "the corpus is there");
    for file in files {
        let bytes = fs::read(file).unwrap();
        assert!(Message::read(bytes[0], &bytes[1..]).is_ok());
        check::message(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise(kind in 0u8..40, bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        check::message(&[&[kind], &bytes[..]].concat());
    }
}

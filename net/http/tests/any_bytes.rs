//! Whatever the bytes: the corpus that the fuzzer starts from, requests with bytes changed, and noise.

mod check;

use std::fs;

use proptest::prelude::*;

#[test]
fn fuzz_corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/session");
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{folder}: {e}"));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("the folder can be listed").path()).collect();
    files.sort();
    assert!(files.len() >= 10, "the corpus is there");
    for file in files {
        println!("{}", file.display());
        check::session(&fs::read(&file).expect("it can be read"));
    }
}

fn pieces() -> Vec<&'static str> {
    vec![
        "POST /StockApp/StockStream HTTP/1.1\r\n",
        "POST /StockApp/StockStream HTTP/1.0\r\n",
        "POST /Locked HTTP/1.1\r\n",
        "POST /Strict?tag=1 HTTP/1.1\r\n",
        "OPTIONS /Strict HTTP/1.1\r\n",
        "GET / HTTP/1.1\r\n",
        "host: a\r\n",
        "content-length: 2\r\n",
        "content-length: 0\r\n",
        "content-length: 5000\r\n",
        "transfer-encoding: chunked\r\n",
        "connection: close\r\n",
        "connection: keep-alive\r\n",
        "expect: 100-continue\r\n",
        "authorization: Basic YWRtaW46YWRtaW4=\r\n",
        "content-type: application/json\r\n",
        "x-id: 5\r\n",
        "\r\n",
        "\n",
        "\r",
        "{}",
        "[",
        "2\r\n{}\r\n",
        "0\r\n\r\n",
        "0\r\na: b\r\n\r\n",
        " a\r\n",
        "a : b\r\n",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn noise(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check::session(&bytes);
    }

    #[test]
    fn requests_of_any_pieces(
        pieces in prop::collection::vec(prop::sample::select(pieces()), 0..24),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..2),
    ) {
        let mut bytes = pieces.concat().into_bytes();
        let len = bytes.len();
        for (at, byte) in changes.into_iter().filter(|_| len > 0) {
            bytes[at.index(len)] = byte;
        }
        check::session(&bytes);
    }

    #[test]
    fn several_good_requests(
        bodies in prop::collection::vec(("[a-z{\\[\"]{1,40}", any::<bool>(), 1usize..9), 1..8),
    ) {
        let mut text = String::new();
        for (body, chunked, size) in &bodies {
            if *chunked {
                text += "POST /Strict HTTP/1.1\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
                for piece in body.as_bytes().chunks(*size) {
                    text += &format!("{:x}\r\n{}\r\n", piece.len(), String::from_utf8_lossy(piece));
                }
                text += "0\r\n\r\n";
            } else {
                text += &format!("POST {} HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", check::PATH, body.len());
            }
        }
        check::session(text.as_bytes());
        let mut driven = check::Driven::new();
        driven.write(text.as_bytes());
        let came: Vec<String> = driven.memory.messages.iter().map(|m| String::from_utf8_lossy(&m.1).into()).collect();
        let sent: Vec<String> = bodies.iter().map(|b| b.0.clone()).collect();
        prop_assert_eq!(came, sent);
    }
}

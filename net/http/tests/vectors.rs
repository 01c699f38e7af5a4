//! The byte vectors of `tests/vectors/http-json.json`, whole and byte by byte.

mod check;

use check::Driven;
use serde_json::Value as Json;

fn vectors() -> Vec<Json> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/http-json.json");
    let json: Json = serde_json::from_slice(&std::fs::read(path).expect("it is there")).expect("it is JSON");
    json["vectors"].as_array().expect("a list").clone()
}

fn bytes(vector: &Json) -> Vec<u8> {
    let hex = vector["hex"].as_str().expect("a text");
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hexadecimal")).collect()
}

/// Those whose status depends on what the mapper says of the body are in the tests of `riddhi-connect`.
const OF_THE_MAPPER: [&str; 8] = [
    "missing-attribute",
    "unknown-attribute",
    "wrong-type",
    "list-missing-attribute-partial",
    "list-one-bad-number-drops-all",
    "list-null-attribute-drops-all",
    "long-out-of-range",
    "empty-object",
];

#[test]
fn requests_have_the_status_they_should() {
    let mut seen = 0;
    for vector in vectors().iter().filter(|v| v["direction"] == "client-to-server") {
        let name = vector["name"].as_str().expect("a name");
        let locked = name.starts_with("auth") || name == "basic-auth";
        let text = bytes(vector);
        let text = if locked { replace(&text, check::PATH, "/Locked") } else { text };
        let expected = match name {
            // An object that ends too early is the mapper's to refuse; here it looks good.
            "bad-json" => 200,
            name if OF_THE_MAPPER.contains(&name) => 200,
            _ => vector["expect_status"].as_u64().expect("a status") as u16,
        };
        for piece in [text.len(), 1] {
            let mut driven = Driven::new();
            text.chunks(piece).for_each(|piece| driven.write(piece));
            assert_eq!(driven.statuses(), [expected], "{name}: {}", driven.text());
        }
        seen += 1;
    }
    assert_eq!(seen, 28);
}

fn replace(text: &[u8], from: &str, to: &str) -> Vec<u8> {
    String::from_utf8(text.to_vec()).expect("text").replace(from, to).into_bytes()
}

#[test]
fn answers_are_read_as_well() {
    let mut seen = 0;
    for vector in vectors().iter().filter(|v| v["direction"] == "server-to-client") {
        let bytes = bytes(vector);
        let whole = riddhi_http::Reply::read(&bytes).expect("it is an answer").expect("it is whole");
        let (status, body) = (&vector["decoded"]["status"], vector["decoded"]["body"].as_str().expect("a text"));
        assert_eq!(
            (u64::from(whole.status), &bytes[whole.head_bytes..]),
            (status.as_u64().expect("a status"), body.as_bytes())
        );
        assert_eq!(whole.body, riddhi_http::ReplyBody::Length(body.len() as u64));
        (0..whole.head_bytes).for_each(|n| assert_eq!(riddhi_http::Reply::read(&bytes[..n]), Ok(None)));
        seen += 1;
    }
    assert_eq!(seen, 3);
}

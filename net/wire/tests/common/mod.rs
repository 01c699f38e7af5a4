//! The byte vectors of `tests/vectors`, and how they write values.
#![allow(dead_code)]

use std::fs;
use std::path::PathBuf;

use riddhi_wire::{Extent, Type, Value, Values, WireError};
use serde_json::Value as Json;

/// A vector.
pub struct Vector {
    pub name: String,
    pub from_client: bool,
    pub valid: bool,
    pub bytes: Vec<u8>,
    /// What it means.
    pub decoded: Json,
    /// What the original answers.
    pub expect: Option<Vec<u8>>,
}

/// The vectors of a file, and the file.
pub fn vectors(file: &str) -> (Json, Vec<Vector>) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let json: Json = serde_json::from_str(&text).expect("vectors are JSON");
    let list = json["vectors"].as_array().expect("there are vectors").clone();
    let vectors = list
        .into_iter()
        .map(|v| Vector {
            name: str(&v["name"]).to_owned(),
            from_client: v["direction"] == "client-to-server",
            valid: v["kind"] == "valid",
            bytes: hex(str(&v["hex"])),
            expect: v["expect_hex"].as_str().map(hex),
            decoded: v["decoded"].clone(),
        })
        .collect();
    (json, vectors)
}

pub fn str(json: &Json) -> &str {
    json.as_str().unwrap_or_else(|| panic!("{json} is a text"))
}

pub fn hex(text: &str) -> Vec<u8> {
    let digit = |b: u8| (b as char).to_digit(16).expect("hexadecimal") as u8;
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// Reads the values that a vector lists and holds each against what it says.
pub fn values<'a>(expected: &Json, from: &mut impl Values<'a>) -> Vec<Value<'a>> {
    let list = expected.as_array().expect("values are a list");
    list.iter()
        .map(|e| {
            let ty = Type::of_name(str(&e["type"])).expect("it is a type");
            let value = from.value(ty).expect("the value is there");
            match value {
                Value::Int(v) => assert_eq!(Json::from(v), e["value"]),
                Value::Long(v) => assert_eq!(v.to_string(), str(&e["value"])),
                Value::Float(v) => assert_eq!(format!("0x{:08x}", v.to_bits()), str(&e["bits"])),
                Value::Double(v) => assert_eq!(format!("0x{:016x}", v.to_bits()), str(&e["bits"])),
                Value::Bool(v) => assert_eq!(Json::from(v), e["value"]),
                Value::Text(v) => {
                    assert_eq!(v.map(|v| Json::from(riddhi_wire::text(v))).unwrap_or_default(), e["value"])
                }
            }
            value
        })
        .collect()
}

/// The types of a stream of the file, in the order of the wire.
pub fn types(file: &Json, stream: &str) -> Option<Vec<Type>> {
    let stream = file["streams"].get(stream)?;
    let sections = ["meta", "correlation", "payload"].into_iter().flat_map(|s| stream[s].as_array().cloned());
    Some(sections.flatten().map(|a| Type::of_name(str(&a["type"])).expect("it is a type")).collect())
}

/// Holds the pairs of an event against what a vector says.
pub fn pairs<'a>(
    expected: &Json,
    pairs: impl Iterator<Item = Result<(&'a [u8], &'a [u8]), WireError>>,
) -> Vec<(&'a [u8], &'a [u8])> {
    let pairs: Vec<_> = pairs.map(|pair| pair.expect("the pair is there")).collect();
    let found = pairs.iter().map(|(k, v)| (riddhi_wire::text(k).into_owned(), Json::from(riddhi_wire::text(v))));
    assert_eq!(&Json::Object(found.collect()), expected);
    pairs
}

/// The messages that bytes consist of, however few arrive at a time; what is left at the end; the first error.
pub fn split(
    bytes: &[u8],
    step: impl Fn(usize) -> usize,
    mut extent: impl FnMut(&[u8], bool) -> Result<Extent, WireError>,
) -> (Vec<Vec<u8>>, Vec<u8>, Option<WireError>) {
    let (mut messages, mut buffer, mut at) = (Vec::new(), Vec::new(), 0);
    let mut fresh = true;
    while at < bytes.len() {
        let end = (at + step(at).max(1)).min(bytes.len());
        buffer.extend_from_slice(&bytes[at..end]);
        at = end;
        while !buffer.is_empty() {
            match extent(&buffer, fresh) {
                Ok(Extent::Whole(len)) => {
                    messages.push(buffer.drain(..len).collect());
                    fresh = true;
                }
                Ok(Extent::Partial(needed)) => {
                    assert!(needed > buffer.len(), "more is needed than is there");
                    fresh = false;
                    break;
                }
                Err(e) => return (messages, buffer, Some(e)),
            }
        }
    }
    (messages, buffer, None)
}

/// Messages, whether nothing is left behind them, and the first error.
pub type Split = (Vec<Vec<u8>>, bool, Option<WireError>);

/// Splits whole, byte by byte and in pieces; all must agree on the messages, and on what is wrong.
pub fn split_all_ways(bytes: &[u8], mut extent: impl FnMut(&[u8], bool) -> Result<Extent, WireError>) -> Split {
    let (messages, rest, error) = split(bytes, |_| bytes.len(), &mut extent);
    for size in [1, 2, 3, 5, 7, 11, 64] {
        let (again, _, error_again) = split(bytes, |at| 1 + (at * 31 + size) % size, &mut extent);
        assert_eq!((&again, &error_again), (&messages, &error), "in pieces of up to {size}");
    }
    (messages, rest.is_empty(), error)
}

/// A line about a malformed vector: what each of its messages is, and how it ends.
pub fn line(name: &str, (messages, whole, error): &Split, is: impl Fn(&[u8]) -> String) -> String {
    let mut line = format!("{name}:");
    messages.iter().for_each(|message| line += &format!(" {}", is(message)));
    line += &match error {
        Some(e) => format!(" {e}\n"),
        None if *whole => "\n".to_owned(),
        None => " waits\n".to_owned(),
    };
    line
}

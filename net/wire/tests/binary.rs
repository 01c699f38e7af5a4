//! The vectors of the Binary protocol, read and written again.

mod common;

use common::{Split, Vector, line, pairs, split_all_ways, str, types, values, vectors};
use riddhi_wire::databridge::binary::{
    Arbitrary, ErrorClass, PublishWriter, Request, Response, error, extent, login, login_ok, logout, ok,
    response_extent,
};
use riddhi_wire::{Extent, Type, Value, Values, WireError};
use serde_json::Value as Json;

const FILE: &str = "databridge-binary.json";
const BODY_MAX: usize = 10_000_000;

fn messages(v: &Vector) -> Split {
    split_all_ways(
        &v.bytes,
        |buffer, _| {
            if v.from_client { extent(buffer, BODY_MAX) } else { response_extent(buffer, BODY_MAX) }
        },
    )
}

/// Reads a request, holds it against what the vector says, and writes it again.
fn request_again(message: &[u8], decoded: &Json) -> Vec<u8> {
    let mut out = Vec::new();
    match Request::parse(message).expect("it can be read") {
        Request::Login { user, password } => {
            assert_eq!(riddhi_wire::text(user), str(&decoded["username"]));
            assert_eq!(riddhi_wire::text(password), str(&decoded["password"]));
            login(&mut out, user, password);
        }
        Request::Logout { session } => {
            assert_eq!(riddhi_wire::text(session), str(&decoded["sessionId"]));
            logout(&mut out, session);
        }
        Request::Publish(publish) => {
            assert_eq!(riddhi_wire::text(publish.session), str(&decoded["sessionId"]));
            let expected = decoded["events"].as_array().expect("events");
            assert_eq!(publish.len(), expected.len());
            assert_eq!(publish.is_empty(), expected.is_empty());
            let mut writer = PublishWriter::new(&mut out, publish.session);
            for (event, e) in publish.events().zip(expected) {
                let event = event.expect("the event is there");
                assert_eq!(riddhi_wire::text(event.stream), str(&e["streamId"]));
                assert_eq!(event.timestamp.to_string(), str(&e["timestamp"]));
                writer.event(event.stream, event.timestamp);
                let mut from = event.values();
                for section in ["meta", "correlation", "payload"] {
                    values(&e[section], &mut from).into_iter().for_each(|value| writer.value(value));
                }
                pairs(&e["arbitrary"], Arbitrary::behind(from)).iter().for_each(|(k, v)| writer.pair(k, v));
            }
            writer.finish();
        }
    }
    out
}

fn response_again(message: &[u8], decoded: &Json) -> Vec<u8> {
    let mut out = Vec::new();
    match Response::parse(message).expect("it can be read") {
        Response::Ok => {
            assert_eq!(decoded["op"], "ok");
            ok(&mut out);
        }
        Response::LoginOk(session) => {
            assert_eq!(riddhi_wire::text(session), str(&decoded["sessionId"]));
            login_ok(&mut out, session);
        }
        Response::Error { class, message } => {
            assert_eq!(riddhi_wire::text(class), str(&decoded["class"]));
            assert_eq!(riddhi_wire::text(message), str(&decoded["message"]));
            error(&mut out, ErrorClass::of_name(class).expect("a known class"), &riddhi_wire::text(message));
        }
    }
    out
}

#[test]
fn valid_vectors_both_ways() {
    let (_, vectors) = vectors(FILE);
    let mut seen = 0;
    for v in vectors.iter().filter(|v| v.valid) {
        println!("{}", v.name);
        let (messages, whole, error) = messages(v);
        assert_eq!((whole, error), (true, None));
        if v.name == "pipelined-publish-publish" {
            assert_eq!(messages.len(), 2);
            assert_eq!(messages[0], messages[1]);
            let Ok(Request::Publish(publish)) = Request::parse(&messages[0]) else { panic!("it is a publish") };
            assert_eq!(publish.events().count(), 1);
            continue;
        }
        assert_eq!(messages.len(), 1);
        let again = if v.from_client { request_again } else { response_again }(&messages[0], &v.decoded);
        assert_eq!(again, v.bytes);
        seen += 1;
    }
    assert_eq!(seen, 15);
}

/// What comes of the events of a bundle: how many can be read, and what is wrong with the next one.
fn events(file: &Json, request: Request<'_>) -> (usize, Option<String>) {
    let Request::Publish(publish) = request else { return (0, Some("no publish".into())) };
    let mut read = 0;
    for event in publish.events() {
        let event = match event {
            Ok(event) => event,
            Err(e) => return (read, Some(e.to_string())),
        };
        let Some(types) = types(file, &riddhi_wire::text(event.stream)) else {
            return (read, Some("unknown stream".into()));
        };
        let mut from = event.values();
        if let Some(e) = types.iter().find_map(|ty| from.value(*ty).err()) {
            return (read, Some(e.to_string()));
        }
        if let Some(e) = Arbitrary::behind(from).find_map(Result::err) {
            return (read, Some(e.to_string()));
        }
        read += 1;
    }
    (read, None)
}

#[test]
fn malformed_vectors() {
    let (file, vectors) = vectors(FILE);
    let is = |message: &[u8]| match Request::parse(message) {
        Ok(request @ Request::Publish(_)) => {
            let (read, error) = events(&file, request);
            format!("{read} events{}", error.map_or(String::new(), |e| format!(", then {e}")))
        }
        Ok(_) => "ok".to_owned(),
        Err(e) => e.to_string(),
    };
    let out: String = vectors.iter().filter(|v| !v.valid).map(|v| line(&v.name, &messages(v), is)).collect();
    assert_eq!(out, EXPECTED_OF_MALFORMED);
}

const EXPECTED_OF_MALFORMED: &str = "\
bool-byte-2: 1 events
unknown-type-3: there is no message type 3
unknown-type-with-body: there is no message type 127
negative-message-size: a body cannot have a length of -1
huge-message-size-eof: a message of 2147483647 bytes is longer than the 10000000 allowed
short-header: waits
truncated-body: waits
login-empty-body: a user's name ends behind the message
login-user-length-too-big: a user's name cannot have a length of 50
login-negative-user-length: a user's name cannot have a length of -5
login-trailing-bytes: ok
publish-unknown-session: 1 events
publish-empty-session: 1 events
publish-missing-count: a list of events ends behind the message
publish-count-too-big: 1 events, then an event ends behind the message
publish-count-negative: a list of events cannot have a length of -1
publish-count-too-small: 1 events
publish-event-size-too-small: 0 events, then an INT ends behind the message
publish-unknown-stream: 0 events, then unknown stream
publish-string-length-negative: 0 events, then a STRING cannot have a length of -1
publish-invalid-utf8: 1 events
publish-arbitrary-dangling-key: 0 events, then a key's value ends behind the message
logout-unknown-session: ok
probe-connect-close:
";

#[test]
fn answers_are_as_the_original_gives_them() {
    let (_, vectors) = vectors(FILE);
    for v in vectors.iter().filter(|v| v.expect.is_some()) {
        let Ok(Request::Publish(publish)) = Request::parse(&v.bytes) else { panic!("{} publishes", v.name) };
        let mut out = Vec::new();
        error(&mut out, ErrorClass::SessionTimeout, &format!("{} expired", riddhi_wire::text(publish.session)));
        assert_eq!(&out, v.expect.as_ref().expect("filtered"), "{}", v.name);
    }
}

#[test]
fn lengths_are_judged_by_the_header() {
    assert_eq!(extent(b"", 10), Ok(Extent::Partial(5)));
    assert_eq!(extent(&[2, 0, 0, 0, 10], 10), Ok(Extent::Partial(15)));
    assert_eq!(extent(&[2, 0, 0, 0, 11], 10), Err(WireError::TooLong { bytes: 11, bytes_max: 10 }));
    assert!(matches!(extent(&[3], 10), Err(WireError::Code { .. })));
    assert!(matches!(response_extent(&[3], 10), Err(WireError::Code { .. })));
    assert!(matches!(response_extent(&[2, 0, 0, 1, 0], 10), Err(WireError::TooLong { .. })));
    assert!(matches!(response_extent(&[1, 0, 0, 0, 1, 255, 0, 0, 0], 10), Err(WireError::Length { .. })));
}

#[test]
fn error_texts_are_ascii() {
    let mut out = Vec::new();
    error(&mut out, ErrorClass::UndefinedEventType, "no stream caf\u{e9}");
    let Ok(Response::Error { message, .. }) = Response::parse(&out) else { panic!("it is an error") };
    assert_eq!(message, b"no stream caf?");
}

#[test]
fn an_empty_text_arrives_as_null() {
    let mut out = Vec::new();
    let mut writer = PublishWriter::new(&mut out, b"s");
    writer.event(b"a:1.0.0", 0);
    writer.value(Value::Text(Some(b"")));
    writer.finish();
    let Ok(Request::Publish(publish)) = Request::parse(&out) else { panic!("it is a publish") };
    let event = publish.events().next().expect("an event").expect("whole");
    assert_eq!(event.values().value(Type::Text), Ok(Value::Text(None)));
}

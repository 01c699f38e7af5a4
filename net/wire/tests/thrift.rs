//! The vectors of the Thrift protocol, read and written again.

mod common;

use common::{Split, Vector, line, pairs, split_all_ways, str, types, values, vectors};
use riddhi_wire::databridge::thrift::{
    Arguments, Bundle, BundleWriter, Call, Exception, MapIndex, Method, Outcome, Reply, Scanner, Service,
    application_error, reply_bool, reply_exception, reply_text, reply_void, write_call,
};
use riddhi_wire::{Values, WireError};
use serde_json::Value as Json;

const FILE: &str = "databridge-thrift.json";
const MESSAGE_MAX: usize = 10_000_000;

/// The TCompactProtocol body is not for these ports.
const COMPACT: &str = "http-compact-connect-body";

/// Valid, but not as it would be written here.
const WRITTEN_OTHERWISE: [&str; 2] = ["connect-call-unversioned", "unknown-extra-field-skipped"];

fn messages(v: &Vector) -> Split {
    let mut scanner = Scanner::default();
    split_all_ways(&v.bytes, |buffer, fresh| {
        if fresh {
            scanner.reset();
        }
        scanner.scan(buffer, MESSAGE_MAX)
    })
}

fn call_again(message: &[u8], decoded: &Json) -> Vec<u8> {
    let call = Call::parse(message).expect("it can be read");
    assert_eq!(call.header.name, str(&decoded["method"]));
    assert_eq!(Json::from(call.header.sequence), decoded["seqid"]);
    assert!(call.header.wants_reply());
    let method = call.method.expect("a method of the services");
    let mut out = Vec::new();
    if let Some(bundle) = call.bundle {
        let bytes = bundle_again(&bundle, decoded);
        write_call(&mut out, method, call.header.sequence, Arguments::Bundle(&bytes));
        return out;
    }
    let names: &[&str] = match method {
        Method::Connect => &["userName", "password"],
        Method::Disconnect => &["sessionId"],
        Method::DefineStream => &["sessionId", "streamDefinition"],
        Method::FindStreamId | Method::DeleteByNameVersion => &["sessionId", "streamName", "streamVersion"],
        Method::DeleteById => &["sessionId", "streamId"],
        Method::Publish => panic!("a publish has a bundle"),
    };
    let texts: Vec<&[u8]> = (1..=names.len()).map(|id| call.text(id).expect("it is there")).collect();
    for (name, text) in names.iter().zip(&texts) {
        assert_eq!(riddhi_wire::text(text), str(&decoded["args"][name]));
    }
    assert!(call.text(0).is_err() && call.text(names.len() + 1).is_err());
    write_call(&mut out, method, call.header.sequence, Arguments::Texts(&texts));
    out
}

fn bundle_again(bundle: &Bundle<'_>, decoded: &Json) -> Vec<u8> {
    let session = bundle.session.expect("a session");
    assert_eq!(riddhi_wire::text(session), str(&decoded["sessionId"]));
    assert_eq!(Json::from(bundle.count), decoded["eventNum"]);
    let (mut writer, mut index) = (BundleWriter::default(), MapIndex::default());
    let mut events = bundle.events().expect("events");
    index.learn(bundle).expect("maps");
    for (i, e) in decoded["events"].as_array().expect("events").iter().enumerate() {
        let head = events.head().expect("whole").expect("an event");
        assert_eq!(riddhi_wire::text(head.stream), str(&e["streamId"]));
        assert_eq!(head.timestamp.to_string(), str(&e["timestamp"]));
        writer.event(head.stream, head.timestamp);
        for section in ["meta", "correlation", "payload"] {
            values(&e[section], &mut events).into_iter().for_each(|value| writer.value(value));
        }
        match index.pairs(bundle, i) {
            Some(found) => pairs(&e["arbitrary"], found).iter().for_each(|(k, v)| writer.pair(k, v)),
            None => assert_eq!(e["arbitrary"], serde_json::json!({})),
        }
    }
    assert_eq!(events.head(), Ok(None));
    let mut out = Vec::new();
    writer.finish(&mut out, session);
    assert!(writer.is_empty(), "it is ready for the next bundle");
    out
}

fn reply_again(message: &[u8], decoded: &Json) -> Vec<u8> {
    let reply = Reply::parse(message).expect("it can be read");
    assert_eq!(reply.header.name, str(&decoded["method"]));
    let result = decoded["result"].as_object().expect("a result");
    let mut out = Vec::new();
    match reply.outcome {
        Outcome::Void => {
            assert!(result.is_empty());
            reply_void(&mut out, &reply.header);
        }
        Outcome::Text(text) => {
            assert_eq!(riddhi_wire::text(text), str(&result["success"]));
            reply_text(&mut out, &reply.header, text);
        }
        Outcome::Exception(exception, message) => {
            let (_, said) = result.iter().next().expect("an exception");
            assert_eq!(riddhi_wire::text(message), str(&said["message"]));
            reply_exception(&mut out, &reply.header, exception, &riddhi_wire::text(message));
        }
        other => panic!("{other:?} is in no vector"),
    }
    out
}

#[test]
fn valid_vectors_both_ways() {
    let (_, vectors) = vectors(FILE);
    let mut seen = 0;
    for v in vectors.iter().filter(|v| v.valid && v.name != COMPACT) {
        println!("{}", v.name);
        let (messages, whole, error) = messages(v);
        assert_eq!((messages.len(), whole, error), (1, true, None));
        let again = if v.from_client { call_again } else { reply_again }(&messages[0], &v.decoded);
        if WRITTEN_OTHERWISE.contains(&v.name.as_str()) {
            let (versioned, _, _) = self::messages(&Vector { bytes: again, name: String::new(), ..*clone(v) });
            call_again(&versioned[0], &v.decoded);
        } else {
            assert_eq!(again, v.bytes);
        }
        seen += 1;
    }
    assert_eq!(seen, 18);
}

fn clone(v: &Vector) -> Box<Vector> {
    let (name, bytes, decoded, expect) = (v.name.clone(), v.bytes.clone(), v.decoded.clone(), v.expect.clone());
    Box::new(Vector { name, bytes, decoded, expect, ..*v })
}

/// Events of a bundle that can be read, and what is wrong with the next.
fn events(file: &Json, bundle: &Bundle<'_>) -> String {
    let mut events = match bundle.events() {
        Ok(events) => events,
        Err(e) => return e.to_string(),
    };
    let mut read = 0;
    loop {
        match events.head() {
            Ok(None) => return format!("{read} events"),
            Err(e) => return format!("{read} events, then {e}"),
            Ok(Some(head)) => {
                let types = types(file, &riddhi_wire::text(head.stream)).expect("a known stream");
                if let Some(e) = types.iter().find_map(|ty| events.value(*ty).err()) {
                    return format!("{read} events, then {e}");
                }
            }
        }
        read += 1;
    }
}

#[test]
fn malformed_vectors() {
    let (file, vectors) = vectors(FILE);
    let is = |message: &[u8]| match Call::parse(message) {
        Ok(Call { bundle: Some(bundle), .. }) => events(&file, &bundle),
        Ok(Call { method, .. }) => format!("{method:?}"),
        Err(e) => e.to_string(),
    };
    let malformed = vectors.iter().filter(|v| !v.valid || v.name == COMPACT);
    let out: String = malformed.map(|v| line(&v.name, &messages(v), is)).collect();
    assert_eq!(out, EXPECTED_OF_MALFORMED);
}

const EXPECTED_OF_MALFORMED: &str = "\
http-compact-connect-body: there is no protocol version -2111766265
unknown-method-call: None
connect-on-general-port: Some(Connect)
publish-unknown-session: 1 events
publish-no-string-list: a list of events cannot have a length of 1
publish-eventnum-too-big: a list of events cannot have a length of 3
publish-eventnum-too-small: 1 events
publish-no-args: Some(Publish)
disconnect-unknown-session: Some(Disconnect)
deletestreambyid-no-colon: Some(DeleteById)
definestream-bad-json: Some(DefineStream)
definestream-bad-version: Some(DefineStream)
definestream-bad-first-type: Some(DefineStream)
bad-version-word: there is no protocol version -2147352575
framed-client-on-unframed-port: a method's name cannot have a length of 138
negative-string-length: a method's name cannot have a length of -1
huge-string-length: a method's name cannot have a length of 2147483647
huge-list-count: a message of 8589934669 bytes is longer than the 10000000 allowed
truncated-call: waits
compact-on-binary-port: there is no protocol version -2111766265
";

/// Answers as a server on a port of each service would give them, to calls that need nothing but the vectors' own data.
#[test]
fn answers_are_as_the_original_gives_them() {
    let (_, vectors) = vectors(FILE);
    let mut seen = 0;
    for v in vectors.iter().filter(|v| v.expect.is_some()) {
        let call = Call::parse(&v.bytes).expect("it can be read");
        let service = if v.name == "disconnect-call" || v.name == "disconnect-unknown-session" {
            Service::Secure
        } else {
            Service::Plain
        };
        let mut out = Vec::new();
        let session = call.bundle.map_or(call.text(1).ok(), |b| b.session);
        match (call.method.filter(|m| m.is_of(service)), &v.name[..]) {
            (None, _) => application_error(&mut out, &call.header, false),
            (Some(Method::Publish), _) if call.bundle.is_none_or(|b| !b.has_texts) => {
                application_error(&mut out, &call.header, true);
            }
            (Some(Method::Publish), "publish-unknown-session") => {
                let message = format!("{} expired", riddhi_wire::text(session.expect("a session")));
                reply_exception(&mut out, &call.header, Exception::SessionExpired, &message);
            }
            (Some(Method::Disconnect), "disconnect-unknown-session") => application_error(&mut out, &call.header, true),
            (Some(Method::Publish | Method::Disconnect), _) => reply_void(&mut out, &call.header),
            (Some(Method::FindStreamId), "findstreamid-call-missing") => {
                let message = "Stream definition not exist for nope 1.0.0";
                reply_exception(&mut out, &call.header, Exception::NoStreamDefinition, message);
            }
            (Some(Method::FindStreamId), _) => {
                let (name, version) = (call.text(2).expect("a name"), call.text(3).expect("a version"));
                reply_text(&mut out, &call.header, &[name, b":", version].concat());
            }
            (Some(Method::DeleteById), _) if !call.text(2).expect("an id").contains(&b':') => {
                application_error(&mut out, &call.header, true);
            }
            (Some(Method::DeleteById), _) => reply_bool(&mut out, &call.header, false),
            (Some(method), name) => panic!("{method:?} in {name}"),
        }
        assert_eq!(Some(&out), v.expect.as_ref(), "{}", v.name);
        Reply::parse(&out).expect("a reply can be read");
        seen += 1;
    }
    assert_eq!(seen, 17);
}

#[test]
fn what_a_method_does_not_declare_is_an_internal_error() {
    let mut out = Vec::new();
    write_call(&mut out, Method::Disconnect, 3, Arguments::Texts(&[b"s"]));
    let call = Call::parse(&out).expect("a call");
    let mut reply = Vec::new();
    reply_exception(&mut reply, &call.header, Exception::SessionExpired, "s expired");
    let reply = Reply::parse(&reply).expect("a reply");
    assert_eq!(reply.outcome, Outcome::Failed(6, b"Internal error processing disconnect"));
}

/// A call of `publish` with these bytes for the fields of its arguments.
fn publish(fields: &[u8]) -> Vec<u8> {
    [b"\x80\x01\x00\x01\x00\x00\x00\x07publish\x00\x00\x00\x01", fields, b"\x00"].concat()
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| publish(&[b"\x0c\x00\x09".repeat(depth), b"\x00".repeat(depth)].concat());
    let scan = |bytes: &[u8]| Scanner::default().scan(bytes, MESSAGE_MAX);
    assert!(matches!(scan(&nested(15)), Ok(riddhi_wire::Extent::Whole(_))));
    assert!(Call::parse(&nested(15)).is_ok());
    assert_eq!(scan(&nested(16)), Err(WireError::Deep(16)));
    assert_eq!(Call::parse(&nested(16)).err(), Some(WireError::Deep(16)));
    assert_eq!(scan(&nested(100_000)), Err(WireError::Deep(16)));
}

#[test]
fn counts_are_judged_before_they_are_followed() {
    // A list of structs, a list of texts, a map of texts: more than the message may be long.
    for fields in [
        &b"\x0f\x00\x09\x0c\x7f\xff\xff\xff"[..],
        b"\x0f\x00\x09\x0b\x00\x10\x00\x00",
        b"\x0d\x00\x09\x0b\x0b\x00\x10\x00\x00",
    ] {
        let bytes = publish(fields);
        assert!(matches!(Scanner::default().scan(&bytes, 1 << 20), Err(WireError::TooLong { .. })));
        assert!(matches!(Call::parse(&bytes), Err(WireError::Length { .. })));
    }
    let negative = publish(b"\x0f\x00\x09\x08\xff\xff\xff\xff");
    assert!(matches!(Scanner::default().scan(&negative, 1 << 20), Err(WireError::Length { .. })));
}

#[test]
fn a_list_of_another_type_is_refused() {
    // The texts of a bundle as a list of numbers.
    let bytes = publish(b"\x0c\x00\x01\x0f\x00\x07\x08\x00\x00\x00\x01\x00\x00\x00\x07\x00");
    assert!(matches!(Call::parse(&bytes), Err(WireError::Code { .. })));
}

#[test]
fn maps_are_found_in_any_order() {
    let mut writer = BundleWriter::default();
    for (event, key) in [(b"a:1.0.0", b"0"), (b"b:1.0.0", b"1"), (b"c:1.0.0", b"2")] {
        writer.event(event, 0);
        if key != b"1" {
            writer.pair(key, key);
        }
    }
    assert_eq!(writer.len(), 3);
    let (mut bundle, mut call) = (Vec::new(), Vec::new());
    writer.finish(&mut bundle, b"s");
    write_call(&mut call, Method::Publish, 1, Arguments::Bundle(&bundle));
    // The first map says that it is of an event that there is not, the second that it is of the first event.
    let maps = call.windows(4).rposition(|w| w == [0, 0, 0, 2] && w.len() == 4).expect("the second map's number");
    let call_bytes = {
        let mut bytes = call.clone();
        bytes[maps + 3] = 0;
        bytes
    };
    let parsed = Call::parse(&call_bytes).expect("a call");
    let (bundle, mut index) = (parsed.bundle.expect("a bundle"), MapIndex::default());
    index.learn(&bundle).expect("maps");
    let keys: Vec<_> = index.pairs(&bundle, 0).expect("the last map of it").map(|p| p.expect("a pair").0).collect();
    assert_eq!(keys, [b"2"]);
    assert!(index.pairs(&bundle, 1).is_none() && index.pairs(&bundle, 7).is_none());
}

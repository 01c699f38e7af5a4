//! Events between receiver and mapper.

mod common;

use riddhi_wire::databridge::binary::Request;
use riddhi_wire::databridge::run::{Run, RunWriter, Texts};
use riddhi_wire::{Type, Value, Values};

#[test]
fn events_of_binary_are_a_run_as_they_come() {
    let (file, vectors) = common::vectors("databridge-binary.json");
    let v = vectors.iter().find(|v| v.name == "publish-arbitrary-map").expect("the vector");
    let Ok(Request::Publish(publish)) = Request::parse(&v.bytes) else { panic!("it is a publish") };
    let types = common::types(&file, "org.wso2.demo.stock:1.0.0").expect("the stream");
    let mut run = Run::new(Texts::EmptyIsNull, publish.events().rest());
    let event = run.next().expect("an event").expect("whole");
    assert_eq!(event.timestamp, 1_700_000_000_123);
    let mut values = event.values;
    let texts = types.iter().filter_map(|ty| match values.value(*ty).expect("the value is there") {
        Value::Text(text) => Some(text.expect("it is not null")),
        _ => None,
    });
    assert_eq!(texts.collect::<Vec<_>>(), [&b"10.0.0.7"[..], b"WSO2"]);
    assert_eq!(values.pair(), Ok(Some((&b"region"[..], &b"eu"[..]))));
    assert_eq!(values.pair(), Ok(Some((&b"tier"[..], &b"gold"[..]))));
    assert_eq!(values.pair(), Ok(None));
    assert!(run.next().is_none());
}

#[test]
fn null_and_empty_differ_where_they_are_exact() {
    let mut bytes = Vec::new();
    let mut writer = RunWriter::new(&mut bytes);
    for text in [None, Some(&b""[..]), Some(&b"x"[..])] {
        writer.event(5);
        writer.value(Value::Text(text));
    }
    writer.pair(b"k", b"v");
    let end = writer.end();
    assert_eq!(end, bytes.len());
    let texts =
        |form| -> Vec<_> { Run::new(form, &bytes).map(|e| e.expect("whole").values.value(Type::Text)).collect() };
    assert_eq!(texts(Texts::Exact), [Ok(Value::Text(None)), Ok(Value::Text(Some(b""))), Ok(Value::Text(Some(b"x")))]);
    assert!(texts(Texts::EmptyIsNull)[0].is_err());
    assert_eq!(texts(Texts::EmptyIsNull)[1], Ok(Value::Text(None)));
}

#[test]
fn what_is_cut_is_an_error() {
    let mut bytes = Vec::new();
    let mut writer = RunWriter::new(&mut bytes);
    writer.event(5);
    writer.value(Value::Int(1));
    writer.end();
    for len in 1..bytes.len() {
        let mut run = Run::new(Texts::Exact, &bytes[..len]);
        assert!(run.next().expect("something").is_err() && run.next().is_none(), "{len} bytes");
    }
    for form in [Texts::Exact, Texts::EmptyIsNull] {
        assert_eq!(Texts::of_head(&form.head()), Ok(form));
    }
    assert!(Texts::of_head(&[2]).is_err() && Texts::of_head(&[]).is_err() && Texts::of_head(&[0, 0]).is_err());
}

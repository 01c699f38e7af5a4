//! What is written is read again, whatever the values.

use proptest::prelude::*;
use riddhi_wire::databridge::binary::{self, Arbitrary, PublishWriter, Request, Response};
use riddhi_wire::databridge::thrift::{Arguments, BundleWriter, Call, MapIndex, Method, Scanner, write_call};
use riddhi_wire::siddhi_tcp::{self, Events, EventsWriter, Frame};
use riddhi_wire::{Extent, Type, Value, Values};

/// A value that owns its text.
#[derive(Clone, Debug)]
enum Own {
    Int(i32),
    Long(i64),
    Float(f32),
    Double(f64),
    Bool(bool),
    Text(Option<String>),
}

impl Own {
    fn value(&self) -> Value<'_> {
        match self {
            Own::Int(v) => Value::Int(*v),
            Own::Long(v) => Value::Long(*v),
            Own::Float(v) => Value::Float(*v),
            Own::Double(v) => Value::Double(*v),
            Own::Bool(v) => Value::Bool(*v),
            Own::Text(v) => Value::Text(v.as_ref().map(|v| v.as_bytes())),
        }
    }
}

fn of_type(ty: Type) -> BoxedStrategy<Own> {
    match ty {
        Type::Int => any::<i32>().prop_map(Own::Int).boxed(),
        Type::Long => any::<i64>().prop_map(Own::Long).boxed(),
        Type::Float => any::<f32>().prop_map(Own::Float).boxed(),
        Type::Double => any::<f64>().prop_map(Own::Double).boxed(),
        Type::Bool => any::<bool>().prop_map(Own::Bool).boxed(),
        Type::Text => prop::option::of(".{1,9}").prop_map(Own::Text).boxed(),
    }
}

#[derive(Clone, Debug)]
struct Event {
    timestamp: i64,
    values: Vec<Own>,
    pairs: Vec<(String, String)>,
}

/// Types, and events with values of these types.
fn events() -> impl Strategy<Value = (Vec<Type>, Vec<Event>)> {
    let types = prop::collection::vec(prop::sample::select(Type::NAMES.map(|(ty, _)| ty).to_vec()), 0..7);
    types.prop_flat_map(|types| {
        let values: Vec<_> = types.iter().map(|ty| of_type(*ty)).collect();
        let pairs = prop::collection::vec((".{1,4}", ".{0,4}"), 0..3);
        let event = (any::<i64>(), values, pairs);
        let event = event.prop_map(|(timestamp, values, pairs)| Event { timestamp, values, pairs });
        (Just(types), prop::collection::vec(event, 0..6))
    })
}

const STREAM: &[u8] = b"org.example.stream:1.0.0";

fn read<'a>(types: &[Type], from: &mut impl Values<'a>) -> Vec<Value<'a>> {
    types.iter().map(|ty| from.value(*ty).expect("the value is there")).collect()
}

/// Equal by bits, so that a NaN equals itself.
fn same(read: &[Value<'_>], written: &[Own]) -> bool {
    read.len() == written.len() && read.iter().zip(written).all(|(r, w)| bits(r) == bits(&w.value()))
}

fn bits(value: &Value<'_>) -> (Type, Vec<u8>) {
    let mut out = Vec::new();
    riddhi_wire::put::value(&mut out, *value);
    let ty = match value {
        Value::Int(_) => Type::Int,
        Value::Long(_) => Type::Long,
        Value::Float(_) => Type::Float,
        Value::Double(_) => Type::Double,
        Value::Bool(_) => Type::Bool,
        Value::Text(_) => Type::Text,
    };
    (ty, out)
}

proptest! {
    #[test]
    fn binary_publish((types, events) in events(), session in ".{0,40}") {
        let mut out = Vec::new();
        let mut writer = PublishWriter::new(&mut out, session.as_bytes());
        for e in &events {
            writer.event(STREAM, e.timestamp);
            e.values.iter().for_each(|v| writer.value(v.value()));
            e.pairs.iter().for_each(|(k, v)| writer.pair(k.as_bytes(), v.as_bytes()));
        }
        writer.finish();
        prop_assert_eq!(binary::extent(&out, out.len()), Ok(Extent::Whole(out.len())));
        let Ok(Request::Publish(publish)) = Request::parse(&out) else { panic!("it is a publish") };
        prop_assert_eq!((publish.session, publish.len()), (session.as_bytes(), events.len()));
        let mut found = publish.events();
        for e in &events {
            let event = found.next().expect("an event").expect("whole");
            prop_assert_eq!((event.stream, event.timestamp), (STREAM, e.timestamp));
            let mut from = event.values();
            prop_assert!(same(&read(&types, &mut from), &e.values));
            let pairs: Vec<_> = Arbitrary::behind(from).map(|p| p.expect("a pair")).collect();
            let written: Vec<_> = e.pairs.iter().map(|(k, v)| (k.as_bytes(), v.as_bytes())).collect();
            prop_assert_eq!(pairs, written);
        }
        prop_assert!(found.next().is_none() && found.rest().is_empty());
    }

    #[test]
    fn binary_others(user in ".{0,20}", password in ".{0,20}", message in "[ -~]{0,30}") {
        let mut out = Vec::new();
        binary::login(&mut out, user.as_bytes(), password.as_bytes());
        let Ok(Request::Login { user: u, password: p }) = Request::parse(&out) else { panic!("it is a log-in") };
        prop_assert_eq!((u, p), (user.as_bytes(), password.as_bytes()));
        for (class, name) in binary::ErrorClass::NAMES {
            out.clear();
            binary::error(&mut out, class, &message);
            prop_assert_eq!(binary::response_extent(&out, 1000), Ok(Extent::Whole(out.len())));
            let expected = Response::Error { class: name.as_bytes(), message: message.as_bytes() };
            prop_assert_eq!(Response::parse(&out), Ok(expected));
        }
    }

    #[test]
    fn thrift_publish((types, events) in events(), session in ".{0,40}", sequence in any::<i32>()) {
        let (mut writer, mut body, mut out) = (BundleWriter::default(), Vec::new(), Vec::new());
        for e in &events {
            writer.event(STREAM, e.timestamp);
            e.values.iter().for_each(|v| writer.value(v.value()));
            e.pairs.iter().for_each(|(k, v)| writer.pair(k.as_bytes(), v.as_bytes()));
        }
        writer.finish(&mut body, session.as_bytes());
        write_call(&mut out, Method::Publish, sequence, Arguments::Bundle(&body));
        prop_assert_eq!(Scanner::default().scan(&out, out.len()), Ok(Extent::Whole(out.len())));
        let call = Call::parse(&out).expect("a call");
        let bundle = call.bundle.expect("a bundle");
        prop_assert_eq!((call.header.sequence, bundle.session), (sequence, Some(session.as_bytes())));
        let (mut found, mut index) = (bundle.events().expect("events"), MapIndex::default());
        index.learn(&bundle).expect("maps");
        for (i, e) in events.iter().enumerate() {
            let head = found.head().expect("whole").expect("an event");
            prop_assert_eq!((head.stream, head.timestamp), (STREAM, e.timestamp));
            let values = read(&types, &mut found);
            let nan = e.values.iter().any(|v| matches!(v, Own::Float(v) if v.is_nan()));
            // Floats travel as doubles, which may change the bits of a NaN.
            prop_assert!(nan || same(&values, &e.values));
            let pairs: Vec<_> = index.pairs(&bundle, i).into_iter().flatten().map(|p| p.expect("a pair")).collect();
            let written: Vec<_> = e.pairs.iter().map(|(k, v)| (k.as_bytes(), v.as_bytes())).collect();
            prop_assert_eq!(pairs, written);
        }
        prop_assert_eq!(found.head(), Ok(None));
    }

    #[test]
    fn tcp_events((types, events) in events(), session in ".{0,40}", channel in ".{0,40}") {
        let mut out = Vec::new();
        let start = siddhi_tcp::begin_frame(&mut out, session.as_bytes(), channel.as_bytes());
        let mut writer = EventsWriter::new(&mut out);
        for e in &events {
            writer.event(e.timestamp);
            e.values.iter().for_each(|v| writer.value(v.value()));
        }
        writer.finish();
        siddhi_tcp::end_frame(&mut out, start);
        prop_assert_eq!(siddhi_tcp::extent(&out, out.len()), Ok(Extent::Whole(out.len())));
        let frame = Frame::parse(&out).expect("a frame");
        prop_assert_eq!((frame.session, frame.channel), (session.as_bytes(), channel.as_bytes()));
        let mut found = Events::parse(frame.data, &types).expect("events");
        for e in &events {
            prop_assert_eq!(found.timestamp(), Ok(Some(e.timestamp)));
            prop_assert!(same(&read(&types, &mut found.values), &e.values));
        }
        prop_assert_eq!(found.timestamp(), Ok(None));
    }
}

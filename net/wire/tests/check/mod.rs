//! What must hold for any bytes: run by the fuzzer, over its corpus, and over random bytes.

use riddhi_wire::databridge::binary::{self, Arbitrary, PublishWriter, Request, Response};
use riddhi_wire::databridge::thrift::{Arguments, BundleWriter, Call, MapIndex, Method, Reply, Scanner, write_call};
use riddhi_wire::definition::StreamDefinition;
use riddhi_wire::siddhi_tcp::{self, Control, Events, EventsWriter, Frame};
use riddhi_wire::{Extent, Type, Values, WireError};

const BYTES_MAX: usize = 1 << 16;

/// Types to read values by: the first byte says where to begin among all.
fn types(bytes: &[u8]) -> Vec<Type> {
    let first = bytes.first().copied().unwrap_or(0) as usize;
    (0..first % 7).map(|i| Type::NAMES[(first / 7 + i * 5) % 6].0).collect()
}

/// The end of the first message; the same however few bytes arrive at a time.
fn extent_of(bytes: &[u8], mut extent: impl FnMut(&[u8], bool) -> Result<Extent, WireError>) -> Option<usize> {
    let whole = extent(bytes, true);
    let (mut needed, mut fresh) = (0, true);
    for len in 0..=bytes.len() {
        if len < needed && len != bytes.len() {
            continue;
        }
        match extent(&bytes[..len], std::mem::take(&mut fresh)) {
            Ok(Extent::Partial(more)) => {
                assert!(more > len, "more is needed than is there");
                assert!(len >= needed || len == bytes.len(), "it was needed");
                needed = more;
            }
            Ok(Extent::Whole(end)) => {
                assert_eq!((end, whole), (len, Ok(Extent::Whole(end))), "the end is told as soon as it is there");
                return Some(end);
            }
            Err(e) => {
                assert_eq!(whole, Err(e), "the error is the same");
                return None;
            }
        }
    }
    assert!(matches!(whole, Ok(Extent::Partial(n)) if n == needed), "it waits for as many bytes");
    None
}

pub fn binary(bytes: &[u8]) {
    if let Some(end) = extent_of(bytes, |b, _| binary::response_extent(b, BYTES_MAX)) {
        Response::parse(&bytes[..end]).expect("an answer whose end is told can be read");
    }
    let Some(end) = extent_of(bytes, |b, _| binary::extent(b, BYTES_MAX)) else { return };
    let mut out = Vec::new();
    match Request::parse(&bytes[..end]) {
        Ok(Request::Login { user, password }) => {
            binary::login(&mut out, user, password);
            assert_eq!(out[5..], bytes[5..out.len()]);
        }
        Ok(Request::Logout { session }) => {
            binary::logout(&mut out, session);
            assert_eq!(out[5..], bytes[5..out.len()]);
        }
        Ok(Request::Publish(publish)) => {
            let types = types(publish.session);
            let mut writer = PublishWriter::new(&mut out, publish.session);
            let mut sent = 0;
            'events: for event in publish.events() {
                let Ok(event) = event else { break };
                let mut from = event.values();
                let mut read = Vec::new();
                for ty in &types {
                    let Ok(value) = from.value(*ty) else { break 'events };
                    read.push(value);
                }
                let Ok(pairs) = Arbitrary::behind(from).collect::<Result<Vec<_>, _>>() else { break };
                writer.event(event.stream, event.timestamp);
                read.into_iter().for_each(|value| writer.value(value));
                pairs.into_iter().for_each(|(key, value)| writer.pair(key, value));
                sent += 1;
            }
            writer.finish();
            if sent == publish.len() && sent == 0 {
                return;
            }
            let Ok(Request::Publish(again)) = Request::parse(&out) else { return };
            assert_eq!(again.len(), sent);
            assert_eq!(again.events().filter(Result::is_ok).count(), sent, "what is written can be read");
        }
        Err(_) => {}
    }
}

pub fn thrift(bytes: &[u8]) {
    let (mut scanner, mut whole) = (Scanner::default(), true);
    let end = extent_of(bytes, |b, fresh| {
        if fresh {
            scanner.reset();
        }
        // The first call is that over all bytes.
        if std::mem::take(&mut whole) { Scanner::default().scan(b, BYTES_MAX) } else { scanner.scan(b, BYTES_MAX) }
    });
    let Some(end) = end else { return };
    // A message whose end is told can fail only at what the scanner does not look at.
    let _ = Reply::parse(&bytes[..end]);
    let Ok(call) = Call::parse(&bytes[..end]) else { return };
    let Some(bundle) = call.bundle else { return };
    let (Ok(mut events), mut index) = (bundle.events(), MapIndex::default()) else { return };
    if index.learn(&bundle).is_err() {
        return;
    }
    let types = types(bundle.session.unwrap_or_default());
    let (mut writer, mut sent) = (BundleWriter::default(), 0);
    'events: while let Ok(Some(head)) = events.head() {
        let mut read = Vec::new();
        for ty in &types {
            let Ok(value) = events.value(*ty) else { break 'events };
            read.push(value);
        }
        writer.event(head.stream, head.timestamp);
        read.into_iter().for_each(|value| writer.value(value));
        for pair in index.pairs(&bundle, sent).into_iter().flatten() {
            let (key, value) = pair.expect("pairs were learnt");
            writer.pair(key, value);
        }
        sent += 1;
    }
    let (mut body, mut out) = (Vec::new(), Vec::new());
    writer.finish(&mut body, bundle.session.unwrap_or_default());
    write_call(&mut out, Method::Publish, call.header.sequence, Arguments::Bundle(&body));
    let again = Call::parse(&out).expect("what is written can be read").bundle.expect("a bundle");
    assert_eq!(again.count as usize, sent);
}

pub fn tcp(bytes: &[u8]) {
    let Some(end) = extent_of(bytes, |b, _| siddhi_tcp::extent(b, BYTES_MAX)) else { return };
    let Ok(frame) = Frame::parse(&bytes[..end]) else { return };
    let mut out = Vec::new();
    siddhi_tcp::write_frame(&mut out, &frame);
    assert_eq!(out, &bytes[..end], "a frame is written as it came");
    if let Ok(Some(control)) = Control::parse(&frame) {
        out.clear();
        control.write(&mut out);
        let again = Frame::parse(&out).expect("what is written can be read");
        assert_eq!(Control::parse(&again), Ok(Some(control)));
    }
    let types = types(frame.session);
    let Ok(mut events) = Events::parse(frame.data, &types) else { return };
    out.clear();
    let mut writer = EventsWriter::new(&mut out);
    let mut sent = 0;
    'events: while let Ok(Some(timestamp)) = events.timestamp() {
        let mut read = Vec::new();
        for ty in &types {
            let Ok(value) = events.values.value(*ty) else { break 'events };
            read.push(value);
        }
        writer.event(timestamp);
        read.into_iter().for_each(|value| writer.value(value));
        sent += 1;
    }
    assert_eq!(writer.finish(), sent);
    assert_eq!(Events::parse(&out, &types).expect("what is written can be read").len(), sent);
}

pub fn definition(bytes: &[u8]) {
    let Ok(definition) = StreamDefinition::parse(&riddhi_wire::text(bytes)) else { return };
    assert_eq!(StreamDefinition::parse(&definition.to_string()), Ok(definition), "what is written is read again");
}

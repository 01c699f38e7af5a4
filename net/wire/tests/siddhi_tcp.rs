//! The vectors of Siddhi TCP, read and written again, and the acknowledgements.

mod common;

use common::{Vector, line, split_all_ways, str, values, vectors};
use riddhi_wire::siddhi_tcp::{
    CONTROL_VERSION, Control, Events, EventsWriter, Frame, begin_frame, end_frame, extent, write_frame,
};
use riddhi_wire::{Type, Value, Values};
use serde_json::Value as Json;

const FILE: &str = "siddhi-io-tcp.json";
const FRAME_MAX: usize = 1 << 20;

/// The types of a channel, or none if its mapper is another, or has types that are not taken.
fn types(file: &Json, channel: &[u8]) -> Option<Vec<Type>> {
    let types = file["channels"].get(&*riddhi_wire::text(channel))?.as_array()?;
    types.iter().map(|ty| Type::of_name(str(ty))).collect()
}

fn frame_again(file: &Json, bytes: &[u8], decoded: &Json) -> Vec<u8> {
    let frame = Frame::parse(bytes).expect("it can be read");
    assert_eq!(Control::parse(&frame), Ok(None), "it is for a source");
    assert_eq!(riddhi_wire::text(frame.channel), str(&decoded["channelId"]));
    if let Some(session) = decoded["sessionId"].as_str() {
        assert_eq!(riddhi_wire::text(frame.session), session);
    }
    let mut out = Vec::new();
    let Some(types) = types(file, frame.channel) else {
        write_frame(&mut out, &frame);
        return out;
    };
    let start = begin_frame(&mut out, frame.session, frame.channel);
    let mut events = Events::parse(frame.data, &types).expect("events");
    let expected = decoded["events"].as_array().expect("events");
    assert_eq!((events.len(), events.is_empty()), (expected.len(), expected.is_empty()));
    let mut writer = EventsWriter::new(&mut out);
    for e in expected {
        let timestamp = events.timestamp().expect("whole").expect("an event");
        assert_eq!(timestamp.to_string(), str(&e["timestamp"]));
        writer.event(timestamp);
        values(&e["data"], &mut events.values).into_iter().for_each(|value| writer.value(value));
    }
    assert_eq!(events.timestamp(), Ok(None));
    assert_eq!(writer.finish(), expected.len());
    end_frame(&mut out, start);
    out
}

#[test]
fn valid_vectors_both_ways() {
    let (file, vectors) = vectors(FILE);
    let mut seen = 0;
    for v in vectors.iter().filter(|v| v.valid) {
        println!("{}", v.name);
        let (frames, whole, error) = split_all_ways(&v.bytes, |buffer, _| extent(buffer, FRAME_MAX));
        assert_eq!((whole, error), (true, None));
        let decoded = match v.decoded["frames"].as_array() {
            Some(frames) => frames.clone(),
            None => vec![v.decoded.clone()],
        };
        assert_eq!(frames.len(), decoded.len());
        let again: Vec<u8> = frames.iter().zip(&decoded).flat_map(|(f, d)| frame_again(&file, f, d)).collect();
        assert_eq!(again, v.bytes);
        seen += 1;
    }
    assert_eq!(seen, 9);
}

/// Events of a frame that can be read, and what is wrong.
fn events(file: &Json, frame: &Frame<'_>) -> String {
    let Some(types) = types(file, frame.channel) else { return "unknown channel".into() };
    let mut events = match Events::parse(frame.data, &types) {
        Ok(events) => events,
        Err(e) => return e.to_string(),
    };
    let mut read = 0;
    loop {
        match events.timestamp() {
            Ok(Some(_)) => {}
            Ok(None) => return format!("{read} events, {} bytes behind", events.values.rest().len()),
            Err(e) => return e.to_string(),
        }
        if let Some(e) = types.iter().find_map(|ty| events.values.value(*ty).err()) {
            return e.to_string();
        }
        read += 1;
    }
}

#[test]
fn malformed_vectors() {
    let (file, vectors) = vectors(FILE);
    let is = |frame: &[u8]| match Frame::parse(frame) {
        Ok(frame) => events(&file, &frame),
        Err(e) => e.to_string(),
    };
    let split = |v: &Vector| split_all_ways(&v.bytes, |buffer, _| extent(buffer, FRAME_MAX));
    let out: String = vectors.iter().filter(|v| !v.valid).map(|v| line(&v.name, &split(v), is)).collect();
    assert_eq!(out, EXPECTED_OF_MALFORMED);
}

const EXPECTED_OF_MALFORMED: &str = "\
unknown-channel: unknown channel
protocol-byte-1: there is no protocol 1
declared-size-too-big: waits
declared-size-too-small: a frame cannot have a length of 10
declared-size-negative: a frame cannot have a length of -1
inner-session-length-negative: a session cannot have a length of -1
inner-data-length-too-big: data cannot have a length of 1000
event-count-too-big: a list of events cannot have a length of 3
event-count-negative: a list of events cannot have a length of -1
trailing-bytes-after-events: 1 events, 2 bytes behind
truncated-frame: waits
";

#[test]
fn a_frame_whose_lengths_are_not_its_size_is_refused() {
    let mut bytes = Vec::new();
    write_frame(&mut bytes, &Frame { session: b"s", channel: b"c", data: b"dd" });
    assert!(Frame::parse(&bytes).is_ok());
    let mut longer = bytes.clone();
    longer[4] += 1;
    longer.push(0);
    assert!(Frame::parse(&longer).is_err());
    let mut shorter = bytes.clone();
    shorter[4] -= 1;
    shorter.pop();
    assert!(Frame::parse(&shorter).is_err());
}

#[test]
fn the_count_is_judged_before_anything_is_read() {
    let mut data = 1_000_000_i32.to_be_bytes().to_vec();
    data.extend_from_slice(&[0; 100]);
    assert!(Events::parse(&data, &[]).is_err());
    let mut out = Vec::new();
    let mut writer = EventsWriter::new(&mut out);
    writer.event(7);
    writer.value(Value::Bool(true));
    assert_eq!(writer.finish(), 1);
    assert!(Events::parse(&out, &[Type::Bool]).is_ok());
    assert!(Events::parse(&out, &[Type::Int]).is_err());
}

#[test]
fn control_frames() {
    let cases: [(Control<'_>, &str); 4] = [
        (Control::Hello { version: CONTROL_VERSION }, "0200000019000000000000000c7269646468692f68656c6c6f0000000101"),
        (
            Control::Welcome { version: 1, frames_max: 256 },
            "020000001f000000000000000e7269646468692f77656c636f6d65000000050100000100",
        ),
        (Control::Ack { frame: 3 }, "020000001e000000000000000a7269646468692f61636b000000080000000000000003"),
        (
            Control::Refused { frame: 2, reason: b"no" },
            "0200000028000000000000000e7269646468692f726566757365640000000e0000000000000002000000026e6f",
        ),
    ];
    for (control, hex) in cases {
        let mut out = Vec::new();
        control.write(&mut out);
        assert_eq!(out, common::hex(hex), "{control:?}");
        let frame = Frame::parse(&out).expect("it is a frame");
        assert_eq!(Control::parse(&frame), Ok(Some(control)));
        let cut = Frame { data: &frame.data[..frame.data.len() - 1], ..frame };
        assert!(Control::parse(&cut).is_err());
        let longer = [frame.data, b"x"].concat();
        assert!(Control::parse(&Frame { data: &longer, ..frame }).is_err());
    }
}

//! The sink `tcp` with the mapper `binary`: against Riddhi's own source, and against peers that answer, close, reset or stall
//! as the test says.

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use riddhi_batch::{Arena, Chunk, Columns, Frame as Batch, Kind, Value};
use riddhi_connect::Setting;
use riddhi_connect::mapper::OutRows;
use riddhi_connect::network::{Network, NetworkOptions};
use riddhi_connect::sink::{SinkSlot, Unsent};
use riddhi_connect::source::SourceSlot;
use riddhi_run::Clock;
use riddhi_wire::siddhi_tcp::{Control, Frame, extent};
use support::{Said, compiled, heard, setting, sink_slot, source_slot, told};

const STREAM: &str = "define stream S (s string, i int, l long, f float, d double, b bool);";
const KINDS: [Kind; 6] = [Kind::Str, Kind::I32, Kind::I64, Kind::F32, Kind::F64, Kind::Bool];

/// Nothing in these tests takes longer.
const LONG: Duration = Duration::from_secs(20);

struct Sent {
    slot: SinkSlot,
    said: Said,
    /// Position of the next chunk.
    next: u64,
}

fn sink(url: &str, options: &str) -> Sent {
    stopping_sink(url, options, false)
}

fn stopping_sink(url: &str, options: &str, stopping: bool) -> Sent {
    let app = compiled(&format!("@sink(type='tcp', url='{url}', {options} @map(type='binary')) {STREAM}"));
    let said = Said::default();
    let setting = Setting { stopping: Arc::new(move || stopping), ..heard(&app, &Arc::default(), &said) };
    Sent { slot: sink_slot(&app, &setting), said, next: 1 }
}

/// The values of a row.
fn values(row: usize) -> [Value; 6] {
    let text = ["", "a", "é and more than twelve bytes", "null"][row % 4];
    let text = if text == "null" { Value::Null } else { Value::Str(text.into()) };
    let n = row as i32 - 2;
    [
        text,
        Value::Int(n),
        Value::Long(i64::from(n) << 33),
        Value::Float(n as f32 / 4.0),
        Value::Double(f64::from(n) / 3.0),
        Value::Bool(row.is_multiple_of(2)),
    ]
}

impl Sent {
    /// Sends chunks of these sizes, each of an entry of its own.
    fn send(&mut self, sizes: &[u32]) {
        let (mut columns, mut arena, mut chunks, mut first) = (Columns::new(KINDS), Arena::default(), Vec::new(), 0);
        for (entry, rows) in (0..).zip(sizes) {
            for row in 0..*rows {
                columns.ts.push(i64::from(row) + 1000);
                for (column, value) in columns.cols.iter_mut().zip(values(row as usize)) {
                    assert!(column.push_value(&value, &mut arena));
                }
            }
            chunks.push(Chunk { step: entry, cause: 0, first, rows: *rows });
            first += rows;
        }
        let rows = OutRows { columns: &columns, arena: &arena, chunks: &chunks, base: self.next };
        self.slot.take(&rows).expect("it goes on");
        self.next += sizes.len() as u64;
    }

    fn said(&self) -> String {
        self.said.lock().unwrap().join("\n")
    }
}

/// A channel of Riddhi's own.
struct Open {
    slot: SourceSlot,
    frame: Batch,
    clock: Clock,
    url: String,
}

fn source() -> Open {
    let app = compiled(&format!("@source(type='tcp', context='A/S', @map(type='binary')) {STREAM}"));
    let options = NetworkOptions { tcp: "127.0.0.1:0".parse().unwrap(), ..NetworkOptions::default() };
    let setting = setting(&app, &Arc::new(Network::new(options)));
    let mut slot = source_slot(&app, &setting);
    slot.source.open().unwrap();
    let url = slot.source.address().expect("it is open");
    Open { slot, frame: Batch::new([&app.streams[0].schema]), clock: Clock::new(false, 1000), url }
}

impl Open {
    /// Takes, and says that all is safe, until there are so many entries and the sink is done.
    fn take(&mut self, entries: usize, done: &Receiver<Sent>) -> Sent {
        let begun = Instant::now();
        loop {
            self.slot.poll(&mut self.frame, &mut self.clock, 1024);
            self.slot.source.taken(7);
            self.slot.source.accepted(7);
            if let Ok(sent) = done.recv_timeout(Duration::from_millis(1))
                && self.frame.entries.len() >= entries
            {
                return sent;
            }
            assert!(begun.elapsed() < LONG, "{} entries came", self.frame.entries.len());
        }
    }
}

/// Sends and hands on, on a thread of its own.
fn sending(mut sent: Sent, sizes: &'static [u32]) -> Receiver<Sent> {
    let (done, waits) = channel();
    thread::spawn(move || {
        sent.send(sizes);
        sent.slot.flush().expect("all is handed on");
        // Once for each look of the other side.
        let _ = done.send(sent);
    });
    waits
}

#[test]
fn rows_arrive_as_they_were_chunk_by_chunk() {
    const SIZES: &[u32] = &[1, 3, 4, 9, 1];
    for options in ["ack='true',", "ack='true', sync='true',"] {
        let mut open = source();
        let sent = open.take(SIZES.len(), &sending(sink(&open.url.clone(), options), SIZES));
        assert_eq!((sent.slot.rows, sent.slot.lost), (18, 0), "{}", sent.said());
        let rows: Vec<u32> = open.frame.entries.iter().map(|e| e.rows).collect();
        assert_eq!(rows, SIZES);
        let flow = &open.frame.flows[0];
        let mut at = 0;
        for rows in SIZES {
            for row in 0..*rows as usize {
                assert_eq!(flow.rows.ts[at], row as i64 + 1000);
                let found: Vec<Value> = flow.rows.cols.iter().map(|c| c.value(at, &open.frame.arena)).collect();
                let mut expected = values(row);
                if expected[0] == Value::Str("".into()) {
                    expected[0] = Value::Null;
                }
                assert_eq!(found, expected, "row {row} of {rows}");
                at += 1;
            }
        }
    }
}

#[test]
fn without_acknowledgements_the_same_goes_to_any_server() {
    let mut open = source();
    let mut sent = sink(&open.url, "");
    sent.send(&[2, 5]);
    sent.slot.flush().unwrap();
    let begun = Instant::now();
    while open.frame.entries.len() < 2 {
        assert!(begun.elapsed() < LONG);
        open.slot.poll(&mut open.frame, &mut open.clock, 1024);
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!((sent.slot.rows, sent.slot.lost, open.frame.rows), (7, 0, 7));
}

/// What a peer does with the connections it gets, one after another.
fn peer(script: impl FnOnce(TcpListener) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("tcp://{}/A/S", listener.local_addr().unwrap());
    thread::spawn(move || script(listener));
    url
}

fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

/// The next frame: its session, and its channel and data.
fn frame(stream: &mut TcpStream) -> (String, String, Vec<u8>) {
    let mut bytes = vec![0; 5];
    stream.read_exact(&mut bytes).unwrap();
    let size = u32::from_be_bytes(bytes[1..].try_into().unwrap());
    bytes.resize(5 + size as usize, 0);
    stream.read_exact(&mut bytes[5..]).unwrap();
    assert!(extent(&bytes, 16 << 20).is_ok());
    let frame = Frame::parse(&bytes).unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(frame.session), text(frame.channel), frame.data.to_vec())
}

fn say(stream: &mut TcpStream, control: &Control<'_>) {
    let mut bytes = Vec::new();
    control.write(&mut bytes);
    stream.write_all(&bytes).unwrap();
}

/// Reads the hello and answers it.
fn welcome(stream: &mut TcpStream, frames_max: u32) {
    assert_eq!(frame(stream).1, "riddhi/hello");
    say(stream, &Control::Welcome { version: 1, frames_max });
}

/// The end of a name.
fn place(name: &str) -> &str {
    name.rsplit('/').next().unwrap()
}

#[test]
fn what_was_not_acknowledged_is_sent_again_under_its_name() {
    let (told, hears) = channel();
    let url = peer(move |listener| {
        let mut stream = accept(&listener);
        welcome(&mut stream, 2);
        let first: Vec<_> = (0..2).map(|_| frame(&mut stream).0).collect();
        say(&mut stream, &Control::Ack { frame: 1 });
        // The third comes since the first has its answer, and no fourth.
        let third = frame(&mut stream).0;
        drop(stream);
        let mut stream = accept(&listener);
        welcome(&mut stream, 2);
        let again: Vec<_> = (0..2).map(|_| frame(&mut stream).0).collect();
        say(&mut stream, &Control::Ack { frame: 2 });
        let last = frame(&mut stream).0;
        say(&mut stream, &Control::Ack { frame: 3 });
        told.send((first, third, again, last)).unwrap();
        thread::sleep(Duration::from_millis(200));
    });
    let sent = sending(sink(&url, "ack='true',"), &[1, 1, 1, 1]).recv_timeout(LONG).expect("it is done");
    let (first, third, again, last) = hears.recv_timeout(LONG).unwrap();
    let places = |names: &[String]| names.iter().map(|n| place(n).to_owned()).collect::<Vec<_>>();
    assert!(first[0].starts_with("l/A/S/"), "{first:?}");
    assert_eq!((places(&first), place(&third)), (vec!["1.0".to_owned(), "2.0".to_owned()], "3.0"));
    assert_eq!(again, [first[1].clone(), third]);
    assert_eq!(place(&last), "4.0");
    assert_eq!((sent.slot.rows, sent.slot.lost), (4, 0));
    assert!(sent.said().contains("waiting until it can"), "{}", sent.said());
}

#[test]
fn a_refusal_is_counted_and_one_for_want_of_a_source_is_not_one() {
    let url = peer(|listener| {
        let mut stream = accept(&listener);
        welcome(&mut stream, 9);
        frame(&mut stream);
        say(&mut stream, &Control::Refused { frame: 1, reason: riddhi_wire::siddhi_tcp::NOBODY });
        drop(stream);
        let mut stream = accept(&listener);
        welcome(&mut stream, 9);
        let names: Vec<_> = (0..2).map(|_| frame(&mut stream).0).collect();
        assert_eq!(names.iter().map(|n| place(n)).collect::<Vec<_>>(), ["1.0", "2.0"]);
        say(&mut stream, &Control::Refused { frame: 2, reason: b"too bad" });
        say(&mut stream, &Control::Ack { frame: 2 });
        thread::sleep(Duration::from_millis(200));
    });
    let sent = sending(sink(&url, "ack='true',"), &[1, 3]).recv_timeout(LONG).expect("it is done");
    assert_eq!((sent.slot.rows, sent.slot.lost), (1, 3), "{}", sent.said());
    assert!(sent.said().contains("3 rows lost: ") && sent.said().contains("refuses: too bad"), "{}", sent.said());
}

#[test]
fn a_frame_that_was_cut_off_goes_again_whole() {
    let (told, hears) = channel();
    let url = peer(move |listener| {
        let mut stream = accept(&listener);
        let first = frame(&mut stream);
        let mut some = [0; 9];
        stream.read_exact(&mut some).unwrap();
        // What it did not read makes the system reset the connection.
        drop(stream);
        let mut stream = accept(&listener);
        told.send((first, frame(&mut stream))).unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    });
    // More than the sockets hold, so that the end comes while it is written.
    let done = sending(sink(&url, "on.error='wait',"), &[100_000, 100_000, 100_000, 100_000]);
    let (first, second) = hears.recv_timeout(LONG).unwrap();
    assert_eq!((place(&first.0), first.1.as_str()), ("1.0", "A/S"));
    assert_eq!(u32::from_be_bytes(second.2[..4].try_into().unwrap()), 100_000);
    let sent = done.recv_timeout(LONG).expect("it is done");
    assert_eq!((sent.slot.rows, sent.slot.lost), (400_000, 0));
    assert!(sent.said().contains("waiting until it can"), "{}", sent.said());
}

#[test]
fn who_is_not_there_is_named_and_the_rows_are_counted() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut sent = sink(&format!("tcp://127.0.0.1:{port}/A/S"), "");
    sent.send(&[2, 1]);
    sent.slot.flush().unwrap();
    assert_eq!((sent.slot.rows, sent.slot.lost), (0, 3));
    assert!(sent.said().contains(&format!("3 rows lost: cannot connect to 127.0.0.1:{port}")), "{}", sent.said());
}

#[test]
fn the_next_server_is_tried_when_one_is_not_there() {
    let mut open = source();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let urls = format!("tcp://127.0.0.1:{port}/A/S, {}", open.url);
    let sent = open.take(1, &sending(sink(&urls, "ack='true',"), &[4]));
    assert_eq!((sent.slot.rows, sent.slot.lost), (4, 0));
}

#[test]
fn a_server_that_knows_no_acknowledgements_is_named_and_the_end_does_not_wait_for_it() {
    let url = peer(|listener| {
        let stream = accept(&listener);
        thread::sleep(LONG);
        drop(stream);
    });
    let begun = Instant::now();
    let mut sent = stopping_sink(&url, "ack='true',", true);
    sent.send(&[1]);
    let end = sent.slot.flush();
    assert!(matches!(&end, Err(Unsent::Stopping(why)) if why.contains("only Riddhi does")), "{end:?}");
    assert!(begun.elapsed() < LONG / 2);
}

#[test]
fn a_null_that_is_no_text_loses_its_chunk() {
    let mut open = source();
    let mut sent = sink(&open.url, "ack='true',");
    let mut columns = Columns::new(KINDS);
    for row in 0..3 {
        columns.ts.push(0);
        for (column, value) in columns.cols.iter_mut().zip(values(0)) {
            let value = if row == 1 && column.kind() == Kind::I64 { Value::Null } else { value };
            assert!(column.push_value(&value, &mut Arena::default()));
        }
    }
    let chunks = [(0, 2), (2, 1)].map(|(first, rows)| Chunk { step: first, cause: 0, first, rows });
    let rows = OutRows { columns: &columns, arena: &Arena::default(), chunks: &chunks, base: 1 };
    sent.slot.take(&rows).unwrap();
    let (done, waits) = channel();
    thread::spawn(move || {
        sent.slot.flush().unwrap();
        let _ = done.send(sent);
    });
    let sent = open.take(1, &waits);
    assert_eq!((sent.slot.rows, sent.slot.lost, open.frame.rows), (1, 2, 1));
    assert!(sent.said().contains("the binary format has no null but that of strings"), "{}", sent.said());
}

#[test]
fn what_cannot_be_is_refused() {
    for (options, expected) in [
        ("url='tcp://h:1'", "'tcp://h:1' names no channel"),
        ("url='h:1/A'", "'h:1/A' is no URL of tcp"),
        ("url='tcp://h:1/A', worker.threads='2'", "Riddhi sends over one connection"),
        ("url='tcp://h:1/A', ack='true', on.error='log'", "what is to be acknowledged cannot be given up"),
        ("url='tcp://h:1/A', on.error='store'", "Riddhi does not have on.error='store' yet"),
    ] {
        let text = format!("@sink(type='tcp', {options}, @map(type='binary')) define stream S (v int);");
        let told = told(&text);
        assert!(told.iter().any(|d| d.message.contains(expected)), "{options}: {told:?}");
    }
}

//! The sink `wso2event`: against Riddhi's own source over both protocols, and against receivers that do as the test says.

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use riddhi_batch::{Arena, Chunk, Columns, Frame, Kind, Value};
use riddhi_connect::mapper::OutRows;
use riddhi_connect::network::databridge::{BridgeOptions, DataBridgeOptions, Service, Speaks, Users};
use riddhi_connect::network::{Network, NetworkOptions};
use riddhi_connect::sink::SinkSlot;
use riddhi_run::Clock;
use riddhi_wire::Extent;
use riddhi_wire::databridge::binary::{self, ErrorClass, Request, extent};
use support::{Said, compiled, heard, setting, sink_slot, source_slot, told};

const STREAM: &str = "define stream S (symbol string, meta_ip string, arbitrary_region string, correlation_id long, price double, \
    volume int, rate float, up bool);";
const KINDS: [Kind; 8] = [Kind::Str, Kind::Str, Kind::Str, Kind::I64, Kind::F64, Kind::I32, Kind::F32, Kind::Bool];

/// Nothing in these tests takes longer.
const LONG: Duration = Duration::from_secs(20);

struct Sent {
    slot: SinkSlot,
    said: Said,
}

fn sink(options: &str) -> Sent {
    let text = format!(
        "@sink(type='wso2event', {options}, username='admin', password='secret', @map(type='wso2event')) {STREAM}"
    );
    let (app, said) = (compiled(&text), Said::default());
    let setting = heard(&app, &Arc::default(), &said);
    Sent { slot: sink_slot(&app, &setting), said }
}

fn row(n: usize) -> [Value; 8] {
    let text = |text: String| Value::Str(text.into());
    [
        text(format!("symbol {n}, long enough for the arena")),
        if n.is_multiple_of(3) { Value::Null } else { text("10.0.0.7".into()) },
        if n.is_multiple_of(2) { Value::Null } else { text("é".into()) },
        Value::Long(n as i64 - 5),
        Value::Double(n as f64 / 3.0),
        Value::Int(-(n as i32)),
        Value::Float(n as f32 / 4.0),
        Value::Bool(n.is_multiple_of(2)),
    ]
}

impl Sent {
    /// Sends so many rows in chunks of this size.
    fn send(&mut self, rows: usize, each: usize) {
        let (mut columns, mut arena, mut chunks) = (Columns::new(KINDS), Arena::default(), Vec::new());
        for n in 0..rows {
            columns.ts.push(1000 + n as i64);
            for (column, value) in columns.cols.iter_mut().zip(row(n)) {
                assert!(column.push_value(&value, &mut arena));
            }
            if n % each == 0 {
                let rows = each.min(rows - n) as u32;
                chunks.push(Chunk { step: chunks.len() as u32, cause: 0, first: n as u32, rows });
            }
        }
        let rows = OutRows { columns: &columns, arena: &arena, chunks: &chunks, base: 0 };
        self.slot.take(&rows).expect("it goes on");
    }

    fn said(&self) -> String {
        self.said.lock().unwrap().join("\n")
    }
}

fn sending(mut sent: Sent, rows: usize, each: usize) -> Receiver<Sent> {
    let (done, waits) = channel();
    thread::spawn(move || {
        sent.send(rows, each);
        sent.slot.flush().expect("all is handed on");
        let _ = done.send(sent);
    });
    waits
}

#[test]
fn what_is_published_is_what_riddhi_takes_over_both_protocols() {
    for protocol in ["thrift", "binary"] {
        let mut users = Users::new();
        users.insert("admin", "secret");
        let at = "127.0.0.1:0".parse().unwrap();
        let databridge = DataBridgeOptions {
            bridge: BridgeOptions { users, ..BridgeOptions::default() },
            ports: vec![(at, Speaks::Binary), (at, Speaks::Thrift(Service::Plain))],
            ..DataBridgeOptions::default()
        };
        let network = Arc::new(Network::new(NetworkOptions { databridge, ..NetworkOptions::default() }));
        let app = compiled(&format!("@source(type='wso2event', @map(type='wso2event')) {STREAM}"));
        let setting = setting(&app, &network);
        let mut slot = source_slot(&app, &setting);
        slot.source.open().unwrap();
        let address = slot.source.address().expect("it is open");
        let ports: Vec<&str> = address.split(' ').filter(|word| word.contains(':')).collect();
        let to = if protocol == "binary" { ports[0] } else { ports[1] };
        let options = format!("protocol='{protocol}', url='tcp://{to}', auth.url='tcp://{}'", ports[0]);
        let done = sending(sink(&options), 450, 7);
        let (mut frame, mut clock) = (Frame::new([&app.streams[0].schema]), Clock::new(false, 0));
        let begun = Instant::now();
        let sent = loop {
            slot.poll(&mut frame, &mut clock, 10_000);
            let end = frame.entries.len() as u64;
            slot.source.taken(end);
            slot.source.accepted(end);
            if let Ok(sent) = done.recv_timeout(Duration::from_millis(1)) {
                break sent;
            }
            assert!(begun.elapsed() < LONG, "{end} events came");
        };
        assert_eq!((sent.slot.rows, sent.slot.lost), (450, 0), "{}", sent.said());
        assert_eq!(frame.rows, 450, "{protocol}");
        let flow = &frame.flows[0];
        for n in 0..450 {
            let found: Vec<Value> = flow.rows.cols.iter().map(|c| c.value(n, &frame.arena)).collect();
            assert_eq!((flow.rows.ts[n], &found[..]), (1000 + n as i64, &row(n)[..]), "{protocol}");
        }
    }
}

/// A receiver of Binary at its own port; `script` has each connection in turn.
fn receiver(script: impl FnOnce(TcpListener) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || script(listener));
    format!("protocol='binary', url='tcp://{address}', auth.url='tcp://{address}'")
}

/// The next request: `login`, or session and number of events of a bundle.
fn request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    stream.set_read_timeout(Some(LONG)).unwrap();
    loop {
        if let Extent::Whole(n) = extent(&bytes, 1 << 20).unwrap() {
            assert_eq!(n, bytes.len());
            return match Request::parse(&bytes).unwrap() {
                Request::Publish(publish) => format!("{} {}", String::from_utf8_lossy(publish.session), publish.len()),
                _ => "login".into(),
            };
        }
        let mut piece = [0; 1 << 16];
        let n = stream.read(&mut piece).unwrap();
        assert!(n > 0);
        bytes.extend_from_slice(&piece[..n]);
    }
}

fn say(stream: &mut TcpStream, f: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = Vec::new();
    f(&mut bytes);
    stream.write_all(&bytes).unwrap();
}

/// Answers a log-in on a connection of its own.
fn logged_in(listener: &TcpListener, session: &str) {
    let (mut stream, _) = listener.accept().unwrap();
    assert_eq!(request(&mut stream), "login");
    say(&mut stream, |out| binary::login_ok(out, session.as_bytes()));
}

#[test]
fn a_session_that_has_expired_is_renewed_and_the_bundle_sent_again() {
    let options = receiver(|listener| {
        logged_in(&listener, "one");
        let (mut stream, _) = listener.accept().unwrap();
        assert_eq!(request(&mut stream), "one 200");
        say(&mut stream, binary::ok);
        assert_eq!(request(&mut stream), "one 50");
        say(&mut stream, |out| binary::error(out, ErrorClass::SessionTimeout, "one expired"));
        logged_in(&listener, "two");
        assert_eq!(request(&mut stream), "two 50");
        say(&mut stream, binary::ok);
        thread::sleep(Duration::from_millis(200));
    });
    let sent = sending(sink(&options), 250, 10).recv_timeout(LONG).expect("it is done");
    assert_eq!((sent.slot.rows, sent.slot.lost), (250, 0), "{}", sent.said());
}

#[test]
fn an_end_without_an_answer_is_no_answer() {
    let options = receiver(|listener| {
        logged_in(&listener, "one");
        let (mut stream, _) = listener.accept().unwrap();
        assert_eq!(request(&mut stream), "one 3");
        drop(stream);
        let (mut stream, _) = listener.accept().unwrap();
        assert_eq!(request(&mut stream), "one 3");
        say(&mut stream, binary::ok);
        thread::sleep(Duration::from_millis(200));
    });
    let sent = sending(sink(&format!("{options}, mode='blocking'")), 3, 3).recv_timeout(LONG).expect("it is done");
    assert_eq!((sent.slot.rows, sent.slot.lost), (3, 0), "{}", sent.said());
    assert!(sent.said().contains("may arrive twice"), "{}", sent.said());
}

#[test]
fn a_bundle_that_is_never_taken_is_counted_and_so_is_what_cannot_go() {
    let options = receiver(|listener| {
        logged_in(&listener, "one");
        let (mut stream, _) = listener.accept().unwrap();
        request(&mut stream);
        say(&mut stream, |out| binary::error(out, ErrorClass::UndefinedEventType, "no S"));
        thread::sleep(Duration::from_millis(200));
    });
    let mut sent = sink(&options);
    sent.send(2, 1);
    sent.slot.flush().unwrap();
    assert_eq!((sent.slot.rows, sent.slot.lost), (0, 2));
    assert!(sent.said().contains("2 rows lost: the receiver knows no such stream: no S"), "{}", sent.said());
    // By default what cannot go is lost, and said.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut sent = sink(&format!("url='tcp://127.0.0.1:{port}', auth.url='tcp://127.0.0.1:{port}'"));
    sent.send(5, 5);
    sent.slot.flush().unwrap();
    assert_eq!((sent.slot.rows, sent.slot.lost), (0, 5));
    assert!(sent.said().contains(&format!("5 rows lost: cannot connect to 127.0.0.1:{port}")), "{}", sent.said());
}

#[test]
fn of_a_group_the_next_one_gets_what_the_first_does_not_take() {
    let options = receiver(|listener| {
        logged_in(&listener, "one");
        let (mut stream, _) = listener.accept().unwrap();
        assert_eq!(request(&mut stream), "one 3");
        say(&mut stream, binary::ok);
        thread::sleep(Duration::from_millis(200));
    });
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let options = options.replace("url='tcp", &format!("url='tcp://127.0.0.1:{port}|tcp"));
    let sent = sending(sink(&options), 3, 1).recv_timeout(LONG).expect("it is done");
    assert_eq!((sent.slot.rows, sent.slot.lost), (3, 0), "{}", sent.said());
}

#[test]
fn what_is_not_there_yet_is_refused_by_name() {
    for (options, expected) in [
        ("url='tcp://h:1'", "Riddhi does not log in over TLS yet"),
        ("url='tcp://h:1', auth.url='ssl://h:2'", "Riddhi does not speak to the data bridge over TLS yet"),
        (
            "url='{tcp://h:1},{tcp://h:2}', auth.url='tcp://h:2'",
            "Riddhi does not publish to several groups at once yet",
        ),
        ("url='h', auth.url='tcp://h:2'", "'h' is no host and port"),
        ("url='tcp://h:1', auth.url='tcp://h:1|tcp://h:2'", "have not as many places"),
        ("url='tcp://h:1', auth.url='tcp://h:1', wso2.stream.id='S:1'", "`1` is no version of a stream"),
    ] {
        let text =
            format!("@sink(type='wso2event', {options}, username='a', password='b', @map(type='wso2event')) {STREAM}");
        let told = told(&text);
        assert!(told.iter().any(|d| d.message.contains(expected)), "{options}: {told:?}");
    }
}

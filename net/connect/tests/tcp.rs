//! The source `tcp` with the mapper `binary`, over a real socket.

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use riddhi_batch::Value;
use riddhi_connect::network::{Network, NetworkOptions};
use riddhi_connect::source::SourceSlot;
use riddhi_run::Clock;
use riddhi_wire::siddhi_tcp::{Control, Frame};
use support::{compiled, setting, source_slot};

const APP: &str = "@source(type='tcp', context='StockApp/StockStream', @map(type='binary')) \
    define stream S (symbol string, volume int, total long, change float, price double, up bool);";

/// A channel, open at a port of its own.
struct Open {
    slot: SourceSlot,
    frame: riddhi_batch::Frame,
    clock: Clock,
    address: SocketAddr,
}

fn network() -> Arc<Network> {
    Arc::new(Network::new(NetworkOptions { tcp: "127.0.0.1:0".parse().unwrap(), ..NetworkOptions::default() }))
}

fn open(text: &str, network: &Arc<Network>) -> Result<Open, String> {
    open_at(text, network, None)
}

/// The same, going on from a place.
fn open_at(text: &str, network: &Arc<Network>, place: Option<&[u8]>) -> Result<Open, String> {
    let app = compiled(text);
    let setting = setting(&app, network);
    let mut slot = source_slot(&app, &setting);
    place.into_iter().for_each(|place| slot.restore(place));
    slot.source.open()?;
    let address = slot.source.address().expect("it is open");
    let address = address.strip_prefix("tcp://").and_then(|a| a.split('/').next()).expect("a URL");
    let address = address.parse().expect("an address");
    Ok(Open {
        slot,
        frame: riddhi_batch::Frame::new([&app.streams[0].schema]),
        clock: Clock::new(false, 1000),
        address,
    })
}

impl Open {
    /// Polls until there are so many entries.
    fn poll(&mut self, entries: usize, refused: u64) {
        let begun = Instant::now();
        while self.frame.entries.len() < entries || self.slot.counts.refused < refused {
            assert!(begun.elapsed() < Duration::from_secs(20), "{} entries came", self.frame.entries.len());
            self.slot.poll(&mut self.frame, &mut self.clock, 1024);
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Says that all is safe.
    fn accept(&mut self) {
        self.slot.source.taken(7);
        self.slot.source.accepted(7);
    }

    fn row(&self, i: usize) -> Vec<Value> {
        let flow = &self.frame.flows[0];
        flow.rows.cols.iter().map(|c| c.value(i, &self.frame.arena)).collect()
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
}

/// A frame for the channel with these data.
fn frame(data: &[u8]) -> Vec<u8> {
    let (session, channel) = (b"s", b"StockApp/StockStream");
    let mut out = vec![2];
    out.extend(((12 + session.len() + channel.len() + data.len()) as i32).to_be_bytes());
    for field in [&session[..], channel, data] {
        out.extend((field.len() as i32).to_be_bytes());
        out.extend(field);
    }
    out
}

/// `(WSO2, 100, 5000000000, 1.25, 55.5, true)` at 1700000000123.
const EVENT: &str = "0000018bcfe5687b0000000457534f3200000064000000012a05f2003fa00000404bc0000000000001";

#[test]
fn a_frame_that_the_java_client_sends_is_a_chunk() {
    let network = network();
    let mut open = open(APP, &network).unwrap();
    let mut client = TcpStream::connect(open.address).unwrap();
    let one = hex(&format!("00000001{EVENT}"));
    let two = hex(&format!("00000002{EVENT}{EVENT}"));
    let bytes = [frame(&one), frame(&two)].concat();
    // Cut in the middle of a frame.
    client.write_all(&bytes[..150]).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    client.write_all(&bytes[150..]).unwrap();
    open.poll(2, 0);
    let rows: Vec<u32> = open.frame.entries.iter().map(|e| e.rows).collect();
    assert_eq!(rows, [1, 2]);
    let expected = [
        Value::Str("WSO2".into()),
        Value::Int(100),
        Value::Long(5_000_000_000),
        Value::Float(1.25),
        Value::Double(55.5),
        Value::Bool(true),
    ];
    (0..3).for_each(|i| assert_eq!(open.row(i), expected));
    assert_eq!(open.frame.flows[0].rows.ts, [1_700_000_000_123; 3]);
    // Live, the clock is the wall's and not the events'.
    assert_eq!(open.frame.entries[1].now, 1000);
}

#[test]
fn data_that_do_not_fit_are_refused_whole_and_counted() {
    let network = network();
    let mut open = open(APP, &network).unwrap();
    let mut client = TcpStream::connect(open.address).unwrap();
    for data in [
        hex(&format!("00000003{EVENT}")),
        hex(&format!("ffffffff{EVENT}")),
        hex(&format!("00000001{}", &EVENT[..EVENT.len() - 2])),
        hex(&format!("00000001{}", EVENT.replace("57534f32", "fffefdfc"))),
        Vec::new(),
    ] {
        client.write_all(&frame(&data)).unwrap();
    }
    client.write_all(&frame(&hex(&format!("00000001{EVENT}")))).unwrap();
    open.poll(1, 5);
    assert_eq!((open.frame.rows, open.slot.counts.refused), (1, 5));
}

#[test]
fn an_empty_string_is_null_and_text_may_be_any_unicode() {
    let network = network();
    let mut open = open(APP, &network).unwrap();
    let mut client = TcpStream::connect(open.address).unwrap();
    let null = EVENT.replace("0000000457534f32", "00000000");
    let text = EVENT.replace("0000000457534f32", "00000002c3a9");
    client.write_all(&frame(&hex(&format!("00000002{null}{text}")))).unwrap();
    open.poll(1, 0);
    assert_eq!((&open.row(0)[0], &open.row(1)[0]), (&Value::Null, &Value::Str("é".into())));
}

#[test]
fn what_is_no_frame_ends_the_connection_and_no_other() {
    let network = network();
    let mut open = open(APP, &network).unwrap();
    let mut good = TcpStream::connect(open.address).unwrap();
    for bad in [&[1u8, 0, 0, 0, 20][..], &[2, 0x7f, 0xff, 0xff, 0xff], &[2, 0, 0, 0, 3], b"GET / HTTP/1.1\r\n"] {
        let mut client = TcpStream::connect(open.address).unwrap();
        client.write_all(bad).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut bytes = [0; 1];
        let read = client.read(&mut bytes);
        assert!(matches!(&read, Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset), "{bad:?}: {read:?}");
    }
    good.write_all(&frame(&hex(&format!("00000001{EVENT}")))).unwrap();
    open.poll(1, 0);
}

#[test]
fn a_channel_belongs_to_one_source_and_is_given_back() {
    let network = network();
    let first = open(APP, &network).unwrap();
    let second = open(APP, &network).err().expect("it is taken");
    assert!(second.contains("another tcp source has the channel 'StockApp/StockStream'"), "{second}");
    drop(first);
    open(APP, &network).unwrap();
}

#[test]
fn who_asks_is_told_what_was_accepted_and_what_not() {
    let network = network();
    let mut open = open(APP, &network).unwrap();
    let mut client = TcpStream::connect(open.address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut bytes = Vec::new();
    Control::Hello { version: 1 }.write(&mut bytes);
    bytes.extend(frame(&hex(&format!("00000001{EVENT}"))));
    bytes.extend(frame(b"what"));
    bytes.extend(frame(&hex(&format!("00000002{EVENT}{EVENT}"))));
    client.write_all(&bytes).unwrap();
    assert_eq!(read(&mut client), "Welcome { version: 1, frames_max: 1024 }");
    open.poll(2, 1);
    open.accept();
    assert_eq!(read(&mut client), "Ack { frame: 1 }");
    assert!(read(&mut client).starts_with("Refused { frame: 2, reason: "));
    assert_eq!([read(&mut client), read(&mut client)], ["Ack { frame: 2 }", "Ack { frame: 3 }"]);
}

/// A client that asks for answers and sends frames of these names, each of one event; gives what the server says.
fn named(address: SocketAddr, names: &[&str]) -> TcpStream {
    let mut client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut bytes = Vec::new();
    Control::Hello { version: 1 }.write(&mut bytes);
    let data = hex(&format!("00000001{EVENT}"));
    for name in names {
        let frame = Frame { session: name.as_bytes(), channel: b"StockApp/StockStream", data: &data };
        riddhi_wire::siddhi_tcp::write_frame(&mut bytes, &frame);
    }
    client.write_all(&bytes).unwrap();
    assert!(read(&mut client).starts_with("Welcome"));
    client
}

#[test]
fn a_frame_that_is_there_already_is_acknowledged_and_passed_over() {
    let network = network();
    let mut first = open(APP, &network).unwrap();
    let client = named(first.address, &["l/A/S/1.0", "l/A/S/1.1", "other/1.0"]);
    first.poll(3, 0);
    // Nothing was said to be safe; the sender comes again, with one more.
    drop(client);
    let mut client = named(first.address, &["l/A/S/1.0", "l/A/S/1.1", "l/A/S/2.0"]);
    first.poll(4, 0);
    first.accept();
    assert_eq!([(); 3].map(|()| read(&mut client)), ["Ack { frame: 1 }", "Ack { frame: 2 }", "Ack { frame: 3 }"]);
    // What it has seen is part of where it stands.
    let place = first.slot.save();
    drop(first);
    let mut second = open_at(APP, &network, Some(&place)).unwrap();
    let mut client = named(second.address, &["l/A/S/2.0", "other/1.0", "l/A/S/2.1"]);
    second.poll(1, 0);
    second.accept();
    assert_eq!([(); 3].map(|()| read(&mut client)), ["Ack { frame: 1 }", "Ack { frame: 2 }", "Ack { frame: 3 }"]);
    assert_eq!(second.frame.rows, 1);
}

#[test]
fn a_named_frame_for_nobody_ends_the_connection_so_that_none_goes_before_it() {
    let network = network();
    let open = open(APP, &network).unwrap();
    let mut client = named(open.address, &[]);
    let frame = Frame { session: b"l/A/S/1.0", channel: b"nobody", data: b"" };
    let mut bytes = Vec::new();
    riddhi_wire::siddhi_tcp::write_frame(&mut bytes, &frame);
    client.write_all(&bytes).unwrap();
    assert!(read(&mut client).starts_with("Refused { frame: 1, reason: "));
    assert_eq!(read(&mut client), "Ack { frame: 1 }");
    let mut rest = Vec::new();
    let end = client.read_to_end(&mut rest);
    assert!(matches!(end, Ok(0) | Err(_)), "{rest:?}");
}

/// The next thing the server says.
fn read(client: &mut TcpStream) -> String {
    let mut bytes = vec![0; 5];
    client.read_exact(&mut bytes).unwrap();
    let size = u32::from_be_bytes(bytes[1..].try_into().unwrap());
    bytes.resize(5 + size as usize, 0);
    client.read_exact(&mut bytes[5..]).unwrap();
    let frame = Frame::parse(&bytes).unwrap();
    format!("{:?}", Control::parse(&frame).unwrap().expect("a control frame"))
}

//! The source and mapper `wso2event`, over real sockets: the vectors of both protocols become rows.

#[path = "../../tls/tests/support/openssl.rs"]
mod openssl;
mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use riddhi_batch::Value;
use riddhi_bridge::{BridgeOptions, Speaks, Users};
use riddhi_connect::network::databridge::DataBridgeOptions;
use riddhi_connect::network::tls::StoreFile;
use riddhi_connect::network::{Network, NetworkOptions};
use riddhi_connect::source::SourceSlot;
use riddhi_run::Clock;
use riddhi_tls::{Connector, Trust};
use riddhi_wire::databridge::binary::{Response, login};
use riddhi_wire::databridge::thrift::{Outcome, Reply, Service};
use support::{compiled, setting, source_slot, told};

const STOCK: &str = "@source(type='wso2event', wso2.stream.id='org.wso2.demo.stock:1.0.0', @map(type='wso2event')) \
    define stream S (symbol string, price double, arbitrary_region string, meta_ip string, volume int, rate float, \
    correlation_corrId long, active bool);";

/// The session id that the vectors were made with.
const VECTOR_SESSION: &[u8] = b"11111111-2222-3333-4444-555555555555";

struct Open {
    slot: SourceSlot,
    frame: riddhi_batch::Frame,
    clock: Clock,
    binary: SocketAddr,
    thrift: SocketAddr,
    /// The same with TLS, if they are open.
    secure: Vec<SocketAddr>,
}

fn network() -> Arc<Network> {
    let mut users = Users::new();
    users.insert("admin", "admin");
    let at = "127.0.0.1:0".parse().unwrap();
    let databridge = DataBridgeOptions {
        bridge: BridgeOptions { users, ..BridgeOptions::default() },
        ports: vec![(at, Speaks::Binary), (at, Speaks::Thrift(Service::Plain))],
        ..DataBridgeOptions::default()
    };
    Arc::new(Network::new(NetworkOptions { databridge, ..NetworkOptions::default() }))
}

/// The same with ports for TLS, whose certificate nobody but the test knows.
fn secure_network() -> Arc<Network> {
    let key = rcgen::KeyPair::generate().unwrap();
    let cert = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let path = std::env::temp_dir().join(format!(
        "riddhi-wso2event-{}-{:?}.pem",
        std::process::id(),
        std::thread::current().id()
    ));
    fs::write(&path, cert.pem() + &key.serialize_pem()).unwrap();
    let mut databridge = network().options().databridge.clone();
    let at = "127.0.0.1:0".parse().unwrap();
    databridge.tls_ports = vec![(at, Speaks::Binary), (at, Speaks::Thrift(Service::Secure))];
    databridge.key_store = Some(StoreFile::at(path));
    Arc::new(Network::new(NetworkOptions { databridge, ..NetworkOptions::default() }))
}

fn open(text: &str, network: &Arc<Network>) -> Result<Open, String> {
    let app = compiled(text);
    let setting = setting(&app, network);
    let mut slot = source_slot(&app, &setting);
    slot.source.open()?;
    let address = slot.source.address().expect("it is open");
    let at: Vec<SocketAddr> = address.split(' ').filter_map(|word| word.parse().ok()).collect();
    Ok(Open {
        slot,
        frame: riddhi_batch::Frame::new([&app.streams[0].schema]),
        clock: Clock::new(false, 1000),
        binary: at[0],
        thrift: at[1],
        secure: at[2..].to_vec(),
    })
}

impl Open {
    /// Polls until there are so many entries.
    fn poll(&mut self, entries: usize) {
        let begun = Instant::now();
        while self.frame.entries.len() < entries {
            assert!(begun.elapsed() < Duration::from_secs(20), "{} entries came", self.frame.entries.len());
            self.slot.poll(&mut self.frame, &mut self.clock, 1024);
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Says that all before the end of the frame is safe.
    fn accept(&mut self) {
        let end = self.frame.base + self.frame.entries.len() as u64;
        self.slot.source.taken(end);
        self.slot.source.accepted(end);
    }

    fn row(&self, i: usize) -> Vec<Value> {
        let flow = &self.frame.flows[0];
        flow.rows.cols.iter().map(|c| c.value(i, &self.frame.arena)).collect()
    }

    fn session(&self) -> Vec<u8> {
        self.session_over(TcpStream::connect(self.binary).unwrap())
    }

    /// The session of a log-in to Binary over this connection.
    fn session_over(&self, mut client: impl Read + Write) -> Vec<u8> {
        let mut request = Vec::new();
        login(&mut request, b"admin", b"admin");
        client.write_all(&request).unwrap();
        let mut answer = vec![0; 41];
        client.read_exact(&mut answer).unwrap();
        let Ok(Response::LoginOk(session)) = Response::parse(&answer) else { panic!("logged in: {answer:?}") };
        session.to_vec()
    }
}

/// The bytes of a vector, under another session.
fn vector(file: &str, name: &str, session: &[u8]) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(file);
    let json: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let list = json["vectors"].as_array().unwrap();
    let hex = list.iter().find(|v| v["name"] == name).unwrap()["hex"].as_str().unwrap();
    let mut bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect();
    let at = bytes.windows(36).position(|w| w == VECTOR_SESSION).unwrap();
    bytes[at..at + 36].copy_from_slice(session);
    bytes
}

fn has_answer(client: &mut TcpStream) -> bool {
    client.set_read_timeout(Some(Duration::from_millis(150))).unwrap();
    let answered = client.peek(&mut [0]).is_ok_and(|n| n > 0);
    client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    answered
}

fn text(text: &str) -> Value {
    Value::Str(text.into())
}

fn stock(region: Value, ip: Value, symbol: Value) -> Vec<Value> {
    let (price, rate) = (Value::Double(55.5), Value::Float(1.25));
    vec![symbol, price, region, ip, Value::Int(100), rate, Value::Long(42), Value::Bool(true)]
}

#[test]
fn binary_events_become_rows_and_are_answered_when_they_are_safe() {
    let mut open = open(STOCK, &network()).unwrap();
    let session = open.session();
    let mut client = TcpStream::connect(open.binary).unwrap();
    client.write_all(&vector("databridge-binary.json", "publish-arbitrary-map", &session)).unwrap();
    open.poll(1);
    assert_eq!(open.row(0), stock(text("eu"), text("10.0.0.7"), text("WSO2")));
    assert!(!has_answer(&mut client), "it is not safe yet");
    open.accept();
    assert!(has_answer(&mut client));
    let mut answer = [9];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(answer, [0]);
    // No key, no value; an empty text is null.
    client.write_all(&vector("databridge-binary.json", "publish-null-and-extremes", &session)).unwrap();
    open.poll(2);
    let row = [
        Value::Null,
        Value::Double(f64::NEG_INFINITY),
        Value::Null,
        Value::Null,
        Value::Int(i32::MIN),
        Value::Float(-0.0),
        Value::Long(i64::MIN),
        Value::Bool(false),
    ];
    assert_eq!(open.row(1), row);
    assert_eq!(open.frame.flows[0].rows.ts, [1_700_000_000_123, -1]);
    // Live, the clock is the wall's and not the events'.
    assert_eq!(open.frame.entries[0].now, 1000);
}

#[test]
fn thrift_events_become_rows() {
    let mut open = open(STOCK, &network()).unwrap();
    let session = open.session();
    let mut client = TcpStream::connect(open.thrift).unwrap();
    for (name, region, ip, symbol) in [
        ("publish-one", Value::Null, text("10.0.0.7"), text("WSO2")),
        ("publish-null-string", Value::Null, Value::Null, Value::Null),
    ] {
        client.write_all(&vector("databridge-thrift.json", name, &session)).unwrap();
        let n = open.frame.entries.len();
        open.poll(n + 1);
        assert_eq!(open.row(n), stock(region, ip, symbol), "{name}");
        open.accept();
        let mut reply = [0; 20];
        client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        client.read_exact(&mut reply).unwrap();
        assert_eq!(Reply::parse(&reply).unwrap().outcome, Outcome::Void);
    }
    // An empty text stays one.
    client.write_all(&vector("databridge-thrift.json", "publish-empty-string", &session)).unwrap();
    open.poll(3);
    assert_eq!((&open.row(2)[0], &open.row(2)[3]), (&text(""), &text("")));
}

#[test]
fn agents_log_in_over_tls_and_publish_in_clear() {
    let network = secure_network();
    let mut open = open(STOCK, &network).unwrap();
    let store = network.options().databridge.key_store.clone();
    let trust = Connector::new(&Trust { store: store.clone(), ..Trust::default() }).unwrap();
    let connect = |at: SocketAddr| {
        let socket = TcpStream::connect(at).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        trust.connect("localhost", socket).unwrap()
    };
    let binary = open.session_over(connect(open.secure[0]));
    // Thrift's log-in, whose answer ends with the session and the end of the result.
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/databridge-thrift.json");
    let json: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let call = json["vectors"][0]["hex"].as_str().unwrap();
    let call = (0..call.len()).step_by(2).map(|i| u8::from_str_radix(&call[i..i + 2], 16).unwrap());
    let mut client = connect(open.secure[1]);
    client.write_all(&call.collect::<Vec<u8>>()).unwrap();
    client.flush().unwrap();
    let mut reply = [0; 63];
    client.read_exact(&mut reply).unwrap();
    let Outcome::Text(thrift) = Reply::parse(&reply).unwrap().outcome else { panic!("logged in: {reply:?}") };
    // Whichever they came from, and a bundle may come over TLS too.
    let mut client = TcpStream::connect(open.binary).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    for (n, session) in [&binary[..], thrift].into_iter().enumerate() {
        client.write_all(&vector("databridge-binary.json", "publish-arbitrary-map", session)).unwrap();
        open.poll(n + 1);
        open.accept();
        client.read_exact(&mut [0]).unwrap();
    }
    let mut client = connect(open.secure[0]);
    client.write_all(&vector("databridge-binary.json", "publish-arbitrary-map", &binary)).unwrap();
    client.flush().unwrap();
    open.poll(3);
    assert_eq!(open.row(2), open.row(0));
    fs::remove_file(store.unwrap().path).unwrap();
}

#[test]
fn a_suite_of_old_agents_is_served_where_it_is_asked_for() {
    let with = |of: &Arc<Network>, store: Option<StoreFile>, legacy: bool| {
        let mut databridge = DataBridgeOptions { legacy, ..of.options().databridge.clone() };
        databridge.key_store = store.or(databridge.key_store);
        Arc::new(Network::new(NetworkOptions { databridge, ..NetworkOptions::default() }))
    };
    let secure = secure_network();
    // Its key is of another kind than the suite needs.
    let refused = open(STOCK, &with(&secure, None, true)).err().unwrap();
    assert!(refused.contains("need an RSA key"), "{refused}");
    let store = concat!(env!("CARGO_MANIFEST_DIR"), "/../tls/tests/data/rsa.pem");
    for legacy in [true, false] {
        let open = open(STOCK, &with(&secure, Some(StoreFile::at(PathBuf::from(store))), legacy)).unwrap();
        for at in &open.secure {
            let Some(client) = openssl::by_the_old_suite(*at, "-brief", "") else { return };
            let said = String::from_utf8_lossy(&client.stderr);
            assert_eq!(said.contains("Ciphersuite: DHE-RSA-AES128-SHA"), legacy, "{said}");
        }
    }
    fs::remove_file(secure.options().databridge.key_store.clone().unwrap().path).unwrap();
}

#[test]
fn each_event_of_a_bundle_is_a_chunk_of_its_own() {
    let app = "@source(type='wso2event', wso2.stream.id='org.wso2.demo.tick:1.0.0', @map(type='wso2event', \
        @attributes(number='n'))) define stream S (number int);";
    let mut open = open(app, &network()).unwrap();
    let session = open.session();
    let mut client = TcpStream::connect(open.binary).unwrap();
    let one = vector("databridge-binary.json", "publish-count-too-small", &session);
    let mut bundle = Vec::new();
    let mut writer = riddhi_wire::databridge::binary::PublishWriter::new(&mut bundle, &session);
    for n in 0..100 {
        writer.event(b"org.wso2.demo.tick:1.0.0", n);
        writer.value(riddhi_wire::Value::Int(n as i32));
    }
    writer.finish();
    client.write_all(&bundle).unwrap();
    open.poll(100);
    assert!(open.frame.entries.iter().all(|e| e.rows == 1));
    assert!((0..100).all(|i| open.row(i) == [Value::Int(i as i32)]));
    // No source takes the other stream: its publisher drops the bundle.
    open.accept();
    client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    client.read_exact(&mut [0]).unwrap();
    client.write_all(&one).unwrap();
    let mut answer = [0];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(answer, [1]);
}

#[test]
fn a_stream_has_one_source_and_is_free_again_behind_it() {
    let network = network();
    let first = open(STOCK, &network).unwrap();
    let Err(why) = open(STOCK, &network) else { panic!("it is taken") };
    assert!(why.contains("another wso2event source has the stream 'org.wso2.demo.stock:1.0.0'"), "{why}");
    let other =
        STOCK.replace("stock:1.0.0", "stock:1.0.1").replace("correlation_corrId long", "correlation_corrId int");
    let Err(why) = open(&other, &network) else { panic!("it contradicts") };
    assert!(why.contains("'corrId'"), "{why}");
    let port = first.binary;
    drop(first);
    assert!(open(STOCK, &network).is_ok());
    // With its last source the port is closed.
    let begun = Instant::now();
    while TcpStream::connect(port).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_default_id_is_the_streams_name() {
    let app = "@source(type='wso2event', @map(type='wso2event')) define stream Stocks (n int);";
    let open = open(app, &network()).unwrap();
    assert!(open.slot.source.address().unwrap().ends_with(" as Stocks:1.0.0"));
}

#[test]
fn what_cannot_be_carried_ends_the_app() {
    let object = "@source(type='wso2event', @map(type='wso2event')) define stream S (o object);";
    let number = "@source(type='wso2event', @map(type='wso2event')) define stream S (arbitrary_n int);";
    for app in [object, number] {
        let Err(why) = open(app, &network()) else { panic!("it is refused") };
        assert!(why.contains("wso2event can carry"), "{why}");
    }
}

/// What is wrong in an app's text is told with its place.
#[test]
fn mistakes_in_the_app() {
    for (app, mark) in [
        ("@source(type='wso2event', wso2.stream.id='a:1', @map(type='wso2event')) define stream S (n int);", "'a:1'"),
        (
            "@source(type='wso2event', @map(type='wso2event', @attributes(n='trp:x'))) define stream S (n int);",
            "'trp:x'",
        ),
        ("@source(type='wso2event', @map(type='json')) define stream S (n int);", "json"),
    ] {
        let diagnostics = told(app);
        let marked =
            |d: &riddhi_ql::Diagnostic| app[d.primary.span.start as usize..d.primary.span.end as usize].contains(mark);
        assert!(diagnostics.iter().any(marked), "{app}: {diagnostics:?}");
    }
}

//! The source `http` with the mappers json, text and csv, over real sockets.

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use riddhi_batch::Value;
use riddhi_connect::Setting;
use riddhi_connect::network::{Network, NetworkOptions, Users};
use riddhi_connect::source::SourceSlot;
use riddhi_run::Clock;
use support::{compiled, setting, source_slot, told};

/// A source, open at a port of its own.
struct Open {
    slot: SourceSlot,
    frame: riddhi_batch::Frame,
    clock: Clock,
    address: SocketAddr,
    path: String,
}

fn network() -> Arc<Network> {
    let users = Users::new([("admin".to_owned(), "admin".to_owned())]);
    let http = "127.0.0.1:0".parse().unwrap();
    Arc::new(Network::new(NetworkOptions { http, http_users: Arc::new(users), ..NetworkOptions::default() }))
}

/// What is said about the app.
fn mistakes(text: &str) -> Vec<String> {
    told(text).iter().map(|d| d.message.clone()).collect()
}

fn open(text: &str, network: &Arc<Network>) -> Result<Open, String> {
    let app = compiled(text);
    let setting = Setting { app: "StockApp".into(), ..setting(&app, network) };
    let mut slot = source_slot(&app, &setting);
    slot.source.open()?;
    let url = slot.source.address().expect("it is open");
    let (address, path) = url.strip_prefix("http://").and_then(|u| u.split_once('/')).expect("a URL");
    Ok(Open {
        address: address.parse().expect("an address"),
        path: format!("/{path}"),
        frame: riddhi_batch::Frame::new([&app.streams[0].schema]),
        clock: Clock::new(false, 1000),
        slot,
    })
}

impl Open {
    /// Sends a request, serves it, and gives the status and the body of the answer.
    fn ask(&mut self, request: &[u8]) -> (u16, String) {
        let mut client = TcpStream::connect(self.address).unwrap();
        client.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
        client.write_all(request).unwrap();
        let (mut all, begun, mut bytes) = (Vec::new(), Instant::now(), [0; 4096]);
        loop {
            assert!(begun.elapsed() < Duration::from_secs(20), "no answer to {}", String::from_utf8_lossy(request));
            self.slot.poll(&mut self.frame, &mut self.clock, 1024);
            self.slot.source.taken(7);
            self.slot.source.accepted(7);
            if let Ok(n) = client.read(&mut bytes) {
                all.extend(&bytes[..n]);
                let text = String::from_utf8_lossy(&all);
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")).expect("a length");
                    if body.len() >= length.parse().expect("a number") {
                        return (head[9..12].parse().expect("a status"), body.to_owned());
                    }
                }
            }
        }
    }

    fn post(&mut self, headers: &str, body: &str) -> u16 {
        let path = self.path.clone();
        self.post_to(&path, headers, body).0
    }

    fn post_to(&mut self, path: &str, headers: &str, body: &str) -> (u16, String) {
        let request = format!("POST {path} HTTP/1.1\r\n{headers}content-length: {}\r\n\r\n{body}", body.len());
        self.ask(request.as_bytes())
    }

    fn chunks(&self) -> Vec<u32> {
        self.frame.entries.iter().map(|e| e.rows).collect()
    }

    fn row(&self, i: usize) -> Vec<Value> {
        self.frame.flows[0].rows.cols.iter().map(|c| c.value(i, &self.frame.arena)).collect()
    }
}

const STOCK: &str = "define stream StockStream (symbol string, price float, volume long);";

#[test]
fn the_vectors_become_events_and_statuses() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/http-json.json");
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let plain = format!("@source(type='http', @map(type='json')) {STOCK}");
    let locked = format!("@source(type='http', basic.auth.enabled='true', @map(type='json')) {STOCK}");
    let mut seen = 0;
    for vector in json["vectors"].as_array().unwrap().iter().filter(|v| v["direction"] == "client-to-server") {
        let name = vector["name"].as_str().unwrap();
        let hex = vector["hex"].as_str().unwrap();
        let bytes: Vec<u8> =
            (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect();
        let app = if name.contains("auth") { &locked } else { &plain };
        let mut open = open(app, &network()).unwrap();
        assert_eq!(open.path, "/StockApp/StockStream");
        let (status, body) = open.ask(&bytes);
        // Siddhi answers 200 whatever becomes of the body; we say what was wrong. A list is taken whole or refused whole,
        // and null is null in both forms.
        let (expected, events) = match name {
            "list-null-attribute-drops-all" => (200, 1),
            "bad-json" | "missing-attribute" | "unknown-attribute" | "wrong-type" => (400, 0),
            "list-missing-attribute-partial" => (400, 0),
            "list-one-bad-number-drops-all" | "long-out-of-range" | "empty-object" => (400, 0),
            _ => {
                let events = vector["decoded"]["events"].as_array().map_or(0, Vec::len);
                (vector["expect_status"].as_u64().unwrap() as u16, events)
            }
        };
        assert_eq!((status, open.frame.rows), (expected, events), "{name}: {body}");
        assert_eq!(status == 200, body.is_empty(), "{name}: {body}");
        if events > 0 && !name.contains("null") {
            let event = [Value::Str("WSO2".into()), Value::Float(55.6), Value::Long(100)];
            assert_eq!(open.row(0), event, "{name}");
            assert_eq!(open.chunks(), [events as u32], "{name}: a list is a chunk");
        }
        seen += 1;
    }
    assert_eq!(seen, 28);
}

#[test]
fn sources_share_a_port_and_a_path_belongs_to_one() {
    let network = network();
    let url = |path: &str| {
        format!("@source(type='http', receiver.url='http://127.0.0.1:0{path}', @map(type='json')) {STOCK}")
    };
    let mut one = open(&url("/one"), &network).unwrap();
    let mut two = open(&url("/two"), &network).unwrap();
    assert_eq!((one.address, one.path.as_str(), two.path.as_str()), (two.address, "/one", "/two"));
    let taken = open(&url("/one"), &network).err().expect("it is taken");
    assert!(taken.contains("another http source has 127.0.0.1:0/one"), "{taken}");
    let good = r#"{"symbol":"a","price":1,"volume":2}"#;
    assert_eq!((one.post("", good), two.post("", good), two.post("", good)), (200, 200, 200));
    assert_eq!((one.frame.rows, two.frame.rows), (1, 2));
    drop(one);
    assert_eq!(two.post_to("/one", "", good).0, 404);
    let mut again = open(&url("/one"), &network).unwrap();
    assert_eq!(again.post("", good), 200);
    network.retire();
    assert_eq!(again.post("", good), 503);
    drop((two, again));
}

#[test]
fn headers_and_parameters_are_properties() {
    let map = "@map(type='json', @attributes(symbol='symbol', price='trp:X-Price', volume='trp:_v'))";
    let mut strict = open(&format!("@source(type='http', {map}) {STOCK}"), &network()).unwrap();
    let body = r#"{"symbol":"a"}"#;
    let path = format!("{}?v=7&x", strict.path);
    assert_eq!(strict.post_to(&path, "x-price: 1.5\r\n", body), (200, String::new()));
    assert_eq!(strict.row(0), [Value::Str("a".into()), Value::Float(1.5), Value::Long(7)]);
    let (status, told) = strict.post_to(&path, "", body);
    assert_eq!((status, told.contains("X-Price")), (400, true), "{told}");
    assert_eq!(strict.post_to(&path, "x-price: abc\r\n", body).0, 400);
    let map = map.replace("'json',", "'json', fail.on.missing.attribute='false',");
    let mut lenient = open(&format!("@source(type='http', {map}) {STOCK}"), &network()).unwrap();
    assert_eq!(lenient.post("", body), 200);
    assert_eq!(lenient.row(0), [Value::Str("a".into()), Value::Null, Value::Null]);
}

#[test]
fn other_mappers_and_riddhis_options() {
    let csv = format!("@source(type='http', content.type.checked='true', @map(type='csv')) {STOCK}");
    let mut csv = open(&csv, &network()).unwrap();
    assert_eq!(csv.post("content-type: text/csv\r\n", "a,1.5,2"), 200);
    assert_eq!(csv.post("content-type: text/plain\r\n", "a,1.5,2"), 415);
    assert_eq!(csv.frame.rows, 1);
    let text = format!("@source(type='http', reply.always.ok='true', @map(type='text')) {STOCK}");
    let mut text = open(&text, &network()).unwrap();
    assert_eq!(text.post("", "symbol:\"WSO2\",\nprice:55.6,\nvolume:100"), 200);
    assert_eq!(text.post("", "what"), 200);
    assert_eq!((text.frame.rows, text.slot.counts.refused), (1, 1));
}

#[test]
fn who_is_not_known_is_not_heard_and_nobody_is_known_by_default() {
    let app = format!("@source(type='http', basic.auth.enabled='true', @map(type='json')) {STOCK}");
    let nobody = Arc::new(Network::new(NetworkOptions::default()));
    let refused = open(&app, &nobody).err().expect("it cannot be opened");
    assert!(refused.contains("--http-users"), "{refused}");
    let mut open = open(&app, &network()).unwrap();
    let good = r#"{"symbol":"a","price":1,"volume":2}"#;
    assert_eq!(open.post("", good), 401);
    assert_eq!(open.post("authorization: Basic YWRtaW46YWRtaW4=\r\n", good), 200);
    assert_eq!(open.frame.rows, 1);
}

#[test]
fn what_is_not_there_yet_is_refused_by_name() {
    for (options, expected) in [
        ("ssl.verify.client='require'", "Riddhi does not have `ssl.verify.client` yet"),
        ("worker.count='2'", "Riddhi has one thread for each app yet, which keeps the order"),
        ("trace.log.enabled='true'", "Riddhi does not have `trace.log.enabled` yet"),
        ("receiver.url='ftp://0.0.0.0/a'", "the scheme 'ftp' is neither http nor https"),
        ("receiver.url='0.0.0.0:1'", "'0.0.0.0:1' is no URL"),
    ] {
        let told = mistakes(&format!("@source(type='http', {options}, @map(type='json')) {STOCK}"));
        assert!(told.iter().any(|m| m.contains(expected)), "{options}: {told:?}");
    }
    assert_eq!(mistakes(&format!("@source(type='http', worker.count='1', @map(type='json')) {STOCK}")), [""; 0]);
}

//! `riddhi load` against `riddhi run`, as processes over a real socket.

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Passes what is as the types say, which is all of it, and counts to 2,500.
const APP: &str = "@app:name('App')\n\
    @source(type='tcp', @map(type='binary')) define stream S (k string, n int, x double, up bool);\n\
    @sink(type='file', file.uri='out', @map(type='csv')) define stream Out (c long, sure bool);\n\
    from S[n >= 0 and n < 10 and x < 1000.0 and (k == '0000' or k == '0001')]#window.lengthBatch(2500) \
    select count() as c, k is null as sure insert into Out;\n";

const TYPES: &str = "string:2:4,int:10,double,bool";

struct Server {
    folder: PathBuf,
    address: String,
    child: Child,
}

impl Server {
    fn start(name: &str) -> Server {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("load-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder can be made");
        fs::write(folder.join("a.siddhi"), APP).expect("a file can be written");
        let address = free();
        let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
        command.current_dir(&folder).args(["run", "a.siddhi", "--tcp", &address]).stdin(Stdio::null());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("riddhi starts");
        let server = Server { folder, address, child };
        let begun = Instant::now();
        while std::net::TcpStream::connect(&server.address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the port is open");
            std::thread::sleep(Duration::from_millis(10));
        }
        server
    }

    fn load(&self, channel: &str, args: &[&str]) -> Output {
        let to = format!("tcp://{}/{channel}", self.address);
        load(&[&[&to, "--types", TYPES][..], args].concat())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that nobody listens at.
fn free() -> String {
    format!("127.0.0.1:{}", support::free())
}

fn load(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
    command.arg("load").args(args).stdin(Stdio::null()).output().expect("riddhi starts")
}

fn json(output: &Output) -> Value {
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("it is JSON")
}

#[test]
fn every_event_is_acknowledged_and_arrives_flat_out_and_at_a_rate() {
    let server = Server::start("taken");
    // 7,500 events by three connections in frames of 64, the last one short; then as many at a rate.
    for rate in ["max", "50000"] {
        let args = ["--events", "7500", "--batch", "64", "--connections", "3", "--rate", rate];
        let args = [&args[..], &["--ack", "--format", "json"]].concat();
        let output = server.load("App/S", &args);
        let report = json(&output);
        assert_eq!(output.status.code(), Some(0), "{report}");
        assert_eq!((&report["events"], &report["frames"]), (&7500.into(), &118.into()), "{report}");
        assert_eq!(report["answers"]["acknowledged"], 7500, "{report}");
        assert_eq!((&report["answers"]["unanswered"], &report["unsent"]), (&0.into(), &0.into()), "{report}");
        let latency = |name: &str| report["latency_us"][name].as_f64().expect("a number");
        assert!(latency("p50") > 0.0 && latency("p50") <= latency("p99.99") && latency("p99.99") <= latency("max"));
        if rate != "max" {
            // The last frame is due after 117 * 64 / 50000 seconds.
            assert!(report["seconds"].as_f64().expect("a number") >= 0.149, "{report}");
        }
    }
    let begun = Instant::now();
    while fs::read_to_string(server.folder.join("out")).unwrap_or_default() != "2500,false\n".repeat(6) {
        assert!(begun.elapsed() < Duration::from_secs(60), "all six batches come out");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn frames_that_the_source_refuses_are_counted_and_the_reason_told() {
    let server = Server::start("refused");
    let to = format!("tcp://{}/App/S", server.address);
    let output = load(&[&to, "--types", "int", "--events", "250", "--ack", "--patience", "60"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(text.starts_with("250 events sent in 3 frames"), "{text}");
    assert!(text.contains("acknowledged  0\nrefused       250 ("), "{text}");
    assert!(text.contains("unanswered    0\n"), "{text}");
}

#[test]
fn what_cannot_begin_says_what_to_do() {
    let to = format!("tcp://{}/App/S", free());
    let output = load(&[&to, "--types", "int", "--events", "1"]);
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.starts_with("error: cannot connect to 127.0.0.1:") && err.contains("= help: is it running"), "{err}");
    for (args, said) in [
        (
            &["mqtt://h:1/S", "--types", "int", "--events", "1"][..],
            "tcp, http, binary and thrift are there, not 'mqtt'",
        ),
        (&["http://h:1/S", "--types", "int", "--events", "1"], "attributes have no names, which JSON needs"),
        (&["thrift://h:1/S", "--types", "int", "--events", "1"], "give --user NAME:PASSWORD"),
        (
            &["thrift://h:1/S", "--types", "int", "--user", "a:b", "--events", "1"],
            "the plain port of Thrift has no log-in",
        ),
        (&[&to, "--types", "int", "--events-of", "/nonexistent.csv"], "/nonexistent.csv, line 0: "),
        (&[&to, "--types", "text", "--events", "1"], "there is no type 'text'"),
        (&[&to, "--types", "int"], "--events <N>"),
        (&[&to, "--types", "int", "--events", "1", "--rate", "0"], "1 or more, or max"),
    ] {
        let output = load(args);
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{err}");
        assert!(err.contains(said), "{args:?}: {err}");
    }
}

//! The source and the sink `http` with TLS: one sends to the other.

mod support;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};
use riddhi_batch::{Arena, Chunk, Columns, Frame, Kind};
use riddhi_connect::mapper::OutRows;
use riddhi_connect::network::tls::StoreFile;
use riddhi_connect::network::{Network, NetworkOptions};
use riddhi_connect::source::SourceSlot;
use riddhi_run::Clock;
use support::{Said, compiled, heard, sink_slot, source_slot};

/// Files with a certificate, for a server and for those who trust it.
struct Files {
    server: PathBuf,
    trust: PathBuf,
}

fn files(names: &[&str]) -> Files {
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    let key = KeyPair::generate().unwrap();
    let cert = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
    let at = |what: &str| {
        let thread = format!("{:?}", thread::current().id());
        std::env::temp_dir().join(format!("riddhi-connect-tls-{}-{thread}-{what}.pem", std::process::id()))
    };
    let files = Files { server: at("server"), trust: at("trust") };
    std::fs::write(&files.server, cert.pem() + &key.serialize_pem()).unwrap();
    std::fs::write(&files.trust, cert.pem()).unwrap();
    files
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = (std::fs::remove_file(&self.server), std::fs::remove_file(&self.trust));
    }
}

fn network(key_store: Option<&PathBuf>) -> Arc<Network> {
    Arc::new(Network::new(NetworkOptions { key_store: key_store.map(StoreFile::at), ..NetworkOptions::default() }))
}

fn source(options: &str, network: &Arc<Network>, said: &Said) -> Result<(SourceSlot, Frame, String), String> {
    let text = format!("@source(type='http', {options}, @map(type='json')) define stream S (v int);");
    let app = compiled(&text);
    let mut slot = source_slot(&app, &heard(&app, network, said));
    slot.source.open()?;
    let url = slot.source.address().expect("it is open");
    Ok((slot, Frame::new([&app.streams[0].schema]), url))
}

/// Sends the numbers 1 to 3, each a request, and gives how many were sent and lost.
fn send(url: &str, options: &str, said: &Said) -> (u64, u64) {
    let text =
        format!("@sink(type='http', publisher.url='{url}', {options} @map(type='json')) define stream S (v int);");
    let app = compiled(&text);
    let setting = heard(&app, &Arc::default(), said);
    let mut slot = sink_slot(&app, &setting);
    let mut columns = Columns::new([Kind::I32]);
    (1..=3).for_each(|v| columns.cols[0].push_i32(v));
    (0..3).for_each(|_| columns.ts.push(0));
    let chunks: Vec<Chunk> = (0..3).map(|first| Chunk { step: 0, cause: 0, first, rows: 1 }).collect();
    slot.take(&OutRows { columns: &columns, arena: &Arena::default(), chunks: &chunks, base: 0 }).expect("it goes on");
    (slot.rows, slot.lost)
}

/// Serves a source as long as another thread sends to it.
fn serve(slot: &mut SourceSlot, frame: &mut Frame, sends: thread::JoinHandle<(u64, u64)>) -> (u64, u64) {
    let (begun, mut clock) = (Instant::now(), Clock::new(false, 1000));
    while !sends.is_finished() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not end");
        slot.poll(frame, &mut clock, 1024);
        slot.source.taken(7);
        slot.source.accepted(7);
        thread::sleep(Duration::from_millis(1));
    }
    sends.join().expect("it sends")
}

fn sends(url: &str, options: String, said: &Said) -> thread::JoinHandle<(u64, u64)> {
    let (url, said) = (url.to_owned(), said.clone());
    thread::spawn(move || send(&url, &options, &said))
}

#[test]
fn a_sink_sends_to_a_source_that_it_trusts() {
    let (files, said) = (files(&["localhost"]), Said::default());
    let network = network(Some(&files.server));
    let (mut slot, mut frame, url) = source("receiver.url='https://127.0.0.1:0/in'", &network, &said).unwrap();
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    let named = url.replace("127.0.0.1", "localhost");
    let trust = format!("https.truststore.file='{}', ", files.trust.display());
    for (url, options, expected, told) in [
        (&named, trust.clone(), (3, 0), ""),
        // The address is not in the certificate.
        (&url, trust.clone(), (0, 3), "certificate"),
        (&url, trust.clone() + "hostname.verification.enabled='false', ", (3, 0), ""),
        (&url, "ssl.verification.disabled='true', ".to_owned(), (3, 0), ""),
        (&named, "https.truststore.file='/nowhere', ".to_owned(), (0, 3), "there is no such file"),
    ] {
        said.lock().unwrap().clear();
        let found = serve(&mut slot, &mut frame, sends(url, options.clone(), &said));
        let said = said.lock().unwrap().join("\n");
        assert_eq!(found, expected, "{url} {options}: {said}");
        assert!(said.contains(told), "{url} {options}: {said}");
    }
    assert_eq!(frame.rows, 9);
    let edge = network.running().expect("it runs");
    let counts: Vec<_> = edge.counters().iter().map(|(_, c)| c.read()).collect();
    // One connection each: it is used for all three requests.
    assert_eq!(counts[0].tls_handshakes, 3, "{counts:?}");
}

#[test]
fn https_without_a_key_store_is_refused_by_name() {
    let said = Said::default();
    let refused = |network: &Arc<Network>| {
        source("receiver.url='https://127.0.0.1:0/in'", network, &Said::default()).err().expect("it cannot be opened")
    };
    assert!(refused(&network(None)).contains("--key-store"));
    let missing = refused(&network(Some(&"/nowhere/a.p12".into())));
    assert!(missing.contains("/nowhere/a.p12: there is no such file"), "{missing}");
    // A port speaks TLS or does not.
    let files = files(&["localhost"]);
    let network = network(Some(&files.server));
    let _first = source("receiver.url='https://127.0.0.1:0/in'", &network, &said).unwrap();
    let clash = source("receiver.url='http://127.0.0.1:0/other'", &network, &said).err().expect("one port, two ways");
    assert!(clash.contains("with TLS"), "{clash}");
}

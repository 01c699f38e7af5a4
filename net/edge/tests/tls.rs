//! TLS under a protocol that gives every byte back, as many as it likes.

#[path = "../../tls/tests/support/openssl.rs"]
mod openssl;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, DnType, KeyPair};
use riddhi_edge::{
    Acceptor, Cause, Counts, Edge, EdgeOptions, Io, Limits, Listening, Next, Protocol, Secure, Service, Took,
};
use riddhi_tls::StoreFile;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

struct Echoes {
    resets: bool,
}

struct Echo;

impl Service for Echoes {
    fn accept(&self, _: SocketAddr) -> Box<dyn Protocol> {
        Box::new(Echo)
    }

    fn resets(&self) -> bool {
        self.resets
    }
}

impl Protocol for Echo {
    fn begin(&mut self, io: &mut Io<'_>) {
        io.set_deadline(Some(Duration::from_secs(60)));
    }

    fn read(&mut self, bytes: &[u8], io: &mut Io<'_>) -> Took {
        io.write(bytes);
        let next = if bytes.ends_with(b"bye") { Next::Close } else { Next::Read };
        Took { bytes: bytes.len(), next }
    }
}

struct Server {
    edge: Arc<Edge>,
    secure: Listening,
    plain: Listening,
    root: CertificateDer<'static>,
    told: Arc<Mutex<Vec<Cause>>>,
}

fn server(limits: Limits, resets: bool) -> Server {
    let key = KeyPair::generate().unwrap();
    let cert = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let name = format!("riddhi-edge-{}-{:?}.pem", std::process::id(), std::thread::current().id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, cert.pem() + &key.serialize_pem()).unwrap();
    let acceptor = Acceptor::new(StoreFile::at(&path).identity().unwrap()).unwrap();
    std::fs::remove_file(path).unwrap();
    let told: Arc<Mutex<Vec<Cause>>> = Arc::default();
    let all = told.clone();
    let secure = Secure::new(acceptor, move |_, failure| all.lock().unwrap().push(failure.cause));
    let edge = Edge::start(EdgeOptions { threads: 1, limits, closed: false }).unwrap();
    let at = "127.0.0.1:0".parse().unwrap();
    let secure = edge.listen_tls(at, Arc::new(Echoes { resets }), secure).unwrap();
    let plain = edge.listen(at, Arc::new(Echoes { resets })).unwrap();
    Server { edge, secure, plain, root: cert.der().clone(), told }
}

fn socket(to: &Listening) -> TcpStream {
    let socket = TcpStream::connect(to.address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    socket.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
    socket
}

impl Server {
    fn client(&self, trusts: bool) -> ClientConnection {
        let mut roots = RootCertStore::empty();
        let mut other = CertificateParams::new(vec![]).unwrap();
        other.distinguished_name.push(DnType::CommonName, "somebody else");
        let other = other.self_signed(&KeyPair::generate().unwrap()).unwrap();
        roots.add(if trusts { self.root.clone() } else { other.der().clone() }).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap()
    }

    fn connect(&self) -> StreamOwned<ClientConnection, TcpStream> {
        StreamOwned::new(self.client(true), socket(&self.secure))
    }

    /// What the listener has counted, once it is so.
    fn counted(&self, listening: &Listening, when: impl Fn(&Counts) -> bool) -> Counts {
        let begun = Instant::now();
        loop {
            let counts = listening.counters.read();
            if when(&counts) {
                return counts;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{counts:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.edge.stop();
    }
}

/// OpenSSL, which knows the suite of old agents, speaks it with a server that serves it, and is refused by one that does not.
#[test]
fn openssl_speaks_the_suite_of_old_agents() {
    let store = concat!(env!("CARGO_MANIFEST_DIR"), "/../tls/tests/data/rsa.pem");
    for legacy in [true, false] {
        let identity = StoreFile::at(std::path::Path::new(store)).identity().unwrap();
        let acceptor = if legacy { Acceptor::legacy(identity) } else { Acceptor::new(identity) };
        let secure = Secure::new(acceptor.unwrap(), |_, _| {});
        let edge = Edge::start(EdgeOptions { threads: 1, limits: Limits::default(), closed: false }).unwrap();
        let at = "127.0.0.1:0".parse().unwrap();
        let listening = edge.listen_tls(at, Arc::new(Echoes { resets: false }), secure).unwrap();
        // Many records, then the word on which the server ends the connection.
        let said = "0123456789abcdef".repeat(2500) + "bye";
        let Some(out) = openssl::by_the_old_suite(listening.address, "-quiet", &said) else { return };
        let (heard, why) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        if legacy {
            assert_eq!(heard, said, "{why}");
        } else {
            assert!(heard.is_empty() && why.contains("handshake failure"), "{why}");
        }
    }
}

#[test]
fn bytes_come_back_and_the_end_is_told() {
    let server = server(Limits::default(), false);
    let mut client = server.connect();
    let sent: Vec<u8> = (0..3_000_000_u32).map(|i| i.wrapping_mul(i) as u8).collect();
    let (mut came, mut piece) = (Vec::new(), vec![0; 64 << 10]);
    for part in sent.chunks(200_000) {
        client.write_all(part).unwrap();
        while came.len() < sent.len().min(came.len() + 1) && client.sock.peek(&mut [0]).is_ok() {
            let n = client.read(&mut piece).unwrap();
            came.extend_from_slice(&piece[..n]);
            if came.len() % 200_000 == 0 {
                break;
            }
        }
    }
    assert_eq!(came, sent);
    client.write_all(b"bye").unwrap();
    let mut rest = Vec::new();
    // Without the word of the end this would be an error.
    client.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"bye");
    let counts = server.counted(&server.secure, |c| c.ended == 1);
    assert_eq!((counts.tls_handshakes, counts.tls_broken, counts.malformed), (1, 0, 0));
}

#[test]
fn a_handshake_may_come_byte_by_byte() {
    let server = server(Limits::default(), false);
    let mut client = server.client(true);
    let mut socket = socket(&server.secure);
    socket.set_nodelay(true).unwrap();
    let begun = Instant::now();
    client.writer().write_all(b"hello bye").unwrap();
    let (mut out, mut answer) = (Vec::new(), Vec::new());
    while answer.len() < 9 {
        assert!(begun.elapsed() < Duration::from_secs(20));
        while client.wants_write() {
            client.write_tls(&mut out).unwrap();
        }
        for byte in out.drain(..) {
            socket.write_all(&[byte]).unwrap();
        }
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        client.read_tls(&mut &byte[..]).unwrap();
        client.process_new_packets().unwrap();
        let mut piece = [0; 64];
        match client.reader().read(&mut piece) {
            Ok(n) => answer.extend_from_slice(&piece[..n]),
            Err(e) => assert_eq!(e.kind(), ErrorKind::WouldBlock),
        }
    }
    assert_eq!(answer, b"hello bye");
}

#[test]
fn a_handshake_has_its_time_and_others_notice_nothing() {
    let limits = Limits { header: Duration::from_millis(300), ..Limits::default() };
    let server = server(limits, false);
    let mut good = server.connect();
    good.write_all(b"one").unwrap();
    let silent = socket(&server.secure);
    let mut half = socket(&server.secure);
    half.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).unwrap();
    let counts = server.counted(&server.secure, |c| c.tls_timed_out == 2);
    assert_eq!((counts.timed_out, counts.ended, counts.tls_broken), (2, 2, 0));
    for mut gone in [silent, half] {
        assert!(matches!(gone.read(&mut [0; 1]), Ok(0) | Err(_)));
    }
    let mut three = [0; 3];
    good.read_exact(&mut three).unwrap();
    assert_eq!(&three, b"one");
}

#[test]
fn failed_handshakes_are_counted_by_cause_and_told_once() {
    let server = server(Limits::default(), false);
    // Only a look whether the port is open: nobody need know.
    for _ in 0..3 {
        drop(socket(&server.secure));
    }
    server.counted(&server.secure, |c| c.ended == 3);
    assert!(server.told.lock().unwrap().is_empty());
    // In clear.
    for _ in 0..2 {
        let mut client = socket(&server.secure);
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        assert!(matches!(client.read(&mut [0; 9]), Ok(0)));
    }
    // Whose certificate is this?
    for _ in 0..2 {
        let mut client = StreamOwned::new(server.client(false), socket(&server.secure));
        assert!(client.write_all(b"hello").and_then(|()| client.read(&mut [0; 1])).is_err());
        let _ = client.sock.shutdown(Shutdown::Write);
    }
    // A hello that offers what nobody has any more: TLS_RSA_WITH_RC4_128_SHA.
    for _ in 0..2 {
        let mut client = socket(&server.secure);
        client.write_all(&hello(&[0x00, 0x05])).unwrap();
        let mut alert = [0; 7];
        client.read_exact(&mut alert).unwrap();
        assert_eq!(&alert[..1], &[0x15], "an alert");
        // handshake_failure
        assert_eq!(alert[6], 40);
    }
    // One that ends in the middle, and one that is noise.
    let mut client = socket(&server.secure);
    client.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).unwrap();
    drop(client);
    let mut client = socket(&server.secure);
    client.write_all(&[0x16; 400]).unwrap();
    let mut all = Vec::new();
    let _ = client.read_to_end(&mut all);
    let counts = server.counted(&server.secure, |c| c.tls_broken == 2 && c.tls_untrusted == 2);
    assert_eq!((counts.tls_expected, counts.tls_nothing_in_common, counts.tls_handshakes), (2, 2, 0));
    let mut told = server.told.lock().unwrap().clone();
    told.sort_by_key(|c| *c as u8);
    assert_eq!(told, [Cause::NothingInCommon, Cause::Untrusted, Cause::NotTls, Cause::Broken]);
}

/// The first message of a handshake of TLS 1.2 with these suites and no extension.
fn hello(suites: &[u8]) -> Vec<u8> {
    let mut body = vec![0x03, 0x03];
    body.extend([9; 32]);
    body.push(0);
    body.extend((suites.len() as u16).to_be_bytes());
    body.extend(suites);
    body.extend([1, 0]);
    let mut message = vec![0x01, 0];
    message.extend((body.len() as u16).to_be_bytes());
    message.extend(body);
    let mut record = vec![0x16, 0x03, 0x01];
    record.extend((message.len() as u16).to_be_bytes());
    record.extend(message);
    record
}

#[test]
fn a_handshake_at_a_plain_port_is_counted_and_left_to_the_protocol() {
    let server = server(Limits::default(), false);
    let mut client = StreamOwned::new(server.client(true), socket(&server.plain));
    assert!(client.write_all(b"hello").and_then(|()| client.read(&mut [0; 1])).is_err());
    drop(client);
    let counts = server.counted(&server.plain, |c| c.ended == 1);
    assert_eq!((counts.tls_unexpected, counts.tls_handshakes), (1, 0));
}

#[test]
fn who_resets_does_so_behind_the_handshake_only() {
    let server = server(Limits::default(), true);
    // The reason of a handshake that fails arrives.
    let mut client = socket(&server.secure);
    client.write_all(&hello(&[0x00, 0x05])).unwrap();
    let mut alert = [0; 7];
    client.read_exact(&mut alert).unwrap();
    assert_eq!(alert[6], 40);
    let mut client = server.connect();
    client.write_all(b"hello").unwrap();
    let mut five = [0; 5];
    client.read_exact(&mut five).unwrap();
    // The peer is not told of an end: it could take it for an answer.
    server.edge.close();
    assert!(client.read(&mut [0; 1]).is_err());
}

//! Sessions over real sockets.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use riddhi_edge::{Answers, Edge, EdgeOptions, Limits, Listening, Outcome, door};
use riddhi_http::{HttpService, Page, Pages, RouteOptions, Routes};

struct Server {
    edge: Arc<Edge>,
    routes: Arc<Routes>,
    answers: Answers,
    listening: Listening,
}

fn server(limits: Limits) -> Server {
    let edge = Edge::start(EdgeOptions { threads: 1, limits, closed: false }).unwrap();
    let (door, answers) = door(&edge);
    let routes = Arc::new(Routes::default());
    assert!(routes.add("/a", door.clone(), RouteOptions::default()));
    assert!(!routes.add("/a", door, RouteOptions::default()));
    let listening = edge.listen("127.0.0.1:0".parse().unwrap(), Arc::new(HttpService(routes.clone()))).unwrap();
    Server { edge, routes, answers, listening }
}

impl Server {
    fn connect(&self) -> TcpStream {
        let client = TcpStream::connect(self.listening.address).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        client
    }

    /// Accepts messages until there were `n`.
    fn judge(&mut self, n: usize) -> Vec<Vec<u8>> {
        let (mut all, begun) = (Vec::new(), Instant::now());
        while all.len() < n {
            assert!(begun.elapsed() < Duration::from_secs(60), "only {} of {n} messages came", all.len());
            let Some(block) = self.answers.take() else {
                std::thread::sleep(Duration::from_millis(1));
                continue;
            };
            for message in &block.messages {
                all.push(block.bytes[message.body.clone()].to_vec());
                self.answers.push(message.judge(Outcome::Accepted));
            }
            self.answers.done(block);
            self.answers.send();
        }
        all
    }
}

fn post(body: &str) -> String {
    format!("POST /a HTTP/1.1\r\nhost: b\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// What comes until the server ends the connection.
fn rest(client: &mut TcpStream) -> String {
    let mut all = String::new();
    client.read_to_string(&mut all).unwrap_or_else(|e| panic!("after {all:?}: {e}"));
    all
}

/// The head of one answer without a body.
fn answer(client: &mut TcpStream) -> String {
    let mut all = Vec::new();
    while !all.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        all.extend(byte);
    }
    String::from_utf8(all).unwrap()
}

#[test]
fn requests_of_one_connection_are_answered_when_judged() {
    let mut server = server(Limits::default());
    let mut client = server.connect();
    let text = [post("{}"), post("[1]")].concat();
    client.write_all(&text.as_bytes()[..60]).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    client.write_all(&text.as_bytes()[60..]).unwrap();
    assert_eq!(server.judge(2), [b"{}".to_vec(), b"[1]".to_vec()]);
    for _ in 0..2 {
        let head = answer(&mut client);
        assert!(head.starts_with("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n"), "{head}");
    }
    // A large body, and a peer that says it is the last.
    let large = format!("\"{}\"", "x".repeat(3_000_000));
    client.write_all(post(&large).replace("host: b", "connection: close").as_bytes()).unwrap();
    assert_eq!(server.judge(1), [large.into_bytes()]);
    assert!(rest(&mut client).starts_with("HTTP/1.1 200 OK\r\n"));
    server.edge.stop();
}

#[test]
fn a_peer_that_still_sends_sees_its_status_and_no_reset() {
    let server = server(Limits { message_bytes: 1000, ..Limits::default() });
    for request in
        ["POST /a HTTP/1.1\r\ncontent-length: 60000\r\n\r\n", "POST /a HTTP/1.1\r\ncontent-length: 70000\r\n\r\n"]
    {
        let mut client = server.connect();
        client.write_all(request.as_bytes()).unwrap();
        client.write_all(&vec![b'x'; 50_000]).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let told = rest(&mut client);
        assert!(told.starts_with("HTTP/1.1 413 Content Too Large\r\n"), "{told}");
    }
    let mut client = server.connect();
    client.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01").unwrap();
    client.write_all(&vec![0; 50_000]).unwrap();
    assert!(rest(&mut client).starts_with("HTTP/1.1 400 Bad Request\r\n"));
    server.edge.stop();
}

#[test]
fn a_full_app_is_busy_after_a_second_and_other_paths_are_not() {
    let limits = Limits { blocks: 1, block_bytes: 1, ..Limits::default() };
    let mut server = server(limits);
    let (other, mut others) = door(&server.edge);
    server.routes.add("/other", other, RouteOptions::default());
    let (mut client, mut quick) = (server.connect(), server.connect());
    // One lies at the door, one before it, and the third finds no room.
    (0..3).for_each(|_| client.write_all(post("{}").as_bytes()).unwrap());
    quick.write_all(post("{}").replace("/a", "/other").as_bytes()).unwrap();
    let begun = Instant::now();
    let block = loop {
        match others.take() {
            Some(block) => break block,
            None => std::thread::sleep(Duration::from_millis(1)),
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "the other path stands still");
    };
    others.push(block.messages[0].judge(Outcome::Accepted));
    others.send();
    assert!(answer(&mut quick).starts_with("HTTP/1.1 200"));
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(server.judge(2).len(), 2);
    let heads = [answer(&mut client), answer(&mut client), answer(&mut client)];
    let statuses: Vec<&str> = heads.iter().map(|h| &h[9..12]).collect();
    assert_eq!(statuses, ["200", "200", "429"]);
    server.edge.stop();
}

#[test]
fn a_slow_or_silent_peer_is_ended() {
    let short = Duration::from_millis(100);
    let limits = Limits { header: short, progress: short, idle: Some(short), ..Limits::default() };
    let server = server(limits);
    assert_eq!(rest(&mut server.connect()), "", "silent from the beginning");
    for slow in ["POST /a HT", "POST /a HTTP/1.1\r\ncontent-length: 5\r\n\r\nab"] {
        let mut client = server.connect();
        client.write_all(slow.as_bytes()).unwrap();
        assert!(rest(&mut client).starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{slow:?}");
    }
    assert_eq!(server.listening.counters.read().timed_out, 3);
    server.edge.stop();
}

#[test]
fn a_source_that_ends_leaves_nobody_waiting() {
    let mut server = server(Limits::default());
    let mut client = server.connect();
    client.write_all(post("{}").as_bytes()).unwrap();
    let begun = Instant::now();
    while server.listening.counters.read().messages == 0 {
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(1));
    }
    let (_, nobody) = door(&server.edge);
    drop(std::mem::replace(&mut server.answers, nobody));
    assert!(answer(&mut client).starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    server.edge.stop();
}

#[test]
fn pages_are_asked_for() {
    let edge = Edge::start(EdgeOptions::default()).unwrap();
    let page = |path: &str| {
        let page = || Page { status: 200, media: "text/plain", text: "well".into() };
        (path == "/health").then(page)
    };
    let service = HttpService(Arc::new(Pages::new(Box::new(page))));
    let listening = edge.listen_always("127.0.0.1:0".parse().unwrap(), Arc::new(service)).unwrap();
    edge.close();
    for (request, status, ends) in [
        ("GET /health HTTP/1.0\r\n\r\n", "200", "\r\n\r\nwell"),
        ("HEAD /health HTTP/1.0\r\n\r\n", "200", "\r\n\r\n"),
        ("GET /what HTTP/1.0\r\n\r\n", "404", "}"),
        ("DELETE /health HTTP/1.0\r\n\r\n", "405", "}"),
    ] {
        let mut client = TcpStream::connect(listening.address).unwrap();
        client.write_all(request.as_bytes()).unwrap();
        let told = rest(&mut client);
        assert!(told[9..].starts_with(status) && told.ends_with(ends), "{request:?}: {told}");
    }
    edge.stop();
}

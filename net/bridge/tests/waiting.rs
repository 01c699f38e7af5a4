//! When a bundle is answered: not before it is accepted, and never too late.

mod support;

use std::time::{Duration, Instant};

use riddhi_bridge::{BridgeOptions, Users};
use riddhi_edge::{Limits, Outcome};
use riddhi_wire::databridge::binary::{ErrorClass, Response, login, logout};
use riddhi_wire::databridge::thrift::{self, Arguments, BundleWriter, Exception, Method, Reply, Scanner, write_call};
use riddhi_wire::{Extent, Value};
use support::{Client, Server, State, TICK, options, ticks};

fn class(answer: &[u8]) -> Option<ErrorClass> {
    match Response::parse(answer).unwrap() {
        Response::Error { class, .. } => ErrorClass::of_name(class),
        _ => None,
    }
}

#[test]
fn the_answer_waits_for_all_sources() {
    let mut server = Server::plain();
    let session = server.session();
    let mut client = Client::connect(server.binary);
    let v = support::vectors("databridge-binary.json", &session);
    let both = v.iter().find(|v| v.name == "publish-batch-two-streams").unwrap();
    client.send(&both.bytes);
    assert!(!client.has_answer());
    assert_eq!(server.sources[0].accept(Outcome::Accepted).len(), 1);
    assert!(!client.has_answer(), "one of two sources has accepted");
    assert_eq!(server.sources[1].accept(Outcome::Accepted), ["1700000000124 7"]);
    assert_eq!(client.binary_answer(), [0]);
}

#[test]
fn what_a_source_refuses_is_dropped_by_the_publisher() {
    let mut server = Server::plain();
    let session = server.session();
    let mut client = Client::connect(server.binary);
    client.send(&ticks(&session, [1]));
    assert!(!client.has_answer());
    server.sources[1].accept(Outcome::Refused("no".into()));
    assert_eq!(class(&client.binary_answer()), Some(ErrorClass::UndefinedEventType));
}

#[test]
fn what_is_not_accepted_in_time_is_said_to_have_expired() {
    let within = Duration::from_millis(600);
    let mut server = Server::start(BridgeOptions { answer_within: within, ..options() }, Limits::default());
    let session = server.session();
    let (mut client, start) = (Client::connect(server.binary), Instant::now());
    client.send(&ticks(&session, [1]));
    assert_eq!(class(&client.binary_answer()), Some(ErrorClass::SessionTimeout));
    assert!((within..4 * within).contains(&start.elapsed()), "{:?}", start.elapsed());
    // The late verdict on it is not taken for that on the next one.
    client.send(&ticks(&session, [2]));
    std::thread::sleep(Duration::from_millis(50));
    let first = server.sources[1].answers.take().unwrap();
    server.sources[1].answers.push(first.messages[0].judge(Outcome::Accepted));
    server.sources[1].answers.send();
    assert!(!client.has_answer());
    assert_eq!(server.accept_all(), ["7 2"]);
    assert_eq!(client.binary_answer(), [0]);
}

#[test]
fn log_ins_wait_while_bundles_come_late() {
    let within = Duration::from_millis(600);
    let mut server = Server::start(BridgeOptions { answer_within: within, ..options() }, Limits::default());
    let session = server.session();
    let mut client = Client::connect(server.binary);
    client.send(&ticks(&session, [1]));
    assert_eq!(class(&client.binary_answer()), Some(ErrorClass::SessionTimeout));
    let (mut other, mut request) = (Client::connect(server.binary), Vec::new());
    login(&mut request, b"admin", b"admin");
    other.send(&request);
    assert!(!other.has_answer(), "held back");
    let start = Instant::now();
    assert!(matches!(Response::parse(&other.binary_answer()), Ok(Response::LoginOk(_))), "but not for ever");
    assert!(start.elapsed() < 4 * within);
    // As soon as a bundle is accepted, log-ins are answered at once.
    client.send(&ticks(&session, [2]));
    std::thread::sleep(Duration::from_millis(50));
    server.accept_all();
    client.binary_answer();
    let start = Instant::now();
    server.session();
    assert!(start.elapsed() < within / 2);
}

#[test]
fn retry_errors_are_a_switch() {
    let within = Duration::from_millis(300);
    let options = BridgeOptions { answer_within: within, retry_errors: true, ..options() };
    let server = Server::start(options, Limits::default());
    let session = server.session();
    let mut client = Client::connect(server.binary);
    client.send(&ticks(&session, [1]));
    assert_eq!(class(&client.binary_answer()), Some(ErrorClass::Retry));
}

/// A source that takes nothing fills its door; then sockets wait, and no event is lost or comes twice.
#[test]
fn a_full_door_holds_the_reading() {
    let limits = Limits { block_bytes: 1 << 10, blocks: 2, ..Limits::default() };
    let mut server = Server::start(options(), limits);
    let session = server.session();
    let mut clients: Vec<Client> = (0..8).map(|_| Client::connect(server.binary)).collect();
    for (i, client) in clients.iter_mut().enumerate() {
        let first = 10_000 * i as i32;
        client.send(&ticks(&session, first..first + 1000));
    }
    std::thread::sleep(Duration::from_millis(200));
    let (mut events, start) = (Vec::new(), Instant::now());
    while events.len() < 8000 && start.elapsed() < Duration::from_secs(20) {
        events.extend(server.accept_all());
        std::thread::sleep(Duration::from_millis(1));
    }
    for client in &mut clients {
        assert_eq!(client.binary_answer(), [0]);
    }
    let mut numbers: Vec<i32> = events.iter().map(|e| e[2..].parse().unwrap()).collect();
    let of_first: Vec<i32> = numbers.iter().copied().filter(|n| *n < 10_000).collect();
    assert!(of_first.is_sorted(), "those of a connection come in order");
    numbers.sort_unstable();
    assert_eq!(numbers, (0..8).flat_map(|i| 10_000 * i..10_000 * i + 1000).collect::<Vec<_>>());
}

/// A request that comes in two pieces must go on coming; once it is there, the peer may be silent as long as it likes.
#[test]
fn a_bundle_that_came_in_pieces_leaves_no_deadline() {
    let progress = Duration::from_millis(300);
    let mut server = Server::start(options(), Limits { progress, ..Limits::default() });
    let session = server.session();
    let mut client = Client::connect(server.binary);
    let bundle = ticks(&session, 0..10);
    let (first, second) = bundle.split_at(bundle.len() / 2);
    client.send(first);
    std::thread::sleep(Duration::from_millis(50));
    client.send(second);
    assert!(!client.has_answer());
    assert_eq!(server.accept_all().len(), 10);
    assert_eq!(client.binary_answer(), [0]);
    assert_eq!(client.wait(5 * progress), State::Open);
    client.send(&ticks(&session, [10]));
    assert!(!client.has_answer());
    assert_eq!(server.accept_all(), ["7 10"]);
    assert_eq!(client.binary_answer(), [0]);
    // One that stands still half way is given up.
    client.send(first);
    assert_ne!(client.wait(20 * progress), State::Open);
}

#[test]
fn a_connection_with_an_open_bundle_is_reset() {
    let server = Server::plain();
    let session = server.session();
    let mut client = Client::connect(server.binary);
    client.send(&ticks(&session, [1]));
    assert!(!client.has_answer());
    server.edge.close();
    assert_eq!(client.wait(Duration::from_secs(5)), State::Reset, "an end would be taken for success");
}

fn thrift_reply(client: &mut Client) -> Vec<u8> {
    let mut scanner = Scanner::default();
    client.message(|bytes| match scanner.scan(bytes, 10_000).unwrap() {
        Extent::Whole(len) => Some(len),
        Extent::Partial(_) => None,
    })
}

fn thrift_ticks(session: &[u8], numbers: std::ops::Range<i32>) -> Vec<u8> {
    let (mut writer, mut bundle, mut call) = (BundleWriter::default(), Vec::new(), Vec::new());
    for n in numbers {
        writer.event(TICK.as_bytes(), 7);
        writer.value(Value::Int(n));
    }
    writer.finish(&mut bundle, session);
    write_call(&mut call, Method::Publish, 3, Arguments::Bundle(&bundle));
    call
}

#[test]
fn thrift_waits_and_expires_as_binary_does() {
    let within = Duration::from_millis(600);
    let mut server = Server::start(BridgeOptions { answer_within: within, ..options() }, Limits::default());
    let session = server.session();
    let mut client = Client::connect(server.thrift);
    client.send(&thrift_ticks(&session, 0..3));
    assert!(!client.has_answer());
    assert_eq!(server.accept_all(), ["7 0", "7 1", "7 2"]);
    assert_eq!(Reply::parse(&thrift_reply(&mut client)).unwrap().outcome, thrift::Outcome::Void);
    client.send(&thrift_ticks(&session, 3..4));
    let reply = thrift_reply(&mut client);
    let reply = Reply::parse(&reply).unwrap();
    assert_eq!(reply.header.sequence, 3);
    assert!(matches!(reply.outcome, thrift::Outcome::Exception(Exception::SessionExpired, _)), "{reply:?}");
}

/// A session of one connection and protocol serves on others, until it ends.
#[test]
fn sessions_are_the_servers() {
    let lifetime = Duration::from_millis(1500);
    let mut server = Server::start(BridgeOptions { session_lifetime: lifetime, ..options() }, Limits::default());
    let (session, start) = (server.session(), Instant::now());
    let mut thrift = Client::connect(server.thrift);
    thrift.send(&thrift_ticks(&session, 0..1));
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(server.accept_all(), ["7 0"]);
    assert_eq!(Reply::parse(&thrift_reply(&mut thrift)).unwrap().outcome, thrift::Outcome::Void);
    std::thread::sleep(lifetime.saturating_sub(start.elapsed()) + Duration::from_millis(20));
    let mut binary = Client::connect(server.binary);
    binary.send(&ticks(&session, [1]));
    assert_eq!(class(&binary.binary_answer()), Some(ErrorClass::SessionTimeout));
    let mut request = Vec::new();
    logout(&mut request, &session);
    binary.send(&request);
    assert_eq!(class(&binary.binary_answer()), Some(ErrorClass::SessionTimeout));
}

#[test]
fn without_users_nobody_logs_in() {
    let server = Server::start(BridgeOptions { users: Users::new(), ..options() }, Limits::default());
    let (mut client, mut request) = (Client::connect(server.binary), Vec::new());
    login(&mut request, b"admin", b"admin");
    client.send(&request);
    assert_eq!(class(&client.binary_answer()), Some(ErrorClass::Authentication));
}

//! The vectors of both protocols over real sockets: what each is answered, and which events come of it.

mod support;

use std::time::{Duration, Instant};

use riddhi_wire::Extent;
use riddhi_wire::databridge::binary::{Response, response_extent};
use riddhi_wire::databridge::thrift::{Outcome, Reply, Scanner};
use support::{Client, Server, State, VECTOR_SESSION, Vector, vectors};

/// Sends a vector on a connection of its own; gives the answers, how the connection stands, and the events that came.
fn play(
    to: std::net::SocketAddr,
    server: &mut Server,
    v: &Vector,
    piece: usize,
    answers: usize,
    whole: impl Fn(&[u8]) -> usize,
) -> (Vec<u8>, State, Vec<String>) {
    let mut client = Client::connect(to);
    for piece in v.bytes.chunks(piece) {
        // A server that has seen enough may have reset it.
        if std::io::Write::write_all(&mut client.socket, piece).is_err() {
            break;
        }
    }
    let (mut events, start, mut state) = (Vec::new(), Instant::now(), State::Open);
    while state == State::Open && start.elapsed() < Duration::from_secs(5) {
        events.extend(server.accept_all());
        if whole(&client.came) >= answers {
            // Nothing more may come.
            state = client.wait(Duration::from_millis(30));
            break;
        }
        state = client.wait(Duration::from_millis(10));
    }
    if state == State::Open && answers == 0 {
        state = client.wait(Duration::from_millis(30));
    }
    (client.came, state, events)
}

fn show(came: String, state: State, events: &[String]) -> String {
    // What it is depends on whether there are bytes that the server has not read.
    let state = if state == State::Open { "" } else { " closed" };
    let events: String = events.iter().map(|e| format!("\n    {e}")).collect();
    format!("{came}{state}{events}\n")
}

/// Answers at the beginning of some bytes.
fn binary_answers(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while let Ok(Extent::Whole(len)) = response_extent(bytes, 10_000) {
        all.push(bytes[..len].to_vec());
        bytes = &bytes[len..];
    }
    all
}

fn shown_binary(answer: &[u8], session: &[u8]) -> String {
    match Response::parse(answer).unwrap() {
        Response::Ok => " ok".into(),
        Response::LoginOk(id) => {
            assert_eq!(id.len(), 36);
            " session".into()
        }
        Response::Error { class, message } => {
            let class = riddhi_wire::text(class).into_owned();
            let message = riddhi_wire::text(message).replace(&*riddhi_wire::text(session), "SESSION");
            format!(" {}: {message}", class.rsplit('.').next().unwrap())
        }
    }
}

/// Vectors after which a server waits for more, or has nothing to say.
const SILENT: [&str; 7] = [
    "short-header",
    "truncated-body",
    "probe-connect-close",
    "http-compact-connect-body",
    "truncated-call",
    "framed-client-on-unframed-port",
    "none",
];

#[test]
fn binary() {
    let mut shown = Vec::new();
    for piece in [usize::MAX, 1] {
        let mut server = Server::plain();
        let mut out = String::new();
        let session = server.session();
        // Log-out last: it ends the session.
        let mut all = vectors("databridge-binary.json", &session);
        all.sort_by_key(|v| v.name == "logout");
        for v in &all {
            let answers = match &v.name[..] {
                "pipelined-publish-publish" => 2,
                name if SILENT.contains(&name) => 0,
                _ => 1,
            };
            let (came, state, events) =
                play(server.binary, &mut server, v, piece, answers, |bytes| binary_answers(bytes).len());
            let said: String = binary_answers(&came).iter().map(|a| shown_binary(a, &session)).collect();
            out += &show(format!("{}:{said}", v.name), state, &events);
        }
        shown.push(out);
    }
    assert_eq!(shown[0], shown[1], "byte by byte as in one piece");
    assert_eq!(shown[0], BINARY);
}

/// Replies at the beginning of some bytes.
fn thrift_answers(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while let Ok(Extent::Whole(len)) = Scanner::default().scan(bytes, 10_000) {
        all.push(bytes[..len].to_vec());
        bytes = &bytes[len..];
    }
    all
}

fn shown_thrift(answer: &[u8], session: &[u8]) -> String {
    let plain = |text: &[u8]| riddhi_wire::text(text).replace(&*riddhi_wire::text(session), "SESSION");
    match Reply::parse(answer).unwrap().outcome {
        Outcome::Void => " done".into(),
        Outcome::Text(text) if text.len() == 36 => " session".into(),
        Outcome::Text(text) => format!(" '{}'", plain(text)),
        Outcome::Bool(value) => format!(" {value}"),
        Outcome::Exception(exception, message) => format!(" {exception:?}: {}", plain(message)),
        Outcome::Failed(code, message) => format!(" failed {code}: {}", plain(message)),
    }
}

#[test]
fn thrift() {
    let mut shown = Vec::new();
    for piece in [usize::MAX, 1] {
        let mut server = Server::plain();
        let mut out = String::new();
        let session = server.session();
        let mut all = vectors("databridge-thrift.json", &session);
        all.sort_by_key(|v| v.name == "disconnect-call");
        for v in &all {
            let answers = usize::from(!SILENT.contains(&&v.name[..]));
            let to = if v.service == "ThriftSecureEventTransmissionService" { server.secure } else { server.thrift };
            let (came, state, events) = play(to, &mut server, v, piece, answers, |bytes| thrift_answers(bytes).len());
            let said: String = thrift_answers(&came).iter().map(|a| shown_thrift(a, &session)).collect();
            out += &show(format!("{}:{said}", v.name), state, &events);
        }
        shown.push(out);
    }
    assert_eq!(shown[0], shown[1], "byte by byte as in one piece");
    assert_eq!(shown[0], THRIFT);
}

/// The session of the vectors is none here.
#[test]
fn other_sessions_have_expired() {
    let mut server = Server::plain();
    for v in vectors("databridge-binary.json", VECTOR_SESSION).iter().filter(|v| v.name == "publish-one") {
        let (came, state, events) = play(server.binary, &mut server, v, usize::MAX, 1, |b| binary_answers(b).len());
        assert_eq!(shown_binary(&came, VECTOR_SESSION), " SessionTimeoutException: SESSION expired");
        assert_eq!((state, events.len()), (State::Open, 0));
    }
}

const BINARY: &str = "\
login-admin: session
login-empty-password: AuthenticationException: wrong userName or password
login-non-ascii-utf8: AuthenticationException: wrong userName or password
publish-one: ok
    1700000000123 '10.0.0.7' 42 'WSO2' 55.5 100 1.25 true
publish-arbitrary-map: ok
    1700000000123 '10.0.0.7' 42 'WSO2' 55.5 100 1.25 true region=eu tier=gold
publish-null-and-extremes: ok
    -1 null -9223372036854775808 null -inf -2147483648 -0 false
publish-utf8: ok
    0 '::1' 9223372036854775807 'café ச😀' 2.2250738585072014e-308 2147483647 340282350000000000000000000000000000000 true
publish-batch-two-streams: ok
    1700000000123 '10.0.0.7' 42 'WSO2' 55.5 100 1.25 true
    1700000000124 7
publish-zero-events: ok
pipelined-publish-publish: ok ok
    1700000000124 7
    1700000000124 7
bool-byte-2: ok
    1700000000123 '10.0.0.7' 42 'WSO2' 55.5 100 1.25 false
unknown-type-3: UndefinedEventTypeException: there is no message type 3 closed
unknown-type-with-body: UndefinedEventTypeException: there is no message type 127 closed
negative-message-size: UndefinedEventTypeException: a body cannot have a length of -1 closed
huge-message-size-eof: UndefinedEventTypeException: a message of 2147483647 bytes is longer than the 16777216 allowed closed
short-header:
truncated-body:
login-empty-body: AuthenticationException: the request cannot be read: a user's name ends behind the message
login-user-length-too-big: AuthenticationException: the request cannot be read: a user's name cannot have a length of 50
login-negative-user-length: AuthenticationException: the request cannot be read: a user's name cannot have a length of -5
login-trailing-bytes: session
publish-unknown-session: SessionTimeoutException: 00000000-0000-0000-0000-000000000000 expired
publish-empty-session: SessionTimeoutException:  expired
publish-missing-count: UndefinedEventTypeException: the request cannot be read: a list of events ends behind the message
publish-count-too-big: UndefinedEventTypeException: the bundle cannot be read: an event ends behind the message
publish-count-negative: UndefinedEventTypeException: the request cannot be read: a list of events cannot have a length of -1
publish-count-too-small: ok
    1700000000123 '10.0.0.7' 42 'WSO2' 55.5 100 1.25 true
publish-event-size-too-small: UndefinedEventTypeException: the bundle cannot be read: an INT ends behind the message
publish-unknown-stream: UndefinedEventTypeException: no source takes the streams of the bundle
publish-string-length-negative: UndefinedEventTypeException: the bundle cannot be read: a STRING cannot have a length of -1
publish-invalid-utf8: ok
    1700000000123 '��A' 1 'X' 1.0 1 1 true
publish-arbitrary-dangling-key: UndefinedEventTypeException: the bundle cannot be read: a key's value ends behind the message
logout-unknown-session: SessionTimeoutException: nope expired
probe-connect-close:
logout: ok
";

const THRIFT: &str = "\
connect-call: session
connect-call-unversioned: session
definestream-call: 'org.wso2.demo.stock:1.0.0'
findstreamid-call: 'org.wso2.demo.stock:1.0.0'
findstreamid-call-missing: NoStreamDefinition: Stream definition not exist for nope 1.0.0
publish-one: done
    1700000000123 '10.0.0.7' 42 'WSO2' 55.5 100 1.25 true
publish-two-arbitrary: done
    1700000000123 '10.0.0.7' 42 'WSO2' 55.5 100 1.25 true region=eu tier=gold
    1700000000124 7
publish-null-string: done
    1700000000123 null 42 null 55.5 100 1.25 true
publish-empty-string: done
    1700000000123 '' 42 '' 0.1 -1 0.1 false
deletestreambyid-call: false
unknown-extra-field-skipped: session
http-compact-connect-body: closed
unknown-method-call: failed 1: Invalid method name: 'ping'
connect-on-general-port: failed 1: Invalid method name: 'connect'
publish-unknown-session: SessionExpired: bad expired
publish-no-string-list: failed 6: Internal error processing publish
publish-eventnum-too-big: UndefinedEventType: the bundle cannot be read: a list of events cannot have a length of 3
publish-eventnum-too-small: done
    1700000000124 7
publish-no-args: failed 6: Internal error processing publish
disconnect-unknown-session: failed 6: Internal error processing disconnect
deletestreambyid-no-colon: failed 6: Internal error processing deleteStreamById
definestream-bad-json: MalformedDefinition: `:` is missing at byte 5 of the stream definition
definestream-bad-version: MalformedDefinition: `1.0` is no version of a stream: it must be three numbers with dots between them, such as 1.0.0
definestream-bad-first-type: MalformedDefinition: `OBJECT` of attribute `x` is no type: there are INT, LONG, FLOAT, DOUBLE, BOOL and STRING
bad-version-word: closed
framed-client-on-unframed-port: closed
negative-string-length: closed
huge-string-length: closed
huge-list-count: closed
truncated-call:
compact-on-binary-port: closed
disconnect-call: done
";

//! Requests to messages and answers, without sockets.

mod check;

use std::time::Duration;

use check::{BODY_MAX, Driven, PATH};
use riddhi_edge::{Next, Outcome};
use riddhi_http::{ROOM_WAIT, properties};

fn driven(bytes: impl AsRef<[u8]>) -> Driven {
    let mut driven = Driven::new();
    driven.write(bytes.as_ref());
    driven
}

fn post(path: &str, headers: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: a\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn a_body_is_a_message_and_a_verdict_an_answer() {
    let all = driven(
        [post(PATH, "", "{}"), post(PATH, "", "x\""), post("/Strict", "content-type: a/json\r\n", "x")].concat(),
    );
    let bodies: Vec<&[u8]> = all.memory.messages.iter().map(|m| &m.1[..]).collect();
    assert_eq!(bodies, [&b"{}"[..], b"x\"", b"x"]);
    assert_eq!(all.statuses(), [200, 400, 200]);
    assert!(all.text().contains("{\"error\":\"not JSON\"}"), "{}", all.text());
    assert_eq!(all.end, None);
    assert_eq!(all.memory.deadline, Some(Duration::from_secs(120)));
}

#[test]
fn answers_come_in_the_order_of_the_requests() {
    let mut all = Driven::new();
    all.judges = false;
    all.write([post(PATH, "", "{1}"), post("/Nowhere", "", "x"), post(PATH, "", "{2}")].concat().as_bytes());
    assert_eq!((all.memory.unjudged.clone(), all.text().as_str()), (vec![0, 2], ""));
    assert_eq!(all.memory.deadline, None, "the peer waits for us");
    all.session.judged(2, &Outcome::Accepted, &mut all.memory);
    assert_eq!(all.text(), "");
    // Twice, or one that was never asked.
    all.session.judged(2, &Outcome::Refused("no".into()), &mut all.memory);
    all.session.judged(77, &Outcome::Accepted, &mut all.memory);
    all.session.judged(0, &Outcome::Refused("no".into()), &mut all.memory);
    assert_eq!(all.statuses(), [400, 404, 200]);
}

#[test]
fn what_a_peer_is_told() {
    let auth = "authorization: basic YWRtaW46YWRtaW4=\r\n";
    let long = "x".repeat(BODY_MAX + 1);
    let old = format!("POST {PATH} HTTP/1.0\r\ncontent-length: 2\r\n\r\n{{}}");
    for (request, status, ends) in [
        (post("/Locked", "", "{}"), 401, false),
        (post("/Locked", auth, "{}"), 200, false),
        (post("/Locked/", auth, "{}"), 404, false),
        (post(PATH, "", ""), 405, false),
        (post(PATH, "", &long), 413, false),
        (post(PATH, "content-encoding: gzip\r\n", "{}"), 415, false),
        (post("/Strict", "content-type: text/plain\r\n", "{}"), 415, false),
        (post("/Strict", "", "{}"), 415, false),
        (format!("GET {PATH} HTTP/1.1\r\n\r\n"), 400, false),
        (format!("PUT {PATH} HTTP/1.1\r\nconnection: close\r\n\r\n"), 400, true),
        (format!("OPTIONS {PATH} HTTP/1.1\r\n\r\n"), 200, false),
        (old.clone(), 200, true),
        (old.replace("content", "connection: keep-alive\r\ncontent"), 200, false),
        (post(PATH, "connection: close\r\n", "{}"), 200, true),
        (format!("POST {PATH} HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n"), 413, true),
        (format!("POST {PATH} HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nfffff\r\n"), 413, true),
        (format!("POST {PATH} HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nx\r\n"), 400, true),
        (format!("POST {PATH} HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"), 405, false),
        (format!("POST {PATH} HTTP/3.1\r\n\r\n"), 505, true),
        ("\0\0\0".to_owned(), 400, true),
    ] {
        let told = driven(&request);
        assert_eq!((told.statuses(), told.end.is_some()), (vec![status], ends), "{request:?}: {}", told.text());
        assert_eq!(told.text().contains("connection: close\r\n"), ends, "{request:?}: {}", told.text());
        if !ends {
            let mut again = driven(&request);
            again.write(post(PATH, "", "{2}").as_bytes());
            assert_eq!(again.statuses(), [status, 200], "the connection goes on after {request:?}");
        }
    }
    let head = driven(format!("HEAD {PATH} HTTP/1.1\r\n\r\n"));
    assert!(head.text().contains("content-length: 35\r\n") && head.text().ends_with("\r\n\r\n"), "{}", head.text());
}

#[test]
fn chunks_are_put_together() {
    let request =
        format!("POST {PATH} HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1;a\r\n{{\r\n1\r\n}}\r\n0\r\nt: u\r\n\r\n");
    let twice = driven(request.repeat(2));
    assert_eq!(twice.memory.messages, vec![(vec![255; 8], b"{}".to_vec()); 2]);
    assert_eq!(twice.statuses(), [200, 200]);
}

#[test]
fn a_refused_body_in_chunks_does_not_reach_the_next_one() {
    let to = |path| format!("POST {path} HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n");
    let one = driven(to("/Nowhere") + &to("/Locked") + &to(PATH));
    assert_eq!(one.memory.messages, [(vec![255; 8], b"{}".to_vec())]);
    assert_eq!(one.statuses(), [404, 401, 200]);
}

#[test]
fn who_waits_is_told_to_go_on() {
    let mut one = driven(format!("POST {PATH} HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n"));
    assert_eq!(one.text(), "HTTP/1.1 100 Continue\r\n\r\n");
    one.write(b"{}");
    assert_eq!((one.statuses(), one.end), (vec![100, 200], None));
    // What would be refused anyhow is not asked for.
    let none = driven("POST /Nowhere HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n");
    assert_eq!((none.statuses(), none.end), (vec![404], Some(Next::Drain)));
}

#[test]
fn properties_are_told_with_the_body() {
    let one = driven(post(&format!("{PATH}?a=b&tag=e%20u"), "X-Id: 7\r\nx-id: 8\r\n", "{}"));
    let told: Vec<_> = properties(&one.memory.messages[0].0).collect();
    assert_eq!(told, [Some("7"), Some("e%20u")]);
    let none = driven(post(PATH, "", "{}"));
    assert_eq!(properties(&none.memory.messages[0].0).collect::<Vec<_>>(), [None, None]);
    // Not ours, so they may be anything.
    assert_eq!(properties(&[9, 0, 0, 0, b'x']).count(), 0);
}

#[test]
fn a_request_that_finds_no_room_waits_a_second() {
    let chunked = format!("POST {PATH} HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n");
    for request in [post(PATH, "", "{}"), chunked] {
        let mut one = Driven::new();
        one.memory.full = true;
        one.write(request.as_bytes());
        assert_eq!((one.text().as_str(), one.session.held(&mut one.memory)), ("", Next::Hold));
        one.memory.now += ROOM_WAIT / 2;
        one.write(b"");
        assert_eq!((one.text().as_str(), one.session.held(&mut one.memory)), ("", Next::Hold));
        let mut other = one;
        other.memory.full = false;
        other.write(b"");
        assert_eq!((other.statuses(), other.memory.messages.len()), (vec![200], 1));

        let mut one = Driven::new();
        one.memory.full = true;
        one.write(request.as_bytes());
        one.memory.now += ROOM_WAIT;
        assert_eq!(one.session.held(&mut one.memory), Next::Read);
        one.write(b"");
        assert!(one.text().contains("retry-after: 1\r\n"));
        assert_eq!((one.statuses(), one.memory.messages.len(), one.end), (vec![429], 0, None));
        one.memory.full = false;
        one.write(request.as_bytes());
        assert_eq!(one.statuses(), [429, 200]);
    }
}

#[test]
fn time_runs_out() {
    let mut idle = driven("");
    assert_eq!(idle.session.expired(&mut idle.memory), Next::Close);
    let mut head = driven("POST /");
    assert_eq!(head.memory.deadline, Some(Duration::from_secs(10)));
    head.memory.deadline = None;
    head.write(b"a");
    assert_eq!(head.memory.deadline, None, "a byte more is no time more");
    assert_eq!((head.session.expired(&mut head.memory), head.statuses()), (Next::Drain, vec![408]));
    let mut body = driven(format!("POST {PATH} HTTP/1.1\r\ncontent-length: 9\r\n\r\n"));
    assert_eq!(body.memory.deadline, Some(Duration::from_secs(30)));
    assert_eq!((body.session.expired(&mut body.memory), body.statuses()), (Next::Drain, vec![408]));
}

#[test]
fn a_peer_that_sends_no_more_has_its_answer() {
    let mut one = Driven::new();
    one.judges = false;
    one.write(post(PATH, "", "{}").as_bytes());
    assert_eq!(one.session.ended(&mut one.memory), Next::Read);
    one.judge();
    assert_eq!((one.statuses(), one.end), (vec![200], Some(Next::Close)));
}

#[test]
fn a_source_that_is_gone_answers_nobody_so_we_do() {
    let mut one = Driven::new();
    one.judges = false;
    one.write(post(PATH, "", "{}").as_bytes());
    one.session.gone(u64::MAX, &mut one.memory);
    assert_eq!(one.text(), "");
    for door in 0..100 {
        one.session.gone(door, &mut one.memory);
    }
    assert_eq!(one.statuses(), [503]);
}

#[test]
fn a_node_that_retires_takes_nothing_more() {
    let routes = check::routes();
    routes.retire();
    let mut one = Driven::new();
    one.session = riddhi_http::Session::new(routes);
    one.write(post(PATH, "", "{}").as_bytes());
    assert_eq!((one.statuses(), one.end), (vec![503], Some(Next::Drain)));
}

#[test]
fn requests_without_an_answer_are_bounded() {
    let mut many = Driven::new();
    many.judges = false;
    many.write(post(PATH, "", "{}").repeat(1000).as_bytes());
    assert_eq!(many.memory.messages.len(), 256);
    many.judges = true;
    many.judge();
    many.write(b"");
    assert_eq!((many.statuses().len(), many.memory.messages.len()), (1000, 1000));
}

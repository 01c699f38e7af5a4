//! Two ends over a real socket: who is let in, and what is said.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use riddhi_role::{Hello, Holder, Incarnation};
use riddhi_sync::{Access, Link, LinkError, Message, Secret, accept, connect};

const OLD: &str = "an old secret of some length";
const NEW: &str = "a new secret of some length";

fn access(group: &str, secret: &str, also: Option<&str>) -> Access {
    let secret_of = |text: &str| Secret::new(text.as_bytes()).expect("it is long enough");
    Access { group: group.into(), secret: secret_of(secret), also: also.map(secret_of) }
}

fn hello(node: &str) -> Hello {
    let from = Holder { node: node.into(), incarnation: Incarnation(7) };
    Hello { from, epoch: 3, line: 2, position: 11, active: node == "a" }
}

fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

/// What both ends say of a greeting, the one that connects first.
fn greet(a: (Access, &str), b: (Access, &str)) -> (Result<Link, LinkError>, Result<Link, LinkError>) {
    let (client, server) = sockets();
    let them = hello(b.1);
    let listens = thread::spawn(move || accept(server, &b.0, them));
    let connects = connect(client, &a.0, hello(a.1));
    (connects, listens.join().unwrap())
}

fn says(result: Result<Link, LinkError>) -> String {
    match result {
        Ok(link) => format!("linked with {}", link.peer.from.node),
        Err(error) => error.to_string(),
    }
}

#[test]
fn nodes_of_a_group_that_know_the_secret_are_linked() {
    let (a, b) = greet((access("g", OLD, None), "a"), (access("g", OLD, None), "b"));
    assert_eq!(a.unwrap().peer, hello("b"));
    assert_eq!(b.unwrap().peer, hello("a"));
}

#[test]
fn a_secret_is_changed_on_one_node_after_the_other() {
    for (a, b) in
        [((NEW, Some(OLD)), (OLD, Some(NEW))), ((NEW, None), (NEW, Some(OLD))), ((NEW, Some(OLD)), (NEW, None))]
    {
        let (a, b) = greet((access("g", a.0, a.1), "a"), (access("g", b.0, b.1), "b"));
        assert_eq!((says(a), says(b)), ("linked with b".into(), "linked with a".into()));
    }
}

#[test]
fn whoever_does_not_fit_is_told_why() {
    let (a, b) = greet((access("g", OLD, None), "a"), (access("g", NEW, None), "b"));
    assert!(says(a).contains("does not know this node's secret"));
    assert!(b.is_err());
    let (a, b) = greet((access("g", OLD, None), "a"), (access("h", OLD, None), "b"));
    assert!(says(b).contains("of group 'g', this node of 'h'"));
    assert!(says(a).starts_with("the peer refused this node: the peer is of group 'g'"));
    let (a, b) = greet((access("g", OLD, None), "a"), (access("g", OLD, None), "a"));
    assert!(says(a).contains("called 'a'") && says(b).contains("called 'a'"));
    let short = Secret::new(b"short").unwrap_err();
    assert_eq!(short.to_string(), "the secret of the sync port has 5 bytes; at least 16 are needed");
}

#[test]
fn a_proof_is_of_no_use_on_another_connection() {
    // What a node said once, said again by somebody who does not know the secret.
    let (client, server) = sockets();
    let (mut wire, between) = sockets();
    let listens = thread::spawn(move || accept(server, &access("g", OLD, None), hello("b")));
    let connects = thread::spawn(move || connect(between, &access("g", OLD, None), hello("a")));
    let mut client = client;
    let pass = |from: &mut TcpStream, to: &mut TcpStream| {
        let mut header = [0; 9];
        from.read_exact(&mut header).unwrap();
        let mut frame = header.to_vec();
        frame.resize(9 + u32::from_le_bytes(header[..4].try_into().unwrap()) as usize, 0);
        from.read_exact(&mut frame[9..]).unwrap();
        to.write_all(&frame).unwrap();
        frame
    };
    let said = pass(&mut wire, &mut client);
    pass(&mut client, &mut wire);
    let proof = pass(&mut wire, &mut client);
    assert!(listens.join().unwrap().is_ok() && connects.join().unwrap().is_ok());
    let (mut again, server) = sockets();
    let listens = thread::spawn(move || accept(server, &access("g", OLD, None), hello("b")));
    again.write_all(&[said, proof].concat()).unwrap();
    assert!(matches!(listens.join().unwrap(), Err(LinkError::Secret)));
}

#[test]
fn strangers_are_refused_at_once_or_soon() {
    let begun = Instant::now();
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 64], &[0, 0, 0, 0, 1, 0, 0, 0, 0]] {
        let (mut client, server) = sockets();
        client.write_all(bytes).unwrap();
        let refused = accept(server, &access("g", OLD, None), hello("b")).unwrap_err();
        assert!(matches!(refused, LinkError::Protocol(_)), "{bytes:?}: {refused}");
    }
    assert!(begun.elapsed() < Duration::from_secs(4));
    // One that connects and says nothing, or a byte now and then.
    let (client, server) = sockets();
    let refused = accept(server, &access("g", OLD, None), hello("b")).unwrap_err();
    assert!(matches!(refused, LinkError::Io(_)), "{refused}");
    drop(client);
}

#[test]
fn messages_arrive_as_they_were_sent() {
    let (a, b) = greet((access("g", OLD, None), "a"), (access("g", OLD, None), "b"));
    let (_, mut to, end) = a.unwrap().split().unwrap();
    let (mut from, _keep, _) = b.unwrap().split().unwrap();
    let long = vec![5; 3 << 20];
    let all = [
        Message::Machine(riddhi_role::Message::AskHandOver),
        Message::Begin { epoch: 4, after: 0, anew: true },
        Message::Record { position: 1, bytes: b"" },
        Message::Record { position: 2, bytes: &long },
        Message::Acknowledge { incarnation: Incarnation(9), epoch: 4, position: 2 },
    ];
    thread::scope(|scope| {
        scope.spawn(|| {
            all.iter().for_each(|m| to.write(m).unwrap());
            to.flush().unwrap();
            end.now();
        });
        all.iter().for_each(|m| assert_eq!(&from.read().unwrap(), m));
        assert!(matches!(from.read(), Err(LinkError::Io(_))));
    });
}

#[test]
fn a_link_ends_while_its_writer_waits_for_a_peer_that_takes_nothing() {
    let (a, b) = greet((access("g", OLD, None), "a"), (access("g", OLD, None), "b"));
    let (_, mut to, end) = a.unwrap().split().unwrap();
    let _takes_nothing = b.unwrap().split().unwrap();
    let (full, filled) = std::sync::mpsc::channel();
    let writes = thread::spawn(move || {
        let bytes = vec![0; 1 << 20];
        for position in 1.. {
            let _ = full.send(());
            if to.write(&Message::Record { position, bytes: &bytes }).is_err() {
                return;
            }
        }
    });
    // Until a write takes longer than it may where there is room.
    while filled.recv_timeout(Duration::from_millis(500)).is_ok() {}
    let begun = Instant::now();
    end.now();
    writes.join().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2), "it waited for the end of its time");
}

fn any_message() -> impl Strategy<Value = (u8, [u64; 3], bool, Vec<u8>)> {
    (0u8..7, any::<[u64; 3]>(), any::<bool>(), proptest::collection::vec(any::<u8>(), 0..200))
}

fn message<'a>(kind: u8, n: [u64; 3], flag: bool, bytes: &'a [u8]) -> Message<'a> {
    use riddhi_role::Message as M;
    let from = Incarnation(n[0]);
    match kind {
        0 => Message::Machine(M::Heartbeat { from, epoch: n[1], sent_at: n[2], alive: flag }),
        1 => Message::Machine(M::Answer { from, epoch: n[1], sent_at: n[2], alive: flag }),
        2 => Message::Machine(M::HandOver { epoch: n[0], position: n[1] }),
        3 => Message::Machine(M::AskHandOver),
        4 => Message::Begin { epoch: n[0], after: n[1], anew: flag },
        5 => Message::Record { position: n[0], bytes },
        _ => Message::Acknowledge { incarnation: from, epoch: n[1], position: n[2] },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any messages come back whole; with any byte changed nothing wrong is taken for right, and nothing panics.
    #[test]
    fn damage_ends_the_link(all in proptest::collection::vec(any_message(), 1..6), at in any::<usize>(), with in 1u8..) {
        let all: Vec<_> = all.iter().map(|(kind, n, flag, bytes)| message(*kind, *n, *flag, bytes)).collect();
        let (a, b) = greet((access("g", OLD, None), "a"), (access("g", OLD, None), "b"));
        let mut bytes = Vec::new();
        all.iter().for_each(|m| m.write(&mut bytes));
        let at = at % bytes.len();
        bytes[at] ^= with;
        let (_, to, end) = a.unwrap().split().unwrap();
        let (mut from, _keep, _) = b.unwrap().split().unwrap();
        to.raw(&bytes);
        end.now();
        let mut read = 0;
        while let Ok(message) = from.read() {
            prop_assert_eq!(&message, &all[read]);
            read += 1;
        }
        prop_assert!(read < all.len());
    }
}

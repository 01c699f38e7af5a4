//! Links that follow each other: none is used of which a greeting was said while another one was up.

#[path = "support/still.rs"]
mod still;

use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use riddhi_node::{Access, Config, Disk, Handle, Holder, Incarnation, Log, Secret, Setup, run};
use riddhi_postgres::Options;
use riddhi_role::Hello;
use riddhi_sync::{Link, connect};
use still::Still;

const LONG: Duration = Duration::from_secs(20);

fn access() -> Access {
    Access { group: "g".into(), secret: Secret::new(&[7; 32]).unwrap(), also: None }
}

fn until(what: &str, done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < LONG, "{what} did not come about");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Reads a link to its end on a thread of its own, which says when it has come.
fn end_of(link: Link) -> mpsc::Receiver<()> {
    let (to, ended) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut reader, _writer, _end) = link.split().unwrap();
        while reader.read().is_ok() {}
        let _ = to.send(());
    });
    ended
}

#[test]
fn a_greeting_with_another_link_up_ends_both() {
    let folder = std::env::temp_dir().join(format!("riddhi-links-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Nobody listens there: without a database the node stays the passive, and has links all the same.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let setup = Setup {
        config: Config::new(1000, 2000).unwrap(),
        me: Holder { node: "a".into(), incarnation: Incarnation(1) },
        disk: Disk::default(),
        recovered: None,
        folder: folder.clone(),
        group: "g".into(),
        database: Options::new(vec![("127.0.0.1".into(), closed)], "postgres", "u", "p"),
        access: access(),
        listener,
        advertised: address.to_string(),
    };
    let handle: Handle =
        run(setup, Arc::new(Log::default()), Arc::new(Still::default()), Box::new(|why| panic!("{why}"))).unwrap();
    let me = Hello {
        from: Holder { node: "b".into(), incarnation: Incarnation(2) },
        epoch: 0,
        line: 0,
        position: 0,
        active: false,
    };
    let greet = || connect(TcpStream::connect(address).unwrap(), &access(), me.clone()).unwrap();
    let is_linked = || handle.status().peer.is_some_and(|p| p.node.as_str() == "b");
    let first = end_of(greet());
    until("the first link", is_linked);
    let second = end_of(greet());
    for link in [first, second] {
        link.recv_timeout(LONG).expect("the link ends");
    }
    until("no link", || handle.status().peer.is_none());
    // With none up the next one is used, and stays.
    let third = end_of(greet());
    until("the third link", is_linked);
    assert!(third.recv_timeout(Duration::from_millis(300)).is_err(), "it ended");
    assert_eq!(handle.traffic().links, 2);
    handle.stop();
    std::fs::remove_dir_all(&folder).unwrap();
}

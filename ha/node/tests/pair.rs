//! Two nodes of a pair in one process, over real sockets and a real PostgreSQL: what the active released, the passive has.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use riddhi_node::{
    Access, Command, Config, DataPath, Disk, Epoch, Handle, Holder, Incarnation, Line, Log, Part, Position, Secret,
    Setup, run,
};
use riddhi_postgres::{Link, Options, migrate};
use riddhi_test_postgres::{SUPERUSER, Server};

/// A data path whose state is the list of all records.
#[derive(Default)]
struct Records {
    all: Mutex<Vec<Vec<u8>>>,
    log: Arc<Log>,
    building: AtomicBool,
    serving: AtomicBool,
    epoch: AtomicU64,
    said: Mutex<Vec<String>>,
}

impl Records {
    fn append(&self, record: &[u8]) -> Position {
        self.all.lock().unwrap().push(record.to_vec());
        self.log.append(record.to_vec())
    }
}

/// The record that ends a state that is built anew.
const WHOLE: &[u8] = b"whole";

impl DataPath for Records {
    fn begin(&self, _: Epoch, anew: bool) -> std::io::Result<()> {
        if anew {
            self.all.lock().unwrap().clear();
            self.building.store(true, Ordering::SeqCst);
        }
        Ok(())
    }

    fn record(&self, _: Position, bytes: &[u8]) -> std::io::Result<()> {
        match bytes.strip_prefix(b"state ") {
            _ if bytes == WHOLE => self.building.store(false, Ordering::SeqCst),
            Some(one) => self.all.lock().unwrap().push(one.to_vec()),
            None => self.all.lock().unwrap().push(bytes.to_vec()),
        }
        Ok(())
    }

    fn is_whole(&self) -> bool {
        !self.building.load(Ordering::SeqCst)
    }

    fn append_state(&self) {
        // Nobody appends meanwhile in this test.
        for record in self.all.lock().unwrap().iter() {
            self.log.append([b"state ", &record[..]].concat());
        }
        self.log.append(WHOLE.to_vec());
    }

    fn take_over(&self, epoch: Epoch) -> Result<(), String> {
        self.epoch.store(epoch, Ordering::SeqCst);
        Ok(())
    }

    fn serve(&self) {
        self.serving.store(true, Ordering::SeqCst);
    }

    fn stop_serving(&self) {
        self.serving.store(false, Ordering::SeqCst);
    }

    fn step_down(&self) {
        self.serving.store(false, Ordering::SeqCst);
    }

    fn say(&self, line: &Line) {
        self.note(&line.to_string());
    }

    fn note(&self, text: &str) {
        self.said.lock().unwrap().push(text.to_owned());
    }
}

struct Node {
    records: Arc<Records>,
    handle: Handle,
    folder: PathBuf,
}

fn start(name: &str, incarnation: u64, database: &Options) -> Node {
    start_with(Config::new(1000, 2000).unwrap(), name, incarnation, database)
}

fn start_with(config: Config, name: &str, incarnation: u64, database: &Options) -> Node {
    let folder = std::env::temp_dir().join(format!("riddhi-pair-{}-{incarnation}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let log = Arc::new(Log::default());
    let records = Arc::new(Records { log: log.clone(), ..Records::default() });
    let advertised = listener.local_addr().unwrap().to_string();
    let setup = Setup {
        config,
        me: Holder { node: name.into(), incarnation: Incarnation(incarnation) },
        disk: Disk::default(),
        recovered: None,
        folder: folder.clone(),
        group: "g".into(),
        database: database.clone(),
        access: Access { group: "g".into(), secret: Secret::new(&[7; 32]).unwrap(), also: None },
        listener,
        advertised,
    };
    let path = records.clone();
    let ended = Box::new(|why| panic!("a driver ended: {why}"));
    Node { handle: run(setup, log, path, ended).unwrap(), records, folder }
}

impl Node {
    fn part(&self) -> Part {
        self.handle.status().part
    }

    fn is_serving(&self) -> bool {
        self.records.serving.load(Ordering::SeqCst)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.handle.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn until(what: &str, nodes: &[&Node], done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        let told = || {
            let one = |n: &&Node| format!("{:?}\n{:?}", n.handle.status(), n.records.said.lock().unwrap());
            nodes.iter().map(one).collect::<Vec<_>>().join("\n")
        };
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} did not come about:\n{}", told());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The node has these records: where it does not, the first difference is told, and not all of them.
fn same(node: &Node, expected: &[Vec<u8>]) {
    let all = node.records.all.lock().unwrap();
    let first = all.iter().zip(expected).position(|(a, b)| a != b).unwrap_or(all.len().min(expected.len()));
    let text = |records: &[Vec<u8>]| -> Vec<String> {
        records.iter().skip(first).take(3).map(|r| String::from_utf8_lossy(r).into_owned()).collect()
    };
    let (there, wanted) = (text(&all), text(expected));
    let said = node.records.said.lock().unwrap().join("\n");
    assert!(
        *all == expected,
        "of {} records and {} expected, from {first} on: {there:?}, expected {wanted:?}\n{said}",
        all.len(),
        expected.len()
    );
}

fn database() -> Option<(Server, Options)> {
    let server = Server::start()?;
    let options = Options::new(vec![("127.0.0.1".into(), server.port())], "postgres", SUPERUSER.0, SUPERUSER.1);
    let mut link = Link::open(&options, Duration::from_secs(20)).expect("the server answers");
    let migrated = link.call(Duration::from_secs(20), |client| migrate(client, Duration::from_secs(10)));
    migrated.expect("the migrations are carried out");
    Some((server, options))
}

#[test]
fn what_was_released_is_there_after_the_active_is_gone() {
    let Some((_server, options)) = database() else { return };
    let a = start("a", 1, &options);
    until("serving alone", &[&a], || a.is_serving());
    // Before there is another node.
    let first = a.records.append(b"one");
    until("release alone", &[&a], || a.records.log.released() >= first);
    let b = start("b", 2, &options);
    let in_sync = || a.part() == Part::Active { serving: true, alone: false };
    until("in sync", &[&a, &b], in_sync);
    assert_eq!(*b.records.all.lock().unwrap(), [b"one".to_vec()]);
    for i in 0..1000 {
        a.records.append(format!("record {i}").as_bytes());
    }
    let last = a.records.log.position();
    until("release by the passive", &[&a, &b], || a.records.log.released() >= last);
    assert!(!b.is_serving());
    let expected = a.records.all.lock().unwrap().clone();
    // The active is gone, without a word.
    drop(a);
    until("take-over", &[&b], || b.is_serving());
    same(&b, &expected);
    assert_eq!(b.records.epoch.load(Ordering::SeqCst), 2);
    // A third run comes as the passive, and gets all of it.
    let c = start("a", 3, &options);
    let in_sync = || b.part() == Part::Active { serving: true, alone: false };
    until("in sync again", &[&b, &c], in_sync);
    b.records.append(b"more");
    let more = b.records.log.position();
    until("release again", &[&b, &c], || b.records.log.released() >= more);
    same(&c, &[&expected[..], &[b"more".to_vec()]].concat());
    // An operator hands over.
    c.handle.command(Command::Promote);
    until("hand-over", &[&b, &c], || c.is_serving() && !b.is_serving());
    assert_eq!(c.records.epoch.load(Ordering::SeqCst), 3);
}

/// In front of a port; the first things said each way take their time.
fn slow_to_begin(target: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let Ok(far) = TcpStream::connect(("127.0.0.1", target)) else { continue };
            let ways = [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)];
            for (mut from, mut into) in ways {
                std::thread::spawn(move || {
                    let (mut bytes, mut slow) = ([0; 16 << 10], 5);
                    while let Ok(n @ 1..) = from.read(&mut bytes) {
                        if slow > 0 {
                            slow -= 1;
                            std::thread::sleep(Duration::from_millis(40));
                        }
                        if into.write_all(&bytes[..n]).is_err() {
                            break;
                        }
                    }
                    let _ = into.shutdown(Shutdown::Both);
                });
            }
        }
    });
    port
}

/// A connection takes longer than an answer may: it is made all the same.
#[test]
fn a_database_that_takes_long_to_connect_to_is_connected_to() {
    let Some((server, _)) = database() else { return };
    let slow = slow_to_begin(server.port());
    let options = Options::new(vec![("127.0.0.1".into(), slow)], "postgres", SUPERUSER.0, SUPERUSER.1);
    let begun = Instant::now();
    drop(Link::open(&options, Duration::from_secs(20)).expect("the server answers"));
    assert!(begun.elapsed() > Duration::from_millis(150), "it does not take long");
    let a = start_with(Config::new(300, 2000).unwrap(), "a", 11, &options);
    until("serving", &[&a], || a.is_serving());
}

//! Two `riddhi run` processes, a PostgreSQL and a client that wants acknowledgements: whatever is killed, no acknowledged event is lost.

use std::collections::HashSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use riddhi_test_postgres::{SUPERUSER, Server};
use riddhi_wire::Value;
use riddhi_wire::siddhi_tcp::{Control, EventsWriter, Frame, write_frame};

const LONG: Duration = Duration::from_secs(120);

/// A port that nobody has, most probably still when it is wanted.
fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

struct Pair {
    folder: PathBuf,
    ports: [u16; 2],
    nodes: [Option<Child>; 2],
    /// Of every `run`, beside what a pair needs.
    args: Vec<&'static str>,
}

/// Counts what comes in.
const COUNTS: &str = "from S select n, count() as c insert into Out;\n";

impl Pair {
    /// `ha`: more of the configuration of both; `query`: what the app does with the stream `S (n long)`, into `Out`.
    fn new(database: u16, ha: &str, query: &str) -> Pair {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("riddhi-two-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("apps")).unwrap();
        for name in ["a", "b"] {
            let (user, password) = (SUPERUSER.0, SUPERUSER.1.replace(' ', "%20"));
            let text = format!(
                "node: {name}\ndatabase: postgresql://{user}:{password}@127.0.0.1:{database}/postgres?sslmode=disable\n\
                 ha:\n  group: g{number}\n  ttl_ms: 1000\n  {ha}\n  sync: {{host: 127.0.0.1, port: {}}}\n",
                free()
            );
            fs::write(folder.join(format!("{name}.yaml")), text).unwrap();
        }
        let app = format!(
            "@app:name('A') @source(type='tcp', @map(type='binary')) define stream S (n long);\n\
             @sink(type='file', file.uri='{}', @map(type='csv')) define stream Out (n long, c long);\n{query}",
            folder.join("out.csv").display()
        );
        fs::write(folder.join("apps/a.siddhi"), app).unwrap();
        let pair = Pair { folder, ports: [free(), free()], nodes: [None, None], args: Vec::new() };
        let migrated = pair.riddhi(&["migrate", "--config", "a.yaml"]).output().unwrap();
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
        pair
    }

    fn riddhi(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
        command.args(args).current_dir(&self.folder).stdout(Stdio::null());
        command
    }

    fn start(&mut self, node: usize) {
        let name = ["a", "b"][node];
        let log = fs::OpenOptions::new().create(true).append(true).open(self.folder.join(format!("{name}.log")));
        let (config, tcp) = (format!("{name}.yaml"), format!("127.0.0.1:{}", self.ports[node]));
        let args = ["run", "--config", &config, "--apps", "apps", "--state", name, "--tcp", &tcp];
        let mut command = self.riddhi(&args);
        self.nodes[node] = Some(command.args(&self.args).stderr(log.unwrap()).spawn().unwrap());
    }

    fn kill(&mut self, node: usize) {
        if let Some(mut child) = self.nodes[node].take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    fn log(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        format!("a:\n{}\nb:\n{}", read("a.log"), read("b.log"))
    }

    /// A connection to whichever node has its port open, and which.
    fn connect(&self) -> (usize, TcpStream) {
        let begun = Instant::now();
        loop {
            for (node, port) in self.ports.iter().enumerate() {
                let address = SocketAddr::from(([127, 0, 0, 1], *port));
                if let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
                    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
                    return (node, stream);
                }
            }
            assert!(begun.elapsed() < LONG, "nobody serves:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn until_in_sync(&self, times: usize) {
        let begun = Instant::now();
        while self.log().matches("is in sync").count() < times {
            assert!(begun.elapsed() < LONG, "not in sync {times} times:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Pair {
    /// What the sink wrote.
    fn lines(&self) -> Vec<(i64, i64)> {
        let text = fs::read_to_string(self.folder.join("out.csv")).unwrap_or_default();
        let line = |line: &str| {
            let (n, c) = line.split_once(',')?;
            Some((n.parse().ok()?, c.parse().ok()?))
        };
        text.lines().filter_map(line).collect()
    }

    fn until_lines(&self, count: usize) {
        let begun = Instant::now();
        while self.lines().len() < count {
            assert!(begun.elapsed() < LONG, "{} of {count} lines:\n{}", self.lines().len(), self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        (0..2).for_each(|node| self.kill(node));
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Sends events one a frame, from `from` on; gives up to which all were acknowledged when `count` are, or the connection ends.
fn send(stream: &mut TcpStream, from: i64, count: i64) -> i64 {
    send_many(stream, from, count, 1)
}

/// The same with several events a frame.
fn send_many(stream: &mut TcpStream, from: i64, count: i64, each: i64) -> i64 {
    let mut bytes = Vec::new();
    Control::Hello { version: 1 }.write(&mut bytes);
    for first in (from..from + count).step_by(each as usize) {
        let mut data = Vec::new();
        let mut events = EventsWriter::new(&mut data);
        for n in first..(first + each).min(from + count) {
            events.event(1_700_000_000_000);
            events.value(Value::Long(n));
        }
        events.finish();
        write_frame(&mut bytes, &Frame { session: b"s", channel: b"A/S", data: &data });
    }
    // Both ways at once: neither waits for the other to be read.
    let mut back = stream.try_clone().unwrap();
    std::thread::scope(|scope| {
        let out = scope.spawn(|| stream.write_all(&bytes).is_ok());
        let mut acked = from;
        while acked < from + count {
            match answer(&mut back) {
                Some(frame) => acked = (from + frame as i64 * each).min(from + count).max(acked),
                None => break,
            }
        }
        // A write that nobody reads any more ends.
        if acked < from + count {
            let _ = back.shutdown(Shutdown::Both);
        }
        let _ = out.join();
        acked
    })
}

/// The next acknowledgement, as the number of a frame.
fn answer(stream: &mut TcpStream) -> Option<u64> {
    loop {
        let mut bytes = vec![0; 5];
        stream.read_exact(&mut bytes).ok()?;
        let size = u32::from_be_bytes(bytes[1..].try_into().ok()?);
        bytes.resize(5 + size as usize, 0);
        stream.read_exact(&mut bytes[5..]).ok()?;
        if let Some(Control::Ack { frame }) = Control::parse(&Frame::parse(&bytes).ok()?).ok()? {
            return Some(frame);
        }
    }
}

fn outputs(folder: &Path) -> HashSet<i64> {
    let text = fs::read_to_string(folder.join("out.csv")).unwrap_or_default();
    text.lines().filter_map(|line| line.split(',').next()?.parse().ok()).collect()
}

#[test]
fn no_acknowledged_event_is_lost() {
    let Some(server) = Server::start() else { return };
    let mut pair = Pair::new(server.port(), "passive: queue", COUNTS);
    pair.start(0);
    pair.start(1);
    let (mut next, mut synced) = (0, 1);
    pair.until_in_sync(synced);
    // The active, the passive, and the active in the middle of what it was sent.
    for (kills_active, count) in [(true, 500), (false, 500), (true, 5000)] {
        let (active, mut stream) = pair.connect();
        next = send(&mut stream, next, 500);
        assert!(next > 0, "nothing was acknowledged:\n{}", pair.log());
        let victim = if kills_active { active } else { 1 - active };
        if count > 500 {
            let more = std::thread::spawn(move || send(&mut stream, next, count));
            std::thread::sleep(Duration::from_millis(30));
            pair.kill(victim);
            next = more.join().unwrap();
        } else {
            pair.kill(victim);
        }
        pair.start(victim);
        synced += 1;
        pair.until_in_sync(synced);
    }
    let (_, mut stream) = pair.connect();
    let end = send(&mut stream, next, 100);
    assert_eq!(end, next + 100, "{}", pair.log());
    // Outputs come after acknowledgements: they are waited for.
    let begun = Instant::now();
    loop {
        let out = outputs(&pair.folder);
        let lost: Vec<i64> = (0..end).filter(|n| !out.contains(n)).collect();
        if lost.is_empty() {
            break;
        }
        assert!(begun.elapsed() < LONG, "acknowledged and lost: {lost:?}\n{}", pair.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Two running numbers, of all events and of the last 700; a chunk gives a line of each.
const TOTALS: &str = "from S select n, sum(n) as c insert into Out;\n\
    from S#window.length(700) select n, sum(n) as c insert into Out;\n";

/// Events of a chunk.
const EACH: i64 = 500;

/// What one run without a disturbance puts out, for chunks that end at these events.
fn totals(ends: impl Iterator<Item = i64>) -> Vec<(i64, i64)> {
    let upto = |n: i64| if n < 0 { 0 } else { n * (n + 1) / 2 };
    ends.flat_map(|n| [(n, upto(n)), (n, upto(n) - upto(n - 700))]).collect()
}

/// The ends of chunks of events from `from` on.
fn ends(from: i64, to: i64) -> impl Iterator<Item = i64> {
    (from..to).step_by(EACH as usize).map(move |first| (first + EACH).min(to) - 1)
}

/// Kills the active after so many events, none of them in a snapshot; sends as many again to the other, whose outputs must go on as
/// those of one undisturbed run. Gives the time from the kill to the first acknowledgement.
fn take_over(server: &Server, passive: &str, events: i64) -> Duration {
    let mut pair = Pair::new(server.port(), &format!("passive: {passive}"), TOTALS);
    pair.args = vec!["--snapshot-interval", "100000", "--no-reload"];
    pair.start(0);
    pair.start(1);
    pair.until_in_sync(1);
    let (active, mut stream) = pair.connect();
    assert_eq!(send_many(&mut stream, 0, events, EACH), events, "{}", pair.log());
    // The sinks' note comes within half a second, and a follower is a little behind it.
    pair.until_lines(totals(ends(0, events)).len());
    std::thread::sleep(Duration::from_millis(1000));
    let begun = Instant::now();
    pair.kill(active);
    let (other, mut stream) = pair.connect();
    assert_ne!(other, active);
    assert_eq!(send_many(&mut stream, events, 1, 1), events + 1, "{}", pair.log());
    let took = begun.elapsed();
    // Acknowledgements count the frames of a connection.
    let (_, mut stream) = pair.connect();
    assert_eq!(send_many(&mut stream, events + 1, events - 1, EACH), events * 2, "{}", pair.log());
    let expected = totals(ends(0, events).chain([events]).chain(ends(events + 1, events * 2)));
    pair.until_lines(expected.len());
    // A file is cut back to where the sink's note says that it ended, so nothing comes twice.
    let out = pair.lines();
    if let Some(at) = (0..expected.len()).find(|at| out.get(*at) != expected.get(*at)) {
        let about =
            |all: &[(i64, i64)]| format!("{:?}", &all[at.saturating_sub(3).min(all.len())..(at + 3).min(all.len())]);
        panic!("line {at} is another than of one run: {} for {}\n{}", about(&out), about(&expected), pair.log());
    }
    assert_eq!(out.len(), expected.len());
    assert!(pair.log().contains("note: app A goes on at entry"), "{}", pair.log());
    let followed = pair.log().contains("followed from entry");
    assert_eq!(followed, passive == "warm", "{}", pair.log());
    took
}

#[test]
fn a_warm_passive_goes_on_from_where_the_outputs_are() {
    let Some(server) = Server::start() else { return };
    let took = take_over(&server, "warm", 200_000);
    eprintln!("first event accepted {} ms after the kill", took.as_millis());
}

#[test]
#[ignore = "measures: minutes"]
fn warm_against_queue() {
    let Some(server) = Server::start() else { return };
    for events in [300_000, 3_000_000] {
        for passive in ["queue", "warm", "queue", "warm"] {
            let took = take_over(&server, passive, events);
            eprintln!("{events} events, {passive}: first event accepted {} ms after the kill", took.as_millis());
        }
    }
}

//! Two `riddhi run` processes, a PostgreSQL and a client that wants acknowledgements: whatever is killed, no acknowledged event is lost.

use std::collections::HashSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
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
}

impl Pair {
    fn new(database: u16) -> Pair {
        let folder = std::env::temp_dir().join(format!("riddhi-two-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("apps")).unwrap();
        for name in ["a", "b"] {
            let (user, password) = (SUPERUSER.0, SUPERUSER.1.replace(' ', "%20"));
            let text = format!(
                "node: {name}\ndatabase: postgresql://{user}:{password}@127.0.0.1:{database}/postgres?sslmode=disable\n\
                 ha:\n  group: g\n  passive: queue\n  ttl_ms: 1000\n  sync: {{host: 127.0.0.1, port: {}}}\n",
                free()
            );
            fs::write(folder.join(format!("{name}.yaml")), text).unwrap();
        }
        let app = format!(
            "@app:name('A') @source(type='tcp', @map(type='binary')) define stream S (n long);\n\
             @sink(type='file', file.uri='{}', @map(type='csv')) define stream Out (n long, c long);\n\
             from S select n, count() as c insert into Out;\n",
            folder.join("out.csv").display()
        );
        fs::write(folder.join("apps/a.siddhi"), app).unwrap();
        Pair { folder, ports: [free(), free()], nodes: [None, None] }
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
        self.nodes[node] = Some(self.riddhi(&args).stderr(log.unwrap()).spawn().unwrap());
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

impl Drop for Pair {
    fn drop(&mut self) {
        (0..2).for_each(|node| self.kill(node));
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Sends events one a frame, from `from` on; gives up to which all were acknowledged when `count` are, or the connection ends.
fn send(stream: &mut TcpStream, from: i64, count: i64) -> i64 {
    let mut bytes = Vec::new();
    Control::Hello { version: 1 }.write(&mut bytes);
    for n in from..from + count {
        let mut data = Vec::new();
        let mut events = EventsWriter::new(&mut data);
        events.event(1_700_000_000_000);
        events.value(Value::Long(n));
        events.finish();
        write_frame(&mut bytes, &Frame { session: b"s", channel: b"A/S", data: &data });
    }
    if stream.write_all(&bytes).is_err() {
        return from;
    }
    let mut acked = from;
    while acked < from + count {
        match answer(stream) {
            Some(frame) => acked = acked.max(from + frame as i64),
            None => break,
        }
    }
    acked
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
    let mut pair = Pair::new(server.port());
    let migrated = pair.riddhi(&["migrate", "--config", "a.yaml"]).output().unwrap();
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
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

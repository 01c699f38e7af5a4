//! Two nodes, and a client of theirs.

use std::collections::HashSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use riddhi_test_postgres::SUPERUSER;
use riddhi_wire::Value;
use riddhi_wire::siddhi_tcp::{Control, EventsWriter, Frame, write_frame};

pub const LONG: Duration = Duration::from_secs(120);

/// A port that nobody has, most probably still when it is wanted.
pub fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub struct Pair {
    pub folder: PathBuf,
    pub ports: [u16; 2],
    pub nodes: [Option<Child>; 2],
    /// Of every `run`, beside what a pair needs.
    pub args: Vec<&'static str>,
}

/// Counts what comes in.
pub const COUNTS: &str = "from S select n, count() as c insert into Out;\n";

impl Pair {
    /// `ha`: more of the configuration of both, and `more` at its top; `query`: what the app does with the stream `S (n long)`, into
    /// `Out`.
    pub fn new(database: u16, ha: &str, more: &str, query: &str) -> Pair {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("riddhi-two-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("apps")).unwrap();
        for name in ["a", "b"] {
            let (user, password) = (SUPERUSER.0, SUPERUSER.1.replace(' ', "%20"));
            let text = format!(
                "node: {name}\ndatabase: postgresql://{user}:{password}@127.0.0.1:{database}/postgres?sslmode=disable\n\
                 {more}\nadmin: {{port: {}}}\nha:\n  group: g{number}\n  {ha}\n  sync: {{host: 127.0.0.1, port: {}}}\n",
                free(),
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

    pub fn riddhi(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
        command.args(args).current_dir(&self.folder).stdout(Stdio::null());
        command
    }

    pub fn start(&mut self, node: usize) {
        let name = ["a", "b"][node];
        let log = fs::OpenOptions::new().create(true).append(true).open(self.folder.join(format!("{name}.log")));
        let (config, tcp) = (format!("{name}.yaml"), format!("127.0.0.1:{}", self.ports[node]));
        let args = ["run", "--config", &config, "--apps", "apps", "--state", name, "--tcp", &tcp];
        let mut command = self.riddhi(&args);
        self.nodes[node] = Some(command.args(&self.args).stderr(log.unwrap()).spawn().unwrap());
    }

    pub fn kill(&mut self, node: usize) {
        if let Some(mut child) = self.nodes[node].take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub fn log(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        format!("a:\n{}\nb:\n{}", read("a.log"), read("b.log"))
    }

    /// A connection to whichever node has its port open, and which.
    pub fn connect(&self) -> (usize, TcpStream) {
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

    pub fn until_in_sync(&self, times: usize) {
        let begun = Instant::now();
        while self.log().matches("is in sync").count() < times {
            assert!(begun.elapsed() < LONG, "not in sync {times} times:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Pair {
    /// What the sink wrote.
    pub fn lines(&self) -> Vec<(i64, i64)> {
        let text = fs::read_to_string(self.folder.join("out.csv")).unwrap_or_default();
        let line = |line: &str| {
            let (n, c) = line.split_once(',')?;
            Some((n.parse().ok()?, c.parse().ok()?))
        };
        text.lines().filter_map(line).collect()
    }

    pub fn until_lines(&self, count: usize) {
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
pub fn send(stream: &mut TcpStream, from: i64, count: i64) -> i64 {
    send_many(stream, from, count, 1)
}

/// The same with several events a frame.
pub fn send_many(stream: &mut TcpStream, from: i64, count: i64, each: i64) -> i64 {
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

pub fn outputs(folder: &Path) -> HashSet<i64> {
    let text = fs::read_to_string(folder.join("out.csv")).unwrap_or_default();
    text.lines().filter_map(|line| line.split(',').next()?.parse().ok()).collect()
}

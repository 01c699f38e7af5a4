//! Two `riddhi run` processes on one PostgreSQL, for tests of what people see of a pair. Every wait has an end, and no process outlives
//! its test.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use riddhi_test_postgres::SUPERUSER;

use super::{LONG, free};

/// What a node listens at.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    pub tcp: u16,
    pub admin: u16,
    pub sync: u16,
}

/// The nodes `a` and `b`.
pub struct Pair {
    pub folder: PathBuf,
    /// Their group, of which a database may have several.
    pub group: String,
    pub ports: [Ports; 2],
    pub nodes: [Option<Child>; 2],
    /// Of every `run`, beside what a pair needs.
    pub args: Vec<&'static str>,
}

pub const NAMES: [&str; 2] = ["a", "b"];

/// Counts what comes in.
pub const COUNTS: &str = "from S select n, count() as c insert into Out;\n";

impl Pair {
    /// A warm pair that counts what comes in; nothing runs.
    pub fn new(database: u16) -> Pair {
        Pair::with(database, "ttl_ms: 1000\n  passive: warm", "", COUNTS)
    }

    /// `ha`: more of that section of both configurations, and `more` at their top; `query`: what the app does with the stream `S (n long)`,
    /// into `Out`.
    pub fn with(database: u16, ha: &str, more: &str, query: &str) -> Pair {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("riddhi-pair-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("apps")).unwrap();
        let ports = [(); 2].map(|()| Ports { tcp: free(), admin: free(), sync: free() });
        let app = format!(
            "@app:name('A') @source(type='tcp', @map(type='binary')) define stream S (n long);\n\
             @sink(type='file', file.uri='{}', @map(type='csv')) define stream Out (n long, c long);\n{query}",
            folder.join("out.csv").display()
        );
        fs::write(folder.join("apps/a.siddhi"), app).unwrap();
        let group = format!("g{number}");
        let pair = Pair { folder, group: group.clone(), ports, nodes: [None, None], args: Vec::new() };
        for (node, name) in NAMES.iter().enumerate() {
            let (user, password) = (SUPERUSER.0, SUPERUSER.1.replace(' ', "%20"));
            let Ports { admin, sync, .. } = pair.ports[node];
            let text = format!(
                "node: {name}\ndatabase: postgresql://{user}:{password}@127.0.0.1:{database}/postgres?sslmode=disable\n\
                 {more}\nadmin: {{host: 127.0.0.1, port: {admin}}}\n\
                 ha:\n  group: {group}\n  {ha}\n  sync: {{host: 127.0.0.1, port: {sync}}}\n"
            );
            fs::write(pair.config(node), text).unwrap();
        }
        pair
    }

    /// A node's configuration.
    pub fn config(&self, node: usize) -> PathBuf {
        self.folder.join(format!("{}.yaml", NAMES[node]))
    }

    /// A command in the pair's folder.
    pub fn riddhi(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
        command.args(args).current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    /// Runs a command to its end, which must come.
    pub fn ask(&self, args: &[&str]) -> Output {
        let mut child = self.riddhi(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let begun = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if begun.elapsed() > LONG {
                let _ = child.kill();
                panic!("{args:?} does not end:\n{}", self.log());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        child.wait_with_output().unwrap()
    }

    /// Makes the tables.
    pub fn migrate(&self) {
        let migrated = self.ask(&["migrate", "--config", "a.yaml"]);
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    }

    /// Starts a node.
    pub fn start(&mut self, node: usize) {
        let name = NAMES[node];
        let log = fs::OpenOptions::new().create(true).append(true).open(self.folder.join(format!("{name}.log")));
        let (config, tcp) = (format!("{name}.yaml"), format!("127.0.0.1:{}", self.ports[node].tcp));
        let args = ["run", "--config", &config, "--apps", "apps", "--state", name, "--tcp", &tcp];
        let child = self.riddhi(&args).args(&self.args).stdout(Stdio::null()).stderr(log.unwrap()).spawn();
        self.nodes[node] = Some(child.unwrap());
    }

    /// Waits until somebody has said so many times that a passive is in sync.
    pub fn until_in_sync(&self, times: usize) {
        self.until(&format!("a passive is in sync, {times} times"), |pair| {
            (pair.log().matches("is in sync").count() >= times).then_some(())
        });
    }

    /// Starts both, and waits until one serves and the other is in sync; gives the one that serves.
    pub fn start_both(&mut self) -> usize {
        self.migrate();
        self.start(0);
        self.start(1);
        self.until("one serves and the other is in sync", |pair| {
            (0..2).find(|node| {
                pair.page(*node, "/health/ready").is_some_and(|(s, t)| s == 200 && t.contains("\"ready\""))
            })
        })
    }

    /// Kills a node.
    pub fn kill(&mut self, node: usize) {
        if let Some(mut child) = self.nodes[node].take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// What both nodes have said.
    pub fn log(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        format!("a:\n{}\nb:\n{}", read("a.log"), read("b.log"))
    }

    /// Waits until there is something.
    pub fn until<R>(&self, what: &str, found: impl Fn(&Pair) -> Option<R>) -> R {
        let begun = Instant::now();
        loop {
            if let Some(found) = found(self) {
                return found;
            }
            assert!(begun.elapsed() < LONG, "it did not come about that {what}:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A page of a node's admin port: its status and its text.
    pub fn page(&self, node: usize, path: &str) -> Option<(u16, String)> {
        get(self.ports[node].admin, path)
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        (0..2).for_each(|node| self.kill(node));
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Asks a port for a page: its status and its text.
pub fn get(port: u16, path: &str) -> Option<(u16, String)> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    Some((status, text.split_once("\r\n\r\n")?.1.to_owned()))
}

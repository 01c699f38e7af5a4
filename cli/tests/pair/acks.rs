//! What an acknowledgement promises, by the level that is configured.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use riddhi_test_postgres::Server;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use crate::support::client::{self, outputs, send};
use crate::support::pair::{COUNTS, Pair};
use crate::support::{LONG, free};

/// One node that is killed at the end of its life.
struct Alone {
    child: Child,
    port: u16,
}

impl Alone {
    fn start(folder: &Path) -> Alone {
        let (port, log) = (free(), fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap());
        let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
        command.args(["run", "a.siddhi", "--config", "n.yaml", "--tcp", &format!("127.0.0.1:{port}")]);
        let child = command.current_dir(folder).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Alone { child, port }
    }

    fn connect(&self, folder: &Path) -> TcpStream {
        let begun = Instant::now();
        loop {
            if let Some(stream) = client::connect(self.port) {
                return stream;
            }
            assert!(begun.elapsed() < LONG, "{}", fs::read_to_string(folder.join("log")).unwrap_or_default());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends 300 events in three lives of a node, each killed right after its last acknowledgement; gives what came out after a fourth.
fn three_lives(config: &str) -> Vec<(i64, i64)> {
    let folder = std::env::temp_dir().join(format!("riddhi-acks-{}-{}", std::process::id(), free()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("n.yaml"), config).unwrap();
    let app = format!(
        "@app:name('A') @source(type='tcp', @map(type='binary')) define stream S (n long);\n\
         @sink(type='file', file.uri='{}', @map(type='csv')) define stream Out (n long, c long);\n{COUNTS}",
        folder.join("out.csv").display()
    );
    fs::write(folder.join("a.siddhi"), app).unwrap();
    for life in 0..3 {
        let node = Alone::start(&folder);
        let mut stream = node.connect(&folder);
        assert_eq!(
            send(&mut stream, life * 100, 100),
            life * 100 + 100,
            "{}",
            fs::read_to_string(folder.join("log")).unwrap()
        );
    }
    let node = Alone::start(&folder);
    let mut stream = node.connect(&folder);
    assert_eq!(send(&mut stream, 300, 1), 301);
    let begun = Instant::now();
    while !outputs(&folder).contains(&300) {
        assert!(begun.elapsed() < LONG, "{}", fs::read_to_string(folder.join("log")).unwrap());
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(node);
    let text = fs::read_to_string(folder.join("out.csv")).unwrap();
    let _ = fs::remove_dir_all(&folder);
    let line = |line: &str| line.split_once(',').map(|(n, c)| (n.parse().unwrap(), c.parse().unwrap()));
    text.lines().filter_map(line).collect()
}

#[test]
fn what_is_journaled_on_one_node_is_never_lost_by_a_kill() {
    let out = three_lives("node: n\nack: journaled\njournal: {directory: st}\n");
    assert_eq!(out, (0..=300).map(|n| (n, n + 1)).collect::<Vec<_>>());
}

#[test]
fn what_is_received_may_be_lost() {
    // Without a state folder nothing is left of what was acknowledged before a kill: the count begins anew.
    let out = three_lives("node: n\nack: received\n");
    assert_eq!(out.last(), Some(&(300, 1)), "{out:?}");
}

/// The passive stands still: events are acknowledged all the same, and their outputs wait until it has them.
fn acknowledged_alone(server: &Server, level: &str) {
    let more = format!("ack: {level}\njournal: {{directory: unused}}");
    let mut pair = Pair::with(server.port(), "ttl_ms: 5000\n  lag_max_ms: 5000", &more, COUNTS);
    pair.migrate();
    pair.start(0);
    pair.start(1);
    pair.until_in_sync(1);
    let (active, mut stream) = pair.connect();
    assert_eq!(send(&mut stream, 0, 100), 100);
    pair.until_lines(100);
    let passive = pair.nodes[1 - active].as_ref().map(|child| Pid::from_raw(child.id() as i32).unwrap()).unwrap();
    kill_process(passive, Signal::STOP).unwrap();
    // Its threads stop one by one, when each has its turn.
    waitpid(Some(passive), WaitOptions::UNTRACED).unwrap();
    let (_, mut stream) = pair.connect();
    assert_eq!(send(&mut stream, 100, 100), 200, "{level}: {}", pair.log());
    std::thread::sleep(Duration::from_millis(700));
    let early = pair.lines().len();
    kill_process(passive, Signal::CONT).unwrap();
    // On a machine that was too slow for this, the active may have gone alone meanwhile.
    let held = early == 100 || pair.log().contains("going alone");
    assert!(held, "{level}: {early} outputs left before the passive had their entries: {}", pair.log());
    pair.until_lines(200);
}

#[test]
fn acknowledgements_that_do_not_wait_for_the_passive_let_no_output_go_before_it() {
    let Some(server) = Server::start() else { return };
    for level in ["journaled", "received"] {
        acknowledged_alone(&server, level);
    }
}

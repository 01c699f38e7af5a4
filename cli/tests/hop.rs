//! From one Riddhi to another over Siddhi TCP with acknowledgements: nothing is lost or repeated, whichever of them is killed.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long something may take that happens at once; only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A process that does not outlive the test.
struct Running(Child);

impl Drop for Running {
    /// By SIGKILL.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Folder {
    fn start(&self, args: &[&str]) -> Running {
        let err = OpenOptions::new().append(true).create(true).open(self.0.join("err")).expect("a file can be opened");
        let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
        command.current_dir(&self.0).arg("run").args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(err);
        Running(command.spawn().expect("riddhi starts"))
    }

    fn lines(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.0.join(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Appends events with the numbers in the range.
    fn feed(&self, numbers: std::ops::Range<u32>) {
        let mut file =
            OpenOptions::new().append(true).create(true).open(self.0.join("in")).expect("a file can be opened");
        let lines: String = numbers.map(|n| format!("{{\"event\":{{\"n\":{n}}}}}\n")).collect();
        file.write_all(lines.as_bytes()).expect("a file can be written");
    }

    fn wait_for(&self, lines: usize) {
        let begun = Instant::now();
        while self.lines("out").len() < lines {
            assert!(begun.elapsed() < PATIENCE, "{} lines; {:?}", self.lines("out").len(), self.lines("err"));
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn a_hop_loses_and_repeats_nothing_when_either_side_is_killed() {
    let folder = Folder(std::env::temp_dir().join(format!("riddhi-hop-{}", std::process::id())));
    let _ = fs::remove_dir_all(&folder.0);
    fs::create_dir_all(&folder.0).expect("a folder can be made");
    let port = TcpListener::bind("127.0.0.1:0").expect("a port is free").local_addr().expect("an address").port();
    let from = format!(
        "@app:name('From') @source(type='file', file.uri='in', tailing='true', file.polling.interval='5', @map(type='json'))\n\
         define stream S (n int);\n\
         @sink(type='tcp', url='tcp://127.0.0.1:{port}/To/S', ack='true', @map(type='binary')) define stream T (n int);\n\
         from S select n insert into T;\n"
    );
    let to = "@app:name('To') @source(type='tcp', @map(type='binary')) define stream S (n int);\n\
        @sink(type='file', file.uri='out', @map(type='csv')) define stream T (n int);\n\
        from S select n insert into T;\n";
    fs::write(folder.0.join("from.siddhi"), from).expect("a file can be written");
    fs::write(folder.0.join("to.siddhi"), to).expect("a file can be written");
    folder.feed(0..0);
    let sender = || folder.start(&["from.siddhi", "--state", "sf", "--no-reload"]);
    let address = format!("127.0.0.1:{port}");
    let receiver = || folder.start(&["to.siddhi", "--state", "st", "--no-reload", "--tcp", &address]);
    // Also a receiver that comes late is waited for.
    let mut a = sender();
    folder.feed(0..1000);
    std::thread::sleep(Duration::from_millis(300));
    let mut b = receiver();
    let mut fed = 1000;
    for round in 0..8 {
        folder.feed(fed..fed + 20_000);
        fed += 20_000;
        // In the middle of it, at a moment that differs from round to round.
        folder.wait_for(fed as usize - 20_000 + 1000 * (round + 1));
        if round % 2 == 0 {
            drop(b);
            b = receiver();
        } else {
            drop(a);
            a = sender();
        }
    }
    folder.wait_for(fed as usize);
    // Whatever would come twice has come by then: all is out and noted.
    std::thread::sleep(Duration::from_millis(1200));
    let out = folder.lines("out");
    let wrong = out.iter().zip(0..).position(|(line, n)| *line != format!("{n}"));
    let around = wrong.map(|at| &out[at.saturating_sub(2)..(at + 3).min(out.len())]);
    assert_eq!((out.len(), wrong), (fed as usize, None), "{around:?}; {:?}", folder.lines("err"));
    drop((a, b));
}

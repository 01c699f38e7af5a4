//! A client of a pair, and what came out for it.

use std::collections::HashSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use riddhi_wire::Value;
use riddhi_wire::siddhi_tcp::{Control, EventsWriter, Frame, write_frame};

use super::LONG;
use super::pair::Pair;

/// A connection to a port of this machine, if there is somebody.
pub fn connect(port: u16) -> Option<TcpStream> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let stream = TcpStream::connect_timeout(&address, Duration::from_millis(500)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    Some(stream)
}

impl Pair {
    /// A connection to whichever node has its port open, and which.
    pub fn connect(&self) -> (usize, TcpStream) {
        self.until("somebody serves", |pair| (0..2).find_map(|node| Some((node, connect(pair.ports[node].tcp)?))))
    }

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
        self.until(&format!("there are {count} lines"), |pair| (pair.lines().len() >= count).then_some(()));
    }

    /// Waits until there is an output of each event up to `end`: outputs come after acknowledgements.
    pub fn until_out(&self, end: i64) {
        let begun = Instant::now();
        loop {
            let out = outputs(&self.folder);
            let lost: Vec<i64> = (0..end).filter(|n| !out.contains(n)).collect();
            let (Some(first), Some(last)) = (lost.first(), lost.last()) else { return };
            let n = lost.len();
            assert!(begun.elapsed() < LONG, "acknowledged and lost: {n}, from {first} to {last}:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
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

/// The next acknowledgement, as the number of a frame. What these tests send is never refused.
fn answer(stream: &mut TcpStream) -> Option<u64> {
    loop {
        let mut bytes = vec![0; 5];
        stream.read_exact(&mut bytes).ok()?;
        let size = u32::from_be_bytes(bytes[1..].try_into().ok()?);
        bytes.resize(5 + size as usize, 0);
        stream.read_exact(&mut bytes[5..]).ok()?;
        match Control::parse(&Frame::parse(&bytes).ok()?).ok()? {
            Some(Control::Ack { frame }) => return Some(frame),
            Some(Control::Refused { reason, .. }) => panic!("refused: {}", String::from_utf8_lossy(reason)),
            _ => {}
        }
    }
}

/// Numbers of the events that have an output.
pub fn outputs(folder: &Path) -> HashSet<i64> {
    let text = fs::read_to_string(folder.join("out.csv")).unwrap_or_default();
    text.lines().filter_map(|line| line.split(',').next()?.parse().ok()).collect()
}

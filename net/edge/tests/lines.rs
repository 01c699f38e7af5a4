//! The poll loops under a protocol of lines: each line is pushed, and answered when it was judged.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use riddhi_edge::{
    Answers, Door, Edge, EdgeOptions, Io, Limits, Listening, Next, Outcome, Protocol, Service, Took, Verdict, door,
};

struct Lines(Door);

struct Line {
    door: Door,
    seq: u64,
}

impl Service for Lines {
    fn accept(&self, _: SocketAddr) -> Box<dyn Protocol> {
        Box::new(Line { door: self.0.clone(), seq: 0 })
    }
}

impl Protocol for Line {
    fn read(&mut self, bytes: &[u8], io: &mut Io<'_>) -> Took {
        io.set_deadline(Some(Duration::from_millis(500)));
        let mut taken = 0;
        while let Some(n) = bytes[taken..].iter().position(|b| *b == b'\n') {
            if !io.push(&self.door, b"", &bytes[taken..taken + n], self.seq) {
                return Took { bytes: taken, next: Next::Hold };
            }
            self.seq += 1;
            taken += n + 1;
        }
        if bytes.len() - taken > 1000 {
            return Took { bytes: taken, next: Next::Reset };
        }
        Took { bytes: taken, next: Next::Read }
    }

    fn answer(&mut self, verdict: Verdict, io: &mut Io<'_>) -> Next {
        match verdict.outcome {
            Outcome::Accepted => io.write(format!("ok {}\n", verdict.seq).as_bytes()),
            Outcome::Refused(why) => io.write(format!("no {}: {why}\n", verdict.seq).as_bytes()),
        }
        Next::Read
    }
}

fn begin(limits: Limits, threads: usize) -> (Arc<Edge>, Answers, Listening) {
    let edge = Edge::start(EdgeOptions { threads, limits, closed: false }).unwrap();
    let (door, answers) = door(&edge);
    let listening = edge.listen("127.0.0.1:0".parse().unwrap(), Arc::new(Lines(door))).unwrap();
    (edge, answers, listening)
}

/// Takes blocks until `n` messages were judged.
fn judge(answers: &mut Answers, n: usize) -> Vec<Vec<u8>> {
    let (mut all, begun) = (Vec::new(), std::time::Instant::now());
    while all.len() < n {
        assert!(begun.elapsed() < Duration::from_secs(60), "only {} of {n} messages came", all.len());
        let Some(block) = answers.take() else {
            std::thread::sleep(Duration::from_millis(1));
            continue;
        };
        for message in &block.messages {
            let body = block.bytes[message.body.clone()].to_vec();
            let outcome = if body.starts_with(b"bad") { Outcome::Refused("bad".into()) } else { Outcome::Accepted };
            answers.push(message.judge(outcome));
            all.push(body);
        }
        answers.done(block);
        answers.send();
    }
    all
}

#[test]
fn lines_come_in_order_and_answers_go_back() {
    let (edge, mut answers, listening) = begin(Limits::default(), 2);
    let mut client = TcpStream::connect(listening.address).unwrap();
    client.write_all(b"one\nbad\nthr").unwrap();
    client.flush().unwrap();
    std::thread::sleep(Duration::from_millis(20));
    client.write_all(b"ee\n").unwrap();
    assert_eq!(judge(&mut answers, 3), [b"one".to_vec(), b"bad".to_vec(), b"three".to_vec()]);
    let mut lines = BufReader::new(client).lines();
    let mut line = || lines.next().unwrap().unwrap();
    assert_eq!([line(), line(), line()], ["ok 0", "no 1: bad", "ok 2"]);
    assert_eq!(listening.counters.read().messages, 3);
    edge.stop();
}

#[test]
fn a_full_door_stops_the_reading_and_loses_nothing() {
    const LINES: usize = 200_000;
    let limits = Limits { blocks: 2, block_bytes: 1000, ..Limits::default() };
    let (edge, mut answers, listening) = begin(limits, 1);
    let address = listening.address;
    let written = Arc::new(AtomicUsize::new(0));
    let count = written.clone();
    let client = std::thread::spawn(move || {
        let mut client = TcpStream::connect(address).unwrap();
        let mut reader = client.try_clone().unwrap();
        let answers = std::thread::spawn(move || {
            let mut all = String::new();
            reader.read_to_string(&mut all).unwrap();
            all.lines().count()
        });
        for i in 0..LINES {
            client.write_all(format!("line number {i} with some text behind it\n").as_bytes()).unwrap();
            count.fetch_add(1, Ordering::Relaxed);
        }
        client.shutdown(std::net::Shutdown::Write).unwrap();
        answers
    });
    std::thread::sleep(Duration::from_millis(300));
    assert!(written.load(Ordering::Relaxed) < LINES, "more was read than there is room for");
    assert!(listening.counters.read().held > 0);
    let all = judge(&mut answers, LINES);
    let in_order =
        all.iter().enumerate().all(|(i, l)| *l == format!("line number {i} with some text behind it").as_bytes());
    assert!(in_order);
    drop(client.join().unwrap());
    edge.stop();
}

#[test]
fn too_long_a_line_is_reset_and_a_silent_peer_is_ended() {
    let (edge, _answers, listening) = begin(Limits::default(), 1);
    let mut client = TcpStream::connect(listening.address).unwrap();
    client.write_all(&[b'x'; 5000]).unwrap();
    let mut bytes = [0; 10];
    assert!(client.read(&mut bytes).is_err(), "a reset was expected");
    let mut client = TcpStream::connect(listening.address).unwrap();
    client.write_all(b"x").unwrap();
    assert!(!matches!(client.read(&mut bytes), Ok(n) if n > 0));
    assert_eq!(listening.counters.read().timed_out, 1);
    edge.stop();
}

#[test]
fn connections_above_the_bound_are_turned_away() {
    let (edge, mut answers, listening) = begin(Limits { connections: 1, ..Limits::default() }, 1);
    let mut first = TcpStream::connect(listening.address).unwrap();
    first.write_all(b"a\n").unwrap();
    judge(&mut answers, 1);
    let mut second = TcpStream::connect(listening.address).unwrap();
    let mut bytes = [0; 10];
    assert!(!matches!(second.read(&mut bytes), Ok(n) if n > 0));
    assert_eq!(listening.counters.read().turned_away, 1);
    edge.stop();
}

#[test]
fn closed_ports_refuse_and_open_again_at_the_same_address() {
    let (edge, _answers, listening) = begin(Limits::default(), 1);
    let address = listening.address;
    drop(TcpStream::connect(address).unwrap());
    edge.close();
    let refused = || {
        (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(5));
            TcpStream::connect(address).is_err()
        })
    };
    assert!(refused());
    edge.open().unwrap();
    drop(TcpStream::connect(address).unwrap());
    drop(listening);
    assert!(refused());
    edge.stop();
}

/// A node of a pair gives its ports up and takes them again within a moment, before the poll loop has closed them.
#[test]
fn a_port_that_was_given_up_is_taken_again_at_once() {
    let (edge, _answers, mut listening) = begin(Limits::default(), 1);
    for _ in 0..200 {
        let address = listening.address;
        drop(listening);
        let (door, _answers) = door(&edge);
        listening = edge.listen(address, Arc::new(Lines(door))).unwrap_or_else(|e| panic!("{e}"));
    }
    // What somebody else has is told at once.
    let (other, _answers) = door(&edge);
    let begun = std::time::Instant::now();
    assert!(edge.listen(listening.address, Arc::new(Lines(other))).is_err());
    assert!(begun.elapsed() < Duration::from_secs(1));
    edge.stop();
}

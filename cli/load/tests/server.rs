//! Against servers that answer wrongly, or not at all.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::num::NonZeroU64;
use std::thread;
use std::time::Duration;

use riddhi_load::{Load, LoadError, Pace, Protocol, Report, run};
use riddhi_wire::Extent;
use riddhi_wire::siddhi_tcp::{Control, extent};

/// Three frames of ten events, with acknowledgements, to a server that does `serve` with its only connection.
fn against(patience: Duration, serve: impl FnOnce(Server) + Send) -> Result<Report, LoadError> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let load = Load {
        address: listener.local_addr().expect("it has an address").to_string(),
        to: Protocol::Tcp { channel: "C".into() },
        recorded: None,
        columns: vec!["int".parse().expect("a column")],
        pace: Pace { batch: 10, rate: NonZeroU64::new(1_000_000), events_max: 25, connections: 1 },
        time_max: None,
        acknowledge: true,
        seed: 1,
        patience,
    };
    thread::scope(|scope| {
        scope.spawn(|| serve(Server { stream: listener.accept().expect("it connects").0, unread: Vec::new() }));
        run(&load, || false)
    })
}

struct Server {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Server {
    fn frame(&mut self) {
        loop {
            if let Extent::Whole(bytes) = extent(&self.unread, 1 << 20).expect("it is a frame") {
                self.unread.drain(..bytes);
                return;
            }
            let mut bytes = [0; 4096];
            let n = self.stream.read(&mut bytes).expect("it sends");
            assert!(n > 0, "it does not end before it has its answers");
            self.unread.extend_from_slice(&bytes[..n]);
        }
    }

    fn say(&mut self, control: Control<'_>) {
        let mut bytes = Vec::new();
        control.write(&mut bytes);
        self.stream.write_all(&bytes).expect("it reads");
    }

    fn welcome(&mut self, frames_max: u32) {
        self.frame();
        self.say(Control::Welcome { version: 1, frames_max });
    }

    fn until_it_ends(&mut self) {
        // An end by a reset is one too.
        let _ = self.stream.read_to_end(&mut Vec::new());
    }
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn refusals_between_acknowledgements_are_told_apart() {
    let report = against(LONG, |mut server| {
        server.welcome(8);
        (0..3).for_each(|_| server.frame());
        server.say(Control::Refused { frame: 2, reason: b"why" });
        server.say(Control::Ack { frame: 2 });
        server.say(Control::Ack { frame: 3 });
        server.until_it_ends();
    });
    let report = report.expect("it begins");
    assert_eq!((report.frames, report.events, report.acknowledged, report.refused), (3, 25, 15, 10));
    assert_eq!((report.refusal.as_deref(), report.unanswered, report.errors), (Some("why"), 0, 0));
    assert!(!report.is_clean());
}

#[test]
fn no_more_frames_are_open_than_the_server_allows() {
    let report = against(LONG, |mut server| {
        server.welcome(1);
        for frame in 1..=3 {
            server.frame();
            assert!(server.unread.is_empty(), "one at a time");
            server.say(Control::Ack { frame });
        }
        server.until_it_ends();
    });
    assert!(report.expect("it begins").is_clean());
}

#[test]
fn frames_without_an_answer_are_counted_when_the_server_goes() {
    let report = against(LONG, |mut server| {
        server.welcome(8);
        (0..3).for_each(|_| server.frame());
        server.say(Control::Ack { frame: 1 });
    });
    let report = report.expect("it begins");
    assert_eq!((report.events, report.acknowledged, report.unanswered, report.errors), (25, 10, 15, 1));
    assert_eq!(report.first_errors, ["connection 0: the server ended the connection"]);
}

#[test]
fn an_acknowledgement_of_what_was_not_sent_is_an_error() {
    let report = against(LONG, |mut server| {
        server.welcome(8);
        (0..3).for_each(|_| server.frame());
        server.say(Control::Ack { frame: 4 });
        server.until_it_ends();
    });
    let report = report.expect("it begins");
    assert_eq!(report.first_errors, ["connection 0: frame 4 is acknowledged, with 3 sent and 0 answered"]);
    assert_eq!((report.acknowledged, report.unanswered, report.latency), (0, 25, None));
}

#[test]
fn a_server_that_knows_no_acknowledgements_is_named() {
    let silent = against(Duration::from_millis(50), |mut server| server.until_it_ends());
    assert!(matches!(silent, Err(LoadError::NoWelcome { .. })), "{silent:?}");
    let other = against(LONG, |mut server| server.say(Control::Ack { frame: 1 }));
    assert!(matches!(other, Err(LoadError::NotWelcome { .. })), "{other:?}");
}

//! The sink `http` against a server that answers as the test says.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use riddhi_batch::{Arena, Chunk, Columns};
use riddhi_connect::mapper::OutRows;
use riddhi_connect::sink::SinkSlot;
use support::{Said, compiled, heard, sink_slot, told};

/// What came: the number of the connection, the head without `host`, the body.
type Came = Arc<Mutex<Vec<(usize, String, String)>>>;

/// Answers each request with the next text, whatever its connection; an empty one ends the connection without an answer.
fn server(answers: &[&'static str]) -> (u16, Came) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, came) = (listener.local_addr().unwrap().port(), Came::default());
    let (all, answers) = (came.clone(), answers.to_vec());
    thread::spawn(move || {
        let mut answers = answers.into_iter();
        for (n, stream) in listener.incoming().enumerate() {
            let mut stream = BufReader::new(stream.unwrap());
            loop {
                let (mut head, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    if stream.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                        break;
                    }
                    if let Some(n) = line.strip_prefix("content-length: ") {
                        length = n.trim().parse().unwrap();
                    }
                    head += &line;
                }
                if head.is_empty() {
                    break;
                }
                let mut body = vec![0; length];
                stream.read_exact(&mut body).unwrap();
                let lines: Vec<&str> = head.lines().filter(|l| !l.starts_with("host: ")).collect();
                all.lock().unwrap().push((n, lines.join("|"), String::from_utf8(body).unwrap()));
                let Some(answer) = answers.next() else { return };
                if answer.is_empty() {
                    break;
                }
                stream.get_mut().write_all(answer.as_bytes()).unwrap();
                if answer.contains("close") {
                    break;
                }
            }
        }
    });
    (port, came)
}

struct Sent {
    slot: SinkSlot,
    said: Said,
}

fn sink(options: &str, port: u16) -> Sent {
    let text = format!(
        "@sink(type='http', publisher.url='http://127.0.0.1:{port}/in?a=b', {options} @map(type='json')) define stream S (v int);"
    );
    let app = compiled(&text);
    let said = Said::default();
    let setting = heard(&app, &Arc::default(), &said);
    Sent { slot: sink_slot(&app, &setting), said }
}

impl Sent {
    /// Sends chunks of the numbers from 1, of these sizes.
    fn send(&mut self, sizes: &[u32]) {
        let n = sizes.iter().sum::<u32>();
        let mut columns = Columns::new([riddhi_batch::Kind::I32]);
        (1..=n as i32).for_each(|v| columns.cols[0].push_i32(v));
        (0..n).for_each(|_| columns.ts.push(0));
        let (mut chunks, mut first) = (Vec::new(), 0);
        for rows in sizes {
            chunks.push(Chunk { step: 0, cause: 0, first, rows: *rows });
            first += rows;
        }
        self.slot
            .take(&OutRows { columns: &columns, arena: &Arena::default(), chunks: &chunks, base: 7 })
            .expect("it goes on");
    }

    fn counts(&self) -> (u64, u64) {
        (self.slot.rows, self.slot.lost)
    }
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn bodies(came: &Came) -> Vec<String> {
    came.lock().unwrap().iter().map(|c| c.2.clone()).collect()
}

fn event(v: i32) -> String {
    format!("{{\"event\":{{\"v\":{v}}}}}")
}

#[test]
fn messages_go_in_order_over_one_connection() {
    let chunked = "HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    let (port, came) = server(&[OK, chunked, "HTTP/1.1 204 No\r\nconnection: close\r\n\r\n", OK]);
    let options = "basic.auth.username='me', basic.auth.password='secret', headers=\"'X-A:b','X-C:d e'\",";
    let mut sent = sink(options, port);
    sent.send(&[1, 1, 1]);
    sent.send(&[1]);
    assert_eq!(sent.counts(), (4, 0));
    assert_eq!(bodies(&came), [event(1), event(2), event(3), event(1)]);
    let came = came.lock().unwrap();
    assert_eq!(came.iter().map(|c| c.0).collect::<Vec<_>>(), [0, 0, 0, 1], "the third answer ends the connection");
    let head = "POST /in?a=b HTTP/1.1|content-type: application/json|authorization: Basic bWU6c2VjcmV0|X-A: b|X-C: d e";
    let names: Vec<&str> = came.iter().map(|c| c.1.split("|riddhi-name: ").nth(1).expect("a name")).collect();
    let (first, length) = names[0].split_once('|').expect("a length");
    assert_eq!(length, format!("content-length: {}", event(1).len()));
    assert!(came[0].1.starts_with(head), "{}", came[0].1);
    assert!(first.starts_with("l/A/S/") && first.ends_with("/7.0"), "{first}");
    assert!(names[2].contains("/7.2|") && names[3].contains("/7.3|"), "{names:?}");
}

#[test]
fn what_the_server_does_not_take_is_counted_and_the_rest_goes_on() {
    let (port, came) = server(&[OK, "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", "", OK]);
    let mut sent = sink("", port);
    sent.send(&[1, 2, 1, 1]);
    assert_eq!(bodies(&came).len(), 4, "nothing is sent twice unasked");
    assert_eq!(sent.counts(), (2, 3));
    let said = sent.said.lock().unwrap().join("\n");
    assert!(said.contains("3 rows lost") && said.contains("ended the connection without an answer"), "{said}");
}

#[test]
fn who_waits_sends_again_what_was_not_taken_and_nothing_else() {
    let busy = "HTTP/1.1 429 Busy\r\ncontent-length: 0\r\n\r\n";
    let (port, came) = server(&[OK, busy, OK, "", OK, "HTTP/1.1 400 No\r\ncontent-length: 0\r\n\r\n"]);
    let mut sent = sink("on.error='wait',", port);
    sent.send(&[1, 1, 1, 1]);
    assert_eq!(bodies(&came), [event(1), event(2), event(2), event(3), event(3), event(4)]);
    assert_eq!(sent.counts(), (3, 1), "what is never taken is not waited for");
    let said = sent.said.lock().unwrap().join("\n");
    assert!(said.contains("answered 429; waiting until it can") && said.contains("may arrive twice"), "{said}");
    assert!(said.contains("a row lost: 127.0.0.1") && said.contains("answered 400"), "{said}");
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut sent = sink("", port);
    sent.send(&[2]);
    assert_eq!(sent.counts(), (0, 2));
    let said = sent.said.lock().unwrap().join("\n");
    assert!(said.contains(&format!("2 rows lost: cannot connect to 127.0.0.1:{port}")), "{said}");
}

#[test]
fn what_is_not_there_yet_is_refused_by_name() {
    for (options, expected) in [
        ("publisher.url='https://h/a', https.keystore.file='a'", "Riddhi does not have `https.keystore.file` yet"),
        ("publisher.url='h/a'", "'h/a' is no URL"),
        ("publisher.url='http://h/a', oauth.username='a'", "Riddhi does not have `oauth.username` yet"),
        ("publisher.url='http://h/a', basic.auth.username='a'", "one half of a name and a password"),
        ("publisher.url='http://h/a', headers='a:b'", "a header must stand in single quotes"),
        ("publisher.url='http://h/a', on.error='store'", "Riddhi does not have on.error='store' yet"),
    ] {
        let text = format!("@sink(type='http', {options}, @map(type='json')) define stream S (v int);");
        let told = told(&text);
        assert!(told.iter().any(|d| d.message.contains(expected)), "{options}: {told:?}");
    }
}

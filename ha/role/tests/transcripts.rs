//! Conversations of one node with its driver, as text: events at the margin, the actions that follow indented.
//!
//! `RIDDHI_UPDATE=1` rewrites the actions; read what changed. The words of events: see `event` below. `+250 tick` lets time pass first;
//! `row ...` gives the row, `row same` the one last read or written, `row beat` the same with a later beat.

use std::fs;
use std::path::Path;

use riddhi_role::*;

#[path = "support/words.rs"]
#[allow(dead_code)]
mod words;

#[test]
fn transcripts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let update = std::env::var_os("RIDDHI_UPDATE").is_some();
    let mut files: Vec<_> = fs::read_dir(folder).expect("the folder is there").flatten().map(|e| e.path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut wrong = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).expect("text");
        let now = play(&text);
        if now == text {
            continue;
        }
        if update {
            fs::write(&path, now).expect("can be written");
        } else {
            let diff = text.lines().zip(now.lines()).enumerate().find(|(_, (a, b))| a != b);
            wrong.push(format!("{}: {diff:?}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The text with the actions that the machine takes now.
fn play(text: &str) -> String {
    let (mut out, mut node) = (String::new(), None::<Node>);
    for line in text.lines().filter(|l| !l.starts_with("  ")) {
        out.push_str(line);
        out.push('\n');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let actions = match &mut node {
            None => {
                let (new, actions) = Node::start(&words);
                node = Some(new);
                actions
            }
            Some(node) => node.tell(&words),
        };
        for action in &actions {
            out.push_str(&format!("  {}\n", words::action(action)));
        }
    }
    out
}

struct Node {
    role: Role,
    now: Ms,
    row: Row,
    database: Database,
    writing: Option<Row>,
}

impl Node {
    /// `start A/1 [ttl N] [lag N] [epoch N] [claim N] [carries I] [journal LINE POSITION whole|torn]`
    fn start(words: &[&str]) -> (Node, Vec<Action>) {
        assert_eq!(words[0], "start");
        let number = |key| value(words, key).map(|v| v.parse::<u64>().expect("a number"));
        let mut disk =
            Disk { epoch: number("epoch").unwrap_or(0), claim: number("claim").unwrap_or(0), ..Disk::default() };
        disk.carries = value(words, "carries").map(incarnation);
        let recovered = words.iter().position(|w| *w == "journal").map(|i| Recovered {
            line: words[i + 1].parse().expect("an epoch"),
            position: words[i + 2].parse().expect("a position"),
            whole: words[i + 3] == "whole",
        });
        let config = Config::new(number("ttl").unwrap_or(1000), number("lag").unwrap_or(1000)).expect("good times");
        let (role, actions) = Role::start(config, Start { me: holder(words[1]), disk, recovered }, 0);
        let database = Database { system: 1, timeline: 1 };
        (Node { role, now: 0, row: Row { written_on: database, ..Row::default() }, database, writing: None }, actions)
    }

    fn tell(&mut self, mut words: &[&str]) -> Vec<Action> {
        if let Some(ms) = words[0].strip_prefix('+') {
            self.now += ms.parse::<Ms>().expect("milliseconds");
            words = &words[1..];
        }
        let event = self.event(words);
        let actions = self.role.step(event, self.now);
        for action in &actions {
            if let Action::Write { row, .. } = action {
                self.writing = Some(row.clone());
            }
        }
        actions
    }

    fn event(&mut self, words: &[&str]) -> Event {
        let number = |i: usize| words[i].trim_start_matches(['e', '@']).parse::<u64>().expect("a number");
        match words[0] {
            "tick" => Event::Tick,
            "row" => {
                self.read(words);
                Event::Row { row: self.row.clone(), database: self.database }
            }
            "unreadable" => Event::Unreadable,
            "written" => {
                self.row = self.writing.clone().expect("there is a write");
                Event::Written
            }
            "refused" => Event::Refused,
            "unanswered" => Event::Unanswered,
            "up" => {
                let at = |key| value(words, key).map_or(0, |v| v.parse().expect("a number"));
                let (epoch, line, position) = (at("epoch"), at("line"), at("pos"));
                let active = words.contains(&"active");
                Event::LinkUp(Hello { from: holder(words[1]), epoch, line, position, active })
            }
            "down" => Event::LinkDown,
            "heartbeat" | "probe" => Event::Message(Message::Heartbeat {
                from: incarnation(words[1]),
                epoch: number(2),
                sent_at: number(3),
                alive: words[0] == "heartbeat",
            }),
            "answer" | "probed" => Event::Message(Message::Answer {
                from: incarnation(words[1]),
                epoch: number(2),
                sent_at: number(3),
                alive: words[0] == "answer",
            }),
            "handover" => Event::Message(Message::HandOver { epoch: number(1), position: number(2) }),
            "ask" => Event::Message(Message::AskHandOver),
            "appended" => Event::Appended { position: number(1) },
            "acked" => Event::Acknowledged { incarnation: incarnation(words[1]), position: number(2) },
            "received" => Event::Received { epoch: number(1), position: number(2) },
            "gated" => Event::Gated { serial: number(1), released: number(2) },
            "sealed" => Event::Sealed { position: number(1) },
            "drained" => Event::Drained { position: number(1) },
            "takenover" => Event::TakenOver,
            "promote" => Event::Operator(Command::Promote),
            "demote" => Event::Operator(Command::Demote),
            "force" => Event::Operator(Command::Force { confirmed: false }),
            "force!" => Event::Operator(Command::Force { confirmed: true }),
            other => panic!("no such event: {other}"),
        }
    }

    /// `row [empty | same | beat | landed | v5 e7 A/1 beat 5 sync 2 pos 0] [on SYSTEM.TIMELINE]`; `on` is who answers.
    fn read(&mut self, words: &[&str]) {
        match words[1] {
            "empty" => self.row = Row { written_on: self.database, ..Row::default() },
            "same" => {}
            "landed" => self.row = self.writing.clone().expect("there is a write"),
            "beat" => {
                self.row.version += 1;
                self.row.beat += 1;
            }
            version => {
                let at = |key| value(words, key).and_then(|v| v.parse().ok()).unwrap_or(0);
                self.row = Row {
                    version: version.trim_start_matches('v').parse().expect("a version"),
                    epoch: words[2].trim_start_matches('e').parse().expect("an epoch"),
                    holder: Some(holder(words[3])),
                    beat: at("beat"),
                    in_sync: value(words, "sync").filter(|v| *v != "-").map(incarnation),
                    position: at("pos"),
                    written_on: self.database,
                };
            }
        }
        if let Some((system, timeline)) = value(words, "on").and_then(|v| v.split_once('.')) {
            self.database =
                Database { system: system.parse().expect("a number"), timeline: timeline.parse().expect("a number") };
        }
    }
}

fn value<'a>(words: &[&'a str], key: &str) -> Option<&'a str> {
    words.iter().position(|w| *w == key).map(|i| words[i + 1])
}

fn incarnation(word: &str) -> Incarnation {
    Incarnation(u64::from_str_radix(word, 16).expect("an incarnation"))
}

fn holder(word: &str) -> Holder {
    let (node, run) = word.split_once('/').expect("node/incarnation");
    Holder { node: node.into(), incarnation: incarnation(run) }
}

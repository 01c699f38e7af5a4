//! `riddhi ha` against two running nodes.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use riddhi_test_postgres::Server;
use support::client;
use support::pair::{NAMES, Pair};

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn ask(pair: &Pair, node: usize, words: &[&str]) -> (i32, String) {
    let output = pair.ask(&[&["ha"], words, &["--state", NAMES[node]]].concat());
    (output.status.code().unwrap(), text(&output))
}

/// Sends events to a node until it ends the connection or all are acknowledged; gives up to which they are.
fn send(port: u16, from: i64, count: i64) -> i64 {
    client::connect(port).map_or(from, |mut stream| client::send(&mut stream, from, count))
}

/// Asks for a change of roles. A machine whose disk or scheduler stalls for longer than `ttl_ms` lets a hand-over lapse, which is said and leaves
/// the active where it was: as an operator would, it is asked for again.
fn change(pair: &Pair, active: usize, node: usize, word: &str, done: &str) {
    for _ in 0..10 {
        let (code, text) = ask(pair, node, &[word]);
        if code == 0 {
            assert!(text.contains(done), "{text}\n{}", pair.log());
            return;
        }
        assert!(text.contains("not taken up") || text.contains("not taken over"), "{text}\n{}", pair.log());
        pair.until("the active goes on with the passive in sync", |pair| is_ready(pair, active));
    }
    panic!("{word} lapses each time\n{}", pair.log());
}

fn is_ready(pair: &Pair, node: usize) -> Option<()> {
    pair.page(node, "/health/ready").filter(|(s, t)| *s == 200 && t.contains("\"ready\"")).map(drop)
}

#[test]
fn roles_change_hands_and_nothing_is_lost() {
    let Some(server) = Server::start() else { return };
    let mut pair = Pair::new(server.port());
    let active = pair.start_both();
    let passive = 1 - active;
    pair.until("the passive knows that it is in sync", |pair| {
        let (_, text) = ask(pair, passive, &["status", "--format", "json"]);
        text.contains("\"isInSync\": true").then_some(())
    });
    let (code, text) = ask(&pair, active, &["status"]);
    assert_eq!(code, 0, "{text}");
    for line in ["part      active, serving\n", "link      up, to", "database  answers", "app       A runs"] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("to do"), "{text}");
    let (code, text) = ask(&pair, passive, &["status"]);
    assert!(code == 0 && text.contains("passive: the active lives"), "{text}");
    let mode = fs::metadata(pair.folder.join(NAMES[active]).join("control.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // What does not fit is refused, with the reason.
    for (node, word, why) in [
        (active, "promote", "active already"),
        (passive, "demote", "not the active"),
        (passive, "force", "the active lives"),
    ] {
        let (code, text) = ask(&pair, node, &[word]);
        assert!(code == 1 && text.contains(why), "{word}: {text}");
    }
    // The active hands over while events come in.
    let port = pair.ports[active].tcp;
    let sender = std::thread::spawn(move || send(port, 0, 20_000));
    change(&pair, active, active, "demote", "handed over");
    let acked = sender.join().unwrap();
    pair.until("the old passive serves with the old active in sync", |pair| is_ready(pair, passive));
    let next = send(pair.ports[passive].tcp, acked, 100);
    assert_eq!(next, acked + 100, "{}", pair.log());
    // And back, by the word of the one that is to be the active.
    pair.until("the old active knows that it is in sync", |pair| {
        let (_, text) = ask(pair, active, &["status", "--format", "json"]);
        text.contains("\"isInSync\": true").then_some(())
    });
    change(&pair, passive, active, "promote", "is the active");
    pair.until("roles are as at the beginning", |pair| is_ready(pair, active));
    let end = send(pair.ports[active].tcp, next, 100);
    assert_eq!(end, next + 100, "{}", pair.log());
    pair.until_out(end);
}

#[test]
fn a_table_changed_by_a_query_is_changed_after_a_take_over() {
    let Some(server) = Server::start() else { return };
    let mut pair = Pair::new(server.port());
    let file = pair.folder.join("apps/a.siddhi");
    let app = fs::read_to_string(&file).unwrap();
    fs::write(&file, app.replacen("@source", "define table T (k string, v int);\n@source", 1)).unwrap();
    let active = pair.start_both();
    let passive = 1 - active;
    let query = |pair: &Pair, node: usize, words: &str| {
        let output = pair.ask(&["query", words, "--state", NAMES[node]]);
        (output.status.code().unwrap(), text(&output))
    };
    for n in 0..20 {
        let changed = query(&pair, active, &format!("select 'k{n}' as k, {n} as v insert into T"));
        assert_eq!(changed, (0, String::new()), "{}", pair.log());
    }
    let (code, said) = query(&pair, passive, "delete T on true");
    assert!(code != 0, "{said}");
    assert_eq!(query(&pair, active, "update T set v = v + 100 on v < 10"), (0, String::new()));
    // What was answered is there, though the active is gone that moment.
    pair.kill(active);
    pair.until("the passive serves", |pair| pair.page(passive, "/health/ready").filter(|p| p.0 == 200).map(drop));
    let found = pair.until("the app is asked", |pair| {
        let (code, said) = query(pair, passive, "from T select count() as n, sum(v) as s");
        (code == 0).then_some(said)
    });
    assert_eq!(found, format!("{{\"n\":20,\"s\":{}}}\n", 190 + 1000), "{}", pair.log());
}

#[test]
fn force_says_what_is_at_stake_and_wants_a_yes() {
    let Some(server) = Server::start() else { return };
    let mut pair = Pair::new(server.port());
    let active = pair.start_both();
    let passive = 1 - active;
    // The active goes alone, and is gone with what it has: the other one has to be forced.
    pair.kill(passive);
    pair.until("the active is alone", |pair| {
        pair.page(active, "/health/ready").filter(|p| p.1.contains("degraded")).map(drop)
    });
    pair.kill(active);
    pair.start(passive);
    let (_, text) = pair.until("the node says what to do", |pair| {
        let (code, text) = ask(pair, passive, &["status"]);
        (code == 0 && text.contains("riddhi ha force")).then_some((code, text))
    });
    assert!(text.contains("the active is silent"), "{text}");
    let (code, text) = ask(&pair, passive, &["promote"]);
    assert!(code == 1 && text.contains("does not have everything"), "{text}");
    let (code, text) = ask(&pair, passive, &["force"]);
    assert!(code == 1 && text.contains("at stake") && text.contains("--yes"), "{text}");
    let (code, text) = ask(&pair, passive, &["force", "--yes"]);
    assert!(code == 0 && text.contains("this node is the active"), "{text}\n{}", pair.log());
    pair.until("the forced node serves alone", |pair| {
        pair.page(passive, "/health/ready").filter(|p| p.1.contains("degraded")).map(drop)
    });
}

#[test]
fn who_cannot_be_asked_is_told_why() {
    let pair = Pair::new(1);
    let at = |words: &[&str]| {
        let output = pair.ask(&[&["ha", "status"], words].concat());
        (output.status.code().unwrap(), text(&output))
    };
    let (code, told) = at(&["--state", "nowhere"]);
    assert!(code == 4 && told.contains("there is no state folder nowhere"), "{told}");
    fs::create_dir(pair.folder.join("a")).unwrap();
    let (code, told) = at(&["--state", "a"]);
    assert!(code == 4 && told.contains("no node of a pair runs with the state folder a"), "{told}");
    fs::write(pair.folder.join("alone.yaml"), "node: alone\njournal: {directory: a}\n").unwrap();
    let (code, told) = at(&["--config", "alone.yaml"]);
    assert!(code == 2 && told.contains("a node alone, which has no role"), "{told}");
    let (code, told) = at(&["--config", "a.yaml"]);
    assert!(code == 4 && told.contains("there is no state folder riddhi-state"), "{told}");
    let (code, told) = at(&[]);
    assert!(code == 2 && told.contains("--state"), "{told}");
    // A folder whose path is longer than a socket's may be is no hindrance, and what is left of a node that was killed is none that runs.
    let long = pair.folder.join("x".repeat(150));
    fs::create_dir(&long).unwrap();
    std::os::unix::net::UnixListener::bind(pair.folder.join("left.sock")).unwrap();
    fs::rename(pair.folder.join("left.sock"), long.join("control.sock")).unwrap();
    let (code, told) = at(&["--state", long.to_str().unwrap()]);
    assert!(code == 4 && told.contains("no node of a pair runs"), "{told}");
}

//! `replay --workers`: an app on several threads prints the same.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Four parts that share no stream, two of them with timers.
const APP: &str = "define stream A (v int); define stream B (v int); define stream C (v int); define stream D (v int);\n\
    @info(name = 'a') from A select v + 1 as v insert into OutA;\n\
    from B#window.time(20) select sum(v) as v insert all events into OutB;\n\
    from C#window.timeBatch(7) select count() as n insert into OutC;\n\
    from D[v > 100] select v, 10 / (v - v) as w insert into OutD; from OutD select v insert into OutD2;\n";

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("workers").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("app.siddhi"), APP).unwrap();
    let event = |i: usize| {
        let stream = ["A", "B", "C", "D", "B"][i * 7 % 5];
        format!("{{\"stream\":\"{stream}\",\"ts\":{},\"data\":{{\"v\":{i}}}}}\n", i / 3)
    };
    fs::write(folder.join("e.jsonl"), (0..20_000).map(event).collect::<String>()).unwrap();
    folder
}

fn riddhi(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
    let events: &[&str] = if args.contains(&"--events") { &[] } else { &["--events", "e.jsonl"] };
    let args = [&["replay", "--app", "app.siddhi", "--queries"], events, args].concat();
    command.current_dir(folder).args(args).stdin(Stdio::null());
    command
}

fn said(bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    text.lines().filter(|l| !l.starts_with("time ")).map(|l| format!("{l}\n")).collect()
}

#[test]
fn workers_do_not_show() {
    let folder = folder("same");
    let one = riddhi(&folder, &[]).output().unwrap();
    assert!(one.status.success() && one.stdout.len() > 1_000_000);
    let core = std::thread::available_parallelism().map_or(1, |n| n.get()).to_string();
    for args in [
        &["--workers", "2"][..],
        &["--workers", "4", "--batch", "64"],
        &["--workers", "3", "--restore-every", "1111"],
        &["--workers", "2", "--core", &core],
        &["--core", "0"],
    ] {
        let several = riddhi(&folder, args).output().unwrap();
        assert!(several.stdout == one.stdout, "{args:?}");
        assert!(
            said(&several.stderr).ends_with(&said(&one.stderr)[said(&one.stderr).find("in ").unwrap()..]),
            "{args:?}"
        );
    }
}

#[test]
fn fewer_workers_than_asked_for_are_told() {
    let folder = folder("fewer");
    let nine = riddhi(&folder, &["--workers", "9"]).output().unwrap();
    assert!(said(&nine.stderr).contains("note: the app has 4 parts that share no stream: 4 workers used, not 9\n"));
    fs::write(folder.join("app.siddhi"), "define stream A (v int); from A select v insert into B;").unwrap();
    let one = riddhi(&folder, &["--workers", "2", "--on-error", "count"]).output().unwrap();
    let note = "note: all queries of the app are connected: 1 worker used, not 2\n";
    assert!(said(&one.stderr).starts_with(note), "{}", said(&one.stderr));
}

#[test]
fn several_workers_end_in_order() {
    let folder = folder("ends");
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = riddhi(&folder, &["--workers", "3"]);
    let output = command.stdout(full).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", said(&output.stderr));
    let mut command = riddhi(&folder, &["--workers", "3"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdout.take().unwrap().read_exact(&mut [0; 10]).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let summary = said(&output.stderr);
    let numbers: Vec<u64> = summary
        .lines()
        .find(|l| l.starts_with("in "))
        .unwrap()
        .replace(',', "")
        .split_whitespace()
        .filter_map(|w| w.parse().ok())
        .collect();
    assert_eq!(numbers[0], numbers[1] + numbers[2], "{summary}");
}

#[test]
fn a_signal_ends_it_in_order_under_load() {
    let folder = folder("signal");
    let mut command = riddhi(&folder, &["--workers", "2", "--events", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let writer = std::thread::spawn(move || {
        // Until the process is gone.
        let line = "{\"stream\":\"A\",\"ts\":1,\"data\":{\"v\":1}}\n".repeat(1000);
        while input.write_all(line.as_bytes()).is_ok() {}
    });
    let mut rows = vec![0; 1 << 20];
    output.read_exact(&mut rows).unwrap();
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    output.read_to_end(&mut rows).unwrap();
    let ended = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    // All that was accepted came out, a stream's row and a query's of each, in whole lines.
    let lines = rows.iter().filter(|b| **b == b'\n').count();
    let summary = said(&ended.stderr).replace(',', "");
    assert!(
        summary.starts_with(&format!("in   {0} events accepted = {0} handled + 0 refused\n", lines / 2)),
        "{summary}"
    );
    assert!(rows.ends_with(b"}\n"));
}

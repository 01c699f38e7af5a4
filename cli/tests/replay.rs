//! The binary from outside: exit codes, errors, signals, pipes.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const APP: &str = "define stream S (sym string, v int);\n\
    @info(name = 'q') from S[v > 1] select sym, v * 2 as w insert into Out;\n\
    from S#window.length(2) select sym, sum(v) as total insert all events into Sums;\n";

/// A folder of its own for a test.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("app.siddhi"), APP).unwrap();
    folder
}

fn event(ts: u64, v: i64) -> String {
    format!("{{\"stream\":\"S\",\"ts\":{ts},\"data\":{{\"sym\":\"a\",\"v\":{v}}}}}\n")
}

fn riddhi(folder: &PathBuf, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
    command.current_dir(folder).args(args).stdin(Stdio::null());
    command
}

/// Replays these events through the app.
fn replay(name: &str, events: &str, args: &[&str]) -> Output {
    let folder = folder(name);
    fs::write(folder.join("e.jsonl"), events).unwrap();
    riddhi(&folder, &["replay", "--app", "app.siddhi", "--events", "e.jsonl"]).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Standard error without the line that tells the time.
fn said(output: &Output) -> String {
    text(&output.stderr).lines().filter(|l| !l.starts_with("time ")).map(|l| format!("{l}\n")).collect()
}

#[test]
fn the_host_is_asked_by_constant_keys() {
    let folder = folder("host");
    fs::write(folder.join("e.jsonl"), event(1, 1)).unwrap();
    let replay = |query: &str, args: &[&str]| {
        let app = format!("define stream S (sym string, v int); from S select {query} as x insert into Out;");
        fs::write(folder.join("app.siddhi"), app).unwrap();
        let mut command = riddhi(&folder, &["replay", "app.siddhi", "--events", "e.jsonl", "--format", "csv"]);
        let output = command.args(args).env("RIDDHI_TEST_VARIABLE", "a, b").output().unwrap();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let given = |query: &str, args: &[&str]| replay(query, args).1.lines().last().unwrap_or_default().to_owned();
    assert!(given("env:getSystemProperty('RIDDHI_TEST_VARIABLE')", &[]).ends_with("\"a, b\""));
    assert!(given("env:getSystemProperty('RIDDHI_TEST_NONE', sym)", &[]).ends_with(",a"));
    assert!(given("env:getEnvironmentProperty('x.y')", &["-D", "x.y=1", "-D", "x.y=2"]).ends_with(",2"));
    assert!(given("env:getEnvironmentProperty('x.y')", &[]).ends_with(','));
    assert!(given("env:getYAMLProperty('x', 'int', 5)", &[]).ends_with(",5"));
    let (code, _, said) = replay("env:getSystemProperty(sym)", &[]);
    assert!(code == Some(1) && said.contains("the key must be a constant string"), "{said}");
}

#[test]
fn rows_come_out_in_order_with_a_summary() {
    let output =
        replay("order", &[event(1, 1), event(2, 2), event(3, 3)].concat(), &["--queries", "--only", "Out,q,Sums"]);
    let expected = r#"{"stream":"Sums","ts":1,"type":"current","data":{"sym":"a","total":1}}
{"stream":"Out","ts":2,"type":"current","data":{"sym":"a","w":4}}
{"stream":"Sums","ts":2,"type":"current","data":{"sym":"a","total":3}}
{"query":"q","ts":2,"type":"current","data":{"sym":"a","w":4}}
{"stream":"Out","ts":3,"type":"current","data":{"sym":"a","w":6}}
{"stream":"Sums","ts":3,"type":"current","data":{"sym":"a","total":5}}
{"query":"q","ts":3,"type":"current","data":{"sym":"a","w":6}}
"#;
    assert_eq!(text(&output.stdout), expected);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        said(&output),
        "in   3 events accepted = 3 handled + 0 refused\nout  7 rows: Out 2, Sums 3, query q 2\n"
    );
}

#[test]
fn frames_and_restores_do_not_show() {
    let events: String = (0..100).map(|i| event(i / 3, (i * 7 % 11) as i64)).collect();
    let whole = replay("frames", &events, &["--queries"]);
    assert!(whole.stdout.len() > 5000);
    for args in [&["--batch", "1"][..], &["--batch", "7", "--restore-every", "5"], &["--restore-every", "1"]] {
        assert_eq!(replay("frames", &events, &[args, &["--queries"]].concat()).stdout, whole.stdout, "{args:?}");
    }
}

#[test]
fn a_malformed_event_stops_or_is_passed_over() {
    let events = event(1, 2) + "{\"stream\":\"S\",\"data\":{\"w\":1}}\n" + &event(2, 3);
    let out = |ts, w| {
        format!("{{\"stream\":\"Out\",\"ts\":{ts},\"type\":\"current\",\"data\":{{\"sym\":\"a\",\"w\":{w}}}}}\n")
    };
    let report = "error[I0003]: the stream 'S' has no attribute 'w'\n --> e.jsonl:2:23\n  |\n\
                  2 | {\"stream\":\"S\",\"data\":{\"w\":1}}\n  |                       ^^^\n  = help: its attributes: sym, v\n";
    let stopped = replay("stop", &events, &["--only", "Out"]);
    assert_eq!((stopped.status.code(), text(&stopped.stdout)), (Some(2), out(1, 4)));
    let summary = "in   2 events accepted = 1 handled + 1 refused\nout  1 rows: Out 1\n";
    assert_eq!(said(&stopped), format!("{report}{summary}"));
    let summary = "in   3 events accepted = 2 handled + 1 refused\nout  2 rows: Out 2\n";
    let skipped = replay("skip", &events, &["--only", "Out", "--on-error", "skip"]);
    assert_eq!((skipped.status.code(), text(&skipped.stdout)), (Some(0), out(1, 4) + &out(2, 6)));
    assert_eq!(said(&skipped), format!("{report}{summary}"));
    let counted = replay("count", &events, &["--only", "Out", "--on-error", "count"]);
    assert_eq!((counted.status.code(), said(&counted)), (Some(0), summary.to_owned()));
}

#[test]
fn usage_and_files() {
    let folder = folder("usage");
    fs::write(folder.join("e.jsonl"), event(1, 2)).unwrap();
    fs::write(
        folder.join("two.siddhi"),
        "define stream A (i int); define stream B (i int); from A select i insert into C;",
    )
    .unwrap();
    fs::create_dir_all(folder.join("rec/A")).unwrap();
    fs::write(folder.join("rec/A/journal-00000000000000000000.riddhi"), "").unwrap();
    for (args, expected) in [
        (
            &["replay", "--app", "ap.siddhi", "--events", "e.jsonl"][..],
            "cannot read the app ap.siddhi: no such file or directory\n  = help: did you mean app.siddhi?\n",
        ),
        (
            &["replay", "--app", "app.siddhi", "--events", "e.json"],
            "cannot read the events e.json: no such file or directory\n  = help: did you mean e.jsonl?\n",
        ),
        (&["replay", "--app", "app.siddhi", "--events", "."], "cannot read the events .: it is a folder\n"),
        (
            &["replay", "--app", "app.siddhi", "--events", "e.jsonl", "--only", "Outt"],
            "--only: the app has no stream or query 'Outt'\n  = help: did you mean 'Out'?\n",
        ),
        (
            &["replay", "--app", "app.siddhi", "--events", "e.jsonl", "--stream", "S"],
            "--stream, --time-column and --time-format are for CSV, and the events are JSON lines\n  = help: say --input-format csv if they are not\n",
        ),
        (
            &["replay", "app.siddhi", "--events", "e.jsonl", "--time-format", "s"],
            "--stream, --time-column and --time-format are for CSV, and the events are JSON lines\n  = help: say --input-format csv if they are not\n",
        ),
        (
            &["replay", "app.siddhi", "--journal", "rec"],
            "there is no journal in the folder rec\n  = help: run --record DIR makes a folder in DIR for each app; give rec/A\n",
        ),
        (
            &["replay", "--app", "two.siddhi", "--events", "-", "--input-format", "csv"],
            "say with --stream which stream the CSV file is for: A, B\n",
        ),
    ] {
        let output = riddhi(&folder, args).output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(2), format!("error: {expected}")), "{args:?}");
    }
    for args in [&["replay"][..], &["replai"], &["replay", "--app", "a", "--events", "b", "--batch", "0"]] {
        assert_eq!(riddhi(&folder, args).output().unwrap().status.code(), Some(2), "{args:?}");
    }
    assert_eq!(riddhi(&folder, &["--version"]).output().unwrap().status.code(), Some(0));
}

#[test]
fn apps_with_mistakes_and_missing_features() {
    let folder = folder("mistakes");
    fs::write(folder.join("bad.siddhi"), "define stream S (v int);\nfrom S select w insert into Out;\n").unwrap();
    fs::write(
        folder.join("later.siddhi"),
        "define stream S (v int);\ndefine function f[scala] return int { return 1; };\nfrom S select v insert into T;\n",
    )
    .unwrap();
    for (app, code) in [("app.siddhi", 0), ("bad.siddhi", 1), ("later.siddhi", 3)] {
        let check = riddhi(&folder, &["check", app]).output().unwrap();
        assert_eq!(check.status.code(), Some(code), "{}", text(&check.stdout));
        let json = riddhi(&folder, &["check", app, "--format", "json"]).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!((json.status.code(), report["exit"].as_i64()), (Some(code), Some(code as i64)));
        let replay = riddhi(&folder, &["replay", "--app", app, "--events", "-"]).output().unwrap();
        assert_eq!((replay.status.code(), text(&replay.stdout)), (Some(code), String::new()));
        let explain = riddhi(&folder, &["explain", app]).output().unwrap();
        assert_eq!(explain.status.code(), Some(code));
    }
    let bad = riddhi(&folder, &["check", "bad.siddhi"]).output().unwrap();
    assert!(text(&bad.stdout).contains("bad.siddhi:2:15"), "{}", text(&bad.stdout));
    assert!(text(&bad.stdout).ends_with("bad.siddhi: 1 mistake\n"), "{}", text(&bad.stdout));
    let query = self::replay("query", &(event(1, 2) + "{\"query\":\"from T select *\"}\n"), &["--only", "Out"]);
    assert_eq!(query.status.code(), Some(0));
    assert!(
        text(&query.stdout).contains(r#"{"result":0,"error":"R0115: there is no table or window `T`"}"#),
        "{}",
        text(&query.stdout)
    );
    assert!(said(&query).contains("error[R0115]"), "{}", said(&query));
}

#[test]
fn variables_come_from_the_environment() {
    let folder = folder("variables");
    fs::write(folder.join("app.siddhi"), "define stream S (v int); from S[v > ${LIMIT}] select v insert into Out;")
        .unwrap();
    let args = ["replay", "--app", "app.siddhi", "--events", "-"];
    assert_eq!(riddhi(&folder, &args).env_remove("LIMIT").output().unwrap().status.code(), Some(1));
    assert_eq!(riddhi(&folder, &args).env("LIMIT", "5").output().unwrap().status.code(), Some(0));
}

#[test]
fn csv_in_and_out_also_compressed() {
    let folder = folder("csv");
    let csv = "time,sym,v\n2020-01-01 00:00,a,5\n2020-01-01 00:01,\"b,c\",\n2020-01-01 00:02,,7\n";
    fs::write(folder.join("e.csv"), csv).unwrap();
    let mut gz = flate2::write::GzEncoder::new(File::create(folder.join("e.csv.gz")).unwrap(), Default::default());
    gz.write_all(csv.as_bytes()).unwrap();
    gz.finish().unwrap();
    fs::write(folder.join("e.csv.zst"), zstd::encode_all(csv.as_bytes(), 1).unwrap()).unwrap();
    let expected = "stream,ts,type,sym,w\nOut,1577836800000,current,a,10\nOut,1577836920000,current,,14\n";
    for file in ["e.csv", "e.csv.gz", "e.csv.zst"] {
        let args = ["--time-column", "time", "--time-format", "%Y-%m-%d %H:%M", "--format", "csv", "--only", "Out"];
        let output = riddhi(&folder, &["replay", "--app", "app.siddhi", "--events", file]).args(args).output().unwrap();
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), expected.to_owned()), "{file}");
    }
    fs::write(folder.join("broken.csv.gz"), &fs::read(folder.join("e.csv.gz")).unwrap()[..20]).unwrap();
    let broken = riddhi(&folder, &["replay", "--app", "app.siddhi", "--events", "broken.csv.gz"]).output().unwrap();
    assert_eq!(broken.status.code(), Some(2), "{}", text(&broken.stderr));
    fs::write(folder.join("header.csv"), "sym,x\na,1\n").unwrap();
    let args = ["replay", "--app", "app.siddhi", "--events", "header.csv", "--on-error", "skip"];
    let header = riddhi(&folder, &args).output().unwrap();
    assert_eq!(header.status.code(), Some(2), "{}", text(&header.stderr));
}

#[test]
fn controls_between_events() {
    let sums = |events: &[String], app: &str| {
        let folder = folder("controls");
        fs::write(folder.join("app.siddhi"), app).unwrap();
        fs::write(folder.join("e.jsonl"), events.concat()).unwrap();
        let args = ["replay", "--app", "app.siddhi", "--events", "e.jsonl", "--only", "Sums"];
        let output = riddhi(&folder, &args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let total = |line: &str| line[line.find("\"total\":").unwrap() + 8..].trim_end_matches('}').to_owned();
        text(&output.stdout).lines().map(total).collect::<Vec<_>>().join(" ")
    };
    let app = "@app:name('A') define stream S (sym string, v int); from S select sum(v) as total insert into Sums;";
    let nameless = app.replace("@app:name('A') ", "");
    let control = |name: &str| format!("{{\"control\":\"{name}\"}}\n");
    let one = || event(1, 1);
    let restarted = [one(), control("persist"), one(), control("restart"), control("restore"), one()];
    assert_eq!(sums(&restarted, app), "1 2 2");
    assert_eq!(sums(&restarted, &nameless), "1 2 1");
    assert_eq!(sums(&[one(), control("restore"), one()], app), "1 2");
    assert_eq!(sums(&[one(), control("persist"), one(), control("restore"), one()], app), "1 2 2");
    let rev = "{\"control\":\"restorerev\",\"n\":0}\n".to_owned();
    let revisions = [one(), control("persist"), one(), control("persist"), one(), rev, one()];
    assert_eq!(sums(&revisions, app), "1 2 3 2");
    let cleared = [one(), control("persist"), control("clearrevisions"), control("restart"), control("restore"), one()];
    assert_eq!(sums(&cleared, app), "1 1");
    let snapshots = [control("restoresnapshot"), one(), control("snapshot"), one(), control("restoresnapshot"), one()];
    assert_eq!(sums(&snapshots, app), "1 2 2");
}

#[test]
fn another_app_can_be_started() {
    let folder = folder("another");
    fs::write(folder.join("b.siddhi"), "define stream T (x double); from T select x + 1.0 as y insert into Other;")
        .unwrap();
    let events = event(1, 2)
        + "{\"control\":\"restart\",\"app\":\"b.siddhi\"}\n{\"stream\":\"T\",\"ts\":2,\"data\":{\"x\":1}}\n"
        + &event(3, 1);
    fs::write(folder.join("e.jsonl"), events).unwrap();
    let args = ["replay", "--app", "app.siddhi", "--events", "e.jsonl", "--on-error", "count", "--format", "csv"];
    let output = riddhi(&folder, &args).output().unwrap();
    let expected = "stream,ts,type,sym,w\nOut,1,current,a,4\nstream,ts,type,sym,total\nSums,1,current,a,2\n\
                    stream,ts,type,y\nOther,2,current,2.0\n";
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), expected.to_owned()));
    assert_eq!(said(&output), "in   3 events accepted = 2 handled + 1 refused\nout  3 rows: Out 1, Sums 1, Other 1\n");
}

#[test]
fn a_full_disk_is_an_error_and_a_closed_pipe_is_none() {
    let folder = folder("full");
    fs::write(folder.join("e.jsonl"), (0..10_000).map(|i| event(i, 2)).collect::<String>()).unwrap();
    let args = ["replay", "--app", "app.siddhi", "--events", "e.jsonl"];
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output =
        riddhi(&folder, &args).stdout(full).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(
        said(&output).starts_with("error: cannot write the output: no space left on device\n"),
        "{}",
        said(&output)
    );
    let mut child = riddhi(&folder, &args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(said(&output).starts_with("in   "), "{}", said(&output));
}

#[test]
fn a_signal_ends_it_in_order() {
    let folder = folder("signal");
    let mut child = riddhi(&folder, &["replay", "--app", "app.siddhi", "--events", "-", "--only", "Out"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all((event(1, 2) + "{\"stream\"").as_bytes()).unwrap();
    input.flush().unwrap();
    // The first row comes out although the input is still open; then the process waits for more.
    let mut first = vec![0; 63];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    assert_eq!(
        text(&first),
        "{\"stream\":\"Out\",\"ts\":1,\"type\":\"current\",\"data\":{\"sym\":\"a\",\"w\":4}}\n"[..63]
    );
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(said(&output), "in   1 events accepted = 1 handled + 0 refused\nout  1 rows: Out 1\n");
    assert!(text(&output.stderr).ends_with("stopped by a signal\n"));
    drop(input);
}

/// `timeout` sends its signal to the process and to its group.
#[test]
fn a_signal_that_comes_twice_is_one() {
    let folder = folder("doubled");
    let mut child = riddhi(&folder, &["replay", "app.siddhi", "--events", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(event(1, 2).as_bytes()).unwrap();
    let mut byte = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut byte).unwrap();
    interrupt(&child);
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stderr).ends_with("stopped by a signal\n"), "{}", text(&output.stderr));
    drop(input);
}

/// Whoever names a query with `--only` sees its rows.
#[test]
fn rows_of_a_query_that_is_named_are_shown() {
    let folder = folder("named");
    fs::write(
        folder.join("q.siddhi"),
        "define stream S (sym string, v int); @info(name='q') from S select v insert into Out;",
    )
    .unwrap();
    fs::write(folder.join("e.jsonl"), event(1, 2)).unwrap();
    let output = riddhi(&folder, &["replay", "q.siddhi", "--events", "e.jsonl", "--only", "q"]).output().unwrap();
    assert_eq!(text(&output.stdout), "{\"query\":\"q\",\"ts\":1,\"type\":\"current\",\"data\":{\"v\":2}}\n");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let folder = folder("twice");
    fs::write(folder.join("e.jsonl"), (0..100_000).map(|i| event(i, 2)).collect::<String>()).unwrap();
    // Nobody reads the output, so the orderly end cannot come.
    let mut child = riddhi(&folder, &["replay", "--app", "app.siddhi", "--events", "e.jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut byte = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut byte).unwrap();
    // As fast as they go: a storm of them does not put off the end either.
    let begun = Instant::now();
    let status = loop {
        interrupt(&child);
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if begun.elapsed() > Duration::from_secs(30) => {
                child.kill().unwrap();
                panic!("signals do not end it");
            }
            None => {}
        }
    };
    assert_eq!(status.code(), Some(130));
}

fn interrupt(child: &Child) {
    let id = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
}

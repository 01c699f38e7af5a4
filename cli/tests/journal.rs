//! `replay --record` and `replay --journal` from outside.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A live window, so that ticks and timers matter, and a batch with long texts.
const APP: &str = "define stream S (sym string, v int);\n\
    define stream T (x double);\n\
    from S#window.time(10) select sym, sum(v) as total insert all events into Sums;\n\
    from T#window.timeBatch(5) select avg(x) as mean insert into Means;\n";

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("journal").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("app.siddhi"), APP).unwrap();
    let event = |i: u64| match i % 5 {
        0 => format!("{{\"stream\":\"T\",\"ts\":{i},\"data\":{{\"x\":{i}}}}}\n"),
        1 => format!("{{\"stream\":\"S\",\"data\":{{\"sym\":\"a symbol of some length {i}\",\"v\":null}}}}\n"),
        2 => format!(
            "{{\"batch\":[{0},{0}]}}\n",
            format_args!("{{\"stream\":\"S\",\"data\":{{\"sym\":\"b\",\"v\":{i}}}}}")
        ),
        _ => format!("{{\"stream\":\"S\",\"ts\":{},\"data\":{{\"sym\":\"c\",\"v\":{i}}}}}\n", i + 3),
    };
    fs::write(folder.join("e.jsonl"), (0..5000).map(event).collect::<String>()).unwrap();
    folder
}

fn replay(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
    let args = [&["replay", "--app", "app.siddhi"], args].concat();
    command.current_dir(folder).args(args).stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    text.lines().filter(|l| !l.starts_with("time ")).map(|l| format!("{l}\n")).collect()
}

/// A folder with a journal, and what came out when it was recorded.
fn recorded(name: &str) -> (PathBuf, Output) {
    let folder = folder(name);
    let output = replay(&folder, &["--events", "e.jsonl", "--record", "j"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    (folder, output)
}

#[test]
fn a_journal_gives_the_same_bytes() {
    let (folder, first) = recorded("same");
    let plain = replay(&folder, &["--events", "e.jsonl"]);
    assert!(first.stdout.len() > 100_000);
    assert_eq!((&first.stdout, said(&first)), (&plain.stdout, said(&plain)));
    for args in [
        &[][..],
        &["--batch", "1"],
        &["--batch", "7", "--restore-every", "100"],
        &["--restore-every", "333", "--start-time", "77"],
        &["--workers", "2"],
        &["--record", "again"],
    ] {
        let again = replay(&folder, &[&["--journal", "j"], args].concat());
        assert!(again.stdout == first.stdout, "{args:?}");
        assert_eq!(again.status.code(), Some(0), "{args:?}");
        assert!(said(&again).ends_with(&said(&first)), "{args:?}: {}", said(&again));
    }
    assert!(replay(&folder, &["--journal", "again"]).stdout == first.stdout);
    let zst = zstd::encode_all(&fs::read(folder.join("j")).unwrap()[..], 1).unwrap();
    fs::write(folder.join("j.zst"), zst).unwrap();
    assert!(replay(&folder, &["--journal", "j.zst"]).stdout == first.stdout);
}

#[test]
fn refused_events_are_in_no_journal() {
    let folder = folder("refused");
    let good = "{\"stream\":\"S\",\"ts\":1,\"data\":{\"sym\":\"a\",\"v\":1}}\n";
    fs::write(folder.join("e.jsonl"), [good, "{\"stream\":\"S\",\"data\":{\"v\":1.5}}\n", good].concat()).unwrap();
    let first = replay(&folder, &["--events", "e.jsonl", "--record", "j", "--on-error", "count"]);
    let again = replay(&folder, &["--journal", "j"]);
    assert_eq!(first.stdout, again.stdout);
    assert!(said(&again).starts_with("in   2 events accepted = 2 handled + 0 refused\n"), "{}", said(&again));
}

#[test]
fn a_cut_journal_is_replayed_up_to_the_cut() {
    let (folder, first) = recorded("cut");
    let bytes = fs::read(folder.join("j")).unwrap();
    fs::write(folder.join("cut"), &bytes[..bytes.len() - 100]).unwrap();
    let cut = replay(&folder, &["--journal", "cut"]);
    assert_eq!(cut.status.code(), Some(0));
    assert!(!cut.stdout.is_empty() && first.stdout.starts_with(&cut.stdout) && cut.stdout.len() < first.stdout.len());
    let start =
        format!("warning: the journal cut has no end: it is cut off at byte {}, in the middle", bytes.len() - 100);
    assert!(said(&cut).starts_with(&start), "{}", said(&cut));
    // Without its end record only.
    fs::write(folder.join("cut"), &bytes[..bytes.len() - 21]).unwrap();
    let cut = replay(&folder, &["--journal", "cut"]);
    assert!(cut.stdout == first.stdout && said(&cut).contains("after a whole record"), "{}", said(&cut));
}

#[test]
fn what_is_no_journal_of_this_app_is_refused() {
    let (folder, first) = recorded("wrong");
    let mut bytes = fs::read(folder.join("j")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(folder.join("damaged"), &bytes).unwrap();
    let damaged = replay(&folder, &["--journal", "damaged"]);
    assert_eq!(damaged.status.code(), Some(2));
    assert!(first.stdout.starts_with(&damaged.stdout) && !damaged.stdout.is_empty());
    let text = said(&damaged);
    assert!(text.starts_with("error: the journal damaged is damaged at byte "), "{text}");
    assert!(text.contains(": a record's checksum does not fit\n  = help: all entries before position "), "{text}");
    fs::write(folder.join("other.siddhi"), APP.replace("S (sym string, v int)", "S (sym string, v long)")).unwrap();
    fs::write(folder.join("less.siddhi"), "define stream S (sym string, v int); from S select v insert into O;")
        .unwrap();
    for (args, expected) in [
        (
            &["--journal", "e.jsonl"][..],
            "error: e.jsonl is no journal of Riddhi\n  \
             = help: --journal is for files that --record wrote; --events is for JSON lines and CSV\n",
        ),
        (&["--journal", "jj"], "error: cannot read the journal jj: no such file or directory\n"),
        (&["--journal", "j", "--record", "j"], "error: --record j: that is j, which is read; give it another name\n"),
        (
            &["--events", "e.jsonl", "--record", "app.siddhi"],
            "error: --record app.siddhi: that is app.siddhi, which is read; give it another name\n",
        ),
        (&["--journal", "j", "--stream", "S"], "error: --stream is for events, and --journal replays a journal\n"),
        (
            &["--events", "e.jsonl", "--record", "no/j"],
            "error: cannot create the journal no/j: no such file or directory\n",
        ),
    ] {
        let output = replay(&folder, args);
        assert_eq!((output.status.code(), said(&output)), (Some(2), expected.to_owned()), "{args:?}");
    }
    for (app, expected) in [
        ("other.siddhi", "error: the journal j is of another app: stream 'S' has other attributes there\n"),
        ("less.siddhi", "error: the journal j is of another app: this app has no stream 'T'\n"),
    ] {
        fs::copy(folder.join(app), folder.join("app.siddhi")).unwrap();
        let output = replay(&folder, &["--journal", "j"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).starts_with(expected), "{}", said(&output));
    }
}

#[test]
fn a_signal_leaves_a_whole_journal() {
    let folder = folder("signal");
    let mut child = Command::new(env!("CARGO_BIN_EXE_riddhi"))
        .current_dir(&folder)
        .args(["replay", "--app", "app.siddhi", "--events", "-", "--record", "j"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let events = fs::read(folder.join("e.jsonl")).unwrap();
    let writer = std::thread::spawn(move || while input.write_all(&events).is_ok() {});
    let mut first = vec![0; 100_000];
    output.read_exact(&mut first).unwrap();
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    output.read_to_end(&mut first).unwrap();
    let ended = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let again = replay(&folder, &["--journal", "j"]);
    assert!(again.stdout == first);
    assert_eq!((again.status.code(), said(&again)), (Some(0), said(&ended)));
}

#[test]
fn controls_that_change_a_state_cannot_be_recorded() {
    let folder = folder("controls");
    let events =
        "{\"stream\":\"T\",\"ts\":1,\"data\":{\"x\":1}}\n{\"control\":\"persist\"}\n{\"control\":\"restore\"}\n";
    fs::write(folder.join("e.jsonl"), events).unwrap();
    let output = replay(&folder, &["--events", "e.jsonl", "--record", "j"]);
    assert_eq!(output.status.code(), Some(2));
    let expected = "error: e.jsonl:3: a journal holds events only, so this control cannot be recorded\n";
    assert!(said(&output).starts_with(expected), "{}", said(&output));
    // What came before is in the journal, which is whole.
    let again = replay(&folder, &["--journal", "j"]);
    assert_eq!((again.status.code(), &again.stdout), (Some(0), &output.stdout));
    assert!(said(&again).starts_with("in   1 events"), "{}", said(&again));
}

#[test]
fn a_journal_keeps_the_time_zone_of_schedules() {
    let folder = folder("zone");
    let app = "@app:playback define stream S (v int);\n\
        from S#window.cron('0 0 12 * * ?') select v, eventTimestamp() as t insert into Out;\n";
    fs::write(folder.join("app.siddhi"), app).unwrap();
    // From midnight of the first of July 2024 on, an event an hour.
    let event = |hour: u64| {
        format!("{{\"stream\":\"S\",\"ts\":{},\"data\":{{\"v\":{hour}}}}}\n", 1_719_792_000_000 + hour * 3_600_000)
    };
    fs::write(folder.join("e.jsonl"), (0..30).map(event).collect::<String>()).unwrap();
    let rows = |output: &Output| {
        assert_eq!(output.status.code(), Some(0), "{}", said(output));
        String::from_utf8(output.stdout.clone()).unwrap().lines().count()
    };
    assert_eq!(rows(&replay(&folder, &["--events", "e.jsonl"])), 12);
    let berlin = ["--events", "e.jsonl", "--time-zone", "Europe/Berlin", "--record", "j"];
    assert_eq!(rows(&replay(&folder, &berlin)), 10);
    assert_eq!(rows(&replay(&folder, &["--journal", "j"])), 10);
    assert_eq!(rows(&replay(&folder, &["--journal", "j", "--time-zone", "utc"])), 12);
    let nowhere = replay(&folder, &["--journal", "j", "--time-zone", "Mars/Olympus"]);
    assert_eq!(nowhere.status.code(), Some(2), "{}", said(&nowhere));
}

#[test]
fn queries_that_change_tables_are_in_the_journal() {
    let folder = folder("queries");
    let app = "define stream S (k string, v int); define stream U (v int); define table T (k string, v int);\n\
        from S join T on S.k == T.k select S.k as k, S.v as v, T.v as w insert into Out;\n\
        from S#window.time(10) select sum(v) as s insert all events into Sums;\n\
        from U select v insert into Vs;\n";
    fs::write(folder.join("app.siddhi"), app).unwrap();
    let line = |i: u64| match i % 4 {
        0 => format!("{{\"query\":\"select 'k{}' as k, {i} as v update or insert into T on T.k == k\"}}\n", i % 7),
        3 if i.is_multiple_of(5) => format!("{{\"query\":\"delete T on v < {}\"}}\n", i.saturating_sub(20)),
        2 => format!("{{\"stream\":\"U\",\"ts\":{i},\"data\":{{\"v\":{i}}}}}\n"),
        _ => format!("{{\"stream\":\"S\",\"ts\":{i},\"data\":{{\"k\":\"k{}\",\"v\":{i}}}}}\n", i % 7),
    };
    fs::write(folder.join("e.jsonl"), (0..400).map(line).collect::<String>()).unwrap();
    let first = replay(&folder, &["--events", "e.jsonl", "--record", "j"]);
    assert_eq!(first.status.code(), Some(0), "{}", said(&first));
    let rows = String::from_utf8(first.stdout.clone()).unwrap();
    assert!(rows.matches("\"Out\"").count() > 100, "{rows}");
    assert_eq!(replay(&folder, &["--events", "e.jsonl"]).stdout, first.stdout);
    let restored = replay(&folder, &["--events", "e.jsonl", "--restore-every", "1"]);
    assert_eq!((&restored.stdout, said(&restored)), (&first.stdout, said(&first)));
    for args in [&[][..], &["--batch", "1"], &["--batch", "7", "--restore-every", "20"], &["--workers", "2"]] {
        let again = replay(&folder, &[&["--journal", "j"], args].concat());
        assert_eq!((again.status.code(), &again.stdout), (Some(0), &first.stdout), "{args:?}: {}", said(&again));
    }
}

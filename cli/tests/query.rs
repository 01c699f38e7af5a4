//! `riddhi query` asks an app that `riddhi run` runs.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::folder::Running;

const APP: &str = "@app:name('Shop')
define trigger Opened at 'start';
define table Stock (item string, pieces int);
define window Times (at long) length(2);
from Opened select 'pen' as item, 5 as pieces insert into Stock;
from Opened select triggered_time as at insert into Times;
";

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("query-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("shop.siddhi"), APP).unwrap();
    folder
}

fn riddhi(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
    command.args(args).current_dir(folder);
    command
}

/// Runs the app until its socket is there.
fn run(folder: &Path, args: &[&str], socket: &str) -> Running {
    let child = riddhi(folder, &["run", "shop.siddhi"]).args(args).stderr(Stdio::null()).spawn().unwrap();
    let running = Running(child);
    let begun = Instant::now();
    while !folder.join(socket).exists() {
        assert!(begun.elapsed() < Duration::from_secs(30), "there is no socket");
        sleep(Duration::from_millis(20));
    }
    running
}

/// Asks until the app has begun.
fn ask(folder: &Path, place: &[&str], query: &str, more: &[&str]) -> Output {
    let begun = Instant::now();
    loop {
        let output = riddhi(folder, &["query", query]).args(place).args(more).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        if !told.contains("several apps run, or none") || begun.elapsed() > Duration::from_secs(30) {
            return output;
        }
        sleep(Duration::from_millis(20));
    }
}

fn text(output: &Output) -> (i32, String) {
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn an_app_is_asked_and_changed() {
    let folder = folder("socket");
    let _running = run(&folder, &["--socket", "s.sock"], "s.sock");
    let ask = |query: &str, more: &[&str]| ask(&folder, &["--socket", "s.sock"], query, more);
    assert_eq!(text(&ask("from Stock", &[])), (0, "{\"item\":\"pen\",\"pieces\":5}\n".to_owned()));
    assert_eq!(text(&ask("select 'ink' as item, 12 as pieces insert into Stock", &[])), (0, String::new()));
    let all = "from Stock select item, pieces order by pieces desc";
    assert_eq!(text(&ask(all, &["--format", "csv"])), (0, "item,pieces\nink,12\npen,5\n".to_owned()));
    assert_eq!(text(&ask(all, &["--format", "table"])), (0, "item  pieces\nink   12\npen   5\n".to_owned()));
    assert_eq!(text(&ask("from Times select count() as n", &["--app", "Shop"])), (0, "{\"n\":1}\n".to_owned()));
    let wrong = ask("from Stok select item", &[]);
    assert_eq!(wrong.status.code(), Some(1));
    let told = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(told.contains("error[R0115]") && told.contains("did you mean `Stock`?"), "{told}");
    assert_eq!(ask("from Stock", &["--app", "Other"]).status.code(), Some(2));
}

#[test]
fn a_change_outlives_the_process() {
    let folder = folder("state");
    // Without a trigger, which would fire at each start.
    fs::write(folder.join("shop.siddhi"), "@app:name('Shop') define table Stock (item string, pieces int);").unwrap();
    let ask = |query: &str| ask(&folder, &["--state", "st"], query, &[]);
    let rows = |expected: &str| assert_eq!(text(&ask("from Stock")), (0, expected.to_owned()));
    let (pen, ink) = ("{\"item\":\"pen\",\"pieces\":5}\n", "{\"item\":\"ink\",\"pieces\":12}\n");
    let running = run(&folder, &["--state", "st"], "st/query.sock");
    for query in ["select 'pen' as item, 4 as pieces insert into Stock", "update Stock set pieces = 5 on item == 'pen'"]
    {
        assert_eq!(text(&ask(query)), (0, String::new()));
    }
    rows(pen);
    // Killed, with no snapshot behind the changes.
    drop(running);
    assert_eq!(ask("from Stock").status.code(), Some(4));
    let _ = fs::remove_file(folder.join("st/query.sock"));
    let running = run(&folder, &["--state", "st"], "st/query.sock");
    rows(pen);
    assert_eq!(text(&ask("select 'ink' as item, 12 as pieces insert into Stock")), (0, String::new()));
    drop(running);
    let _ = fs::remove_file(folder.join("st/query.sock"));
    let _running = run(&folder, &["--state", "st"], "st/query.sock");
    rows(&format!("{pen}{ink}"));
    assert_eq!(text(&ask("delete Stock on item == 'pen'")), (0, String::new()));
    rows(ink);
}

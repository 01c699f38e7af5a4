//! `--sandbox`: apps run without what they reach outside of the process, also what Riddhi does not have.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const APP: &str = "@app:name('Shop')
@source(type='kafka', topic.list='orders', bootstrap.servers='far:9092', group.id='g', threading.option='single.thread',
    @map(type='avro', schema.def='...', @attributes(item = 'item', pieces = 'pieces')))
define stream Orders (item string, pieces int);
@sink(ref='warehouse', @map(type='xml', @payload('<b>{{item}}</b>')))
@sink(type='email', to='{{item}}@example.org', @distribution(strategy='roundRobin', @destination(a='1'), @destination(a='2')))
define stream Big (item string, stock int);
@store(type='rdbms', jdbc.url='jdbc:mysql://far/shop', username='u', password='p', jdbc.driver.name='d', @cache(size='10'))
@primaryKey('item')
define table Stock (item string, pieces int);
@store(ref='years')
define aggregation Sold from Orders select item, sum(pieces) as pieces group by item aggregate every sec...day;
from Orders select item, pieces update or insert into Stock on Stock.item == item;
from Orders join Stock on Stock.item == Orders.item select Orders.item, Stock.pieces as stock having stock > 3 insert into Big;
";

const FEEDER: &str = "@app:name('Feeder')
@source(type='stdin', @map(type='json'))
@sink(type='inMemory', topic='source:Orders')
define stream Orders (item string, pieces int);
@source(type='inMemory', topic='sink:Big')
@sink(type='stdout', @map(type='csv'))
define stream Seen (item string, stock int);
";

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sandbox-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("shop.siddhi"), APP).unwrap();
    fs::write(folder.join("feeder.siddhi"), FEEDER).unwrap();
    folder
}

fn riddhi(folder: &Path, args: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
    command.args(args).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn without_it_everything_missing_is_told() {
    let folder = folder("told");
    let output = riddhi(&folder, &["check", "shop.siddhi"], "");
    let told = text(&output.stdout) + &text(&output.stderr);
    // Two names that no configuration has are mistakes, which outweigh what is not there yet.
    assert_eq!(output.status.code(), Some(1), "{told}");
    for missing in ["`kafka`", "`avro`", "`email`", "`xml`", "`rdbms`", "no `warehouse`", "no `years`"] {
        assert!(told.contains(missing), "{missing} is not in\n{told}");
    }
    assert_eq!(riddhi(&folder, &["check", "shop.siddhi", "--sandbox"], "").status.code(), Some(0));
}

#[test]
fn replay_takes_the_events_of_a_file() {
    let folder = folder("replay");
    let events = "{\"stream\":\"Orders\",\"ts\":1000,\"data\":{\"item\":\"pen\",\"pieces\":5}}\n\
                  {\"stream\":\"Orders\",\"ts\":1001,\"data\":{\"item\":\"cap\",\"pieces\":2}}\n\
                  {\"query\":\"from Sold within 0L, 100000L per 'seconds' select item, pieces\"}\n";
    let args = ["replay", "shop.siddhi", "--sandbox", "--events", "-", "--format", "jsonl", "--only", "Big"];
    let output = riddhi(&folder, &args, events);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let out = text(&output.stdout);
    assert!(out.contains("\"item\":\"pen\",\"stock\":5"), "{out}");
    assert_eq!(out.matches("\"stream\":\"Big\"").count(), 1, "{out}");
}

#[test]
fn run_joins_apps_by_topics() {
    let folder = folder("run");
    let events = "{\"event\":{\"item\":\"pen\",\"pieces\":5}}\n{\"event\":{\"item\":\"cap\",\"pieces\":2}}\n";
    let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
    command.args(["run", "shop.siddhi", "feeder.siddhi", "--sandbox"]).current_dir(&folder);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(events.as_bytes()).unwrap();
    let mut line = String::new();
    let read = BufReader::new(child.stdout.take().unwrap()).read_line(&mut line);
    let _ = child.kill();
    let _ = child.wait();
    read.unwrap();
    assert_eq!(line.trim(), "pen,5");
}

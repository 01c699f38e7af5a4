//! `riddhi run` as a process: from its sources to its sinks, through crashes, changes and trouble with files.

mod support;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use support::LONG;
use support::folder::{Folder, Running};

fn with_input(mut command: Command, input: &str) -> Output {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("riddhi starts");
    child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn lines_of_standard_input_come_out_as_lines() {
    let folder = Folder::new("stdin");
    folder.write(
        "a.siddhi",
        "@source(type='stdin', @map(type='json'))
         define stream S (id string, qty int, price double);
         @sink(type='stdout', @map(type='json'))
         define stream Out (id string, total long, price double);
         from S select id, sum(qty) as total, price group by id insert into Out;",
    );
    let input = "{\"event\":{\"id\":\"a\",\"qty\":3,\"price\":2.5}}\n\
                 [{\"id\":\"b\",\"qty\":\"4\",\"price\":5},{\"event\":{\"id\":\"c\",\"qty\":1,\"price\":null,\"more\":1}}]\n\
                 {\"id\":\"d\",\"qty\":1}\n";
    let out = with_input(folder.riddhi(&["run", "a.siddhi"]), input);
    let expected = "{\"event\":{\"id\":\"a\",\"total\":3,\"price\":2.5}}\n\
                    [{\"event\":{\"id\":\"b\",\"total\":4,\"price\":5.0}},{\"event\":{\"id\":\"c\",\"total\":1,\"price\":\"undefined\"}}]\n";
    assert_eq!(text(&out.stdout), expected, "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains("this event has no 'price'"), "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains("4 events accepted = 3 handled + 1 refused"), "{}", text(&out.stderr));
    assert_eq!(out.status.code(), Some(0));
}

#[test]
fn connectors_that_are_not_there_are_refused_and_replay_passes_them_over() {
    let folder = Folder::new("kafka");
    let app = "@source(type='kafka', topic.list='t', @map(type='json')) define stream S (n int);
               @sink(type='log', prefx='p') define stream Out (n int);
               from S select n insert into Out;";
    folder.write("a.siddhi", app);
    folder.write("e.jsonl", "{\"stream\":\"S\",\"ts\":1,\"data\":{\"n\":5}}\n");
    for command in ["run", "check"] {
        let out = folder.riddhi(&[command, "a.siddhi"]).output().expect("it runs");
        let said = text(&out.stdout) + &text(&out.stderr);
        assert_eq!(out.status.code(), Some(3), "{said}");
        assert!(said.contains("Riddhi does not have the source `kafka` yet"), "{said}");
        assert!(said.contains("did you mean `prefix`?"), "{said}");
    }
    let out = folder.riddhi(&["replay", "--app", "a.siddhi", "--events", "e.jsonl"]).output().expect("it runs");
    assert!(text(&out.stdout).contains("\"n\":5"), "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains("replay does not start the app's 1 source and 1 sink"), "{}", text(&out.stderr));
}

const COUNTING: &str = "@app:name('Count')
    @source(type='file', file.uri='in.jsonl', file.polling.interval='5', @map(type='json'))
    define stream S (id long, v int);
    @sink(type='file', file.uri='out.csv', rotation.size='20000', rotation.keep='1000', @map(type='csv'))
    define stream Out (id long, n long, recent long);
    @info(name='all') from S select id, count() as n insert into Counted;
    from Counted#window.length(100) select id, max(n) as n, sum(id) as recent insert into Out;";

/// All that a file sink wrote, set aside or not, in order.
fn written(folder: &Folder) -> String {
    let number = |p: &Path| p.extension().and_then(|e| e.to_str()).and_then(|e| e.parse::<u64>().ok());
    let listed = fs::read_dir(&folder.0).expect("it is there").flatten().map(|e| e.path());
    let mut parts: Vec<PathBuf> =
        listed.filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("out.csv"))).collect();
    parts.sort_by_key(|p| number(p).unwrap_or(u64::MAX));
    parts.iter().map(|p| fs::read_to_string(p).expect("it can be read")).collect()
}

#[test]
fn killed_at_any_moment_nothing_is_lost_and_nothing_is_twice() {
    let folder = Folder::new("kill");
    folder.write("a.siddhi", COUNTING);
    let args = ["a.siddhi", "--state", "st", "--snapshot-interval", "1", "--journal-max-bytes", "100000"];
    let (mut next, mut seed) = (0u64, 12345u64);
    let mut more = |n: u64| {
        let lines: String = (next..next + n).map(|i| format!("{{\"id\":{i},\"v\":{}}}\n", i % 7)).collect();
        next += n;
        folder.append("in.jsonl", &lines);
        next
    };
    for round in 0..12 {
        let running = folder.start(&args);
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        // A moment within start, recovery, reading, a snapshot.
        let moment = Duration::from_millis((seed >> 33) % 150);
        for _ in 0..10 {
            more(100 + round * 30);
            std::thread::sleep(moment / 10);
        }
        running.kill();
    }
    let all = more(10);
    let running = folder.start(&args);
    let end = format!("{},{all},", all - 1);
    let begun = Instant::now();
    while !written(&folder).contains(&format!("\n{end}")) {
        assert!(begun.elapsed() < LONG, "{}", folder.text("err"));
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(running.end(), Some(0), "{}", folder.text("err"));
    let expected: String = (0..all)
        .map(|i| {
            let recent: u64 = (i.saturating_sub(99)..=i).sum();
            format!("{i},{},{recent}\n", i + 1)
        })
        .collect();
    let found = written(&folder);
    let wrong = found.lines().zip(expected.lines()).enumerate().find(|(_, (a, b))| a != b);
    assert!(found == expected, "first difference: {wrong:?}, lines {} and {}", found.lines().count(), all);
}

#[test]
fn a_recorded_run_replays_the_same() {
    let folder = Folder::new("record");
    folder.write(
        "a.siddhi",
        "@app:name('R') @source(type='stdin', @map(type='csv'))
         define stream S (id string, v int);
         @sink(type='file', file.uri='out.txt', @map(type='text', @payload('{{id}} {{s}} {{t}}')))
         define stream Out (id string, s long, t long);
         from S#window.time(20 milliseconds) select id, sum(v) as s, eventTimestamp() as t insert all events into Out;",
    );
    let lines: String = (0..5000).map(|i| format!("k{},{i}\n", i % 5)).collect();
    let out = with_input(folder.riddhi(&["run", "a.siddhi", "--record", "rec"]), &lines);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    let replay = ["replay", "--app", "a.siddhi", "--journal", "rec/R", "--format", "csv"];
    let again = folder.riddhi(&replay).output().expect("it runs");
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
    let shown = text(&again.stdout);
    let rows = shown.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        format!("{} {} {}\n", fields[3], if fields[4].is_empty() { "null" } else { fields[4] }, fields[5])
    });
    assert_eq!(folder.text("out.txt"), rows.collect::<String>());
    let twice = folder.riddhi(&["run", "a.siddhi", "--record", "rec"]).output().expect("it runs");
    assert_eq!(twice.status.code(), Some(2), "{}", text(&twice.stderr));
}

/// An app with one query that stays, and a second one that is changed.
fn sums_and(second: &str) -> String {
    format!(
        "@app:name('A') @source(type='file', file.uri='in.csv', file.polling.interval='5', @map(type='csv'))
         define stream S (v int);
         @sink(type='file', file.uri='sum.csv', @map(type='csv')) define stream Sums (s long);
         @sink(type='file', file.uri='other.csv', @map(type='csv')) define stream Other (x long);
         @info(name='sums') from S select sum(v) as s insert into Sums;
         {second}"
    )
}

#[test]
fn a_changed_app_keeps_what_is_unchanged() {
    let folder = Folder::new("reload");
    folder.write("a.siddhi", &sums_and("from S select count() as x insert into Other;"));
    folder.write("in.csv", "1\n2\n");
    let running = folder.start(&["a.siddhi"]);
    folder.wait_for("other.csv", |t| t == "1\n2\n");
    folder.write("a.siddhi", &sums_and("from S selekt count() as x insert into Other;"));
    folder.wait_for("err", |t| t.contains("the app goes on as it was") && t.contains("selekt"));
    folder.append("in.csv", "3\n");
    folder.wait_for("other.csv", |t| t == "1\n2\n3\n");
    folder.write("a.siddhi", &sums_and("from S select sum(v) * 100 as x insert into Other;"));
    folder.wait_for("err", |t| t.contains("app A was reloaded"));
    folder.wait_for("err", |t| t.contains("note: app A: changed or gone, begun anew: query 2\n"));
    folder.append("in.csv", "4\n");
    folder.wait_for("other.csv", |t| t == "1\n2\n3\n400\n");
    fs::write(folder.path("a.siddhi"), b"\xff").expect("it can be written");
    folder
        .wait_for("err", |t| t.contains("warning: the app a.siddhi is not UTF-8 at byte 0; the app goes on as it was"));
    fs::remove_file(folder.path("a.siddhi")).expect("it can be removed");
    folder.wait_for("err", |t| t.contains("warning: cannot read the app a.siddhi: no such file or directory; the app"));
    folder.wait_for("sum.csv", |t| t == "1\n3\n6\n10\n");
    assert_eq!(running.end(), Some(0));
}

/// What came in under one line of Siddhi is run again under it, whatever the process is told now.
#[test]
fn the_journal_is_run_again_as_the_line_it_was_taken_in_by() {
    let folder = Folder::new("line");
    folder.write(
        "a.siddhi",
        "@app:name('A') @source(type='file', file.uri='in.jsonl', file.polling.interval='5', @map(type='json'))
         define stream S (v int);
         define stream Sums (s long);
         @sink(type='file', file.uri='counts.csv', @map(type='csv')) define stream Counts (n long, s long);
         from S#window.length(10) select sum(v) as s insert into Sums;
         from Sums select count() as n, s insert into Counts;",
    );
    folder.write("in.jsonl", "[{\"event\":{\"v\":1}},{\"event\":{\"v\":2}}]\n");
    let running = folder.start(&["a.siddhi", "--state", "state", "--compat", "siddhi4"]);
    // A row for each event of the array, where Siddhi 5.1 has one.
    folder.wait_for("counts.csv", |t| t == "1,1\n2,3\n");
    running.kill();
    folder.append("in.jsonl", "[{\"event\":{\"v\":3}},{\"event\":{\"v\":4}}]\n");
    let running = folder.start(&["a.siddhi", "--state", "state"]);
    folder.wait_for("counts.csv", |t| t == "1,1\n2,3\n3,10\n");
    running.kill();
    folder.append("in.jsonl", "[{\"event\":{\"v\":5}},{\"event\":{\"v\":6}}]\n");
    let running = folder.start(&["a.siddhi", "--state", "state", "--compat", "siddhi4"]);
    folder.wait_for("counts.csv", |t| t == "1,1\n2,3\n3,10\n4,15\n5,21\n");
    assert_eq!(running.end(), Some(0));
}

/// What the host told an app is part of what its state keeps.
#[test]
fn the_journal_is_run_again_with_what_the_host_told_then() {
    let folder = Folder::new("told");
    folder.write(
        "a.siddhi",
        "@app:name('A') @source(type='file', file.uri='in.jsonl', file.polling.interval='5', @map(type='json'))
         define stream S (v int);
         define stream Rows (v int, place string, most long);
         @sink(type='file', file.uri='out.csv', @map(type='csv')) define stream Out (s long, places long, v long);
         from S select v, env:getEnvironmentProperty('place') as place, env:getYAMLProperty('most', 'long', 0L) as most
         insert into Rows;
         from Rows#window.length(10) select sum(v) as s, distinctCount(place) as places, sum(most) as v insert into Out;",
    );
    folder.write(
        "c.yaml",
        "wso2.carbon:\n  id: a\nsiddhi:\n  extensions:\n    - extension:\n        name: getYAMLProperty\n        \
         namespace: env\n        properties:\n          most: 7\n",
    );
    let start = |place: &str| {
        folder.start(&["a.siddhi", "--state", "state", "--config", "c.yaml", "-D", &format!("place={place}")])
    };
    folder.write("in.jsonl", "{\"v\":1}\n");
    let running = start("here");
    folder.wait_for("out.csv", |t| t == "1,1,7\n");
    running.kill();
    folder.append("in.jsonl", "{\"v\":2}\n");
    let running = start("there");
    folder.wait_for("out.csv", |t| t == "1,1,7\n3,2,14\n");
    assert_eq!(running.end(), Some(0));
    assert!(!folder.text("err").contains("warning"), "{}", folder.text("err"));
}

/// Options for `ref`, and the patterns of user agents.
#[test]
fn an_app_takes_from_the_configuration_what_is_kept_there_for_it() {
    let folder = Folder::new("handed");
    folder.write(
        "a.siddhi",
        "@source(ref='in', file.uri='in.jsonl', @map(type='json')) define stream S (agent string);
         @sink(ref='out', @map(type='csv')) define stream Out (browser string, os string);
         from S select env:getUserAgentProperty(agent, 'browser') as browser, env:getUserAgentProperty(agent, 'os') as os
         insert into Out;",
    );
    folder.write(
        "c.yaml",
        "siddhi:\n  refs:\n    - ref:\n        name: in\n        type: file\n        properties:\n          \
         file.uri: nothing.jsonl\n          file.polling.interval: '5'\n    - ref: {name: out, type: file, properties: {file.uri: out.csv}}\n  \
         extensions:\n    - extension:\n        name: getUserAgentProperty\n        namespace: env\n        properties:\n          \
         regexFilePath: ${env:NOWHERE,patterns}.yaml\n",
    );
    folder.write(
        "patterns.yaml",
        "user_agent_parsers:\n  - regex: '(Fire)fox/(\\d+)'\n    family_replacement: '$1 Fox'\nos_parsers:\n  - regex: '(Linux)'\n",
    );
    folder.write("in.jsonl", "{\"agent\":\"Linux Firefox/9\"}\n{\"agent\":\"x\"}\n");
    let check = |args: &[&str]| {
        let output = folder.riddhi(&[&["check", "a.siddhi"], args].concat()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) = check(&[]);
    assert!(code == Some(1) && text.contains("R0521") && text.contains("--user-agents FILE"), "{text}");
    let (code, text) = check(&["--config", "c.yaml"]);
    assert_eq!(code, Some(0), "{text}");
    let running = folder.start(&["a.siddhi", "--config", "c.yaml"]);
    folder.wait_for("out.csv", |t| t == "Fire Fox,Linux\nOther,Other\n");
    assert_eq!(running.end(), Some(0));
    assert!(!folder.text("err").contains("warning"), "{}", folder.text("err"));
    folder.write("patterns.yaml", "os_parsers:\n  - os_replacement: x\n");
    let output = folder.riddhi(&["check", "a.siddhi", "--user-agents", "patterns.yaml"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("cannot read the user agents patterns.yaml: line 2: a pattern without `regex`"), "{said}");
}

#[test]
fn apps_hear_each_other_over_topics() {
    let folder = Folder::new("topics");
    folder.write(
        "one.siddhi",
        "@source(type='file', file.uri='in.jsonl', file.polling.interval='5', @map(type='json'))
         @sink(type='inMemory', topic='{{kind}}')
         define stream S (kind string, v int);",
    );
    folder.write(
        "two.siddhi",
        "@source(type='inMemory', topic='a') define stream S (kind string, v int);
         @sink(type='file', file.uri='out/{{kind}}.csv', @map(type='csv', header='true', @payload(v='0')))
         define stream Out (kind string, v int);
         from S select kind, v + 1 as v insert into Out;",
    );
    folder.write("in.jsonl", "[{\"kind\":\"a\",\"v\":1},{\"kind\":\"b\",\"v\":2},{\"kind\":\"a\",\"v\":3}]\n");
    let running = folder.start(&["two.siddhi", "one.siddhi"]);
    folder.wait_for("out/a.csv", |t| t == "v\n2\n4\n");
    folder.wait_for("err", |t| t.contains("warning: app one: sink inMemory: a row lost: nobody reads the topic 'b'"));
    assert_eq!(running.end(), Some(0));
}

#[test]
fn a_topic_that_only_one_side_knows_is_warned_of() {
    let folder = Folder::new("mistyped");
    folder.write(
        "a.siddhi",
        "@app:name('A') @source(type='stdin', @map(type='csv')) @sink(type='inMemory', topic='hot')
         define stream S (v int);",
    );
    folder.write(
        "b.siddhi",
        "@app:name('B') @source(type='inMemory', topic='hto') @sink(type='stdout', @map(type='csv'))
         define stream S (v int);",
    );
    let running = folder.start(&["b.siddhi", "a.siddhi"]);
    let said = folder.wait_for("err", |t| t.contains("app A runs") && t.contains("app B runs"));
    for words in [
        "warning: no app here publishes to the topic 'hto'\n  = help: there is 'hot'\n",
        "warning: no app here reads the topic 'hot'\n  = help: there is 'hto'\n",
        "note: app A runs, from stdin of S, to inMemory of S\n",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(running.end(), Some(0));
}

#[test]
fn events_of_another_schema_are_told_without_a_text() {
    let folder = Folder::new("schema");
    let app = |name: &str, source: &str, sink: &str, ty: &str| {
        format!("@app:name('{name}') @source({source}) @sink({sink}) define stream S (v {ty});")
    };
    folder.write("a.siddhi", &app("A", "type='stdin', @map(type='csv')", "type='inMemory', topic='t'", "int"));
    folder.write("b.siddhi", &app("B", "type='inMemory', topic='t'", "type='stdout', @map(type='csv')", "long"));
    let mut command = folder.riddhi(&["run", "b.siddhi", "a.siddhi", "--log-format", "json"]);
    let mut child =
        command.stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(b"1\n").expect("it reads");
    let err = child.stderr.take().expect("it is piped");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(err)).map_while(Result::ok);
    let told = lines.find(|line| line.contains("I0004")).expect("it is told");
    assert_eq!(
        told,
        r#"{"level":"error","message":"error[I0004]: app B: events of other types than the stream's\n --> topic t:1:1"}"#
    );
    drop(input);
    let running = Running(child);
    assert_eq!(running.end(), Some(0));
    let summary = lines.find(|line| line.contains("\"app\":\"B\"")).expect("it is summed up");
    assert!(summary.contains("\"refused\":1"), "{summary}");
}

#[test]
fn trouble_with_files_is_named_and_the_app_goes_on() {
    let folder = Folder::new("trouble");
    folder.write(
        "a.siddhi",
        "@source(type='file', file.uri='in.csv', file.polling.interval='5', @map(type='csv'))
         @sink(type='file', file.uri='out.csv', @map(type='csv'))
         define stream S (id string, v int);",
    );
    let running = folder.start(&["a.siddhi"]);
    folder.wait_for("err", |t| t.contains("cannot open in.csv: no such file or directory; waiting for it"));
    folder.write("in.csv", "a,1\nb,x\n");
    folder.wait_for("out.csv", |t| t == "a,1\n");
    // Rotated: the last line of the old file has no end.
    folder.append("in.csv", "c,3");
    fs::rename(folder.path("in.csv"), folder.path("in.csv.1")).expect("it can be renamed");
    folder.wait_for("err", |t| t.contains("in.csv is gone"));
    folder.write("in.csv", "d,4\n");
    folder.wait_for("out.csv", |t| t == "a,1\nc,3\nd,4\n");
    // Cut off.
    folder.write("in.csv", "");
    folder.wait_for("err", |t| t.contains("in.csv was cut off"));
    folder.append("in.csv", "e,5\n");
    folder.wait_for("out.csv", |t| t.ends_with("e,5\n"));
    // A folder in its place.
    fs::remove_file(folder.path("in.csv")).expect("it can be removed");
    fs::create_dir(folder.path("in.csv")).expect("it can be made");
    folder.wait_for("err", |t| t.contains("in.csv was replaced by a folder"));
    fs::remove_dir(folder.path("in.csv")).expect("it can be removed");
    // Not UTF-8, then a line that is too long, then a good one.
    let mut bytes = b"\xff\xfe,1\n".to_vec();
    bytes.resize(bytes.len() + (17 << 20), b'x');
    bytes.extend_from_slice(b"\nf,6\n");
    fs::write(folder.path("in.csv"), &bytes).expect("it can be written");
    folder.wait_for("out.csv", |t| t.ends_with("f,6\n"));
    assert_eq!(running.end(), Some(0));
    let said = folder.text("err");
    for words in ["this is not UTF-8", "16 MiB at most", "of type int"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(said.contains("8 events accepted = 5 handled + 3 refused"), "{said}");
}

#[test]
fn a_full_disk_is_waited_for_until_the_end_is_asked_for() {
    let folder = Folder::new("full");
    folder.write(
        "a.siddhi",
        "@source(type='file', file.uri='in.csv', tailing='false', @map(type='csv'))
         @sink(type='file', file.uri='/dev/full', @map(type='csv'))
         define stream S (v int);",
    );
    folder.write("in.csv", "1\n2\n");
    let running = folder.start(&["a.siddhi"]);
    folder.wait_for("err", |t| t.contains("cannot write /dev/full: no space left on device; waiting for room"));
    assert_eq!(running.end(), Some(4), "{}", folder.text("err"));
    assert!(folder.text("err").contains("are not written"), "{}", folder.text("err"));
}

#[test]
fn files_of_a_pattern_are_read_in_order_and_put_away() {
    let folder = Folder::new("glob");
    folder.write(
        "a.siddhi",
        "@source(type='file', dir.uri='in', file.name.pattern='.*[.]csv', tailing='false', action.after.process='move',
                 move.after.process='done', dir.polling.interval='5', header.present='true',
                 @map(type='csv', @attributes(v='1', name='trp:file.path')))
         @sink(type='file', file.uri='out.csv', @map(type='csv'))
         define stream S (v int, name string);",
    );
    fs::create_dir(folder.path("in")).expect("it can be made");
    folder.write("in/2.csv", "h,v\nx,3\n");
    folder.write("in/1.csv", "h,v\nx,1\n  x,2");
    folder.write("in/other.txt", "no\n");
    let running = folder.start(&["a.siddhi"]);
    folder.wait_for("out.csv", |t| t == "1,in/1.csv\n2,in/1.csv\n3,in/2.csv\n");
    folder.wait_for("done/2.csv", |t| t.ends_with("3\n"));
    folder.write("in/3.csv", "h,v\nx,4\n");
    folder.wait_for("out.csv", |t| t.ends_with("4,in/3.csv\n"));
    assert_eq!(running.end(), Some(0));
}

#[test]
fn messages_of_a_file_lie_between_patterns() {
    let folder = Folder::new("regex");
    folder.write(
        "a.siddhi",
        r#"@source(type='file', file.uri='in.log', mode='regex', begin.regex='<e ', end.regex='>', file.polling.interval='5',
                   @map(type='text', regex.A='v=([0-9]+)', @attributes(v='A[1]')))
           @sink(type='file', file.uri='out.csv', @map(type='csv'))
           define stream S (v int);"#,
    );
    folder.write("in.log", "noise <e v=1 >\n<e\nv=2 > <e v=3\nx");
    let args = ["a.siddhi", "--state", "st", "--time-zone", "Asia/Tokyo"];
    let running = folder.start(&args);
    folder.wait_for("out.csv", |t| t == "1\n");
    folder.append("in.log", " ><e v=4 >");
    folder.wait_for("out.csv", |t| t == "1\n3\n4\n");
    assert_eq!(running.end(), Some(0), "{}", folder.text("err"));
    // What came meanwhile is read on; a state of another zone is taken up.
    folder.append("in.log", "<e v=5 >");
    let running = folder.start(&args[..3]);
    folder.wait_for("out.csv", |t| t == "1\n3\n4\n5\n");
    assert_eq!(running.end(), Some(0), "{}", folder.text("err"));
}

#[test]
fn an_earlier_run_is_taken_up_whatever_happened_meanwhile() {
    let folder = Folder::new("earlier");
    let args = ["a.siddhi", "--state", "st"];
    folder.write("a.siddhi", &sums_and("@info(name='other') from S select count() as x insert into Other;"));
    folder.write("in.csv", "1\n2\n");
    let running = folder.start(&args);
    folder.wait_for("other.csv", |t| t == "1\n2\n");
    assert_eq!(running.end(), Some(0), "{}", folder.text("err"));
    // More came, and the file was rotated; the app was changed; the newest snapshot is damaged.
    folder.append("in.csv", "3\n");
    fs::rename(folder.path("in.csv"), folder.path("in.csv.1")).expect("it can be renamed");
    folder.write("in.csv", "4\n");
    folder.write("a.siddhi", &sums_and("@info(name='other') from S select sum(v) * 100 as x insert into Other;"));
    let listed = fs::read_dir(folder.path("st/A")).expect("it is there").flatten().map(|e| e.path());
    let mut snapshots: Vec<PathBuf> = listed.filter(|p| p.to_string_lossy().contains("snapshot-")).collect();
    snapshots.sort();
    assert_eq!(snapshots.len(), 2);
    let newest = snapshots.pop().expect("there are two");
    let mut bytes = fs::read(&newest).expect("it can be read");
    *bytes.last_mut().expect("it is not empty") ^= 1;
    fs::write(&newest, bytes).expect("it can be written");
    let running = folder.start(&args);
    folder.wait_for("sum.csv", |t| t == "1\n3\n6\n10\n");
    folder.wait_for("other.csv", |t| t == "1\n2\n300\n700\n");
    let other = Command::new(env!("CARGO_BIN_EXE_riddhi")).current_dir(&folder.0).arg("run").args(args).output();
    let other = other.expect("it runs");
    assert_eq!(other.status.code(), Some(2), "{}", text(&other.stderr));
    assert!(text(&other.stderr).contains("is used by another riddhi"), "{}", text(&other.stderr));
    assert_eq!(running.end(), Some(0), "{}", folder.text("err"));
    let said = folder.text("err");
    for words in
        ["its checksum does not fit; trying the one before it", "goes on at entry 2", "changed or gone, begun anew"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
}

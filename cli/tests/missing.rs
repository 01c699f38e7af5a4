//! `riddhi check` on apps that ask for what Riddhi does not have: a line with the place for each, exit code 3, and the rest of
//! the app is checked all the same; and on constants that are wrong.

use std::fs;
use std::path::Path;
use std::process::Command;

/// What `check` says of an app, a line each: severity, code, message and place, without notes; and its exit code.
fn check(name: &str, app: &str) -> (Vec<String>, Option<i32>) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("missing-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("a.siddhi"), app).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
    let output = command.args(["check", "a.siddhi"]).current_dir(&folder).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let mut lines = Vec::new();
    for line in text.lines() {
        let begins = ["error[", "warning[", "note["].iter().any(|b| line.starts_with(b));
        match line.trim_start().strip_prefix("--> a.siddhi:") {
            Some(place) => lines.last_mut().into_iter().for_each(|l: &mut String| l.push_str(&format!(" at {place}"))),
            None if begins => lines.push(line.to_owned()),
            None => {}
        }
    }
    lines.retain(|line| !line.starts_with("note["));
    (lines, output.status.code())
}

#[track_caller]
fn says(name: &str, app: &str, want: &[&str], exit: i32) {
    let (lines, code) = check(name, app);
    assert_eq!(lines, want);
    assert_eq!(code, Some(exit), "{name}");
}

#[test]
fn a_source_and_its_mapper() {
    says(
        "source",
        "@source(type='kafka', topic.list='t', @map(type='avro', schema.def='s'))\n\
         define stream S (n int);\n\
         from S select n insert into Out;\n",
        &[
            "error[U0015]: Riddhi does not have the source `kafka` yet at 1:14",
            "error[U0022]: Riddhi does not have the mapper `avro` yet at 1:49",
        ],
        3,
    );
}

#[test]
fn each_of_several_sinks() {
    says(
        "sinks",
        "@sink(type='rabbitmq', uri='u', @map(type='xml', @payload('<a>{{n}}</a>')))\n\
         @sink(type='log')\n\
         @sink(type='prometheus', job='j')\n\
         define stream S (n int);\n",
        &[
            "error[U0016]: Riddhi does not have the sink `rabbitmq` yet at 1:12",
            "error[U0022]: Riddhi does not have the mapper `xml` yet at 1:43",
            "error[U0016]: Riddhi does not have the sink `prometheus` yet at 3:12",
        ],
        3,
    );
}

#[test]
fn stores_of_tables_and_aggregations() {
    says(
        "stores",
        "define stream S (n int);\n\
         @store(type='mongodb', mongodb.uri='u') define table T (n int);\n\
         @store(type='rdbms', jdbc.url='u')\n\
         define aggregation A from S select sum(n) as n aggregate every sec;\n\
         from S[(T.n == n) in T] select n insert into Out;\n",
        &[
            "error[U0024]: Riddhi does not have the store `mongodb` yet at 2:13",
            "error[U0024]: Riddhi does not have the store `rdbms` yet at 3:13",
        ],
        3,
    );
}

#[test]
fn a_mistake_elsewhere_is_told_too_and_counts_more() {
    says(
        "mistake",
        "@source(type='jms', destination='d', @map(type='json'))\n\
         define stream S (n int);\n\
         @store(type='redis') define table T (n int);\n\
         from S select m insert into Out;\n\
         from S select str:upper(n) as x insert into Other;\n",
        &[
            "error[U0015]: Riddhi does not have the source `jms` yet at 1:14",
            "error[U0024]: Riddhi does not have the store `redis` yet at 3:13",
            "error[R0105]: `S` has no attribute `m` at 4:15",
            "error[R0205]: `str:upper`: takes string here, found int at 5:25",
        ],
        1,
    );
}

#[test]
fn one_that_nobody_has_is_a_mistake() {
    let (lines, code) = check(
        "nobody",
        "@source(type='kafak') define stream S (n int);\n@sink(type='logg') define stream T (n int);\n",
    );
    assert_eq!(code, Some(1), "{lines:?}");
    assert_eq!(lines.len(), 2, "{lines:?}");
}

#[test]
fn a_function_that_a_pack_lacks_is_named_with_those_next_to_it() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("missing-pack");
    let _ = fs::create_dir_all(&folder);
    let app = "define stream S (k string);\nfrom S select geo:findCityFromIP(k) as v insert into Out;\n";
    fs::write(folder.join("a.siddhi"), app).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_riddhi")).args(["check", "a.siddhi"]).current_dir(&folder).output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("error[U0104]: Riddhi does not have the function `geo:findCityFromIP` yet"), "{text}");
    assert!(text.contains("of functions of `geo` it has `"), "{text}");
    assert!(!text.contains("the extension `geo`"), "{text}");
}

/// Each is wrong in a constant that is known before an event comes.
const WRONG: &[(&str, &str)] = &[
    ("regex", "regex:find('a(', k)"),
    ("regexp", "str:regexp(k, '*')"),
    ("replaced", "str:replaceAll(k, '[', 'x')"),
    ("split", "str:split(k, '(', 0)"),
    ("pattern", "time:dateFormat(k, 'yyyy-QQ')"),
    ("source-pattern", "time:dateFormat(k, 'yyyy', 'bb')"),
    ("date", "time:date(k, 'f')"),
    ("added", "time:dateAdd(k, 1, 'month', 'jj')"),
    ("difference", "time:dateDiff(k, k, 'yyyy', 'nn')"),
    ("weekday", "time:dayOfWeek(k, 'tt')"),
    ("extracted", "time:extract('year', k, 'tt')"),
    ("milliseconds", "time:timestampInMilliseconds(k, 'tt')"),
    ("zone", "time:currentTimestamp('Mars/Olympus')"),
    ("to-zone", "time:timezoneConvert(k, 'yyyy-MM-dd HH:mm:ss', 'Mars/Olympus')"),
    ("path", "json:getInt(k, '$[')"),
    ("utc", "time:utcTimestamp('tt')"),
];

#[test]
fn constants_that_are_wrong_are_told() {
    let mut passed = Vec::new();
    for (name, call) in WRONG {
        let (lines, code) =
            check(name, &format!("define stream S (k string);\nfrom S select {call} as x insert into Out;\n"));
        if code != Some(1) || lines.len() != 1 {
            passed.push(format!("{call}: {code:?} {lines:?}"));
        }
    }
    assert!(passed.is_empty(), "{}", passed.join("\n"));
}

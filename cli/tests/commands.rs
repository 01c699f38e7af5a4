//! `riddhi test`, `new`, `completions` and `man` from outside, and how all commands talk.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const CASE: &str = "# Twice.\napp:\n  define stream S (v int);\n  from S select v * 2 as w insert into Out;\ninput:\n  S@0 1; @1 2\nstream Out:\n  @0 2\n  @1 4\n";

fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("commands-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for (file, text) in files {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn riddhi(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
    command.env_remove("NO_COLOR").env_remove("RIDDHI_LOG");
    command.current_dir(folder).args(args).stdin(Stdio::null()).output().unwrap()
}

/// Exit code, standard output without the time, standard error.
fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let out = text(&output.stdout);
    let out: Vec<&str> = out.lines().map(|l| l.split(" in 0.").next().unwrap()).collect();
    (output.status.code().unwrap(), out.join("\n"), text(&output.stderr))
}

#[test]
fn cases_pass_and_fail() {
    let wrong = CASE.replace("@1 4", "@1 5");
    let folder = folder("test", &[("a.case", CASE), ("below/b.case", &wrong), (".hidden/c.case", "no case")]);
    let (code, out, err) = told(&riddhi(&folder, &["test"]));
    let expected =
        "FAIL  below/b\n  stream Out: 2 rows expected, 2 came\n      @0 2\n    - @1 5\n    + @1 4\n1 failed, 1 passed";
    assert_eq!((code, out.as_str(), err.as_str()), (1, expected, ""));
    assert_eq!(told(&riddhi(&folder, &["test", "a.case"])), (0, "1 passed".to_owned(), String::new()));
    assert_eq!(told(&riddhi(&folder, &["test", "-v", "a.case"])).1, "ok    a\n1 passed");
    assert_eq!(told(&riddhi(&folder, &["test", "-q", "a.case"])), (0, String::new(), String::new()));
    assert_eq!(told(&riddhi(&folder, &["test", "--filter", "below"])).0, 1);
    let (code, _, err) = told(&riddhi(&folder, &["test", "--filter", "nothing"]));
    assert_eq!((code, err.as_str()), (2, "error: no case in . has `nothing` in its name\n"));
    let coloured = told(&riddhi(&folder, &["test", "--color", "always", "below"])).1;
    assert!(coloured.contains("\u{1b}[31m- @1 5\u{1b}[0m"), "{coloured}");
}

#[test]
fn mistakes_are_told_with_their_place() {
    let app = CASE.replace("v * 2", "x * 2");
    let files = [
        ("a.case", app.as_str()),
        ("b.case", "app:\n  x\nfoo\n"),
        ("c.case", CASE),
        ("d.case", "app: d.siddhi\n"),
        ("x.siddhi", app.as_str()),
    ];
    let folder = folder("mistakes", &files);
    let (code, out, _) = told(&riddhi(&folder, &["test", "."]));
    assert_eq!(code, 1);
    for part in [
        "--> a.case (app):2:15",
        "b.case:3: expected `key: value`",
        "3 failed, 1 passed",
        "cannot read the app d.siddhi",
    ] {
        assert!(out.contains(part), "no {part} in {out}");
    }
    let (code, _, err) = told(&riddhi(&folder, &["test", "e.case"]));
    assert_eq!(code, 2);
    assert!(err.starts_with("error: cannot read e.case: no such file"), "{err}");
    let (code, _, err) = told(&riddhi(&folder, &["test", "x.siddhi"]));
    assert!(code == 2 && err.starts_with("error: x.siddhi is an app, not a case"), "{err}");
    let (code, _, err) = told(&riddhi(&folder.join("..").join("commands-mistakes"), &["test", "a.cas"]));
    assert!(code == 2 && err.contains("did you mean a.case?"), "{err}");
}

#[test]
fn answers_are_written_where_they_differ() {
    let wrong = CASE.replace("  @1 4\n", "# Two.\n  @1 5\n");
    let folder = folder("update", &[("a.case", &wrong), ("b.case", CASE)]);
    let (code, out, _) = told(&riddhi(&folder, &["test", "--update"]));
    assert_eq!((code, out.as_str()), (0, "wrote a\n1 updated, 1 passed"));
    assert_eq!(fs::read_to_string(folder.join("a.case")).unwrap(), wrong.replace("@1 5", "@1 4"));
    assert_eq!(fs::read_to_string(folder.join("b.case")).unwrap(), CASE);
    assert_eq!(told(&riddhi(&folder, &["test"])).1, "2 passed");
}

#[test]
fn cases_stand_in_documents() {
    let app = CASE.split("stream Out:").next().unwrap();
    let text = format!("# Guide\n\n```case twice\n{app}```\n\nText.\n");
    let folder = folder("documents", &[("guide.md", &text)]);
    assert_eq!(told(&riddhi(&folder, &["test"])).0, 2, "documents are run if they are named");
    let (code, out, _) = told(&riddhi(&folder, &["test", "guide.md", "--update"]));
    assert_eq!((code, out.as_str()), (0, "wrote guide: twice\n1 updated"));
    let written = format!("# Guide\n\n```case twice\n{app}stream Out:\n  @0 2\n  @1 4\n```\n\nText.\n");
    assert_eq!(fs::read_to_string(folder.join("guide.md")).unwrap(), written);
}

#[test]
fn results_are_written_for_build_servers() {
    let wrong = CASE.replace("@1 4", "@1 5").replace("v * 2", "v * 2 + 0").replace("Out", "A");
    let folder = folder("junit", &[("a.case", CASE), ("b.case", &wrong)]);
    assert_eq!(told(&riddhi(&folder, &["test", "--junit", "out.xml"])).0, 1);
    let xml = fs::read_to_string(folder.join("out.xml")).unwrap();
    for part in [
        "<testsuites name=\"riddhi\" tests=\"2\" failures=\"1\"",
        "<testsuite name=\"b.case\" tests=\"1\" failures=\"1\"",
        "<failure message=\"stream A: 2 rows expected, 2 came\">",
        "    - @1 5\n",
        "</testsuites>\n",
    ] {
        assert!(xml.contains(part), "no {part} in {xml}");
    }
}

/// The made project passes its test, is laid out, and runs on its events.
#[test]
fn a_new_project_works() {
    let folder = folder("new", &[]);
    let (code, _, err) = told(&riddhi(&folder, &["new", "my-sensors"]));
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("next: cd my-sensors && riddhi test"), "{err}");
    let made = folder.join("my-sensors");
    assert_eq!(told(&riddhi(&made, &["test"])), (0, "1 passed".to_owned(), String::new()));
    assert_eq!(told(&riddhi(&made, &["fmt", "--check", "my-sensors.siddhi"])).0, 0);
    assert_eq!(told(&riddhi(&made, &["check", "my-sensors.siddhi"])).0, 0);
    let (code, out, _) = told(&riddhi(&made, &["replay", "--app", "my-sensors.siddhi", "--events", "events.jsonl"]));
    assert_eq!((code, out.lines().count()), (0, 2), "{out}");
    let (code, _, err) = told(&riddhi(&folder, &["new", "my-sensors"]));
    assert!(code == 2 && err.contains("my-sensors is there already"), "{err}");
    let (code, _, err) = told(&riddhi(&folder, &["new", "a b"]));
    assert!(code == 2 && err.contains("cannot be an app's name"), "{err}");
}

#[test]
fn several_apps_are_checked() {
    let files = [
        ("a.siddhi", "define stream S (v int);\nfrom S select v insert into Out;\n"),
        (
            "b.siddhi",
            "@souce(type='stdin', @map(type='json'))\ndefine stream S (v int);\nfrom S select w insert into Out;\n",
        ),
        ("c.siddhi", "define stream S (v time);\n"),
    ];
    let folder = folder("several", &files);
    let (code, out, err) = told(&riddhi(&folder, &["check", "a.siddhi", "b.siddhi", "c.siddhi", "d.siddhi"]));
    assert_eq!(code, 2, "{err}");
    for words in [
        "a.siddhi: no mistakes\n",
        "help: did you mean `source`?",
        "b.siddhi: 1 mistake, with 1 warning\n",
        "c.siddhi: 1 mistake; names and types are looked at once the text can be read",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
    assert!(err.contains("cannot read the app d.siddhi"), "{err}");
    let (code, out, _) = told(&riddhi(&folder, &["check", "--format", "json", "a.siddhi", "b.siddhi"]));
    let all: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
    assert_eq!((code, all[0]["exit"].as_i64(), all[1]["exit"].as_i64()), (1, Some(0), Some(1)), "{out}");
}

#[test]
fn targets_that_an_app_does_not_have_are_named() {
    let with = |name: &str, from: &str, to: &str| {
        let folder = folder(name, &[("a.case", &CASE.replace(from, to))]);
        told(&riddhi(&folder, &["test"])).1
    };
    let target = with("target", "stream Out", "stream Outt");
    assert!(
        target.contains("stream Outt, which the app does not have; did you mean `stream Out`?: 2 rows"),
        "{target}"
    );
    let input = with("input", "  S@0 1; @1 2", "  SS@0 1");
    assert!(input.contains("the app has no stream `SS`"), "{input}");
}

/// An app with the sources and sinks that Riddhi has beyond Siddhi's can be tested, and `explain` shows them.
#[test]
fn live_apps_are_tested_and_explained() {
    let app = "@source(type='stdin', @map(type='json')) define stream S (v int);
               @sink(type='stdout', @map(type='csv')) define stream Out (v int);
               from S select v insert into Out;";
    let case = "app: a.siddhi\ninput:\n  S@0 1\nstream Out:\n  @0 1\n";
    let folder = folder("live", &[("a.siddhi", app), ("a.case", case)]);
    let (code, out, err) = told(&riddhi(&folder, &["test", "a.case", "--junit", "-"]));
    assert!(code == 0 && out.contains("<testsuite") && out.ends_with("1 passed"), "{out}{err}");
    let (_, out, _) = told(&riddhi(&folder, &["explain", "a.siddhi"]));
    assert!(out.contains("  source stdin, json\n") && out.contains("  sink stdout, csv\n"), "{out}");
    let (_, out, _) = told(&riddhi(&folder, &["explain", "a.siddhi", "--format", "mermaid"]));
    assert!(out.contains("c0>\"source stdin\"] --> s0") && out.contains("s1 --> c1>\"sink stdout\"]"), "{out}");
}

#[test]
fn shells_and_man_know_all_commands() {
    let folder = folder("shell", &[]);
    for args in [&["completions", "bash"][..], &["completions", "zsh"], &["completions", "fish"], &["man"]] {
        let (code, out, _) = told(&riddhi(&folder, args));
        assert_eq!(code, 0);
        for command in ["replay", "check", "explain", "fmt", "test", "new", "completions", "man"] {
            assert!(out.contains(command), "{args:?} knows no {command}");
        }
    }
    let (code, out, _) = told(&riddhi(&folder, &["man", "fmt"]));
    assert!(code == 0 && out.contains("check") && !out.contains("junit"), "{out}");
    assert_eq!(told(&riddhi(&folder, &["man", "nothing"])).0, 2);
}

/// Every command has examples in its help.
#[test]
fn help_has_examples() {
    let folder = folder("help", &[]);
    let (_, help, _) = told(&riddhi(&folder, &["--help"]));
    let commands = help.lines().skip_while(|l| *l != "Commands:").skip(1).take_while(|l| !l.is_empty());
    let names: Vec<&str> = commands
        .filter(|l| !l.starts_with("   "))
        .filter_map(|l| l.split_whitespace().next())
        .filter(|n| *n != "help")
        .collect();
    assert!(names.len() >= 8, "{names:?}");
    for name in names {
        let (code, help, _) = told(&riddhi(&folder, &[name, "--help"]));
        assert!(code == 0 && help.contains("Examples:\n"), "{name} has no examples");
    }
}

#[test]
fn what_is_said_can_be_less_more_and_json() {
    let events = "{\"stream\":\"S\",\"ts\":1,\"data\":{\"v\":1}}\n";
    let app = "define stream S (v int);\nfrom S select v * 2 as w insert into Out;\n";
    let folder =
        folder("talk", &[("a.siddhi", app), ("e.jsonl", events), ("b.siddhi", "define stream S (v int)\nfrom")]);
    let replay = ["replay", "--app", "a.siddhi", "--events", "e.jsonl"];
    let with = |more: &[&str]| told(&riddhi(&folder, &[&replay[..], more].concat())).2;
    assert!(with(&[]).contains("in   1 events accepted"));
    assert_eq!(with(&["--quiet"]), "");
    assert!(with(&["--verbose"]).contains("debug: an app was compiled app=\"a.siddhi\""), "{}", with(&["--verbose"]));
    let lines = with(&["--verbose", "--log-format", "json"]);
    for line in lines.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert!(line["level"].is_string() && line["message"].is_string(), "{line}");
    }
    assert!(lines.contains("\"app\":\"a.siddhi\""), "{lines}");
    let last: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!((last["accepted"].as_i64(), last["rows"]["Out"].as_i64()), (Some(1), Some(1)), "{last}");
    let mut logged = Command::new(env!("CARGO_BIN_EXE_riddhi"));
    let logged = logged.current_dir(&folder).args(replay).arg("-q").env("RIDDHI_LOG", "debug").output().unwrap();
    assert!(told(&logged).2.contains("debug: an app was compiled"), "{}", told(&logged).2);
    let check = |args: &[&str]| told(&riddhi(&folder, &[&["check", "b.siddhi"], args].concat())).1;
    assert!(!check(&[]).contains('\u{1b}') && check(&["--color", "always"]).contains('\u{1b}'));
}

//! `riddhi fmt` from outside.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const UNTIDY: &str = "-- prices\ndefine stream S(a int);from S [a>5] select a insert into Out -- done";
const TIDY: &str = "-- prices\ndefine stream S (a int);\n\nfrom S[a > 5] select a insert into Out; -- done\n";
const MISTAKEN: &str = "define stream S(a int);from S [a>] select a insert into Out";

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fmt-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for (file, text) in [("untidy.siddhi", UNTIDY), ("tidy.siddhi", TIDY), ("mistaken.siddhi", MISTAKEN)] {
        fs::write(folder.join(file), text).unwrap();
    }
    folder
}

fn fmt(folder: &Path, args: &[&str], stdin: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
    command.current_dir(folder).arg("fmt").args(args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It may have ended without reading all.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn read(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).unwrap()
}

#[test]
fn files_are_laid_out() {
    let folder = folder("files");
    let output = fmt(&folder, &["untidy.siddhi", "tidy.siddhi"], "");
    assert_eq!(
        (output.status.code(), text(&output.stdout), text(&output.stderr)),
        (Some(0), String::new(), String::new())
    );
    assert_eq!((read(&folder, "untidy.siddhi"), read(&folder, "tidy.siddhi")), (TIDY.to_owned(), TIDY.to_owned()));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 3, "nothing is left beside the files");
}

#[test]
fn check_changes_nothing() {
    let folder = folder("check");
    let output = fmt(&folder, &["--check", "untidy.siddhi", "tidy.siddhi"], "");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), "untidy.siddhi is not laid out\n".to_owned()));
    assert_eq!(read(&folder, "untidy.siddhi"), UNTIDY);
    assert_eq!(fmt(&folder, &["--check", "tidy.siddhi"], "").status.code(), Some(0));
}

#[test]
fn mistakes_leave_the_file_alone_and_the_rest_is_done() {
    let folder = folder("mistakes");
    let output = fmt(&folder, &["mistaken.siddhi", "missing.siddhi", "untidy.siddhi"], "");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--> mistaken.siddhi:1:34"), "{said}");
    assert!(said.contains("error: cannot read the app missing.siddhi: no such file"), "{said}");
    assert_eq!(
        (read(&folder, "mistaken.siddhi"), read(&folder, "untidy.siddhi")),
        (MISTAKEN.to_owned(), TIDY.to_owned())
    );
    assert_eq!(fmt(&folder, &["mistaken.siddhi"], "").status.code(), Some(1));
}

#[test]
fn standard_input_goes_to_standard_output() {
    let folder = folder("stdin");
    let output = fmt(&folder, &["-"], UNTIDY);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), TIDY.to_owned()));
    let output = fmt(&folder, &["-", "--check"], UNTIDY);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
    let output = fmt(&folder, &["-"], MISTAKEN);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
    assert!(text(&output.stderr).contains("--> <stdin>:1:34"), "{}", text(&output.stderr));
}

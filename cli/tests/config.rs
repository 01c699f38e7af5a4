//! `riddhi config check` from outside.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

fn told(name: &str, text: &str, args: &[&str]) -> (i32, String) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("config-{name}"));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("riddhi.yaml"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
    command.env_remove("NO_COLOR").current_dir(&folder).args(["config", "check", "--config"]).args(args);
    let output = command.output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(told).unwrap())
}

#[test]
fn files_with_and_without_mistakes() {
    for (name, text, args, exit, words) in [
        ("good", "node: a\n", &["riddhi.yaml"][..], 0, "riddhi.yaml: no mistakes"),
        ("warned", "node: a\nacc: received\n", &["riddhi.yaml"], 0, "did you mean `ack`?"),
        ("wrong", "ack: no\n", &["riddhi.yaml"], 1, "riddhi.yaml:1:6"),
        (
            "filled",
            "node: ${sys:n}\nack: ${sys:a}\n",
            &["riddhi.yaml", "-D", "n=a", "-D", "a=received"],
            0,
            "no mistakes",
        ),
        ("gone", "", &["ridhi.yaml"], 2, "did you mean riddhi.yaml?"),
        ("property", "", &["riddhi.yaml", "-D", "x"], 2, "write NAME=VALUE"),
    ] {
        let (code, told) = told(name, text, args);
        assert_eq!(code, exit, "{name}: {told}");
        assert!(told.contains(words), "{name}: {told}");
    }
}

#[test]
fn json_for_tools() {
    let (code, told) =
        told("json", "ack: no\ndatabase: postgresql://a/x?tcpNoDelay=true\n", &["riddhi.yaml", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, &json["diagnostics"][0]["code"]), (1, &"C0008".into()));
    assert_eq!(json["without_effect"][0], "parameter tcpNoDelay of a database URL");
}

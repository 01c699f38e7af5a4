//! The crates use each other as ARCHITECTURE.md draws it, and in no other way.

use std::process::Command;

use serde_json::Value;

/// Each crate, and those above it in the drawing.
const DRAWN: &[(&str, &[&str])] = &[
    ("batch", &[]),
    ("ring", &[]),
    ("heap", &[]),
    ("ql", &[]),
    ("plan", &["batch", "ql"]),
    ("exec", &["batch", "ql", "plan"]),
    ("journal", &["batch", "ql", "plan", "exec"]),
    ("run", &["batch", "ring", "ql", "plan", "exec", "journal"]),
    ("case", &["batch", "ring", "ql", "plan", "exec", "journal", "run"]),
    ("wire", &[]),
    ("tls", &[]),
    ("edge", &["tls"]),
    ("bridge", &["wire", "edge"]),
    ("http", &["edge"]),
    ("connect", &["batch", "ring", "ql", "plan", "exec", "journal", "run", "wire", "tls", "edge", "bridge", "http"]),
    ("role", &[]),
    ("sync", &["role"]),
    ("config", &["ql"]),
    ("load", &["wire", "edge", "http"]),
    ("postgres", &["role", "tls", "test-postgres"]),
    ("test-postgres", &[]),
    ("node", &["role", "sync", "postgres", "test-postgres"]),
    (
        "cli",
        &[
            "batch",
            "heap",
            "ring",
            "ql",
            "plan",
            "exec",
            "journal",
            "run",
            "case",
            "wire",
            "edge",
            "http",
            "connect",
            "role",
            "sync",
            "config",
            "load",
            "postgres",
            "node",
            "test-postgres",
            "test-pair",
        ],
    ),
    ("test-pair", &["wire", "test-postgres"]),
    ("bench", &["batch", "heap", "ring", "ql", "plan", "exec", "journal", "run", "test-pair"]),
    ("tests", &["batch", "ring", "ql", "plan", "exec", "journal", "run", "case"]),
];

#[test]
fn no_edge_is_missing_in_the_drawing() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path", manifest])
        .output()
        .expect("cargo can be asked");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo answers in JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    let mut wrong = Vec::new();
    for package in packages {
        let name = own(&package["name"]).expect("all packages of the workspace are ours");
        let Some((_, above)) = DRAWN.iter().find(|d| d.0 == name) else {
            wrong.push(format!("{name} is not in the drawing"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            if let Some(used) = own(&dependency["name"])
                && !above.contains(&used)
            {
                wrong.push(format!("{name} -> {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "edges that ARCHITECTURE.md does not draw: {wrong:?}");
    assert_eq!(packages.len(), DRAWN.len(), "a crate of the drawing is gone");
}

fn own(name: &Value) -> Option<&str> {
    name.as_str()?.strip_prefix("riddhi-")
}

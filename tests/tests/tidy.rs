//! Nothing is left lying about: an ordinary test reads the whole repository.

use std::fs;
use std::path::{Path, PathBuf};

/// Lines of a Rust file at most.
const LINES_MAX: usize = 900;

/// Lines of a folder's README at most: a page.
const README_LINES_MAX: usize = 80;

/// Written in two halves, so that this file does not find itself.
const LEFTOVERS: [&str; 3] = [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("dbg", "!(")];

/// Paths that exist on somebody's machine only.
const MACHINES: [&str; 5] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/tmp/", "wt"),
    concat!("/Us", "ers/"),
];

/// Looked into for machine paths; data and lock files are not.
const TEXTS: [&str; 10] = ["rs", "md", "toml", "py", "sh", "siddhi", "json", "java", "xml", "txt"];

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("tests/ lies in the repository").to_path_buf()
}

/// All files of the repository, with their paths from its root.
fn files() -> Vec<(String, PathBuf)> {
    fn walk(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) {
        for entry in fs::read_dir(folder).expect("folders can be read").flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if path.is_dir() {
                if name != "target" && name != ".git" {
                    walk(root, &path, files);
                }
            } else {
                let short = path.strip_prefix(root).unwrap_or(&path).display().to_string();
                files.push((short, path));
            }
        }
    }
    let (root, mut all) = (root(), Vec::new());
    walk(&root, &root, &mut all);
    all.sort();
    all
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |p| p.1)
}

#[test]
fn no_leftovers_and_no_machine_paths() {
    let mut found = Vec::new();
    for (short, path) in files().iter().filter(|f| TEXTS.contains(&extension(&f.0))) {
        let Ok(text) = fs::read_to_string(path) else { continue };
        for (i, line) in text.lines().enumerate() {
            if extension(short) == "rs" && LEFTOVERS.iter().any(|l| line.contains(l)) {
                found.push(format!("{short}:{}: {}", i + 1, line.trim()));
            }
            if MACHINES.iter().any(|m| line.contains(m)) {
                found.push(format!("{short}:{}: a path of one machine", i + 1));
            }
        }
        if extension(short) == "rs" && text.lines().count() > LINES_MAX {
            found.push(format!("{short}: {} lines; it is two files", text.lines().count()));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_folder_says_what_it_is() {
    let mut wrong = Vec::new();
    for entry in fs::read_dir(root()).expect("the repository can be read").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !entry.path().is_dir() || name.starts_with('.') || name == "target" {
            continue;
        }
        match fs::read_to_string(entry.path().join("README.md")) {
            Ok(text) if text.lines().count() > README_LINES_MAX => wrong.push(format!("{name}/README.md is too long")),
            Ok(_) => {}
            Err(_) => wrong.push(format!("{name}/ has no README.md")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Decision records: (file name, text).
fn decisions() -> Vec<(String, String)> {
    let folder = root().join("docs/decisions");
    let entries = fs::read_dir(folder).expect("docs/decisions can be read").flatten();
    let mut all: Vec<(String, String)> = entries
        .filter(|e| e.file_name() != "README.md")
        .map(|e| (e.file_name().to_string_lossy().into_owned(), fs::read_to_string(e.path()).unwrap_or_default()))
        .collect();
    all.sort();
    all
}

#[test]
fn decisions_are_numbered() {
    for (i, (name, text)) in decisions().iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}-", i + 1)), "{name} should have the number {}", i + 1);
        assert!(text.starts_with(&format!("# {} ", i + 1)), "{name} should begin with its number and title");
    }
}

#[test]
fn unsafe_code_has_a_decision() {
    let decisions = decisions();
    let (word, allowed) = (concat!("uns", "afe "), concat!("allow(uns", "afe_code)"));
    for (short, path) in files().iter().filter(|f| extension(&f.0) == "rs") {
        let text = fs::read_to_string(path).unwrap_or_default();
        let code = text.lines().map(|l| l.split("//").next().unwrap_or(""));
        let has = code.filter(|l| {
            [concat!("uns", "afe {"), concat!("uns", "afe fn"), concat!("uns", "afe impl")]
                .iter()
                .any(|w| l.contains(w))
                || l.contains(allowed)
        });
        if has.count() > 0 {
            let named = decisions.iter().any(|d| d.1.contains(short.as_str()));
            assert!(named, "{short} has {word}code that no decision record names");
            assert!(text.contains("// SAFETY:"), "{short} does not say why its {word}code is sound");
        }
    }
}

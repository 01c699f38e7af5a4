//! The recorded cases: `cases/<topic>/*.case`, and packed ones in `data/`.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

use riddhi_case::form::{Case, parse};

/// The folder of this crate.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All cases below a folder of this crate, in order of their files' names.
pub fn cases(below: &str) -> Vec<Case> {
    let root = folder();
    let mut files = Vec::new();
    walk(&root.join(below), &mut files);
    files.sort();
    files.iter().flat_map(|file| cases_of(&root, file)).collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|e| e == "case" || e == "gz") {
            files.push(path);
        }
    }
}

fn cases_of(root: &Path, file: &Path) -> Vec<Case> {
    let bytes = fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut text = String::new();
    let read = if file.extension().is_some_and(|e| e == "gz") {
        GzDecoder::new(&bytes[..]).read_to_string(&mut text)
    } else {
        (&bytes[..]).read_to_string(&mut text)
    };
    read.unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let name = file.strip_prefix(root.join("cases")).unwrap_or(file).with_extension("").display().to_string();
    parse(&name, &text, &|app| beside(file, app)).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// The text of an app beside a case.
fn beside(case: &Path, app: &str) -> Result<String, String> {
    fs::read_to_string(case.with_file_name(app)).map_err(|e| format!("{app}: {e}"))
}

/// Cases that differ from Siddhi on purpose: (name, number of the defect and reason).
pub fn known() -> Vec<(String, String)> {
    let text = fs::read_to_string(folder().join("known.txt")).expect("tests/known.txt can be read");
    let lines = text.lines().map(|l| l.split('#').next().unwrap_or("").trim()).filter(|l| !l.is_empty());
    lines
        .map(|l| l.split_once(' ').unwrap_or((l, "")))
        .map(|(name, why)| (name.to_owned(), why.trim().to_owned()))
        .collect()
}

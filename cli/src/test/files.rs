//! Files of cases: found, read.

use std::fs;
use std::path::{Path, PathBuf};

use riddhi_case::form::{Case, Malformed, of_markdown, parse};
use riddhi_ql::substitute;

use crate::app::neighbour;
use crate::exit::{Exit, Failure, plain};

/// Bytes of a file of cases at most.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// A file of cases.
pub struct CaseFile {
    /// As it is called.
    pub path: String,
    /// The path without its ending.
    pub stem: String,
    /// Its content.
    pub text: String,
    /// The lines of it that are cases; the others are empty.
    pub lines: Vec<String>,
    /// The cases, or where it is none.
    pub cases: Result<Vec<Case>, Malformed>,
}

impl CaseFile {
    /// Reads a file. Apps that its cases name are looked for beside it.
    pub fn read(path: &Path) -> Result<CaseFile, Failure> {
        let shown = path.display().to_string();
        if path.extension().is_some_and(|e| e == "siddhi") {
            let help = "a case names the app it is about: `app: a.siddhi`; see `riddhi new`";
            return Err(Failure::new(Exit::Usage, format!("{shown} is an app, not a case")).help(help));
        }
        let failed = |e: &std::io::Error| Failure::file("cannot read the case", &shown, e);
        let size = fs::metadata(path).map_err(|e| failed(&e))?.len();
        if size > FILE_BYTES_MAX {
            let message = format!("the case {shown} has {size} bytes; at most {FILE_BYTES_MAX} are read");
            return Err(Failure::new(Exit::Usage, message));
        }
        let text = fs::read_to_string(path).map_err(|e| failed(&e))?;
        let stem = path.with_extension("").display().to_string();
        let is_document = path.extension().is_some_and(|e| e == "md");
        let only = if is_document { of_markdown(&text) } else { text.clone() };
        let cases = parse(&stem, &only, &|app| beside(path, app));
        let lines = only.lines().map(str::to_owned).collect();
        Ok(CaseFile { path: shown, stem, text, lines, cases })
    }

    /// A case's name: the file's, and its own if it has one.
    pub fn name_of(&self, case: &Case) -> String {
        if case.name == self.stem { self.stem.clone() } else { format!("{}: {}", self.stem, case.name) }
    }
}

/// The text of an app that a case names, its variables filled in from the environment.
fn beside(case: &Path, app: &str) -> Result<String, String> {
    let path = case.with_file_name(app);
    let text =
        fs::read_to_string(&path).map_err(|e| format!("cannot read the app {}: {}", path.display(), plain(&e)))?;
    match substitute(&text, |name| std::env::var(name).ok()) {
        Ok(filled) => Ok(filled.text().to_owned()),
        Err(missing) => {
            let messages: Vec<&str> = missing.iter().map(|d| d.message.as_str()).collect();
            Err(format!("the app {}: {}", path.display(), messages.join("; ")))
        }
    }
}

/// All files of cases that the paths mean, those of a folder in order of their names. Hidden folders and `target` are left
/// out.
pub fn find(paths: &[String]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let failed = |e: std::io::Error| neighbour(path, Failure::file("cannot read", path, &e), &e);
        if fs::metadata(path).map_err(failed)?.is_dir() {
            let first = files.len();
            walk(Path::new(path), &mut files).map_err(|(path, e)| Failure::file("cannot read", &path, &e))?;
            files[first..].sort();
        } else {
            files.push(PathBuf::from(path));
        }
    }
    let mut seen = std::collections::HashSet::new();
    files.retain(|file| seen.insert(fs::canonicalize(file).unwrap_or_else(|_| file.clone())));
    Ok(files)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), (String, std::io::Error)> {
    let failed = |e| (folder.display().to_string(), e);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, name) = (entry.path(), entry.file_name());
        // Links to folders are not followed, so there is no way around in circles.
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            if name != "target" && !name.to_string_lossy().starts_with('.') {
                walk(&path, files)?;
            }
        } else if path.extension().is_some_and(|e| e == "case") {
            files.push(path.strip_prefix(".").map(Path::to_owned).unwrap_or(path));
        }
    }
    Ok(())
}

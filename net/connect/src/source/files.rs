//! Which files a source reads: one, those that a pattern matches, or those of a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use regex::Regex;

/// Files of a folder or pattern at most; further ones wait until some are gone.
pub const FILES_MAX: usize = 10_000;

/// Which files.
#[derive(Debug)]
pub enum Which {
    /// This one.
    One(PathBuf),
    /// All that match, as shells do it.
    Glob(String),
    /// Those of a folder whose names match, if there is a pattern.
    Folder(PathBuf, Option<Regex>),
}

impl Which {
    /// From a path or `file:` URI.
    pub fn file(uri: &str) -> Which {
        let path = path_of(uri);
        if path.contains(['*', '?', '[']) && !Path::new(path).exists() {
            Which::Glob(path.to_owned())
        } else {
            Which::One(PathBuf::from(path))
        }
    }

    /// Whether further files may appear.
    pub fn grows(&self) -> bool {
        !matches!(self, Which::One(_))
    }

    /// The files as they are now, by name.
    pub fn list(&self) -> io::Result<Vec<PathBuf>> {
        let mut all = match self {
            Which::One(path) => return Ok(vec![path.clone()]),
            Which::Glob(pattern) => {
                let found = glob::glob(pattern).map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e))?;
                found.flatten().filter(|p| p.is_file()).take(FILES_MAX).collect()
            }
            Which::Folder(folder, pattern) => {
                let named = |p: &PathBuf| {
                    let name = p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                    pattern.as_ref().is_none_or(|pattern| pattern.find(&name).is_some_and(|m| m.len() == name.len()))
                };
                let entries = fs::read_dir(folder)?.flatten().map(|e| e.path());
                entries.filter(|p| p.is_file() && named(p)).take(FILES_MAX).collect::<Vec<_>>()
            }
        };
        all.sort();
        Ok(all)
    }
}

/// The path that a `file:` URI names, or the text itself.
pub fn path_of(uri: &str) -> &str {
    let path = uri.strip_prefix("file:").unwrap_or(uri);
    if path.starts_with("///") { &path[2..] } else { path }
}

/// The scheme of a URI that is none of files.
pub fn other_scheme(uri: &str) -> Option<&str> {
    let (scheme, _) = uri.split_once("://")?;
    (scheme != "file").then_some(scheme)
}

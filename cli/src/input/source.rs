//! Opening an events file: standard input, decompression, and the format by its name.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::signals::Stop;

/// How the records of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// CSV with a header.
    Csv,
}

/// An opened file.
pub struct Source {
    /// Its bytes, decompressed.
    pub bytes: Box<dyn Read>,
    /// What it is called in messages.
    pub name: String,
    /// Bytes taken from the file itself so far, for a progress bar.
    pub taken: Arc<AtomicU64>,
    /// Size of the file, if it is one.
    pub size: Option<u64>,
}

/// Opens `path`, or standard input if it is `-`. By the name's end `.gz` and `.zst` are decompressed. Once `stop` is
/// asked for, the source ends.
pub fn open(path: &str, stop: Stop) -> io::Result<Source> {
    let taken = Arc::new(AtomicU64::new(0));
    let stdin = path == "-";
    let file = if stdin { File::from(io::stdin().as_fd().try_clone_to_owned()?) } else { File::open(path)? };
    let about = file.metadata()?;
    if about.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    let size = about.is_file().then_some(about.len());
    let counted = Counted { file, taken: taken.clone(), stop, waits: !about.is_file() };
    let bytes: Box<dyn Read> = match extension(path) {
        "gz" => Box::new(flate2::read::MultiGzDecoder::new(counted)),
        "zst" => Box::new(zstd::stream::read::Decoder::new(counted)?),
        _ => Box::new(counted),
    };
    let name = if stdin { "<stdin>".to_owned() } else { path.to_owned() };
    Ok(Source { bytes, name, taken, size })
}

/// The format that a file's name shows: by its extension, or the one before `.gz` or `.zst`.
pub fn format_of(path: &str) -> Option<Format> {
    let inner = path.strip_suffix(".gz").or(path.strip_suffix(".zst")).unwrap_or(path);
    match extension(inner) {
        "jsonl" | "ndjson" | "json" => Some(Format::Jsonl),
        "csv" => Some(Format::Csv),
        _ => None,
    }
}

fn extension(path: &str) -> &str {
    Path::new(path).extension().and_then(|e| e.to_str()).unwrap_or("")
}

/// The file itself: counts what is taken, and does not start to wait when the end is asked for.
struct Counted {
    file: File,
    taken: Arc<AtomicU64>,
    stop: Stop,
    /// Reading may wait for another process.
    waits: bool,
}

impl Read for Counted {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.waits && !self.stop.wait_readable(self.file.as_fd())? {
            return Ok(0);
        }
        let n = self.file.read(to)?;
        self.taken.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

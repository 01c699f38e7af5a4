//! A file that is written in whole messages, and waits for a full disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::{RETRY, Unsent};
use crate::registry::{Say, Stopping};
use crate::trouble::{is_full, plain};

/// Bytes that are gathered before they are written.
const WRITE_BYTES: usize = 64 << 10;

/// A file being written.
pub struct FileWriter {
    pub path: PathBuf,
    file: File,
    /// Which file it is.
    pub id: (u64, u64),
    /// Bytes of whole messages that were written.
    pub length: u64,
    kept: Vec<u8>,
    /// Messages among them; those of which a part was written count as well.
    messages: u64,
}

impl FileWriter {
    /// Opens a file to append to; folders are made.
    pub fn open(path: &Path) -> io::Result<FileWriter> {
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let about = file.metadata()?;
        Ok(FileWriter {
            path: path.to_path_buf(),
            file,
            id: (about.dev() ^ born(&about), about.ino()),
            length: about.len(),
            kept: Vec::new(),
            messages: 0,
        })
    }

    /// Keeps a message until there is enough to be written.
    pub fn push(&mut self, message: &[u8], end: bool) {
        self.kept.extend_from_slice(message);
        self.kept.extend_from_slice(if end { b"\n" } else { b"" });
        self.messages += 1;
    }

    /// Whether enough is kept to be written.
    pub fn is_full(&self) -> bool {
        self.kept.len() >= WRITE_BYTES
    }

    /// Gives up what is kept; gives the number of messages.
    pub fn abandon(&mut self) -> u64 {
        self.kept.clear();
        std::mem::take(&mut self.messages)
    }

    /// Writes all that is kept. A full disk is waited for; after any other error what was kept is still there.
    pub fn flush(&mut self, say: &Say, stopping: &Stopping) -> Result<(), Unsent> {
        let mut waited = false;
        while !self.kept.is_empty() {
            match self.file.write(&self.kept) {
                Ok(0) => return Err(Unsent::Unavailable(format!("{} takes no more", self.path.display()))),
                Ok(n) => {
                    self.kept.drain(..n);
                    self.length += n as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if is_full(&e) => {
                    if stopping() {
                        return Err(Unsent::Stopping(format!(
                            "the disk is full: {} bytes of {} are not written",
                            self.kept.len(),
                            self.path.display()
                        )));
                    }
                    if !std::mem::replace(&mut waited, true) {
                        say(&format!("warning: cannot write {}: {}; waiting for room", self.path.display(), plain(&e)));
                    }
                    std::thread::sleep(RETRY);
                }
                Err(e) => {
                    return Err(Unsent::Unavailable(format!("cannot write {}: {}", self.path.display(), plain(&e))));
                }
            }
        }
        self.messages = 0;
        if waited {
            say(&format!("note: there is room again for {}", self.path.display()));
        }
        Ok(())
    }

    /// Replaces what the file holds.
    pub fn replace(&mut self, bytes: &[u8], say: &Say, stopping: &Stopping) -> Result<(), Unsent> {
        self.cut(0).map_err(|e| Unsent::Unavailable(plain(&e)))?;
        self.kept.clear();
        self.kept.extend_from_slice(bytes);
        self.flush(say, stopping)
    }

    /// Puts what was written where a power cut does not reach it.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Takes back what was written after so many bytes.
    pub fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.length = length;
        Ok(())
    }
}

/// When a file was made, in nanoseconds; 0 where that is not kept. Numbers of devices and files alone may be equal on two machines made from
/// one image, where a node of a pair would take its own file for the other's; and a file's number is given again.
fn born(about: &fs::Metadata) -> u64 {
    let made = about.created().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    made.map_or(0, |since| since.as_nanos() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_made_again_is_another() {
        let path = std::env::temp_dir().join(format!("riddhi-born-{}", std::process::id()));
        let first = FileWriter::open(&path).unwrap().id;
        assert_eq!(FileWriter::open(&path).unwrap().id, first);
        fs::remove_file(&path).unwrap();
        assert_ne!(FileWriter::open(&path).unwrap().id, first);
        fs::remove_file(&path).unwrap();
    }
}

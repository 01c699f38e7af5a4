//! The file that lines are written to.
//!
//! Invariants: the file is given whole lines only, and a failed write does not leave half a line in a regular file;
//! once a write has failed nothing is written any more.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::AsFd;

/// Bytes that are gathered before they are written.
const WRITE_BYTES: usize = 64 << 10;

/// Buffered lines on their way to a file.
pub struct Sink {
    file: File,
    /// Whole lines.
    lines: Vec<u8>,
    failed: bool,
}

/// Why nothing can be written any more.
#[derive(Debug)]
pub enum Broken {
    /// The reader of a pipe has gone away.
    Closed,
    /// Anything else: a full disk, a file that may not be written.
    Failed(io::Error),
}

impl Sink {
    /// Standard output.
    pub fn stdout() -> io::Result<Sink> {
        Ok(Sink::new(File::from(io::stdout().as_fd().try_clone_to_owned()?)))
    }

    /// A file.
    pub fn new(file: File) -> Sink {
        Sink { file, lines: Vec::with_capacity(WRITE_BYTES * 2), failed: false }
    }

    /// Where to append whole lines; call [`Sink::offer`] afterwards.
    pub fn lines(&mut self) -> &mut Vec<u8> {
        &mut self.lines
    }

    /// Writes if enough has been gathered.
    #[inline]
    pub fn offer(&mut self) -> Result<(), Broken> {
        if self.lines.len() < WRITE_BYTES { Ok(()) } else { self.flush() }
    }

    /// Writes all that has been gathered.
    pub fn flush(&mut self) -> Result<(), Broken> {
        if self.lines.is_empty() || self.failed {
            self.lines.clear();
            return Ok(());
        }
        let mut written = 0;
        let result = write_all(&mut self.file, &self.lines, &mut written);
        if result.is_err() {
            self.failed = true;
            self.take_back_half_a_line(written);
        }
        self.lines.clear();
        result.map_err(|e| if e.kind() == io::ErrorKind::BrokenPipe { Broken::Closed } else { Broken::Failed(e) })
    }

    /// A full disk takes part of a write. What cannot be taken back (a terminal, a device) is left.
    fn take_back_half_a_line(&mut self, written: usize) {
        let whole = self.lines[..written].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
        let is_file = self.file.metadata().is_ok_and(|m| m.is_file());
        if is_file
            && whole < written
            && let Ok(end) = self.file.stream_position()
        {
            let _ = self.file.set_len(end - (written - whole) as u64);
        }
    }
}

fn write_all(file: &mut File, bytes: &[u8], written: &mut usize) -> io::Result<()> {
    while *written < bytes.len() {
        match file.write(&bytes[*written..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => *written += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

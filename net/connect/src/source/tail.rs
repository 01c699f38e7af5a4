//! One file that is being read, whole or as it grows.
//!
//! Invariants: a file that vanishes, shrinks or is replaced is named once and read on; a line without an end is taken only
//! when its file has ended for good.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Inlet;
use super::files::FILES_MAX;
use super::lines::{LineBuffer, Taken};
use super::records::Records;
use crate::input::fault::{Fault, Kind};
use crate::input::lines::RECORD_BYTES_MAX;
use crate::mapper::Messages;
use crate::registry::Say;
use crate::trouble::{Trouble, plain};

/// How a file is read.
#[derive(Clone, Debug)]
pub struct How {
    /// Goes on when the file grows.
    pub tail: bool,
    /// The file is one message.
    pub whole: bool,
    /// What marks messages, if they are no lines.
    pub records: Option<Arc<Records>>,
    /// Lines passed over at the beginning.
    pub header: u64,
    /// Time between looks at a file that has no more.
    pub every: Duration,
}

/// Which file, by what the system calls it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Id {
    /// Its device.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
}

impl Id {
    /// That of what stands at a path.
    pub fn of(path: &Path) -> io::Result<Id> {
        fs::metadata(path).map(|m| Id { device: m.dev(), inode: m.ino() })
    }
}

/// Where reading stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stand {
    /// The file's path.
    pub path: PathBuf,
    /// Which file it was.
    pub id: Id,
    /// Bytes taken.
    pub offset: u64,
    /// Number of the next line.
    pub line: u64,
    /// It has been read to its end and nothing more is wanted of it.
    pub done: bool,
}

/// A file that is being read.
pub struct Tail {
    how: How,
    name: String,
    stand: Stand,
    open: Option<(File, LineBuffer)>,
    /// Not looked at before.
    again: Option<Instant>,
    trouble: Trouble,
    /// Another file stands at the path; what this one was given meanwhile is still to be read.
    replaced: bool,
    /// Nothing stands at the path, and all that was there has been read.
    gone: bool,
    say: Say,
    taken: Taken,
}

/// What reading came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// Something was taken, or may be there.
    Some,
    /// Nothing for now.
    Nothing,
    /// It has ended.
    Done,
}

impl Tail {
    /// From where reading stands.
    pub fn new(stand: Stand, how: How, say: Say) -> Tail {
        let name = stand.path.display().to_string();
        let taken = Taken::default();
        let trouble = Trouble::default();
        Tail { how, name, stand, open: None, again: None, trouble, replaced: false, gone: false, say, taken }
    }

    /// Where reading stands.
    pub fn stand(&self) -> Stand {
        let (offset, line) = match &self.open {
            Some((_, lines)) => (lines.offset(), lines.line()),
            None => (self.stand.offset, self.stand.line),
        };
        Stand { offset, line, ..self.stand.clone() }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.stand.path
    }

    /// Which file it is, once it was opened.
    pub fn id(&self) -> Id {
        self.stand.id
    }

    /// It stands at another path now.
    pub fn moved(&mut self, path: PathBuf) {
        self.name = path.display().to_string();
        self.stand.path = path;
    }

    /// Whether nothing more is wanted of it.
    pub fn is_done(&self) -> bool {
        self.stand.done
    }

    /// Whether it has been read to its end and was not there when it was looked for last.
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    /// When it wants to be looked at again.
    pub fn again(&self) -> Option<Instant> {
        self.again
    }

    /// Offers what there is, as far as there is room.
    pub fn read(&mut self, to: &mut Inlet<'_>) -> Read {
        if self.stand.done {
            return Read::Done;
        }
        if self.again.is_some_and(|again| Instant::now() < again) {
            return Read::Nothing;
        }
        self.again = None;
        if self.open.is_none() && !self.open() {
            return self.later();
        }
        if self.how.whole {
            return self.whole(to);
        }
        let Some((file, lines)) = &mut self.open else { return self.later() };
        lines.take(to.room(), &mut self.taken);
        if self.taken.is_empty() {
            match lines.fill(file) {
                Ok(0) => return self.end(to),
                Ok(_) => lines.take(to.room(), &mut self.taken),
                Err(e) => {
                    self.trouble.tell(format!("cannot read {}: {}", self.name, plain(&e)), &self.say);
                    return self.later();
                }
            }
        }
        self.give(to, false);
        Read::Some
    }

    fn later(&mut self) -> Read {
        self.again = Some(Instant::now() + self.how.every);
        Read::Nothing
    }

    /// Offers the lines that were taken.
    fn give(&mut self, to: &mut Inlet<'_>, eof: bool) {
        let Some((_, lines)) = &self.open else { return };
        let header = self.how.header;
        let first = self.taken.numbers.partition_point(|n| *n <= header);
        let messages = Messages {
            bytes: lines.bytes(),
            ranges: &self.taken.ranges[first..],
            name: &self.name,
            lines: &self.taken.numbers[first..],
            properties: &[("file.path", &self.name)],
            eof,
        };
        if !messages.ranges.is_empty() {
            to.offer(&messages);
        }
        if let Some((line, range)) = &self.taken.too_long {
            let what = if self.how.records.is_some() { "message" } else { "line" };
            let message = format!("a {what} may have {} MiB at most", RECORD_BYTES_MAX >> 20);
            let shown = &lines.bytes()[range.start..range.end.min(range.start + 200)];
            to.refuse(&Fault::new(Kind::TooLong, 0, 1, message), &self.name, *line, shown);
        }
    }

    fn open(&mut self) -> bool {
        let rotated = self.rotated();
        let opened = File::open(rotated.as_ref().unwrap_or(&self.stand.path))
            .and_then(|file| file.metadata().map(|about| (file, about)));
        let (mut file, about) = match opened {
            Ok((_, about)) if about.is_dir() => {
                self.trouble.tell(format!("{} is a folder, not a file; waiting for a file", self.name), &self.say);
                return false;
            }
            Ok(opened) => opened,
            Err(e) => {
                self.gone = e.kind() == io::ErrorKind::NotFound;
                self.trouble.tell(format!("cannot open {}: {}; waiting for it", self.name, plain(&e)), &self.say);
                return false;
            }
        };
        let id = Id { device: about.dev(), inode: about.ino() };
        if self.stand.offset > 0 && self.stand.id != id {
            (self.say)(&format!("note: {} is another file now; it is read from its beginning", self.name));
            self.begin_anew();
        } else if about.len() < self.stand.offset {
            (self.say)(&format!("warning: {} was cut off; it is read from its beginning", self.name));
            self.begin_anew();
        }
        if let Err(e) = file.seek(SeekFrom::Start(self.stand.offset)) {
            self.trouble.tell(format!("cannot read {}: {}", self.name, plain(&e)), &self.say);
            return false;
        }
        self.stand.id = id;
        self.gone = false;
        let (offset, line) = (self.stand.offset, self.stand.line.max(1));
        let lines = match &self.how.records {
            None => LineBuffer::new(offset, line, !self.how.tail),
            Some(records) => LineBuffer::of_records(offset, line, records.clone()),
        };
        self.open = Some((file, lines));
        if self.trouble.end() {
            (self.say)(&format!("note: {} is there again", self.name));
        }
        true
    }

    /// Where the file now is that was read under this name, if it was renamed within its folder while nobody looked. What is
    /// left of it comes before what the name stands for now.
    fn rotated(&self) -> Option<PathBuf> {
        let renamed = self.how.tail && self.stand.offset > 0 && Id::of(&self.stand.path).ok() != Some(self.stand.id);
        if !renamed {
            return None;
        }
        let folder = self.stand.path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let all = fs::read_dir(folder).ok()?.flatten().map(|e| e.path());
        all.take(FILES_MAX).find(|path| Id::of(path).ok() == Some(self.stand.id))
    }

    fn begin_anew(&mut self) {
        (self.open, self.replaced) = (None, false);
        (self.stand.offset, self.stand.line) = (0, 1);
    }

    /// There is no more to read for now. The beginning of a line stays where it is as long as the file may grow.
    fn end(&mut self, to: &mut Inlet<'_>) -> Read {
        if !self.how.tail {
            self.last_line(to);
            self.stand = self.stand();
            self.stand.done = true;
            self.open = None;
            return Read::Done;
        }
        let Some((_, lines)) = &self.open else { return self.later() };
        let read_to = lines.read_to();
        match fs::metadata(&self.stand.path) {
            Ok(about) if about.is_dir() => {
                self.trouble.tell(format!("{} was replaced by a folder; waiting for a file", self.name), &self.say);
            }
            Ok(about) if (Id { device: about.dev(), inode: about.ino() }) != self.stand.id => {
                // What was written to the old one between our last read and its renaming is read first; then only a last
                // line without an end may be left.
                if std::mem::replace(&mut self.replaced, true) {
                    self.last_line(to);
                    self.begin_anew();
                }
                return Read::Some;
            }
            Ok(about) if about.len() < read_to => {
                (self.say)(&format!("warning: {} was cut off; it is read from its beginning", self.name));
                self.begin_anew();
                return Read::Some;
            }
            Ok(_) => {
                self.trouble.end();
                self.gone = false;
            }
            Err(e) => {
                self.gone = e.kind() == io::ErrorKind::NotFound;
                self.trouble.tell(format!("{} is gone: {}; waiting for it", self.name, plain(&e)), &self.say);
            }
        }
        self.later()
    }

    fn last_line(&mut self, to: &mut Inlet<'_>) {
        let Some((_, lines)) = &mut self.open else { return };
        lines.take_rest(&mut self.taken);
        self.give(to, true);
    }

    /// The file as one message.
    fn whole(&mut self, to: &mut Inlet<'_>) -> Read {
        let Some((file, _)) = &mut self.open else { return self.later() };
        let mut bytes = Vec::new();
        if let Err(e) = io::Read::take(file, RECORD_BYTES_MAX as u64 + 1).read_to_end(&mut bytes) {
            self.trouble.tell(format!("cannot read {}: {}", self.name, plain(&e)), &self.say);
            return self.later();
        }
        if bytes.len() > RECORD_BYTES_MAX {
            let message = format!("a file that is one message may have {} MiB at most", RECORD_BYTES_MAX >> 20);
            to.refuse(&Fault::new(Kind::TooLong, 0, 1, message), &self.name, 1, &bytes[..200]);
        } else {
            let all = 0..bytes.len();
            to.offer(&Messages {
                bytes: &bytes,
                ranges: std::slice::from_ref(&all),
                name: &self.name,
                lines: &[1],
                properties: &[("file.path", &self.name)],
                eof: true,
            });
        }
        (self.stand.offset, self.stand.done, self.open) = (bytes.len() as u64, true, None);
        Read::Done
    }
}

//! How far an app's sinks are, on disk: a position and what each sink needs to go on from there.
//!
//! A file of records: length (u32) and crc32c (u32) of the payload; position (u64), number of sinks (u32), and for each its
//! key and its bytes. The last whole record counts. When the file has grown it is begun anew beside the old one, and
//! takes its name when it is whole.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use riddhi_batch::{Reader, Writer};

use super::disk::Patient;

/// Bytes at which the file is begun anew.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// What was noted last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// All outputs of entries before it were handed on.
    pub position: u64,
    /// By key: what a sink needs to go on.
    pub sinks: BTreeMap<String, Vec<u8>>,
}

/// The file being written.
pub struct Notes {
    path: PathBuf,
    file: File,
    bytes: u64,
    last: Vec<u8>,
    patient: Arc<Patient>,
}

impl Notes {
    /// What was noted last in the file at `path`; nothing if there is none.
    pub fn read(path: &Path) -> io::Result<Published> {
        let bytes = match fs::read(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Published::default()),
            other => other?,
        };
        let (mut rest, mut last) = (&bytes[..], Published::default());
        while let Some((payload, after)) = record(rest) {
            last = parse(payload).unwrap_or(last);
            rest = after;
        }
        Ok(last)
    }

    /// Begins the file anew.
    pub fn create(path: &Path, patient: Arc<Patient>) -> io::Result<Notes> {
        if !path.exists() {
            patient.create(path)?;
        }
        let file = OpenOptions::new().append(true).open(path)?;
        let bytes = file.metadata()?.len();
        let mut notes = Notes { path: path.to_path_buf(), file, bytes, last: Vec::new(), patient };
        if bytes > 0 {
            // A torn end would hide what is written after it.
            let published = Notes::read(path)?;
            let sinks = published.sinks.iter().map(|(k, v)| (k.as_str(), v.clone()));
            let payload = payload(published.position, sinks);
            notes.begin_anew(&payload)?;
        }
        Ok(notes)
    }

    /// Notes a position. A full disk is waited for; other trouble is told.
    pub fn write<'a>(&mut self, position: u64, sinks: impl Iterator<Item = (&'a str, Vec<u8>)>) {
        let payload = payload(position, sinks);
        if payload == self.last {
            return;
        }
        let written = if self.bytes + payload.len() as u64 > FILE_BYTES_MAX {
            self.begin_anew(&payload)
        } else {
            let record = framed(&payload);
            self.bytes += record.len() as u64;
            self.patient.write_all(&mut self.file, &record, &self.path)
        };
        match written {
            Ok(()) => self.last = payload,
            Err(e) => {
                self.patient.tell(&format!("warning: cannot write {}: {}", self.path.display(), crate::exit::plain(&e)))
            }
        }
    }

    fn begin_anew(&mut self, payload: &[u8]) -> io::Result<()> {
        let beside = self.path.with_extension("new");
        let mut file = self.patient.create(&beside)?;
        let record = framed(payload);
        self.patient.write_all(&mut file, &record, &beside)?;
        file.sync_data()?;
        self.patient.rename(&beside, &self.path)?;
        self.bytes = record.len() as u64;
        self.file = OpenOptions::new().append(true).open(&self.path)?;
        Ok(())
    }

    /// Puts what was noted where a power cut does not reach it.
    pub fn sync(&self) {
        let _ = self.file.sync_data();
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        self.sync();
        let _ = self.file.flush();
    }
}

/// A file of notes that somebody else writes, followed.
pub struct NotesTail {
    path: PathBuf,
    file: Option<File>,
    /// Bytes of a record that is not whole yet.
    rest: Vec<u8>,
    position: u64,
}

impl NotesTail {
    /// Of the file at `path`, which need not be there yet.
    pub fn new(path: PathBuf) -> NotesTail {
        NotesTail { path, file: None, rest: Vec::new(), position: 0 }
    }

    /// The position that was noted last, 0 if there is none yet.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn position(&mut self) -> io::Result<u64> {
        let now = match fs::metadata(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(self.position),
            other => other?.ino(),
        };
        if !self.file.as_ref().is_some_and(|file| file.metadata().is_ok_and(|m| m.ino() == now)) {
            self.file = Some(File::open(&self.path)?);
            self.rest.clear();
        }
        let Some(file) = &mut self.file else { return Ok(self.position) };
        // The writer begins the file anew at a bound, so this is no more.
        file.read_to_end(&mut self.rest)?;
        let mut used = 0;
        while let Some((payload, after)) = record(&self.rest[used..]) {
            self.position = parse(payload).map_or(self.position, |noted| noted.position);
            used = self.rest.len() - after.len();
        }
        self.rest.drain(..used);
        Ok(self.position)
    }
}

fn framed(payload: &[u8]) -> Vec<u8> {
    let mut record = (payload.len() as u32).to_le_bytes().to_vec();
    record.extend_from_slice(&crc32c::crc32c(payload).to_le_bytes());
    record.extend_from_slice(payload);
    record
}

fn payload<'a>(position: u64, sinks: impl Iterator<Item = (&'a str, Vec<u8>)>) -> Vec<u8> {
    let mut out = Writer::default();
    out.put_u64(position);
    let sinks: Vec<_> = sinks.collect();
    out.put_u32(sinks.len() as u32);
    for (key, bytes) in sinks {
        out.put_bytes(key.as_bytes());
        out.put_bytes(&bytes);
    }
    out.bytes
}

fn record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<8>()?;
    let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let length = word(0) as usize;
    let payload = rest.get(..length)?;
    (crc32c::crc32c(payload) == word(4)).then(|| (payload, &rest[length..]))
}

fn parse(payload: &[u8]) -> Option<Published> {
    let mut from = Reader::new(payload);
    let position = from.get_u64().ok()?;
    let mut sinks = BTreeMap::new();
    for _ in 0..from.get_u32().ok()? {
        let key = String::from_utf8(from.get_bytes().ok()?.to_vec()).ok()?;
        sinks.insert(key, from.get_bytes().ok()?.to_vec());
    }
    Some(Published { position, sinks })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::Stop;

    #[test]
    fn notes_are_followed_across_a_new_file_and_half_a_record() {
        let path = std::env::temp_dir().join(format!("riddhi-notes-{}", std::process::id()));
        let _ = fs::remove_file(&path);
        let mut tail = NotesTail::new(path.clone());
        assert_eq!(tail.position().unwrap(), 0);
        let mut notes = Notes::create(&path, Patient::new(None, Stop::never(), None)).unwrap();
        for position in [3, 5] {
            notes.write(position, [("sink", vec![1, 2])].into_iter());
            assert_eq!(tail.position().unwrap(), position);
        }
        notes.begin_anew(&payload(8, std::iter::empty())).unwrap();
        assert_eq!(tail.position().unwrap(), 8);
        let record = framed(&payload(9, std::iter::empty()));
        for (at, byte) in record.iter().enumerate() {
            notes.file.write_all(&[*byte]).unwrap();
            assert_eq!(tail.position().unwrap(), if at + 1 == record.len() { 9 } else { 8 });
        }
        fs::remove_file(&path).unwrap();
    }
}

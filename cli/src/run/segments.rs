//! A journal in segments: files of a folder, each named by the position of its first entry.
//!
//! Invariants: a segment follows the one before without a gap; what is written is written whole, or the disk is waited for.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use riddhi_batch::Frame;
use riddhi_journal::{Inputs, JournalWriter, WriteError};

use super::background::Background;
use super::disk::{Patient, PatientFile, sync_folder};
use super::store::{name_at, position_in};
use crate::exit::{Exit, Failure, plain};

const KIND: &str = "journal-";

/// Notes in a journal begin with what they are.
pub const START: u8 = 1;
/// Where the sources stand.
pub const SOURCES: u8 = 2;

/// The note before the first entry: what the clock reads, and the time zone of schedules.
pub fn start_note(now: i64, zone: &str) -> Vec<u8> {
    let mut note = vec![START];
    note.extend_from_slice(&now.to_le_bytes());
    note.extend_from_slice(zone.as_bytes());
    note
}

/// A file of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Position of its first entry.
    pub base: u64,
    /// Where it is.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

/// Where the segment is that begins at a position.
pub fn segment_path(folder: &Path, base: u64) -> PathBuf {
    folder.join(name_at(KIND, base))
}

/// The segments of a folder, in order.
pub fn list(folder: &Path) -> io::Result<Vec<Segment>> {
    let segment = |e: fs::DirEntry| {
        let base = position_in(&e.file_name().to_string_lossy(), KIND)?;
        Some(Segment { base, path: e.path(), bytes: e.metadata().ok()?.len() })
    };
    let mut all: Vec<Segment> = fs::read_dir(folder)?.flatten().filter_map(segment).collect();
    all.sort_by_key(|s| s.base);
    Ok(all)
}

/// A journal being written.
pub struct Segments {
    folder: PathBuf,
    inputs: Inputs,
    /// Name of the time zone of schedules.
    zone: String,
    /// None while one has ended and the next has not begun.
    writer: Option<JournalWriter<PatientFile>>,
    /// The one that is being written last.
    segments: Vec<Segment>,
    written: Arc<AtomicU64>,
    /// Another handle of the segment at hand, and bytes of it that went to the disk or are on their way there.
    file: Option<File>,
    sent: u64,
    background: Background,
    patient: Arc<Patient>,
}

/// Bytes that are written before they are sent to the disk without waiting for it: the end of a segment waits for the rest.
const SENT_BYTES: u64 = 4 << 20;
/// Bytes that are sent before the disk is asked to write them from its own memory too.
const FLUSHED_BYTES: u64 = 32 << 20;
/// Bytes at the end that are not: what comes next is written beside them, and a page on its way to the disk lets nobody write.
const KEPT_BYTES: u64 = 1 << 20;

impl Segments {
    /// Goes on after `segments`, with a new one that begins at `base`, the clock reading `now`.
    pub fn begin(
        folder: &Path,
        inputs: Inputs,
        zone: &str,
        segments: Vec<Segment>,
        base: u64,
        now: i64,
        patient: Arc<Patient>,
    ) -> Result<Segments, Failure> {
        let mut all = Segments {
            folder: folder.to_path_buf(),
            inputs,
            zone: zone.to_owned(),
            writer: None,
            segments,
            written: Arc::default(),
            file: None,
            sent: 0,
            background: Background::default(),
            patient,
        };
        all.next(base, now)?;
        Ok(all)
    }

    /// Ends the segment at hand and begins another, perhaps for an app with other streams.
    pub fn next(&mut self, base: u64, now: i64) -> Result<(), Failure> {
        self.end()?;
        let path = segment_path(&self.folder, base);
        self.written = Arc::default();
        let file = PatientFile::create(&path, self.patient.clone(), self.written.clone());
        let file = file.map_err(|e| failed(&path, &WriteError::Io(e)))?;
        (self.file, self.sent) = (file.file.try_clone().ok(), 0);
        let mut writer = JournalWriter::new(file, &self.inputs, base).map_err(|e| failed(&path, &e))?;
        writer.note(&start_note(now, &self.zone)).map_err(|e| failed(&path, &e))?;
        self.segments.retain(|s| s.base != base);
        self.segments.push(Segment { base, path, bytes: 0 });
        self.writer = Some(writer);
        let synced = sync_folder(&self.folder);
        synced.map_err(|e| failed(&self.folder, &WriteError::Io(e)))
    }

    /// The streams of entries from the next segment on.
    pub fn set_inputs(&mut self, inputs: Inputs) {
        self.inputs = inputs;
    }

    /// Writes the entries of a frame.
    pub fn append(&mut self, frame: &Frame) -> Result<(), Failure> {
        self.write(|writer| writer.append(frame))
    }

    /// The same and a note behind them, at once: in a pair both are one record.
    pub fn append_noted(&mut self, frame: &Frame, kind: u8, bytes: &[u8]) -> Result<(), Failure> {
        let mut note = Vec::with_capacity(1 + bytes.len());
        note.push(kind);
        note.extend_from_slice(bytes);
        self.write(|writer| writer.append_noted(frame, &note))
    }

    fn write(
        &mut self,
        f: impl FnOnce(&mut JournalWriter<PatientFile>) -> Result<(), WriteError>,
    ) -> Result<(), Failure> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let written = f(writer);
        let Some(last) = self.segments.last_mut() else { return Ok(()) };
        last.bytes = self.written.load(Ordering::Relaxed);
        if let Some(file) = self.file.as_ref().filter(|_| last.bytes >= self.sent + SENT_BYTES + KEPT_BYTES) {
            let to = last.bytes - KEPT_BYTES;
            let flush = to / FLUSHED_BYTES > self.sent / FLUSHED_BYTES;
            self.background.write_out(file, self.sent..to, flush);
            self.sent = to;
        }
        written.map_err(|e| failed(&last.path, &e))
    }

    /// Bytes of all segments.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|s| s.bytes).sum()
    }

    /// Bytes of the segment at hand.
    pub fn bytes_at_hand(&self) -> u64 {
        self.segments.last().map_or(0, |s| s.bytes)
    }

    /// Ends the segment at hand; it is on the disk afterwards.
    pub fn end(&mut self) -> Result<(), Failure> {
        self.file = None;
        let (Some(writer), Some(last)) = (self.writer.take(), self.segments.last()) else { return Ok(()) };
        let file = writer.finish().map_err(|e| failed(&last.path, &e))?;
        file.file.sync_data().map_err(|e| failed(&last.path, &WriteError::Io(e)))
    }

    /// Deletes segments of which all entries stand before `position`.
    pub fn drop_before(&mut self, position: u64) {
        while self.segments.len() > 1 && self.segments[1].base <= position {
            let old = self.segments.remove(0);
            let patient = &self.patient;
            // In a pair somebody may read it.
            let deleted = self.background.delete(&old.path, patient.is_alone(), || patient.remove(&old.path));
            if let Err(e) = deleted {
                patient.tell(&format!("warning: cannot delete {}: {}", old.path.display(), plain(&e)));
            }
        }
    }
}

fn failed(path: &Path, error: &WriteError) -> Failure {
    let cause = match error {
        WriteError::Io(cause) => plain(cause),
        other => other.to_string(),
    };
    Failure::new(Exit::Failed, format!("cannot write the journal {}: {cause}", path.display()))
}

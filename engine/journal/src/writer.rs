//! Writes a journal.

use std::io::{self, Write};

use riddhi_batch::{Answered, Entry, Frame, TICK};
use thiserror::Error;

use crate::encode::{Room, encode};
use crate::header::{self, Inputs};
use crate::{
    ANSWER_BYTES_MAX, ANSWERS, END, ENTRIES, HEADER_BYTES_MAX, MAGIC, NOTE, NOTE_BYTES_MAX, QUERY, RECORD_BYTES_FULL,
    RECORD_BYTES_MAX, RECORD_HEAD, VERSION,
};

/// Why entries could not be written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The bytes could not be written; the journal may end in the middle of a record.
    #[error("cannot write the journal")]
    Io(#[from] io::Error),
    /// An entry alone is larger than a record may be.
    #[error("entry {position} takes {bytes} bytes, more than the {RECORD_BYTES_MAX} that a record may have")]
    TooLarge {
        /// Its position.
        position: u64,
        /// Bytes it would take.
        bytes: usize,
    },
    /// A frame does not follow the one before.
    #[error("entry {found} comes where {expected} is the next")]
    Position {
        /// Position of the frame's first entry.
        found: u64,
        /// Position after the last entry written.
        expected: u64,
    },
    /// An entry is of a stream that is not among the inputs.
    #[error("entry {position} is of stream {stream}, which takes no input")]
    Stream {
        /// Its position.
        position: u64,
        /// The stream's number.
        stream: u32,
    },
    /// A note is larger than one may be.
    #[error("a note has {0} bytes, more than the {NOTE_BYTES_MAX} it may have")]
    Note(usize),
    /// The answers of stores to one frame are larger than they may be.
    #[error("what stores answered to a frame has {0} bytes, more than the {ANSWER_BYTES_MAX} it may have")]
    Answers(usize),
    /// The streams take more room than a header may have.
    #[error("the app's streams take {0} bytes, more than a journal's header may have")]
    Header(usize),
}

/// Writes entries as they are handed to an engine. Each call of [`JournalWriter::append`] writes its records at once;
/// whether they stay in a buffer is up to the `Write` below.
#[derive(Debug)]
pub struct JournalWriter<W> {
    to: W,
    /// By stream: its place in the journal's list.
    places: Vec<u32>,
    next: u64,
    /// Position after the last entry that has answers so far.
    answered: u64,
    /// Records that are not written yet, and where the one at hand begins.
    records: Vec<u8>,
    start: usize,
    room: Room,
}

impl<W: Write> JournalWriter<W> {
    /// Begins a journal whose first entry has position `base`.
    pub fn new(mut to: W, inputs: &Inputs, base: u64) -> Result<JournalWriter<W>, WriteError> {
        let middle = header::encode(inputs, base);
        if middle.len() > HEADER_BYTES_MAX {
            return Err(WriteError::Header(middle.len()));
        }
        let mut head = MAGIC.to_vec();
        head.extend_from_slice(&VERSION.to_le_bytes());
        head.extend_from_slice(&(middle.len() as u32).to_le_bytes());
        head.extend_from_slice(&middle);
        head.extend_from_slice(&crc32c::crc32c(&head).to_le_bytes());
        to.write_all(&head)?;
        Ok(JournalWriter {
            to,
            places: inputs.places(),
            next: base,
            answered: base,
            records: Vec::new(),
            start: 0,
            room: Room::default(),
        })
    }

    /// Position of the next entry.
    pub fn position(&self) -> u64 {
        self.next
    }

    /// Writes all entries of a frame, before it is processed: that may move its rows away. After an error of writing the
    /// journal is of no more use; what was written before it can be read.
    pub fn append(&mut self, frame: &Frame) -> Result<(), WriteError> {
        self.records.clear();
        self.put(frame)?;
        Ok(self.to.write_all(&self.records)?)
    }

    /// Makes records of all entries of a frame, before it is processed, but writes nothing yet.
    pub fn hold(&mut self, frame: &Frame) -> Result<(), WriteError> {
        self.records.clear();
        self.put(frame)
    }

    /// Writes the entries that are held, and before them what stores answered to them when the frame was processed, with one
    /// call of `Write`.
    pub fn append_held(&mut self, answered: Option<&Answered>) -> Result<(), WriteError> {
        let held = std::mem::take(&mut self.records);
        answered.map_or(Ok(()), |answered| self.put_answers(answered))?;
        self.records.extend_from_slice(&held);
        Ok(self.to.write_all(&self.records)?)
    }

    /// The same and a note behind it, with one call of `Write`.
    pub fn append_noted(&mut self, frame: &Frame, note: &[u8]) -> Result<(), WriteError> {
        self.records.clear();
        self.put(frame)?;
        self.put_note(note)?;
        Ok(self.to.write_all(&self.records)?)
    }

    /// Makes records of all entries of a frame.
    fn put(&mut self, frame: &Frame) -> Result<(), WriteError> {
        if frame.base != self.next {
            return Err(WriteError::Position { found: frame.base, expected: self.next });
        }
        let known = |e: &Entry| self.places.get(e.stream as usize).is_some_and(|&p| p != u32::MAX);
        if let Some(at) = frame.entries.iter().position(|e| e.stream != TICK && !known(e)) {
            let stream = frame.entries[at].stream;
            return Err(WriteError::Stream { position: frame.base + at as u64, stream });
        }
        if frame.entries.is_empty() {
            return Ok(());
        }
        if let Some(answered) = frame.answered.as_ref().filter(|a| a.until > self.answered) {
            self.put_answers(answered)?;
        }
        if !frame.asked.is_empty() {
            return self.put_query(frame);
        }
        self.encode(frame, 0, frame.entries.len())
    }

    /// Writes bytes that belong between the entries before and those after it. A note tells that all before it is whole.
    pub fn note(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.records.clear();
        self.put_note(bytes)?;
        Ok(self.to.write_all(&self.records)?)
    }

    /// The record of a query, which is the frame's only entry.
    fn put_query(&mut self, frame: &Frame) -> Result<(), WriteError> {
        self.begin();
        let bytes = 16 + frame.asked.len();
        if bytes > RECORD_BYTES_MAX {
            return Err(WriteError::TooLarge { position: frame.base, bytes });
        }
        let now = frame.entries[0].now;
        self.records.extend_from_slice(&frame.base.to_le_bytes());
        self.records.extend_from_slice(&now.to_le_bytes());
        self.records.extend_from_slice(frame.asked.as_bytes());
        self.seal(QUERY);
        self.next += 1;
        Ok(())
    }

    fn put_answers(&mut self, answered: &Answered) -> Result<(), WriteError> {
        if answered.bytes.len() > ANSWER_BYTES_MAX {
            return Err(WriteError::Answers(answered.bytes.len()));
        }
        self.begin();
        self.records.extend_from_slice(&answered.until.to_le_bytes());
        self.records.extend_from_slice(&answered.bytes);
        self.seal(ANSWERS);
        self.answered = answered.until;
        Ok(())
    }

    fn put_note(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(WriteError::Note(bytes.len()));
        }
        self.begin();
        self.records.extend_from_slice(bytes);
        self.seal(NOTE);
        Ok(())
    }

    /// Makes records of the entries `from..to`, halved until they are small enough for one.
    fn encode(&mut self, frame: &Frame, from: usize, to: usize) -> Result<(), WriteError> {
        self.begin();
        encode(frame, from, to, &self.places, &mut self.room, &mut self.records);
        let bytes = self.records.len() - self.start - RECORD_HEAD;
        if bytes > RECORD_BYTES_FULL && to - from > 1 {
            let middle = from + (to - from) / 2;
            self.records.truncate(self.start);
            self.encode(frame, from, middle)?;
            return self.encode(frame, middle, to);
        }
        if bytes > RECORD_BYTES_MAX {
            return Err(WriteError::TooLarge { position: frame.base + from as u64, bytes });
        }
        self.seal(ENTRIES);
        self.next += (to - from) as u64;
        Ok(())
    }

    /// Begins a record behind those that are not written yet.
    fn begin(&mut self) {
        self.start = self.records.len();
        self.records.resize(self.start + RECORD_HEAD, 0);
    }

    /// Puts the head before the payload of the record at hand.
    fn seal(&mut self, kind: u8) {
        let (head, payload) = self.records[self.start..].split_at_mut(RECORD_HEAD);
        head[..4].copy_from_slice(&(payload.len() as u32).to_le_bytes());
        head[4] = kind;
        head[5..9].copy_from_slice(&crc32c::crc32c(payload).to_le_bytes());
        let sum = crc32c::crc32c(&head[..9]);
        head[9..].copy_from_slice(&sum.to_le_bytes());
    }

    /// Hands on what the `Write` below may hold back.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        Ok(self.to.flush()?)
    }

    /// Ends the journal, and gives back what it was written to, flushed. A journal dropped without it can be read, and
    /// counts as cut.
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.records.clear();
        self.begin();
        self.records.extend_from_slice(&self.next.to_le_bytes());
        self.seal(END);
        self.to.write_all(&self.records)?;
        self.to.flush()?;
        Ok(self.to)
    }
}

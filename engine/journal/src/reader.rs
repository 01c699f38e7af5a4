//! Reads a journal.

use std::io::{self, Read, Seek, SeekFrom};

use riddhi_batch::{Answered, Chunk, Entry, Frame, Sel};
use thiserror::Error;

use crate::decode::{decode, decode_query};
use crate::header::{self, Inputs};
use crate::{
    ANSWERS, END, ENTRIES, FRAME_ROWS_MAX, HEADER_BYTES_MAX, MAGIC, NOTE, QUERY, RECORD_BYTES_MAX, RECORD_HEAD, VERSION,
};

/// Why a journal cannot be read, or no further.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The bytes could not be read.
    #[error("cannot read the journal at byte {offset}")]
    Io {
        /// Where.
        offset: u64,
        /// Why.
        source: io::Error,
    },
    /// It does not begin as a journal does.
    #[error("this is no journal of Riddhi")]
    Foreign,
    /// It is of a version that this Riddhi does not read.
    #[error("the journal has version {0}, this Riddhi reads version {VERSION}")]
    Version(u16),
    /// Its streams are not the app's.
    #[error("the journal is of another app: {0}")]
    Streams(String),
    /// Its bytes are damaged. All entries before this position were read.
    #[error("the journal is damaged at byte {offset}, entry {position}: {what}")]
    Damaged {
        /// Where the damaged header or record begins.
        offset: u64,
        /// Position of the entry that should come next.
        position: u64,
        /// What is wrong.
        what: &'static str,
    },
}

/// How a journal ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With its end record.
    Whole,
    /// Without one, after a record or within one: whoever wrote it was interrupted. All whole records were read.
    Cut {
        /// Where the last whole record ends.
        offset: u64,
        /// Bytes after it: the beginning of a record.
        torn_bytes: u64,
    },
}

/// What was noted between two entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Position of the entry that follows it.
    pub position: u64,
    /// Where it ends in the journal.
    pub offset: u64,
    /// What was noted.
    pub bytes: Vec<u8>,
}

/// What a record was.
enum Record {
    Entries,
    Note,
    /// There are no more.
    Nothing,
}

/// Reads entries into frames.
#[derive(Debug)]
pub struct JournalReader<R> {
    from: R,
    /// By place in the journal's list: number of the stream in frames.
    streams: Vec<u32>,
    /// Bytes read, up to the end of the last whole record.
    offset: u64,
    /// The record that is being handed out, its streams numbered by place.
    page: Frame,
    /// Entries of it handed out, and of each stream the rows.
    taken: usize,
    rows_taken: Vec<usize>,
    payload: Vec<u8>,
    /// Position of the next entry to be read from a record.
    next: u64,
    now: i64,
    ending: Option<Ending>,
    /// What stores answered to the entries up to there.
    answered: Option<Answered>,
    /// The last one read.
    note: Option<Note>,
    /// To be returned once the entries before it are.
    failed: Option<ReadError>,
}

impl<R: Read> JournalReader<R> {
    /// Begins to read. The journal's streams must be among `inputs`, with the same attributes.
    pub fn new(mut from: R, inputs: &Inputs) -> Result<JournalReader<R>, ReadError> {
        let mut head = Vec::new();
        take(&mut from, MAGIC.len() + 6, &mut head, 0)?;
        let rest = head.strip_prefix(MAGIC).ok_or(ReadError::Foreign)?;
        let [v0, v1, l0, l1, l2, l3] = *rest.first_chunk::<6>().ok_or(ReadError::Foreign)?;
        match u16::from_le_bytes([v0, v1]) {
            VERSION => {}
            other => return Err(ReadError::Version(other)),
        }
        let damaged = |what| ReadError::Damaged { offset: 0, position: 0, what };
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        if length > HEADER_BYTES_MAX {
            return Err(damaged("the header is too long"));
        }
        let before = head.len();
        take(&mut from, length + 4, &mut head, 0)?;
        let Some((covered, sum)) = head.split_last_chunk::<4>().filter(|_| head.len() == before + length + 4) else {
            return Err(damaged("the header ends too early"));
        };
        if crc32c::crc32c(covered) != u32::from_le_bytes(*sum) {
            return Err(damaged("the header's checksum does not fit"));
        }
        let (base, streams) = header::decode(&covered[before..]).map_err(damaged)?;
        let numbers: Result<Vec<u32>, _> = streams.iter().map(|s| number(s, inputs)).collect();
        Ok(JournalReader {
            from,
            streams: numbers.map_err(ReadError::Streams)?,
            offset: head.len() as u64,
            page: Frame::new(streams.iter().map(|s| &s.schema)),
            taken: 0,
            rows_taken: vec![0; streams.len()],
            payload: Vec::new(),
            next: base,
            now: i64::MIN,
            ending: None,
            answered: None,
            note: None,
            failed: None,
        })
    }

    /// Position of the next entry that [`JournalReader::next`] gives.
    pub fn position(&self) -> u64 {
        self.next - (self.page.entries.len() - self.taken) as u64
    }

    /// How the journal ended, once it has.
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// The last note that was read. Notes are read with the entries after them, so it may stand before entries that were not
    /// given yet.
    pub fn note(&self) -> Option<&Note> {
        self.note.as_ref()
    }

    /// Reads up to the first entries, so that a note before them can be seen.
    pub fn prime(&mut self) {
        if self.taken == self.page.entries.len() {
            self.turn_page();
        }
    }

    /// Empties the frame and fills it with the next entries, `entries_max` at most, and at least one; false if there are no
    /// more. A query comes in a frame of its own. An error comes after all entries before it.
    pub fn next(&mut self, frame: &mut Frame, entries_max: usize) -> Result<bool, ReadError> {
        frame.reset(self.position());
        while frame.entries.len() < entries_max.max(1) && frame.rows < FRAME_ROWS_MAX {
            if self.taken == self.page.entries.len() && !self.turn_page() {
                break;
            }
            let position = self.position();
            let answered = self.answered.as_ref().filter(|a| position < a.until);
            let until = |a: Option<&Answered>| a.map(|a| a.until);
            if frame.entries.is_empty() {
                frame.answered = answered.cloned();
            } else if until(frame.answered.as_ref()) != until(answered) {
                break;
            }
            let run = answered.map_or(usize::MAX, |a| usize::try_from(a.until - frame.base).unwrap_or(usize::MAX));
            if !self.page.asked.is_empty() {
                if frame.entries.is_empty() {
                    self.taken = 1;
                    frame.ask(&self.page.asked, self.page.entries[0].now);
                }
                break;
            }
            self.hand_out(frame, entries_max.max(1).min(run));
        }
        match self.failed.take() {
            Some(failed) if frame.entries.is_empty() => Err(failed),
            failed => {
                self.failed = failed;
                Ok(!frame.entries.is_empty())
            }
        }
    }

    /// Moves entries from the page to the frame until it is full or the page is empty.
    fn hand_out(&mut self, frame: &mut Frame, entries_max: usize) {
        let first = self.taken;
        while self.taken < self.page.entries.len() && frame.entries.len() < entries_max && frame.rows < FRAME_ROWS_MAX {
            let entry = self.page.entries[self.taken];
            self.taken += 1;
            let Some(&stream) = self.streams.get(entry.stream as usize) else {
                frame.tick(entry.now, entry.sets);
                continue;
            };
            let flow = &mut frame.flows[stream as usize];
            let at = flow.chunks.last().map_or(0, |c| c.first + c.rows);
            if flow.chunks.is_empty() {
                frame.touched.push(stream);
            }
            let step = frame.entries.len() as u32;
            flow.chunks.push(Chunk { step, cause: step, first: at, rows: entry.rows });
            flow.committed = at + entry.rows;
            frame.entries.push(Entry { stream, first: at, ..entry });
            frame.rows += entry.rows as usize;
        }
        if first == 0 && self.taken == self.page.entries.len() && frame.arena.is_empty() && self.alone(frame) {
            return self.swap(frame);
        }
        for (place, &stream) in self.streams.iter().enumerate() {
            let to = &mut frame.flows[stream as usize];
            let wanted = to.chunks.last().map_or(0, |c| (c.first + c.rows) as usize);
            let n = wanted - to.rows.len();
            if n == 0 {
                continue;
            }
            let (from, sel) = (&self.page.flows[place].rows, Sel::From(self.rows_taken[place]));
            to.rows.ts.extend_from_slice(&from.ts[self.rows_taken[place]..self.rows_taken[place] + n]);
            for (to, from) in to.rows.cols.iter_mut().zip(&from.cols) {
                to.append_from(from, sel, n, &self.page.arena, &mut frame.arena);
            }
            self.rows_taken[place] += n;
        }
    }

    /// Whether the frame has the entries of this page and no others.
    fn alone(&self, frame: &Frame) -> bool {
        frame.entries.len() == self.page.entries.len()
    }

    /// Gives the whole page's rows to the frame, without copying.
    fn swap(&mut self, frame: &mut Frame) {
        std::mem::swap(&mut frame.arena, &mut self.page.arena);
        for (place, &stream) in self.streams.iter().enumerate() {
            std::mem::swap(&mut frame.flows[stream as usize].rows, &mut self.page.flows[place].rows);
        }
    }

    /// Reads the next record into the page; false at the end and after an error, which is kept.
    fn turn_page(&mut self) -> bool {
        if self.ending.is_some() || self.failed.is_some() {
            return false;
        }
        loop {
            self.page.reset(self.next);
            self.taken = 0;
            self.rows_taken.fill(0);
            match self.read_record() {
                Ok(Record::Entries) => return true,
                Ok(Record::Note) => {}
                Ok(Record::Nothing) => return false,
                Err(failed) => {
                    self.page.reset(self.next);
                    self.failed = Some(failed);
                    return false;
                }
            }
        }
    }

    /// Reads the record at `offset`, whose entries would begin at `next`, whole or not at all; gives its kind and the bytes it takes.
    fn read_whole(&mut self, offset: u64, next: u64) -> Result<Option<(u8, u64)>, ReadError> {
        let damaged = |what| Err(ReadError::Damaged { offset, position: next, what });
        self.payload.clear();
        take(&mut self.from, RECORD_HEAD, &mut self.payload, offset)?;
        let Some(head) = self.payload.first_chunk::<RECORD_HEAD>().copied() else { return Ok(None) };
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        if crc32c::crc32c(&head[..9]) != word(9) {
            return damaged("a record's head is damaged");
        }
        let length = word(0) as usize;
        if length > RECORD_BYTES_MAX {
            return damaged("a record is too long");
        }
        take(&mut self.from, length, &mut self.payload, offset)?;
        if self.payload.len() < RECORD_HEAD + length {
            return Ok(None);
        }
        if crc32c::crc32c(&self.payload[RECORD_HEAD..]) != word(5) {
            return damaged("a record's checksum does not fit");
        }
        Ok(Some((head[4], self.payload.len() as u64)))
    }

    fn read_record(&mut self) -> Result<Record, ReadError> {
        let Some((kind, _)) = self.read_whole(self.offset, self.next)? else { return Ok(self.cut()) };
        let payload = &self.payload[RECORD_HEAD..];
        let record = match kind {
            ENTRIES => {
                decode(payload, self.now, &mut self.page).map_err(|what| self.damaged(what))?;
                if self.page.base != self.next {
                    return Err(self.damaged("a record does not follow the one before"));
                }
                Record::Entries
            }
            QUERY => {
                decode_query(payload, self.now, &mut self.page).map_err(|what| self.damaged(what))?;
                if self.page.base != self.next {
                    return Err(self.damaged("a record does not follow the one before"));
                }
                Record::Entries
            }
            NOTE => Record::Note,
            ANSWERS => {
                let (until, bytes) = payload.split_first_chunk::<8>().ok_or(self.damaged("answers are too short"))?;
                let until = u64::from_le_bytes(*until);
                if until <= self.next || self.answered.as_ref().is_some_and(|a| self.next < a.until) {
                    return Err(self.damaged("answers are for no entries"));
                }
                self.answered = Some(Answered { until, bytes: bytes.into() });
                Record::Note
            }
            END if payload == self.next.to_le_bytes() => {
                self.ending = Some(Ending::Whole);
                Record::Nothing
            }
            END => return Err(self.damaged("it ends at another entry than it says")),
            _ => return Err(self.damaged("a record is of an unknown kind")),
        };
        self.offset += self.payload.len() as u64;
        self.next += self.page.entries.len() as u64;
        self.now = self.page.entries.last().map_or(self.now, |e| e.now);
        if kind == NOTE {
            let bytes = self.payload[RECORD_HEAD..].to_vec();
            self.note = Some(Note { position: self.next, offset: self.offset, bytes });
        }
        if matches!(record, Record::Nothing) {
            let mut after = Vec::new();
            take(&mut self.from, 1, &mut after, self.offset)?;
            if !after.is_empty() {
                self.ending = None;
                return Err(self.damaged("there is something after the end"));
            }
        }
        Ok(record)
    }

    fn cut(&mut self) -> Record {
        self.ending = Some(Ending::Cut { offset: self.offset, torn_bytes: self.payload.len() as u64 });
        Record::Nothing
    }

    #[cold]
    fn damaged(&self, what: &'static str) -> ReadError {
        ReadError::Damaged { offset: self.offset, position: self.next, what }
    }
}

impl<R: Read + Seek> JournalReader<R> {
    /// After an end that was cut: what was written behind the last whole record since can be read now.
    ///
    /// # Errors
    ///
    /// It cannot be gone back to.
    pub fn again(&mut self) -> Result<(), ReadError> {
        if let Some(Ending::Cut { offset, .. }) = self.ending {
            self.seek(offset)?;
            self.ending = None;
        }
        Ok(())
    }

    /// The last note of the journal, or none. Records that were not read yet are passed over, their entries not decoded;
    /// reading goes on where it was.
    ///
    /// # Errors
    ///
    /// As of [`JournalReader::next`], for whole records.
    pub fn last_note(&mut self) -> Result<Option<Note>, ReadError> {
        self.again()?;
        if self.ending.is_some() || self.failed.is_some() {
            return Ok(self.note.clone());
        }
        let (mut offset, mut next, mut note) = (self.offset, self.next, self.note.clone());
        while let Some((kind, length)) = self.read_whole(offset, next)? {
            let (at, payload) = (offset, &self.payload[RECORD_HEAD..]);
            offset += length;
            match kind {
                ENTRIES | QUERY => {
                    let wrong = |what| ReadError::Damaged { offset: at, position: next, what };
                    let (base, rest) = payload.split_first_chunk::<8>().ok_or(wrong("a record is too short"))?;
                    let (n, _) = rest.split_first_chunk::<4>().ok_or(wrong("a record is too short"))?;
                    let n = if kind == QUERY { 1 } else { u32::from_le_bytes(*n) };
                    if u64::from_le_bytes(*base) != next {
                        return Err(wrong("a record does not follow the one before"));
                    }
                    next += u64::from(n);
                }
                NOTE => note = Some(Note { position: next, offset, bytes: payload.to_vec() }),
                ANSWERS => {}
                _ => break,
            }
        }
        self.seek(self.offset)?;
        Ok(note)
    }

    fn seek(&mut self, offset: u64) -> Result<(), ReadError> {
        self.from.seek(SeekFrom::Start(offset)).map(drop).map_err(|source| ReadError::Io { offset, source })
    }
}

/// The app's number of a stream of the journal.
fn number(stream: &header::Input, inputs: &Inputs) -> Result<u32, String> {
    let name = &stream.name;
    match inputs.streams().iter().find(|ours| ours.name == *name) {
        Some(ours) if ours.schema == stream.schema => Ok(ours.stream),
        Some(_) => Err(format!("stream '{name}' has other attributes there")),
        None => Err(format!("this app has no stream '{name}'")),
    }
}

/// Appends up to `n` bytes to `to`, fewer only at the end of what is read. Room is made as bytes come, not for all that
/// are announced.
fn take(from: &mut impl Read, n: usize, to: &mut Vec<u8>, offset: u64) -> Result<(), ReadError> {
    match from.take(n as u64).read_to_end(to) {
        Ok(_) => Ok(()),
        Err(source) => Err(ReadError::Io { offset, source }),
    }
}

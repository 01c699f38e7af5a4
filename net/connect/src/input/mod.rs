//! Events files: reading their records into frames.
//!
//! Invariants: memory does not grow with the file; a record is either appended to the frame whole or refused whole with
//! a [`fault::Fault`] that names the place; nothing blocks but [`lines::Lines::fill`].
//! Not here: what the engine does with a frame, and the clock (the caller stamps each chunk).

pub mod csv;
pub mod fault;
pub(crate) mod jsonl;
pub mod lines;

use riddhi_batch::{Attribute, Frame};

use csv::{CsvReader, CsvSettings};
use fault::Fault;
use jsonl::JsonlReader;

/// A stream that events may be read for.
#[derive(Clone, Debug)]
pub struct InputStream {
    /// Its number in the app.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

/// What a record was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// An empty line, an empty batch, a header.
    Nothing,
    /// Rows were appended to the frame as one chunk, to be committed.
    Chunk {
        /// The stream's number.
        stream: u32,
        /// The timestamp of the chunk's last event, if it was given.
        ts: Option<i64>,
        /// How many events.
        events: u64,
    },
    /// Something to be done between two entries.
    Control(Control),
    /// The text of an on-demand query.
    Query(String),
}

/// What an events file can ask for besides handling events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// Save the state as the next revision.
    Persist,
    /// Load the app's last revision, if there is one.
    Restore,
    /// Load the revision of that number, counted from 0.
    RestoreRevision(usize),
    /// Forget the app's revisions.
    ClearRevisions,
    /// Save the state apart from the revisions.
    Snapshot,
    /// Load what `Snapshot` saved, if it did.
    RestoreSnapshot,
    /// Stop the app and start it anew, or start the app of that file.
    Restart(Option<String>),
}

impl Control {
    /// Whether what comes after it depends on more than the events before it.
    pub fn changes_state(&self) -> bool {
        !matches!(self, Control::Persist | Control::ClearRevisions | Control::Snapshot)
    }
}

/// A reader of records of either format.
pub enum Records {
    /// One JSON object a line.
    Jsonl(JsonlReader),
    /// CSV with a header.
    Csv(Box<CsvReader>),
}

impl Records {
    /// A reader of JSON lines for these streams.
    pub fn jsonl(streams: &[InputStream]) -> Records {
        Records::Jsonl(JsonlReader::new(streams))
    }

    /// A reader of CSV into one of these streams.
    pub fn csv(streams: &[InputStream], settings: CsvSettings) -> Result<Records, String> {
        Ok(Records::Csv(Box::new(CsvReader::new(streams, settings)?)))
    }

    /// What ends a record of this format.
    pub fn ends(&self) -> lines::Ends {
        match self {
            Records::Jsonl(_) => lines::Ends::Line,
            Records::Csv(_) => lines::Ends::UnquotedLine,
        }
    }

    /// Advice for a file whose very first record is not of this format.
    pub fn advice(&self, record: &[u8]) -> Option<&'static str> {
        let control = |b: &u8| b.is_ascii_control() && !b.is_ascii_whitespace();
        match self {
            _ if !record.iter().any(control) && std::str::from_utf8(record).is_err() => {
                Some("events are UTF-8; iconv -f latin1 -t utf-8 makes it of Latin-1")
            }
            _ if record.iter().any(control) => {
                Some("the file does not look like text; compressed ones must be named .gz or .zst")
            }
            Records::Jsonl(_) if record.first() != Some(&b'{') => {
                Some("the file is read as JSON lines, an object a line; if it is CSV, say --input-format csv")
            }
            _ => None,
        }
    }

    /// Whether no record can be read any more: the header of a CSV file was refused.
    pub fn is_unusable(&self) -> bool {
        matches!(self, Records::Csv(reader) if !reader.has_header())
    }

    /// Reads one record; see [`JsonlReader::read`].
    #[inline]
    pub fn read(&mut self, record: &[u8], now: i64, frame: &mut Frame) -> Result<Item, Box<Fault>> {
        match self {
            Records::Jsonl(reader) => reader.read(record, now, frame),
            Records::Csv(reader) => reader.read(record, now, frame),
        }
    }
}

//! The journal after a snapshot, run again.
//!
//! Invariant: entries count only up to the last note of where the sources stood: what was journaled behind it will be read
//! from them again.

use std::fs::{File, OpenOptions};
use std::io::BufReader;

use riddhi_journal::{JournalReader, Note, ReadError};

use super::live::{ENTRIES_MAX, Live, places_of};
use super::segments::Segment;
use super::store::Sources;
use crate::exit::{Exit, Failure};
use crate::replay::journal_inputs;

/// What was run again.
#[derive(Default)]
pub struct Replayed {
    /// Events.
    pub events: u64,
    /// Where the sources stood, if that was noted.
    pub sources: Option<Sources>,
}

type Journal = JournalReader<BufReader<File>>;

/// Runs the segments. A frame ends at `published`, since outputs before it are out.
pub fn run(live: &mut Live, segments: &[Segment], published: u64) -> Result<Replayed, Failure> {
    let mut all = Replayed::default();
    for (i, segment) in segments.iter().enumerate() {
        let last = i + 1 == segments.len();
        if segment.base != live.position() {
            let message = format!(
                "the journal has a gap before {}: entry {} is missing",
                segment.path.display(),
                live.position()
            );
            return Err(Failure::new(Exit::Failed, message));
        }
        let end = if last { last_note(live, segment)? } else { None };
        let until = match (&end, last) {
            (Some(note), true) => note.position,
            // Not even its beginning was noted whole: nothing of it was accepted.
            (None, true) => segment.base,
            (_, false) => u64::MAX,
        };
        if until > segment.base {
            let mut reader = open(live, segment)?;
            while live.position() < until {
                let room = (until - live.position()).min(if published > live.position() {
                    published - live.position()
                } else {
                    u64::MAX
                });
                let entries = usize::try_from(room).unwrap_or(usize::MAX).min(ENTRIES_MAX);
                let more = live.run_again(|frame| {
                    let more = reader.next(frame, entries).map_err(|e| unreadable(segment, &e))?;
                    all.events += frame.rows as u64;
                    Ok(more)
                })?;
                if !more {
                    break;
                }
            }
            if let Some(places) = reader.note().and_then(|note| places_of(&note.bytes)) {
                all.sources = Some(places);
            }
        }
        if let (Some(note), true) = (&end, last) {
            if let Some(places) = places_of(&note.bytes) {
                all.sources = Some(places);
            }
            cut(segment, note.offset)?;
        }
    }
    Ok(all)
}

fn open(live: &Live, segment: &Segment) -> Result<Journal, Failure> {
    let file = File::open(&segment.path);
    let file = file.map_err(|e| Failure::file("cannot read the journal", &segment.path.display().to_string(), &e))?;
    let from = BufReader::with_capacity(128 << 10, file);
    JournalReader::new(from, &journal_inputs(live.app())).map_err(|e| unreadable(segment, &e))
}

/// The last note of the segment that was being written when the app ended.
fn last_note(live: &Live, segment: &Segment) -> Result<Option<Note>, Failure> {
    let mut reader = match open(live, segment) {
        Ok(reader) => reader,
        // Its header was not whole: nothing was accepted into it.
        Err(_) if segment.bytes < 4096 => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let mut frame = riddhi_batch::Frame::new(live.app().streams.iter().map(|s| &s.schema));
    while reader.next(&mut frame, ENTRIES_MAX).map_err(|e| unreadable(segment, &e))? {}
    Ok(reader.note().cloned())
}

/// Cuts off what is behind the last note.
fn cut(segment: &Segment, offset: u64) -> Result<(), Failure> {
    let cut = OpenOptions::new().write(true).open(&segment.path).and_then(|file| {
        // An end record behind the note is no entry, and stays.
        let length = file.metadata()?.len();
        if length > offset + END_BYTES { file.set_len(offset) } else { Ok(()) }
    });
    cut.map_err(|e| Failure::file("cannot cut the journal", &segment.path.display().to_string(), &e))
}

/// Bytes of an end record.
const END_BYTES: u64 = 21;

fn unreadable(segment: &Segment, error: &ReadError) -> Failure {
    Failure::new(Exit::Failed, format!("cannot read the journal {}: {error}", segment.path.display()))
}

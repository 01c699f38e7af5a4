//! The journal after a snapshot, run again: at once, or as it grows.
//!
//! Invariants: entries count only up to the last note of where the sources stood: what was journaled behind it will be read
//! from them again. Whoever runs a journal that is still being written goes no further than the sinks' note.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use riddhi_batch::Frame;
use riddhi_journal::{Ending, JournalReader, Note, ReadError};
use riddhi_run::App;
use riddhi_run::worker::Pool;

use super::live::{ENTRIES_MAX, Live, places_of};
use super::segments::{Segment, list, segment_path};
use super::store::{Snapshot, Sources};
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

/// A segment that is being read.
pub struct Reading {
    base: u64,
    path: PathBuf,
    journal: Journal,
}

/// An app as it stood at a position: after a snapshot, or further.
pub struct Standing {
    /// With all it remembers.
    pub pool: Pool,
    /// The app's text.
    pub text: String,
    /// Name of the time zone of its schedules.
    pub zone: String,
    /// What the names of outputs begin with, as the last snapshot says.
    pub lineage: String,
    /// Position of the next entry.
    pub position: u64,
    /// What the clock read.
    pub now: i64,
    /// Position of the snapshot that it began with.
    pub snapshot: u64,
    /// Where the sources stood when the segment at hand was begun.
    pub sources: Sources,
    /// Events of the journal that were run since.
    pub events: u64,
    /// The segment with the next entry, once it was begun to be read.
    pub reading: Option<Reading>,
}

/// How far a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is more to do.
    More,
    /// All that may be run was run.
    Done,
    /// The segment has ended in order, the next one has begun: a snapshot was written here.
    Boundary,
    /// The next segment has begun, and this one was not ended: whoever wrote it was started anew, from a snapshot of here.
    Restart,
}

impl Standing {
    /// As a snapshot says, in a pool with nothing remembered.
    pub fn new(snapshot: Snapshot, mut pool: Pool) -> Result<Standing, Failure> {
        // It is not told the time: it goes on as the one whose snapshot this is went on.
        pool.load(&snapshot.state).map_err(|e| Failure::new(Exit::Failed, e))?;
        Ok(Standing {
            pool,
            text: snapshot.text,
            zone: snapshot.zone,
            lineage: snapshot.lineage,
            position: snapshot.position,
            now: snapshot.now,
            snapshot: snapshot.position,
            sources: snapshot.sources,
            events: 0,
            reading: None,
        })
    }

    /// The app.
    pub fn app(&self) -> &App {
        self.pool.app()
    }

    /// Position of the first entry of the segment that it reads, or is to read.
    pub fn base(&self) -> u64 {
        self.reading.as_ref().map_or(self.position, |reading| reading.base)
    }

    /// Runs entries before `until`, a frame of them at most, in `folder`, whose journal may grow; `next`: where the segment begins that
    /// follows the one at hand, as it was after `until` was known. What comes out is dropped.
    ///
    /// # Errors
    ///
    /// The journal cannot be read.
    pub fn step(&mut self, folder: &Path, frame: &mut Frame, until: u64, next: Option<u64>) -> Result<Step, Failure> {
        let Some(reading) = &mut self.reading else {
            let path = segment_path(folder, self.position);
            // Its header may not be whole yet.
            self.reading = match Reading::open(self.position, path, self.pool.app()) {
                Ok(reading) => Some(reading),
                Err(_) if self.position >= until => None,
                Err(failure) => return Err(failure),
            };
            return Ok(if self.reading.is_some() { Step::More } else { Step::Done });
        };
        reading.again()?;
        if next == Some(self.position) {
            reading.journal.prime();
            let whole = reading.journal.ending() == Some(Ending::Whole);
            // The next segment says nothing of the sources before something is accepted into it.
            if let Some(places) = reading.journal.note().and_then(|note| places_of(&note.bytes)) {
                self.sources = places;
            }
            self.reading = None;
            return Ok(if whole { Step::Boundary } else { Step::Restart });
        }
        let end = next.map_or(until, |next| next.min(until));
        let room = usize::try_from(end.saturating_sub(self.position)).unwrap_or(usize::MAX).min(ENTRIES_MAX);
        if room == 0 || !reading.next(frame, room)? {
            return Ok(Step::Done);
        }
        self.events += frame.rows as u64;
        self.position += frame.entries.len() as u64;
        self.now = frame.entries.last().map_or(self.now, |e| e.now);
        let _ = self.pool.process(frame);
        Ok(Step::More)
    }

    /// Position at which the segment after this one begins, if it has begun.
    pub fn next_base(&self, folder: &Path) -> io::Result<Option<u64>> {
        Ok(list(folder)?.iter().map(|segment| segment.base).find(|base| *base > self.base()))
    }
}

impl Reading {
    fn open(base: u64, path: PathBuf, app: &App) -> Result<Reading, Failure> {
        let file = File::open(&path);
        let file = file.map_err(|e| Failure::file("cannot read the journal", &path.display().to_string(), &e))?;
        let from = BufReader::with_capacity(128 << 10, file);
        match JournalReader::new(from, &journal_inputs(app)) {
            Ok(journal) => Ok(Reading { base, path, journal }),
            Err(e) => Err(unreadable(&path, &e)),
        }
    }

    fn next(&mut self, frame: &mut Frame, entries: usize) -> Result<bool, Failure> {
        self.journal.next(frame, entries).map_err(|e| unreadable(&self.path, &e))
    }

    fn again(&mut self) -> Result<(), Failure> {
        self.journal.again().map_err(|e| unreadable(&self.path, &e))
    }

    fn last_note(&mut self) -> Result<Option<Note>, Failure> {
        self.journal.last_note().map_err(|e| unreadable(&self.path, &e))
    }
}

/// Runs the segments, of which the first one may be read in part. A frame ends at `published`, since outputs before it are out.
pub fn run(
    live: &mut Live,
    segments: &[Segment],
    published: u64,
    mut first: Option<Reading>,
) -> Result<Replayed, Failure> {
    let mut all = Replayed::default();
    for (i, segment) in segments.iter().enumerate() {
        let last = i + 1 == segments.len();
        let begun = first.take().filter(|reading| reading.base == segment.base);
        if begun.is_none() && segment.base != live.position() {
            let message = format!(
                "the journal has a gap before {}: entry {} is missing",
                segment.path.display(),
                live.position()
            );
            return Err(Failure::new(Exit::Failed, message));
        }
        let mut reading = match begun.map_or_else(|| Reading::open(segment.base, segment.path.clone(), live.app()), Ok)
        {
            Ok(reading) => reading,
            // Its header was not whole: nothing was accepted into it.
            Err(_) if last && segment.bytes < 4096 => continue,
            Err(failure) => return Err(failure),
        };
        reading.again()?;
        let end = if last { reading.last_note()? } else { None };
        let until = match (&end, last) {
            (Some(note), true) => note.position,
            // Not even its beginning was noted whole: nothing of it was accepted.
            (None, true) => segment.base,
            // What stands behind was cut off by the one who wrote the next.
            (_, false) => segments[i + 1].base,
        };
        while live.position() < until {
            let before = published.checked_sub(live.position()).filter(|n| *n > 0).unwrap_or(u64::MAX);
            let room = (until - live.position()).min(before);
            let entries = usize::try_from(room).unwrap_or(usize::MAX).min(ENTRIES_MAX);
            let more = live.run_again(|frame| {
                let more = reading.next(frame, entries)?;
                all.events += frame.rows as u64;
                Ok(more)
            })?;
            if !more {
                break;
            }
        }
        if !last {
            // The note stands behind the last entry that was read.
            reading.journal.prime();
        }
        if let Some(places) = end.as_ref().or(reading.journal.note()).and_then(|note| places_of(&note.bytes)) {
            all.sources = Some(places);
        }
        if let (Some(note), true) = (&end, last) {
            cut(segment, note.offset)?;
        }
    }
    Ok(all)
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

fn unreadable(path: &Path, error: &ReadError) -> Failure {
    if let ReadError::Io { source, .. } = error
        && source.kind() != io::ErrorKind::Other
    {
        return Failure::file("cannot read the journal", &path.display().to_string(), source);
    }
    Failure::new(Exit::Failed, format!("cannot read the journal {}: {error}", path.display()))
}

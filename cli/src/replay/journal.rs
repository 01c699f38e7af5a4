//! Journals: what goes into the app written to one, and read from one instead of an events file.
//!
//! Invariants: a frame is in the journal before the engine gets it; a journal in reading gives all its whole entries before
//! any error or the end.
//! Not here: the bytes (`riddhi_journal`). Controls stand in no journal, so those that change a state cannot be recorded.

use std::collections::VecDeque;
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use riddhi_batch::Frame;
use riddhi_journal::{Ending, Inputs, JournalReader, JournalWriter, ReadError, WriteError};
use riddhi_plan::cron::Zone;
use riddhi_run::{App, Clock};

use super::feed::Turn;
use super::inputs;
use crate::exit::{Exit, Failure, plain};
use crate::input::source::{Source, open};
use crate::run::{START, list, start_note};
use crate::signals::Stop;
use crate::{say, zone};

/// Bytes that are read from a journal at once.
const READ_BYTES: usize = 128 << 10;

/// The streams of an app that entries may be of.
pub fn journal_inputs(app: &App) -> Inputs {
    let streams = inputs(app);
    Inputs::new(streams.iter().map(|s| (s.number, s.name.as_str(), &app.streams[s.number as usize].schema)))
}

/// A journal being written.
pub struct Recorder {
    writer: JournalWriter<File>,
    path: String,
}

impl Recorder {
    /// Replaces the file at `path`, which must be none of those that are `read`.
    pub fn create(
        path: &str,
        read: &[&str],
        app: &App,
        zone: &Zone,
        base: u64,
        start_time: i64,
    ) -> Result<Recorder, Failure> {
        if let Some(same) = read.iter().find(|other| is_same(path, other)) {
            let message = format!("--record {path}: that is {same}, which is read; give it another name");
            return Err(Failure::new(Exit::Usage, message));
        }
        let file = File::create(path).map_err(|e| Failure::file("cannot create the journal", path, &e))?;
        let mut writer = JournalWriter::new(file, &journal_inputs(app), base).map_err(|e| failed(path, &e, ""))?;
        writer.note(&start_note(start_time, zone.name())).map_err(|e| failed(path, &e, ""))?;
        Ok(Recorder { writer, path: path.to_owned() })
    }

    /// Writes the entries of a frame.
    pub fn append(&mut self, frame: &Frame) -> Result<(), Failure> {
        self.writer.append(frame).map_err(|e| failed(&self.path, &e, "what was written before can be replayed"))
    }

    /// Ends the journal.
    pub fn finish(self) -> Result<(), Failure> {
        self.writer.finish().map(drop).map_err(|e| failed(&self.path, &e, "what was written before can be replayed"))
    }
}

fn is_same(path: &str, other: &str) -> bool {
    let id = |path: &str| fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
    id(path).is_some() && id(path) == id(other)
}

fn failed(path: &str, error: &WriteError, help: &str) -> Failure {
    match error {
        WriteError::Io(cause) => {
            let message = format!("cannot write the journal {path}: {}", plain(cause));
            let failure = Failure::new(Exit::Failed, message);
            if help.is_empty() { failure } else { failure.help(help) }
        }
        other => Failure::new(Exit::Failed, format!("cannot write the journal {path}: {other}")),
    }
}

/// A journal being read.
pub struct JournalFeed {
    reader: JournalReader<BufReader<Box<dyn Read>>>,
    name: String,
    /// Of a journal in segments, those that follow.
    rest: VecDeque<PathBuf>,
    inputs: Inputs,
    stop: Stop,
    accepted: u64,
}

/// The segments of a folder that `run --record` wrote, in order.
pub fn segments(folder: &Path) -> Result<VecDeque<PathBuf>, Failure> {
    let shown = folder.display().to_string();
    let found = list(folder).map_err(|e| Failure::file("cannot read the journal", &shown, &e))?;
    if found.is_empty() {
        let message = format!("there is no journal in the folder {shown}");
        let below: Vec<String> = folders(folder)
            .into_iter()
            .filter(|f| list(f).is_ok_and(|l| !l.is_empty()))
            .map(|f| f.display().to_string())
            .collect();
        let help = match below.is_empty() {
            true => "run --record DIR makes a folder in DIR for each app; give that one".to_owned(),
            false => format!("run --record DIR makes a folder in DIR for each app; give {}", below.join(" or ")),
        };
        return Err(Failure::new(Exit::Usage, message).help(help));
    }
    Ok(found.into_iter().map(|s| s.path).collect())
}

/// The folders in a folder, the first few of many, by name.
fn folders(folder: &Path) -> Vec<PathBuf> {
    const FOLDERS_MAX: usize = 10;
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut all: Vec<PathBuf> = entries.map(|e| e.path()).filter(|p| p.is_dir()).take(FOLDERS_MAX).collect();
    all.sort();
    all
}

impl JournalFeed {
    /// Reads the header, which must fit the app.
    pub fn new(source: Source, rest: VecDeque<PathBuf>, app: &App, stop: Stop) -> Result<JournalFeed, Failure> {
        let (name, inputs) = (source.name, journal_inputs(app));
        let from = BufReader::with_capacity(READ_BYTES, source.bytes);
        let mut reader = JournalReader::new(from, &inputs).map_err(|e| unreadable(&name, &e))?;
        reader.prime();
        if reader.position() > 0 {
            say(&format!(
                "warning: the journal begins at entry {}; what the app knew then is not in it, so rows may differ\n",
                reader.position()
            ));
        }
        Ok(JournalFeed { reader, name, rest, inputs, stop, accepted: 0 })
    }

    /// Position of the next entry.
    pub fn position(&self) -> u64 {
        self.reader.position()
    }

    /// The clock before the first entry, if that was noted.
    pub fn start_time(&self) -> Option<i64> {
        self.start().map(|(clock, _)| clock)
    }

    /// The time zone of schedules, if one other than UTC was noted.
    pub fn zone(&self) -> Result<Option<Zone>, Failure> {
        let Some((_, name)) = self.start().filter(|(_, name)| !matches!(*name, b"" | b"UTC")) else { return Ok(None) };
        let name = String::from_utf8_lossy(name);
        let unknown =
            |e| Failure::new(Exit::Usage, format!("the journal {} is of the time zone {name}: {e}", self.name));
        zone::named(&name).map(Some).map_err(unknown)
    }

    /// What was noted before the first entry: clock and zone.
    fn start(&self) -> Option<(i64, &[u8])> {
        let note = self.reader.note().filter(|n| n.position == self.reader.position())?;
        let (clock, zone) = note.bytes.strip_prefix(&[START])?.split_first_chunk()?;
        Some((i64::from_le_bytes(*clock), zone))
    }

    /// Events read.
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Whether a signal asked for the end.
    pub fn stopped(&self) -> bool {
        self.stop.asked()
    }

    /// Fills the frame with the next entries, `entries_max` at most.
    pub fn fill(&mut self, frame: &mut Frame, clock: &mut Clock, entries_max: usize) -> Turn {
        if self.stop.asked() {
            return Turn::End;
        }
        match self.reader.next(frame, entries_max) {
            Ok(true) => {
                self.accepted += frame.rows as u64;
                clock.set(frame.entries.last().map_or(clock.now(), |e| e.now));
                Turn::Full
            }
            Ok(false) => match self.rest.pop_front() {
                Some(next) => match self.go_on(&next) {
                    Ok(()) => self.fill(frame, clock, entries_max),
                    Err(failure) => Turn::Failed(failure),
                },
                None => {
                    self.warn_if_cut();
                    Turn::End
                }
            },
            Err(_) if self.stop.asked() => Turn::End,
            Err(e) => Turn::Failed(unreadable(&self.name, &e)),
        }
    }

    /// Goes on with the next segment, which must begin where this one ended.
    fn go_on(&mut self, path: &Path) -> Result<(), Failure> {
        let (name, position) = (path.display().to_string(), self.position());
        let source = open(&name, self.stop.clone()).map_err(|e| Failure::file("cannot read the journal", &name, &e))?;
        let from = BufReader::with_capacity(READ_BYTES, source.bytes);
        let reader = JournalReader::new(from, &self.inputs).map_err(|e| unreadable(&name, &e))?;
        if reader.position() != position {
            let message = format!("the journal has a gap before {name}: entry {position} is missing");
            return Err(Failure::new(Exit::Usage, message));
        }
        (self.reader, self.name) = (reader, name);
        Ok(())
    }

    fn warn_if_cut(&self) {
        let Some(Ending::Cut { offset, torn_bytes }) = self.reader.ending() else { return };
        if self.stop.asked() {
            return;
        }
        let (name, entries) = (&self.name, self.position());
        let torn = match torn_bytes {
            0 => "after a whole record".to_owned(),
            1 => "in the middle of a record, of which 1 byte is there and was left out".to_owned(),
            n => format!("in the middle of a record, of which {n} bytes are there and were left out"),
        };
        say(&format!(
            "warning: the journal {name} has no end: it is cut off at byte {}, {torn}\n  \
             = note: all entries before position {entries} were replayed; whoever wrote it was interrupted\n",
            offset + torn_bytes,
        ));
    }
}

fn unreadable(name: &str, error: &ReadError) -> Failure {
    let failure = |message: String| Failure::new(Exit::Usage, message);
    match error {
        ReadError::Io { offset, source } => {
            let cause = source.source().map_or_else(|| plain(source), ToString::to_string);
            failure(format!("cannot read the journal {name} at byte {offset}: {cause}"))
        }
        ReadError::Foreign => failure(format!("{name} is no journal of Riddhi"))
            .help("--journal is for files that --record wrote; --events is for JSON lines and CSV"),
        ReadError::Streams(cause) => failure(format!("the journal {name} is of another app: {cause}"))
            .help("give --app the app that was recorded, or one with the same streams"),
        ReadError::Version(_) => failure(format!("{name}: {error}")),
        ReadError::Damaged { offset, position, what } => {
            failure(format!("the journal {name} is damaged at byte {offset}: {what}"))
                .help(format!("all entries before position {position} were replayed"))
        }
    }
}

//! The way of events from the file into frames, and what happens to malformed ones.

use riddhi_batch::Frame;
use riddhi_connect::Reports;
use riddhi_run::Clock;

use crate::args::OnError;
use crate::exit::{Exit, Failure};
use crate::input::fault::{Fault, Kind};
use crate::input::lines::{Advance, Lines, RECORD_BYTES_MAX};
use crate::input::source::Source;
use crate::input::{Control, InputStream, Item, Records};
use crate::say;
use crate::signals::Stop;

/// Rows of a frame at which it is full, unless one chunk alone has more.
const FRAME_ROWS_MAX: usize = 4096;

/// Why no more is put into a frame.
pub enum Turn {
    /// It is full.
    Full,
    /// More must be read, which may block.
    Wait,
    /// Something has to be done after the entries so far.
    Control(Control),
    /// An on-demand query is to be answered after the entries so far.
    Query(String),
    /// There is no more.
    End,
    /// The replay cannot go on.
    Failed(Failure),
}

/// An events file being read.
pub struct Feed {
    lines: Lines,
    records: Records,
    name: String,
    on_error: OnError,
    stop: Stop,
    accepted: u64,
    refused: u64,
    reports: Reports,
}

impl Feed {
    /// Nothing read yet.
    pub fn new(source: Source, records: Records, on_error: OnError, stop: Stop) -> Feed {
        let lines = Lines::new(source.bytes, records.ends());
        let reports = Reports::of("malformed events");
        Feed { lines, records, name: source.name, on_error, stop, accepted: 0, refused: 0, reports }
    }

    /// Events read, well-formed or not.
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Events that were malformed; a malformed batch counts as one.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// The record at hand: file and line.
    pub fn place(&self) -> String {
        format!("{}:{}", self.name, self.lines.line())
    }

    /// Whether a signal asked for the end.
    pub fn stopped(&self) -> bool {
        self.stop.asked()
    }

    /// Reads once from the file.
    pub fn read(&mut self) -> Result<(), Failure> {
        match self.lines.fill() {
            Err(e) if !self.stop.asked() => {
                let failure = Failure::file("cannot read the events", &self.name, &e);
                let packed = [".gz", ".zst"].into_iter().find(|end| self.name.ends_with(end));
                Err(match packed {
                    Some(end) => failure.help(format!("its name ends in {end}, so it is decompressed; is it damaged?")),
                    None => failure,
                })
            }
            _ => Ok(()),
        }
    }

    /// From now on events are for these streams.
    pub fn restart(&mut self, streams: &[InputStream]) {
        self.records = Records::jsonl(streams);
    }

    /// Puts records into `frame` until it has `entries_max` entries or something else has to be done.
    pub fn fill(&mut self, frame: &mut Frame, clock: &mut Clock, entries_max: usize) -> Turn {
        while frame.entries.len() < entries_max && frame.rows < FRAME_ROWS_MAX {
            if self.stop.asked() {
                return Turn::End;
            }
            let item = match self.lines.advance() {
                Advance::Record => self.records.read(self.lines.record(), clock.now(), frame),
                Advance::TooLong => Err(too_long()),
                Advance::Wait => return Turn::Wait,
                Advance::End => return Turn::End,
            };
            match item {
                Ok(Item::Chunk { stream, ts, events }) => {
                    self.accepted += events;
                    let (now, sets) = clock.stamp(ts);
                    frame.commit(stream, now, sets);
                }
                Ok(Item::Nothing) => {}
                Ok(Item::Control(control)) => return Turn::Control(control),
                Ok(Item::Query(text)) => return Turn::Query(text),
                Err(fault) => {
                    if let Some(failure) = self.refuse(&fault) {
                        return Turn::Failed(failure);
                    }
                }
            }
        }
        Turn::Full
    }

    /// Counts a malformed event; the failure, if the replay must stop.
    #[cold]
    fn refuse(&mut self, fault: &Fault) -> Option<Failure> {
        self.accepted += 1;
        self.refused += 1;
        let mut fault = fault.clone();
        if self.accepted == 1
            && let Some(advice) = self.records.advice(self.lines.record())
        {
            fault.help = Some(advice.to_owned());
        }
        let report = || fault.report(&self.name, self.lines.line(), self.lines.record());
        match self.on_error {
            _ if self.records.is_unusable() => return Some(Failure::report(Exit::Usage, report())),
            OnError::Stop => return Some(Failure::report(Exit::Usage, report())),
            OnError::Skip => {
                self.reports.say(&|text| say(&format!("{text}\n")), || report().trim_end_matches('\n').to_owned());
            }
            OnError::Count => {}
        }
        None
    }
}

#[cold]
fn too_long() -> Box<Fault> {
    Fault::new(Kind::TooLong, 0, 1, format!("a line may have {} MiB at most", RECORD_BYTES_MAX >> 20))
}

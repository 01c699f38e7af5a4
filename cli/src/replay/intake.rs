//! Where entries come from: an events file or a journal.

use riddhi_batch::Frame;
use riddhi_plan::cron::Zone;
use riddhi_run::Clock;

use super::feed::{Feed, Turn};
use super::journal::JournalFeed;
use crate::exit::Failure;
use crate::input::InputStream;

/// What is being replayed.
pub enum Intake {
    /// Events, stamped as they are read.
    Events(Box<Feed>),
    /// Entries as they were recorded.
    Journal(Box<JournalFeed>),
}

impl Intake {
    /// Position of the next entry, before any was read.
    pub fn position(&self) -> u64 {
        match self {
            Intake::Events(_) => 0,
            Intake::Journal(journal) => journal.position(),
        }
    }

    /// The clock before the first entry, if a journal says so.
    pub fn start_time(&self) -> Option<i64> {
        match self {
            Intake::Events(_) => None,
            Intake::Journal(journal) => journal.start_time(),
        }
    }

    /// The time zone of schedules, if a journal names one other than UTC.
    pub fn zone(&self) -> Result<Option<Zone>, Failure> {
        match self {
            Intake::Events(_) => Ok(None),
            Intake::Journal(journal) => journal.zone(),
        }
    }

    /// Events read, well-formed or not.
    pub fn accepted(&self) -> u64 {
        match self {
            Intake::Events(feed) => feed.accepted(),
            Intake::Journal(journal) => journal.accepted(),
        }
    }

    /// Events that were malformed; there are none in a journal.
    pub fn refused(&self) -> u64 {
        match self {
            Intake::Events(feed) => feed.refused(),
            Intake::Journal(_) => 0,
        }
    }

    /// Whether a signal asked for the end.
    pub fn stopped(&self) -> bool {
        match self {
            Intake::Events(feed) => feed.stopped(),
            Intake::Journal(journal) => journal.stopped(),
        }
    }

    /// Whether timers get a last look at the clock when the input ends. A journal has that look recorded.
    pub fn ticks_at_end(&self) -> bool {
        matches!(self, Intake::Events(_))
    }

    /// File and line of the record at hand, of an events file.
    pub fn place(&self) -> String {
        match self {
            Intake::Events(feed) => feed.place(),
            Intake::Journal(_) => String::new(),
        }
    }

    /// Puts entries into `frame` until it has `entries_max` or something else has to be done.
    pub fn fill(&mut self, frame: &mut Frame, clock: &mut Clock, entries_max: usize) -> Turn {
        match self {
            Intake::Events(feed) => feed.fill(frame, clock, entries_max),
            Intake::Journal(journal) => journal.fill(frame, clock, entries_max),
        }
    }

    /// Reads once from the file; may block.
    pub fn read(&mut self) -> Result<(), Failure> {
        match self {
            Intake::Events(feed) => feed.read(),
            Intake::Journal(_) => Ok(()),
        }
    }

    /// From now on events are for these streams.
    pub fn restart(&mut self, streams: &[InputStream]) {
        if let Intake::Events(feed) = self {
            feed.restart(streams);
        }
    }
}

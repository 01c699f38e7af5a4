//! A source at work: with its mapper and its counts, and where it puts its messages.

use riddhi_batch::Frame;
use riddhi_run::Clock;

use super::memory::RowBlock;
use super::{Polled, Source};
use crate::input::fault::Fault;
use crate::mapper::{MapTarget, Messages, SourceMapper};
use crate::registry::Say;
use crate::remembered::{joined, parted};
use crate::trouble::Reports;

/// Rows of a frame at which no more is taken, unless one message alone has more.
const FRAME_ROWS_MAX: usize = 4096;

/// What a source has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceCounts {
    /// Events read, well-formed or not; a malformed message counts as one.
    pub accepted: u64,
    /// Malformed messages.
    pub refused: u64,
}

/// A source at work: with its mapper and its counts.
pub struct SourceSlot {
    /// Identity of what it remembers.
    pub key: String,
    /// The stream, by number.
    pub stream: u32,
    /// The source.
    pub source: Box<dyn Source>,
    /// None if rows come as they are.
    pub mapper: Option<Box<dyn SourceMapper>>,
    /// What it has counted.
    pub counts: SourceCounts,
    /// Where reports go.
    pub say: Say,
    reports: Reports,
}

impl SourceSlot {
    /// With nothing counted.
    pub fn new(
        key: String,
        stream: u32,
        source: Box<dyn Source>,
        mapper: Option<Box<dyn SourceMapper>>,
        say: Say,
    ) -> SourceSlot {
        let reports = Reports::of("malformed messages");
        SourceSlot { key, stream, source, mapper, counts: SourceCounts::default(), say, reports }
    }

    /// Where source and mapper stand.
    pub fn save(&self) -> Vec<u8> {
        joined(&self.source.save(), self.mapper.as_ref().map(|m| m.save()))
    }

    /// Goes on from where others stood.
    pub fn restore(&mut self, bytes: &[u8]) {
        let (own, of_mapper) = parted(bytes);
        if let Some(own) = own {
            self.source.restore(own);
        }
        if let (Some(mapper), Some(bytes)) = (&mut self.mapper, of_mapper) {
            mapper.restore(bytes);
        }
    }

    /// Puts what is at hand into the frame, which has `entries_max` entries at most afterwards.
    pub fn poll(&mut self, frame: &mut Frame, clock: &mut Clock, entries_max: usize) -> Polled {
        let mut inlet = Inlet {
            frame,
            clock,
            stream: self.stream,
            mapper: self.mapper.as_deref_mut(),
            entries_max,
            counts: &mut self.counts,
            say: &self.say,
            reports: &mut self.reports,
        };
        self.source.poll(&mut inlet)
    }
}

/// Where a source puts its messages.
pub struct Inlet<'a> {
    frame: &'a mut Frame,
    clock: &'a mut Clock,
    stream: u32,
    mapper: Option<&'a mut (dyn SourceMapper + 'static)>,
    entries_max: usize,
    counts: &'a mut SourceCounts,
    say: &'a Say,
    reports: &'a mut Reports,
}

impl Inlet<'_> {
    /// Messages that may be offered.
    pub fn room(&self) -> usize {
        if self.frame.rows >= FRAME_ROWS_MAX { 0 } else { self.entries_max.saturating_sub(self.frame.entries.len()) }
    }

    /// Takes messages, no more than there is room for. Gives those that were refused, by number in rising order.
    pub fn offer(&mut self, messages: &Messages<'_>) -> Vec<(usize, Box<Fault>)> {
        let Some(mapper) = self.mapper.as_deref_mut() else { return Vec::new() };
        let mut faults = Vec::new();
        let mut target =
            MapTarget { frame: self.frame, clock: self.clock, stream: self.stream, events: 0, faults: &mut faults };
        mapper.map(messages, &mut target);
        self.counts.accepted += target.events;
        for (i, fault) in &faults {
            self.refuse(fault, messages.name, messages.line(*i), messages.message(*i));
        }
        faults
    }

    /// Takes rows as they are; false if they are not of the stream's types.
    pub fn offer_rows(&mut self, block: &RowBlock, from: usize, to: usize) -> bool {
        let taken = block.copy(from, to, self.frame, self.clock, self.stream);
        if let Some(rows) = taken {
            self.counts.accepted += rows;
        }
        taken.is_some()
    }

    /// Counts a message that cannot be taken, and reports it.
    pub fn refuse(&mut self, fault: &Fault, name: &str, line: u64, message: &[u8]) {
        self.counts.accepted += 1;
        self.counts.refused += 1;
        self.reports.say(&**self.say, || fault.report(name, line, message).trim_end().to_owned());
    }
}

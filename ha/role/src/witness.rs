//! What a node knows of the row, and what it has asked of the database.
//!
//! One request at a time. A write without an answer stays *open*: it is read back, and until a later version is known it may still be carried
//! out. New versions are above everything known, so a database that forgets never sees the same version twice.

use crate::action::Action;
use crate::canonical::Number;
use crate::line::Doubt;
use crate::types::{Database, Disk, Epoch, Ms, Row};

/// The row as last known, and when it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Known {
    pub row: Row,
    pub database: Database,
    /// The request that brought this was sent then.
    pub asked_at: Ms,
}

/// A write that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Sent {
    pub expected: u64,
    pub row: Row,
    pub sent_at: Ms,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Request {
    Read { sent_at: Ms },
    Write(Sent),
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Witness {
    pub known: Option<Known>,
    request: Option<Request>,
    /// The last write without an answer, not yet read back.
    pub open: Option<Sent>,
    /// The highest row trusted so far: its epoch and version.
    highest: (Epoch, u64),
    /// The row is to be read before it is written again.
    stale: bool,
    /// And once more than the read that is under way: that may have been answered before.
    again: bool,
    /// The last request, answered or not, was sent then.
    pub tried_at: Ms,
    /// A request failed, so that the next one waits a little.
    pub failed: bool,
}

impl Witness {
    pub fn idle(&self) -> bool {
        self.request.is_none()
    }

    pub fn reading(&self) -> bool {
        matches!(self.request, Some(Request::Read { .. }))
    }

    /// Whether nothing may be written before a read.
    pub fn must_read(&self) -> bool {
        self.stale || self.open.is_some() || self.known.is_none()
    }

    pub fn distrust(&mut self) {
        self.stale = true;
        self.again = self.reading();
    }

    pub fn read(&mut self, now: Ms, out: &mut Vec<Action>) {
        debug_assert!(self.idle());
        self.request = Some(Request::Read { sent_at: now });
        self.tried_at = now;
        out.push(Action::Read);
    }

    /// Writes over the known row; version, beat and database are filled in here.
    pub fn write(&mut self, mut row: Row, now: Ms, out: &mut Vec<Action>) {
        debug_assert!(self.idle() && !self.must_read());
        let Some(known) = &self.known else { return };
        row.version = self.highest.1.max(known.row.version) + 1;
        row.beat = known.row.beat + 1;
        row.written_on = known.database;
        let expected = known.row.version;
        self.request = Some(Request::Write(Sent { expected, row: row.clone(), sent_at: now }));
        self.tried_at = now;
        out.push(Action::Write { expected, row });
    }

    /// The write under way or open.
    pub fn unsettled(&self) -> Option<&Sent> {
        match &self.request {
            Some(Request::Write(sent)) => Some(sent),
            _ => self.open.as_ref(),
        }
    }

    /// Takes in a row that was read; gives the open write if it has landed.
    pub fn absorb(&mut self, row: Row, database: Database) -> Option<Sent> {
        let Some(Request::Read { sent_at }) = self.request else { return None };
        self.request = None;
        self.failed = false;
        self.stale = std::mem::take(&mut self.again);
        let landed = self.open.take().filter(|sent| sent.row == row);
        self.known = Some(Known { row, database, asked_at: sent_at });
        landed
    }

    /// The write was carried out: the row is now as it says.
    pub fn written(&mut self) -> Option<Sent> {
        let sent = match self.request.take() {
            Some(Request::Write(sent)) => sent,
            other => {
                self.request = other;
                return None;
            }
        };
        self.failed = false;
        self.known = Some(Known { row: sent.row.clone(), database: sent.row.written_on, asked_at: sent.sent_at });
        self.trust();
        Some(sent)
    }

    pub fn refused(&mut self) {
        if matches!(self.request, Some(Request::Write(_))) {
            self.request = None;
            self.stale = true;
        }
    }

    pub fn unanswered(&mut self) {
        if let Some(Request::Write(sent)) = &self.request {
            self.open = Some(sent.clone());
            self.request = None;
            self.stale = true;
        }
    }

    pub fn unreadable(&mut self) {
        if matches!(self.request, Some(Request::Read { .. })) {
            self.request = None;
            self.again = false;
            self.failed = true;
        }
    }

    /// Once a row is trusted, older ones are not.
    pub fn trust(&mut self) {
        if let Some(known) = &self.known {
            self.highest = self.highest.max((known.row.epoch, known.row.version));
        }
    }

    /// Why the known row may not be the last one written.
    pub fn doubt(&self, disk: &Disk) -> Option<Doubt> {
        let known = self.known.as_ref()?;
        let row = &known.row;
        if row.epoch < disk.epoch {
            return Some(Doubt::LowerEpoch { row: row.epoch, seen: disk.epoch });
        }
        // An empty row as well: made on one history and read on another it may have been taken in between, and that forgotten.
        if row.written_on != known.database {
            return Some(Doubt::OtherDatabase { written_on: row.written_on, answered: known.database });
        }
        ((row.epoch, row.version) < self.highest).then_some(Doubt::LowerVersion)
    }

    pub(crate) fn numbers(&mut self) -> Vec<(Number, &mut u64)> {
        let mut numbers = vec![(Number::Version, &mut self.highest.1)];
        if let Some(known) = &mut self.known {
            numbers.extend([(Number::Version, &mut known.row.version), (Number::Beat, &mut known.row.beat)]);
        }
        let sent = self.open.iter_mut().chain(match &mut self.request {
            Some(Request::Write(sent)) => Some(sent),
            _ => None,
        });
        for sent in sent {
            numbers.push((Number::Version, &mut sent.expected));
            numbers.extend([(Number::Version, &mut sent.row.version), (Number::Beat, &mut sent.row.beat)]);
        }
        numbers
    }

    pub(crate) fn times(&mut self) -> Vec<&mut Ms> {
        let mut times = vec![&mut self.tried_at];
        times.extend(self.known.as_mut().map(|k| &mut k.asked_at));
        times.extend(self.open.as_mut().map(|s| &mut s.sent_at));
        times.extend(self.request.as_mut().map(|r| match r {
            Request::Read { sent_at } => sent_at,
            Request::Write(sent) => &mut sent.sent_at,
        }));
        times
    }
}

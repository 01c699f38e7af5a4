//! `expression`: the latest rows of which the condition holds. An arriving row is taken in first; while the condition does not
//! hold, the oldest row leaves, which may come to the arriving row itself, before it has arrived. In that loop the row
//! under test is the one that has just left.

use riddhi_batch::{LoadError, Reader, State, Writer};
use riddhi_plan::registry::{Entering, SignalKind, SignalSink, Times, Window};

use super::rule::{At, Rule};

pub(super) struct Sliding {
    rule: Rule,
    /// Number of the oldest row held.
    oldest: u64,
}

impl Sliding {
    pub(super) fn new(rule: Rule) -> Sliding {
        Sliding { rule, oldest: 0 }
    }

    /// Takes in a row, the latest of those held.
    fn take(&mut self, row: u64, now: i64, stored: &dyn Times, sink: &mut dyn SignalSink) {
        let latest = At::from(row);
        if self.rule.holds(SignalKind::Current, [latest, self.oldest.into(), latest], now, stored) {
            return;
        }
        while self.oldest <= row {
            let gone = At { row: self.oldest, stamp: Some(now) };
            sink.expired(gone.row, now);
            self.oldest += 1;
            let first = if self.oldest <= row { self.oldest.into() } else { gone };
            let last = if gone.row == row { gone } else { latest };
            if self.rule.holds(SignalKind::Expired, [gone, first, last], now, stored) {
                return;
            }
        }
    }
}

impl State for Sliding {
    fn save(&self, out: &mut Writer) {
        out.put_u64(self.oldest);
        self.rule.save(out);
    }

    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.oldest = from.get_u64()?;
        self.rule.load(from)
    }
}

impl Window for Sliding {
    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        for (i, row) in rows.numbered() {
            if self.rule.renewed(rows, i) {
                (self.oldest..row).for_each(|held| self.take(held, rows.now[i], rows.times, sink));
            }
            self.take(row, rows.now[i], rows.times, sink);
            sink.current(row);
            rows.end_chunk(i, sink);
        }
    }

    fn needed(&self, _end: u64) -> u64 {
        self.oldest
    }
}

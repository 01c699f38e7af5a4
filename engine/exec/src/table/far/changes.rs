//! Changes of a table that its store has not been told yet: copies of the events that made them, in order.

use riddhi_batch::Arena;

use super::asks::Batch;
use crate::expr::Rows;
use crate::table::ChangeName;

/// Events of one change, one chunk behind the other.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// The node that made them, and which of its changes of the table it is.
    pub by: (u32, u32),
    pub events: Batch,
    /// By chunk.
    pub names: Vec<ChangeName>,
}

/// All that wait.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub batches: Vec<Changed>,
    last: ChangeName,
}

impl Pending {
    /// The name of the next chunk of changes by the entry at that position.
    pub(super) fn name(&mut self, position: u64) -> ChangeName {
        let same = self.last.position == position && self.last.ordinal > 0;
        // One more than the ordinal of the last one, so that no change is 0.
        self.last = ChangeName { position, ordinal: if same { self.last.ordinal + 1 } else { 1 } };
        self.last
    }

    /// Adds events: of each chunk that ends at `ends` those that stand in `keep`.
    pub(super) fn add(
        &mut self,
        by: (u32, u32),
        rows: &Rows<'_>,
        (ends, names): (&[u32], &[ChangeName]),
        keep: impl Fn(u32, ChangeName) -> bool,
        arena: &Arena,
    ) {
        if self.batches.last().is_none_or(|b| b.by != by) {
            self.batches.push(Changed { by, events: Batch::of(rows), names: Vec::new() });
        }
        let Some(Changed { events, names: named, .. }) = self.batches.last_mut() else { return };
        let mut kept = Vec::new();
        let mut from = 0;
        let before = events.ends.last().copied().unwrap_or(0);
        for (&end, &name) in ends.iter().zip(names) {
            let first = kept.len();
            kept.extend((from..end).filter(|&i| keep(i, name)));
            if kept.len() > first {
                events.ends.push(before + kept.len() as u32);
                named.push(name);
            }
            from = end;
        }
        events.take(rows, &kept, (|_| true, |_| false), arena);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }
}

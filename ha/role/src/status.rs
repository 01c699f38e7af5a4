//! What `riddhi ha status` and the health checks show.

use crate::line::Doubt;
use crate::pair::Pair;
use crate::role::{Phase, Role};
use crate::types::{Epoch, Holder, Incarnation, Ms, Position};
use crate::waits::Waits;

/// A node's part as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// This node and run.
    pub me: Holder,
    /// What it is.
    pub part: Part,
    /// The highest epoch it has seen.
    pub epoch: Epoch,
    /// The row's holder, as last read.
    pub holder: Option<Holder>,
    /// Who the row says is in sync, as last read.
    pub in_sync: Option<Incarnation>,
    /// The end of its journal.
    pub position: Position,
    /// The peer, while the link is up.
    pub peer: Option<Holder>,
    /// For how long its right lasts; none where it does not run out, or there is none.
    pub right_ms: Option<Ms>,
    /// Why the row is not trusted.
    pub doubt: Option<Doubt>,
    /// What keeps it from serving; none if it serves.
    pub waits: Option<Waits>,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Waits and receives.
    Passive,
    /// Holds the row, and serves or not.
    Active {
        /// Ports are open.
        serving: bool,
        /// Nobody else has what is acknowledged.
        alone: bool,
    },
}

impl Role {
    /// The node's part as it is at `now`.
    pub fn status(&self, now: Ms) -> Status {
        let row = self.witness.known.as_ref().map(|k| &k.row);
        let (part, right_ms) = match &self.phase {
            Phase::Passive(_) => (Part::Passive, None),
            Phase::Active(active) => {
                let alone = active.pair.recorded_alone();
                let right = self.config.ttl_ms.saturating_sub(now.saturating_sub(active.right_from));
                let degraded = !matches!(active.pair, Pair::InSync(_));
                (Part::Active { serving: active.serving, alone: degraded }, (!alone).then_some(right))
            }
        };
        Status {
            me: self.me.clone(),
            part,
            epoch: self.disk.epoch,
            holder: row.and_then(|r| r.holder.clone()),
            in_sync: row.and_then(|r| r.in_sync),
            position: self.position,
            peer: self.link.as_ref().map(|l| l.from.clone()),
            right_ms,
            doubt: self.witness.doubt(&self.disk),
            waits: self.waits(now),
        }
    }
}

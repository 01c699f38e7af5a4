//! States made comparable, for the exhaustive check: times become ages, numbers that only ever grow become small ones.
//!
//! Nothing here is used outside of tests; what it does not know of would only make states look different that are not.

use crate::role::{Phase, Role};
use crate::types::Ms;

/// Numbers of a state that only ever grow.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// Of the row.
    Version,
    /// Of the row.
    Beat,
    /// Of gates.
    Serial,
}

impl Role {
    /// Moves all times so that now is `to`. Ages are cut off where nothing depends on them any more, in units of half a ttl; what was said
    /// last is forgotten.
    #[doc(hidden)]
    pub fn age(&mut self, now: Ms, to: Ms) {
        let half = self.config.ttl_ms / 2;
        let cut = |time: &mut Ms, halves: Ms| *time = to - now.saturating_sub(*time).min(halves * half);
        let passive = matches!(self.phase, Phase::Passive(_));
        for time in self.witness.times() {
            cut(time, if passive { 3 } else { 2 });
        }
        cut(&mut self.stepped_at, 2);
        // Of no account once there is a holder.
        let held = self.witness.known.as_ref().is_some_and(|k| k.row.holder.is_some());
        cut(&mut self.started_at, if held { 0 } else { 3 });
        match &mut self.phase {
            Phase::Passive(passive) => {
                cut(&mut self.witness.tried_at, 1);
                passive.times().into_iter().for_each(|t| cut(t, 3));
                if let Some(peer) = &mut self.link {
                    (peer.epoch, peer.line, peer.position, peer.active) = (0, 0, 0, false);
                }
            }
            Phase::Active(active) => {
                // These two are of account for a database that forgets only.
                active.evidence_from = to;
                self.witness.known.iter_mut().for_each(|k| k.asked_at = to);
                active.times().into_iter().for_each(|t| cut(t, 2));
            }
        }
        self.unsay();
    }

    /// All numbers that only grow.
    #[doc(hidden)]
    pub fn numbers(&mut self) -> Vec<(Number, &mut u64)> {
        let mut numbers = self.witness.numbers();
        match &mut self.phase {
            Phase::Passive(passive) => numbers.extend(passive.beat().map(|b| (Number::Beat, b))),
            Phase::Active(active) => numbers.push((Number::Serial, &mut active.serial)),
        }
        numbers
    }
}

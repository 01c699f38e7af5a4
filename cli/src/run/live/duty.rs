//! When sources are open, in a pair, and how far what they gave is safe.

use super::Live;
use crate::exit::{Exit, Failure, plain};
use crate::run::store::Store;
use riddhi_config::Ack;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

impl Live {
    /// Tells the sources how far what they gave is safe.
    pub(super) fn tell_sources(&mut self) {
        let (position, accepted) = (self.frame.base, self.safe_to());
        for slot in &mut self.sources {
            slot.source.taken(position);
            slot.source.accepted(accepted);
        }
    }

    /// What was taken before this position may be acknowledged.
    pub(super) fn safe_to(&self) -> u64 {
        let position = self.frame.base;
        match (self.shared.ack, &self.mirror, &self.synced) {
            (Ack::Replicated, Some(mirror), _) => mirror.released().min(position),
            (Ack::Journaled, _, Some(synced)) => synced.position().min(position),
            _ => position,
        }
    }

    /// Whether sources may be open: in a pair only on the active.
    pub(super) fn may_take(&self) -> bool {
        self.shared.pair.as_ref().is_none_or(|pair| pair.duty.is_serving())
    }

    /// Opens or closes the sources as the node's part changes, and appends the app's files for a passive that begins anew.
    pub(super) fn follow_duty(&mut self) -> Result<(), Failure> {
        let (may, open) = (self.may_take(), self.open.load(Ordering::Acquire));
        if may && !open {
            let places = std::mem::take(&mut self.places_kept);
            self.sources = self.make_sources(&places, BTreeMap::new())?;
            self.show_sources();
            self.open.store(true, Ordering::Release);
        } else if !may && open {
            self.places_kept = self.places();
            self.sources.clear();
            self.open.store(false, Ordering::Release);
        }
        let Some(mirror) = self.mirror.clone() else { return Ok(()) };
        if mirror.is_asked() {
            self.snapshot(true)?;
            let files = self.store.as_ref().map_or(Ok(Vec::new()), Store::essential);
            let appended = files.and_then(|files| mirror.append_files(&files));
            let failed = |e| Failure::new(Exit::Failed, format!("cannot read the state: {}", plain(&e)));
            appended.map_err(failed)?;
        }
        Ok(())
    }
}

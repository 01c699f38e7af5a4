//! Up to where outputs may leave: nothing leaves whose entry is not safe.

use std::sync::Arc;

use super::pair::Mirror;
use super::synced::Synced;

/// What outputs wait for.
#[derive(Clone)]
pub enum Hold {
    /// The other node, if it is in sync, has the entry.
    Mirror(Arc<Mirror>),
    /// The entry is on the disk.
    Disk(Arc<Synced>),
    /// Both.
    Both(Arc<Mirror>, Arc<Synced>),
}

impl Hold {
    /// Of what there is; none if nothing is waited for.
    pub fn new(mirror: Option<Arc<Mirror>>, synced: Option<Arc<Synced>>) -> Option<Hold> {
        match (mirror, synced) {
            (Some(mirror), Some(synced)) => Some(Hold::Both(mirror, synced)),
            (Some(mirror), None) => Some(Hold::Mirror(mirror)),
            (None, Some(synced)) => Some(Hold::Disk(synced)),
            (None, None) => None,
        }
    }

    /// Outputs of entries before this position may leave.
    pub fn released(&self) -> u64 {
        match self {
            Hold::Mirror(mirror) => mirror.released(),
            Hold::Disk(synced) => synced.position(),
            Hold::Both(mirror, synced) => mirror.released().min(synced.position()),
        }
    }

    /// Waits a little for more.
    pub fn wait(&self) {
        match self {
            Hold::Mirror(mirror) => mirror.wait(),
            // The disk is the one that is quicker, and both are looked at again soon.
            Hold::Disk(synced) | Hold::Both(_, synced) => synced.wait(),
        }
    }

    /// What an end does not wait for any longer.
    pub fn who(&self) -> &'static str {
        match self {
            Hold::Mirror(_) | Hold::Both(..) => "the other node",
            Hold::Disk(_) => "the disk",
        }
    }
}

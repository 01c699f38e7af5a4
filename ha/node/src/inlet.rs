//! The passive's side of the records: taken in order, kept back while sealed, acknowledged when they are written.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use riddhi_role::{Epoch, Position};

use crate::DataPath;

/// Bytes that are kept back while sealed at most; beyond, the link is closed.
const KEPT_BYTES_MAX: usize = 64 << 20;

/// What comes from an active, besides what its machine says.
pub(crate) enum Taken<'a> {
    Begin { epoch: Epoch, after: Position, anew: bool },
    Record { position: Position, bytes: Cow<'a, [u8]> },
}

impl Taken<'_> {
    /// The same, to be kept.
    fn kept(self) -> Taken<'static> {
        match self {
            Taken::Begin { epoch, after, anew } => Taken::Begin { epoch, after, anew },
            Taken::Record { position, bytes } => Taken::Record { position, bytes: bytes.into_owned().into() },
        }
    }
}

/// The inlet.
pub(crate) struct Inlet {
    path: Arc<dyn DataPath>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    link: u64,
    /// The highest epoch that this node has seen, and whether it is an active itself: of whom it takes records.
    least: Epoch,
    active: bool,
    sealed: bool,
    kept: VecDeque<Taken<'static>>,
    kept_bytes: usize,
    /// Whose records these are.
    epoch: Epoch,
    position: Position,
    /// The state is being built anew, and does not count yet.
    building: bool,
    /// Whether there is something that the driver was not told.
    news: bool,
}

impl Inlet {
    pub(crate) fn new(path: Arc<dyn DataPath>, line: Epoch, position: Position) -> Inlet {
        Inlet { path, state: Mutex::new(State { epoch: line, position, ..State::default() }) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another link: what was kept of the one before is dropped.
    pub(crate) fn set_link(&self, link: u64) {
        let mut state = self.lock();
        state.link = link;
        state.kept.clear();
        state.kept_bytes = 0;
    }

    /// Of whom records are taken.
    pub(crate) fn follow(&self, least: Epoch, active: bool) {
        let mut state = self.lock();
        (state.least, state.active) = (least, active);
    }

    /// Takes what came by a link. Gives what is to be acknowledged: an epoch and a position.
    pub(crate) fn take(&self, link: u64, taken: Taken<'_>) -> io::Result<Option<(Epoch, Position)>> {
        let mut state = self.lock();
        if state.link != link {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        if !state.sealed && state.kept.is_empty() {
            return self.open(&mut state, taken);
        }
        state.kept_bytes += match &taken {
            Taken::Record { bytes, .. } => bytes.len(),
            Taken::Begin { .. } => 0,
        };
        state.kept.push_back(taken.kept());
        if state.kept_bytes > KEPT_BYTES_MAX {
            return Err(io::Error::other("more records came while sealed than can be kept"));
        }
        Ok(None)
    }

    fn open(&self, state: &mut State, taken: Taken<'_>) -> io::Result<Option<(Epoch, Position)>> {
        match taken {
            Taken::Begin { epoch, after, anew } => {
                if state.active || epoch < state.least {
                    return Ok(None);
                }
                // Behind `after` there may be records of the same epoch, which come again and are passed over. Those of another
                // cannot be cut off: an active that knows of them begins anew.
                let again = epoch == state.epoch && after <= state.position;
                if !anew && !again && after != state.position {
                    return Err(io::Error::other("the active begins elsewhere than these records end"));
                }
                self.path.begin(epoch, anew)?;
                if anew || !again {
                    (state.epoch, state.position, state.building) = (epoch, after, anew);
                }
            }
            Taken::Record { position, bytes } => {
                let fits = position == state.position + 1;
                if state.active || state.epoch < state.least || !fits {
                    return Ok(None);
                }
                self.path.record(position, &bytes)?;
                state.position = position;
                if state.building && self.path.is_whole() {
                    state.building = false;
                }
            }
        }
        state.news = true;
        Ok(Some(state.counts()))
    }

    /// Whose records there are and up to where, if that is news.
    pub(crate) fn news(&self) -> Option<(Epoch, Position)> {
        let mut state = self.lock();
        std::mem::take(&mut state.news).then(|| state.counts())
    }

    /// From now on nothing is taken; gives the last position.
    pub(crate) fn seal(&self) -> Position {
        let mut state = self.lock();
        state.sealed = true;
        state.counts().1
    }

    /// Takes again, first what was kept; gives what is to be acknowledged.
    pub(crate) fn unseal(&self) -> io::Result<Option<(Epoch, Position)>> {
        let mut state = self.lock();
        state.sealed = false;
        state.kept_bytes = 0;
        let mut last = None;
        while let Some(taken) = state.kept.pop_front() {
            last = self.open(&mut state, taken)?.or(last);
        }
        Ok(last)
    }
}

impl State {
    /// A state that is being built counts as nothing.
    fn counts(&self) -> (Epoch, Position) {
        (self.epoch, if self.building { 0 } else { self.position })
    }
}

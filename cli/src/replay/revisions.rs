//! Saved states of the apps of one replay, in memory.

use crate::exit::{Exit, Failure};

/// Revisions that are kept at most; a `persist` beyond that fails the replay.
const REVISIONS_MAX: usize = 10_000;

/// Saved states, by number and by app.
#[derive(Default)]
pub struct Revisions {
    all: Vec<Revision>,
    snapshot: Option<Vec<u8>>,
}

struct Revision {
    app: String,
    /// Gone once the app's revisions are cleared.
    state: Option<Vec<u8>>,
}

impl Revisions {
    /// Keeps a state as the next revision of `app`.
    pub fn persist(&mut self, app: &str, state: Vec<u8>) -> Result<(), Failure> {
        if self.all.len() == REVISIONS_MAX {
            return Err(Failure::new(Exit::Failed, format!("more than {REVISIONS_MAX} revisions were persisted")));
        }
        self.all.push(Revision { app: app.to_owned(), state: Some(state) });
        Ok(())
    }

    /// The last revision of `app`.
    pub fn last(&self, app: &str) -> Option<&[u8]> {
        self.all.iter().rev().filter(|r| r.app == app).find_map(|r| r.state.as_deref())
    }

    /// The revision of that number, of whichever app; `None` if it was cleared. Fails if there never was one.
    pub fn numbered(&self, n: usize) -> Result<Option<&[u8]>, Failure> {
        match self.all.get(n) {
            Some(revision) => Ok(revision.state.as_deref()),
            None => {
                let message = format!("'restorerev' asks for revision {n}, and {} were persisted", self.all.len());
                Err(Failure::new(Exit::Usage, message))
            }
        }
    }

    /// Forgets the revisions of `app`; numbers stay.
    pub fn clear(&mut self, app: &str) {
        self.all.iter_mut().filter(|r| r.app == app).for_each(|r| r.state = None);
    }

    /// Keeps a state apart from the revisions.
    pub fn set_snapshot(&mut self, state: Vec<u8>) {
        self.snapshot = Some(state);
    }

    /// The state that was kept apart.
    pub fn snapshot(&self) -> Option<&[u8]> {
        self.snapshot.as_deref()
    }
}

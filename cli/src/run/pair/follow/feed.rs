//! What the thread that takes records tells the one that follows: whether the files count, and which of them are others now.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::super::mirror::lock;

/// Which files an app's state is made of: another number, other files.
pub type Version = (u64, u64);

/// The feed.
#[derive(Default)]
pub struct Feed {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// All files of all apps are there.
    whole: bool,
    /// Times that all files became void.
    all: u64,
    /// By app: times that a file that may have been read was replaced. As many as there are apps.
    one: BTreeMap<String, u64>,
    news: bool,
    stop: bool,
}

impl Feed {
    fn set(&self, change: impl FnOnce(&mut State)) {
        let mut state = lock(&self.state);
        change(&mut state);
        state.news = true;
        drop(state);
        self.changed.notify_all();
    }

    /// The files are void.
    pub fn void(&self) {
        self.set(|state| {
            state.whole = false;
            state.all += 1;
        });
    }

    /// The files are there.
    pub fn whole(&self) {
        self.set(|state| state.whole = true);
    }

    /// A file of the app is replaced.
    pub fn replaced(&self, app: &str) {
        self.set(|state| *state.one.entry(app.to_owned()).or_default() += 1);
    }

    /// Something was noted.
    pub fn news(&self) {
        self.set(|_| {});
    }

    /// No more is to be followed.
    pub fn stop(&self) {
        self.set(|state| state.stop = true);
    }

    /// Whether no more is to be followed.
    pub fn has_stopped(&self) -> bool {
        lock(&self.state).stop
    }

    /// The version of an app's files, if they are there.
    pub fn version(&self, app: &str) -> Option<Version> {
        let state = lock(&self.state);
        state.whole.then(|| (state.all, state.one.get(app).copied().unwrap_or(0)))
    }

    /// Waits for news, at most that long.
    pub fn wait(&self, most: Duration) {
        let state = lock(&self.state);
        let waited = self.changed.wait_timeout_while(state, most, |state| !state.news);
        waited.unwrap_or_else(PoisonError::into_inner).0.news = false;
    }
}

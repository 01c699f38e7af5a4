//! The passive's apps, kept up with what the active's sinks have put out: a recovery that goes on as long as the node is the passive,
//! so that a take-over has only the rest of the journal to run.
//!
//! One thread follows all apps. It reads the files that records are made of, as a start would, and goes as far as the sinks' note;
//! what comes out is dropped. Where the active has written a snapshot, the states are compared. At a take-over the apps are handed
//! over as they stand.
//!
//! Invariants: who confirms records waits for nothing here; what was begun from files that are void, or were replaced since, is never
//! handed over; trouble here costs time at a take-over and nothing else.
//! Not here: how the rest is run and apps begin (`live`), and the files (`copies`).

mod app;
mod counts;
mod feed;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::mirror::lock;
use crate::args::RunArgs;
use crate::run::fleet::Opened;
use crate::run::recover::Standing;
use app::{Follower, Own, Tell};
pub use counts::Counts as FollowCounts;
use counts::Counts;
use feed::Feed;

/// A look at the files that nothing depends on.
const LOOK: Duration = Duration::from_millis(200);

/// The apps of a passive node.
pub struct Followers {
    feed: Arc<Feed>,
    /// Until they are begun to be followed.
    idle: Mutex<Vec<Follower>>,
    thread: Mutex<Option<JoinHandle<Vec<Follower>>>>,
    /// What was handed over and not taken yet.
    left: Mutex<BTreeMap<String, Standing>>,
    counts: Vec<(String, Arc<Counts>)>,
    tell: Tell,
}

impl Followers {
    /// Of apps whose state is in folders of `folder`; `tell` is given lines for people.
    pub fn new(apps: Opened, folder: &Path, args: &Arc<RunArgs>, tell: Tell) -> Followers {
        let follower = |(number, (watch, app, name)): (usize, (_, _, String))| {
            let own = Own { watch, app, number, args: args.clone() };
            Follower::new(name.clone(), folder.join(&name), own, tell.clone())
        };
        let idle: Vec<Follower> = apps.into_iter().enumerate().map(follower).collect();
        let counts = idle.iter().map(|f| (f.name.clone(), f.counts.clone())).collect();
        Followers {
            feed: Arc::default(),
            idle: Mutex::new(idle),
            thread: Mutex::default(),
            left: Mutex::default(),
            counts,
            tell,
        }
    }

    /// All files are void.
    pub fn void(&self) {
        self.feed.void();
    }

    /// All files are there: they are followed from now on.
    pub fn whole(&self) {
        self.feed.whole();
        let mut thread = lock(&self.thread);
        if thread.is_some() || self.feed.has_stopped() {
            return;
        }
        let (feed, apps) = (self.feed.clone(), std::mem::take(&mut *lock(&self.idle)));
        match Builder::new().name("riddhi-follow".to_owned()).spawn(move || run(&feed, apps)) {
            Ok(started) => *thread = Some(started),
            Err(e) => (self.tell)(&format!("warning: apps are not followed: cannot start a thread: {e}")),
        }
    }

    /// A file of an app is about to be replaced.
    pub fn replaced(&self, app: &str) {
        self.feed.replaced(app);
    }

    /// More is out.
    pub fn news(&self) {
        self.feed.news();
    }

    /// Ends the following; what stands can be taken then.
    pub fn stop(&self) {
        self.feed.stop();
        let Some(thread) = lock(&self.thread).take() else { return };
        let Ok(apps) = thread.join() else { return };
        let handed = apps.into_iter().filter_map(|app| {
            let version = self.feed.version(&app.name);
            app.hand_over(version)
        });
        *lock(&self.left) = handed.collect();
    }

    /// Takes what stands of an app.
    pub fn take(&self, app: &str) -> Option<Standing> {
        lock(&self.left).remove(app)
    }

    /// Whether it has ended, as at a take-over.
    pub fn have_ended(&self) -> bool {
        self.feed.has_stopped()
    }

    /// By app: what is counted.
    pub fn counts(&self) -> &[(String, Arc<Counts>)] {
        &self.counts
    }

    /// By app, in a few words: how it is followed.
    pub fn status(&self) -> Vec<(String, String)> {
        self.counts.iter().map(|(name, counts)| (name.clone(), counts.text())).collect()
    }
}

fn run(feed: &Feed, mut apps: Vec<Follower>) -> Vec<Follower> {
    while !feed.has_stopped() {
        let mut some = false;
        for app in &mut apps {
            if feed.has_stopped() {
                break;
            }
            let version = feed.version(&app.name);
            // A mistake of the engine must not be the end of the other apps.
            match catch_unwind(AssertUnwindSafe(|| app.turn(version))) {
                Ok(more) => some |= more,
                Err(_) => app.panicked(),
            }
        }
        if !some {
            feed.wait(LOOK);
        }
    }
    apps
}

//! One app that is followed.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use riddhi_batch::Frame;
use riddhi_run::{App, differences};

use super::counts::{Counts, Lag};
use super::feed::Version;
use crate::args::RunArgs;
use crate::exit::{Exit, Failure};
use crate::kept::difference;
use crate::run::live::begin::make_pool;
use crate::run::names::of_keys;
use crate::run::notes::NotesTail;
use crate::run::recover::{Standing, Step};
use crate::run::store::{newest, published_in, read, snapshot_path};
use crate::run::watch::Watch;

/// Behind what is out by more than this, it is said.
const LAG_MAX: Duration = Duration::from_secs(1);

/// After trouble it is tried again in this time, unless the files are others before.
const AGAIN: Duration = Duration::from_secs(10);

/// Frames of one app before another has its turn.
const FRAMES: usize = 16;

/// What an app is told with.
pub type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// What an app was compiled from.
pub struct Own {
    /// Its file.
    pub watch: Watch,
    /// What that file says.
    pub app: App,
    /// Which of the process's apps it is.
    pub number: usize,
    /// What was typed.
    pub args: Arc<RunArgs>,
}

/// An app that is followed.
pub struct Follower {
    /// Its name.
    pub name: String,
    /// What is counted.
    pub counts: Arc<Counts>,
    folder: PathBuf,
    own: Own,
    tell: Tell,
    version: Option<Version>,
    standing: Option<(Standing, Frame)>,
    marks: NotesTail,
    lag: Lag,
    /// It has reached a mark since it was begun.
    reached: bool,
    /// It was said that it is behind.
    said_behind: bool,
    /// Trouble that was told last, and when it was met.
    trouble: Option<(String, Instant)>,
    /// The active's text that was told to be another one.
    other_text: Option<String>,
}

impl Follower {
    /// Of an app whose files are in `folder`.
    pub fn new(name: String, folder: PathBuf, own: Own, tell: Tell) -> Follower {
        let marks = NotesTail::new(published_in(&folder));
        Follower {
            name,
            counts: Arc::default(),
            folder,
            own,
            tell,
            version: None,
            standing: None,
            marks,
            lag: Lag::default(),
            reached: false,
            said_behind: false,
            trouble: None,
            other_text: None,
        }
    }

    fn say(&self, level: &str, text: &str) {
        (self.tell)(&format!("{level}: app {}: {text}", self.name));
    }

    /// Does a piece of what there is to do; false if there is nothing. `version`: of its files, if they are there.
    pub fn turn(&mut self, version: Option<Version>) -> bool {
        if version != self.version {
            self.begin_anew();
            self.trouble = None;
            self.version = version;
        }
        if version.is_none() || self.trouble.as_ref().is_some_and(|(_, met)| met.elapsed() < AGAIN) {
            return false;
        }
        match self.follow() {
            Ok(more) => more,
            Err(_) if self.is_left_behind() => {
                self.begin_anew();
                true
            }
            Err(failure) => {
                self.begin_anew();
                self.met(failure.text.trim_start_matches("error: ").trim_end().to_owned());
                false
            }
        }
    }

    /// Whether the files have gone on, so that what it needs next may be gone.
    fn is_left_behind(&self) -> bool {
        self.standing.as_ref().is_some_and(|(standing, _)| !snapshot_path(&self.folder, standing.snapshot).exists())
    }

    /// What is there is of no use.
    fn begin_anew(&mut self) {
        self.standing = None;
        self.counts.following.store(0, Ordering::Relaxed);
        self.marks = NotesTail::new(published_in(&self.folder));
    }

    /// Trouble: a take-over will run the journal, if nothing else comes of it.
    fn met(&mut self, why: String) {
        if self.trouble.as_ref().is_none_or(|(told, _)| *told != why) {
            self.say("warning", &format!("it is not followed, a take-over runs its journal: {why}"));
        }
        self.trouble = Some((why, Instant::now()));
    }

    fn follow(&mut self) -> Result<bool, Failure> {
        let mark = self.marks.position().map_err(|e| Failure::file("cannot read", "the sinks' notes", &e))?;
        if self.standing.is_none() && !self.begin(mark)? {
            return Ok(false);
        }
        let mut more = true;
        let next = self.standing.as_ref().map_or(Ok(None), |(standing, _)| standing.next_base(&self.folder));
        let next = next.map_err(|e| Failure::file("cannot read", &self.folder.display().to_string(), &e))?;
        for _ in 0..FRAMES {
            let Some((standing, frame)) = &mut self.standing else { return Ok(true) };
            match standing.step(&self.folder, frame, mark, next)? {
                Step::More => {}
                Step::Done => {
                    more = false;
                    break;
                }
                Step::Boundary => {
                    self.compare();
                    return Ok(true);
                }
                Step::Restart => {
                    let path = snapshot_path(&self.folder, standing.position);
                    self.standing = None;
                    let unusable = |why| format!("the snapshot {} cannot be used: {why}", path.display());
                    read(&path).map_err(|why| Failure::new(Exit::Failed, unusable(why)))?;
                    return Ok(true);
                }
            }
        }
        self.trouble = None;
        self.count(mark);
        Ok(more)
    }

    /// Begins from the newest snapshot; false if there is none yet.
    fn begin(&mut self, mark: u64) -> Result<bool, Failure> {
        if !self.folder.exists() {
            return Ok(false);
        }
        let Some(snapshot) = newest(&self.folder, |text| (self.tell)(text))? else { return Ok(false) };
        let own = &self.own;
        let app = own.watch.app_of(&snapshot.text, &snapshot.zone, &own.app)?;
        if snapshot.text != own.watch.kept_text() && self.other_text.as_ref() != Some(&snapshot.text) {
            let what = difference(&snapshot.text, own.watch.kept_text());
            self.say("warning", &format!("the active {what}, which counts after a take-over"));
            self.other_text = Some(snapshot.text.clone());
        }
        let position = snapshot.position;
        let standing = Standing::new(snapshot, make_pool(&app, &self.own.args, self.own.number)?)?;
        let frame = standing.pool.frame();
        self.standing = Some((standing, frame));
        self.lag.begin();
        self.reached = false;
        Counts::add(&self.counts.begun);
        self.say(
            "note",
            &format!("it is followed from the snapshot of entry {position} on; what is out ends at entry {mark}"),
        );
        Ok(true)
    }

    /// The active has written a snapshot of where this app stands: the states must be the same bytes.
    fn compare(&mut self) {
        let Some((standing, _)) = &self.standing else { return };
        let path = snapshot_path(&self.folder, standing.position);
        // It is gone, or broken, which a start will tell: there is nothing to compare with.
        let Ok(theirs) = read(&path) else { return };
        if theirs.text != standing.text || theirs.zone != standing.zone || theirs.lineage != standing.lineage {
            // The app was reloaded, or began anew what its outputs are called.
            self.standing = None;
            return;
        }
        let ours = standing.pool.save();
        if ours == theirs.state {
            Counts::add(&self.counts.same);
            return;
        }
        Counts::add(&self.counts.different);
        let what = match differences(&ours, &theirs.state) {
            Ok(keys) => of_keys(&keys, standing.app()),
            Err(e) => e.to_string(),
        };
        let (position, sums) = (standing.position, [&ours, &theirs.state].map(|s| crc32c::crc32c(s)));
        let text = format!(
            "the same entries gave another state than on the active, at entry {position}: {what} (crc32c {:08x} here, {:08x} there); \
             please report it with the app; it goes on from the active's",
            sums[0], sums[1]
        );
        self.say("error", &text);
        self.standing = None;
    }

    fn count(&mut self, mark: u64) {
        let Some((standing, _)) = &self.standing else { return };
        let position = standing.position;
        let lag = self.lag.at(mark, position, Instant::now());
        self.counts.following.store(1, Ordering::Relaxed);
        self.counts.position.store(position, Ordering::Relaxed);
        self.counts.mark.store(mark, Ordering::Relaxed);
        self.counts.lag_ms.store(lag.as_millis() as u64, Ordering::Relaxed);
        let behind = mark.saturating_sub(position);
        if behind == 0 {
            if !self.reached {
                self.say("note", &format!("what is followed stands where the outputs are, at entry {position}"));
            } else if self.said_behind {
                self.say("note", &format!("what is followed has caught up, at entry {position}"));
            }
            (self.reached, self.said_behind) = (true, false);
        } else if self.reached && !self.said_behind && lag > LAG_MAX {
            let ms = lag.as_millis();
            let text = format!(
                "what is followed is {behind} entries and {ms} ms behind; a take-over would have to run them first"
            );
            self.say("warning", &text);
            self.said_behind = true;
        }
    }

    /// Hands over what stands, if it is of these files.
    pub fn hand_over(self, version: Option<Version>) -> Option<(String, Standing)> {
        let fits = version.is_some() && version == self.version;
        self.standing.filter(|_| fits).map(|(standing, _)| (self.name, standing))
    }

    /// The engine panicked: what stands is of no use.
    pub fn panicked(&mut self) {
        self.begin_anew();
        self.met("it panicked, a mistake in Riddhi; please report it with the app".to_owned());
    }
}

//! An app's file, looked at from time to time.

use std::fs;
use std::time::{Duration, Instant, SystemTime};

use riddhi_plan::cron::Zone;
use riddhi_plan::registry::Outside;
use riddhi_run::App;

use crate::app::{AppFile, read};
use crate::exit::{Exit, Failure};
use crate::kept::kept_text;
use crate::terminal::stderr_colours;
use crate::{say, zone};

/// How often it is looked at.
const EVERY: Duration = Duration::from_millis(500);

/// An app's file.
pub struct Watch {
    path: String,
    /// Of its schedules.
    zone: Zone,
    /// The text that runs, and what a state says of it.
    text: String,
    kept: String,
    /// The text that was looked at last; a mistaken one is told once.
    seen: String,
    stamp: Option<(SystemTime, u64)>,
    last: Instant,
    on: bool,
}

impl Watch {
    /// Reads and compiles the file; `on`: it is looked at again.
    pub fn open(path: &str, on: bool, zone: &Zone) -> Result<(Watch, App), Failure> {
        let stamp = stamp(path);
        let text = read(path)?;
        let app = AppFile::compile(path, text.clone(), Outside::Started, zone).into_app()?;
        let (path, zone) = (path.to_owned(), zone.clone());
        let kept = kept_text(&text, &app);
        let watch = Watch { path, zone, seen: text.clone(), text, kept, stamp, last: Instant::now(), on };
        Ok((watch, app))
    }

    /// What a state says of the text that runs: see [`kept_text`].
    pub fn kept_text(&self) -> &str {
        &self.kept
    }

    /// The name of the time zone of its schedules.
    pub fn zone(&self) -> &str {
        self.zone.name()
    }

    /// The app of an earlier text, as a state has kept it, and time zone; `now` is what runs.
    pub fn app_of(&self, text: &str, zone: &str, now: &App) -> Result<App, Failure> {
        if text == self.kept && zone == self.zone() {
            return Ok(now.clone());
        }
        let unknown = |e| Failure::new(Exit::Usage, format!("the state is of the time zone {zone}: {e}"));
        let zone = zone::named(zone).map_err(unknown)?;
        AppFile::compile_kept(&self.path, text, Outside::Started, &zone).into_app()
    }

    /// Time until it is looked at again.
    pub fn again_in(&self) -> Duration {
        if self.on { EVERY.saturating_sub(self.last.elapsed()) } else { Duration::MAX }
    }

    /// The app, if its file has changed and it can be run. A mistake is told, and the app goes on as it was.
    pub fn changed(&mut self) -> Option<App> {
        if !self.on || self.last.elapsed() < EVERY {
            return None;
        }
        self.last = Instant::now();
        let stamp = stamp(&self.path);
        if stamp == self.stamp {
            return None;
        }
        self.stamp = stamp;
        let text = match read(&self.path) {
            Ok(text) => text,
            Err(failure) => {
                let what = failure.text.trim_start_matches("error: ").trim_end();
                say(&format!("warning: {what}; the app goes on as it was\n"));
                return None;
            }
        };
        if text == self.seen {
            return None;
        }
        self.seen.clone_from(&text);
        if text == self.text {
            return None;
        }
        let file = AppFile::compile(&self.path, text.clone(), Outside::Started, &self.zone);
        if file.app.is_none() {
            say(&file.text(stderr_colours()));
            say(&format!("warning: {} has changed, but cannot be run; the app goes on as it was\n", self.path));
            return None;
        }
        let app = file.into_app().ok()?;
        self.kept = kept_text(&text, &app);
        self.text = text;
        Some(app)
    }
}

fn stamp(path: &str) -> Option<(SystemTime, u64)> {
    let about = fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

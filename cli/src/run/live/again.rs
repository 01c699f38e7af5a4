//! How an app goes on from what it was: reloaded, or recovered after a restart.

use super::{End, Live, Remains, wall};
use crate::exit::{Exit, Failure};
use crate::replay::journal_inputs;
use crate::run::notes::Published;
use crate::tell;
use riddhi_batch::Frame;
use riddhi_run::{App, Clock};

impl Live {
    /// If the app's file has changed and can be run, goes on with what it says now.
    pub(super) fn reload_if_changed(&mut self) -> Result<(), End> {
        let Some(app) = self.watch.changed() else { return Ok(()) };
        self.reload(app)
    }

    pub(super) fn reload(&mut self, app: App) -> Result<(), End> {
        let state = self.with_worker(|worker| worker.call(|pool, _| pool.save()))?;
        let places = self.places();
        let position = self.frame.base;
        let sinks = self.stop_for_reload()?;
        let old = std::mem::replace(&mut self.app, app);
        if old.playback != self.app.playback {
            self.clock = Clock::new(self.app.playback, if self.app.playback { 0 } else { wall() });
        }
        self.begin(Remains { state: Some((state, old)), sources: places, sinks, position, published: position })?;
        if let Some(recorder) = &mut self.recorder {
            recorder.set_inputs(journal_inputs(&self.app));
            recorder.next(position, self.clock.now())?;
        }
        self.snapshot(true)?;
        tell(&format!("note: app {} was reloaded\n", self.name));
        Ok(())
    }

    /// What an earlier run left: its snapshot, with the journal after it run again.
    pub(super) fn recover(&mut self) -> Result<Option<Remains>, Failure> {
        let Some(store) = &self.store else { return Ok(None) };
        let found = store.find()?;
        let Some(snapshot) = found.snapshot else { return Ok(None) };
        let app = self.watch.app_of(&snapshot.text, &snapshot.zone, &self.app)?;
        let now_app = std::mem::replace(&mut self.app, app);
        self.clock = Clock::new(self.app.playback, snapshot.now);
        let Published { position: published, sinks } = found.published;
        let mut pool = self.pool()?;
        pool.load(&snapshot.state).map_err(|e| Failure::new(Exit::Failed, e))?;
        pool.start(snapshot.now);
        // Nothing that is run again may reach a sink before all is there, so sinks stand where they were noted.
        // Nobody else is in sync as long as this goes on: the row of the take-over says so.
        self.spawn(pool, published, &sinks, snapshot.position, None)?;
        let replayed = crate::run::recover::run(self, &found.segments, published)?;
        let sources = replayed.sources.unwrap_or(snapshot.sources);
        let state = match self.with_worker(|worker| worker.call(|pool, _| pool.save())) {
            Ok(state) => state,
            Err(End::Failed(failure)) => return Err(failure),
            Err(End::Orderly) => {
                return Err(Failure::new(Exit::Failed, "the sinks ended while the journal was run again"));
            }
        };
        let position = self.frame.base;
        let sinks = match self.stop_for_reload() {
            Ok(sinks) => sinks,
            Err(End::Failed(failure)) => return Err(failure),
            Err(End::Orderly) => {
                return Err(Failure::new(Exit::Failed, "the sinks ended while the journal was run again"));
            }
        };
        self.account.recovered = replayed.events;
        self.account.handled = 0;
        tell(&format!(
            "note: app {} goes on at entry {position}: a snapshot of entry {}, and {} events of the journal after it\n",
            self.name, snapshot.position, replayed.events
        ));
        let old = std::mem::replace(&mut self.app, now_app);
        if !self.app.playback {
            self.clock = Clock::new(false, wall().max(self.clock.now()));
        }
        // All of it is out by now.
        Ok(Some(Remains { state: Some((state, old)), sources, sinks, position, published: position }))
    }

    /// Hands entries of the journal to the worker once more.
    pub fn run_again(&mut self, fill: impl FnOnce(&mut Frame) -> Result<bool, Failure>) -> Result<bool, Failure> {
        let more = fill(&mut self.frame)?;
        if self.frame.is_empty() {
            return Ok(more);
        }
        self.clock.set(self.frame.entries.last().map_or(self.clock.now(), |e| e.now));
        let frame = std::mem::take(&mut self.frame);
        let next = self.with_worker(|worker| {
            worker.send(frame)?;
            worker.frame()
        });
        match next {
            Ok(frame) => self.frame = frame,
            Err(End::Failed(failure)) => return Err(failure),
            Err(End::Orderly) => {
                return Err(Failure::new(Exit::Failed, "the sinks ended while the journal was run again"));
            }
        }
        Ok(more)
    }
}

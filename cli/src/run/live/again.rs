//! How an app goes on from what it was: reloaded, or recovered after a restart.

use super::begin::{draw_lineage, make_pool};
use super::{End, Kept, Live, Remains, wall};
use crate::exit::{Exit, Failure};
use crate::replay::journal_inputs;
use crate::run::notes::Published;
use crate::run::recover::Standing;
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
        self.left = None;
        let kept = Some(Kept::Of(state, old));
        self.begin(Remains { kept, sources: places, sinks, position, published: position })?;
        if let Some(recorder) = &mut self.recorder {
            recorder.set_inputs(journal_inputs(&self.app));
            recorder.next(position, self.clock.now())?;
        }
        self.snapshot(true)?;
        tell(&format!("note: app {} was reloaded\n", self.name));
        Ok(())
    }

    /// What an earlier run left: its snapshot, with the journal after it run again; on a passive that takes over, what was followed.
    pub(super) fn recover(&mut self) -> Result<Option<Remains>, Failure> {
        let Some(store) = &self.store else { return Ok(None) };
        let Published { position: published, sinks } = store.noted()?;
        let followers = self.shared.pair.as_ref().and_then(|pair| pair.followers.as_ref());
        let followed = followers.and_then(|followers| followers.take(&self.name));
        // Outputs behind the note are still to come, so what was run beyond it is of no use.
        let followed = followed.filter(|standing| standing.position <= published);
        // One that was far behind may lack the journal between: the snapshot, behind which the active trimmed it, is there.
        let followed = match followed {
            Some(standing) if store.has_segment(standing.base())? => Some(standing),
            _ => None,
        };
        let is_followed = followed.is_some();
        let mut lost = false;
        let mut standing = match followed {
            Some(standing) => standing,
            None => {
                let mut snapshot = store.newest()?;
                if let (None, Some(vault)) = (&snapshot, &self.shared.vault) {
                    snapshot = vault.newest(&self.name)?;
                    lost = true;
                }
                let Some(snapshot) = snapshot else { return Ok(None) };
                let app = self.watch.app_of(&snapshot.text, &snapshot.zone, &self.app)?;
                Standing::new(snapshot, make_pool(&app, &self.shared.args, self.number)?)?
            }
        };
        if !standing.lineage.is_empty() {
            self.lineage.clone_from(&standing.lineage);
        }
        let segments = store.segments(standing.base())?;
        let (begun, reading) = (standing.position, standing.reading.take());
        let now_app = std::mem::replace(&mut self.app, standing.app().clone());
        self.clock = Clock::new(self.app.playback, standing.now);
        // Nothing that is run again may reach a sink before all is there, so sinks stand where they were noted.
        // Nobody else is in sync as long as this goes on: the row of the take-over says so.
        self.spawn(standing.pool, published, &sinks, begun, None)?;
        let replayed = crate::run::recover::run(self, &segments, published, reading)?;
        let sources = replayed.sources.unwrap_or(standing.sources);
        let position = self.frame.base;
        if published > position || lost {
            // What went out under positions behind this one is lost: they will be those of other events.
            self.lineage = draw_lineage()?;
        }
        let sinks = match self.stop_for_reload() {
            Ok(sinks) => sinks,
            Err(End::Failed(failure)) => return Err(failure),
            Err(End::Orderly) => {
                return Err(Failure::new(Exit::Failed, "the sinks ended while the journal was run again"));
            }
        };
        self.account.recovered = standing.events + replayed.events;
        self.account.handled = 0;
        let snapshot = standing.snapshot;
        let how = match is_followed {
            true => {
                format!("followed from entry {snapshot} to {begun}, {} events of the journal after it", replayed.events)
            }
            false => format!("a snapshot of entry {snapshot}, and {} events of the journal after it", replayed.events),
        };
        tell(&format!("note: app {} goes on at entry {position}: {how}\n", self.name));
        let old = std::mem::replace(&mut self.app, now_app);
        if !self.app.playback {
            self.clock = Clock::new(false, wall().max(self.clock.now()));
        }
        let pool = self.left.take().ok_or_else(|| Failure::new(Exit::Failed, "the worker left no state"))?;
        let same = standing.text == self.watch.kept_text() && standing.zone == self.watch.zone();
        let kept = if same { Kept::All(Box::new(pool)) } else { Kept::Of(pool.save(), old) };
        // All of it is out by now.
        Ok(Some(Remains { kept: Some(kept), sources, sinks, position, published: position }))
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

//! The app at work: the worker it runs on, the clock, the frame being filled, and what the controls of an events file do.
//!
//! Invariants: a frame is recorded before it is sent; controls run between frames, when all sent before are handled; of a
//! worker that has ended nothing is lost but the frames that it did not handle, which count as refused.
//! Not here: what happens on the worker's thread (`console`).

use std::mem;

use riddhi_batch::Frame;
use riddhi_plan::cron::Zone;
use riddhi_plan::registry::Outside;
use riddhi_ring::Wait;
use riddhi_run::worker::{Pool, PoolOptions, Worker, WorkerCounter, WorkerCounters, WorkerError, WorkerOptions};
use riddhi_run::{App, Clock, EngineOptions};

use super::console::Console;
use super::journal::Recorder;
use super::printing::Printing;
use super::revisions::Revisions;
use super::{End, inputs};
use crate::app::AppFile;
use crate::args::ReplayArgs;
use crate::exit::{Exit, Failure};
use crate::input::{Control, InputStream};
use crate::output::Format;
use crate::output::sink::Sink;
use crate::{say, tell};

/// One app at work on a replay.
pub struct Session {
    /// What the engine takes next.
    pub frame: Frame,
    /// Stamps entries.
    pub clock: Clock,
    app: App,
    /// None once it has ended.
    worker: Option<Worker<Console>>,
    /// What is left of the worker that has ended, unless it panicked.
    console: Option<Console>,
    options: EngineOptions,
    workers: u64,
    core: Option<usize>,
    recorder: Option<Recorder>,
    revisions: Revisions,
    app_path: String,
    /// Of its schedules.
    zone: Zone,
    /// Under which its revisions are kept.
    app_key: String,
    apps_started: u64,
    /// On-demand queries so far.
    pub(super) queries_asked: u64,
    start_time: i64,
    batch: u64,
    restore_every: Option<u64>,
    entries_since_restore: u64,
    /// Events that workers handled which have ended.
    handled: u64,
    /// Events that they did not, or that could not be recorded.
    refused: u64,
}

/// Whether one of the names is that of a query and of no stream.
fn names_query(app: &App, names: &[String]) -> bool {
    let query = |name: &String| app.queries.iter().any(|q| q.name.as_ref() == Some(name));
    names.iter().any(|name| query(name) && app.streams.iter().all(|s| s.name != *name))
}

impl Session {
    /// Starts the app; its first entry will have position `base`.
    pub fn new(
        app: App,
        args: &ReplayArgs,
        format: Format,
        sink: Sink,
        zone: Zone,
        base: u64,
        start_time: i64,
    ) -> Result<Session, Failure> {
        let console = Console::new(Printing::new(&app, format, &args.only, sink)?);
        let mut session = Session {
            frame: Frame::default(),
            clock: Clock::new(app.playback, start_time),
            worker: None,
            console: None,
            // Whoever names a query wants its rows.
            options: EngineOptions {
                queries: args.queries || names_query(&app, &args.only),
                ..EngineOptions::default()
            },
            workers: args.workers,
            core: args.core,
            recorder: recorder(args, &app, &zone, base, start_time)?,
            revisions: Revisions::default(),
            app_path: args.app().to_owned(),
            zone,
            app_key: key(&app, 0),
            apps_started: 1,
            queries_asked: 0,
            start_time,
            batch: args.batch,
            restore_every: args.restore_every,
            entries_since_restore: 0,
            handled: 0,
            refused: 0,
            app,
        };
        session.spawn(console, base)?;
        Ok(session)
    }

    /// Starts a worker for the app, whose next entry has position `base`.
    fn spawn(&mut self, console: Console, base: u64) -> Result<(), Failure> {
        let pool = self.pool()?;
        if let Some(note) = pool.spread().note() {
            tell(&format!("note: {note}\n"));
        }
        let options = WorkerOptions { core: self.core, ..WorkerOptions::default() };
        let mut worker = Worker::spawn(pool, options, console).map_err(|e| Failure::thread(&e))?;
        self.frame = worker.frame().map_err(|e| Failure::new(Exit::Failed, e))?;
        self.frame.base = base;
        self.worker = Some(worker);
        Ok(())
    }

    /// The app with nothing remembered, its clock as it stands.
    fn pool(&self) -> Result<Pool, Failure> {
        let options = PoolOptions {
            workers: usize::try_from(self.workers).unwrap_or(usize::MAX),
            core: self.core.map(|core| core + 1),
            wait: Wait::Park,
        };
        let mut pool = Pool::new(self.app.clone(), self.options.clone(), options).map_err(|e| Failure::thread(&e))?;
        pool.start(self.clock.now());
        Ok(pool)
    }

    /// The app that runs.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Events that the engine took; all, once the session has finished.
    pub fn handled(&self) -> u64 {
        self.handled
    }

    /// Events that were read and that the engine did not take.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Rows that could not be computed.
    pub fn failed_rows(&self) -> u64 {
        self.console.as_ref().map_or(0, Console::failed_rows)
    }

    /// Rows printed, by target.
    pub fn printed(&self) -> Vec<(String, u64)> {
        self.console.as_ref().map_or(Vec::new(), Console::printed)
    }

    /// Entries the next frame may have.
    pub fn room(&self) -> usize {
        let until_restore = self.restore_every.map_or(u64::MAX, |k| k - self.entries_since_restore);
        usize::try_from(self.batch.min(until_restore)).unwrap_or(usize::MAX)
    }

    /// Sends the frame to the worker; the next one is at hand afterwards. Waits while all frames are on their way.
    pub fn process(&mut self) -> Result<(), End> {
        let entries = self.send()?;
        self.restore_if_due(entries)
    }

    /// The same without a restore that may be due; gives how many entries were sent.
    pub(super) fn send(&mut self) -> Result<u64, End> {
        if self.frame.is_empty() {
            return Ok(0);
        }
        if let Some(recorder) = &mut self.recorder
            && let Err(failure) = recorder.append(&self.frame)
        {
            self.recorder = None;
            self.refused += self.frame.rows as u64;
            self.frame.reset(self.frame.base);
            return Err(failure.into());
        }
        let entries = self.frame.entries.len() as u64;
        let frame = mem::take(&mut self.frame);
        self.frame = self.with_worker(|worker| {
            worker.send(frame)?;
            worker.frame()
        })?;
        Ok(entries)
    }

    /// Does something with the worker; if it has ended, says why.
    pub(super) fn with_worker<R>(
        &mut self,
        f: impl FnOnce(&mut Worker<Console>) -> Result<R, riddhi_run::worker::Ended>,
    ) -> Result<R, End> {
        match self.worker.as_mut().map(f) {
            Some(Ok(done)) => Ok(done),
            _ => Err(self.end_worker().err().unwrap_or(End::Closed)),
        }
    }

    /// Lets the worker handle all that was sent, and waits for its end; an error if it ended for another reason.
    fn end_worker(&mut self) -> Result<(), End> {
        let Some(worker) = self.worker.take() else { return Ok(()) };
        match worker.finish() {
            Ok(mut finished) => {
                self.count(&finished.counters);
                if let Some(core) = self.core.filter(|_| !finished.pinned) {
                    say(&format!("warning: the engine could not be pinned to core {core}\n"));
                    self.core = None;
                }
                let broken = finished.sink.take_broken();
                self.console = Some(finished.sink);
                broken.map_or(Ok(()), |broken| Err(broken.into()))
            }
            Err(WorkerError::Panicked { message, counters }) => {
                self.count(&counters);
                let message = format!("a mistake in Riddhi: {message}");
                Err(Failure::new(Exit::Failed, message).help("please report it with the app and the events").into())
            }
        }
    }

    fn count(&mut self, counters: &WorkerCounters) {
        self.handled += counters.get(WorkerCounter::Handled);
        self.refused += counters.get(WorkerCounter::Refused);
    }

    /// After every K-th entry the state is saved, the engine thrown away and another one loaded.
    pub(super) fn restore_if_due(&mut self, entries: u64) -> Result<(), End> {
        let Some(every) = self.restore_every else { return Ok(()) };
        self.entries_since_restore += entries;
        if self.entries_since_restore < every {
            return Ok(());
        }
        self.entries_since_restore = 0;
        let state = self.save()?;
        self.load(&state)
    }

    /// The state after all that was sent.
    fn save(&mut self) -> Result<Vec<u8>, End> {
        self.with_worker(|worker| worker.call(|pool, _| pool.save()))
    }

    /// A new engine for the same app, with a saved state.
    fn load(&mut self, state: &[u8]) -> Result<(), End> {
        let mut fresh = self.pool()?;
        fresh.load(state).map_err(|e| Failure::new(Exit::Failed, e))?;
        fresh.start(self.clock.now());
        self.with_worker(|worker| worker.call(move |pool, _| *pool = fresh))
    }

    /// Lets timers that are due already fire if `tick`, hands on all output and ends the journal.
    pub fn finish(&mut self, tick: bool) -> Result<(), End> {
        let ticked = if tick && self.worker.is_some() { self.tick() } else { Ok(()) };
        let ended = self.end_worker();
        let flushed = self.console.as_mut().map_or(Ok(()), Console::flush);
        let recorded = self.recorder.take().map_or(Ok(()), Recorder::finish);
        ticked?;
        ended?;
        flushed?;
        Ok(recorded?)
    }

    /// An entry at the clock as it stands. In a playback app only events look at timers.
    fn tick(&mut self) -> Result<(), End> {
        if self.app.playback {
            return Ok(());
        }
        self.frame.tick(self.clock.now(), true);
        self.process()
    }

    /// Does what a control says; gives the streams that events may name from then on, if they changed. `place`: where in
    /// the events file it stands.
    pub fn control(&mut self, control: Control, place: &str) -> Result<Option<Vec<InputStream>>, End> {
        if self.recorder.is_some() && control.changes_state() {
            let message = format!("{place}: a journal holds events only, so this control cannot be recorded");
            return Err(Failure::new(Exit::Usage, message).help("replay the file without --record").into());
        }
        match control {
            Control::Persist => {
                let state = self.save()?;
                self.revisions.persist(&self.app_key, state)?;
            }
            Control::ClearRevisions => self.revisions.clear(&self.app_key),
            Control::Snapshot => {
                let state = self.save()?;
                self.revisions.set_snapshot(state);
            }
            Control::Restore => self.restore(self.revisions.last(&self.app_key).map(<[u8]>::to_vec))?,
            Control::RestoreRevision(n) => self.restore(self.revisions.numbered(n)?.map(<[u8]>::to_vec))?,
            Control::RestoreSnapshot => self.restore(self.revisions.snapshot().map(<[u8]>::to_vec))?,
            Control::Restart(app) => return self.restart(app).map(Some),
        }
        Ok(None)
    }

    /// Timers that a loaded state finds overdue fire at once.
    fn restore(&mut self, state: Option<Vec<u8>>) -> Result<(), End> {
        match state {
            Some(state) => {
                self.load(&state)?;
                self.tick()
            }
            None => Ok(()),
        }
    }

    /// Starts the app anew, or another one. A live clock goes on; that of a playback app begins again.
    fn restart(&mut self, path: Option<String>) -> Result<Vec<InputStream>, End> {
        if let Some(path) = path {
            self.app_path = path;
        }
        let base = self.frame.base;
        self.end_worker()?;
        let app = AppFile::open_to_run(&self.app_path, Outside::NotStarted, &self.zone)?;
        let now = if app.playback { self.start_time } else { self.clock.now() };
        self.clock = Clock::new(app.playback, now);
        self.app_key = key(&app, self.apps_started);
        self.apps_started += 1;
        self.app = app;
        if let Some(mut console) = self.console.take() {
            console.restart(&self.app);
            self.spawn(console, base)?;
        }
        Ok(inputs(&self.app))
    }
}

fn recorder(
    args: &ReplayArgs,
    app: &App,
    zone: &Zone,
    base: u64,
    start_time: i64,
) -> Result<Option<Recorder>, Failure> {
    let Some(path) = &args.record else { return Ok(None) };
    let read: Vec<&str> = args.events.iter().chain(&args.journal).map(String::as_str).chain([args.app()]).collect();
    Recorder::create(path, &read, app, zone, base, start_time).map(Some)
}

/// An app without a name is another one each time it is started, as far as its revisions go.
fn key(app: &App, started_before: u64) -> String {
    if app.name.is_empty() { format!("#{started_before}") } else { app.name.clone() }
}

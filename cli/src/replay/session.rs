//! The app at work: engine, clock, frame, and what the controls of an events file do to them.

use riddhi_batch::Frame;
use riddhi_run::{App, Clock, Engine, EngineOptions};

use super::journal::Recorder;
use super::printing::Printing;
use super::revisions::Revisions;
use super::{End, inputs};
use crate::app::AppFile;
use crate::args::ReplayArgs;
use crate::exit::{Exit, Failure, plain};
use crate::input::{Control, InputStream};
use crate::output::Format;
use crate::output::sink::{Broken, Sink};
use crate::say;

/// Reports of failed rows that are shown; further ones are only counted.
const REPORTS_MAX: u64 = 20;

/// One app at work on a replay.
pub struct Session {
    /// What the engine takes next.
    pub frame: Frame,
    /// Stamps entries.
    pub clock: Clock,
    engine: Engine,
    options: EngineOptions,
    printing: Printing,
    recorder: Option<Recorder>,
    revisions: Revisions,
    app_path: String,
    /// Under which its revisions are kept.
    app_key: String,
    apps_started: u64,
    start_time: i64,
    batch: u64,
    restore_every: Option<u64>,
    entries_since_restore: u64,
    handled: u64,
    failed_rows: u64,
    reports: u64,
}

impl Session {
    /// Starts the app; its first entry will have position `base`.
    pub fn new(app: App, args: &ReplayArgs, format: Format, sink: Sink, base: u64) -> Result<Session, Failure> {
        let options = EngineOptions { queries: args.queries, ..EngineOptions::default() };
        let mut engine = Engine::new(app.clone(), options.clone());
        engine.start(args.start_time);
        let printing = Printing::new(&app, format, &args.only, sink)?;
        let mut frame = engine.frame();
        frame.reset(base);
        Ok(Session {
            frame,
            clock: Clock::new(app.playback, args.start_time),
            printing,
            recorder: recorder(args, &app, base)?,
            engine,
            options,
            revisions: Revisions::default(),
            app_path: args.app.clone(),
            app_key: key(&app, 0),
            apps_started: 1,
            start_time: args.start_time,
            batch: args.batch,
            restore_every: args.restore_every,
            entries_since_restore: 0,
            handled: 0,
            failed_rows: 0,
            reports: 0,
        })
    }

    /// Events that the engine took.
    pub fn handled(&self) -> u64 {
        self.handled
    }

    /// Rows that could not be computed.
    pub fn failed_rows(&self) -> u64 {
        self.failed_rows
    }

    /// Rows printed, by target.
    pub fn printed(&self) -> Vec<(String, u64)> {
        self.printing.counts()
    }

    /// Entries the next frame may have.
    pub fn room(&self) -> usize {
        let until_restore = self.restore_every.map_or(u64::MAX, |k| k - self.entries_since_restore);
        usize::try_from(self.batch.min(until_restore)).unwrap_or(usize::MAX)
    }

    /// Runs the frame and prints what comes out; the frame is empty afterwards.
    pub fn process(&mut self) -> Result<(), End> {
        if self.frame.is_empty() {
            return Ok(());
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.append(&self.frame)?;
        }
        let (base, entries) = (self.frame.base, self.frame.entries.len() as u64);
        self.handled += self.frame.rows as u64;
        let outputs = self.engine.process(&mut self.frame);
        let printed = self.printing.print(&outputs);
        self.report();
        self.frame.reset(base + entries);
        self.restore_if_due(entries)?;
        printed.map_err(end)
    }

    /// After every K-th entry the state is saved, the engine thrown away and another one loaded.
    fn restore_if_due(&mut self, entries: u64) -> Result<(), Failure> {
        let Some(every) = self.restore_every else { return Ok(()) };
        self.entries_since_restore += entries;
        if self.entries_since_restore < every {
            return Ok(());
        }
        self.entries_since_restore = 0;
        let state = self.engine.save();
        self.load(&state)
    }

    /// Hands on what was printed.
    pub fn flush(&mut self) -> Result<(), End> {
        self.printing.flush().map_err(end)
    }

    /// Lets timers that are due already fire if `tick`, hands on all output and ends the journal.
    pub fn finish(&mut self, tick: bool) -> Result<(), End> {
        let ticked = if tick { self.tick() } else { Ok(()) };
        let recorded = self.recorder.take().map_or(Ok(()), Recorder::finish);
        ticked?;
        self.flush()?;
        Ok(recorded?)
    }

    /// An entry at the clock as it stands. In a playback app only events look at timers.
    fn tick(&mut self) -> Result<(), End> {
        if self.engine.playback() {
            return Ok(());
        }
        self.frame.tick(self.clock.now(), true);
        self.process()
    }

    /// Shows log lines and failed rows of the last frame.
    fn report(&mut self) {
        for line in self.engine.log() {
            say(&format!("{line}\n"));
        }
        for failure in self.engine.failures() {
            self.failed_rows += failure.rows;
            self.reports += 1;
            if self.reports <= REPORTS_MAX {
                let rows = if failure.rows == 1 { "a row".to_owned() } else { format!("{} rows", failure.rows) };
                let place = format!("query {}, entry {}", failure.query, failure.position);
                say(&format!("warning: {place}: {rows} could not be computed: {}\n", failure.reason));
            } else if self.reports == REPORTS_MAX + 1 {
                say("note: further failures are counted, not shown\n");
            }
        }
    }

    /// A new engine for the same app, with a saved state.
    fn load(&mut self, state: &[u8]) -> Result<(), Failure> {
        let mut engine = Engine::new(self.engine.app().clone(), self.options.clone());
        engine.load(state).map_err(|e| Failure::new(Exit::Failed, e))?;
        engine.start(self.clock.now());
        self.engine = engine;
        Ok(())
    }

    /// Does what a control says; gives the streams that events may name from then on, if they changed. `place`: where in
    /// the events file it stands.
    pub fn control(&mut self, control: Control, place: &str) -> Result<Option<Vec<InputStream>>, End> {
        if self.recorder.is_some() && control.changes_state() {
            let message = format!("{place}: a journal holds events only, so this control cannot be recorded");
            return Err(Failure::new(Exit::Usage, message).help("replay the file without --record").into());
        }
        match control {
            Control::Persist => self.revisions.persist(&self.app_key, self.engine.save())?,
            Control::ClearRevisions => self.revisions.clear(&self.app_key),
            Control::Snapshot => self.revisions.set_snapshot(self.engine.save()),
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
        let app = AppFile::open_to_run(&self.app_path)?;
        let now = if app.playback { self.start_time } else { self.clock.now() };
        self.clock = Clock::new(app.playback, now);
        self.app_key = key(&app, self.apps_started);
        self.apps_started += 1;
        self.engine = Engine::new(app.clone(), self.options.clone());
        self.engine.start(now);
        let base = self.frame.base;
        self.frame = self.engine.frame();
        self.frame.reset(base);
        self.printing.restart(&app);
        Ok(inputs(&app))
    }
}

fn recorder(args: &ReplayArgs, app: &App, base: u64) -> Result<Option<Recorder>, Failure> {
    let Some(path) = &args.record else { return Ok(None) };
    let read: Vec<&str> = args.events.iter().chain(&args.journal).chain([&args.app]).map(String::as_str).collect();
    Recorder::create(path, &read, app, base).map(Some)
}

/// An app without a name is another one each time it is started, as far as its revisions go.
fn key(app: &App, started_before: u64) -> String {
    if app.name.is_empty() { format!("#{started_before}") } else { app.name.clone() }
}

fn end(broken: Broken) -> End {
    match broken {
        Broken::Closed => End::Closed,
        Broken::Failed(e) => End::Failed(Failure::new(Exit::Failed, format!("cannot write the output: {}", plain(&e)))),
    }
}

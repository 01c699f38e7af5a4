//! One app at work live: its sequencer, on a thread of its own.
//!
//! The sequencer polls the sources, stamps what came with position and clock, journals it, and hands it to the worker; it
//! sleeps until a source has more, or the next timer is due. The worker runs the engine; the sink thread sends what comes
//! out. A fixed number of frames goes round between them, so whoever is slow slows the sources.
//!
//! Invariants: events accepted are those handled and those refused; a frame is in the journal, with the sources' places
//! behind it, before the engine gets it.

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use riddhi_batch::{Frame, Reader, Writer};
use riddhi_connect::network::Network;
use riddhi_connect::sink::{SinkSlot, Unsent};
use riddhi_connect::source::memory::Bus;
use riddhi_connect::source::{Polled, SourceSlot};
use riddhi_connect::{Connectors, Setting};
use riddhi_plan::connector::Direction;
use riddhi_ring::Wait;
use riddhi_run::worker::{Pool, PoolOptions, SinkThread, Worker, WorkerCounter, WorkerError, WorkerOptions};
use riddhi_run::{App, Clock, EngineOptions};

use super::disk::Patient;
use super::drain::{Drain, Progress};
use super::notes::{Notes, Published};
use super::pair::{Duty, Mirror, Records};
use super::segments::{SOURCES, Segments};
use super::store::{Snapshot, Sources, Store, get_sources, put_sources};
use super::taps::Taps;
use super::wake::{Sleeper, Waker, pair};
use super::watch::Watch;
use crate::args::RunArgs;
use crate::exit::{Exit, Failure, plain};
use crate::replay::journal_inputs;
use crate::signals::Stop;
use crate::{say, tell};

/// Entries of a frame at most.
pub const ENTRIES_MAX: usize = 1024;

/// Frames that go round between worker and sink thread.
const OUTPUT_FRAMES: usize = 4;

/// The longest sleep: nothing depends on it.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// What the apps of a process share.
#[derive(Clone)]
pub struct Shared {
    /// What was typed.
    pub args: Arc<RunArgs>,
    /// The types of connector.
    pub connectors: Arc<Connectors>,
    /// The topics.
    pub bus: Arc<Bus>,
    /// Poll loops and ports.
    pub network: Arc<Network>,
    /// Whether the end was asked for.
    pub stop: Stop,
    /// There if the node is one of two.
    pub pair: Option<Pair>,
}

/// What the apps of a node of a pair share.
#[derive(Clone)]
pub struct Pair {
    /// Where changes of files go.
    pub records: Arc<Records>,
    /// Whether sources are open.
    pub duty: Arc<Duty>,
}

/// What an app did.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Events read.
    pub accepted: u64,
    /// Events that the engine took.
    pub handled: u64,
    /// Malformed ones, and those that the engine did not take.
    pub refused: u64,
    /// Events taken from the journal of an earlier run.
    pub recovered: u64,
    /// Rows that could not be computed.
    pub failed_rows: u64,
    /// Whether it ended since whoever read a sink's output had gone away.
    pub closed: bool,
    /// By sink: rows sent, rows lost.
    pub sent: BTreeMap<String, (u64, u64)>,
}

/// Why a turn was the last.
pub enum End {
    /// The sources have ended, or the end was asked for.
    Orderly,
    /// Something is wrong.
    Failed(Failure),
}

impl From<Failure> for End {
    fn from(failure: Failure) -> End {
        End::Failed(failure)
    }
}

/// An app at work.
pub struct Live {
    /// Its name, or that of its file.
    pub name: String,
    number: usize,
    shared: Shared,
    watch: Watch,
    app: App,
    clock: Clock,
    frame: Frame,
    worker: Option<Worker<Taps>>,
    drain: Option<SinkThread<Drain>>,
    progress: Arc<Progress>,
    sources: Vec<SourceSlot>,
    /// The source that is polled first next time.
    turn: usize,
    /// In a pair: what holds back acknowledgements and outputs, and whether the sources are open.
    mirror: Option<Arc<Mirror>>,
    open: Arc<AtomicBool>,
    /// Where the sources will go on, while they are not open.
    places_kept: Sources,
    waker: Waker,
    sleeper: Sleeper,
    store: Option<Store>,
    journal: Option<Segments>,
    recorder: Option<Segments>,
    patient: Arc<Patient>,
    /// Whether something was journaled since the last snapshot.
    changed: bool,
    last_event: Instant,
    account: Account,
}

/// What goes on when the app is made anew.
struct Remains {
    /// None at the very start.
    state: Option<(Vec<u8>, App)>,
    sources: Sources,
    sinks: BTreeMap<String, Vec<u8>>,
    position: u64,
    /// Outputs before it are out already.
    published: u64,
}

impl Live {
    /// Starts an app, going on from what an earlier run left if there is a state folder. `name`: under which its state is.
    pub fn start(shared: Shared, watch: Watch, app: App, name: String, number: usize) -> Result<Live, Failure> {
        let (waker, sleeper) = pair().map_err(|e| no_thread(&e))?;
        let several = shared.args.apps.len() > 1;
        let folder = |folder: &String| std::path::Path::new(folder).join(&name);
        let mirror = shared.pair.as_ref().zip(shared.args.state.as_ref().map(folder));
        let mirror = mirror.map(|(pair, folder)| Mirror::new(pair.records.clone(), &name, folder, waker.clone()));
        let patient = Patient::new(several.then_some(&*name), shared.stop.clone(), mirror.clone());
        let now = if app.playback { 0 } else { wall() };
        let mut live = Live {
            progress: Progress::new(0, waker.clone()),
            clock: Clock::new(app.playback, now),
            frame: Frame::default(),
            worker: None,
            drain: None,
            sources: Vec::new(),
            turn: 0,
            mirror,
            open: Arc::default(),
            places_kept: Sources::new(),
            waker,
            sleeper,
            store: None,
            journal: None,
            recorder: None,
            patient,
            changed: false,
            last_event: Instant::now(),
            account: Account::default(),
            name,
            number,
            shared,
            watch,
            app,
        };
        live.open()?;
        if let (Some(pair), Some(mirror)) = (&live.shared.pair, &live.mirror) {
            pair.duty.enlist(mirror.clone(), live.waker.clone(), live.open.clone());
        }
        Ok(live)
    }

    /// Opens the folders, recovers and begins.
    fn open(&mut self) -> Result<(), Failure> {
        let none = Remains { state: None, sources: Sources::new(), sinks: BTreeMap::new(), position: 0, published: 0 };
        let remains = match self.shared.args.state.clone() {
            None => none,
            Some(folder) => {
                let folder = std::path::Path::new(&folder).join(&self.name);
                let every = Duration::from_secs(self.shared.args.snapshot_interval);
                self.store = Some(Store::open(&folder, every, self.patient.clone())?);
                self.recover()?.unwrap_or(none)
            }
        };
        let position = remains.position;
        self.begin(remains)?;
        if let Some(folder) = &self.shared.args.record {
            let folder = std::path::Path::new(folder).join(&self.name);
            self.recorder = Some(super::record::begin(
                &folder,
                &self.app,
                self.watch.zone(),
                position,
                self.clock.now(),
                &self.patient,
            )?);
        }
        self.snapshot(true)
    }

    /// Makes worker, sink thread and sources for the app as it is.
    fn begin(&mut self, remains: Remains) -> Result<(), Failure> {
        let mut pool = self.pool()?;
        if let Some((state, of)) = &remains.state {
            let left = pool.carry_over(state, of).map_err(|e| Failure::new(Exit::Failed, e))?;
            if !left.is_empty() {
                let left = super::names::of_keys(&left, of);
                tell(&format!("note: app {}: changed or gone, begun anew: {left}\n", self.name));
            }
        }
        if let Some(note) = pool.spread().note() {
            tell(&format!("note: {note}\n"));
        }
        pool.start(self.clock.now());
        if let Some(mirror) = &self.mirror {
            mirror.begin_at(remains.position);
        }
        let hold = self.mirror.clone();
        self.spawn(pool, remains.published, &remains.sinks, remains.position, hold)?;
        if !self.may_take() {
            self.places_kept = remains.sources;
            return Ok(());
        }
        let was = remains.state.as_ref().map(|(_, app)| app);
        let kept = self.kept_sources(was);
        self.sources = self.make_sources(&remains.sources, kept)?;
        self.open.store(true, Ordering::Release);
        Ok(())
    }

    fn pool(&self) -> Result<Pool, Failure> {
        let with_sinks = self.sink_streams();
        let names = with_sinks.iter().map(|s| self.app.streams[*s as usize].name.clone()).collect();
        let options = EngineOptions { streams: Some(names), ..EngineOptions::default() };
        let pool = PoolOptions {
            workers: usize::try_from(self.shared.args.workers).unwrap_or(usize::MAX),
            core: self.core().map(|core| core + 1),
            wait: Wait::Park,
        };
        Pool::new(self.app.clone(), options, pool).map_err(|e| no_thread(&e))
    }

    fn core(&self) -> Option<usize> {
        self.shared.args.core.map(|core| core + self.number)
    }

    /// Streams that have a sink, by number.
    fn sink_streams(&self) -> Vec<u32> {
        let sinks = self.app.connectors.iter().filter(|c| c.direction == Direction::Sink);
        let mut streams: Vec<u32> = sinks.map(|c| c.stream as u32).collect();
        streams.sort_unstable();
        streams.dedup();
        streams
    }

    /// Starts the threads; outputs before `published` are passed over.
    fn spawn(
        &mut self,
        pool: Pool,
        published: u64,
        sinks: &BTreeMap<String, Vec<u8>>,
        position: u64,
        hold: Option<Arc<Mirror>>,
    ) -> Result<(), Failure> {
        let slots = self.make_sinks(sinks);
        self.progress = Progress::new(published.min(position), self.waker.clone());
        let notes = match &self.store {
            None => None,
            Some(store) => {
                let path = store.published();
                let failed = |e| Failure::file("cannot write", &path.display().to_string(), &e);
                Some(Notes::create(&path, self.patient.clone()).map_err(failed)?)
            }
        };
        let stop = self.shared.stop.clone();
        let drain = Drain::new(slots, self.progress.clone(), notes, published, hold, stop);
        let (forward, drain) = SinkThread::spawn(drain, OUTPUT_FRAMES, Wait::Park).map_err(|e| no_thread(&e))?;
        let taps = Taps::new(forward.with_inputs(self.sink_streams()), self.waker.clone());
        let options = WorkerOptions { core: self.core(), ..WorkerOptions::default() };
        let mut worker = Worker::spawn(pool, options, taps).map_err(|e| no_thread(&e))?;
        self.frame = worker.frame().map_err(|e| Failure::new(Exit::Failed, e))?;
        self.frame.base = position;
        (self.worker, self.drain) = (Some(worker), Some(drain));
        Ok(())
    }

    fn setting(&self, stream: usize) -> Setting {
        let (patient, stop) = (self.patient.clone(), self.shared.stop.clone());
        let plan = &self.app.streams[stream];
        Setting {
            app: self.name.clone(),
            stream: plan.name.clone(),
            schema: plan.schema.clone(),
            bus: self.shared.bus.clone(),
            network: self.shared.network.clone(),
            say: Arc::new(move |text: &str| patient.tell(text)),
            log: Arc::new(crate::terminal::log),
            stopping: Arc::new(move || stop.asked()),
        }
    }

    /// Sources that the app has as it had them before: they go on, and no connection of theirs ends. The others are closed.
    fn kept_sources(&mut self, was: Option<&App>) -> BTreeMap<String, SourceSlot> {
        let schema = |app: &App, key: &str| {
            let plan = app.connectors.iter().find(|c| c.direction == Direction::Source && c.key == key)?;
            Some(app.streams[plan.stream].schema.clone())
        };
        let same = |slot: &SourceSlot| was.is_some_and(|was| schema(was, &slot.key) == schema(&self.app, &slot.key));
        let sources = std::mem::take(&mut self.sources);
        sources.into_iter().filter(same).map(|slot| (slot.key.clone(), slot)).collect()
    }

    fn make_sources(
        &self,
        places: &Sources,
        mut kept: BTreeMap<String, SourceSlot>,
    ) -> Result<Vec<SourceSlot>, Failure> {
        let plans = self.app.connectors.iter().filter(|c| c.direction == Direction::Source);
        let (mut slots, mut fresh) = (Vec::new(), Vec::new());
        for plan in plans {
            if let Some(mut slot) = kept.remove(&plan.key) {
                slot.stream = plan.stream as u32;
                slots.push(slot);
                continue;
            }
            let setting = self.setting(plan.stream);
            let Some((source, mapper)) = self.shared.connectors.make_source(plan, &setting) else { continue };
            let mut slot = SourceSlot::new(plan.key.clone(), plan.stream as u32, source, mapper, setting.say);
            if let Some(place) = places.get(&plan.key) {
                slot.restore(place);
            }
            let waker = self.waker.clone();
            slot.source.set_waker(Arc::new(move || waker.wake()));
            fresh.push(slots.len());
            slots.push(slot);
        }
        // Those that are gone give their ports back before others are opened.
        drop(kept);
        fresh.into_iter().try_for_each(|i| self.open_source(&mut slots[i]))?;
        Ok(slots)
    }

    fn open_source(&self, slot: &mut SourceSlot) -> Result<(), Failure> {
        slot.source.open().map_err(|why| Failure::new(Exit::Failed, format!("app {}: {why}", self.name)))?;
        if let Some(address) = slot.source.address() {
            let stream = &self.app.streams[slot.stream as usize].name;
            tell(&format!("note: app {}: {stream} listens at {address}\n", self.name));
        }
        Ok(())
    }

    fn make_sinks(&self, noted: &BTreeMap<String, Vec<u8>>) -> Vec<SinkSlot> {
        let plans = self.app.connectors.iter().filter(|c| c.direction == Direction::Sink);
        let slot = |plan: &riddhi_plan::connector::ConnectorPlan| {
            let setting = self.setting(plan.stream);
            let (sink, mapper) = self.shared.connectors.make_sink(plan, &setting)?;
            let mut slot = SinkSlot::new(plan, sink, mapper, &setting);
            if let Some(bytes) = noted.get(&plan.key) {
                slot.restore(bytes);
            }
            slot.begin();
            Some(slot)
        };
        plans.filter_map(slot).collect()
    }

    /// Takes turns until the end.
    pub fn run(mut self) -> (Result<(), Failure>, Account) {
        let end = loop {
            if self.shared.stop.asked() {
                break End::Orderly;
            }
            if let Err(end) = self.one_turn() {
                break end;
            }
        };
        if self.shared.stop.asked() {
            self.shared.network.retire();
        }
        let done = match end {
            End::Orderly => self.finish(),
            End::Failed(failure) => {
                let _ = self.end_threads();
                Err(failure)
            }
        };
        (done, self.account)
    }

    fn one_turn(&mut self) -> Result<(), End> {
        self.sleeper.awake();
        self.follow_duty()?;
        self.reload_if_changed()?;
        let now = wall().max(self.clock.now());
        if !self.app.playback {
            self.clock.set(now);
        }
        let polled = self.poll();
        if self.frame.is_empty() {
            self.tick(now);
        }
        let some = !self.frame.is_empty();
        self.process()?;
        if self.store.as_ref().is_some_and(Store::is_due) || self.journal_is_full() {
            self.snapshot(false)?;
        }
        match polled {
            Polled::More => Ok(()),
            _ if some => Ok(()),
            Polled::Ended => Err(End::Orderly),
            Polled::Nothing(wait) => self.sleep(wait),
        }
    }

    /// Lets each source put in what it has.
    fn poll(&mut self) -> Polled {
        let n = self.sources.len();
        let mut all = if n == 0 { Polled::Nothing(SLEEP_MAX) } else { Polled::Ended };
        self.turn = if n == 0 { 0 } else { (self.turn + 1) % n };
        for i in 0..n {
            let slot = &mut self.sources[(self.turn + i) % n];
            let one = slot.poll(&mut self.frame, &mut self.clock, ENTRIES_MAX);
            all = match (all, one) {
                (Polled::More, _) | (_, Polled::More) => Polled::More,
                (Polled::Nothing(a), Polled::Nothing(b)) => Polled::Nothing(a.min(b)),
                (Polled::Ended, other) | (other, Polled::Ended) => other,
            };
        }
        if !self.frame.is_empty() {
            self.last_event = Instant::now();
        }
        all
    }

    /// Lets timers fire that are due; in a playback app that stands still, the clock goes on as the app says.
    fn tick(&mut self, now: i64) {
        if !self.app.playback {
            // While the worker is busy the time it tells is an old one; it wakes us when it is done.
            let due = self.worker.as_ref().filter(|worker| is_idle(worker)).and_then(Worker::next_due);
            if due.is_some_and(|due| due <= now) {
                self.frame.tick(now, true);
            }
        } else if let Some((idle, increment)) = self.app.idle
            && self.last_event.elapsed() >= Duration::from_millis(idle.max(0) as u64)
            && self.clock.now() > 0
        {
            self.clock.set(self.clock.now() + increment);
            self.frame.tick(self.clock.now(), true);
            self.last_event = Instant::now();
        }
    }

    /// Journals the frame and hands it to the worker; the next one is at hand afterwards.
    fn process(&mut self) -> Result<(), End> {
        if self.frame.is_empty() {
            self.tell_sources();
            return Ok(());
        }
        if let Err(failure) = self.journal_frame() {
            self.account.refused += self.frame.rows as u64;
            self.frame.reset(self.frame.base);
            return Err(failure.into());
        }
        self.changed = true;
        let frame = std::mem::take(&mut self.frame);
        self.frame = self.with_worker(|worker| {
            worker.send(frame)?;
            worker.frame()
        })?;
        self.tell_sources();
        Ok(())
    }

    /// Tells the sources how far what they gave is safe.
    fn tell_sources(&mut self) {
        let position = self.frame.base;
        let accepted = self.mirror.as_ref().map_or(position, |mirror| mirror.released().min(position));
        for slot in &mut self.sources {
            slot.source.taken(position);
            slot.source.accepted(accepted);
        }
    }

    /// Whether sources may be open: in a pair only on the active.
    fn may_take(&self) -> bool {
        self.shared.pair.as_ref().is_none_or(|pair| pair.duty.is_serving())
    }

    /// Opens or closes the sources as the node's part changes, and appends the app's files for a passive that begins anew.
    fn follow_duty(&mut self) -> Result<(), Failure> {
        let (may, open) = (self.may_take(), self.open.load(Ordering::Acquire));
        if may && !open {
            let places = std::mem::take(&mut self.places_kept);
            self.sources = self.make_sources(&places, BTreeMap::new())?;
            self.open.store(true, Ordering::Release);
        } else if !may && open {
            self.places_kept = self.places();
            self.sources.clear();
            self.open.store(false, Ordering::Release);
        }
        let Some(mirror) = self.mirror.clone() else { return Ok(()) };
        if mirror.is_asked() {
            self.snapshot(true)?;
            let files = self.store.as_ref().map_or(Ok(Vec::new()), Store::essential);
            let appended = files.and_then(|files| mirror.append_files(&files));
            let failed = |e| Failure::new(Exit::Failed, format!("cannot read the state: {}", plain(&e)));
            appended.map_err(failed)?;
        }
        Ok(())
    }

    fn journal_frame(&mut self) -> Result<(), Failure> {
        if let Some(recorder) = &mut self.recorder {
            recorder.append(&self.frame)?;
        }
        if self.journal.is_some() {
            let mut places = Writer::default();
            put_sources(&mut places, &self.places());
            if let Some(journal) = &mut self.journal {
                journal.append(&self.frame)?;
                journal.note(SOURCES, &places.bytes)?;
            }
            if let Some(mirror) = &self.mirror {
                mirror.journaled(self.frame.base + self.frame.entries.len() as u64);
            }
        }
        Ok(())
    }

    /// Where the sources stand.
    fn places(&self) -> Sources {
        if !self.open.load(Ordering::Acquire) {
            return self.places_kept.clone();
        }
        self.sources.iter().map(|s| (s.key.clone(), s.save())).collect()
    }

    fn journal_is_full(&self) -> bool {
        // What the older snapshot needs is kept as well, so each of the two may have half.
        let max = self.shared.args.journal_max_bytes;
        self.journal.as_ref().is_some_and(|j| j.bytes_at_hand() >= max / 2 || j.bytes() >= max) && self.changed
    }

    fn sleep(&mut self, wait: Duration) -> Result<(), End> {
        let now = wall();
        let idle = self.worker.as_ref().filter(|worker| is_idle(worker) && !self.app.playback);
        let due = idle.and_then(Worker::next_due);
        let due = due.map_or(SLEEP_MAX, |due| Duration::from_millis(due.saturating_sub(now).max(0) as u64));
        let idle = match self.app.idle {
            Some((idle, _)) if self.app.playback => {
                Duration::from_millis(idle.max(1) as u64).saturating_sub(self.last_event.elapsed())
            }
            _ => SLEEP_MAX,
        };
        let snapshot = self.store.as_ref().filter(|_| self.changed).map_or(SLEEP_MAX, Store::due_in);
        let wait = wait.min(due).min(idle).min(snapshot).min(self.watch.again_in()).min(SLEEP_MAX);
        // A millisecond more than none, as a timer is due at the end of its millisecond.
        let wait = wait.max(Duration::from_millis(1));
        let sources: Vec<BorrowedFd<'_>> = self.sources.iter().filter_map(|s| s.source.waits_on()).collect();
        let fds: Vec<BorrowedFd<'_>> = sources.into_iter().chain([self.sleeper.fd()]).collect();
        let slept = self.shared.stop.wait_any(&fds, wait);
        slept.map_err(|e| Failure::new(Exit::Failed, format!("cannot wait: {}", plain(&e))).into())
    }

    /// Does something with the worker; if it has ended, says why.
    fn with_worker<R>(
        &mut self,
        f: impl FnOnce(&mut Worker<Taps>) -> Result<R, riddhi_run::worker::Ended>,
    ) -> Result<R, End> {
        match self.worker.as_mut().map(f) {
            Some(Ok(done)) => Ok(done),
            _ => Err(match self.end_threads() {
                Ok(_) => End::Orderly,
                Err(failure) => End::Failed(failure),
            }),
        }
    }

    /// Waits until all that was sent is handled and put out, and writes the state; then the journal begins anew.
    fn snapshot(&mut self, always: bool) -> Result<(), Failure> {
        if self.store.is_none() || (!self.changed && !always) {
            if let Some(store) = &mut self.store {
                store.put_off();
            }
            return Ok(());
        }
        let state = match self.with_worker(|worker| worker.call(|pool, _| pool.save())) {
            Ok(state) => state,
            Err(End::Failed(failure)) => return Err(failure),
            Err(End::Orderly) => return Ok(()),
        };
        // A snapshot must not stand behind outputs that are not out: they would never be.
        if self.wait_for_sinks()? { self.write_snapshot(state) } else { Ok(()) }
    }

    fn write_snapshot(&mut self, state: Vec<u8>) -> Result<(), Failure> {
        let position = self.frame.base;
        if let Some(journal) = &mut self.journal {
            journal.end()?;
        }
        let snapshot = Snapshot {
            position,
            now: self.clock.now(),
            text: self.watch.text().to_owned(),
            zone: self.watch.zone().to_owned(),
            sources: self.places(),
            state,
        };
        let Some(store) = &mut self.store else { return Ok(()) };
        let needed = store.save(&snapshot)?;
        let inputs = journal_inputs(&self.app);
        match &mut self.journal {
            Some(journal) => {
                journal.set_inputs(inputs);
                journal.next(position, snapshot.now)?;
            }
            None => {
                let segments = super::segments::list(store.folder()).unwrap_or_default();
                let (folder, patient) = (store.folder().to_path_buf(), self.patient.clone());
                self.journal =
                    Some(Segments::begin(&folder, inputs, &snapshot.zone, segments, position, snapshot.now, patient)?);
            }
        }
        if let Some(journal) = &mut self.journal {
            journal.drop_before(needed);
        }
        self.changed = false;
        Ok(())
    }

    /// Waits until all that came out is with its receivers; false if the sinks ended before.
    fn wait_for_sinks(&mut self) -> Result<bool, Failure> {
        let position = self.frame.base;
        while self.progress.published() < position && self.drain.as_ref().is_some_and(|d| !d.is_finished()) {
            let fd = self.sleeper.fd();
            // After a signal there is nothing to be waited for on that side; then a short time must do.
            let wait = if self.shared.stop.asked() { Duration::from_millis(1) } else { SLEEP_MAX };
            let waited = self.shared.stop.wait_any(&[fd], wait);
            waited.map_err(|e| Failure::new(Exit::Failed, format!("cannot wait: {}", plain(&e))))?;
            self.sleeper.awake();
            if self.shared.stop.asked() {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        Ok(self.progress.published() >= position)
    }

    /// Ends in order: a last snapshot, then the threads.
    fn finish(&mut self) -> Result<(), Failure> {
        let state = match self.store.is_some() {
            true => match self.with_worker(|worker| worker.call(|pool, _| pool.save())) {
                Ok(state) => Some(state),
                Err(End::Failed(failure)) => return Err(failure),
                Err(End::Orderly) => None,
            },
            false => None,
        };
        let ended = self.end_threads();
        if let Some(state) = state.filter(|_| self.changed && matches!(ended, Ok(true))) {
            self.write_snapshot(state)?;
        }
        if let Some(journal) = &mut self.journal {
            journal.end()?;
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.end()?;
        }
        ended.map(drop)
    }

    /// Lets worker and sinks do all that was sent, and waits for their ends. False if the sinks did not want all.
    fn end_threads(&mut self) -> Result<bool, Failure> {
        let mut failed = None;
        if let Some(worker) = self.worker.take() {
            match worker.finish() {
                Ok(finished) => {
                    self.account.handled += finished.counters.get(WorkerCounter::Handled);
                    self.account.refused += finished.counters.get(WorkerCounter::Refused);
                    self.account.failed_rows += finished.sink.failed_rows;
                    if let Some(core) = self.core().filter(|_| !finished.pinned) {
                        say(&format!("warning: the engine could not be pinned to core {core}\n"));
                    }
                }
                Err(WorkerError::Panicked { message, counters }) => {
                    self.account.handled += counters.get(WorkerCounter::Handled);
                    self.account.refused += counters.get(WorkerCounter::Refused);
                    let failure = Failure::new(Exit::Failed, format!("a mistake in Riddhi: {message}"));
                    failed = Some(failure.help("please report it with the app"));
                }
            }
        }
        for slot in &self.sources {
            self.account.accepted += slot.counts.accepted;
            self.account.refused += slot.counts.refused;
        }
        self.sources.iter_mut().for_each(|s| s.counts = Default::default());
        let out = match self.drain.take().map(SinkThread::finish) {
            Some(Ok(mut drain)) => self.end_drain(&mut drain, &mut failed),
            Some(Err(_)) => {
                failed = failed.or(Some(Failure::new(Exit::Failed, "a sink panicked, a mistake in Riddhi")));
                false
            }
            None => true,
        };
        failed.map_or(Ok(out), Err)
    }

    fn end_drain(&mut self, drain: &mut Drain, failed: &mut Option<Failure>) -> bool {
        if drain.broken.is_none() {
            let _ = drain.settle();
        }
        for slot in &drain.slots {
            let name = format!("{} of {}", slot.ty, self.app.streams[slot.stream as usize].name);
            let sent = self.account.sent.entry(name).or_default();
            (sent.0, sent.1) = (sent.0 + slot.rows, sent.1 + slot.lost);
        }
        match drain.broken.take() {
            None => true,
            Some(Unsent::Closed) => {
                self.account.closed = true;
                false
            }
            Some(Unsent::Stopping(why) | Unsent::Unavailable(why) | Unsent::Partly(_, why)) => {
                *failed = failed.take().or(Some(Failure::new(Exit::Failed, why)));
                false
            }
        }
    }

    /// If the app's file has changed and can be run, goes on with what it says now.
    fn reload_if_changed(&mut self) -> Result<(), End> {
        let Some(app) = self.watch.changed() else { return Ok(()) };
        self.reload(app)
    }

    fn reload(&mut self, app: App) -> Result<(), End> {
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

    /// Ends the threads; gives what the sinks need to go on.
    fn stop_for_reload(&mut self) -> Result<BTreeMap<String, Vec<u8>>, End> {
        let drain = self.drain.take();
        let ended = self.end_threads();
        let Some(drain) = drain else { return Ok(BTreeMap::new()) };
        let Ok(mut drain) = drain.finish() else {
            return Err(Failure::new(Exit::Failed, "a sink panicked, a mistake in Riddhi").into());
        };
        let mut failed = None;
        let out = self.end_drain(&mut drain, &mut failed);
        match (ended, failed) {
            (Err(failure), _) | (_, Some(failure)) => Err(failure.into()),
            _ if !out => Err(End::Orderly),
            _ => Ok(drain.slots.iter().map(|s| (s.key.clone(), s.save())).collect()),
        }
    }

    /// What an earlier run left: its snapshot, with the journal after it run again.
    fn recover(&mut self) -> Result<Option<Remains>, Failure> {
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
        let replayed = super::recover::run(self, &found.segments, published)?;
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

    /// The app as it is.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Position of the next entry.
    pub fn position(&self) -> u64 {
        self.frame.base
    }
}

/// The places of the sources in a note.
pub fn places_of(note: &[u8]) -> Option<Sources> {
    let (kind, bytes) = note.split_first()?;
    if *kind != SOURCES {
        return None;
    }
    get_sources(&mut Reader::new(bytes)).ok()
}

/// Whether the worker has handled all that was sent.
fn is_idle(worker: &Worker<Taps>) -> bool {
    worker.handled_to() == worker.position()
}

/// Milliseconds since 1970.
fn wall() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

fn no_thread(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("cannot start a thread: {}", plain(error)))
}

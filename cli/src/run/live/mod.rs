//! One app at work live: its sequencer, on a thread of its own.
//!
//! The sequencer polls the sources, stamps what came with position and clock, journals it, and hands it to the worker; it
//! sleeps until a source has more, or the next timer is due. The worker runs the engine; the sink thread sends what comes
//! out. A fixed number of frames goes round between them, so whoever is slow slows the sources.
//!
//! Invariants: events accepted are those handled and those refused; a frame is in the journal, with the sources' places
//! behind it, before the engine gets it.

mod again;
mod asked;
pub mod begin;
mod duty;
mod end;
mod state;

use super::admin::{Board, Figures, SourceFigures, State};
use super::asked::Asked;
use super::disk::Patient;
use super::drain::{Drain, Progress};
use super::pair::{Duty, Followers, Mirror, Records};
use super::segments::{SOURCES, Segments};
use super::store::{Sources, Store, get_sources};
use super::synced::Synced;
use super::taps::Taps;
use super::vault::Vault;
use super::wake::{Sleeper, Waker};
use super::watch::Watch;
use crate::args::RunArgs;
use crate::exit::{Exit, Failure, plain};
use crate::signals::Stop;
use riddhi_batch::{Frame, Reader};
use riddhi_config::Ack;
use riddhi_connect::Connectors;
use riddhi_connect::network::Network;
use riddhi_connect::source::memory::Bus;
use riddhi_connect::source::{Polled, SourceSlot};
use riddhi_run::worker::{Pool, SinkThread, Worker};
use riddhi_run::{App, Clock};
use std::collections::{BTreeMap, VecDeque};
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

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
    /// When events are acknowledged.
    pub ack: Ack,
    /// Where snapshots go beside the disk.
    pub vault: Option<Arc<Vault>>,
    /// What the apps have done so far.
    pub board: Arc<Board>,
    /// What they are asked.
    pub asked: Arc<Asked>,
}

/// What the apps of a node of a pair share.
#[derive(Clone)]
pub struct Pair {
    /// Where changes of files go.
    pub records: Arc<Records>,
    /// Whether sources are open.
    pub duty: Arc<Duty>,
    /// The apps while the node is the passive, if they are followed.
    pub followers: Option<Arc<Followers>>,
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
    /// What no other state of an app has, in the names of its outputs.
    lineage: String,
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
    /// How far the journal is on the disk, if that is waited for.
    synced: Option<Arc<Synced>>,
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
    /// When the snapshot at hand was begun.
    snapshot_begun: Instant,
    /// What the worker that ended last remembered.
    left: Option<Pool>,
    last_event: Instant,
    account: Account,
    /// Answers that wait until what they tell is safe.
    answers: VecDeque<asked::Waiting>,
    /// What other threads may know of it, and that of its sources, in their order.
    figures: Arc<Figures>,
    source_figures: Vec<Arc<SourceFigures>>,
}

/// What goes on when the app is made anew.
struct Remains {
    /// None at the very start.
    kept: Option<Kept>,
    sources: Sources,
    sinks: BTreeMap<String, Vec<u8>>,
    position: u64,
    /// Outputs before it are out already.
    published: u64,
}

/// What an app remembers when it is made anew.
enum Kept {
    /// It goes on as it is.
    All(Box<Pool>),
    /// The state of what may be another version of it.
    Of(Vec<u8>, App),
}

impl Live {
    /// Takes turns until the end.
    pub fn run(mut self) -> (Result<(), Failure>, Account) {
        self.shared.asked.enlist(&self.name, self.waker.clone());
        self.figures.set_state(State::Running);
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
        self.shared.asked.leave(&self.name);
        self.release_answers();
        self.figures.set_state(State::Ended);
        (done, self.account)
    }

    fn one_turn(&mut self) -> Result<(), End> {
        self.sleeper.awake();
        if let Some(why) = self.synced.as_ref().and_then(|synced| synced.failed()) {
            let message = format!("app {}: the journal does not get to the disk: {why}", self.name);
            return Err(Failure::new(Exit::Failed, message).into());
        }
        self.follow_duty()?;
        self.reload_if_changed()?;
        let now = wall().max(self.clock.now());
        if !self.app.playback {
            self.clock.set(now);
        }
        let polled = self.poll(now);
        if self.frame.is_empty() {
            self.tick(now);
        }
        let some = !self.frame.is_empty();
        self.process()?;
        self.answer_queries()?;
        self.release_answers();
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
    fn poll(&mut self, now: i64) -> Polled {
        let n = self.sources.len();
        let mut all = if n == 0 { Polled::Nothing(SLEEP_MAX) } else { Polled::Ended };
        self.turn = if n == 0 { 0 } else { (self.turn + 1) % n };
        for i in 0..n {
            let i = (self.turn + i) % n;
            let slot = &mut self.sources[i];
            let before = slot.counts.accepted;
            let one = slot.poll(&mut self.frame, &mut self.clock, ENTRIES_MAX);
            if slot.counts.accepted != before
                && let Some(figures) = self.source_figures.get(i)
            {
                figures.accepted.set(slot.counts.accepted);
                figures.refused.set(slot.counts.refused);
                figures.last_ms.store(now.max(0) as u64, Ordering::Relaxed);
            }
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
        self.figures.position.store(self.frame.base, Ordering::Relaxed);
        self.figures.waits.set(self.worker.as_ref().map_or(0, Worker::producer_waits));
        self.tell_sources();
        Ok(())
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

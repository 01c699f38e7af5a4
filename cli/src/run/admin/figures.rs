//! What an app has done so far, told by its threads and read by the admin port.
//!
//! Invariants: an app's threads only store, once a turn or a frame, and nobody waits for a reader; what is counted never
//! goes back while the process runs, however often the app is made anew.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use riddhi_run::worker::{WorkerCounter, WorkerView};

use crate::run::drain::Progress;
use crate::run::pair::{Mirror, lock};

/// How far an app is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// It is being started, or recovers.
    Starting,
    /// It takes turns.
    Running,
    /// It has ended.
    Ended,
}

/// A number of one writer that begins anew now and then; what it was before is kept.
#[derive(Debug, Default)]
pub struct Count {
    before: AtomicU64,
    now: AtomicU64,
}

impl Count {
    /// What the writer has counted since it began.
    pub fn set(&self, n: u64) {
        self.now.store(n, Ordering::Relaxed);
    }

    /// The writer begins anew at none.
    pub fn settle(&self) {
        self.before.fetch_add(self.now.swap(0, Ordering::Relaxed), Ordering::Relaxed);
    }

    /// All of it.
    pub fn get(&self) -> u64 {
        self.before.load(Ordering::Relaxed) + self.now.load(Ordering::Relaxed)
    }
}

/// Which source or sink something is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Its place among the app's sources, or sinks.
    pub place: usize,
    /// Its type, as `tcp`.
    pub ty: String,
    /// Its stream.
    pub stream: String,
}

/// A source's figures.
#[derive(Debug)]
pub struct SourceFigures {
    /// Which one.
    pub end: End,
    /// Events read, well-formed or not.
    pub accepted: Count,
    /// Malformed messages.
    pub refused: Count,
    /// When it last gave something: milliseconds since 1970, 0 for never.
    pub last_ms: AtomicU64,
}

/// A sink's figures.
#[derive(Debug)]
pub struct SinkFigures {
    /// Which one.
    pub end: End,
    /// Rows sent.
    pub rows: Count,
    /// Rows that could not be sent.
    pub lost: Count,
}

/// The newest snapshot of an app.
#[derive(Debug, Default)]
pub struct SnapshotFigures {
    /// Written so far.
    pub written: AtomicU64,
    /// When: milliseconds since 1970, 0 for never.
    pub at_ms: AtomicU64,
    /// Its bytes.
    pub bytes: AtomicU64,
    /// How long it took, the wait for the sinks included, in microseconds.
    pub took_us: AtomicU64,
}

/// What is there while the app is as it is; replaced when it is made anew.
#[derive(Default)]
struct Parts {
    worker: Option<WorkerView>,
    progress: Option<Arc<Progress>>,
    mirror: Option<Arc<Mirror>>,
    sources: Vec<Arc<SourceFigures>>,
    sinks: Vec<Arc<SinkFigures>>,
}

/// An app's figures.
pub struct Figures {
    /// The app's name.
    pub app: String,
    state: AtomicU8,
    /// Whether its sources are open.
    pub open: Arc<AtomicBool>,
    /// Position of the next entry.
    pub position: AtomicU64,
    /// Times that the sequencer waited for the engine.
    pub waits: Count,
    /// Bytes of its journal on disk.
    pub journal_bytes: AtomicU64,
    /// Its newest snapshot.
    pub snapshot: SnapshotFigures,
    handled: [Count; HANDLED.len()],
    parts: Mutex<Parts>,
}

/// What of a worker is shown.
const HANDLED: [WorkerCounter; 4] =
    [WorkerCounter::Handled, WorkerCounter::Entries, WorkerCounter::Frames, WorkerCounter::Outputs];

impl Figures {
    /// Of an app that is being started.
    pub fn new(app: &str) -> Arc<Figures> {
        Arc::new(Figures {
            app: app.to_owned(),
            state: AtomicU8::new(State::Starting as u8),
            open: Arc::default(),
            position: AtomicU64::new(0),
            waits: Count::default(),
            journal_bytes: AtomicU64::new(0),
            snapshot: SnapshotFigures::default(),
            handled: Default::default(),
            parts: Mutex::default(),
        })
    }

    /// How far it is.
    pub fn state(&self) -> State {
        match self.state.load(Ordering::Acquire) {
            0 => State::Starting,
            1 => State::Running,
            _ => State::Ended,
        }
    }

    /// It is this far now.
    pub fn set_state(&self, state: State) {
        self.state.store(state as u8, Ordering::Release);
    }

    /// The app's threads are these now.
    pub fn set_threads(&self, worker: WorkerView, progress: Arc<Progress>, mirror: Option<Arc<Mirror>>) {
        let mut parts = lock(&self.parts);
        (parts.worker, parts.progress, parts.mirror) = (Some(worker), Some(progress), mirror);
    }

    /// The figures of its sources, which go on where there was one of the kind.
    pub fn set_sources(&self, ends: Vec<End>) -> Vec<Arc<SourceFigures>> {
        let mut parts = lock(&self.parts);
        let before = std::mem::take(&mut parts.sources);
        let of = |end: End| {
            let fresh = || SourceFigures {
                end: end.clone(),
                accepted: Count::default(),
                refused: Count::default(),
                last_ms: AtomicU64::new(0),
            };
            before.iter().find(|s| s.end == end).cloned().unwrap_or_else(|| Arc::new(fresh()))
        };
        parts.sources = ends.into_iter().map(of).collect();
        parts.sources.clone()
    }

    /// The figures of its sinks, which go on where there was one of the kind.
    pub fn set_sinks(&self, ends: Vec<End>) -> Vec<Arc<SinkFigures>> {
        let mut parts = lock(&self.parts);
        let before = std::mem::take(&mut parts.sinks);
        let of = |end: End| {
            let fresh = || SinkFigures { end: end.clone(), rows: Count::default(), lost: Count::default() };
            before.iter().find(|s| s.end == end).cloned().unwrap_or_else(|| Arc::new(fresh()))
        };
        parts.sinks = ends.into_iter().map(of).collect();
        parts.sinks.clone()
    }

    /// All threads of the app have ended, and count anew after this.
    pub fn settle(&self) {
        let mut parts = lock(&self.parts);
        if let Some(worker) = parts.worker.take() {
            let counters = worker.counters();
            for (count, counter) in self.handled.iter().zip(HANDLED) {
                count.set(counters.get(counter));
                count.settle();
            }
        }
        self.waits.settle();
        parts.sources.iter().for_each(|s| [&s.accepted, &s.refused].into_iter().for_each(Count::settle));
        parts.sinks.iter().for_each(|s| [&s.rows, &s.lost].into_iter().for_each(Count::settle));
    }

    /// A snapshot was written.
    pub fn snapshot_written(&self, bytes: u64, took_us: u64) {
        let snapshot = &self.snapshot;
        snapshot.bytes.store(bytes, Ordering::Relaxed);
        snapshot.took_us.store(took_us, Ordering::Relaxed);
        snapshot.at_ms.store(now_ms(), Ordering::Relaxed);
        snapshot.written.fetch_add(1, Ordering::Relaxed);
    }

    /// What it all reads now.
    pub fn read(&self) -> Reading {
        let parts = lock(&self.parts);
        let counters = parts.worker.as_ref().map(WorkerView::counters);
        let of = |i: usize| self.handled[i].get() + counters.as_ref().map_or(0, |c| c.get(HANDLED[i]));
        // The later stage first: what moves on meanwhile must not look like less than nothing.
        let released = parts.mirror.as_ref().map(|m| m.released_so_far());
        let published = parts.progress.as_ref().map(|p| p.published());
        let handled_to = parts.worker.as_ref().map(WorkerView::handled_to);
        let position = self.position.load(Ordering::Relaxed);
        Reading {
            handled: of(0),
            entries: of(1),
            frames: of(2),
            outputs: of(3),
            for_engine: handled_to.map_or(0, |to| position.saturating_sub(to)),
            for_sinks: published.zip(handled_to).map_or(0, |(out, to)| to.saturating_sub(out)),
            for_release: released.map(|to| position.saturating_sub(to)),
            sources: parts.sources.clone(),
            sinks: parts.sinks.clone(),
        }
    }
}

/// What an app's figures were at a moment.
pub struct Reading {
    /// Events that the engine took.
    pub handled: u64,
    /// Entries that it took.
    pub entries: u64,
    /// Frames that it took.
    pub frames: u64,
    /// Rows that came out.
    pub outputs: u64,
    /// Entries that wait for the engine.
    pub for_engine: u64,
    /// Entries whose outputs are not all with their receivers.
    pub for_sinks: u64,
    /// In a pair: entries that wait for the other node's confirmation.
    pub for_release: Option<u64>,
    /// The sources.
    pub sources: Vec<Arc<SourceFigures>>,
    /// The sinks.
    pub sinks: Vec<Arc<SinkFigures>>,
}

/// Milliseconds since 1970.
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64)
}

/// The figures of all apps of the process.
#[derive(Default)]
pub struct Board {
    apps: Mutex<Vec<Arc<Figures>>>,
    /// How many there will be.
    expected: AtomicU64,
}

impl Board {
    /// So many apps are about to be started.
    pub fn expect(&self, apps: usize) {
        self.expected.store(apps as u64, Ordering::Release);
    }

    /// An app is being started.
    pub fn add(&self, figures: Arc<Figures>) {
        lock(&self.apps).push(figures);
    }

    /// All of them, by name.
    pub fn apps(&self) -> Vec<Arc<Figures>> {
        let mut apps = lock(&self.apps).clone();
        apps.sort_by(|a, b| a.app.cmp(&b.app));
        apps
    }

    /// Whether there are apps and all of them run, with their sources open.
    pub fn all_run(&self) -> bool {
        let apps = lock(&self.apps);
        let runs = |f: &Arc<Figures>| f.state() == State::Running && f.open.load(Ordering::Acquire);
        apps.len() as u64 == self.expected.load(Ordering::Acquire) && !apps.is_empty() && apps.iter().all(runs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(place: usize) -> End {
        End { place, ty: "tcp".into(), stream: "S".into() }
    }

    #[test]
    fn counts_go_on_when_an_app_is_made_anew() {
        let figures = Figures::new("a");
        let source = figures.set_sources(vec![end(0), end(1)]).remove(0);
        source.accepted.set(5);
        figures.settle();
        let source = figures.set_sources(vec![end(0)]).remove(0);
        assert_eq!(source.accepted.get(), 5);
        // More than before at once: a smaller number is not what shows that it began anew.
        source.accepted.set(9);
        assert_eq!(figures.read().sources[0].accepted.get(), 14);
        assert_eq!(figures.set_sources(vec![end(1)])[0].accepted.get(), 0);
    }

    #[test]
    fn ready_when_all_apps_run() {
        let board = Board::default();
        board.expect(2);
        assert!(!board.all_run());
        let apps = [Figures::new("b"), Figures::new("a")];
        for app in &apps {
            board.add(app.clone());
            app.set_state(State::Running);
            app.open.store(true, Ordering::Release);
            assert_eq!(board.all_run(), board.apps().len() == 2);
        }
        assert_eq!(board.apps()[0].app, "a");
        apps[0].set_state(State::Ended);
        assert!(!board.all_run());
    }
}

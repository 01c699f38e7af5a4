//! One app on several threads: the regions of its plan share no stream, so each can be run by another engine.
//!
//! Every engine is given all entries, so that positions and the clock are the same everywhere; of an entry of a stream that
//! is not its own, only the clock is left. The threads run a frame in step: it is handed round, run at the same time, and
//! read when all are done. So what comes out is in the order (position, target, ordinal), and the state is written query by
//! query in text order: the same bytes as from one engine. The regions with `#log` are kept together for the same reason.
//! In step rather than each at its own pace: a frame is hundreds of microseconds of work and a hand-off is ten, and there
//! is nothing to put in order afterwards.

use std::io;
use std::panic::resume_unwind;
use std::thread::{Builder, JoinHandle};

use riddhi_batch::{Answered, Entry, Frame, TICK};
use riddhi_ring::{Consumer, Producer, Wait, ring};

use super::pin;
use super::spread::Spread;
use crate::compile::App;
use crate::engine::{Counters, Engine, EngineOptions, FailureReport};
use crate::on_demand::{Answer, CompiledOnDemand, OnDemand, compile_on_demand};
use crate::outputs::{Outputs, Part};
use crate::snapshot::{SnapshotError, save_all};
use crate::stores::{ConnectError, StoreReport, StoreTypes, take_answers};

/// On how many threads an app is to run, and how.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// Threads at most, with the one that calls [`Pool::process`].
    pub workers: usize,
    /// The second thread is pinned to this core, the third to the next one, and so on.
    pub core: Option<usize>,
    /// How the threads wait for each other.
    pub wait: Wait,
}

impl Default for PoolOptions {
    fn default() -> PoolOptions {
        PoolOptions { workers: 1, core: None, wait: Wait::Park }
    }
}

/// An app at work on one thread or several; used as an [`Engine`] is.
///
/// ```
/// use riddhi_run::worker::{Pool, PoolOptions};
/// use riddhi_run::{EngineOptions, compile};
///
/// let text = "define stream S (v int); define stream T (v int);
///     from S select sum(v) as s insert into A; from T select sum(v) as s insert into B;";
/// let app = compile(text).plan.expect("no mistakes");
/// let (s, t) = (app.stream("S").unwrap() as u32, app.stream("T").unwrap() as u32);
/// let mut pool = Pool::new(app, EngineOptions::default(), PoolOptions { workers: 2, ..PoolOptions::default() })?;
/// assert_eq!(pool.spread().workers(), 2);
/// let mut frame = pool.frame();
/// for (stream, v) in [(t, 1), (s, 2), (t, 3)] {
///     let (rows, _arena) = frame.rows_of(stream);
///     rows.ts.push(0);
///     rows.cols[0].push_i32(v);
///     frame.commit(stream, 0, true);
/// }
/// let mut seen = Vec::new();
/// pool.process(&mut frame).each(|out| {
///     seen.push((out.position, out.rows.cols[0].value(out.first, out.arena).to_string()));
/// });
/// assert_eq!(seen, [(0, "1".to_owned()), (1, "2".to_owned()), (2, "4".to_owned())]);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Pool {
    /// The first is run by the thread that calls; the others are with their helpers while a frame is run.
    #[expect(clippy::vec_box, reason = "a part goes from thread to thread, by its address")]
    parts: Vec<Box<Part>>,
    helpers: Vec<Helper>,
    spread: Spread,
    /// By stream: the part whose engine gets its rows.
    owner: Vec<usize>,
    counters: Counters,
    /// What came of the query in the last frame that had one, until it is taken.
    answer: Option<Result<Answer, String>>,
}

impl Pool {
    /// An app with nothing remembered. An error if the system has no thread to give.
    pub fn new(app: App, options: EngineOptions, pool: PoolOptions) -> io::Result<Pool> {
        let spread = Spread::new(&app, pool.workers);
        let part = |regions: &Vec<usize>| {
            let regions = (spread.workers() > 1).then(|| regions.clone());
            let engine = Engine::new(app.clone(), EngineOptions { regions, ..options.clone() });
            Box::new(Part { frame: engine.frame(), engine })
        };
        let parts: Vec<Box<Part>> = spread.regions.iter().map(part).collect();
        let helper = |n: usize| Helper::spawn(pool.core.map(|first| first + n), pool.wait);
        let helpers = (0..parts.len() - 1).map(helper).collect::<io::Result<_>>()?;
        Ok(Pool { owner: spread.owners(&app), parts, helpers, spread, counters: Counters::default(), answer: None })
    }

    /// How the app is spread.
    pub fn spread(&self) -> &Spread {
        &self.spread
    }

    /// The compiled app.
    pub fn app(&self) -> &App {
        self.parts[0].engine.app()
    }

    /// Whether the app's clock follows its events (`@app:playback`).
    pub fn playback(&self) -> bool {
        self.parts[0].engine.playback()
    }

    /// An empty frame for this app.
    pub fn frame(&self) -> Frame {
        self.parts[0].engine.frame()
    }

    /// Sets the clock before the first entry, or after a state was loaded.
    pub fn start(&mut self, now: i64) {
        self.parts.iter_mut().for_each(|p| p.engine.start(now));
    }

    /// What the clock reads after the last entry.
    pub fn now(&self) -> i64 {
        self.parts[0].engine.now()
    }

    /// When the next timer is due.
    pub fn next_due(&self) -> Option<i64> {
        self.parts.iter().filter_map(|p| p.engine.next_due()).min()
    }

    /// What was done so far, by all threads together.
    pub fn counters(&self) -> Counters {
        if let [one] = &self.parts[..] {
            return *one.engine.counters();
        }
        let mut all = self.counters;
        for c in self.parts.iter().map(|p| p.engine.counters()) {
            all.failed_rows += c.failed_rows;
            all.endless_entries += c.endless_entries;
            all.timers += c.timers;
            all.timers_inside += c.timers_inside;
            all.query_calls += c.query_calls;
        }
        all
    }

    /// Bytes that the queries remember, about.
    pub fn state_bytes(&self) -> usize {
        self.parts.iter().map(|p| p.engine.state_bytes()).sum()
    }

    /// The state after the last entry: the same bytes on any number of threads.
    pub fn save(&self) -> Vec<u8> {
        let engines: Vec<&Engine> = self.parts.iter().map(|p| &p.engine).collect();
        save_all(&engines)
    }

    /// Replaces the state of a new pool by a saved one. After an error the pool is of no use.
    pub fn load(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.parts.iter_mut().try_for_each(|p| p.engine.load(bytes))
    }

    /// Gives a new pool what it can take over from another version of its app; see [`Engine::carry_over`].
    pub fn carry_over(&mut self, bytes: &[u8], of: &App) -> Result<Vec<String>, SnapshotError> {
        let mut left = Vec::new();
        for part in &mut self.parts {
            for name in part.engine.carry_over(bytes, of)? {
                if !left.contains(&name) {
                    left.push(name);
                }
            }
        }
        Ok(left)
    }

    /// Takes all entries of a frame. What came out can be read until the frame is reset. On several threads the rows are
    /// moved out of the frame; it must still be reset.
    ///
    /// # Panics
    ///
    /// If an engine panics, on whichever thread. The pool is of no use then.
    pub fn process<'a>(&'a mut self, frame: &'a mut Frame) -> Outputs<'a> {
        if !frame.asked.is_empty() {
            return self.process_asked(frame);
        }
        if self.helpers.is_empty() {
            return self.parts[0].engine.process(frame);
        }
        self.scatter(frame);
        for helper in self.helpers.iter_mut().rev() {
            let part = self.parts.pop().expect("there is a part for each helper");
            helper.send(part);
        }
        self.parts[0].run();
        for helper in &mut self.helpers {
            self.parts.push(helper.receive());
        }
        let (first, rest) = self.parts.split_first().expect("there is one part at least");
        Outputs { engine: &first.engine, frame: &first.frame, rest }
    }

    /// Connects tables with their stores, each once.
    pub fn connect(&mut self, types: &StoreTypes) -> Result<(), ConnectError> {
        self.parts.iter_mut().try_for_each(|p| p.engine.connect(types))
    }

    /// Tells stores of the changes that wait; see [`Engine::send_changes`].
    pub fn send_changes(&mut self) -> Vec<FailureReport> {
        self.parts.iter_mut().flat_map(|p| p.engine.send_changes()).collect()
    }

    /// What stores answered in the last frame; see [`Engine::take_answers`].
    pub fn take_answers(&mut self) -> Option<Answered> {
        let until = self.parts[0].engine.until;
        let mut engines: Vec<&mut Engine> = self.parts.iter_mut().map(|p| &mut p.engine).collect();
        take_answers(&mut engines, until)
    }

    /// What was done with stores, by table.
    pub fn store_reports(&self) -> Vec<StoreReport> {
        self.parts.iter().flat_map(|p| p.engine.store_reports()).collect()
    }

    /// Answers an on-demand query as of `now`, which is not before the last entry.
    pub fn ask(&mut self, query: &OnDemand, now: i64) -> Result<Answer, String> {
        let mut engines: Vec<&mut Engine> = self.parts.iter_mut().map(|p| &mut p.engine).collect();
        query.ask(&mut engines, now)
    }

    /// A frame with a query: nothing but that is done, so no timer fires and nothing comes out.
    #[cold]
    fn process_asked<'a>(&'a mut self, frame: &'a mut Frame) -> Outputs<'a> {
        let (entries, text) = (std::mem::take(&mut frame.entries), std::mem::take(&mut frame.asked));
        // What came out of the frame before is gone.
        let _ = self.process(frame);
        let now = entries.last().map_or(self.now(), |entry| entry.now);
        let CompiledOnDemand { query, diagnostics } = compile_on_demand(&text, self.app());
        let wrong = || diagnostics.iter().find(|d| d.is_error()).map(|d| format!("{}: {}", d.code, d.message));
        self.answer = Some(match query {
            Some(query) => self.ask(&query, now),
            None => Err(wrong().unwrap_or_default()),
        });
        (frame.entries, frame.asked) = (entries, text);
        match &self.parts[..] {
            [one] => Outputs { engine: &one.engine, frame, rest: &[] },
            [first, rest @ ..] => Outputs { engine: &first.engine, frame: &first.frame, rest },
            [] => unreachable!("there is one part at least"),
        }
    }

    /// What came of the query in the last frame that had one; once.
    pub fn take_answer(&mut self) -> Option<Result<Answer, String>> {
        self.answer.take()
    }

    /// Gives each part the entries, with the rows of its own streams.
    fn scatter(&mut self, frame: &mut Frame) {
        self.counters.frames += 1;
        self.counters.frames_of_several += (frame.entries.len() > 1) as u64;
        self.counters.entries += frame.entries.len() as u64;
        self.counters.events += frame.rows as u64;
        for (number, part) in self.parts.iter_mut().enumerate() {
            let to = &mut part.frame;
            to.reset(frame.base);
            to.answered.clone_from(&frame.answered);
            let ours = |stream: u32| self.owner.get(stream as usize) == Some(&number);
            let clock_only = |e: &Entry| Entry { stream: TICK, first: 0, rows: 0, ..*e };
            to.entries.extend(frame.entries.iter().map(|e| if ours(e.stream) { *e } else { clock_only(e) }));
            for &stream in frame.touched.iter().filter(|&&s| ours(s)) {
                std::mem::swap(&mut to.flows[stream as usize], &mut frame.flows[stream as usize]);
                to.rows += to.flows[stream as usize].rows.len();
                to.touched.push(stream);
            }
            // The rows' long strings, at the same places.
            if !to.touched.is_empty() {
                to.arena.bytes_mut().extend_from_slice(frame.arena.get(0, frame.arena.len()));
            }
        }
    }
}

impl From<Engine> for Pool {
    /// A pool of one thread: the one that calls.
    fn from(engine: Engine) -> Pool {
        let spread = Spread { asked: 1, regions: vec![(0..engine.app().regions.len()).collect()] };
        let part = Box::new(Part { frame: Frame::default(), engine });
        Pool {
            parts: vec![part],
            helpers: Vec::new(),
            spread,
            owner: Vec::new(),
            counters: Counters::default(),
            answer: None,
        }
    }
}

impl Part {
    fn run(&mut self) {
        self.engine.process(&mut self.frame);
    }
}

/// A thread that runs parts.
struct Helper {
    /// Dropped to end the thread.
    to: Option<Producer<Box<Part>>>,
    back: Consumer<Box<Part>>,
    thread: Option<JoinHandle<()>>,
}

impl Helper {
    fn spawn(core: Option<usize>, wait: Wait) -> io::Result<Helper> {
        let (to, mut parts) = ring::<Box<Part>>(1, wait);
        let (mut done, back) = ring(1, wait);
        let thread = Builder::new().name("riddhi-helper".to_owned()).spawn(move || {
            core.map(pin);
            while let Some(mut part) = parts.pop() {
                part.run();
                if done.push(part).is_err() {
                    return;
                }
            }
        })?;
        Ok(Helper { to: Some(to), back, thread: Some(thread) })
    }

    fn send(&mut self, part: Box<Part>) {
        let sent = self.to.as_mut().is_some_and(|to| to.push(part).is_ok());
        assert!(sent, "a pool that has panicked is of no use");
    }

    fn receive(&mut self) -> Box<Part> {
        match self.back.pop() {
            Some(part) => part,
            None => self.panicked(),
        }
    }

    #[cold]
    fn panicked(&mut self) -> ! {
        let ended = self.thread.take().map(JoinHandle::join);
        match ended {
            Some(Err(panic)) => resume_unwind(panic),
            _ => panic!("a helper ended before its pool"),
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.to = None;
        self.back.close();
        if let Some(thread) = self.thread.take() {
            // A panic has been passed on already, or there is one under way.
            let _ = thread.join();
        }
    }
}

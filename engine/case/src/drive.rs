//! Takes a script through the engine, in any of the ways that must not change the answer.

use std::cell::RefCell;
use std::fmt::{self, Write};

use riddhi_batch::{Frame, Value};
use riddhi_run::worker::{Pool, PoolOptions};
use riddhi_run::{Answer, App, Clock, Counters, EngineOptions, Output, StoreTypes, Target};

use crate::form::Line;
use crate::random::Random;
use crate::script::{Event, Script, Step};

/// How entries are cut into frames.
#[derive(Clone, Debug)]
pub enum Cut {
    /// So many entries each.
    Every(usize),
    /// At random, from this seed: mostly short frames, some long.
    Random(u64),
}

/// How a script is run.
#[derive(Clone, Debug)]
pub struct Way {
    /// Of the engine.
    pub options: EngineOptions,
    /// Threads.
    pub workers: usize,
    /// Frames.
    pub cut: Cut,
    /// After every so many entries the state is saved, the engine thrown away and a fresh one loaded.
    pub restore_every: Option<usize>,
    /// Where tables with a store find it.
    pub stores: StoreTypes,
}

impl Way {
    /// Frames of so many entries, everything as planned, rows of named queries too.
    pub fn frames_of(entries: usize) -> Way {
        let options = EngineOptions { queries: true, ..EngineOptions::default() };
        Way { options, workers: 1, cut: Cut::Every(entries), restore_every: None, stores: StoreTypes::default() }
    }

    /// Frames cut at random.
    pub fn random(seed: u64) -> Way {
        Way { cut: Cut::Random(seed), ..Way::frames_of(1) }
    }

    /// Saved and loaded after every so many entries.
    pub fn restored_every(self, entries: usize) -> Way {
        Way { restore_every: Some(entries), ..self }
    }

    /// Its regions spread over so many threads.
    pub fn on_workers(self, workers: usize) -> Way {
        Way { workers, ..self }
    }

    /// With these stores.
    pub fn with(self, stores: StoreTypes) -> Way {
        Way { stores, ..self }
    }

    /// Rows of streams only.
    pub fn streams_only(self) -> Way {
        Way { options: EngineOptions { queries: false, ..self.options }, ..self }
    }

    /// Every region entry by entry, depth first.
    pub fn stepped(self) -> Way {
        Way { options: EngineOptions { force_stepped: true, ..self.options }, ..self }
    }

    /// Every query in the general form.
    pub fn general(self) -> Way {
        Way { options: EngineOptions { force_general: true, ..self.options }, ..self }
    }
}

/// A row that came out.
#[derive(Clone, Debug, PartialEq)]
pub struct OutRow {
    /// Milliseconds; what an on-demand query finds has no time.
    pub ts: Option<i64>,
    /// Whether it left a window; rows of queries only.
    pub expired: bool,
    /// In order of the target's attributes.
    pub values: Vec<Value>,
}

/// Rows by target (`stream Out`, `query q`, `result 0`, `failed 0`), in order of first appearance.
pub type Targets = Vec<(String, Vec<OutRow>)>;

/// A state was loaded into an app that it does not fit, or a revision that there is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unloadable(pub String);

impl fmt::Display for Unloadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// State after the last entry.
    pub state: Vec<u8>,
    /// All engines' counters together.
    pub counters: Counters,
}

/// Runs a script and gives its rows as text, a line each, in the order (entry, target, ordinal).
pub fn text_of(script: &Script, way: &Way) -> Result<(String, Run), Unloadable> {
    let text = RefCell::new(String::new());
    let answered = |number: u64, answer: &Result<Answer, String>| {
        let _ = writeln!(text.borrow_mut(), "a{number} {:?}", answer.as_ref().map(values));
    };
    let see = |_: &App, out: Output<'_>| {
        let text = &mut *text.borrow_mut();
        for row in out.first..out.first + out.n {
            let expired = !out.kinds.is_empty() && out.kinds[row] == 1;
            let (mark, number) = match out.target {
                Target::Stream(n) => ('s', n),
                Target::Query(n) => ('q', n),
            };
            let kind = if expired { " expired" } else { "" };
            let _ = write!(text, "{mark}{number} @{}{kind}", out.rows.ts[row]);
            for column in &out.rows.cols {
                let _ = write!(text, " {:?}", column.value(row, out.arena));
            }
            text.push('\n');
        }
    };
    let run = drive_all(script, way, see, answered)?;
    Ok((text.into_inner(), run))
}

/// Runs a script and gives its rows by target.
pub fn rows_of(script: &Script, way: &Way) -> Result<Targets, Unloadable> {
    let targets: RefCell<Targets> = RefCell::default();
    let answered = |number: u64, answer: &Result<Answer, String>| {
        let row = |values: Vec<Value>| OutRow { ts: None, expired: false, values };
        targets.borrow_mut().push(match answer {
            Ok(answer) => (format!("result {number}"), values(answer).into_iter().map(row).collect()),
            Err(why) => (format!("failed {number}"), vec![row(vec![Value::Str(why.as_str().into())])]),
        });
    };
    let see = |app: &App, out: Output<'_>| {
        let targets = &mut *targets.borrow_mut();
        let name = name_of(app, out.target);
        let at = targets.iter().position(|t| t.0 == name).unwrap_or_else(|| {
            targets.push((name, Vec::new()));
            targets.len() - 1
        });
        targets[at].1.extend((out.first..out.first + out.n).map(|row| OutRow {
            ts: Some(out.rows.ts[row]),
            expired: !out.kinds.is_empty() && out.kinds[row] == 1,
            values: out.rows.cols.iter().map(|c| c.value(row, out.arena)).collect(),
        }));
    };
    drive_all(script, way, see, answered)?;
    Ok(targets.into_inner())
}

/// The rows of an answer.
fn values(answer: &Answer) -> Vec<Vec<Value>> {
    let row = |row: usize| answer.rows.cols.iter().map(|c| c.value(row, &answer.arena)).collect();
    (0..answer.rows.len()).map(row).collect()
}

fn name_of(app: &App, target: Target) -> String {
    match target {
        Target::Stream(n) => format!("stream {}", app.streams[n as usize].name),
        Target::Query(n) => format!("query {}", app.queries[n as usize].name.as_deref().unwrap_or("?")),
    }
}

/// Runs a script; `see` is given every run of rows.
pub fn drive(script: &Script, way: &Way, see: impl FnMut(&App, Output<'_>)) -> Result<Run, Unloadable> {
    drive_all(script, way, see, |_, _| {})
}

/// The same; `answered` is given what on-demand queries come to, which are numbered from 0.
pub fn drive_all(
    script: &Script,
    way: &Way,
    see: impl FnMut(&App, Output<'_>),
    answered: impl FnMut(u64, &Result<Answer, String>),
) -> Result<Run, Unloadable> {
    let mut driver = Driver::new(script, way, see, answered)?;
    for step in &script.steps {
        driver.step(step)?;
    }
    driver.tick();
    driver.run.state = driver.engine.save();
    driver.count();
    Ok(driver.run)
}

fn pool(app: &App, options: &EngineOptions, way: &Way) -> Result<Pool, Unloadable> {
    let threads = PoolOptions { workers: way.workers, ..PoolOptions::default() };
    let mut pool = Pool::new(app.clone(), options.clone(), threads).expect("the system has threads to give");
    pool.connect(&way.stores).map_err(|e| Unloadable(e.to_string()))?;
    Ok(pool)
}

struct Driver<'a, F, A> {
    way: &'a Way,
    options: EngineOptions,
    see: F,
    answered: A,
    queries: u64,
    engine: Pool,
    frame: Frame,
    clock: Clock,
    start: i64,
    random: Random,
    /// Entries that the frame will have.
    entries: usize,
    since_restore: usize,
    revisions: Vec<Option<Vec<u8>>>,
    snapshot: Option<Vec<u8>>,
    run: Run,
}

impl<'a, F: FnMut(&App, Output<'_>), A: FnMut(u64, &Result<Answer, String>)> Driver<'a, F, A> {
    fn new(script: &Script, way: &'a Way, see: F, answered: A) -> Result<Driver<'a, F, A>, Unloadable> {
        let mut options = way.options.clone();
        options.deliveries_per_entry_max = script.deliveries_max.unwrap_or(options.deliveries_per_entry_max);
        let mut engine = pool(&script.app, &options, way)?;
        engine.start(script.start);
        let seed = if let Cut::Random(seed) = way.cut { seed } else { 0 };
        let mut driver = Driver {
            way,
            options,
            see,
            answered,
            queries: 0,
            frame: engine.frame(),
            clock: Clock::new(script.app.playback, script.start),
            engine,
            start: script.start,
            random: Random::new(seed),
            entries: 0,
            since_restore: 0,
            revisions: Vec::new(),
            snapshot: None,
            run: Run::default(),
        };
        driver.entries = driver.next_cut();
        Ok(driver)
    }

    fn next_cut(&mut self) -> usize {
        match self.way.cut {
            Cut::Every(n) => n,
            Cut::Random(_) => {
                let most = [1, 4, 20, 100, 500][self.random.below(5)];
                self.random.range(1, most) as usize
            }
        }
    }

    fn step(&mut self, step: &Step) -> Result<(), Unloadable> {
        match step {
            Step::Chunk(stream, events) => self.chunk(*stream, events),
            Step::Tick(at) => {
                let (now, sets) = self.clock.stamp(Some(*at));
                self.frame.tick(now, sets);
                self.entry_done()
            }
            Step::Query(query) => {
                self.process();
                let now = self.clock.now();
                let answer = query.as_ref().as_ref().map_err(String::clone).and_then(|q| self.engine.ask(q, now));
                (self.answered)(self.queries, &answer);
                self.queries += 1;
                Ok(())
            }
            Step::Control(control, app) => {
                self.process();
                self.control(control, app.as_ref())
            }
        }
    }

    fn chunk(&mut self, stream: u32, events: &[Event]) -> Result<(), Unloadable> {
        let (rows, arena) = self.frame.rows_of(stream);
        for (ts, values) in events {
            rows.ts.push(ts.unwrap_or(self.clock.now()));
            for (column, value) in rows.cols.iter_mut().zip(values) {
                assert!(column.push_value(value, arena), "{value:?} is not of the attribute's type");
            }
        }
        let (now, sets) = self.clock.stamp(events.last().and_then(|e| e.0));
        self.frame.commit(stream, now, sets);
        self.entry_done()
    }

    fn entry_done(&mut self) -> Result<(), Unloadable> {
        self.since_restore += 1;
        let restore = self.way.restore_every.is_some_and(|k| self.since_restore >= k);
        if restore || self.frame.entries.len() >= self.entries {
            self.process();
            self.entries = self.next_cut();
        }
        if restore {
            self.since_restore = 0;
            let state = self.engine.save();
            self.load(&state)?;
        }
        Ok(())
    }

    fn process(&mut self) {
        if self.frame.is_empty() {
            return;
        }
        let next = self.frame.base + self.frame.entries.len() as u64;
        let see = &mut self.see;
        let outputs = self.engine.process(&mut self.frame);
        let app = outputs.app();
        outputs.each(|out| see(app, out));
        self.frame.reset(next);
    }

    /// Timers that are due at the clock as it stands fire.
    fn tick(&mut self) {
        if !self.engine.playback() {
            self.frame.tick(self.clock.now(), true);
        }
        self.process();
    }

    fn load(&mut self, state: &[u8]) -> Result<(), Unloadable> {
        let mut engine = pool(self.engine.app(), &self.options, self.way)?;
        engine.load(state).map_err(|e| Unloadable(format!("a saved state cannot be loaded: {e}")))?;
        engine.start(self.clock.now());
        self.count();
        self.engine = engine;
        Ok(())
    }

    fn control(&mut self, control: &Line, app: Option<&App>) -> Result<(), Unloadable> {
        let mut state = None;
        match control {
            Line::Persist => self.revisions.push(Some(self.engine.save())),
            Line::Snapshot => self.snapshot = Some(self.engine.save()),
            Line::ClearRevisions => self.revisions.iter_mut().for_each(|r| *r = None),
            Line::Restore => state = self.revisions.iter().rev().flatten().next().cloned(),
            Line::RestoreRevision(n) => {
                let there = self.revisions.get(*n);
                state = there.ok_or_else(|| Unloadable(format!("there is no revision {n}")))?.clone();
            }
            Line::RestoreSnapshot => state = self.snapshot.clone(),
            _ => self.restart(app.expect("a restart has an app"))?,
        };
        if let Some(state) = state {
            self.load(&state)?;
            self.tick();
        }
        Ok(())
    }

    fn restart(&mut self, app: &App) -> Result<(), Unloadable> {
        self.count();
        let now = if app.playback { self.start } else { self.clock.now() };
        if app.name.is_empty() {
            // An app without a name is another one each time, as far as its revisions go.
            self.revisions.iter_mut().for_each(|r| *r = None);
        }
        self.clock = Clock::new(app.playback, now);
        self.engine = pool(app, &self.options, self.way)?;
        self.engine.start(now);
        let base = self.frame.base;
        self.frame = self.engine.frame();
        self.frame.reset(base);
        Ok(())
    }

    /// Adds the engine's counters before it goes.
    fn count(&mut self) {
        let (sum, c) = (&mut self.run.counters, self.engine.counters());
        sum.entries += c.entries;
        sum.events += c.events;
        sum.failed_rows += c.failed_rows;
        sum.endless_entries += c.endless_entries;
        sum.timers += c.timers;
        sum.timers_inside += c.timers_inside;
        sum.frames += c.frames;
        sum.frames_of_several += c.frames_of_several;
        sum.query_calls += c.query_calls;
    }
}

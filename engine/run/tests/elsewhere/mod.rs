//! Stores that record what they are asked and told, and fail when they are told to, for tests of tables whose rows are elsewhere.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::sync::{Arc, Mutex};

use riddhi_batch::{Arena, Frame};
use riddhi_exec::table::{
    Answers, Away, ChangeName, Events, InMemory, Prepared, ROWS_MAX, Rejected, StoreError, Table, TableStore,
};
use riddhi_plan::registry::StoreSpec;
use riddhi_plan::table::{ChangePlan, TableCondition};
use riddhi_run::worker::{Pool, PoolOptions};
use riddhi_run::{App, Clock, EngineOptions, FailureReport, StoreTypes, compile_with, registry};

/// What the recorders of an app share: it is there when they are gone.
#[derive(Default)]
pub struct Elsewhere {
    pub tables: Vec<(String, InMemory)>,
    pub calls: Vec<String>,
    /// Failures to come, the next one last, each of the calls that begin so.
    pub fails: Vec<(&'static str, StoreError)>,
    pub names: Vec<ChangeName>,
}

#[derive(Clone)]
pub struct Recorder {
    table: String,
    all: Arc<Mutex<Elsewhere>>,
}

impl Recorder {
    fn call<T>(&self, what: String, f: impl FnOnce(&mut InMemory) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut all = self.all.lock().unwrap();
        let fails = all.fails.last().is_some_and(|(call, _)| what.starts_with(call));
        all.calls.push(format!("{}: {what}", self.table));
        if fails && let Some((_, why)) = all.fails.pop() {
            return Err(why);
        }
        let table = all.tables.iter_mut().find(|(name, _)| *name == self.table).unwrap();
        f(&mut table.1)
    }
}

impl TableStore for Recorder {
    fn prepare(&mut self, condition: &TableCondition) -> Result<Prepared, StoreError> {
        self.call("prepare".into(), |store| store.prepare(condition))
    }

    fn prepare_change(&mut self, change: &ChangePlan) -> Result<Prepared, StoreError> {
        self.call("prepare a change".into(), |store| store.prepare_change(change))
    }

    fn look_up(&mut self, condition: Prepared, events: &Events<'_>, arena: &mut Arena) -> Result<Answers, StoreError> {
        self.call(format!("look up {}", events.rows.n), |store| store.look_up(condition, events, arena))
    }

    fn apply(&mut self, change: Prepared, events: &Events<'_>, arena: &mut Arena) -> Result<Vec<Rejected>, StoreError> {
        let done = self.call(format!("apply {}", events.rows.n), |store| store.apply(change, events, arena))?;
        self.all.lock().unwrap().names.extend_from_slice(events.names);
        Ok(done)
    }

    fn mark(&mut self) -> Result<Option<ChangeName>, StoreError> {
        self.call("mark".into(), TableStore::mark)
    }

    fn begin_anew(&mut self) -> Result<(), StoreError> {
        self.call("begin anew".into(), TableStore::begin_anew)
    }
}

/// A store that does not number its rows.
pub struct Unnumbered(Recorder);

impl TableStore for Unnumbered {
    fn prepare(&mut self, condition: &TableCondition) -> Result<Prepared, StoreError> {
        self.0.prepare(condition)
    }

    fn prepare_change(&mut self, change: &ChangePlan) -> Result<Prepared, StoreError> {
        self.0.prepare_change(change)
    }

    fn look_up(&mut self, condition: Prepared, events: &Events<'_>, arena: &mut Arena) -> Result<Answers, StoreError> {
        Ok(Answers { numbers: Vec::new(), ..self.0.look_up(condition, events, arena)? })
    }

    fn apply(&mut self, change: Prepared, events: &Events<'_>, arena: &mut Arena) -> Result<Vec<Rejected>, StoreError> {
        self.0.apply(change, events, arena)
    }
}

pub fn types(all: &Arc<Mutex<Elsewhere>>, numbered: bool) -> StoreTypes {
    let mut types = StoreTypes::default();
    let all = all.clone();
    types.add("recorder", move |plan| {
        let table = plan.name.clone();
        let mut known = all.lock().unwrap();
        if known.tables.iter().all(|(name, _)| *name != table) {
            let store = InMemory::new(Table::new(Arc::new(plan.clone()), ROWS_MAX));
            known.tables.push((table.clone(), store));
        }
        let recorder = Recorder { table, all: all.clone() };
        Ok(if numbered { Box::new(recorder) } else { Box::new(Unnumbered(recorder)) as Box<dyn TableStore> })
    });
    types.patience(|away: &Away<'_>| away.tries < 3);
    types
}

pub fn app(text: &str) -> App {
    let mut registry = registry();
    registry.store(StoreSpec { name: "recorder", options: Vec::new() });
    let compiled = compile_with(text, &registry);
    compiled.plan.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))
}

pub fn pool(app: &App, workers: usize, hold_changes: bool) -> Pool {
    let options = EngineOptions { hold_changes, ..EngineOptions::default() };
    let mut pool = Pool::new(app.clone(), options, PoolOptions { workers, ..PoolOptions::default() }).unwrap();
    pool.start(0);
    pool
}

/// An event `(k, v)` of a stream.
pub type Event = (&'static str, i32, i32);

pub fn fill(frame: &mut Frame, app: &App, clock: &mut Clock, events: &[Event]) {
    for (i, &(stream, k, v)) in events.iter().enumerate() {
        let stream = app.stream(stream).unwrap() as u32;
        let ts = (frame.base as i64 + i as i64) * 10;
        let (rows, _) = frame.rows_of(stream);
        rows.ts.push(ts);
        rows.cols[0].push_i32(k);
        rows.cols[1].push_i32(v);
        let (now, sets) = clock.stamp(Some(ts));
        frame.commit(stream, now, sets);
    }
}

/// Processes a frame; gives its rows as text, and what failed.
pub fn process(pool: &mut Pool, frame: &mut Frame) -> (Vec<String>, Vec<FailureReport>) {
    let mut seen = Vec::new();
    let outputs = pool.process(frame);
    let app = outputs.app();
    outputs.each(|out| {
        let riddhi_run::Target::Stream(stream) = out.target else { return };
        for row in out.first..out.first + out.n {
            let values: Vec<String> = out.rows.cols.iter().map(|c| c.value(row, out.arena).to_string()).collect();
            seen.push(format!("{} {}", app.streams[stream as usize].name, values.join(" ")));
        }
    });
    (seen, outputs.failures())
}

/// Processes all events as one frame; the frame is empty again afterwards.
pub fn turn(
    pool: &mut Pool,
    app: &App,
    clock: &mut Clock,
    frame: &mut Frame,
    events: &[Event],
) -> (Vec<String>, Vec<FailureReport>) {
    fill(frame, app, clock, events);
    let next = frame.base + frame.entries.len() as u64;
    let done = process(pool, frame);
    frame.reset(next);
    done
}

pub const STREAMS: &str = "define stream S (k int, v int); define stream In (k int, v int);
    define stream Up (k int, v int); define stream Del (k int, v int);";

pub fn calls(all: &Arc<Mutex<Elsewhere>>) -> Vec<String> {
    std::mem::take(&mut all.lock().unwrap().calls)
}

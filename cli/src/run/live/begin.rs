//! How an app begins: folders, threads, sources and sinks.

use super::{Account, Kept, Live, OUTPUT_FRAMES, Remains, Shared, wall};
use crate::args::RunArgs;
use crate::exit::{Exit, Failure};
use crate::run::admin::{End, Figures};
use crate::run::disk::Patient;
use crate::run::drain::{Drain, Progress};
use crate::run::hold::Hold;
use crate::run::notes::Notes;
use crate::run::pair::Mirror;
use crate::run::store::{Sources, Store};
use crate::run::synced::Synced;
use crate::run::taps::Taps;
use crate::run::wake::pair;
use crate::run::watch::Watch;
use crate::tell;
use riddhi_batch::Frame;
use riddhi_config::Ack;
use riddhi_connect::Setting;
use riddhi_connect::sink::SinkSlot;
use riddhi_connect::source::SourceSlot;
use riddhi_plan::connector::Direction;
use riddhi_ring::Wait;
use riddhi_run::worker::{Pool, PoolOptions, SinkThread, Worker, WorkerOptions};
use riddhi_run::{App, Clock, EngineOptions};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

impl Live {
    /// Starts an app, going on from what an earlier run left if there is a state folder. `name`: under which its state is.
    pub fn start(shared: Shared, watch: Watch, app: App, name: String, number: usize) -> Result<Live, Failure> {
        let (waker, sleeper) = pair().map_err(|e| Failure::thread(&e))?;
        let several = shared.args.apps.len() > 1;
        let folder = |folder: &String| std::path::Path::new(folder).join(&name);
        let mirror = shared.pair.as_ref().zip(shared.args.state.as_ref().map(folder));
        let mirror = mirror.map(|(pair, folder)| Mirror::new(pair.records.clone(), &name, folder, waker.clone()));
        let patient = Patient::new(several.then_some(&*name), shared.stop.clone(), mirror.clone());
        let now = if app.playback { 0 } else { wall() };
        let synced = match shared.ack {
            Ack::Journaled => Some(Arc::new(Synced::spawn(waker.clone()).map_err(|e| Failure::thread(&e))?)),
            Ack::Received | Ack::Replicated => None,
        };
        let figures = Figures::new(&name);
        shared.board.add(figures.clone());
        let mut live = Live {
            progress: Progress::new(0, waker.clone()),
            clock: Clock::new(app.playback, now),
            frame: Frame::default(),
            worker: None,
            drain: None,
            sources: Vec::new(),
            turn: 0,
            mirror,
            synced,
            open: figures.open.clone(),
            places_kept: Sources::new(),
            waker,
            sleeper,
            store: None,
            journal: None,
            recorder: None,
            patient,
            changed: false,
            snapshot_begun: Instant::now(),
            left: None,
            last_event: Instant::now(),
            account: Account::default(),
            answers: VecDeque::new(),
            figures,
            source_figures: Vec::new(),
            name,
            lineage: draw_lineage()?,
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
    pub(super) fn open(&mut self) -> Result<(), Failure> {
        let none = Remains { kept: None, sources: Sources::new(), sinks: BTreeMap::new(), position: 0, published: 0 };
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
            self.recorder = Some(crate::run::record::begin(
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
    pub(super) fn begin(&mut self, remains: Remains) -> Result<(), Failure> {
        let new = || make_pool(&self.app, &self.shared.args, self.number);
        let (mut pool, was) = match remains.kept {
            None => (new()?, None),
            Some(Kept::All(pool)) => (*pool, None),
            Some(Kept::Of(state, of)) => {
                let mut pool = new()?;
                let left = pool.carry_over(&state, &of).map_err(|e| Failure::new(Exit::Failed, e))?;
                if !left.is_empty() {
                    let left = crate::run::names::of_keys(&left, &of);
                    tell(&format!("note: app {}: changed or gone, begun anew: {left}\n", self.name));
                }
                (pool, Some(of))
            }
        };
        if let Some(note) = pool.spread().note() {
            tell(&format!("note: {note}\n"));
        }
        pool.start(self.clock.now());
        if let Some(mirror) = &self.mirror {
            mirror.begin_at(remains.position);
        }
        let hold = Hold::new(self.mirror.clone(), self.synced.clone());
        self.spawn(pool, remains.published, &remains.sinks, remains.position, hold)?;
        self.show();
        if !self.may_take() {
            self.places_kept = remains.sources;
            return Ok(());
        }
        let kept = self.kept_sources(was.as_ref());
        self.sources = self.make_sources(&remains.sources, kept)?;
        self.show_sources();
        self.open.store(true, Ordering::Release);
        Ok(())
    }

    pub(super) fn core(&self) -> Option<usize> {
        core(&self.shared.args, self.number)
    }

    /// Streams that have a sink, by number.
    pub(super) fn sink_streams(&self) -> Vec<u32> {
        sink_streams(&self.app)
    }

    /// Starts the threads; outputs before `published` are passed over.
    pub(super) fn spawn(
        &mut self,
        pool: Pool,
        published: u64,
        sinks: &BTreeMap<String, Vec<u8>>,
        position: u64,
        hold: Option<Hold>,
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
        let figures = self.figures.set_sinks(self.ends(Direction::Sink));
        let drain = Drain::new(slots, figures, self.progress.clone(), notes, published, hold, stop);
        let (forward, drain) = SinkThread::spawn(drain, OUTPUT_FRAMES, Wait::Park).map_err(|e| Failure::thread(&e))?;
        let taps = Taps::new(forward.with_inputs(self.sink_streams()), self.waker.clone());
        let options = WorkerOptions { core: self.core(), ..WorkerOptions::default() };
        let mut worker = Worker::spawn(pool, options, taps).map_err(|e| Failure::thread(&e))?;
        self.frame = worker.frame().map_err(|e| Failure::new(Exit::Failed, e))?;
        self.frame.base = position;
        (self.worker, self.drain) = (Some(worker), Some(drain));
        Ok(())
    }

    /// Shows the threads that run the app to whoever looks on.
    fn show(&self) {
        let Some(worker) = &self.worker else { return };
        self.figures.position.store(self.frame.base, Ordering::Relaxed);
        self.figures.set_threads(worker.view(), self.progress.clone(), self.mirror.clone());
    }

    pub(super) fn show_sources(&mut self) {
        self.source_figures = self.figures.set_sources(self.ends(Direction::Source));
    }

    /// The app's sources or sinks as they are called in metrics.
    fn ends(&self, direction: Direction) -> Vec<End> {
        let plans = self.app.connectors.iter().filter(|c| c.direction == direction).enumerate();
        let end = |(place, plan): (usize, &riddhi_plan::connector::ConnectorPlan)| End {
            place,
            ty: plan.ty.clone(),
            stream: self.app.streams[plan.stream].name.clone(),
        };
        plans.map(end).collect()
    }

    pub(super) fn setting(&self, stream: usize) -> Setting {
        let (patient, stop) = (self.patient.clone(), self.shared.stop.clone());
        let plan = &self.app.streams[stream];
        Setting {
            app: self.name.clone(),
            lineage: self.lineage.clone(),
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
    pub(super) fn kept_sources(&mut self, was: Option<&App>) -> BTreeMap<String, SourceSlot> {
        let schema = |app: &App, key: &str| {
            let plan = app.connectors.iter().find(|c| c.direction == Direction::Source && c.key == key)?;
            Some(app.streams[plan.stream].schema.clone())
        };
        let same = |slot: &SourceSlot| was.is_some_and(|was| schema(was, &slot.key) == schema(&self.app, &slot.key));
        let sources = std::mem::take(&mut self.sources);
        sources.into_iter().filter(same).map(|slot| (slot.key.clone(), slot)).collect()
    }

    pub(super) fn make_sources(
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

    pub(super) fn open_source(&self, slot: &mut SourceSlot) -> Result<(), Failure> {
        slot.source.open().map_err(|why| Failure::new(Exit::Failed, format!("app {}: {why}", self.name)))?;
        if let Some(address) = slot.source.address() {
            let stream = &self.app.streams[slot.stream as usize].name;
            tell(&format!("note: app {}: {stream} listens at {address}\n", self.name));
        }
        Ok(())
    }

    pub(super) fn make_sinks(&self, noted: &BTreeMap<String, Vec<u8>>) -> Vec<SinkSlot> {
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
}

/// An app with nothing remembered, on as many threads as were asked for; `number`: which of the process's apps it is.
pub fn make_pool(app: &App, args: &RunArgs, number: usize) -> Result<Pool, Failure> {
    let names = sink_streams(app).iter().map(|s| app.streams[*s as usize].name.clone()).collect();
    let options = EngineOptions { streams: Some(names), ..EngineOptions::default() };
    let pool = PoolOptions {
        workers: usize::try_from(args.workers).unwrap_or(usize::MAX),
        core: core(args, number).map(|core| core + 1),
        wait: Wait::Park,
    };
    Pool::new(app.clone(), options, pool).map_err(|e| Failure::thread(&e))
}

fn core(args: &RunArgs, number: usize) -> Option<usize> {
    args.core.map(|core| core + number)
}

fn sink_streams(app: &App) -> Vec<u32> {
    let sinks = app.connectors.iter().filter(|c| c.direction == Direction::Sink);
    let mut streams: Vec<u32> = sinks.map(|c| c.stream as u32).collect();
    streams.sort_unstable();
    streams.dedup();
    streams
}

/// Sixteen digits that nobody has drawn before.
pub(super) fn draw_lineage() -> Result<String, Failure> {
    let mut drawn = [0; 8];
    getrandom::fill(&mut drawn).map_err(|e| Failure::new(Exit::Failed, format!("no random numbers: {e}")))?;
    Ok(format!("{:016x}", u64::from_le_bytes(drawn)))
}

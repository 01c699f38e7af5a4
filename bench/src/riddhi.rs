//! The engine itself, driven as a program that embeds it would.

use anyhow::{Context, Result, bail};
use riddhi_batch::Frame;
use riddhi_run::{Engine, EngineOptions, Target, compile};

use crate::feed::{Feed, Subject};
use crate::measure::{Round, Stopwatch};
use crate::sink::Sinks;
use crate::workload::Workload;

/// An engine with the app of a workload, and the frame it is fed by.
pub struct Riddhi {
    engine: Engine,
    frame: Frame,
    position: u64,
    outputs: Vec<Target>,
}

impl Subject for Riddhi {
    #[inline]
    fn frame(&mut self) -> &mut Frame {
        self.position += self.frame.entries.len() as u64;
        self.frame.reset(self.position);
        &mut self.frame
    }

    #[inline]
    fn last_frame(&mut self) -> (&mut Frame, u64) {
        self.position += self.frame.entries.len() as u64;
        (&mut self.frame, self.position)
    }

    #[inline]
    fn process(&mut self, sinks: &mut Sinks) {
        let Riddhi { engine, frame, outputs, .. } = self;
        run(engine, outputs, frame, sinks);
    }
}

impl Riddhi {
    /// A frame for this app.
    pub fn empty_frame(&self) -> Frame {
        self.engine.frame()
    }

    /// Runs a frame that another thread has filled.
    pub fn run(&mut self, frame: &mut Frame, sinks: &mut Sinks) {
        run(&mut self.engine, &self.outputs, frame, sinks);
    }
}

#[inline]
fn run(engine: &mut Engine, outputs: &[Target], frame: &mut Frame, sinks: &mut Sinks) {
    let came_out = engine.process(frame);
    for (i, &target) in outputs.iter().enumerate() {
        came_out.of(target, |out| sinks.read(i, out.rows, out.first, out.n, out.arena));
    }
}

/// Riddhi under one workload, with its events and its sinks.
pub struct Bench {
    /// The engine.
    pub subject: Riddhi,
    /// The events.
    pub feed: Feed,
    /// What reads the outputs.
    pub sinks: Sinks,
}

impl Bench {
    /// Compiles the app and makes the events.
    pub fn new(app: &str, work: &Workload, frame_rows: u64) -> Result<Bench> {
        let compiled = compile(app);
        let Some(plan) = compiled.plan else {
            let what: Vec<String> = compiled.diagnostics.iter().map(|d| d.message.clone()).collect();
            bail!("the app does not compile: {}", what.join("; "));
        };
        let number = |name: &String| -> Result<u32> {
            Ok(plan.stream(name).with_context(|| format!("the app has no stream {name}"))? as u32)
        };
        let streams = work.streams.iter().map(number).collect::<Result<Vec<u32>>>()?;
        let outputs = work.outputs.iter().map(|s| number(s).map(Target::Stream)).collect::<Result<Vec<_>>>()?;
        let load = work.load_into.as_ref().map(number).transpose()?;
        let options = EngineOptions { streams: Some(work.outputs.clone()), ..EngineOptions::default() };
        let mut engine = Engine::new(plan, options);
        engine.start(0);
        let frame = engine.frame();
        let sinks = Sinks::new(outputs.len());
        let mut feed = Feed::new(work, streams, frame_rows, engine.playback());
        load.into_iter().for_each(|stream| feed.load(stream, work.load));
        Ok(Bench { subject: Riddhi { engine, frame, position: 0, outputs }, feed, sinks })
    }

    /// Feeds the next `events` events and reads all outputs.
    pub fn run(&mut self, events: u64, strict: bool) -> Round {
        self.sinks.begin(strict);
        let watch = Stopwatch::start();
        self.feed.send(&mut self.subject, &mut self.sinks, events);
        let (seconds, cpu) = watch.read();
        Round { events, seconds, cpu, outputs: self.sinks.rows(), checksum: self.sinks.checksum() }
    }
}

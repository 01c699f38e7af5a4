//! Workers and pools: the same outputs and the same state as an engine by itself, and an orderly end however it comes.

use std::fmt::Write;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver as Channel, channel};

use riddhi_batch::{Frame, Value};
use riddhi_ring::Wait;
use riddhi_run::worker::{
    Ended, OutputFrame, Pool, PoolOptions, Receiver, Sink, SinkThread, Worker, WorkerCounter, WorkerError,
    WorkerOptions,
};
use riddhi_run::{App, Clock, Engine, EngineOptions, Output, Outputs, compile};

/// Components of all sorts: windows with timers, a loop, arrays into batches, two sources merged, long strings, failing
/// rows, a stream that is input and output.
const APP: &str = "
define stream A (s string, v int);
define stream B (s string, v int);
define stream C (s string, v int);
define stream D (s string, v int);
@info(name = 'times') from A#window.time(3) select s, sum(v) as t group by s insert all events into Ta;
@info(name = 'batch') from B#window.lengthBatch(3) select s, count() as n insert into Tb;
from B[v > 4] select s, cast(v, 'long') as n insert into Tb;
from C[v < 3] select s, v + 1 as v insert into C;
from D#window.timeBatch(4) select s, max(v) as m insert into Td;
from D select s, v / (v - 2) as m insert into Td;
";

fn app(playback: bool) -> App {
    let text = if playback { format!("@app:playback {APP}") } else { APP.to_owned() };
    let compiled = compile(&text);
    compiled.plan.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))
}

/// Fills frames with chunks of one to three events, of the four streams in an order that looks random; also late ones.
struct Events {
    clock: Clock,
    seed: u64,
    streams: Vec<u32>,
    at: i64,
}

impl Events {
    fn new(app: &App) -> Events {
        let streams = ["A", "B", "C", "D"].map(|s| app.stream(s).unwrap() as u32).to_vec();
        Events { clock: Clock::new(app.playback, 0), seed: 7, streams, at: 100 }
    }

    fn random(&mut self, below: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % below
    }

    fn fill(&mut self, frame: &mut Frame, entries: usize) {
        for _ in 0..entries {
            let pick = self.random(4) as usize;
            let stream = self.streams[pick];
            self.at += self.random(3) as i64;
            let late = if self.random(5) == 0 { 2 } else { 0 };
            for _ in 0..1 + self.random(3) {
                let (text, v) = (self.random(4), self.random(7) as i32);
                let (rows, arena) = frame.rows_of(stream);
                rows.ts.push(self.at - late);
                let text =
                    ["a", "b", "a text that needs the arena", "another text that needs the arena"][text as usize];
                assert!(rows.cols[0].push_value(&Value::Str(text.into()), arena));
                rows.cols[1].push_i32(v);
            }
            let (now, sets) = self.clock.stamp(Some(self.at - late));
            frame.commit(stream, now, sets);
        }
    }
}

/// What a printer would print.
fn print(text: &mut String, output: &Output<'_>) {
    for row in output.first..output.first + output.n {
        let kind = output.kinds.get(row).copied().unwrap_or(0);
        write!(text, "{:?} {} {kind}", output.target, output.rows.ts[row]).unwrap();
        for column in &output.rows.cols {
            write!(text, " {}", column.value(row, output.arena)).unwrap();
        }
        text.push('\n');
    }
}

fn print_all(text: &mut String, outputs: &Outputs<'_>) {
    outputs.each(|output| print(text, &output));
    for failure in outputs.failures() {
        writeln!(text, "{failure:?}").unwrap();
    }
}

const FRAMES: usize = 60;

fn options() -> EngineOptions {
    EngineOptions { queries: true, ..EngineOptions::default() }
}

/// All that comes out, and the state, of an engine by itself.
fn alone(app: &App, entries: usize) -> (String, Vec<u8>) {
    let (mut engine, mut events, mut text) = (Engine::new(app.clone(), options()), Events::new(app), String::new());
    let mut frame = engine.frame();
    for _ in 0..FRAMES {
        events.fill(&mut frame, entries);
        print_all(&mut text, &engine.process(&mut frame));
        frame.reset(frame.base + entries as u64);
    }
    (text, engine.save())
}

fn pool(app: &App, workers: usize) -> Pool {
    Pool::new(app.clone(), options(), PoolOptions { workers, ..PoolOptions::default() }).unwrap()
}

#[test]
fn pools_answer_as_one_engine() {
    for playback in [false, true] {
        let app = app(playback);
        for entries in [1, 2, 7, 64] {
            let (expected, state) = alone(&app, entries);
            assert!(expected.lines().count() > 100, "{expected}");
            for workers in [1, 2, 3, 4] {
                let (mut pool, mut events, mut text) = (pool(&app, workers), Events::new(&app), String::new());
                assert_eq!(pool.spread().workers(), workers);
                let mut frame = pool.frame();
                for i in 0..FRAMES {
                    events.fill(&mut frame, entries);
                    let outputs = pool.process(&mut frame);
                    let rows = outputs.len();
                    let mut counted = 0;
                    outputs.each(|o| counted += o.n);
                    assert_eq!(rows, counted);
                    print_all(&mut text, &outputs);
                    frame.reset(frame.base + entries as u64);
                    if i % 20 == 10 {
                        let saved = pool.save();
                        let now = pool.now();
                        let others = 1 + (workers + i) % 4;
                        pool = self::pool(&app, others);
                        pool.load(&saved).unwrap();
                        pool.start(now);
                        assert_eq!(pool.save(), saved);
                    }
                }
                assert_eq!(text, expected, "{workers} workers, {entries} entries a frame, playback {playback}");
                assert_eq!(pool.save(), state);
            }
        }
    }
}

/// Of each chunk that came out of 840 entries: position, target, and what is in it, as another thread reads it.
fn places(app: &App, entries: usize, workers: usize) -> Vec<(u64, String, String)> {
    let mut pool =
        Pool::new(app.clone(), EngineOptions::default(), PoolOptions { workers, ..PoolOptions::default() }).unwrap();
    let (mut events, mut copied, mut all) = (Events::new(app), OutputFrame::new(), Vec::new());
    let mut frame = pool.frame();
    for _ in 0..840 / entries {
        events.fill(&mut frame, entries);
        copied.copy(&pool.process(&mut frame), &[]);
        copied.each(|output| {
            for chunk in output.chunks {
                let rows = chunk.first as usize..(chunk.first + chunk.rows) as usize;
                let text = format!("{:?}", &output.rows.ts[rows]);
                all.push((output.position_of(chunk), format!("{:?}", output.target), text));
            }
        });
        frame.reset(frame.base + entries as u64);
    }
    all
}

#[test]
fn chunks_have_the_same_positions_in_frames_of_any_size_and_on_any_worker() {
    for playback in [false, true] {
        let app = app(playback);
        let mut expected = places(&app, 1, 1);
        assert!(expected.len() > 500 && expected.iter().any(|(position, ..)| *position > 800));
        // Whoever gives names looks at one target: of a frame, runs of several may come in turns.
        expected.sort_by(|a, b| a.1.cmp(&b.1));
        for entries in [2, 7, 60, 840] {
            for workers in [1, 3] {
                let mut found = places(&app, entries, workers);
                found.sort_by(|a, b| a.1.cmp(&b.1));
                assert_eq!(found, expected, "{workers} workers, {entries} entries a frame, playback {playback}");
            }
        }
    }
}

#[test]
fn pools_count_as_one_engine() {
    let app = app(false);
    let mut all = Vec::new();
    for workers in [1, 3] {
        let (mut pool, mut events) = (pool(&app, workers), Events::new(&app));
        let mut frame = pool.frame();
        for _ in 0..FRAMES {
            events.fill(&mut frame, 9);
            pool.process(&mut frame);
            frame.reset(frame.base + 9);
        }
        all.push((pool.counters(), pool.next_due(), pool.now(), pool.state_bytes()));
    }
    assert!(all[0].0.timers_inside > 0 && all[0].0.events > 500);
    assert_eq!(all[0], all[1]);
}

#[test]
fn what_is_connected_stays_together() {
    let one = compile("define stream S (v int); from S select v insert into T; from T select v insert into U;");
    let pool = pool(&one.plan.unwrap(), 4);
    assert_eq!(pool.spread().workers(), 1);
    let note = pool.spread().note().unwrap();
    assert_eq!(note, "all queries of the app are connected: 1 worker used, not 4");
    let pool = self::pool(&app(false), 9);
    let note = pool.spread().note().unwrap();
    assert_eq!(note, "the app has 4 parts that share no stream: 4 workers used, not 9");
    assert_eq!(self::pool(&app(false), 2).spread().note(), None);
}

#[test]
fn log_lines_keep_their_order() {
    let text =
        "define stream A (s string, v int); define stream B (s string, v int); define stream C (s string, v int);
        define stream D (s string, v int);
        from A#log('a') select v insert into X; from B select v insert into Y; from C#log('c') select v insert into Z;
        from D#window.length(2)#log('d') select v insert into W;";
    let app = compile(text).plan.unwrap();
    let mut all = Vec::new();
    for workers in [1, 2, 4] {
        let (mut pool, mut events) = (pool(&app, workers), Events::new(&app));
        assert_eq!(pool.spread().workers(), workers.min(2));
        let mut frame = pool.frame();
        events.fill(&mut frame, 50);
        all.push(pool.process(&mut frame).log().map(str::to_owned).collect::<Vec<_>>());
    }
    assert!(all[0].len() > 50);
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
}

/// Collects what would be printed, as a closure does.
fn collecting() -> (impl Sink, Channel<String>) {
    let (send, receive) = channel();
    let sink = move |outputs: &Outputs<'_>| {
        let mut text = String::new();
        print_all(&mut text, outputs);
        send.send(text).unwrap();
    };
    (sink, receive)
}

#[test]
fn a_worker_answers_as_its_engine() {
    let app = app(false);
    let (expected, state) = alone(&app, 7);
    for wait in [Wait::Yield, Wait::Park] {
        for (workers, frames) in [(1, 1), (1, 4), (2, 3)] {
            let (sink, printed) = collecting();
            let options = WorkerOptions { core: Some(0), wait, frames };
            let mut worker = Worker::spawn(pool(&app, workers), options, sink).unwrap();
            let mut events = Events::new(&app);
            for i in 0..FRAMES {
                let mut frame = worker.frame().unwrap();
                assert_eq!(frame.base, 7 * i as u64);
                events.fill(&mut frame, 7);
                worker.send(frame).unwrap();
                if i % 16 == 3 {
                    // As a restore does.
                    let again = self::pool(&app, workers);
                    worker
                        .call(move |pool, _| {
                            let (saved, now) = (pool.save(), pool.now());
                            *pool = again;
                            pool.load(&saved).unwrap();
                            pool.start(now);
                        })
                        .unwrap();
                }
            }
            let due = worker.call(|pool, _| pool.next_due()).unwrap();
            assert_eq!(worker.next_due(), due);
            assert!(due.is_some());
            let ended = worker.finish().unwrap();
            assert_eq!(ended.pool.save(), state);
            assert_eq!(printed.try_iter().collect::<String>(), expected);
            let count = |c| ended.counters.get(c);
            assert_eq!(count(WorkerCounter::Frames), FRAMES as u64);
            assert_eq!(count(WorkerCounter::Entries), 7 * FRAMES as u64);
            assert_eq!(count(WorkerCounter::Accepted), count(WorkerCounter::Handled));
            assert_eq!(count(WorkerCounter::Refused), 0);
            assert!(ended.counters.to_string().contains("riddhi_worker_refused_events_total 0\n"));
        }
    }
}

/// Prints what a worker forwards.
struct Printer(String, u32);

impl Receiver for Printer {
    fn take(&mut self, outputs: &OutputFrame) -> ControlFlow<()> {
        outputs.each(|output| print(&mut self.0, &output));
        ControlFlow::Continue(())
    }

    fn idle(&mut self) -> ControlFlow<()> {
        self.1 += 1;
        ControlFlow::Continue(())
    }
}

#[test]
fn what_is_forwarded_is_what_came_out() {
    let app = app(true);
    let (expected, _) = alone(&app, 7);
    let expected: String = expected.lines().filter(|l| !l.starts_with("Failure")).map(|l| format!("{l}\n")).collect();
    let (sink, printer) = SinkThread::spawn(Printer(String::new(), 0), 2, Wait::Park).unwrap();
    let mut worker = Worker::spawn(pool(&app, 1), WorkerOptions::default(), sink).unwrap();
    let mut events = Events::new(&app);
    for _ in 0..FRAMES {
        let mut frame = worker.frame().unwrap();
        events.fill(&mut frame, 7);
        worker.send(frame).unwrap();
    }
    drop(worker.finish().unwrap());
    let printer = printer.finish().unwrap();
    assert_eq!(printer.0, expected);
}

/// Wants only so many frames.
struct Few(usize);

impl Sink for Few {
    fn take(&mut self, _: &Outputs<'_>) -> ControlFlow<()> {
        self.0 -= 1;
        if self.0 == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Sends frames until the worker ends.
fn send_all<S: Sink>(worker: &mut Worker<S>, app: &App) {
    let mut events = Events::new(app);
    for _ in 0..1000 {
        let Ok(mut frame) = worker.frame() else { return };
        events.fill(&mut frame, 3);
        if worker.send(frame).is_err() {
            return;
        }
    }
}

#[test]
fn a_sink_that_wants_no_more_ends_its_worker() {
    let app = app(false);
    let mut worker = Worker::spawn(pool(&app, 2), WorkerOptions::default(), Few(5)).unwrap();
    send_all(&mut worker, &app);
    assert!(matches!(worker.call(|_, _| ()), Err(Ended)));
    let ended = worker.finish().unwrap();
    let count = |c| ended.counters.get(c);
    assert_eq!((ended.sink.0, count(WorkerCounter::Frames)), (0, 5));
    assert!(count(WorkerCounter::Refused) > 0);
    assert_eq!(count(WorkerCounter::Accepted), count(WorkerCounter::Handled) + count(WorkerCounter::Refused));
}

#[test]
fn a_panic_becomes_an_error() {
    let app = app(false);
    let mut left = 5;
    let sink = move |_: &Outputs<'_>| {
        left -= 1;
        assert!(left > 0, "the sink has had enough");
    };
    let mut worker = Worker::spawn(pool(&app, 1), WorkerOptions::default(), sink).unwrap();
    send_all(&mut worker, &app);
    assert!(worker.call(|_, _| ()).is_err());
    let Err(WorkerError::Panicked { message, counters }) = worker.finish() else { panic!("it ended in order") };
    assert!(message.contains("had enough"), "{message}");
    assert_eq!(counters.get(WorkerCounter::Frames), 4);
    let accounted = counters.get(WorkerCounter::Handled) + counters.get(WorkerCounter::Refused);
    assert_eq!(counters.get(WorkerCounter::Accepted), accounted);
}

/// A frame of another app, which the engine cannot but trip over.
#[test]
fn a_panic_of_an_engine_becomes_an_error_on_any_thread() {
    let app = app(false);
    let other = compile("define stream A (s int, v string); from A select v, s insert into B;").plan.unwrap();
    for workers in [1, 4] {
        for stream in ["A", "B", "C", "D"] {
            let mut worker =
                Worker::spawn(pool(&app, workers), WorkerOptions::default(), |_: &Outputs<'_>| {}).unwrap();
            let mut frame = worker.frame().unwrap();
            let stream = app.stream(stream).unwrap();
            frame.flows[stream] = Engine::new(other.clone(), options()).frame().flows.swap_remove(0);
            let (rows, arena) = frame.rows_of(stream as u32);
            rows.ts.push(0);
            rows.cols[0].push_i32(1);
            assert!(rows.cols[1].push_value(&Value::Str("one".into()), arena));
            frame.commit(stream as u32, 0, true);
            worker.send(frame).unwrap();
            send_all(&mut worker, &app);
            assert!(matches!(worker.finish(), Err(WorkerError::Panicked { .. })), "stream {stream}");
        }
    }
}

//! The events: the same on both sides, bit for bit, from one seed (`Feed` of the peer).
//!
//! A pool of rows is sent round and round, each time with new timestamps; of many keys, each event takes its symbol from
//! a longer sequence. Rows are held as the engine's public interface takes them, as the peer's are: boxed values in
//! arrays of objects there, typed values here, and for arrays whole columns.

use riddhi_batch::{Arena, Columns, Frame, Kind, Sel, Str};
use riddhi_run::Clock;

use crate::sink::Sinks;
use crate::workload::{Mode, Workload};

/// Multiplier of the generator and of the checksums.
pub const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
const SEED: u64 = 20_130_101;
const START: i64 = 1_700_000_000_000;
const POOL: usize = 8000;
const SEQUENCE: usize = 1 << 22;
/// More keys than this come from the sequence.
const KEYS_OF_POOL: u64 = 16;

/// What takes the events: an engine with its app.
pub trait Subject {
    /// The empty frame to fill next.
    fn frame(&mut self) -> &mut Frame;

    /// The frame as it was filled last, and the position of the next entry.
    fn last_frame(&mut self) -> (&mut Frame, u64);

    /// Runs the filled frame and lets the sinks read all that came out.
    fn process(&mut self, sinks: &mut Sinks);
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        let z = self.0;
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 11) % n
    }
}

#[derive(Clone, Copy)]
struct Row {
    symbol: Str,
    price: f64,
    volume: i32,
    t: i64,
    flag: bool,
}

/// The further attributes of a wide event.
#[derive(Clone, Copy)]
struct Extra {
    user: Option<Str>,
    place: Option<Str>,
    size: Option<i32>,
}

/// The events of one workload, and how far they have been sent.
pub struct Feed {
    mode: Mode,
    array: u64,
    /// Input streams by the engine's number, in turn.
    streams: Vec<u32>,
    /// The stream that all events up to this one go to instead.
    load: Option<(u32, u64)>,
    /// Most events that one frame is filled with, the arrays' size aside.
    frame_rows: u64,
    pool: Vec<Row>,
    /// Beside each row of the pool, if the events are wide.
    extras: Vec<Extra>,
    /// The same as columns.
    columns: Columns,
    /// Symbols in the order of the events, if there are many.
    sequence: Vec<Str>,
    clock: Clock,
    per_ms: u64,
    now: i64,
    /// Events that still get the timestamp `now`.
    left: u64,
    sent: u64,
}

impl Feed {
    /// The events of a workload for the streams of these numbers, of which a frame gets at most `frame_rows`.
    pub fn new(work: &Workload, streams: Vec<u32>, frame_rows: u64, playback: bool) -> Feed {
        let mut random = Random(SEED);
        let pool: Vec<Row> = (0..POOL)
            .map(|_| {
                let price = random.below(20_000) as f64 / 100.0;
                let volume = 1 + random.below(1000) as i32;
                let t = (random.next() >> 24) as i64;
                let flag = (random.next() as i64) < 0;
                let symbol = key(random.below(work.keys));
                Row { symbol, price, volume: work.volume.unwrap_or(volume), t, flag }
            })
            .collect();
        let mut extra = |_| Extra {
            user: (random.below(4) != 0).then(|| key(random.below(100))),
            place: (random.below(2) != 0).then(|| key(random.below(10))),
            size: (random.below(8) != 0).then(|| random.below(1000) as i32),
        };
        let extras: Vec<Extra> = if work.wide { (0..POOL).map(&mut extra).collect() } else { Vec::new() };
        assert!(extras.is_empty() || work.mode == Mode::Single, "wide events are sent one by one");
        let mut columns = Columns::new([Kind::Str, Kind::F64, Kind::I32, Kind::I64, Kind::Bool]);
        for row in &pool {
            push(&mut columns, row, row.symbol, 0);
        }
        let sequence = if work.keys > KEYS_OF_POOL { sequence(work) } else { Vec::new() };
        assert!(work.mode != Mode::Array || (sequence.is_empty() && (POOL as u64).is_multiple_of(work.array)));
        Feed {
            mode: work.mode,
            array: work.array,
            streams,
            load: None,
            frame_rows,
            pool,
            extras,
            columns,
            sequence,
            clock: Clock::new(playback, 0),
            per_ms: work.per_ms,
            now: START,
            left: work.per_ms,
            sent: 0,
        }
    }

    /// The first `events` events go to the stream of this number; before any is sent.
    pub fn load(&mut self, stream: u32, events: u64) {
        assert!(self.sent == 0 && self.mode == Mode::Single, "events were sent, or are not sent one by one");
        self.load = Some((stream, events));
    }

    /// The first event gets this timestamp, milliseconds; before any is sent.
    pub fn begin_at(&mut self, start: i64) {
        assert_eq!(self.sent, 0, "events were sent");
        self.now = start;
    }

    /// Sends the next `events` events; of arrays, as many as whole arrays make.
    pub fn send(&mut self, subject: &mut impl Subject, sinks: &mut Sinks, events: u64) {
        let end = self.sent + events;
        while self.sent < end {
            match self.mode {
                Mode::Array => self.fill_arrays(subject.frame(), end),
                Mode::Flush => self.fill_lone(subject),
                Mode::Single => self.fill_single(subject.frame(), end.min(self.sent + self.frame_rows)),
            }
            subject.process(sinks);
        }
    }

    /// Sends the next `events` events in one frame, whatever the mode.
    pub fn send_at_once(&mut self, subject: &mut impl Subject, sinks: &mut Sinks, events: u64) {
        self.fill(subject.frame(), events);
        subject.process(sinks);
    }

    /// Appends the next `events` events to a frame, one by one.
    pub fn fill(&mut self, frame: &mut Frame, events: u64) {
        self.fill_single(frame, self.sent + events);
    }

    /// The next event as a line of CSV: ts, symbol, price, volume, t, flag.
    pub fn next_csv(&mut self) -> String {
        let (ts, Row { symbol, price, volume, t, flag }) = self.next_row();
        let arena = Arena::new();
        format!("{ts},{},{price},{volume},{t},{flag}\n", symbol.text(&arena))
    }

    fn next_row(&mut self) -> (i64, Row) {
        let ts = self.now;
        self.pass(1);
        self.sent += 1;
        (ts, self.pool[((self.sent - 1) % POOL as u64) as usize])
    }

    /// The next event as a line of JSON, as the command line takes it.
    pub fn next_json(&mut self, stream: &str) -> String {
        let (ts, Row { symbol, price, volume, t, flag }) = self.next_row();
        let arena = Arena::new();
        let symbol = symbol.text(&arena);
        format!(
            "{{\"stream\":\"{stream}\",\"ts\":{ts},\"data\":{{\"symbol\":\"{symbol}\",\"price\":{price},\
             \"volume\":{volume},\"t\":{t},\"flag\":{flag}}}}}\n"
        )
    }

    /// Most events that natural batching would put into a frame.
    pub fn frame_rows(&self) -> u64 {
        self.frame_rows
    }

    fn fill_arrays(&mut self, frame: &mut Frame, end: u64) {
        let mut rows = 0;
        while self.sent < end && (rows == 0 || rows + self.array <= self.frame_rows) {
            let at = (self.sent % POOL as u64) as usize;
            let stream = self.streams[0];
            let (to, _) = frame.rows_of(stream);
            let mut missing = self.array;
            while missing > 0 {
                let run = missing.min(self.left);
                to.ts.resize(to.ts.len() + run as usize, self.now);
                self.pass(run);
                missing -= run;
            }
            for (to, from) in to.cols.iter_mut().zip(&self.columns.cols) {
                to.append(from, Sel::From(at), self.array as usize);
            }
            let (now, sets) = self.clock.stamp(to.ts.last().copied());
            frame.commit(stream, now, sets);
            self.sent += self.array;
            rows += self.array;
        }
    }

    /// A run of events of one stream, by the appender for rows of known types.
    fn fill_run(&mut self, frame: &mut Frame, end: u64) -> bool {
        let Some(mut events) = frame.appender::<(Str, f64, i32, i64, bool)>(self.streams[0]) else { return false };
        let mut at = (self.sent % POOL as u64) as usize;
        for i in self.sent..end {
            let ts = self.now;
            self.pass(1);
            let row = &self.pool[at];
            let symbol = *self.sequence.get(i as usize & (SEQUENCE - 1)).unwrap_or(&row.symbol);
            let (now, sets) = self.clock.stamp(Some(ts));
            events.event(ts, (symbol, row.price, row.volume, row.t, row.flag), now, sets);
            at = if at + 1 == POOL { 0 } else { at + 1 };
        }
        self.sent = end;
        true
    }

    /// A frame of the next event alone.
    #[inline]
    fn fill_lone(&mut self, subject: &mut impl Subject) {
        let (i, ts) = (self.sent, self.now);
        self.pass(1);
        let row = &self.pool[(i % POOL as u64) as usize];
        let symbol = *self.sequence.get(i as usize & (SEQUENCE - 1)).unwrap_or(&row.symbol);
        let (now, sets) = self.clock.stamp(Some(ts));
        let stream = if let [one] = self.streams[..] { one } else { self.streams[i as usize % self.streams.len()] };
        let (frame, base) = subject.last_frame();
        let fits = frame.lone(base, stream, ts, (symbol, row.price, row.volume, row.t, row.flag), now, sets);
        assert!(fits, "the workloads' streams have five attributes");
        self.sent += 1;
    }

    fn fill_single(&mut self, frame: &mut Frame, end: u64) {
        if let Some((stream, until)) = self.load.take_if(|load| self.sent < load.1) {
            let streams = std::mem::replace(&mut self.streams, vec![stream]);
            self.fill_single(frame, end.min(until));
            self.streams = streams;
            self.load = Some((stream, until));
            return;
        }
        if self.streams.len() == 1 && self.extras.is_empty() && end - self.sent > 1 && self.fill_run(frame, end) {
            return;
        }
        let mut at = (self.sent % POOL as u64) as usize;
        let mut turn = (self.sent % self.streams.len() as u64) as usize;
        for i in self.sent..end {
            let ts = self.now;
            self.pass(1);
            let row = &self.pool[at];
            let symbol = *self.sequence.get(i as usize & (SEQUENCE - 1)).unwrap_or(&row.symbol);
            let stream = self.streams[turn];
            let (to, _) = frame.rows_of(stream);
            match self.extras.get(at) {
                None => push(to, row, symbol, ts),
                Some(extra) => push_wide(to, row, symbol, ts, extra),
            }
            let (now, sets) = self.clock.stamp(Some(ts));
            frame.commit(stream, now, sets);
            at = if at + 1 == POOL { 0 } else { at + 1 };
            turn = if turn + 1 == self.streams.len() { 0 } else { turn + 1 };
        }
        self.sent = end;
    }

    /// Moves event time on by `events`, at most as many as are left of this millisecond.
    #[inline]
    fn pass(&mut self, events: u64) {
        self.left -= events;
        if self.left == 0 {
            self.left = self.per_ms;
            self.now += 1;
        }
    }
}

#[inline(always)]
fn push(to: &mut Columns, row: &Row, symbol: Str, ts: i64) {
    let [a, b, c, d, e] = &mut to.cols[..] else { panic!("the workloads' streams have five attributes") };
    a.push_str(symbol);
    b.push_f64(row.price);
    c.push_i32(row.volume);
    d.push_i64(row.t);
    e.push_bool(row.flag);
    to.ts.push(ts);
}

#[inline(always)]
fn push_wide(to: &mut Columns, row: &Row, symbol: Str, ts: i64, extra: &Extra) {
    let [a, b, c, d, e, f, g, h] = &mut to.cols[..] else { panic!("streams of wide events have eight attributes") };
    a.push_str(symbol);
    b.push_f64(row.price);
    c.push_i32(row.volume);
    d.push_i64(row.t);
    e.push_bool(row.flag);
    match extra.user {
        Some(x) => f.push_str(x),
        None => f.push_null(),
    }
    match extra.place {
        Some(x) => g.push_str(x),
        None => g.push_null(),
    }
    match extra.size {
        Some(x) => h.push_i32(x),
        None => h.push_null(),
    }
    to.ts.push(ts);
}

fn key(number: u64) -> Str {
    Str::inline(format!("key{number:07}").as_bytes()).expect("the keys are short")
}

/// The symbol of each event. Zipf's weights come from the four operations alone, so both sides get the same.
fn sequence(work: &Workload) -> Vec<Str> {
    let mut random = Random(SEED ^ 0x5EED);
    if !work.zipf {
        return (0..SEQUENCE).map(|_| key(random.below(work.keys))).collect();
    }
    let (mut sum, mut root) = (0.0f64, 1.0f64);
    let up_to: Vec<f64> = (1..=work.keys)
        .map(|k| {
            let k = k as f64;
            // The tenth root by Newton's method from the one before.
            for _ in 0..4 {
                let square = root * root;
                let eighth = (square * square) * (square * square);
                let ninth = eighth * root;
                root -= (ninth * root - k) / (10.0 * ninth);
            }
            sum += 1.0 / (k * root);
            sum
        })
        .collect();
    let last = up_to.len() - 1;
    (0..SEQUENCE)
        .map(|_| {
            let at = (random.next() >> 11) as f64 * 2f64.powi(-53) * sum;
            key(up_to[..last].partition_point(|&x| x <= at) as u64)
        })
        .collect()
}

#[cfg(test)]
mod tests;

//! Random query graphs: apps whose streams have several writers and readers, loops that end, windows and rates whose timers
//! are due together, and input that alternates, comes in bursts and arrays, late, or not for a while.
//!
//! Every stream has the same attributes, so that any query may read and write any stream. Streams stand on levels; a query
//! writes to a higher one, or, where the graph has loops, back to one from which it can be reached. What goes back has
//! passed a filter on `v` and raised it, and no other query of such a graph lowers it, so every loop ends.

use std::fmt::Write;

use riddhi_case::form::{Case, Expect, Line, Row, Token};
use riddhi_case::random::Random;

mod several;

pub use several::{FEATURES, Feature};

/// When the graphs' clocks begin.
pub const ZERO: i64 = 1_600_000_000_000;

/// Attributes of every stream.
const ATTRIBUTES: &str = "k string, v int, n long, x double";

/// Levels of streams: input, two in between, sinks.
const LEVELS: usize = 4;

/// How a graph is made.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Queries at least and at most.
    pub queries: (i64, i64),
    /// Input lines at least and at most.
    pub lines: (i64, i64),
    /// What there may be beside queries of one stream.
    pub features: &'static [Feature],
}

impl Default for Size {
    fn default() -> Size {
        Size { queries: (3, 7), lines: (20, 90), features: &[] }
    }
}

/// The graph of a seed, and what happens to it; expects nothing.
pub fn graph(seed: u64, size: Size) -> Case {
    let mut maker = Maker::new(seed, size);
    let app = maker.app();
    let mut case = Case::new(&format!("graph-{seed}"), if maker.playback { 0 } else { ZERO }, ZERO);
    case.apps.push(app);
    case.input = maker.input();
    case.expect = Expect::Rows(Vec::new());
    case
}

struct Stream {
    name: String,
    level: usize,
    defined: bool,
    input: bool,
}

struct Query {
    text: String,
    reads: Vec<usize>,
    /// None: a table or a named window.
    writes: Option<usize>,
}

struct Maker {
    random: Random,
    size: Size,
    playback: bool,
    loops: bool,
    /// Whether some rows cannot be computed.
    failures: bool,
    /// Length of the app's time windows, mostly one for all, so that their timers are due together.
    periods: Vec<i64>,
    /// Whether an event has set the clock: before, a playback app's reads 0, and a period is long over at the first event.
    begun: bool,
    streams: Vec<Stream>,
}

impl Maker {
    fn new(seed: u64, size: Size) -> Maker {
        let mut random = Random::new(seed);
        let playback = random.chance(40);
        let loops = random.chance(35);
        let failures = random.chance(12);
        let periods = match random.below(3) {
            0 => vec![100],
            1 => vec![50, 100],
            _ => vec![20, 70, 200],
        };
        Maker { random, size, playback, loops, failures, periods, begun: !playback, streams: Vec::new() }
    }

    fn app(&mut self) -> String {
        self.make_streams();
        let mut queries = Vec::new();
        for i in 0..self.random.range(self.size.queries.0, self.size.queries.1) {
            let query = self.several(i).unwrap_or_else(|| self.query(i));
            queries.push(query);
        }
        // Only what is defined may be read before it is written.
        let all_defined = self.streams.iter().all(|s| s.defined || s.level == LEVELS - 1);
        if all_defined && self.random.chance(60) {
            self.shuffle(&mut queries);
        }
        self.define_unwritten(&queries);
        let mut text = String::new();
        if self.playback {
            text.push_str("@app:playback\n");
        }
        for stream in self.streams.iter().filter(|s| s.defined) {
            let _ = writeln!(text, "define stream {} ({ATTRIBUTES});", stream.name);
        }
        text.push_str(&self.definitions());
        text.push_str(&self.partitioned(&queries));
        text
    }

    fn make_streams(&mut self) {
        let define_all = self.random.chance(50);
        for (level, most) in [(0, 3), (1, 2), (2, 2), (3, 2)] {
            for i in 0..self.random.range(1, most) {
                let name = format!("{}{}", ["In", "Mid", "Low", "Out"][level], i + 1);
                let defined = level == 0 || (level < 3 && (define_all || self.random.chance(40)));
                self.streams.push(Stream { name, level, defined, input: level == 0 || (defined && level < 3) });
            }
        }
        if self.random.chance(60) {
            // Few streams from outside make more rows a stream.
            self.streams.iter_mut().filter(|s| s.level > 0).for_each(|s| s.input = false);
        }
    }

    /// A stream that is read, and never written before, must be defined.
    fn define_unwritten(&mut self, queries: &[Query]) {
        for (at, query) in queries.iter().enumerate() {
            for &read in &query.reads {
                if !queries[..at].iter().any(|q| q.writes == Some(read)) {
                    self.streams[read].defined = true;
                }
            }
        }
    }

    fn shuffle(&mut self, queries: &mut [Query]) {
        for i in (1..queries.len()).rev() {
            queries.swap(i, self.random.below(i + 1));
        }
    }

    fn stream(&mut self, levels: std::ops::Range<usize>) -> usize {
        let fit: Vec<usize> = (0..self.streams.len()).filter(|&s| levels.contains(&self.streams[s].level)).collect();
        fit[self.random.below(fit.len())]
    }

    fn query(&mut self, i: i64) -> Query {
        let last = if i == 0 { 1 } else { LEVELS - 1 };
        let reads = self.stream(0..last);
        let level = self.streams[reads].level;
        let back = self.loops && self.random.chance(30);
        let writes = if back { self.stream(0..level + 1) } else { self.stream(level + 1..LEVELS) };
        let mut text = String::new();
        if self.random.chance(60) {
            let _ = writeln!(text, "@info(name='q{i}')");
        }
        let _ = write!(text, "from {}", self.streams[reads].name);
        if back {
            let _ = write!(text, "[v < {}]", self.random.range(1, 3));
        } else if self.random.chance(35) {
            let _ = write!(text, "[{}]", self.condition());
        }
        let window = if self.random.chance(55) { self.window() } else { String::new() };
        text.push_str(&window);
        if self.random.chance(10) {
            let _ = write!(text, "[{}]", self.condition());
        }
        self.selection(&mut text, back, !window.is_empty());
        let rate = if self.random.chance(20) { self.rate() } else { String::new() };
        text.push_str(&rate);
        let kinds = if window.is_empty() || back || rate.contains("snapshot") || self.random.chance(50) {
            ""
        } else {
            self.random.pick(&["current events ", "expired events ", "all events ", "all events "])
        };
        let _ = writeln!(text, "\n  insert {kinds}into {};", self.streams[writes].name);
        Query { text, reads: vec![reads], writes: Some(writes) }
    }

    fn condition(&mut self) -> String {
        let number = self.random.range(0, 9);
        match self.random.below(if self.failures { 8 } else { 7 }) {
            7 => format!("cast(k, 'int') + v > {number}"),
            6 => format!("sum(v) > {number} or v < {number}"),
            0 => format!("v > {number}"),
            1 => format!("n % 3 != {}", number % 3),
            2 => "k == 'a' or k == 'b'".to_owned(),
            3 => format!("x < {number}.5"),
            4 => "not (k is null)".to_owned(),
            _ => format!("v <= {number} or n > {number}"),
        }
    }

    fn window(&mut self) -> String {
        let length = self.random.range(1, 6);
        let period = self.periods[self.random.below(self.periods.len())];
        match self.random.below(10) {
            8 => format!("#window.timeBatch({period} milliseconds, {length})"),
            9 => format!("#window.lengthBatch({length}, true)"),
            0 => format!("#window.length({length})"),
            1 => format!("#window.lengthBatch({length})"),
            2 | 3 => format!("#window.time({period} milliseconds)"),
            4 | 5 => format!("#window.timeBatch({period} milliseconds)"),
            6 => format!("#window.externalTime(n, {length} milliseconds)"),
            _ => format!("#window.lengthBatch({})", length * 3),
        }
    }

    fn selection(&mut self, text: &mut String, back: bool, window: bool) {
        let plain_v = if back { "v + 1 as v" } else { "v" };
        let aggregate = self.random.chance(if window { 65 } else { 20 });
        if !aggregate && !back && self.random.chance(8) {
            text.push_str("\n  select *");
        } else if !aggregate {
            let k = self.random.pick(&["k", "k", "k", "coalesce(k, 'none') as k", "'a constant long string' as k"]);
            let n = self.random.pick(&["n", "n", "n + 1 as n", "eventTimestamp() as n", "currentTimeMillis() as n"]);
            let k = if self.failures { "cast(cast(k, 'int') + v, 'string') as k" } else { k };
            let x = self.random.pick(&["x", "x", "x * 0.5 as x", "ifThenElse(x > 3.0, x, 0.25) as x"]);
            let _ = write!(text, "\n  select {k}, {plain_v}, {n}, {x}");
        } else {
            let v = if self.loops { plain_v } else { self.random.pick(&["v", "max(v) as v", "min(v) as v"]) };
            let ns = ["sum(v) as n", "count() as n", "sum(n) as n", "distinctCount(k) as n", "max(n) as n", "n"];
            let xs =
                ["avg(x) as x", "sum(x) as x", "min(x) as x", "stdDev(x) as x", "maxForever(x) as x", "avg(n) as x"];
            let _ = write!(text, "\n  select k, {v}, {}, {}", self.random.pick(&ns), self.random.pick(&xs));
            if self.random.chance(60) {
                let _ = write!(text, " group by {}", self.random.pick(&["k", "k", "k, v", "v"]));
            }
        }
        if self.random.chance(if aggregate { 25 } else { 5 }) {
            let _ = write!(text, " having {}", self.random.pick(&["n > 2", "x < 4.0", "n != 3 and x > 0.5"]));
        }
        if self.random.chance(12) {
            let _ = write!(text, " order by {}", self.random.pick(&["v", "n desc", "k, x desc", "x"]));
        }
        if self.random.chance(12) {
            let _ = write!(text, " limit {}", self.random.range(1, 3));
            if self.random.chance(40) {
                text.push_str(" offset 1");
            }
        }
    }

    fn rate(&mut self) -> String {
        let which = self.random.pick(&["", "all ", "first ", "last ", "last "]);
        let period = self.periods[self.random.below(self.periods.len())];
        match self.random.below(5) {
            0 | 1 => format!("\n  output {which}every {} events", self.random.range(1, 4)),
            2 => format!("\n  output snapshot every {period} milliseconds"),
            _ => format!("\n  output {which}every {period} milliseconds"),
        }
    }

    fn input(&mut self) -> Vec<Line> {
        let inputs: Vec<usize> =
            (0..self.streams.len()).filter(|&s| self.streams[s].input && self.streams[s].defined).collect();
        let mut lines = Vec::new();
        let mut clock = ZERO;
        if !self.playback {
            lines.push(Line::Tick(clock));
        }
        let all = self.random.range(self.size.lines.0, self.size.lines.1) as usize;
        let step = [0, 1, 3, 20][self.random.below(4)];
        let mut at = 0;
        while lines.len() < all {
            clock += self.random.range(0, step);
            match self.random.below(20) {
                0 => clock += self.periods[0] / 2 + self.random.range(0, 2) * self.periods[0],
                1 if !self.playback => {
                    clock += self.random.range(0, 120);
                    lines.push(Line::Tick(clock));
                    continue;
                }
                2..7 => at = self.random.below(inputs.len()),
                7..12 => at = (at + 1) % inputs.len(),
                _ => {}
            }
            let rows = if self.random.chance(12) { self.random.range(2, 9) } else { 1 };
            let rows = (0..rows).map(|i| self.event(&mut clock, i == rows - 1)).collect();
            lines.push(Line::Chunk { stream: self.streams[inputs[at]].name.clone(), rows });
            self.begun = true;
        }
        if !self.playback {
            lines.push(Line::Tick(clock + 1000));
        }
        lines
    }

    fn event(&mut self, clock: &mut i64, last: bool) -> Row {
        let ts = match self.random.below(24) {
            0 => Some(*clock - self.random.range(1, 150)),
            1 if last && self.begun => None,
            2 => {
                *clock += 1;
                Some(*clock)
            }
            _ => Some(*clock),
        };
        let number = |x: i64| Token::Number(x.to_string());
        let k = match self.random.below(20) {
            0 => Token::Null,
            1 => Token::Text("a rather long key of many letters".to_owned()),
            i => Token::Text(["a", "b", "c"][i % 3].to_owned()),
        };
        let v = if self.random.chance(4) { Token::Null } else { number(self.random.range(0, 9)) };
        let n = if self.random.chance(3) { Token::Null } else { number(*clock - ZERO + self.random.range(0, 2)) };
        let quarters = self.random.range(0, 32) as f64 * 0.25;
        let x = if self.random.chance(4) { Token::Null } else { Token::Number(format!("{quarters:?}")) };
        Row { ts, expired: false, values: vec![k, v, n, x] }
    }
}

//! `#reorder:akslack(time, number[, batch[, timeout[, most[, discard[, error, confidence]]]]])`: as `kslack`, with a slack that is made
//! smaller as far as the mean of the number allows, batch by batch. A timeout is that of `kslack`, for all rows.

use std::collections::VecDeque;
use std::sync::Arc;

use riddhi_batch::{Data, LoadError, Reader, State, Value, Writer};
use riddhi_plan::registry::{
    ArgError, ArgType, BoundWindow, Create, Entering, Finds, Form, Leaving, SignalSink, Timers, Times, Window,
};

use super::super::arity;
use super::held::{HELD_MAX, Held};
use super::ticks::Ticks;
use super::{coverage, flag, long, normal, time};

/// Times kept to tell how much was caught, at most: the oldest are forgotten.
const STAMPS_MAX: usize = 1 << 18;
/// How much of the error, and of its change, goes into the slack.
const WEIGHTS: (f64, f64) = (0.5, 0.8);

#[derive(Clone, Copy, Debug)]
struct Settings {
    time: u32,
    number: u32,
    batch: i64,
    timeout: Option<i64>,
    most: i64,
    discard: bool,
    error: f64,
    critical: f64,
}

struct Adaptive {
    settings: Settings,
    /// Rows that came since the latest time moved on.
    new: Held,
    /// Those before.
    old: Held,
    k: i64,
    /// The slack that the last batch asks for.
    slack: i64,
    latest: i64,
    last: i64,
    /// Rows since the last batch.
    rows: i64,
    alpha: f64,
    alpha_before: f64,
    error_before: f64,
    numbers: Vec<f64>,
    stamps: VecDeque<i64>,
    ticks: Ticks,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    const USAGE: &str = "#reorder:akslack(time, number)";
    arity("reorder:akslack", args, 2, 8, USAGE)?;
    let time = time(args, USAGE)?;
    let Some(number) = args[1].attribute.filter(|_| args[1].ty.is_numeric()) else {
        return Err(ArgError::at(
            1,
            "what depends on the order must be a number of the event",
            format!("write `{USAGE}`"),
        ));
    };
    if args.len() == 7 {
        return Err(ArgError::at(
            6,
            "the error and the confidence stand together",
            "give both, for example `0.03, 0.95`",
        ));
    }
    let share = |at: usize, usual: f64, what: &str| match args.get(at).map(|arg| &arg.constant) {
        None => Ok(usual),
        Some(Some(Value::Double(x))) if *x > 0.0 && *x < 1.0 => Ok(*x),
        Some(_) => {
            Err(ArgError::at(at, format!("{what} must be a constant double between 0 and 1"), "for example `0.95`"))
        }
    };
    let most = long(args, 4, "the largest K")?.unwrap_or(-1);
    let settings = Settings {
        time,
        number,
        batch: long(args, 2, "the batch size")?.unwrap_or(10_000),
        timeout: long(args, 3, "the timeout")?.filter(|&timeout| timeout != -1),
        most: if most == -1 { i64::MAX } else { most },
        discard: flag(args, 5, "whether late events are discarded")?,
        error: share(6, 0.03, "the error")?,
        critical: normal::upper((1.0 - share(7, 0.95, "the confidence")?) / 2.0),
    };
    let create: Create = Arc::new(move |_| Box::new(Adaptive::new(settings)));
    let window = BoundWindow::new("reorder:akslack".to_owned(), false, Form::General, create);
    let timers = if settings.timeout.is_some() { Timers::Next } else { Timers::Never };
    let (leaving, finds) = (Leaving::Reordered, Finds::Nothing);
    Ok(BoundWindow { leaving, timers, finds, required: Some(time), reads: vec![number], ..window })
}

impl State for Adaptive {
    fn save(&self, out: &mut Writer) {
        self.new.save(out);
        self.old.save(out);
        let whole = [self.k, self.slack, self.latest, self.last, self.rows];
        whole.iter().for_each(|&x| out.put_i64(x));
        [self.alpha, self.alpha_before, self.error_before].iter().for_each(|&x| out.put_f64(x));
        out.put_u64(self.numbers.len() as u64);
        self.numbers.iter().for_each(|&x| out.put_f64(x));
        out.put_u64(self.stamps.len() as u64);
        self.stamps.iter().for_each(|&x| out.put_i64(x));
        self.ticks.save(out);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.new = Held::load(from)?;
        self.old = Held::load(from)?;
        for x in [&mut self.k, &mut self.slack, &mut self.latest, &mut self.last, &mut self.rows] {
            *x = from.get_i64()?;
        }
        for x in [&mut self.alpha, &mut self.alpha_before, &mut self.error_before] {
            *x = from.get_f64()?;
        }
        self.numbers = (0..from.get_count(8)?).map(|_| from.get_f64()).collect::<Result<_, _>>()?;
        self.stamps = (0..from.get_count(8)?).map(|_| from.get_i64()).collect::<Result<_, _>>()?;
        self.ticks.load(from)
    }
}

impl Adaptive {
    fn new(settings: Settings) -> Adaptive {
        Adaptive {
            settings,
            new: Held::default(),
            old: Held::default(),
            k: 0,
            slack: 0,
            latest: 0,
            last: -1,
            rows: 0,
            alpha: 1.0,
            alpha_before: 0.0,
            error_before: 0.0,
            numbers: Vec::new(),
            stamps: VecDeque::new(),
            ticks: Ticks::new(settings.timeout),
        }
    }

    fn row(&mut self, time: i64, number: Option<f64>, row: u64, now: i64, sink: &mut dyn SignalSink) {
        self.stamps.push_back(time);
        if self.stamps.len() > STAMPS_MAX {
            self.stamps.pop_front();
        }
        self.numbers.extend(number);
        if self.settings.discard && time < self.last {
            return;
        }
        self.ticks.go_on(now);
        self.new.put(time, row);
        self.rows += 1;
        if self.rows > self.settings.batch {
            self.adapt(time);
        }
        if time > self.latest {
            self.latest = time;
            let lag = time.saturating_sub(self.new.first().unwrap_or(time));
            if lag > self.k {
                let most = self.settings.most;
                self.k = if lag < most { rounded(lag as f64 * self.alpha) } else { most };
            }
            self.old.take_all(&mut self.new);
            let (k, latest) = (self.k, self.latest);
            let gone = self.old.release(|time| time.saturating_add(k) <= latest, sink);
            self.last = gone.unwrap_or(self.last);
        }
        if self.new.len() + self.old.len() > HELD_MAX {
            self.old.take_all(&mut self.new);
            let first = self.old.first();
            self.last = self.old.release(|time| Some(time) == first, sink).unwrap_or(self.last);
        }
    }

    /// A batch is over.
    fn adapt(&mut self, time: i64) {
        let wanted = coverage::wanted(self.settings.error, self.settings.critical, &self.numbers);
        let caught = match self.slack {
            0 => 1.0,
            slack => coverage::caught(time, slack, self.stamps.iter().copied()),
        };
        let error = wanted - caught;
        let change = WEIGHTS.0 * error + WEIGHTS.1 * (error - self.error_before);
        self.alpha = (self.alpha_before + change).abs();
        (self.error_before, self.alpha_before) = (error, self.alpha);
        self.slack = rounded(self.alpha * self.k as f64).min(self.k);
        self.rows = 0;
        self.numbers.clear();
    }
}

/// Java's `Math.round`.
fn rounded(x: f64) -> i64 {
    (x + 0.5).floor() as i64
}

/// The number in a row.
fn number(rows: &Entering<'_>, attribute: u32, i: usize) -> Option<f64> {
    let (column, at) = (&rows.cols[attribute as usize], rows.place(i));
    if column.is_null(at) {
        return None;
    }
    match &column.data {
        Data::I32(v) => Some(v[at] as f64),
        Data::I64(v) => Some(v[at] as f64),
        Data::F32(v) => Some(v[at] as f64),
        Data::F64(v) => Some(v[at]),
        _ => None,
    }
}

impl Window for Adaptive {
    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        self.ticks.begin(rows.now.first());
        for (i, row) in (rows.first..).take(rows.n).enumerate() {
            let now = rows.now.get(i).copied().unwrap_or(0);
            let (time, number) = (rows.long(self.settings.time, i), number(rows, self.settings.number, i));
            self.row(time, number, row, now, sink);
            if rows.chunk_ends[i] as usize == i + 1 {
                sink.end_chunk(Some(i as u32));
            }
        }
    }

    fn holds(&self) -> usize {
        self.new.len() + self.old.len()
    }

    fn held(&self, rows: &mut Vec<u64>) {
        rows.extend(self.new.rows().chain(self.old.rows()));
    }

    fn earliest_due(&self, _ts: i64) -> i64 {
        self.ticks.earliest()
    }

    fn next_due(&self) -> Option<i64> {
        self.ticks.due()
    }

    fn fire_general(&mut self, now: i64, _times: &dyn Times, _end: u64, sink: &mut dyn SignalSink) {
        let before = self.ticks.before(now);
        self.old.release(|time| time < before, sink);
        self.new.release(|time| time < before, sink);
        self.ticks.looked(self.holds() > 0);
        sink.end_chunk(None);
    }
}

//! `#reorder:akslack(time, number[, batch[, timeout[, most[, discard[, error, confidence]]]]])`: as `kslack`, with a slack that is made
//! smaller as far as the mean of the number allows, batch by batch. A timeout is that of `kslack`, for all rows.

use std::collections::VecDeque;

use riddhi_batch::{Data, LoadError, Reader, Value, Writer};
use riddhi_plan::registry::{ArgError, ArgType, BoundWindow, Entering};

use super::super::arity;
use super::slack::{Asked, Slack, bound};
use super::{coverage, flag, long, normal, time};

/// Times kept to tell how much was caught, at most: the oldest are forgotten.
const STAMPS_MAX: usize = 1 << 18;
/// How much of the error, and of its change, goes into the slack.
const WEIGHTS: (f64, f64) = (0.5, 0.8);

#[derive(Clone, Copy, Debug)]
struct Settings {
    number: u32,
    batch: i64,
    most: i64,
    error: f64,
    critical: f64,
}

#[derive(Clone, Debug)]
struct Adaptive {
    settings: Settings,
    /// The slack that the last batch asks for.
    slack: i64,
    /// Rows since the last batch.
    rows: i64,
    alpha: f64,
    alpha_before: f64,
    error_before: f64,
    numbers: Vec<f64>,
    stamps: VecDeque<i64>,
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
    let batch = long(args, 2, "the batch size")?.unwrap_or(10_000);
    let timeout = long(args, 3, "the timeout")?.filter(|&timeout| timeout != -1);
    let most = long(args, 4, "the largest K")?.unwrap_or(-1);
    let discard = flag(args, 5, "whether late events are discarded")?;
    let settings = Settings {
        number,
        batch,
        most: if most == -1 { i64::MAX } else { most },
        error: share(6, 0.03, "the error")?,
        critical: normal::upper((1.0 - share(7, 0.95, "the confidence")?) / 2.0),
    };
    let window = bound("reorder:akslack", Asked { time, timeout, discard }, Adaptive::new(settings));
    Ok(BoundWindow { reads: vec![number], ..window })
}

impl Slack for Adaptive {
    const TIMEOUT_OF_ALL: bool = true;

    fn comes(&mut self, rows: &Entering<'_>, i: usize, time: i64) {
        self.stamps.push_back(time);
        if self.stamps.len() > STAMPS_MAX {
            self.stamps.pop_front();
        }
        self.numbers.extend(number(rows, self.settings.number, i));
    }

    fn held(&mut self, time: i64, k: i64) {
        self.rows += 1;
        if self.rows > self.settings.batch {
            self.adapt(time, k);
        }
    }

    fn widened(&self, lag: i64) -> i64 {
        let most = self.settings.most;
        if lag < most { rounded(lag as f64 * self.alpha) } else { most }
    }

    fn save(&self, out: &mut Writer) {
        [self.slack, self.rows].iter().for_each(|&x| out.put_i64(x));
        [self.alpha, self.alpha_before, self.error_before].iter().for_each(|&x| out.put_f64(x));
        out.put_u64(self.numbers.len() as u64);
        self.numbers.iter().for_each(|&x| out.put_f64(x));
        out.put_u64(self.stamps.len() as u64);
        self.stamps.iter().for_each(|&x| out.put_i64(x));
    }

    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        for x in [&mut self.slack, &mut self.rows] {
            *x = from.get_i64()?;
        }
        for x in [&mut self.alpha, &mut self.alpha_before, &mut self.error_before] {
            *x = from.get_f64()?;
        }
        self.numbers = (0..from.get_count(8)?).map(|_| from.get_f64()).collect::<Result<_, _>>()?;
        self.stamps = (0..from.get_count(8)?).map(|_| from.get_i64()).collect::<Result<_, _>>()?;
        Ok(())
    }
}

impl Adaptive {
    fn new(settings: Settings) -> Adaptive {
        Adaptive {
            settings,
            slack: 0,
            rows: 0,
            alpha: 1.0,
            alpha_before: 0.0,
            error_before: 0.0,
            numbers: Vec::new(),
            stamps: VecDeque::new(),
        }
    }

    /// A batch is over.
    fn adapt(&mut self, time: i64, k: i64) {
        let wanted = coverage::wanted(self.settings.error, self.settings.critical, &self.numbers);
        let caught = match self.slack {
            0 => 1.0,
            slack => coverage::caught(time, slack, self.stamps.iter().copied()),
        };
        let error = wanted - caught;
        let change = WEIGHTS.0 * error + WEIGHTS.1 * (error - self.error_before);
        self.alpha = (self.alpha_before + change).abs();
        (self.error_before, self.alpha_before) = (error, self.alpha);
        self.slack = rounded(self.alpha * k as f64).min(k);
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

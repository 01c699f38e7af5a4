//! The built-in windows. A file is one window.

mod batch;
mod cron;
mod delay;
mod expression;
mod external_time;
mod external_time_batch;
mod frequent;
mod key;
mod keyed;
mod length;
mod length_batch;
mod lossy_frequent;
mod reorder;
mod session;
mod sort;
mod time;
mod time_batch;
mod time_length;
mod unique;

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, Type, Value, Writer};
use riddhi_plan::registry::{ArgError, ArgType, BoundWindow, Registry, Times, WindowFunction};

type Bind = fn(&[ArgType]) -> Result<BoundWindow, ArgError>;

/// A built-in: how it binds.
struct BuiltIn(Bind);

impl WindowFunction for BuiltIn {
    fn bind(&self, args: &[ArgType]) -> Result<BoundWindow, ArgError> {
        (self.0)(args)
    }
}

/// Adds the built-in windows.
pub fn register(registry: &mut Registry) {
    let all: [(&str, Bind); 13] = [
        ("batch", batch::bind),
        ("delay", delay::bind),
        ("length", length::bind),
        ("lengthBatch", length_batch::bind),
        ("session", session::bind),
        ("sort", sort::bind),
        ("time", time::bind),
        ("timeBatch", time_batch::bind),
        ("timeLength", time_length::bind),
        ("externalTime", external_time::bind),
        ("frequent", frequent::bind),
        ("lossyFrequent", lossy_frequent::bind),
        ("externalTimeBatch", external_time_batch::bind),
    ];
    reorder::register(registry);
    unique::register(registry);
    registry.window("cron", Arc::new(cron::CronWindow));
    registry.window("expression", Arc::new(expression::Expression));
    registry.window("expressionBatch", Arc::new(expression::ExpressionBatch));
    for (name, bind) in all {
        registry.window(name, Arc::new(BuiltIn(bind)));
    }
}

/// The constant int that argument `at` must be.
fn const_int(args: &[ArgType], at: usize, what: &str) -> Result<i32, ArgError> {
    match &args[at].constant {
        Some(Value::Int(n)) => Ok(*n),
        Some(Value::Long(n)) if args[at].ty == Type::Long => Err(ArgError::at(
            at,
            format!("{what} must be an int, not a long"),
            format!("write `{n}` without the suffix"),
        )),
        Some(_) => {
            Err(ArgError::at(at, format!("{what} must be an int, not a {}", args[at].ty), "give a whole number"))
        }
        None => Err(ArgError::at(at, format!("{what} must be a constant"), "give one literal, not an expression")),
    }
}

/// The constant int, long or time that argument `at` must be, in milliseconds.
fn const_time(args: &[ArgType], at: usize, what: &str) -> Result<i64, ArgError> {
    match &args[at].constant {
        Some(Value::Int(n)) => Ok(*n as i64),
        Some(Value::Long(n)) => Ok(*n),
        Some(_) => Err(ArgError::at(
            at,
            format!("{what} must be a time, not a {}", args[at].ty),
            "for example `1 sec` or 1000",
        )),
        None => Err(ArgError::at(at, format!("{what} must be a constant"), "give one literal, for example `1 sec`")),
    }
}

/// The constant bool that argument `at` must be.
fn const_bool(args: &[ArgType], at: usize, what: &str) -> Result<bool, ArgError> {
    match &args[at].constant {
        Some(Value::Bool(b)) => Ok(*b),
        Some(_) => Err(ArgError::at(at, format!("{what} must be a bool, not a {}", args[at].ty), "give true or false")),
        None => Err(ArgError::at(at, format!("{what} must be a constant"), "give true or false")),
    }
}

/// Complains unless there are between `least` and `most` arguments.
fn arity(name: &str, args: &[ArgType], least: usize, most: usize, usage: &str) -> Result<(), ArgError> {
    if (least..=most).contains(&args.len()) {
        return Ok(());
    }
    let wanted = if least == most { format!("{least}") } else { format!("{least} to {most}") };
    let noun = if most == 1 { "argument" } else { "arguments" };
    Err(ArgError::count(format!("`{name}` takes {wanted} {noun}, not {}", args.len()), format!("write `{usage}`")))
}

/// Due times that a window asks for: first asked, first fired, and none before the step that asked.
#[derive(Clone, Debug, Default)]
struct Asked {
    new: Vec<i64>,
    last: Option<i64>,
}

impl Asked {
    /// Asks for a timer at `due`; `now` is the clock.
    fn ask(&mut self, due: i64, now: i64) {
        let due = due.max(now).max(self.last.unwrap_or(i64::MIN));
        self.last = Some(due);
        self.new.push(due);
    }

    /// The same, unless one for that time is pending already.
    fn ask_once(&mut self, due: i64, now: i64) {
        if self.last.is_none_or(|last| due > last || now >= last) {
            self.ask(due, now);
        }
    }

    fn save(&self, out: &mut Writer) {
        out.put_i64(self.last.unwrap_or(i64::MIN));
    }

    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.last = Some(from.get_i64()?).filter(|&last| last != i64::MIN);
        Ok(())
    }

    fn take(&mut self, due: &mut Vec<i64>) {
        due.append(&mut self.new);
    }
}
/// Goes from row to row over the times of stored rows: asks the store once a page, not once a row.
struct Walk<'a> {
    times: &'a dyn Times,
    row: u64,
    run: &'a [i64],
}

impl<'a> Walk<'a> {
    fn new(times: &'a dyn Times, row: u64) -> Walk<'a> {
        Walk { times, row, run: &[] }
    }

    /// The time of the row.
    #[inline]
    fn time(&mut self) -> i64 {
        if self.run.is_empty() {
            self.run = self.times.run(self.row);
        }
        self.run[0]
    }

    /// On to the next row; the time of this one must have been looked at.
    #[inline]
    fn step(&mut self) {
        self.run = &self.run[1..];
        self.row += 1;
    }

    /// Steps over the rows before `end` whose time plus `span` is not after `now`, up to the first that is; how many.
    #[inline]
    fn pass_due(&mut self, span: i64, now: i64, end: u64) -> u32 {
        let from = self.row;
        while self.row < end && self.time().saturating_add(span) <= now {
            self.step();
        }
        (self.row - from) as u32
    }
}

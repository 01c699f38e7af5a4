//! `cron('...')`: rows are held back and released at the instants of a schedule, by the app's clock and in the time zone that the registry names. The batch of
//! the release before expires just ahead, also when nobody sees it: aggregates are those of the batch, and there is no reset.
//! An instant at which nothing new is there passes unnoticed, so a timer is asked for once something is.

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Value, Writer};
use riddhi_plan::cron::{Schedule, Zone};
use riddhi_plan::registry::{
    ArgError, ArgType, BoundWindow, Create, Entering, Finds, Form, Leaving, SignalSink, Timers, Times, Window,
    WindowFunction, WindowScope,
};

use super::arity;

struct Cron {
    schedule: Arc<(Schedule, Zone)>,
    /// The first row not released yet.
    open: u64,
    /// The first row of the batch released last.
    previous: u64,
    /// The next instant, once a row waits for it; [`NEVER`] if there is none.
    due: Option<i64>,
}

const NEVER: i64 = i64::MAX;

/// Before the first year of a schedule, in any zone.
const BEFORE_ALL: i64 = -7 * 86_400_000;

/// `cron`.
pub(super) struct CronWindow;

impl WindowFunction for CronWindow {
    fn bind(&self, _: &[ArgType]) -> Result<BoundWindow, ArgError> {
        unreachable!("bound in its scope")
    }

    fn bind_in(&self, args: &[ArgType], scope: &WindowScope) -> Result<BoundWindow, ArgError> {
        bind(args, scope.zone())
    }
}

fn bind(args: &[ArgType], zone: &Zone) -> Result<BoundWindow, ArgError> {
    let usage = "cron('*/5 * * * * ?')";
    arity("cron", args, 1, 1, usage)?;
    let help = format!("for example `{usage}`");
    let text = match &args[0].constant {
        Some(Value::Str(text)) => text,
        Some(_) => return Err(ArgError::at(0, format!("the schedule must be a string, not a {}", args[0].ty), help)),
        None => return Err(ArgError::at(0, "the schedule must be a constant", help)),
    };
    let schedule = Schedule::parse(text).map_err(|wrong| {
        ArgError::at(0, format!("this is no schedule: {wrong}"), "give second minute hour day month weekday [year]")
    })?;
    let idle = schedule.after(BEFORE_ALL, zone).is_none();
    let schedule = Arc::new((schedule, zone.clone()));
    let create: Create = Arc::new(move |_| {
        let schedule = schedule.clone();
        Box::new(Cron { schedule, open: 0, previous: 0, due: None })
    });
    let window = BoundWindow::new(format!("cron('{text}')"), false, Form::General, create);
    Ok(BoundWindow { leaving: Leaving::Oldest, finds: Finds::Nothing, timers: Timers::Next, idle, ..window })
}

impl State for Cron {
    fn save(&self, out: &mut Writer) {
        out.put_u64(self.open);
        out.put_u64(self.previous);
        out.put_optional_i64(self.due);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.open = from.get_u64()?;
        self.previous = from.get_u64()?;
        self.due = from.get_optional_i64()?;
        Ok(())
    }
}

impl Window for Cron {
    fn general(&mut self, rows: &Entering<'_>, _sink: &mut dyn SignalSink) {
        if let (None, Some(&now)) = (self.due, rows.now.first()) {
            let (schedule, zone) = &*self.schedule;
            self.due = Some(schedule.after(now, zone).unwrap_or(NEVER));
        }
    }

    fn needed(&self, _end: u64) -> u64 {
        self.previous
    }

    fn earliest_due(&self, _ts: i64) -> i64 {
        // The instant that is waited for comes before any other.
        if self.due.is_some() { i64::MAX } else { i64::MIN }
    }

    fn next_due(&self) -> Option<i64> {
        self.due.filter(|&due| due != NEVER)
    }

    fn fire_general(&mut self, now: i64, _times: &dyn Times, end: u64, sink: &mut dyn SignalSink) {
        (self.previous..self.open).for_each(|row| sink.expired(row, now));
        (self.open..end).for_each(|row| sink.current(row));
        sink.end_chunk(None);
        self.previous = self.open;
        self.open = end;
        self.due = None;
    }
}

//! `riddhi replay`: recorded events in, through an app, rows out.
//!
//! Two threads: this one reads, puts what is at hand into a frame and sends it before it may wait for more input; the
//! worker runs the frames and prints what comes out, and hands it on before it waits for the next one. So nothing waits
//! for a frame to fill up. A fixed number of frames goes round between them.
//!
//! Invariants: events accepted are those handled and those refused, however the replay ends; memory does not grow with the
//! file; what was printed before an error stays whole.

mod console;
mod feed;
mod intake;
mod journal;
mod printing;
mod progress;
mod query;
mod revisions;
mod session;
mod summary;

use std::collections::VecDeque;
use std::io::{self, IsTerminal};
use std::path::Path;

use riddhi_plan::connector::Direction;
use riddhi_plan::registry::Outside;
use riddhi_run::App;

use crate::app::{AppFile, neighbour, read};
use crate::args::ReplayArgs;
use crate::exit::{Exit, Failure, plain};
use crate::input::csv::{CsvSettings, TimeFormat};
use crate::input::source::{Format as InputFormat, format_of, open};
use crate::input::{InputStream, Records};
use crate::output::Format as OutputFormat;
use crate::output::sink::{Broken, Sink};
use crate::signals::Stop;
use crate::terminal::{counted, sum_up};
use crate::{say, tell};
pub use journal::journal_inputs;

use feed::{Feed, Turn};
use intake::Intake;
use journal::{JournalFeed, segments};
use progress::Progress;
use session::Session;
use summary::Stopwatch;

/// Why a replay ends.
enum End {
    /// The input has ended, or the end was asked for.
    Input,
    /// Whoever read the output has gone away.
    Closed,
    /// Something is wrong.
    Failed(Failure),
}

impl From<Failure> for End {
    fn from(failure: Failure) -> End {
        End::Failed(failure)
    }
}

impl From<Broken> for End {
    fn from(broken: Broken) -> End {
        match broken {
            Broken::Closed => End::Closed,
            Broken::Failed(e) => Failure::new(Exit::Failed, format!("cannot write the output: {}", plain(&e))).into(),
        }
    }
}

/// Runs an app on recorded events.
pub fn replay(args: &ReplayArgs) -> Result<Exit, Failure> {
    let watch = Stopwatch::start();
    let stop = Stop::on_signals().map_err(|e| Failure::new(Exit::Failed, format!("cannot handle signals: {e}")))?;
    let mut zone = args.time_zone.clone().unwrap_or_default();
    let mut app = AppFile::open_to_run(args.app(), Outside::NotStarted, &zone)?;
    note_connectors(&app);
    let (mut intake, mut progress) = intake(args, &app, stop)?;
    if let (None, Some(recorded)) = (&args.time_zone, intake.zone()?) {
        zone = recorded;
        let file = AppFile::compile(args.app(), read(args.app())?, Outside::NotStarted, &zone);
        app = file.app.unwrap_or(app);
    }
    let sink = Sink::stdout().map_err(|e| Failure::new(Exit::Failed, format!("cannot write the output: {e}")))?;
    let start_time = args.start_time.or(intake.start_time()).unwrap_or(0);
    let mut session = Session::new(app, args, output_format(args), sink, zone, intake.position(), start_time)?;
    let mut end = run(&mut intake, &mut session, &mut progress);
    if let Err(late) = session.finish(intake.ticks_at_end()) {
        end = if matches!(end, End::Failed(_)) { end } else { late };
    }
    progress.finish();
    let closed = matches!(end, End::Closed);
    let exit = match end {
        End::Input | End::Closed => Exit::Done,
        End::Failed(failure) => {
            say(&failure.text);
            failure.exit
        }
    };
    let text = summary::text(&intake, &session, &watch, exit == Exit::Done, closed);
    sum_up(&text, summary::members(&intake, &session, &watch, closed));
    Ok(exit)
}

/// Says that sources and sinks stay as they are: events come from the file, and rows are printed.
fn note_connectors(app: &App) {
    let count = |direction| app.connectors.iter().filter(|c| c.direction == direction).count();
    let some = |n: usize, word: &str| (n > 0).then(|| counted(n, word));
    let parts = [some(count(Direction::Source), "source"), some(count(Direction::Sink), "sink")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if !parts.is_empty() {
        tell(&format!("note: replay does not start the app's {}\n", parts.join(" and ")));
    }
}

/// Takes turns until the end.
fn run(intake: &mut Intake, session: &mut Session, progress: &mut Progress) -> End {
    loop {
        if let Err(end) = turn(intake, session, progress) {
            return end;
        }
    }
}

fn turn(intake: &mut Intake, session: &mut Session, progress: &mut Progress) -> Result<(), End> {
    let entries_max = session.room();
    let turn = intake.fill(&mut session.frame, &mut session.clock, entries_max);
    session.process()?;
    match turn {
        Turn::Full => progress.show(intake.accepted()),
        Turn::Wait => {
            progress.show(intake.accepted());
            intake.read()?;
        }
        Turn::Control(control) => {
            if let Some(streams) = session.control(control, &intake.place())? {
                intake.restart(&streams);
            }
        }
        Turn::Query(text) => session.query(&text, &intake.place())?,
        Turn::End => return Err(End::Input),
        Turn::Failed(failure) => return Err(End::Failed(failure)),
    }
    Ok(())
}

/// The streams that events may name.
fn inputs(app: &App) -> Vec<InputStream> {
    let defined = app.streams.iter().enumerate().filter(|(_, s)| s.defined);
    let input = |(number, s): (usize, &riddhi_plan::logical::StreamPlan)| InputStream {
        number: number as u32,
        name: s.name.clone(),
        attributes: s.schema.attributes.clone(),
    };
    defined.map(input).collect()
}

/// Opens what is to be replayed.
fn intake(args: &ReplayArgs, app: &App, stop: Stop) -> Result<(Intake, Progress), Failure> {
    let (path, what) = match (&args.events, &args.journal) {
        (_, Some(path)) => (path, "cannot read the journal"),
        (Some(path), None) => (path, "cannot read the events"),
        (None, None) => return Err(Failure::new(Exit::Usage, "give --events or --journal")),
    };
    if args.journal.is_some()
        && let Some(option) = for_events_only(args)
    {
        return Err(Failure::new(Exit::Usage, format!("{option} is for events, and --journal replays a journal")));
    }
    let mut rest = VecDeque::new();
    let mut first = path.clone();
    if args.journal.is_some() && Path::new(path).is_dir() {
        rest = segments(Path::new(path))?;
        first = rest.pop_front().map_or(first, |p| p.display().to_string());
    }
    let source = open(&first, stop.clone()).map_err(|e| neighbour(path, Failure::file(what, path, &e), &e))?;
    let progress = Progress::new(&source, !args.no_progress);
    let intake = if args.journal.is_some() {
        Intake::Journal(Box::new(JournalFeed::new(source, rest, app, stop)?))
    } else {
        let records = records(args, path, &inputs(app))?;
        Intake::Events(Box::new(Feed::new(source, records, args.on_error, stop)))
    };
    Ok((intake, progress))
}

/// An option that was given and means nothing for a journal.
fn for_events_only(args: &ReplayArgs) -> Option<&'static str> {
    let given = [
        (args.input_format.is_some(), "--input-format"),
        (args.stream.is_some(), "--stream"),
        (args.time_column.is_some(), "--time-column"),
        (args.time_format.is_some(), "--time-format"),
    ];
    given.into_iter().find_map(|(given, option)| given.then_some(option))
}

fn records(args: &ReplayArgs, path: &str, streams: &[InputStream]) -> Result<Records, Failure> {
    match args.input_format.or(format_of(path)).unwrap_or(InputFormat::Jsonl) {
        InputFormat::Csv => {
            let settings = CsvSettings {
                stream: args.stream.clone(),
                time_column: args.time_column.clone(),
                time_format: args.time_format.clone().unwrap_or(TimeFormat::Millis),
            };
            Records::csv(streams, settings).map_err(|message| Failure::new(Exit::Usage, message))
        }
        InputFormat::Jsonl if args.stream.is_some() || args.time_column.is_some() || args.time_format.is_some() => {
            let message = "--stream, --time-column and --time-format are for CSV, and the events are JSON lines";
            Err(Failure::new(Exit::Usage, message).help("say --input-format csv if they are not"))
        }
        InputFormat::Jsonl => Ok(Records::jsonl(streams)),
    }
}

fn output_format(args: &ReplayArgs) -> OutputFormat {
    let default = if io::stdout().is_terminal() { OutputFormat::Table } else { OutputFormat::Jsonl };
    args.format.unwrap_or(default)
}

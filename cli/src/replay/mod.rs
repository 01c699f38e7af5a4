//! `riddhi replay`: recorded events in, through an app, rows out.
//!
//! The turn: put what is at hand into a frame, run it, print what comes out; then, before the process may wait for more
//! input, hand on what was printed. So nothing waits for a frame to fill up.
//!
//! Invariants: events accepted are those handled and those refused, however the replay ends; memory does not grow with the
//! file; what was printed before an error stays whole.

mod feed;
mod printing;
mod progress;
mod revisions;
mod session;
mod summary;

use std::io::{self, IsTerminal};

use crate::app::{AppFile, neighbour};
use crate::args::ReplayArgs;
use crate::exit::{Exit, Failure};
use crate::input::csv::CsvSettings;
use crate::input::source::{Format as InputFormat, format_of, open};
use crate::input::{InputStream, Records};
use crate::output::Format as OutputFormat;
use crate::output::sink::Sink;
use crate::say;
use crate::signals::Stop;
use feed::{Feed, Turn};
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

/// Runs an app on recorded events.
pub fn replay(args: &ReplayArgs) -> Result<Exit, Failure> {
    let watch = Stopwatch::start();
    let stop = Stop::on_signals().map_err(|e| Failure::new(Exit::Failed, format!("cannot handle signals: {e}")))?;
    let app = AppFile::open_to_run(&args.app)?;
    let source = open(&args.events, stop.clone())
        .map_err(|e| neighbour(&args.events, Failure::file("cannot read the events", &args.events, &e), &e))?;
    let mut progress = Progress::new(&source, !args.no_progress);
    let records = records(args, &inputs(&app))?;
    let mut feed = Feed::new(source, records, args.on_error, stop);
    let sink = Sink::stdout().map_err(|e| Failure::new(Exit::Failed, format!("cannot write the output: {e}")))?;
    let mut session = Session::new(app, args, output_format(args), sink)?;
    let mut end = run(&mut feed, &mut session, &mut progress);
    if let Err(late) = session.finish() {
        end = if matches!(end, End::Failed(_)) { end } else { late };
    }
    progress.finish();
    let exit = match end {
        End::Input | End::Closed => Exit::Done,
        End::Failed(failure) => {
            say(&failure.text);
            failure.exit
        }
    };
    say(&summary::text(&feed, &session, &watch));
    Ok(exit)
}

/// Takes turns until the end.
fn run(feed: &mut Feed, session: &mut Session, progress: &mut Progress) -> End {
    loop {
        if let Err(end) = turn(feed, session, progress) {
            return end;
        }
    }
}

fn turn(feed: &mut Feed, session: &mut Session, progress: &mut Progress) -> Result<(), End> {
    let entries_max = session.room();
    let turn = feed.fill(&mut session.frame, &mut session.clock, entries_max);
    session.process()?;
    match turn {
        Turn::Full => {}
        Turn::Wait => {
            session.flush()?;
            progress.show(feed.accepted());
            feed.read()?;
        }
        Turn::Control(control) => {
            if let Some(streams) = session.control(control)? {
                feed.restart(&streams);
            }
        }
        Turn::End => return Err(End::Input),
        Turn::Failed(failure) => return Err(End::Failed(failure)),
    }
    Ok(())
}

/// The streams that events may name.
fn inputs(app: &riddhi_run::App) -> Vec<InputStream> {
    let defined = app.streams.iter().enumerate().filter(|(_, s)| s.defined);
    let input = |(number, s): (usize, &riddhi_plan::logical::StreamPlan)| InputStream {
        number: number as u32,
        name: s.name.clone(),
        attributes: s.schema.attributes.clone(),
    };
    defined.map(input).collect()
}

fn records(args: &ReplayArgs, streams: &[InputStream]) -> Result<Records, Failure> {
    match args.input_format.or(format_of(&args.events)).unwrap_or(InputFormat::Jsonl) {
        InputFormat::Csv => {
            let settings = CsvSettings {
                stream: args.stream.clone(),
                time_column: args.time_column.clone(),
                time_format: args.time_format.clone(),
            };
            Records::csv(streams, settings).map_err(|message| Failure::new(Exit::Usage, message))
        }
        InputFormat::Jsonl if args.stream.is_some() || args.time_column.is_some() => {
            let message = "--stream and --time-column are for CSV, and the events are JSON lines";
            Err(Failure::new(Exit::Usage, message).help("say --input-format csv if they are not"))
        }
        InputFormat::Jsonl => Ok(Records::jsonl(streams)),
    }
}

fn output_format(args: &ReplayArgs) -> OutputFormat {
    let default = if io::stdout().is_terminal() { OutputFormat::Table } else { OutputFormat::Jsonl };
    args.format.unwrap_or(default)
}

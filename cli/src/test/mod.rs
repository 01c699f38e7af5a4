//! `riddhi test`: runs the cases of files and folders.
//!
//! A case is an app with timed events and the rows that must come out (docs/cases.md). A file that cannot be read or is no
//! case fails without keeping the others from being run.

mod files;
mod junit;
mod report;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use riddhi_case::compare::{self, Failure};
use riddhi_case::drive::Way;
use riddhi_case::form::Case;
use riddhi_case::update;

use crate::exit::{Exit, Failure as Ended};
use crate::files::replace;
use crate::terminal::{is_quiet, print, say};
use files::CaseFile;
use report::Report;

/// Entries of a frame; the answer does not depend on it.
const FRAME: usize = 64;

/// A run that takes longer shows how far it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// `riddhi test`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TestArgs {
    /// Case files, Markdown files with blocks called `case`, and folders whose *.case files are run
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<String>,
    /// Only cases whose name contains this; given several times, any of these
    #[arg(long, short, value_name = "TEXT")]
    pub filter: Vec<String>,
    /// Put what comes out in the place of what a case expects, where it differs
    #[arg(long)]
    pub update: bool,
    /// Write the results as JUnit XML too, for build servers; - for standard output
    #[arg(long, value_name = "FILE")]
    pub junit: Option<String>,
}

const EXAMPLES: &str = "Examples:\n  \
    riddhi test                                  all cases below this folder\n  \
    riddhi test tests/prices.case --update       take what comes out as what is expected\n  \
    riddhi test tests --filter hot --verbose     the cases with `hot` in their name, each named\n  \
    riddhi test tests --junit target/junit.xml   for a build server\n\n\
    The exit code is 0 if all pass, 1 if one fails, 2 if a file cannot be read or there is no case.";

/// What became of a case.
pub enum Outcome {
    /// As expected.
    Passed,
    /// Its file was rewritten, and it is as expected now.
    Updated,
    /// Not as expected.
    Failed(Failure),
}

/// A case that was run.
pub struct Done<'a> {
    /// The file it stands in.
    pub file: &'a CaseFile,
    /// The case; none if the file is none.
    pub case: Option<&'a Case>,
    /// By which it is called.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

/// Runs all cases.
pub fn test(args: &TestArgs) -> Result<Exit, Ended> {
    let started = Instant::now();
    let found = files::find(&args.paths)?;
    let mut exit = Exit::Done;
    let mut read = Vec::new();
    for path in &found {
        match CaseFile::read(path) {
            Ok(file) => read.push(file),
            Err(failure) => {
                say(&failure.text);
                exit = Exit::Usage;
            }
        }
    }
    let (report, bar) = (Report::new(), Bar::new(read.iter().map(|f| f.cases.as_ref().map_or(1, Vec::len)).sum()));
    let mut all = Vec::new();
    for file in &read {
        let first = all.len();
        run_file(file, args, &bar, &mut all)?;
        bar.hide(|| all[first..].iter().try_for_each(|done| report.case(done)))?;
    }
    bar.finish();
    let count = |is: fn(&Outcome) -> bool| all.iter().filter(|d| is(&d.outcome)).count();
    let failed = count(|o| matches!(o, Outcome::Failed(_)));
    if let Some(path) = &args.junit {
        let text = junit::text(&all);
        match path.as_str() {
            "-" => print(&text)?,
            path => replace(path, text.as_bytes()).map_err(|e| Ended::file("cannot write", path, &e))?,
        }
    }
    if all.is_empty() && exit == Exit::Done {
        return Err(nothing(args));
    }
    report.summary(&all, started.elapsed())?;
    Ok(if failed > 0 && exit == Exit::Done { Exit::Mistakes } else { exit })
}

fn nothing(args: &TestArgs) -> Ended {
    let places = args.paths.join(", ");
    if args.filter.is_empty() {
        let help = "a case is a file that ends in .case; `riddhi new NAME` makes a small project with one";
        return Ended::new(Exit::Usage, format!("there is no case in {places}")).help(help);
    }
    let wanted = args.filter.join("` or `");
    Ended::new(Exit::Usage, format!("no case in {places} has `{wanted}` in its name"))
}

/// Runs the cases of a file, and rewrites it if that is wanted.
fn run_file<'a>(file: &'a CaseFile, args: &TestArgs, bar: &Bar, all: &mut Vec<Done<'a>>) -> Result<(), Ended> {
    let wanted = |name: &str| args.filter.is_empty() || args.filter.iter().any(|f| name.contains(f.as_str()));
    let cases = match &file.cases {
        Ok(cases) => cases,
        Err(malformed) => {
            if wanted(&file.stem) {
                let outcome =
                    Outcome::Failed(Failure::Told(format!("{}:{}: {}", file.path, malformed.line, malformed.message)));
                all.push(Done { file, case: None, name: file.stem.clone(), outcome, took: Duration::ZERO });
            }
            return Ok(());
        }
    };
    let way = Way::frames_of(FRAME);
    let lines: Vec<&str> = file.lines.iter().map(String::as_str).collect();
    let mut changes = Vec::new();
    for case in cases {
        let name = file.name_of(case);
        if !wanted(&name) {
            continue;
        }
        let started = Instant::now();
        let outcome = match guarded(|| compare::check(case, &way)) {
            Ok(()) => Outcome::Passed,
            Err(_) if args.update => match guarded(|| update::changes(case, &lines, &way)) {
                Ok(more) => {
                    changes.extend(more);
                    Outcome::Updated
                }
                Err(failure) => Outcome::Failed(failure),
            },
            Err(failure) => Outcome::Failed(failure),
        };
        let took = started.elapsed();
        tracing::trace!(case = name, ms = took.as_millis() as u64, "a case was run");
        all.push(Done { file, case: Some(case), name, outcome, took });
        bar.step();
    }
    if !changes.is_empty() {
        let text = update::changed(&file.text, changes);
        replace(&file.path, text.as_bytes()).map_err(|e| Ended::file("cannot write", &file.path, &e))?;
    }
    Ok(())
}

/// A panic is a mistake of ours, and no reason not to run the other cases.
fn guarded<R>(run: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        Err(Failure::Told("a mistake in Riddhi (see above); please report it with this case".to_owned()))
    })
}

/// How far a long run is, on a terminal.
struct Bar(Option<ProgressBar>);

impl Bar {
    fn new(cases: usize) -> Bar {
        use std::io::IsTerminal;
        if is_quiet() || !std::io::stderr().is_terminal() {
            return Bar(None);
        }
        let bar = ProgressBar::with_draw_target(Some(cases as u64), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{bar:40} {pos} of {len} cases  {eta} left");
        bar.set_style(style.unwrap_or(ProgressStyle::default_bar()));
        Bar(Some(bar))
    }

    fn step(&self) {
        if let Some(bar) = &self.0 {
            if bar.is_hidden() && bar.elapsed() > PATIENCE {
                bar.set_draw_target(ProgressDrawTarget::stderr());
            }
            bar.inc(1);
        }
    }

    /// Does something while the bar is away.
    fn hide<R>(&self, show: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(bar) => bar.suspend(show),
            None => show(),
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

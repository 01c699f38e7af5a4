//! `riddhi fmt`: lays out apps.

use std::io::{self, Read};

use clap::Args;
use riddhi_ql::{Diagnostic, Source, Unformatted, format, render_text};

use crate::app::{APP_BYTES_MAX, read, too_large};
use crate::exit::{Exit, Failure, plain};
use crate::files::replace;
use crate::say;
use crate::terminal::{print, stderr_colours};

/// The name by which diagnostics call standard input.
const STDIN: &str = "<stdin>";

/// `riddhi fmt`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct FmtArgs {
    /// The apps' files; - for standard input, which is printed to standard output
    #[arg(required = true, value_name = "APP")]
    pub apps: Vec<String>,
    /// Change nothing; name the files that are not laid out, and exit with 1 if there is one
    #[arg(long)]
    pub check: bool,
}

const EXAMPLES: &str = "Examples:\n  \
    riddhi fmt *.siddhi\n  \
    riddhi fmt --check *.siddhi         for a build\n  \
    riddhi fmt - < a.siddhi             for an editor\n\n\
    The exit code is 0 if all went well, 1 if an app has mistakes or, with --check, is not laid out; 2 for files.";

/// Lays out each app. A file with mistakes stays as it is, and the others are done all the same.
pub fn fmt(args: &FmtArgs) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    for app in &args.apps {
        let done = if app == "-" { stdin(args.check) } else { file(app, args.check) };
        let this = done.unwrap_or_else(|failure| {
            say(&failure.text);
            failure.exit
        });
        exit = exit.max(this);
    }
    Ok(exit)
}

fn file(path: &str, check: bool) -> Result<Exit, Failure> {
    let text = read(path)?;
    let formatted = formatted(path, &text)?;
    if formatted == text {
        return Ok(Exit::Done);
    }
    if check {
        say(&format!("{path} is not laid out\n"));
        return Ok(Exit::Mistakes);
    }
    replace(path, formatted.as_bytes()).map_err(|e| Failure::file("cannot write", path, &e))?;
    Ok(Exit::Done)
}

fn stdin(check: bool) -> Result<Exit, Failure> {
    let mut text = String::new();
    let read = io::stdin().take(APP_BYTES_MAX + 1).read_to_string(&mut text);
    read.map_err(|e| Failure::new(Exit::Usage, format!("cannot read the app from standard input: {}", plain(&e))))?;
    if text.len() as u64 > APP_BYTES_MAX {
        return Err(too_large(STDIN, text.len() as u64));
    }
    let formatted = formatted(STDIN, &text)?;
    if !check {
        print(&formatted)?;
    } else if formatted != text {
        say("the app on standard input is not laid out\n");
        return Ok(Exit::Mistakes);
    }
    Ok(Exit::Done)
}

fn formatted(path: &str, text: &str) -> Result<String, Failure> {
    match format(text, |name| std::env::var(name).ok()) {
        Ok(formatted) => Ok(formatted),
        Err(Unformatted::Mistakes(diagnostics)) => Err(mistakes(path, text, &diagnostics)),
        Err(Unformatted::Differs) => {
            let message =
                format!("{path} stays as it is: laid out it would not be the same app with the same comments");
            let help =
                "if a variable ${...} of it has an empty value now, give it another one; otherwise please report this";
            Err(Failure::new(Exit::Failed, message).help(help))
        }
    }
}

fn mistakes(path: &str, text: &str, diagnostics: &[Diagnostic]) -> Failure {
    Failure::report(Exit::Mistakes, render_text(diagnostics, &Source::new(path, text), stderr_colours()))
}

//! `riddhi query`: an on-demand query to an app that runs on this machine, by the socket of its process.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use crate::exit::{Exit, Failure, plain};
use crate::output::Format;
use crate::run::{asked, socket};
use crate::say;
use crate::terminal::print;

/// How long the process may take.
const ANSWER: Duration = Duration::from_secs(60);

const QUERY: &str = "Examples:\n  \
    riddhi query --state st 'from Prices on price > 10.0 select *'\n  \
    riddhi query --socket /run/riddhi/query.sock --app Shop --format jsonl \\\n      \
    'from Stock select count() as n'\n\n\
    The process is one of `riddhi run` on this machine, with --state or --socket; it answers the user who runs it.";

/// `riddhi query`.
#[derive(Debug, Args)]
#[command(after_help = QUERY)]
pub struct QueryArgs {
    /// The query
    pub query: String,
    /// The state folder of the process
    #[arg(long, value_name = "DIR", required_unless_present = "socket")]
    pub state: Option<String>,
    /// The socket of the process
    #[arg(long, value_name = "PATH", conflicts_with = "state")]
    pub socket: Option<String>,
    /// The app, if several run
    #[arg(long, value_name = "NAME")]
    pub app: Option<String>,
    /// How rows are printed: for people (on a terminal), or exact
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// Asks, and prints what is found.
pub fn query(args: &QueryArgs) -> Result<Exit, Failure> {
    let path = match (&args.socket, &args.state) {
        (Some(socket), _) => PathBuf::from(socket),
        (None, state) => asked::of_folder(Path::new(state.as_deref().unwrap_or("."))),
    };
    let default = if io::stdout().is_terminal() { Format::Table } else { Format::Jsonl };
    let format = args.format.unwrap_or(default).word();
    let answer = ask(&path, &json!({"app": args.app, "query": args.query, "format": format}))?;
    let text = answer["text"].as_str().unwrap_or_default();
    for note in answer["notes"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        say(&format!("warning: {note}\n"));
    }
    let exit = answer["exit"].as_u64().map_or(Exit::Failed, Exit::of);
    if exit == Exit::Done {
        return print(text).map(|()| exit);
    }
    // What is wrong with the text comes as a report already.
    Err(if text.ends_with('\n') { Failure::report(exit, text.to_owned()) } else { Failure::new(exit, text) })
}

fn ask(path: &Path, question: &Value) -> Result<Value, Failure> {
    let stream = socket::connect(path).map_err(|e| {
        let failure =
            Failure::new(Exit::Failed, format!("no process can be asked at {}: {}", path.display(), plain(&e)));
        failure.help("start it with `riddhi run --state DIR`, or with --socket PATH; ask as the user who runs it")
    })?;
    let lost = |e: io::Error| Failure::new(Exit::Failed, format!("the process has given no answer: {}", plain(&e)));
    let answer = socket::ask(stream, question, ANSWER, ANSWER).map_err(lost)?;
    serde_json::from_str(&answer).map_err(|_| lost(io::Error::other("it has ended, or is too busy")))
}

//! The riddhi command line: opens files, reads the wall clock and the signals, and joins them with the engine.
//!
//! Not here: anything an answer depends on; the engine is fed by entries and nothing else.

mod app;
mod args;
mod config;
mod database;
mod exit;
mod failed;
mod files;
mod fmt;
mod ha;
mod handed;
pub mod input;
mod inspect;
mod kept;
mod load;
mod log;
mod new;
pub mod output;
mod query;
mod replay;
mod run;
mod shell;
pub mod signals;
mod terminal;
mod test;
mod user_agents;
mod zone;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use exit::{Exit, Failure};
use terminal::{say, tell};

/// Does what the process's arguments say.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    terminal::set(&cli.talk);
    match begin(&cli.command).and_then(|()| act(cli.command)) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            say(&failure.text);
            failure.exit.into()
        }
    }
}

/// Reads what holds for every app that is compiled.
fn begin(command: &Command) -> Result<(), Failure> {
    let answers = command.answers();
    let properties = answers.properties.clone();
    app::answer_as(answers)?;
    command.handed().map_or(Ok(()), |path| handed::read(path, &properties))
}

fn act(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Replay(args) => replay::replay(&args),
        Command::Run(args) => run::run(args),
        Command::Check(args) => inspect::check(&args),
        Command::Explain(args) => inspect::explain(&args),
        Command::Fmt(args) => fmt::fmt(&args),
        Command::Test(args) => test::test(&args),
        Command::New(args) => new::new(&args),
        Command::Load(args) => load::load(&args),
        Command::Config(args) => config::config(&args),
        Command::Query(args) => query::query(&args),
        Command::Ha(args) => ha::ha(&args),
        Command::Migrate(args) => database::migrate_all(&args),
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => shell::man(&args),
    }
}

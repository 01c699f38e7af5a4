//! What can be typed after `riddhi`.

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use riddhi_plan::cron::Zone;
use riddhi_plan::registry::Compat;

use crate::config::{ConfigArgs, property};
use crate::database::MigrateArgs;
use crate::fmt::FmtArgs;
use crate::ha::HaArgs;
use crate::input::csv::TimeFormat;
use crate::input::source::Format as InputFormat;
use crate::load::LoadArgs;
use crate::new::NewArgs;
use crate::output::Format as OutputFormat;
use crate::query::QueryArgs;
use crate::shell::{CompletionsArgs, ManArgs};
use crate::terminal::TalkArgs;
use crate::test::TestArgs;
use crate::zone;

/// Riddhi runs SiddhiQL apps as Siddhi does.
#[derive(Debug, Parser)]
#[command(name = "riddhi", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to talk.
    #[command(flatten)]
    pub talk: TalkArgs,
}

const EXIT_CODES: &str = "Exit codes:\n  \
    0  done\n  \
    1  the app or the configuration has mistakes, a case fails\n  \
    2  usage, files that cannot be read, malformed events\n  \
    3  a feature that Riddhi does not have yet\n  \
    4  failed while running: a full disk, a state that cannot be loaded\n\n\
    SIGINT or SIGTERM ends a run in order, with code 0; another one a while later at once, with 130 or 143.\n\n\
    Environment:\n  \
    NO_COLOR    no colours, if it is not empty\n  \
    RIDDHI_LOG  what is logged on standard error, as RUST_LOG elsewhere: debug, riddhi_cli=debug";

const REPLAY: &str = "Examples:\n  \
    riddhi replay hot.siddhi --events readings.jsonl\n  \
    zcat week.csv.gz | riddhi replay a.siddhi --events - --input-format csv --stream S --time-column t\n  \
    riddhi replay hot.siddhi --events readings.jsonl --only Hot --format csv > hot.csv\n  \
    riddhi replay hot.siddhi --events readings.jsonl --record day.journal\n  \
    riddhi replay hot.siddhi --journal day.journal";

const CHECK: &str = "Examples:\n  \
    riddhi check hot.siddhi\n  \
    riddhi check *.siddhi\n  \
    riddhi check hot.siddhi --format json     for an editor or a build; of several apps an array\n\n\
    The exit code is 0 if all run, 1 if one has mistakes, 2 if a file cannot be read, 3 if one needs\n\
    what Riddhi does not have yet; the greatest, if several are true.";

const EXPLAIN: &str = "Examples:\n  \
    riddhi explain hot.siddhi\n  \
    riddhi explain hot.siddhi --format mermaid     a chart, for Markdown";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run an app on recorded events and print what comes out
    #[command(after_help = REPLAY)]
    Replay(Box<ReplayArgs>),
    /// Run apps live, from their sources to their sinks
    Run(RunArgs),
    /// Look for mistakes in an app
    #[command(after_help = CHECK)]
    Check(CheckArgs),
    /// Show how an app is run: its streams, queries and regions
    #[command(after_help = EXPLAIN)]
    Explain(ExplainArgs),
    /// Lay out apps: one clause a line, comments kept
    Fmt(FmtArgs),
    /// Run cases: apps with timed events and the rows that must come out
    Test(TestArgs),
    /// Make a small project: an app, events, a case, a README
    New(NewArgs),
    /// Send generated events to a source, at a fixed rate or flat out, and measure how they are taken
    Load(LoadArgs),
    /// Look at the configuration of a node
    Config(ConfigArgs),
    /// Ask a running app what its tables and windows hold
    Query(QueryArgs),
    /// Ask a running node of a pair what it is, or change roles
    Ha(HaArgs),
    /// Make or update the tables that Riddhi keeps in PostgreSQL
    Migrate(MigrateArgs),
    /// Print what completes the commands in a shell
    Completions(CompletionsArgs),
    /// Print the man page
    Man(ManArgs),
}

impl Command {
    /// How apps are to answer.
    pub fn answers(&self) -> AnswerArgs {
        match self {
            Command::Replay(args) => args.answers.clone(),
            Command::Run(args) => args.answers.clone(),
            Command::Check(args) => args.answers.clone(),
            Command::Explain(args) => args.answers.clone(),
            _ => AnswerArgs::default(),
        }
    }

    /// The configuration that is only looked at for what it hands to apps; `run` has its own.
    pub fn handed(&self) -> Option<&str> {
        match self {
            Command::Replay(args) => args.handed.config.as_deref(),
            Command::Check(args) => args.handed.config.as_deref(),
            Command::Explain(args) => args.handed.config.as_deref(),
            _ => None,
        }
    }
}

/// How apps answer.
#[derive(Clone, Debug, Default, Args)]
pub struct AnswerArgs {
    /// Answer as this line of Siddhi where an app has no @app:compat: siddhi5, or siddhi4, that of WSO2 SP 4.4
    #[arg(long, value_name = "LINE", value_parser = compat)]
    pub compat: Option<Compat>,
    /// Swap sources, sinks and stores that reach outside of the process for ones in memory, also those that Riddhi does not
    /// have
    #[arg(long)]
    pub sandbox: bool,
    /// What env:getEnvironmentProperty('NAME') gives, and what ${sys:NAME} stands for in the configuration of `run`
    #[arg(short = 'D', value_name = "NAME=VALUE", value_parser = property)]
    pub properties: Vec<(String, String)>,
    /// Patterns for env:getUserAgentProperty: a `regexes.yaml` of the project uap-core
    #[arg(long, value_name = "FILE")]
    pub user_agents: Option<String>,
}

/// Whether a configuration hands something to apps.
#[derive(Args, Clone, Debug, Default)]
pub struct HandedArgs {
    /// The configuration of `run`, for what it hands to apps: ref='NAME' of sources, sinks and stores, and functions of env
    #[arg(long, value_name = "FILE")]
    pub config: Option<String>,
}

fn compat(name: &str) -> Result<Compat, String> {
    Compat::named(name).ok_or_else(|| format!("known are {}", Compat::NAMES.join(" and ")))
}

/// `riddhi check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The apps' files
    #[arg(required = true, value_name = "APP")]
    pub apps: Vec<String>,
    /// Text for people or JSON for tools
    #[arg(long, value_enum, default_value = "text")]
    pub format: ReportFormat,
    /// Whether a configuration hands something to apps.
    #[command(flatten)]
    pub handed: HandedArgs,
    /// How apps are to answer that do not say it themselves.
    #[command(flatten)]
    pub answers: AnswerArgs,
}

/// Form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people.
    Text,
    /// For tools.
    Json,
}

/// `riddhi explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The app's file
    pub app: String,
    /// Text for people, JSON for tools, or a mermaid flowchart
    #[arg(long, value_enum, default_value = "text")]
    pub format: ExplainFormat,
    /// Whether a configuration hands something to apps.
    #[command(flatten)]
    pub handed: HandedArgs,
    /// How apps are to answer that do not say it themselves.
    #[command(flatten)]
    pub answers: AnswerArgs,
}

/// Form of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// For people.
    Text,
    /// For tools.
    Json,
    /// A chart, which many viewers of Markdown draw.
    Mermaid,
}

/// `riddhi replay`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("input").required(true).args(["events", "journal"])))]
#[command(group(ArgGroup::new("which").required(true).args(["file", "app"])))]
pub struct ReplayArgs {
    /// The app's file
    #[arg(value_name = "APP")]
    pub file: Option<String>,
    /// The same, as an option
    #[arg(long, value_name = "APP")]
    pub app: Option<String>,
    /// Events as JSON lines or CSV, perhaps .gz or .zst; - for standard input
    #[arg(long, value_name = "F")]
    pub events: Option<String>,
    /// Instead of events, a journal that --record wrote, a file or a folder: the same input again, the same output
    #[arg(long, value_name = "F")]
    pub journal: Option<String>,
    /// Write all that goes into the app to a journal; a file of that name is replaced
    #[arg(long, value_name = "F")]
    pub record: Option<String>,
    /// Format of the events, if the file's name does not show it
    #[arg(long, value_enum)]
    pub input_format: Option<InputFormat>,
    /// Form of the output; table on a terminal, otherwise jsonl, unless it is given
    #[arg(long, value_enum)]
    pub format: Option<OutputFormat>,
    /// Print the rows of queries named by @info too, before their output clause
    #[arg(long)]
    pub queries: bool,
    /// Print the rows of these streams and queries only
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub only: Vec<String>,
    /// The clock before the first event, milliseconds since 1970; 0, or what the journal says
    #[arg(long, value_name = "MS", value_parser = whole)]
    pub start_time: Option<i64>,
    /// Time zone of schedules (cron), for example Europe/Berlin; UTC, or what the journal says
    #[arg(long, value_name = "ZONE", value_parser = zone::named)]
    pub time_zone: Option<Zone>,
    /// CSV: the stream that the events belong to
    #[arg(long, help_heading = "CSV")]
    pub stream: Option<String>,
    /// CSV: the column that holds the event's time
    #[arg(long, value_name = "COLUMN", help_heading = "CSV")]
    pub time_column: Option<String>,
    /// CSV: ms or s since 1970, or a pattern such as %Y-%m-%dT%H:%M:%SZ (UTC without an offset); ms
    /// unless it is given
    #[arg(long, value_name = "FORMAT", value_parser = TimeFormat::parse, help_heading = "CSV")]
    pub time_format: Option<TimeFormat>,
    /// What a malformed event does: stop; skip reports it and goes on; count only counts it
    #[arg(long, value_enum, default_value = "stop")]
    pub on_error: OnError,
    /// Do not show a progress bar
    #[arg(long)]
    pub no_progress: bool,
    /// Entries of a frame at most
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = at_least_one, help_heading = "Engine")]
    pub batch: u64,
    /// Threads that run the app at most: its parts that share no stream are spread over them
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_one, help_heading = "Engine")]
    pub workers: u64,
    /// Pin the engine's thread to this core, and further workers to the next ones
    #[arg(long, value_name = "CORE", help_heading = "Engine")]
    pub core: Option<usize>,
    /// Save the state after every K-th entry, load it into a new engine and go on
    #[arg(long, value_name = "K", value_parser = at_least_one, help_heading = "Engine")]
    pub restore_every: Option<u64>,
    /// Whether a configuration hands something to apps.
    #[command(flatten)]
    pub handed: HandedArgs,
    /// How apps are to answer that do not say it themselves.
    #[command(flatten)]
    pub answers: AnswerArgs,
}

impl ReplayArgs {
    /// The app's file, however it was given.
    pub fn app(&self) -> &str {
        self.file.as_deref().or(self.app.as_deref()).unwrap_or_default()
    }
}

/// `riddhi run`.
#[derive(Clone, Debug, Args)]
#[command(after_help = RUN_EXAMPLES)]
pub struct RunArgs {
    /// The apps' files
    #[arg(required_unless_present_any = ["apps_dir", "config"])]
    pub apps: Vec<String>,
    /// Run all .siddhi files of this folder too
    #[arg(long = "apps", value_name = "DIR")]
    pub apps_dir: Option<String>,
    /// How the node is set, alone or one of two: a deployment.yaml of WSO2 SP, or a riddhi.yaml
    #[arg(long, value_name = "F")]
    pub config: Option<String>,
    /// Keep state in this folder: after a crash or a restart the apps go on where they were
    #[arg(long, value_name = "DIR")]
    pub state: Option<String>,
    /// Take on-demand queries at this socket, instead of query.sock in the state folder
    #[arg(long, value_name = "PATH")]
    pub socket: Option<String>,
    /// Write all that comes in to a journal in this folder, for replay --journal
    #[arg(long, value_name = "DIR")]
    pub record: Option<String>,
    /// Seconds between snapshots of the state
    #[arg(long, value_name = "SEC", default_value_t = 60, value_parser = at_least_one, help_heading = "State")]
    pub snapshot_interval: u64,
    /// Bytes of journal kept for an app; at the limit a snapshot is taken
    #[arg(long, value_name = "N", default_value_t = 1 << 30, value_parser = at_least_one, help_heading = "State")]
    pub journal_max_bytes: u64,
    /// Where sources of type tcp are reached, one port for all
    #[arg(long, value_name = "HOST:PORT", default_value = "0.0.0.0:9892", help_heading = "Network")]
    pub tcp: std::net::SocketAddr,
    /// Where sources of type http are reached that name no URL
    #[arg(long, value_name = "HOST:PORT", default_value = "0.0.0.0:8280", help_heading = "Network")]
    pub http: std::net::SocketAddr,
    /// Who may send to http sources with basic.auth.enabled: a file with NAME:PASSWORD lines
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub http_users: Option<String>,
    /// Where health, role and metrics are told over HTTP; none unless it is typed or the configuration says so, which one
    /// of a pair always does
    #[arg(long, value_name = "HOST:PORT", help_heading = "Network")]
    pub admin: Option<std::net::SocketAddr>,
    /// Key and certificate of https sources, and of the data bridge's TLS ports without --config: PEM, PKCS#12 or JKS. The
    /// variable RIDDHI_KEY_STORE_PASSWORD has its password
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub key_store: Option<String>,
    /// Threads that read and write sockets
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64), help_heading = "Network")]
    pub poll_threads: u16,
    /// Time zone of schedules (cron), for example Europe/Berlin; that of the host, if it is not said
    #[arg(long, value_name = "ZONE", value_parser = zone::named)]
    pub time_zone: Option<Zone>,
    /// Do not look at the apps' files while they run
    #[arg(long)]
    pub no_reload: bool,
    /// Threads that run an app at most: its parts that share no stream are spread over them
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_one, help_heading = "Engine")]
    pub workers: u64,
    /// Pin the first app's engine to this core, and further ones to the next
    #[arg(long, value_name = "CORE", help_heading = "Engine")]
    pub core: Option<usize>,
    /// How apps are to answer that do not say it themselves.
    #[command(flatten)]
    pub answers: AnswerArgs,
}

const RUN_EXAMPLES: &str = "Examples:\n  \
    riddhi run app.siddhi                     until Ctrl-C\n  \
    tail -f log | riddhi run app.siddhi       with @source(type='stdin', ...)\n  \
    riddhi run --state st a.siddhi b.siddhi   goes on after a crash where it was";

/// What a malformed event does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnError {
    /// Ends the replay.
    Stop,
    /// Is reported and passed over.
    Skip,
    /// Is passed over and shows in the summary.
    Count,
}

fn whole(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| "give a whole number".to_owned())
}

fn at_least_one(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(0) => Err("give 1 or more".to_owned()),
        Ok(n) => Ok(n),
        Err(_) => Err("give a whole number".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Help is wrapped at 100 columns; an example that is wrapped cannot be copied.
    #[test]
    fn examples_of_help_are_not_wrapped() {
        fn look(command: &clap::Command) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for line in help.lines().filter(|line| line.starts_with("  ")) {
                assert!(line.chars().count() <= 100, "{line}");
            }
            command.get_subcommands().for_each(look);
        }
        look(&Cli::command());
    }
}

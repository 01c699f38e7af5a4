//! `riddhi ha`: what a running node of a pair is, and changes of role, by its control socket.

mod text;

use std::io::{self, BufRead, IsTerminal, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::args::ReportFormat;
use crate::config::{ConfigFile, FileArgs, property};
use crate::exit::{Exit, Failure, plain};
use crate::run::{connect, socket, state_folder};
use crate::terminal::print;

/// How long a node may take for an answer, besides what it is told to wait.
const ANSWER: Duration = Duration::from_secs(10);

/// How long a node that begins anew may be away.
const ANEW: Duration = Duration::from_secs(1);

const HA: &str = "Examples:\n  \
    riddhi ha status --state /var/lib/riddhi\n  \
    riddhi ha status --config riddhi.yaml --format json\n  \
    riddhi ha demote --config riddhi.yaml      on the active: hands over to the passive\n  \
    riddhi ha promote --config riddhi.yaml     on the passive: has the active hand over\n  \
    riddhi ha force --config riddhi.yaml       says what may be lost if this node takes over, and asks\n\n\
    They speak to a node on this machine, as the user who runs it. The exit code is 0 if it was done, 1 if not.";

/// `riddhi ha`.
#[derive(Debug, Args)]
#[command(after_help = HA)]
pub struct HaArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: HaCommand,
}

/// What can be asked of a node of a pair.
#[derive(Debug, Subcommand)]
pub enum HaCommand {
    /// Say who is active, who is in sync, and what to do if something is wrong
    #[command(after_help = HA)]
    Status(StatusArgs),
    /// Make this passive the active: the other node hands over, and nothing is lost
    #[command(after_help = HA)]
    Promote(ChangeArgs),
    /// Hand over from this active to the passive; nothing is lost
    #[command(after_help = HA)]
    Demote(ChangeArgs),
    /// Make this node the active although something acknowledged may be lost, when the other one is gone for good
    #[command(after_help = HA)]
    Force(ForceArgs),
}

/// Which node.
#[derive(Debug, Args)]
pub struct NodeArgs {
    /// The state folder of the node
    #[arg(long, value_name = "DIR", required_unless_present = "config")]
    pub state: Option<String>,
    /// The configuration of the node, in which the folder is named
    #[arg(long, value_name = "F")]
    pub config: Option<String>,
    /// What ${sys:NAME} stands for in the configuration
    #[arg(short = 'D', value_name = "NAME=VALUE", value_parser = property, requires = "config")]
    pub properties: Vec<(String, String)>,
}

/// `riddhi ha status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Which node.
    #[command(flatten)]
    pub node: NodeArgs,
    /// Text for people or JSON for tools
    #[arg(long, value_enum, default_value = "text")]
    pub format: ReportFormat,
}

/// `riddhi ha promote`, `riddhi ha demote`.
#[derive(Debug, Args)]
pub struct ChangeArgs {
    /// Which node.
    #[command(flatten)]
    pub node: NodeArgs,
    /// Seconds to wait for what comes of it
    #[arg(long, value_name = "SEC", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub wait: u64,
}

/// `riddhi ha force`.
#[derive(Debug, Args)]
pub struct ForceArgs {
    /// Which node, and how long to wait.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Do it without asking
    #[arg(long)]
    pub yes: bool,
}

/// Does what `riddhi ha` is asked for.
pub fn ha(args: &HaArgs) -> Result<Exit, Failure> {
    match &args.command {
        HaCommand::Status(args) => {
            let answer = ask(&folder(&args.node)?, &json!({"command": "status"}), Duration::ZERO)?;
            print(&match args.format {
                ReportFormat::Json => format!("{answer:#}\n"),
                ReportFormat::Text => text::status(&answer),
            })?;
            Ok(Exit::Done)
        }
        HaCommand::Promote(args) => change("promote", args),
        HaCommand::Demote(args) => change("demote", args),
        HaCommand::Force(args) => force(args),
    }
}

fn change(command: &str, args: &ChangeArgs) -> Result<Exit, Failure> {
    let question = json!({"command": command, "wait_s": args.wait});
    tell(&ask(&folder(&args.node)?, &question, Duration::from_secs(args.wait))?)
}

/// First what is at stake, then, if that is wanted, the change.
fn force(args: &ForceArgs) -> Result<Exit, Failure> {
    let (folder, wait) = (folder(&args.change.node)?, args.change.wait);
    let question = |confirmed: bool| json!({"command": "force", "confirmed": confirmed, "wait_s": wait});
    let stakes = ask(&folder, &question(false), Duration::from_secs(wait))?;
    let exit = tell(&stakes)?;
    if exit != Exit::Done {
        return Ok(exit);
    }
    let warned = "what the other node has acknowledged beyond that is lost for good, also if it comes back\n";
    print(warned)?;
    if !args.yes && !confirmed()? {
        let failure = Failure::new(Exit::Mistakes, "nothing was done");
        return Err(failure.help("say --yes, or answer `yes` on a terminal"));
    }
    tell(&ask(&folder, &question(true), Duration::from_secs(wait))?)
}

/// Whether whoever sits at the terminal says yes; not, if nobody does.
fn confirmed() -> Result<bool, Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Ok(false);
    }
    print("take over by force? write yes: ")?;
    let _ = io::stdout().flush();
    let mut answer = String::new();
    let failed = |e: io::Error| Failure::new(Exit::Failed, format!("cannot read the answer: {}", plain(&e)));
    io::stdin().lock().read_line(&mut answer).map_err(failed)?;
    Ok(answer.trim() == "yes")
}

/// Tells what came of a command.
fn tell(answer: &Value) -> Result<Exit, Failure> {
    let text = answer["text"].as_str().unwrap_or("the node's answer cannot be read");
    if answer["done"] == true {
        print(&format!("{text}\n"))?;
        return Ok(Exit::Done);
    }
    Err(Failure::new(Exit::Mistakes, text))
}

/// The node's state folder.
fn folder(args: &NodeArgs) -> Result<PathBuf, Failure> {
    if let Some(state) = &args.state {
        return Ok(PathBuf::from(state));
    }
    let path = args.config.clone().unwrap_or_default();
    let config =
        ConfigFile::open(&FileArgs { path: path.clone(), properties: args.properties.clone() })?.into_config()?;
    if config.ha.is_none() {
        let failure =
            Failure::new(Exit::Usage, format!("{path} is the configuration of a node alone, which has no role"));
        return Err(failure.help("a pair has `ha: group`, or in a deployment.yaml `deployment.config: type: ha`"));
    }
    Ok(PathBuf::from(state_folder(&config)))
}

/// Asks the node of a folder, which waits so long for the outcome.
fn ask(folder: &Path, question: &Value, wait: Duration) -> Result<Value, Failure> {
    let stream = reach(folder).map_err(|e| unreachable(folder, &e))?;
    let lost = |e: io::Error| {
        let failure = Failure::new(Exit::Failed, format!("the node has given no answer: {}", plain(&e)));
        failure.help("`riddhi ha status` says how it stands")
    };
    let answer = socket::ask(stream, question, wait + ANSWER, ANSWER).map_err(lost)?;
    let answer: Value = serde_json::from_str(&answer)
        .map_err(|_| lost(io::Error::other("it has ended, or begins anew, or is too busy")))?;
    match answer["error"].as_str() {
        Some(error) => Err(Failure::new(Exit::Failed, error)),
        None => Ok(answer),
    }
}

/// Connects to the node; one that begins anew, as after a change of roles, is there again in a moment.
fn reach(folder: &Path) -> io::Result<UnixStream> {
    let begun = Instant::now();
    loop {
        match connect(folder) {
            Err(e) if begun.elapsed() < ANEW && folder.exists() && is_gone(&e) => std::thread::sleep(ANEW / 10),
            other => return other,
        }
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

/// Why a node cannot be asked.
fn unreachable(folder: &Path, error: &io::Error) -> Failure {
    let place = folder.display();
    match error.kind() {
        io::ErrorKind::NotFound if !folder.exists() => {
            Failure::new(Exit::Failed, format!("there is no state folder {place}"))
                .help("give the one that `riddhi run` was given: --state DIR, or --config F")
        }
        _ if is_gone(error) => {
            Failure::new(Exit::Failed, format!("no node of a pair runs with the state folder {place}"))
                .help("start it with `riddhi run --config F`; a node alone, without a pair, has no role to ask for")
        }
        io::ErrorKind::PermissionDenied => {
            Failure::new(Exit::Failed, format!("no rights to ask the node with the state folder {place}"))
                .help("ask as the user who runs the node, for example with sudo -u USER")
        }
        _ => Failure::new(Exit::Failed, format!("cannot ask the node with the state folder {place}: {}", plain(error))),
    }
}

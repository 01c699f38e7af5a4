//! `riddhi run`: apps live, from their sources to their sinks.
//!
//! Each app has a sequencer, a worker and a sink thread of its own (`live`), so that independent apps run side by side. This
//! thread waits for their ends.

mod admin;
pub mod asked;
mod background;
mod disk;
mod drain;
mod fleet;
mod hold;
mod live;
mod names;
mod network;
mod notes;
mod pair;
mod record;
mod recover;
mod said;
mod segments;
pub mod socket;
mod store;
mod synced;
mod taps;
mod users;
mod vault;
mod wake;
mod watch;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use riddhi_config::{Ack, Config, Limits, SnapshotStore};
use riddhi_connect::Connectors;
use riddhi_connect::network::{Network, NetworkOptions};

use crate::args::RunArgs;
use crate::config::{ConfigFile, FileArgs};
use crate::exit::{Exit, Failure, plain};
use crate::handed;
use crate::say;
use crate::signals::Stop;
pub use pair::control::connect;
pub use segments::{START, list, start_note};

use admin::Known;
use fleet::Fleet;
use live::Shared;
use vault::Vault;

/// Seconds between snapshots that are written on demand only: centuries.
const NEVER: u64 = 10_000_000_000;

/// Runs apps until a signal, or until their sources have ended.
pub fn run(mut args: RunArgs) -> Result<Exit, Failure> {
    let config = match &args.config {
        Some(path) => {
            let file = FileArgs { path: path.clone(), properties: args.answers.properties.clone() };
            Some(ConfigFile::open(&file)?.into_config()?)
        }
        None => None,
    };
    if let Some(config) = &config {
        fill_in(&mut args, config)?;
        tell_missing(config);
        handed::set(&config.siddhi)?;
    }
    add_folder(&mut args)?;
    let network = network::options(&args, config.as_ref())?;
    let stop = Stop::on_signals().map_err(|e| Failure::new(Exit::Failed, format!("cannot handle signals: {e}")))?;
    if let Some((config, ha)) = config.as_ref().and_then(|c| Some((c, c.ha.as_ref()?))) {
        return pair::run(args, config, ha, stop, network);
    }
    let begun = Instant::now();
    let (at, typed) = admin_address(&args, config.as_ref())?;
    let node = config.as_ref().map_or("", |c| c.node.id.as_str());
    let shared = shared(args, stop.clone(), config.as_ref(), network)?;
    let vault = shared.vault.clone();
    let known = Known::new(node, None, shared.board.clone(), stop);
    let _admin = admin::open(at, typed, &shared.network, &known)?;
    let fleet = Fleet::new(shared.clone());
    let started = fleet.start(fleet.check()?);
    // The apps have their folders, so nobody else has the socket's.
    let _queries = if started.is_ok() { query_socket(&shared) } else { None };
    let exit = fleet.finish(&begun);
    if let Some(vault) = vault {
        vault.finish();
    }
    started.map(|()| exit)
}

/// Opens the socket for on-demand queries, if it has a place. An app runs without it, too.
fn query_socket(shared: &Shared) -> Option<socket::Socket> {
    let args = &shared.args;
    let path = match (&args.socket, &args.state) {
        (Some(path), _) => PathBuf::from(path),
        (None, state) => asked::of_folder(Path::new(state.as_ref()?)),
    };
    match asked::open(&path, shared.asked.clone()) {
        Ok(socket) => Some(socket),
        Err(e) => {
            say(&format!("warning: `riddhi query` cannot ask: no socket {}: {}\n", path.display(), plain(&e)));
            None
        }
    }
}

fn shared(args: RunArgs, stop: Stop, config: Option<&Config>, network: NetworkOptions) -> Result<Shared, Failure> {
    let ack = config.map_or(Ack::Received, |config| config.ack);
    if ack == Ack::Journaled && args.state.is_none() {
        let failure = Failure::new(Exit::Usage, "`ack: journaled` waits for a disk, and there is no state folder");
        return Err(failure.help("give --state DIR, or journal.directory in the configuration"));
    }
    Ok(Shared {
        args: Arc::new(args),
        connectors: Arc::new(Connectors::built_in()),
        bus: Arc::default(),
        network: Arc::new(Network::new(network)),
        stop,
        pair: None,
        ack,
        vault: config.map_or(Ok(None), Vault::open)?,
        board: Arc::default(),
        asked: Arc::default(),
    })
}

/// The state folder that a configuration names.
fn named_folder(config: &Config) -> Option<String> {
    let folder = config.snapshots.as_ref().and_then(|s| match &s.store {
        SnapshotStore::Directory { path } => Some(path.clone()),
        SnapshotStore::Database { .. } => None,
    });
    config.journal.directory.clone().or(folder)
}

/// The state folder of a node that needs one, if none is typed.
pub fn state_folder(config: &Config) -> String {
    named_folder(config).unwrap_or_else(|| "riddhi-state".to_owned())
}

/// What was not typed is as the configuration says.
fn fill_in(args: &mut RunArgs, config: &Config) -> Result<(), Failure> {
    // A pair cannot do without; snapshots in the database are those of the disk, written on.
    let needs = config.ha.is_some() || config.snapshots.is_some();
    args.state = args.state.take().or_else(|| named_folder(config).or_else(|| needs.then(|| state_folder(config))));
    if let Some(snapshots) = &config.snapshots {
        args.snapshot_interval = snapshots.interval_ms.map_or(NEVER, |ms| Duration::from_millis(ms).as_secs().max(1));
    }
    args.journal_max_bytes = args.journal_max_bytes.min(config.journal.bytes_max);
    if args.apps_dir.is_none() && args.apps.is_empty() {
        args.apps_dir.clone_from(&config.apps.directory);
    }
    Ok(())
}

/// Where the admin port is to be, and whether that was typed.
fn admin_address(args: &RunArgs, config: Option<&Config>) -> Result<(Option<SocketAddr>, bool), Failure> {
    if args.admin.is_some() {
        return Ok((args.admin, true));
    }
    let Some(at) = config.and_then(|c| c.admin.as_ref()) else { return Ok((None, false)) };
    network::resolve(&at.host, at.port, "the admin port").map(|found| (Some(found), false))
}

/// What a configuration sets and `run` does not look at yet, in a line.
fn tell_missing(config: &Config) {
    let (limits, usual) = (&config.limits, Limits::default());
    // One bound holds for frames and bodies.
    let bodies = ![usual.body_bytes_max, limits.frame_bytes_max].contains(&limits.body_bytes_max);
    let admin = config.listeners.iter().position(|l| !l.tls);
    let missing = [
        ("limits: body_bytes_max, other than frame_bytes_max", bodies),
        ("limits: rate_min_bytes_per_s", limits.rate_min_bytes_per_s != usual.rate_min_bytes_per_s),
        ("listenerConfigurations other than the first plain one", config.listeners.len() > admin.iter().count()),
        ("siddhi: extensions and properties", handed::leaves_out(&config.siddhi)),
    ];
    let names: Vec<&str> = missing.iter().filter(|(_, set)| *set).map(|(name, _)| *name).collect();
    if !names.is_empty() {
        say(&format!(
            "warning: the configuration sets what `riddhi run` does not take from it yet: {}\n",
            names.join("; ")
        ));
    }
}

/// The apps of the folder, by name.
fn add_folder(args: &mut RunArgs) -> Result<(), Failure> {
    if let Some(folder) = &args.apps_dir {
        let failed =
            |e: std::io::Error| Failure::new(Exit::Usage, format!("cannot read the folder {folder}: {}", plain(&e)));
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|e| e == "siddhi") {
                found.push(path.to_string_lossy().into_owned());
            }
        }
        found.sort();
        args.apps.append(&mut found);
    }
    if args.apps.is_empty() {
        let failure = Failure::new(Exit::Usage, "there is no app to run");
        return Err(failure.help("name .siddhi files, or a folder of them with --apps DIR"));
    }
    Ok(())
}

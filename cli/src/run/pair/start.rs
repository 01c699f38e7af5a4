//! Starts a node of a pair.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use riddhi_config::{Config, Ha, Passive};
use riddhi_connect::network::NetworkOptions;
use riddhi_node::{Access, Holder, Incarnation, Log, Part, Secret, Setup, load_disk};
use riddhi_postgres::{Link, Witness};
use rustix::fs::{FlockOperation, flock};

use super::control;
use super::copies::Copies;
use super::follow::Followers;
use super::lines::Lines;
use super::marks::Marks;
use super::mirror::Records;
use super::path::{Apps, Duty, StartApps};
use crate::args::RunArgs;
use crate::database::options;
use crate::exit::{Exit, Failure, plain};
use crate::run::admin::{self, Known};
use crate::run::fleet::Fleet;
use crate::run::live::Pair;
use crate::run::{admin_address, query_socket, shared};
use crate::say;
use crate::signals::Stop;

/// How long the database may take at the start.
const AT_START: Duration = Duration::from_secs(30);

/// Runs a node until a signal, or until it cannot go on.
pub fn run(args: RunArgs, config: &Config, ha: &Ha, stop: Stop, network: NetworkOptions) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let Some(state) = args.state.clone() else {
        let message = "a node of a pair keeps its state on disk, and no folder is given";
        return Err(
            Failure::new(Exit::Usage, message).help("give --state DIR, or journal.directory in the configuration")
        );
    };
    let folder = Path::new(&state).to_path_buf();
    let cannot = |e| Failure::new(Exit::Usage, format!("cannot use the state folder {state}: {}", plain(&e)));
    std::fs::create_dir_all(&folder).map_err(cannot)?;
    let _lock = lock(&folder, &state)?;
    let (marks, recovered) = Marks::open(&folder).map_err(cannot)?;
    let recovered = recovered.filter(|r| r.position > 0);
    let disk = load_disk(&folder).map_err(cannot)?;

    let log = Arc::new(Log::default());
    let records = Arc::new(Records::new(log.clone(), marks));
    let duty = Arc::new(Duty::default());
    let (at, typed) = admin_address(&args, Some(config))?;
    let mut shared = shared(args, stop.clone(), Some(config), network)?;
    let vault = shared.vault.clone();
    let known = Known::new(&config.node.id, Some(&ha.group), shared.board.clone(), stop.clone());
    let _admin = admin::open(at, typed, &shared.network, &known)?;
    let network = shared.network.clone();
    // What is wrong with an app is told now and not at a take-over.
    let checked = Fleet::new(shared.clone()).check()?;
    let tell = teller(&config.node.id);
    let warm = ha.passive == Passive::Warm;
    let followers = warm.then(|| Arc::new(Followers::new(checked, &folder, &shared.args, tell.clone())));
    if let Some(followers) = &followers {
        let _ = known.followers.set(followers.clone());
    }
    shared.pair = Some(Pair { records: records.clone(), duty: duty.clone(), followers: followers.clone() });
    let fleet = Arc::new(Fleet::new(shared.clone()));
    let starts = fleet.clone();
    let start: StartApps =
        Box::new(move || starts.open().and_then(|apps| starts.start(apps)).map_err(|failure| failure.text));
    let node = config.node.id.clone();
    let copies = Mutex::new(Copies::new(&folder, followers.clone()));
    let lines: Arc<Lines> = Arc::default();
    let apps = Apps {
        duty,
        records,
        copies,
        followers: followers.clone(),
        start,
        node,
        tell: tell.clone(),
        lines: lines.clone(),
        network,
    };
    let ended = Arc::new(Mutex::new(None));
    let (why, ask) = (ended.clone(), stop.clone());
    let socket = folder.clone();
    let setup = setup(config, ha, disk, recovered, folder)?;
    let handle = riddhi_node::run(
        setup,
        log,
        Arc::new(apps),
        Box::new(move |text| {
            *super::mirror::lock(&why) = Some(text);
            ask.ask();
        }),
    );
    let handle = handle.map_err(|e| Failure::new(Exit::Failed, format!("cannot start a thread: {e}")))?;
    let _ = known.handle.set(handle.clone());
    let _control = match control::open(&socket, known.clone(), lines) {
        Ok(control) => Some(control),
        Err(e) => {
            say(&format!("warning: `riddhi ha` cannot reach this node: no socket in {state}: {}\n", plain(&e)));
            None
        }
    };
    let _queries = query_socket(&shared);
    wait(&fleet, &stop);
    stop.ask();
    let exit = fleet.finish(&begun);
    if let Some(vault) = vault {
        vault.finish();
    }
    handle.stop();
    if let Some(followers) = followers.filter(|_| handle.status().part == Part::Passive) {
        followers.status().iter().for_each(|(app, text)| tell(&format!("note: app {app}: {text}")));
    }
    match super::mirror::lock(&ended).take() {
        Some(why) => Err(Failure::new(Exit::Failed, why)),
        None => Ok(exit),
    }
}

/// Tells lines of this node, those that begin as notes only where notes are wanted.
fn teller(node: &str) -> Arc<dyn Fn(&str) + Send + Sync> {
    let node = node.to_owned();
    Arc::new(move |text| {
        let (level, rest) = text.split_once(": ").unwrap_or(("note", text));
        let line = format!("{level}: node {node}: {rest}\n");
        if level == "note" { crate::tell(&line) } else { say(&line) }
    })
}

/// Held as long as the node runs: two on one folder would ruin it.
fn lock(folder: &Path, name: &str) -> Result<File, Failure> {
    let cannot = |e| Failure::new(Exit::Usage, format!("cannot use the state folder {name}: {}", plain(&e)));
    let file = File::create(folder.join("node.lock")).map_err(cannot)?;
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        let message = format!("the state folder {name} is used by another riddhi");
        return Err(Failure::new(Exit::Usage, message).help("end it first, or give this node another --state"));
    }
    Ok(file)
}

fn wait(fleet: &Fleet, stop: &Stop) {
    while !stop.asked() && !fleet.has_ended() {
        let _ = stop.wait_any(&[], Duration::from_millis(200));
    }
}

fn setup(
    config: &Config,
    ha: &Ha,
    disk: riddhi_node::Disk,
    recovered: Option<riddhi_node::Recovered>,
    folder: std::path::PathBuf,
) -> Result<Setup, Failure> {
    let failed = |what: &str, e: &dyn std::fmt::Display| Failure::new(Exit::Failed, format!("{what}: {e}"));
    let source = config.datasource(&ha.datasource);
    let source = source.ok_or_else(|| failed("configuration", &format!("there is no datasource {}", ha.datasource)))?;
    let database = options(source).map_err(|e| failed(&source.name, &e))?;
    let address = format!("{}:{}", ha.sync.host, ha.sync.port);
    let listener =
        TcpListener::bind(&address).map_err(|e| failed(&format!("cannot listen at {address}"), &plain(&e)))?;
    let mut drawn = [0; 8];
    getrandom::fill(&mut drawn).map_err(|e| failed("no random numbers", &e))?;
    let config_of = riddhi_node::Config::new(ha.ttl_ms, ha.lag_max_ms).map_err(|e| failed("configuration", &e))?;
    let access = access(ha, &database)?;
    Ok(Setup {
        config: config_of,
        me: Holder { node: config.node.id.as_str().into(), incarnation: Incarnation(u64::from_le_bytes(drawn)) },
        disk,
        recovered,
        folder,
        group: ha.group.clone(),
        database,
        access,
        listener,
        advertised: format!("{}:{}", ha.advertised.host, ha.advertised.port),
    })
}

/// The secrets of the configuration, or the one that the database keeps for the group.
fn access(ha: &Ha, database: &riddhi_postgres::Options) -> Result<Access, Failure> {
    let secret = |text: &str| Secret::new(text.as_bytes()).map_err(|e| Failure::new(Exit::Usage, e.to_string()));
    let mut all = ha.secrets.iter().map(|s| secret(&s.0)).collect::<Result<Vec<_>, _>>()?;
    if all.is_empty() {
        let failed = |e: riddhi_postgres::Error| {
            let failure = Failure::new(Exit::Failed, format!("{}: {e}", ha.datasource));
            match e.help() {
                Some(help) => failure.help(help),
                None => failure,
            }
        };
        let mut drawn = [0; 32];
        getrandom::fill(&mut drawn).map_err(|e| Failure::new(Exit::Failed, format!("no random numbers: {e}")))?;
        let draw: String = drawn.iter().map(|b| format!("{b:02x}")).collect();
        let mut link = Link::open(database, AT_START).map_err(failed)?;
        let group = ha.group.clone();
        let kept = link.call(AT_START, move |client| Witness::new(client, &group, AT_START)?.secret(client, &draw));
        all.push(secret(&kept.map_err(failed)?)?);
    }
    let mut all = all.into_iter();
    let Some(first) = all.next() else { return Err(Failure::new(Exit::Failed, "no secret for the sync port")) };
    Ok(Access { group: ha.group.clone(), secret: first, also: all.next() })
}

//! The databases of a configuration: how to open them, `riddhi migrate`, and what `riddhi config check` finds in them.

use std::fs;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use riddhi_config::{Config, DataSource, SslMode, Target, Use, code};
use riddhi_postgres::{
    Client, Error, LATEST, Link, Migrated, Options, Server, TlsMode, Witness, migrate, old_pair, other_groups, pooler,
    server, version,
};
use riddhi_ql::{Code, Diagnostic};

use crate::config::{ConfigFile, FileArgs};
use crate::exit::{Exit, Failure, plain};
use crate::terminal::print;

/// For one question to a database.
const WITHIN: Duration = Duration::from_secs(10);

/// For all steps of a migration, those of another node that does the same included.
const MIGRATION: Duration = Duration::from_secs(900);

/// For one address of the other node.
const REACH: Duration = Duration::from_secs(3);

/// A heartbeat of WSO2 SP younger than this is that of a running node; it writes one every few seconds.
const OLD_PAIR_MS: i64 = 60_000;

/// A group whose row is younger than this is alive.
const GROUP_MS: i64 = 60_000;

/// Clocks may differ by this. Nothing is decided by them; logs and ages are hard to read beyond.
const CLOCK_MS: i64 = 1_000;

const MIGRATE: &str = "Examples:\n  \
    riddhi migrate --config conf/deployment.yaml\n\n\
    It may be run again, and on both nodes at once.";

/// `riddhi migrate`.
#[derive(Debug, Args)]
#[command(after_help = MIGRATE)]
pub struct MigrateArgs {
    /// Which configuration, and what fills it in.
    #[command(flatten)]
    pub file: FileArgs,
}

/// Makes the tables in all databases of a configuration that Riddhi keeps something in.
pub fn migrate_all(args: &MigrateArgs) -> Result<Exit, Failure> {
    let config = ConfigFile::open(&args.file)?.into_config()?;
    let databases = config.databases();
    if databases.is_empty() {
        print("the configuration uses no database: nothing to do\n")?;
    }
    for (source, _) in databases {
        let done = migrate_one(source).map_err(|e| failure(&place(source), &e))?;
        let told = match done.applied.as_slice() {
            [] => format!("version {} already", done.to),
            applied => format!("version {}, after {}", done.to, applied.join(", ")),
        };
        print(&format!("{}: {told}\n", place(source)))?;
    }
    Ok(Exit::Done)
}

fn migrate_one(source: &DataSource) -> Result<Migrated, Error> {
    let mut link = open(source)?;
    link.call(MIGRATION, |client| migrate(client, MIGRATION))
}

/// Connects to a datasource.
pub fn open(source: &DataSource) -> Result<Link, Error> {
    Link::open(&options(source)?, Duration::from_millis(source.connect_timeout_ms) + WITHIN)
}

/// How to connect to a datasource; its certificates are read from their file.
pub fn options(source: &DataSource) -> Result<Options, Error> {
    let Target::Postgres(url) = &source.target else {
        return Err(Error::Value(format!("{} is no PostgreSQL", source.name)));
    };
    let hosts = url.hosts.iter().map(|h| (h.host.clone(), h.port)).collect();
    let mut options = Options::new(hosts, &url.database, &source.user, &source.password.0);
    options.connect_timeout = Duration::from_millis(source.connect_timeout_ms);
    options.tls = match url.tls {
        SslMode::Disable => TlsMode::Disable,
        SslMode::Prefer => TlsMode::Prefer,
        SslMode::Require => TlsMode::Require,
        SslMode::VerifyCa => TlsMode::VerifyCa,
        SslMode::VerifyFull => TlsMode::VerifyFull,
    };
    if let Some(path) = &url.root_certificate {
        let read = fs::read(path).map_err(|e| Error::Tls(format!("cannot read {path}: {}", plain(&e))));
        options.roots = Some(read?);
    }
    if let Some(ms) = url.socket_timeout_ms {
        options.tcp_timeout = Duration::from_millis(ms);
    }
    if let Some(name) = &url.application_name {
        options.application_name.clone_from(name);
    }
    Ok(options)
}

/// A datasource as people call it, without anything secret.
fn place(source: &DataSource) -> String {
    let Target::Postgres(url) = &source.target else { return source.name.clone() };
    let hosts: Vec<String> = url.hosts.iter().map(|h| format!("{}:{}", h.host, h.port)).collect();
    format!("{} ({}/{})", source.name, hosts.join(","), url.database)
}

fn failure(place: &str, error: &Error) -> Failure {
    let failure = Failure::new(Exit::Failed, format!("{place}: {error}"));
    match error.help() {
        Some(help) => failure.help(help),
        None => failure,
    }
}

/// What was found in the databases: diagnostics at the datasources, and a line of facts for each.
pub struct Found {
    /// What is wrong, or worth a warning.
    pub diagnostics: Vec<Diagnostic>,
    /// One line a database, and what both nodes must agree on.
    pub facts: Vec<String>,
}

/// Looks into all databases that Riddhi keeps something in.
pub fn look(config: &Config) -> Found {
    let mut found = Found { diagnostics: Vec::new(), facts: Vec::new() };
    for (source, uses) in config.databases() {
        if let Err(e) = look_into(source, &uses, config, &mut found) {
            found.error(source, &e);
        }
    }
    if let Some(ha) = &config.ha {
        let (host, port) = (&ha.advertised.host, ha.advertised.port);
        let only = if host == "localhost" || host.starts_with("127.") { ", which is on this machine only" } else { "" };
        found.facts.push(format!(
            "the other node needs the same groupId, `{}`, and another id than `{}`; it is told to come to {host}:{port}{only}",
            ha.group, config.node.id
        ));
    }
    found
}

fn look_into(source: &DataSource, uses: &[Use], config: &Config, found: &mut Found) -> Result<(), Error> {
    let options = options(source)?;
    let mut link = open(source)?;
    let before = now_ms();
    let server = link.call(WITHIN, server)?;
    // The answer was made some time between question and now; that much is not known.
    let between = (before + now_ms()) / 2;
    let unsure = (now_ms() - before) / 2;
    let ahead = server.clock_ms - between;
    let version = link.call(WITHIN, version)?;
    found.facts.push(fact(source, &server, version, ahead));
    if ahead.abs() - unsure > CLOCK_MS {
        let message = format!("the database's clock is {} from this node's", apart(ahead));
        found.warning(
            code::CLOCK,
            source,
            message,
            "let NTP set both clocks; Riddhi decides nothing by them, logs are compared by them",
        );
    }
    if let Some(words) = pooler(&options, Duration::from_millis(source.connect_timeout_ms) + WITHIN)? {
        let message = format!("a pooler stands before the database: {words}");
        let help = "give the port of PostgreSQL itself; a node holds three connections, and must keep one when the pooler has none left";
        found.warning(code::POOLER, source, message, help);
    }
    let Target::Postgres(url) = &source.target else { return Ok(()) };
    let schema = url.schema.clone();
    let pairs = link.call(WITHIN, move |client| old_pair(client, schema.as_deref()))?;
    for pair in pairs.iter().filter(|p| p.age_ms.abs() < OLD_PAIR_MS) {
        let message = format!(
            "node `{}` of WSO2 SP leads group `{}` in this database; its last sign of life is {} s old",
            pair.node,
            pair.group,
            pair.age_ms / 1000
        );
        found.wrong(
            code::OLD_PAIR,
            source,
            message,
            "stop both workers of the old pair first; two pairs would do everything twice",
        );
    }
    if version != LATEST {
        return Err(if version > LATEST {
            Error::TooNew { found: version, known: LATEST }
        } else {
            Error::TooOld { found: version, needed: LATEST }
        });
    }
    if uses.contains(&Use::Group) {
        let (diagnostics, facts) = group(&mut link, source, config)?;
        found.diagnostics.extend(diagnostics);
        found.facts.extend(facts);
    }
    Ok(())
}

/// What the group's row and those of others tell.
fn group(link: &mut Link, source: &DataSource, config: &Config) -> Result<(Vec<Diagnostic>, Vec<String>), Error> {
    let Some(ha) = &config.ha else { return Ok(Default::default()) };
    let (name, ttl) = (ha.group.clone(), ha.ttl_ms);
    let (seen, others) = link.call(WITHIN, move |client: &mut Client| {
        let seen = Witness::new(client, &name, WITHIN)?.read(client)?;
        Ok((seen, other_groups(client, &name, GROUP_MS)?))
    })?;
    let (mut diagnostics, mut facts) = (Vec::new(), Vec::new());
    let fresh = seen.age_ms < ttl * 2;
    if let Some(holder) = &seen.row.holder {
        let alive = if fresh { "active" } else { "last active" };
        let age = seen.age_ms / 1000;
        facts.push(format!(
            "group `{}`: node `{}` is {alive}, epoch {}, {age} s ago",
            ha.group, holder.node, seen.row.epoch
        ));
        let own = format!("{}:{}", ha.advertised.host, ha.advertised.port);
        let same = holder.node.as_str() == config.node.id;
        match seen.beside.address.filter(|a| fresh && *a != own) {
            Some(address) if same => {
                let message = format!("a node with the id `{}` runs at {address} already", config.node.id);
                let help = "give each node an id of its own: `wso2.carbon: id`, in a riddhi.yaml `node`";
                diagnostics.push(Diagnostic::error(code::SAME_ID, message, source.span).help(help));
            }
            Some(address) => match reach(&address) {
                Ok(()) => facts.push(format!("node `{}` can be reached at {address}", holder.node)),
                Err(e) => {
                    let message = format!("node `{}` cannot be reached at {address}: {e}", holder.node);
                    let help = "look at that node's `eventSyncServer: advertisedHost` (in a riddhi.yaml `ha: sync`), and at the firewall";
                    diagnostics.push(Diagnostic::warning(code::PEER, message, source.span).help(help));
                }
            },
            None => {}
        }
    }
    for (other, holder) in others {
        let message = format!(
            "group `{other}` is alive in the same database, led by node `{holder}`; this node's is `{}`",
            ha.group
        );
        let help = "if that is the other node of this pair: `groupId` must be the same on both, it is the node's id that differs";
        diagnostics.push(Diagnostic::warning(code::OTHER_GROUP, message, source.span).help(help));
    }
    Ok((diagnostics, facts))
}

/// Whether somebody listens there.
fn reach(address: &str) -> Result<(), String> {
    let mut last = "it has no address".to_owned();
    for address in address.to_socket_addrs().map_err(|e| plain(&e))? {
        match TcpStream::connect_timeout(&address, REACH) {
            Ok(_) => return Ok(()),
            Err(e) => last = plain(&e),
        }
    }
    Err(last)
}

impl Found {
    fn warning(&mut self, code: Code, source: &DataSource, message: String, help: &str) {
        self.diagnostics.push(Diagnostic::warning(code, message, source.span).help(help));
    }

    fn wrong(&mut self, code: Code, source: &DataSource, message: String, help: &str) {
        self.diagnostics.push(Diagnostic::error(code, message, source.span).help(help));
    }

    fn error(&mut self, source: &DataSource, error: &Error) {
        let code = match error {
            Error::Unreachable(_) | Error::NoAnswer(_) | Error::Gone(_) | Error::Busy(_) | Error::Full(_) => {
                code::UNREACHABLE
            }
            Error::Login { .. } | Error::NoDatabase(_) | Error::Tls(_) => code::LOGIN,
            Error::Privilege { .. } => code::PRIVILEGE,
            Error::TooOld { .. } | Error::TooNew { .. } => code::SCHEMA,
            Error::ReadOnly(_) => code::READ_ONLY,
            _ => code::DATABASE,
        };
        let help = error.help().unwrap_or_else(|| "look at the server's log".to_owned());
        self.wrong(code, source, format!("{}: {error}", place(source)), &help);
    }
}

fn fact(source: &DataSource, server: &Server, version: u32, ahead: i64) -> String {
    let number = (server.version / 10_000, server.version % 10_000);
    let talk = if server.encrypted { "TLS" } else { "plain" };
    let tables = if version == 0 { "no tables yet".to_owned() } else { format!("tables of version {version}") };
    format!("{}: PostgreSQL {}.{}, {talk}, {tables}, clock {}", place(source), number.0, number.1, apart(ahead))
}

fn apart(ahead_ms: i64) -> String {
    let side = if ahead_ms < 0 { "behind" } else { "ahead" };
    format!("{} ms {side}", ahead_ms.abs())
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

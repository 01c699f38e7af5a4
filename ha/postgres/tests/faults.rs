//! Servers that are away, pause, follow others, ask for more than they are given, or stand behind a pooler.

mod common;

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{LONG, USER, database, migrated, role};
use riddhi_postgres::{
    Beside, Error, Link, Options, TlsMode, Witness, migrate, old_pair, other_groups, pooler, server,
};
use riddhi_role::{Database, Row};
use riddhi_test_postgres::Server;

#[test]
fn faults() {
    let Some(mut server) = Server::start() else { return };
    role(&server);
    let options = database(&server, "faults");
    migrated(&options);
    who_may_not_in(&server, &options);
    several_hosts(&options);
    encryption(&server, &options);
    an_old_pair(&server, &options);
    other_nodes(&server, &options);
    behind_a_pooler(&server, &options);
    a_paused_server(&server, &options);
    a_server_that_goes_away(&mut server, &options);
    a_standby_and_its_promotion(&mut server, &options);
}

fn error(options: &Options) -> Error {
    Link::open(options, LONG).expect_err("it cannot be opened")
}

fn who_may_not_in(server: &Server, options: &Options) {
    let with = |user: &str, password: &str, database: &str| Options {
        user: user.to_owned(),
        password: password.to_owned(),
        database: database.to_owned(),
        ..options.clone()
    };
    assert!(matches!(error(&with("riddhi", "wrong", "faults")), Error::Login { .. }));
    assert!(matches!(error(&with("nobody", "x", "faults")), Error::Login { .. }));
    assert!(matches!(error(&with(USER.0, USER.1, "nowhere")), Error::NoDatabase(name) if name == "nowhere"));
    server.psql("postgres", "revoke connect on database postgres from public");
    let denied = error(&with(USER.0, USER.1, "postgres"));
    assert!(
        denied.help().is_some_and(|h| h.contains("grant connect on database \"postgres\" to \"riddhi\";")),
        "{denied}"
    );
    server.psql("postgres", "alter role riddhi connection limit 0");
    assert!(matches!(error(options), Error::Full(_)));
    server.psql("postgres", "alter role riddhi connection limit -1");
}

fn several_hosts(options: &Options) {
    // A port that nobody listens on, as it was just given back.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut many = options.clone();
    many.hosts.insert(0, ("127.0.0.1".to_owned(), closed));
    let link = Link::open(&many, LONG).expect("the second one answers");
    assert_eq!(link.host(), &options.hosts[0]);
    many.hosts.truncate(1);
    let error = error(&many);
    assert!(matches!(&error, Error::Unreachable(text) if text.contains(&closed.to_string())), "{error}");
    many.hosts[0].0 = "no-such-host.invalid".to_owned();
    assert!(matches!(self::error(&many), Error::Unreachable(_)));
}

fn encryption(server: &Server, options: &Options) {
    let with = |tls: TlsMode| Options { tls, ..options.clone() };
    let mut plain = Link::open(&with(TlsMode::Prefer), LONG).expect("the server talks plain");
    assert!(!plain.call(LONG, self::server).unwrap().encrypted);
    assert!(matches!(error(&with(TlsMode::Require)), Error::Unreachable(_)), "the server has no certificate");
    assert!(matches!(error(&with(TlsMode::VerifyFull)), Error::Tls(_)), "nobody is trusted");

    let Some([authority, own, other]) = certificates(server) else { return };
    let encrypted = |options: &Options| Link::open(options, LONG)?.call(LONG, self::server).map(|s| s.encrypted);
    assert!(encrypted(&with(TlsMode::Prefer)).unwrap());
    assert!(encrypted(&with(TlsMode::Require)).unwrap());
    assert!(!encrypted(&with(TlsMode::Disable)).unwrap());
    // The certificate is for 127.0.0.1 and not for the name.
    for (tls, host, roots, good) in [
        (TlsMode::VerifyFull, "127.0.0.1", &authority, true),
        (TlsMode::VerifyFull, "localhost", &authority, false),
        (TlsMode::VerifyCa, "localhost", &authority, true),
        (TlsMode::VerifyFull, "127.0.0.1", &own, true),
        (TlsMode::VerifyFull, "localhost", &own, false),
        (TlsMode::VerifyCa, "localhost", &own, true),
        (TlsMode::VerifyCa, "127.0.0.1", &other, false),
        (TlsMode::VerifyFull, "127.0.0.1", &other, false),
    ] {
        let mut options = Options { roots: Some(roots.clone()), ..with(tls) };
        options.hosts[0].0 = host.to_owned();
        assert_eq!(encrypted(&options).is_ok(), good, "{tls:?} {host}");
    }
}

/// Gives the server a certificate; that of the authority that signed it, the server's own, and somebody else's. None without
/// openssl.
fn certificates(server: &Server) -> Option<[Vec<u8>; 3]> {
    const SCRIPT: &str = "set -e
        key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
        for name in authority other; do openssl req -x509 $key -days 2 -subj /CN=$name -keyout $name.key -out $name.crt; done
        openssl req $key -subj /CN=server -keyout server.key -out server.csr
        printf 'subjectAltName=IP:127.0.0.1' > extensions
        openssl x509 -req -in server.csr -CA authority.crt -CAkey authority.key -CAcreateserial -days 2 -extfile extensions -out server.crt
        chmod 600 server.key";
    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT]).current_dir(server.data()).stdout(Stdio::null()).stderr(Stdio::null());
    if !command.status().is_ok_and(|s| s.success()) {
        eprintln!("skipped: no openssl here");
        return None;
    }
    let owner = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(server.data()).unwrap());
    for file in ["server.key", "server.crt"] {
        let _ = std::os::unix::fs::chown(server.data().join(file), Some(owner), Some(owner));
    }
    let three = ["authority", "server", "other"];
    let three = three.map(|name| std::fs::read(server.data().join(format!("{name}.crt"))).unwrap());
    server.psql_with("postgres", &["-c", "alter system set ssl = on", "-c", "select pg_reload_conf()"]);
    let until = Instant::now() + LONG;
    while server.psql("postgres", "show ssl") != "on" {
        assert!(Instant::now() < until, "the server does not take its certificate");
        std::thread::sleep(Duration::from_millis(50));
    }
    Some(three)
}

fn an_old_pair(server: &Server, options: &Options) {
    let mut link = Link::open(options, LONG).unwrap();
    assert_eq!(link.call(LONG, |c| old_pair(c, None)).unwrap(), []);
    server.psql("faults", "create schema wso2 authorization riddhi; set role riddhi; \
        create table wso2.leader_status_table (group_id varchar(512) primary key, node_id varchar(512), last_heartbeat bigint); \
        insert into wso2.leader_status_table values ('sp', 'wso2-sp-1', (extract(epoch from now()) * 1000)::bigint - 700)");
    let pairs = link.call(LONG, |c| old_pair(c, None)).unwrap();
    assert_eq!((pairs.len(), pairs[0].group.as_str(), pairs[0].node.as_str()), (1, "sp", "wso2-sp-1"));
    assert!((700..60_000).contains(&pairs[0].age_ms), "{}", pairs[0].age_ms);
    assert_eq!(link.call(LONG, |c| old_pair(c, Some("public"))).unwrap(), []);
}

fn other_nodes(server: &Server, options: &Options) {
    server.psql(
        "faults",
        "insert into riddhi.node_group (group_id, version, holder, holder_incarnation) \
        values ('orders', 1, 'right', repeat('0', 16))",
    );
    let mut link = Link::open(options, LONG).unwrap();
    let others = link.call(LONG, |c| other_groups(c, "order", 3_600_000)).unwrap();
    assert_eq!(others, [("orders".to_owned(), "right".to_owned())]);
    assert_eq!(link.call(LONG, |c| other_groups(c, "orders", 3_600_000)).unwrap(), []);
}

struct Pooler(Child);

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// With pgbouncer, where it is installed: everything works, and it is noticed.
fn behind_a_pooler(server: &Server, options: &Options) {
    assert_eq!(pooler(options, LONG).unwrap(), None, "the server itself is none");
    if !Path::new("/usr/sbin/pgbouncer").exists() {
        eprintln!("skipped: no pgbouncer here");
        return;
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = server.data();
    let (users, settings) = (folder.join("users.txt"), folder.join("pgbouncer.ini"));
    std::fs::write(&users, format!("\"{}\" \"{}\"\n", USER.0, USER.1)).unwrap();
    let text = format!(
        "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={port}\nunix_socket_dir=\n\
         auth_type=plain\nauth_file={}\npool_mode=transaction\ndefault_pool_size=2\n",
        server.port(),
        users.display()
    );
    std::fs::write(&settings, text).unwrap();
    let owner = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(&folder).unwrap());
    for file in [&users, &settings] {
        let _ = std::os::unix::fs::chown(file, Some(owner), Some(owner));
    }
    let mut command = Command::new("/usr/sbin/pgbouncer");
    std::os::unix::process::CommandExt::uid(&mut command, owner);
    let child =
        command.arg(&settings).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let _pooler = Pooler(child);
    let pooled = Options { hosts: vec![("127.0.0.1".to_owned(), port)], ..options.clone() };
    let until = Instant::now() + LONG;
    while Link::open(&pooled, LONG).is_err() {
        assert!(Instant::now() < until, "pgbouncer does not answer");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(pooler(&pooled, LONG).unwrap().is_some(), "pgbouncer is noticed");
    // Three connections on two of the server's, in turn.
    let mut links: Vec<Link> = (0..3).map(|_| Link::open(&pooled, LONG).unwrap()).collect();
    for round in 0..6u64 {
        let link = &mut links[round as usize % 3];
        link.call(LONG, move |client| {
            migrate(client, LONG)?;
            let witness = Witness::new(client, "pooled", LONG)?;
            let seen = witness.read(client)?;
            assert_eq!(seen.row.version, round);
            let row = Row { version: round + 1, written_on: seen.database, ..seen.row };
            assert!(witness.write(client, round, &row, &Beside::default())?);
            Ok(())
        })
        .expect("a pooler breaks nothing");
    }
}

fn a_paused_server(server: &Server, options: &Options) {
    use rustix::process::{Signal, kill_process};
    let mut link = Link::open(options, LONG).unwrap();
    let short = Duration::from_millis(300);
    let all = server.processes();
    all.iter().for_each(|pid| kill_process(*pid, Signal::STOP).unwrap());
    let started = Instant::now();
    let asked = link.call(short, |client| Ok(client.batch_execute("create table if not exists riddhi.late (n int)")?));
    let error = asked.expect_err("nobody answers");
    assert!(matches!(error, Error::NoAnswer(_)) && error.is_open(), "{error}");
    assert!(!link.is_open(), "nothing more is asked of it");
    assert!(matches!(Link::open(options, short), Err(Error::NoAnswer(_))), "a new connection waits no longer either");
    assert!(started.elapsed() < LONG / 2);
    all.iter().for_each(|pid| kill_process(*pid, Signal::CONT).unwrap());
    // What was given up may be carried out later: exactly what is_open says.
    let until = Instant::now() + LONG;
    while server.psql("faults", "select to_regclass('riddhi.late') is not null") != "t" {
        assert!(Instant::now() < until, "it was sent, and the server went on");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn a_server_that_goes_away(server: &mut Server, options: &Options) {
    let mut link = Link::open(options, LONG).unwrap();
    server.stop();
    let error = link.call(LONG, self::server).expect_err("it is gone");
    assert!(matches!(error, Error::Gone(_)), "{error}");
    assert!(!link.is_open());
    assert!(matches!(Link::open(options, LONG), Err(Error::Unreachable(_))));
    server.run();
    Link::open(options, LONG).expect("it is back");
}

fn a_standby_and_its_promotion(server: &mut Server, options: &Options) {
    let before = seen(options);
    server.stop();
    std::fs::write(server.data().join("standby.signal"), "").unwrap();
    server.run();
    let error = error(options);
    assert!(matches!(error, Error::ReadOnly(_)), "{error}");
    server.psql("postgres", "select pg_promote(true, 120)");
    let after = seen(options);
    assert_eq!(
        (after.system, after.timeline),
        (before.system, before.timeline + 1),
        "another history of the same cluster"
    );
    let mut link = Link::open(options, LONG).unwrap();
    let empty = link.call(LONG, |client| Ok(Witness::new(client, "never ran", LONG)?.read(client)?.row)).unwrap();
    assert_eq!((empty.version, empty.written_on), (0, before), "an empty row tells where the tables were made");
    let written = link.call(LONG, move |client| {
        let witness = Witness::new(client, "after", LONG)?;
        let old = Row { version: 1, written_on: before, ..Row::default() };
        let new = Row { version: 1, written_on: after, ..Row::default() };
        Ok([witness.write(client, 0, &old, &Beside::default())?, witness.write(client, 0, &new, &Beside::default())?])
    });
    assert_eq!(written.unwrap(), [false, true]);
}

fn seen(options: &Options) -> Database {
    let mut link = Link::open(options, LONG).unwrap();
    link.call(LONG, |client| Ok(Witness::new(client, "after", LONG)?.read(client)?.database)).unwrap()
}

//! Riddhi's own keys: the whole of a `riddhi.yaml`, or the section `riddhi` of a deployment.yaml. They win over the product's.

use crate::carbon::key_store;
use crate::cluster::{TTL_MS_MAX, TTL_MS_MIN, addresses};
use crate::code;
use crate::database::{must_be_postgres, source};
use crate::databridge::{common, default_password, ports};
use crate::model::{Ack, Address, Config, Ha, Passive, Secret, SnapshotStore, Snapshots, User};
use crate::section::{Cx, Found, Section};

/// Keys that make a file one of Riddhi's own.
pub(crate) const KEYS: &[&str] =
    &["node", "database", "ha", "snapshots", "journal", "ack", "admin", "databridge", "tls", "limits", "apps"];

/// The name of the one database of a riddhi.yaml.
pub(crate) const DATABASE: &str = "database";

/// Valid secrets at once: the one before stays valid while nodes change over.
const SECRETS_MAX: usize = 2;

/// Overrides what `config` has by what stands in `own`.
pub(crate) fn apply(own: &mut Section, config: &mut Config, cx: &mut Cx) {
    if let Some(id) = own.text("node", cx).filter(|f| !f.text.trim().is_empty()) {
        config.node.id = id.text.trim().to_owned();
        config.node.label = config.node.id.clone();
    }
    let has_database = database(own, config, cx);
    ha(own, has_database, config, cx);
    snapshots(own, has_database, config, cx);

    let mut journal = own.section("journal", cx);
    let directory = journal.text("directory", cx).map(|f| f.text).filter(|d| !d.is_empty());
    config.journal.directory = directory.or(config.journal.directory.take());
    if let Some(bytes) = journal.bytes("bytes_max", 16 << 20..=1 << 50, cx) {
        config.journal.bytes_max = bytes;
    }
    journal.end(cx);
    ack(own, config, cx);

    let mut admin = own.section("admin", cx);
    if admin.is_there(cx) {
        let host = admin.text("host", cx).map(|f| f.text);
        let port = admin.number("port", 1..=u16::MAX, cx);
        let before = config.admin.take().unwrap_or(Address { host: "0.0.0.0".to_owned(), port: 9090 });
        config.admin = Some(Address { host: host.unwrap_or(before.host), port: port.unwrap_or(before.port) });
    }
    admin.end(cx);

    databridge(own, config, cx);
    let mut tls = own.section("tls", cx);
    config.tls.legacy = tls.flag("legacy", cx).unwrap_or(config.tls.legacy);
    let key = key_store(&mut tls, ["key_store", "key_store_password"], Some("key_password"), cx);
    config.tls.key_store = key.or(config.tls.key_store.take());
    let trust = key_store(&mut tls, ["trust_store", "trust_store_password"], None, cx);
    config.tls.trust_store = trust.or(config.tls.trust_store.take());
    tls.end(cx);
    limits(own, config, cx);

    let mut apps = own.section("apps", cx);
    let directory = apps.text("directory", cx).map(|f| f.text).filter(|d| !d.is_empty());
    config.apps.directory = directory.or(config.apps.directory.take());
    if let Some(ms) = apps.number("poll_ms", 100..=86_400_000, cx) {
        config.apps.poll_ms = ms;
    }
    apps.end(cx);
}

/// `database: URL`, or a section of `url`, `user` and `password`.
fn database(own: &mut Section, config: &mut Config, cx: &mut Cx) -> bool {
    let read = if own.is_section("database") {
        let mut section = own.section("database", cx);
        let url = section.required("url", "for example postgresql://host/database", cx);
        let user = section.text("user", cx).map(|f| f.text);
        let password = section.text("password", cx).map(|f| f.text);
        let timeout = section.number("connect_timeout_ms", 100..=600_000, cx);
        section.end(cx);
        url.map(|url| (url, user, password, timeout))
    } else {
        own.text("database", cx).map(|url| (url, None, None, None))
    };
    let Some((url, user, password, timeout)) = read else { return false };
    let login = [user.as_deref(), password.as_deref()];
    let Some(read) = source(DATABASE.to_owned(), None, &url, login, timeout, cx) else { return false };
    config.datasources.retain(|d| d.name != DATABASE);
    config.datasources.push(read);
    let name = Found { text: DATABASE.to_owned(), ..url };
    must_be_postgres(&name, &config.datasources, cx);
    true
}

fn ha(own: &mut Section, has_database: bool, config: &mut Config, cx: &mut Cx) {
    let mut section = own.section("ha", cx);
    if !section.is_there(cx) {
        if let (Some(ha), true) = (&mut config.ha, has_database) {
            ha.datasource = DATABASE.to_owned();
        }
        return section.end(cx);
    }
    let before = config.ha.take();
    let group = section.text("group", cx).map(|f| f.text.trim().to_owned()).filter(|g| !g.is_empty());
    let group = group.or_else(|| before.as_ref().map(|h| h.group.clone()));
    let datasource = match (has_database, &before) {
        (true, _) => Some(DATABASE.to_owned()),
        (false, Some(before)) => Some(before.datasource.clone()),
        (false, None) => None,
    };
    let ttl_ms = section.number("ttl_ms", TTL_MS_MIN..=TTL_MS_MAX, cx);
    let words = [("warm", Passive::Warm), ("queue", Passive::Queue)];
    let passive = section.choice("passive", &words, cx).unwrap_or(Passive::Warm);
    let lag_max_ms = section.number("lag_max_ms", 100..=600_000, cx).unwrap_or(2_000);
    let peer_wait_ms = section.number("peer_wait_ms", 0..=86_400_000, cx);
    let mut server = section.section("sync", cx);
    let secrets = secrets(&mut server, cx);
    server.refused(
        "tls",
        "TLS between the nodes is not there yet",
        "take it out; both nodes prove themselves by the secret",
        cx,
    );
    let old = before.as_ref().map(|b| [&b.sync, &b.advertised]);
    let (sync, advertised) = addresses(&mut server, ["advertised_host", "advertised_port"], old, cx);
    server.end(cx);
    let span = section.span;
    section.end(cx);
    if group.is_none() {
        cx.error(code::MISSING, "`ha: group` is needed", span, "give both nodes the same word");
    }
    if datasource.is_none() {
        let help = "write `database: postgresql://user@host/database`, one that both nodes reach";
        cx.error(code::MISSING, "two nodes need a database to agree through", span, help);
    }
    let (Some(group), Some(datasource)) = (group, datasource) else { return };
    config.ha = Some(Ha {
        group,
        datasource,
        ttl_ms: ttl_ms.or(before.as_ref().map(|b| b.ttl_ms)).unwrap_or(2_000),
        sync,
        advertised,
        secrets,
        passive,
        lag_max_ms,
        peer_wait_ms: peer_wait_ms.or(before.as_ref().map(|b| b.peer_wait_ms)).unwrap_or(300_000),
    });
}

fn secrets(server: &mut Section, cx: &mut Cx) -> Vec<Secret> {
    let found = server.texts("secret", cx);
    for short in found.iter().filter(|f| f.text.len() < 16) {
        let help = "make one: openssl rand -base64 32";
        cx.error(code::RANGE, "a secret has 16 bytes at least", short.span, help);
    }
    if let Some(third) = found.get(SECRETS_MAX) {
        let help = "first the new one, then the one before; take the older ones out";
        cx.error(code::RANGE, "there are two secrets at most", third.span, help);
    }
    found.into_iter().map(|f| Secret(f.text)).collect()
}

fn snapshots(own: &mut Section, has_database: bool, config: &mut Config, cx: &mut Cx) {
    let mut section = own.section("snapshots", cx);
    let there = section.is_there(cx);
    let off = section.flag("enabled", cx) == Some(false);
    let seconds = section.number::<u64>("interval_s", 0..=31_536_000, cx);
    let keep = section.number("keep", 1..=10_000, cx);
    let directory = section.text("directory", cx).map(|f| f.text).filter(|d| !d.is_empty());
    let span = section.span;
    section.end(cx);
    let before = config.snapshots.take();
    if off || !(there || before.is_some()) {
        return;
    }
    let store = match (directory, has_database, &before) {
        (Some(path), _, _) => Some(SnapshotStore::Directory { path }),
        (None, true, _) => Some(SnapshotStore::Database { datasource: DATABASE.to_owned() }),
        (None, false, Some(before)) => Some(before.store.clone()),
        (None, false, None) => None,
    };
    let Some(store) = store else {
        let help = "write `directory: ...` below it, or `database: postgresql://...` beside it";
        cx.error(code::MISSING, "`snapshots` says not where to keep them", span, help);
        return;
    };
    config.snapshots = Some(Snapshots {
        interval_ms: match seconds {
            Some(seconds) => Some(seconds * 1000).filter(|ms| *ms > 0),
            None => before.as_ref().map_or(Some(60_000), |b| b.interval_ms),
        },
        keep: keep.or(before.as_ref().map(|b| b.keep)).unwrap_or(3),
        store,
    });
}

fn ack(own: &mut Section, config: &mut Config, cx: &mut Cx) {
    let words = [("replicated", Ack::Replicated), ("journaled", Ack::Journaled), ("received", Ack::Received)];
    let default = if config.ha.is_some() { Ack::Replicated } else { Ack::Received };
    let chosen = own.choice("ack", &words, cx);
    config.ack = chosen.unwrap_or(default);
    let told = match config.ack {
        Ack::Replicated if config.ha.is_none() => Some((
            "`ack: replicated` waits for a second node, and there is none",
            "configure `ha`, or write received or journaled",
        )),
        Ack::Journaled if config.journal.directory.is_none() => Some((
            "`ack: journaled` waits for a disk, and there is no journal on one",
            "write `journal: directory: ...`",
        )),
        _ => None,
    };
    if let Some((message, help)) = told {
        cx.error(code::CONTRADICTION, message, own.span_of("ack"), help);
    }
}

fn databridge(own: &mut Section, config: &mut Config, cx: &mut Cx) {
    let mut section = own.section("databridge", cx);
    if !section.is_there(cx) {
        return section.end(cx);
    }
    let offset = config.node.ports_offset;
    let chosen = common(&mut section, cx);
    let bridge = &mut config.databridge;
    bridge.allow_default_password |= chosen.allow_default_password;
    bridge.retry_errors |= chosen.retry_errors;
    for (key, binary) in [("binary", true), ("thrift", false)] {
        let mut below = section.section(key, cx);
        // `binary:` alone opens the usual ports.
        if below.is_there(cx) || section.has(key) {
            let open = ports(&mut below, binary, ["host", "port", "tls_port"], offset, cx);
            if binary { bridge.binary = open } else { bridge.thrift = open }
        }
        below.end(cx);
    }
    for mut user in section.list("users", cx) {
        let name = user.required("name", "say who may log in", cx);
        let password = user.required("password", "for example `${env:BRIDGE_PASSWORD}`", cx);
        user.end(cx);
        bridge.users.extend(name.zip(password).map(|(n, p)| User { name: n.text, password: Secret(p.text) }));
    }
    let store = key_store(&mut section, ["key_store", "key_store_password"], None, cx);
    bridge.key_store = store.or(bridge.key_store.take());
    let span = section.span;
    section.end(cx);
    default_password(bridge, span, cx);
}

fn limits(own: &mut Section, config: &mut Config, cx: &mut Cx) {
    let mut section = own.section("limits", cx);
    let limits = &mut config.limits;
    if let Some(n) = section.number("connections_max", 1..=1_000_000, cx) {
        limits.connections_max = n;
    }
    for (key, limit) in
        [("frame_bytes_max", &mut limits.frame_bytes_max), ("body_bytes_max", &mut limits.body_bytes_max)]
    {
        *limit = section.bytes(key, 1024..=1 << 30, cx).unwrap_or(*limit);
    }
    for (key, limit) in
        [("header_timeout_ms", &mut limits.header_timeout_ms), ("idle_timeout_ms", &mut limits.idle_timeout_ms)]
    {
        *limit = section.number(key, 100..=86_400_000, cx).unwrap_or(*limit);
    }
    if let Some(n) = section.number("rate_min_bytes_per_s", 0..=1 << 30, cx) {
        limits.rate_min_bytes_per_s = n;
    }
    section.end(cx);
}

//! `cluster.config`, `deployment.config` and `state.persistence`: the pair, and its snapshots.

use riddhi_ql::Diagnostic;

use crate::code;
use crate::database::must_be_postgres;
use crate::model::{Address, DataSource, Ha, Passive, SnapshotStore, Snapshots, Why};
use crate::section::{Cx, Found, Section};

/// Milliseconds of silence at least after which a node is taken for gone. Below, a paused virtual machine is one.
pub(crate) const TTL_MS_MIN: u64 = 200;

/// And at most.
pub(crate) const TTL_MS_MAX: u64 = 600_000;

/// The product's port between the two nodes.
pub(crate) const SYNC_PORT: u16 = 9893;

/// What the two sections say together; none: one node alone.
pub(crate) fn ha(root: &mut Section, datasources: &[DataSource], cx: &mut Cx) -> Option<Ha> {
    let mut cluster = root.section("cluster.config", cx);
    let enabled = cluster.flag("enabled", cx).unwrap_or(false);
    let read = enabled.then(|| strategy(&mut cluster, datasources, cx));
    if !enabled {
        cluster.unused(&["groupId", "coordinationStrategyClass", "strategyConfig"], Why::Gone, cx);
        cx.unused.retain(|u| !u.path.starts_with("cluster.config"));
    }
    let cluster_span = cluster.span;
    cluster.end(cx);

    let mut deployment = root.section("deployment.config", cx);
    let kind = deployment.text("type", cx);
    let is_ha = kind.as_ref().is_some_and(|k| k.text.eq_ignore_ascii_case("ha"));
    if let Some(kind) = kind.as_ref().filter(|k| k.text.eq_ignore_ascii_case("distributed")) {
        let help = "run the apps on one node or on a pair: `type: ha`";
        cx.error(code::UNSUPPORTED, "deployments of type `distributed` are not supported", kind.span, help);
    }
    let distributed =
        ["httpsInterface", "leaderRetryInterval", "resourceManagers", "isReceiverNode", "allocationAlgorithm"];
    deployment.unused(&distributed, Why::Gone, cx);
    deployment.unused(
        &["eventByteBufferQueueCapacity", "byteBufferExtractorThreadPoolSize", "eventSyncClientPool"],
        Why::Gone,
        cx,
    );
    deployment.unused(&["passiveNodeDetailsRetrySleepTimeMillis"], Why::Gone, cx);
    deployment.unused(&OLD, Why::Gone, cx);
    let peer_wait_ms = deployment.number("passiveNodeDetailsWaitTimeOutMillis", 0..=86_400_000, cx);
    let mut server = deployment.section("eventSyncServer", cx);
    let (sync, advertised) = addresses(&mut server, ["advertisedHost", "advertisedPort"], None, cx);
    server.unused(&["bossThreads", "workerThreads"], Why::Gone, cx);
    server.end(cx);
    let span = kind.as_ref().map_or(deployment.span, |k| k.span);
    deployment.end(cx);

    match (is_ha, read) {
        (true, Some(strategy)) => {
            let (group, datasource, ttl_ms) = strategy?;
            let peer_wait_ms = peer_wait_ms.unwrap_or(300_000);
            let (passive, lag_max_ms) = (Passive::Warm, 2_000);
            Some(Ha {
                group,
                datasource,
                ttl_ms,
                sync,
                advertised,
                secrets: Vec::new(),
                passive,
                lag_max_ms,
                peer_wait_ms,
            })
        }
        (true, None) => {
            let help =
                "write `cluster.config: enabled: true` with `groupId` and the datasource, or take `type: ha` out";
            cx.error(
                code::CONTRADICTION,
                "a deployment of type `ha` needs `cluster.config: enabled: true`",
                span,
                help,
            );
            None
        }
        (false, Some(_)) => {
            let help = "write `deployment.config: type: ha` for a pair of an active and a passive node";
            cx.warning(
                code::NO_EFFECT,
                "`cluster.config` is on, and the node runs alone: there is no `deployment.config` of type `ha`",
                cluster_span,
                help,
            );
            None
        }
        (false, None) => None,
    }
}

/// Keys of the protocol before 4.3, where both nodes did all the work.
const OLD: [&str; 6] = [
    "liveSync",
    "outputSyncInterval",
    "stateSyncGracePeriod",
    "sinkQueueCapacity",
    "sourceQueueCapacity",
    "retryAppSyncPeriod",
];

/// Group, datasource and the time after which a node is taken for gone.
fn strategy(cluster: &mut Section, datasources: &[DataSource], cx: &mut Cx) -> Option<(String, String, u64)> {
    let group = cluster.required("groupId", "give both nodes the same word", cx);
    if let Some(class) = cluster.text("coordinationStrategyClass", cx).filter(|c| !c.text.contains("RDBMS")) {
        let help = "take it out: the nodes agree through PostgreSQL";
        cx.error(code::UNSUPPORTED, "the nodes can agree through a database only", class.span, help);
    }
    let mut config = cluster.section("strategyConfig", cx);
    let datasource = config.required("datasource", "name the datasource of a PostgreSQL that both nodes reach", cx);
    if let Some(name) = &datasource {
        must_be_postgres(name, datasources, cx);
    }
    let interval = config.number("heartbeatInterval", 10..=600_000, cx).unwrap_or(1000);
    let retries = config.number("heartbeatMaxRetry", 1..=100, cx).unwrap_or(2);
    config.unused(&["eventPollingInterval", "queries"], Why::Gone, cx);
    let span = config.span;
    config.end(cx);
    let ttl_ms: u64 = interval * retries;
    if !(TTL_MS_MIN..=TTL_MS_MAX).contains(&ttl_ms) {
        let message =
            format!("a node would be taken for gone after {ttl_ms} ms (heartbeatInterval × heartbeatMaxRetry)");
        let help = format!("choose both so that the product is from {TTL_MS_MIN} to {TTL_MS_MAX} ms");
        cx.error(code::RANGE, message, span, help);
    }
    Some((group?.text, datasource?.text, ttl_ms))
}

/// Where to listen for the other node, and what it is told; what is not given stays as it was `before`.
pub(crate) fn addresses(
    server: &mut Section,
    advertised: [&'static str; 2],
    before: Option<[&Address; 2]>,
    cx: &mut Cx,
) -> (Address, Address) {
    let text = |f: Found| Some(f.text.trim().to_owned()).filter(|t| !t.is_empty());
    let host = server.text("host", cx).and_then(text);
    let port = server.number("port", 1..=u16::MAX, cx);
    let told = server.text(advertised[0], cx).and_then(text);
    // Zero means the port itself, as in the product.
    let told_port = server.number(advertised[1], 0..=u16::MAX, cx).filter(|p| *p > 0);
    let told = told.or_else(|| before.filter(|_| host.is_none()).map(|b| b[1].host.clone()));
    let told_port = told_port.or_else(|| before.filter(|_| port.is_none()).map(|b| b[1].port));
    let host = host.or_else(|| before.map(|b| b[0].host.clone())).unwrap_or_else(|| "0.0.0.0".to_owned());
    let port = port.or_else(|| before.map(|b| b[0].port)).unwrap_or(SYNC_PORT);
    let any = matches!(host.as_str(), "0.0.0.0" | "::");
    let told = told.unwrap_or_else(|| if any { cx.environment.host.clone() } else { host.clone() });
    (Address { host, port }, Address { host: told, port: told_port.unwrap_or(port) })
}

/// `state.persistence`.
pub(crate) fn snapshots(root: &mut Section, datasources: &[DataSource], cx: &mut Cx) -> Option<Snapshots> {
    let mut section = root.section("state.persistence", cx);
    let enabled = section.flag("enabled", cx).unwrap_or(false);
    let minutes = section.number::<i64>("intervalInMin", -1_000_000..=1_000_000, cx).unwrap_or(1);
    let keep = section.number("revisionsToKeep", 1..=10_000, cx).unwrap_or(3);
    let class = section.text("persistenceStore", cx);
    let database = class.as_ref().and_then(|class| is_database(class, cx));
    let mut config = section.section("config", cx);
    let location = config.text("location", cx).map_or_else(|| "siddhi-app-persistence".to_owned(), |f| f.text);
    let datasource = config.text("datasource", cx);
    config.unused(&["table", "queries"], Why::Gone, cx);
    let cloud = ["credentialProviderClass", "accessKey", "secretKey", "region", "bucketName"];
    cloud.iter().for_each(|key| config.refused(key, "there is no store in a cloud", "use a database or a folder", cx));
    let span = config.span;
    config.end(cx);
    section.end(cx);
    if !enabled {
        return None;
    }
    let store = match database.unwrap_or(false) {
        false => SnapshotStore::Directory { path: location },
        true => {
            let name = datasource.unwrap_or(Found { text: "WSO2_CARBON_DB".to_owned(), span, variable: None });
            must_be_postgres(&name, datasources, cx);
            SnapshotStore::Database { datasource: name.text }
        }
    };
    let interval_ms = u64::try_from(minutes).ok().filter(|m| *m > 0).map(|m| m * 60_000);
    Some(Snapshots { interval_ms, keep, store })
}

/// Packages of the product, of its successor and of the open runner, whose class names are words for kinds of stores.
const PACKAGES: &[&str] = &[
    "org.wso2.carbon.stream.processor.core.persistence.",
    "org.wso2.carbon.streaming.integrator.core.persistence.",
    "io.siddhi.distribution.core.persistence.",
];

/// Whether a class name means a database; none if it is not known, which is told.
fn is_database(class: &Found, cx: &mut Cx) -> Option<bool> {
    let name = class.text.trim();
    let short = PACKAGES.iter().find_map(|p| name.strip_prefix(p)).unwrap_or(name);
    match short {
        "DBPersistenceStore" | "IncrementalDBPersistenceStore" => return Some(true),
        "FileSystemPersistenceStore" | "IncrementalFileSystemPersistenceStore" => return Some(false),
        _ => {}
    }
    let near = riddhi_ql::suggest(short, ["DBPersistenceStore", "FileSystemPersistenceStore"]);
    let help = match near {
        Some(near) => format!("did you mean {}{near}?", PACKAGES[0]),
        None => format!("write {0}DBPersistenceStore or {0}FileSystemPersistenceStore", PACKAGES[0]),
    };
    let told =
        Diagnostic::error(code::UNSUPPORTED, format!("there is no persistence store `{short}`"), class.span).help(help);
    cx.diagnostics.push(class.told(told));
    None
}

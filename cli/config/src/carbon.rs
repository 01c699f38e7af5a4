//! `wso2.carbon`, `wso2.transport.http`, `wso2.artifact.deployment`, `siddhi`, and the namespaces without effect.

use riddhi_ql::Diagnostic;

use crate::code;
use crate::model::{Address, Apps, Extension, KeyStore, Listener, NodeName, Reference, Secret, Siddhi, Tls, Why};
use crate::section::{Cx, Found, Section};

/// The id that the product ships with; a node of it has no name of its own.
pub(crate) const SHIPPED_ID: &str = "wso2-sp";

/// Namespaces of the product that set nothing here: other profiles, the Java platform, secrets.
const GONE: &[&str] = &[
    "analytics.solutions",
    "data.agent.config",
    "enableLoggingEventCount",
    "loggingDuration",
    "wso2.business.rules.manager",
    "wso2.dashboard",
    "wso2.dashboard.datasearch",
    "wso2.metrics",
    "wso2.securevault",
    "wso2.status.dashboard",
];

/// Namespaces of what Riddhi does not have yet.
const NOT_YET: &[&str] = &["siddhi.stores.query.api"];

pub(crate) fn without_effect(root: &mut Section, cx: &mut Cx) {
    root.unused(GONE, Why::Gone, cx);
    root.unused(NOT_YET, Why::NotYet, cx);
    let mut jdbc = root.section("wso2.metrics.jdbc", cx);
    jdbc.unused(&["dataSource", "reporting"], Why::NotYet, cx);
    jdbc.end(cx);
    let mut store = root.section("error.store", cx);
    if store.flag("enabled", cx) == Some(true) {
        let help = "take the section out; failed events are counted and logged";
        cx.error(code::UNSUPPORTED, "`error.store` is not supported yet", store.span, help);
    }
    store.unused(&["errorStore", "bufferSize", "dropWhenBufferFull", "config"], Why::NotYet, cx);
    store.end(cx);
}

pub(crate) fn node(root: &mut Section, cx: &mut Cx) -> NodeName {
    let mut carbon = root.section("wso2.carbon", cx);
    let id = carbon.text("id", cx).map(|f| f.text.trim().to_owned()).filter(|id| !id.is_empty());
    let label = carbon.text("name", cx).map(|f| f.text);
    let mut ports = carbon.section("ports", cx);
    let ports_offset = ports.number("offset", 0..=50_000, cx).unwrap_or(0);
    ports.end(cx);
    carbon.unused(&["type", "tenant", "startupResolver"], Why::Gone, cx);
    carbon.end(cx);
    let id = id.unwrap_or_else(|| SHIPPED_ID.to_owned());
    let label = label.unwrap_or_else(|| id.clone());
    NodeName { id, made_up: false, label, ports_offset }
}

/// Gives a node of a pair that has no id of its own one by the name of its host.
pub(crate) fn name_apart(node: &mut NodeName, root: &Section, cx: &mut Cx) {
    if node.id != SHIPPED_ID {
        return;
    }
    if cx.environment.host.is_empty() {
        let help = "set `wso2.carbon: id` (in a riddhi.yaml: `node`) to a word that the other node does not have";
        cx.error(code::MISSING, "the node has no id of its own", root.span, help);
        return;
    }
    node.id = format!("{SHIPPED_ID}-{}", cx.environment.host);
    node.made_up = true;
    let message = format!("the node has no id of its own; by its host's name it is `{}`", node.id);
    let help = "set `wso2.carbon: id` (in a riddhi.yaml: `node`) on each node: the ids must differ, `groupId` must be the same";
    let at = riddhi_ql::Span::at(root.span.start);
    cx.diagnostics.push(Diagnostic::warning(code::NODE_ID, message, at).help(help));
}

pub(crate) fn listeners(root: &mut Section, cx: &mut Cx) -> Vec<Listener> {
    let mut http = root.section("wso2.transport.http", cx);
    http.unused(&["transportProperties", "senderConfigurations"], Why::Gone, cx);
    let mut listeners = Vec::new();
    for mut section in http.list("listenerConfigurations", cx) {
        let id = section.text("id", cx).map_or_else(|| "default".to_owned(), |f| f.text);
        let host = section.text("host", cx).map_or_else(|| "0.0.0.0".to_owned(), |f| f.text);
        let port = section.number("port", 1..=u16::MAX, cx).unwrap_or(9090);
        let scheme = section.choice("scheme", &[("http", false), ("https", true)], cx);
        let key_store = key_store(&mut section, ["keyStoreFile", "keyStorePassword"], Some("certPass"), cx);
        section.unused(&["sslProtocol", "ciphers", "bindOnStartup", "parameters"], Why::Gone, cx);
        section.refused("trustStoreFile", "certificates of clients are not asked for yet", "take it out", cx);
        section.unused(&["trustStorePassword", "trustStorePass"], Why::NotYet, cx);
        if section.text("verifyClient", cx).is_some_and(|f| f.text.eq_ignore_ascii_case("require")) {
            let help = "take it out and ask for a user and a password";
            cx.error(code::UNSUPPORTED, "certificates of clients are not asked for yet", section.span, help);
        }
        section.end(cx);
        let tls = scheme.unwrap_or(key_store.is_some());
        listeners.push(Listener { id, address: Address { host, port }, key_store, tls });
    }
    http.end(cx);
    listeners
}

/// A key store by the keys of its path and its password.
pub(crate) fn key_store(
    section: &mut Section,
    [path, password]: [&'static str; 2],
    key_password: Option<&'static str>,
    cx: &mut Cx,
) -> Option<KeyStore> {
    let path = section.text(path, cx).map(|f| f.text);
    let password = section.text(password, cx).map(|f| Secret(f.text)).unwrap_or_default();
    let key_password = key_password.and_then(|key| section.text(key, cx)).map(|f| Secret(f.text));
    Some(KeyStore { path: path?, password, key_password })
}

pub(crate) fn apps(root: &mut Section, cx: &mut Cx) -> Apps {
    let mut artifacts = root.section("wso2.artifact.deployment", cx);
    let directory = artifacts.text("repositoryLocation", cx).map(|f| f.text).filter(|d| !d.is_empty());
    let seconds = artifacts.number::<u64>("updateInterval", 1..=86_400, cx).unwrap_or(5);
    artifacts.end(cx);
    Apps { directory, poll_ms: seconds * 1000 }
}

/// What the settings of the http source and sink say of key stores.
pub(crate) fn http_extensions(siddhi: &Siddhi) -> Tls {
    let store = |namespace: &str, [path, password, key]: [&str; 3]| {
        let of = |e: &&Extension| e.namespace == namespace && e.name == "http";
        let properties = &siddhi.extensions.iter().find(of)?.properties;
        let get = |name: &str| properties.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
        let password = Secret(get(password).unwrap_or_else(|| SHIPPED_PASSWORD.to_owned()));
        Some(KeyStore { path: get(path)?, password, key_password: get(key).map(Secret) })
    };
    Tls {
        key_store: store("source", ["keyStoreLocation", "keyStorePassword", "keyPassword"]),
        trust_store: store("sink", ["trustStoreLocation", "trustStorePassword", ""]),
        legacy: false,
    }
}

/// The password of the stores that the product is shipped with, which it takes where none is given.
const SHIPPED_PASSWORD: &str = "wso2carbon";

pub(crate) fn siddhi(root: &mut Section, cx: &mut Cx) -> Siddhi {
    let mut section = root.section("siddhi", cx);
    let mut read = Siddhi::default();
    for mut outer in section.list("extensions", cx) {
        let mut inner = outer.section("extension", cx);
        let namespace = inner.text("namespace", cx).map(|f| f.text).unwrap_or_default();
        let name = inner.required("name", "say which extension it is for, for example `name: rdbms`", cx);
        let properties = inner.section("properties", cx).free(cx);
        inner.end(cx);
        outer.end(cx);
        read.extensions.extend(name.map(|name| Extension { namespace, name: name.text, properties }));
    }
    for mut outer in section.list("refs", cx) {
        let mut inner = outer.section("ref", cx);
        let name = inner.required("name", "say what `ref='...'` calls it", cx);
        let kind = inner.required("type", "say of which type it is, for example `type: http`", cx);
        let properties = inner.section("properties", cx).free(cx);
        inner.end(cx);
        outer.end(cx);
        read.refs.extend(name.zip(kind).map(|(n, k)| Reference { name: n.text, kind: k.text, properties }));
    }
    let mut properties = section.section("properties", cx);
    let known = of_aggregations(&mut properties, cx);
    read.properties = properties.free(cx);
    read.properties.retain(|(name, _)| !known.contains(&name.as_str()));
    section.end(cx);
    read
}

/// Properties of the engine that say how aggregations are kept: nodes share none, and buckets begin in universal time. Gives
/// their names.
fn of_aggregations(properties: &mut Section, cx: &mut Cx) -> [&'static str; 3] {
    let [by_id, shard, zone] = ["partitionById", "shardId", "aggTimeZone"];
    properties.unused(&[by_id, shard], Why::NotYet, cx);
    let universal = |f: &Found| ["GMT", "UTC"].iter().any(|name| f.text.eq_ignore_ascii_case(name));
    if let Some(zone) = properties.text(zone, cx).filter(|f| !universal(f)) {
        let help = "take it out, or write GMT";
        cx.error(code::UNSUPPORTED, "aggregations begin their buckets in universal time only", zone.span, help);
    }
    [by_id, shard, zone]
}

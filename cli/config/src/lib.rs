//! The configuration of a node: WSO2 SP's `deployment.yaml` as it stands in existing installations, or a short `riddhi.yaml`,
//! as one typed [`Config`] with all defaults filled in.
//!
//! All mistakes are told in one run, each with its place and what to do: wrong values as errors, unknown keys as warnings with
//! the nearest known one. Keys of the product that can have no effect are collected for one line at start ([`unused_line`]).
//! Files are bounded in size, depth and number of values; no bytes make it panic.
//! Not here: opening of files and sockets; whether a database answers; what apps say.

mod carbon;
mod cluster;
pub mod code;
mod database;
mod databridge;
mod environment;
mod jdbc;
mod model;
mod native;
mod placeholder;
mod section;
mod user_agents;
mod yaml;

use std::collections::BTreeSet;

use riddhi_ql::{Diagnostic, Diagnostics, Source, Span, suggest};

pub use environment::Environment;
pub use jdbc::{PostgresUrl, SslMode};
pub use model::{
    Ack, Address, Apps, Config, DataBridge, DataSource, Extension, Ha, Journal, KeyStore, Limits, Listener, NodeName,
    Passive, Ports, Reference, Secret, Siddhi, SnapshotStore, Snapshots, Target, Unused, Use, User, Why,
};
pub use user_agents::{PATTERNS_BYTES_MAX, Pattern, UserAgents};
pub use yaml::{DEPTH_MAX, NODES_MAX};

use section::{Cx, Section};

/// Bytes of a file at most.
pub const FILE_BYTES_MAX: usize = 1 << 20;

/// What reading a file came to.
#[derive(Debug)]
pub struct Loaded {
    /// The text, for showing the diagnostics.
    pub source: Source,
    /// In the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// If nothing is wrong.
    pub config: Option<Config>,
    /// Keys without effect, in the order of the text.
    pub unused: Vec<Unused>,
}

/// Reads the bytes of a file; `name` is what it is called in diagnostics.
pub fn load(name: &str, bytes: &[u8], environment: &Environment) -> Loaded {
    let mut diagnostics = Diagnostics::new();
    if bytes.len() > FILE_BYTES_MAX {
        let message = format!("the file has {} bytes; at most {FILE_BYTES_MAX} are read", bytes.len());
        diagnostics.push(Diagnostic::error(code::LIMIT, message, Span::at(0)).help("is it the right file?"));
        return failed(Source::new(name, ""), diagnostics);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => {
            let at = Span::at(e.valid_up_to() as u32);
            let told = Diagnostic::error(code::NOT_YAML, "the file is not UTF-8", at);
            diagnostics.push(told.help("save it as UTF-8; look at the letters here that are not plain English ones"));
            return failed(Source::new(name, String::from_utf8_lossy(bytes)), diagnostics);
        }
    };
    let source = Source::new(name, text);
    let Some(tree) = yaml::parse(text, &mut diagnostics) else { return failed(source, diagnostics) };
    let mut cx = Cx { environment, diagnostics, unused: Vec::new(), variables: BTreeSet::new() };
    let config = read(&tree, &mut cx);
    overrides_without_effect(&mut cx);
    let Cx { diagnostics, mut unused, .. } = cx;
    unused.sort_by_key(|u| u.span);
    let config = Some(config).filter(|_| !diagnostics.has_errors());
    Loaded { source, diagnostics: diagnostics.into_sorted(), config, unused }
}

fn failed(source: Source, diagnostics: Diagnostics) -> Loaded {
    Loaded { source, diagnostics: diagnostics.into_sorted(), config: None, unused: Vec::new() }
}

/// What a node runs with that has no file.
pub fn bare(environment: &Environment) -> Config {
    let mut cx = Cx { environment, diagnostics: Diagnostics::new(), unused: Vec::new(), variables: BTreeSet::new() };
    read(&yaml::Node { span: Span::at(0), value: yaml::Value::Null }, &mut cx)
}

/// The keys without effect as one line for the start; none if there are none.
pub fn unused_line(unused: &[Unused]) -> Option<String> {
    let of = |why: Why| {
        let paths: Vec<&str> = unused.iter().filter(|u| u.why == why).map(|u| u.path.as_str()).collect();
        (!paths.is_empty()).then(|| paths.join(", "))
    };
    match (of(Why::Gone), of(Why::NotYet)) {
        (None, None) => None,
        (Some(gone), None) => Some(format!("without effect here: {gone}")),
        (None, Some(not_yet)) => Some(format!("not supported yet, without effect: {not_yet}")),
        (Some(gone), Some(not_yet)) => {
            Some(format!("without effect here: {gone}; not supported yet, without effect: {not_yet}"))
        }
    }
}

/// Namespaces of the product that make a file a deployment.yaml.
const NAMESPACES: &[&str] = &[
    "wso2.carbon",
    "wso2.transport.http",
    "wso2.datasources",
    "databridge.config",
    "state.persistence",
    "cluster.config",
    "deployment.config",
    "auth.configs",
    "siddhi",
];

fn read(tree: &yaml::Node, cx: &mut Cx) -> Config {
    let mut root = Section::root(tree, cx);
    let own = native::KEYS.iter().any(|key| root.has(key));
    // A worker listens on its usual ports also where the file does not say so; a riddhi.yaml opens what it names.
    let worker = NAMESPACES.iter().any(|key| root.has(key));
    let node = carbon::node(&mut root, cx);
    let datasources = database::datasources(&mut root, cx);
    let ha = cluster::ha(&mut root, &datasources, cx);
    let snapshots = cluster::snapshots(&mut root, &datasources, cx);
    let mut databridge = databridge::databridge(&mut root, node.ports_offset, cx);
    let listeners = carbon::listeners(&mut root, cx);
    let siddhi = carbon::siddhi(&mut root, cx);
    let apps = carbon::apps(&mut root, cx);
    carbon::without_effect(&mut root, cx);
    if !worker {
        (databridge.binary, databridge.thrift) = (None, None);
    }
    let tls = carbon::http_extensions(&siddhi);
    let plain = listeners.iter().find(|l| !l.tls).map(|l| l.address.clone());
    let admin = plain.or_else(|| worker.then(|| Address { host: "0.0.0.0".to_owned(), port: 9090 }));
    let mut config = Config {
        node,
        datasources,
        ha,
        snapshots,
        databridge,
        listeners,
        admin,
        siddhi,
        apps,
        journal: Journal { directory: None, bytes_max: 8 << 30 },
        ack: Ack::Received,
        tls,
        limits: Limits::default(),
    };
    if own {
        if root.has("riddhi") {
            let help = "put all of them under `riddhi`, or none";
            cx.error(
                code::CONTRADICTION,
                "Riddhi's own keys stand both at the top and under `riddhi`",
                root.span_of("riddhi"),
                help,
            );
        }
        root.call("RIDDHI");
        native::apply(&mut root, &mut config, cx);
    }
    let mut section = root.section("riddhi", cx);
    if !own {
        native::apply(&mut section, &mut config, cx);
        root.know(native::KEYS);
    }
    section.end(cx);
    if config.ha.is_some() {
        carbon::name_apart(&mut config.node, &root, cx);
        config.admin = config.admin.or(Some(Address { host: "0.0.0.0".to_owned(), port: 9090 }));
    }
    root.end(cx);
    config
}

/// Warns about variables that look like overrides of a known namespace and were not asked for.
fn overrides_without_effect(cx: &mut Cx) {
    let all = NAMESPACES.iter().chain(&["wso2.artifact.deployment", "riddhi"]);
    let prefixes: Vec<String> = all.map(|n| n.to_ascii_uppercase().replace('.', "_") + "__").collect();
    let names = cx.environment.variables.keys().filter(|name| prefixes.iter().any(|p| name.starts_with(p.as_str())));
    let left: Vec<String> = names.filter(|name| !cx.variables.contains(*name)).cloned().collect();
    for name in left {
        let message = format!("the environment variable {name} sets nothing that Riddhi knows");
        let help = match suggest(&name, cx.variables.iter().map(String::as_str)) {
            Some(near) => format!("{near} is one that does"),
            None => "its form is NAMESPACE__KEY_KEY in capitals, for example WSO2_CARBON__ID; entries of a list need ..._0_ID or ..._0_NAME".to_owned(),
        };
        cx.warning(code::OVERRIDE, message, Span::at(0), help);
    }
}

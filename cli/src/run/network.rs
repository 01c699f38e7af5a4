//! The network side as the command line and the configuration have it: ports, users, keys.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use riddhi_config::{Config, DataBridge, KeyStore};
use riddhi_connect::network::databridge::{DataBridgeOptions, Service, Speaks, Users};
use riddhi_connect::network::tls::StoreFile;
use riddhi_connect::network::{EdgeOptions, Limits, NetworkOptions, Users as HttpUsers};

use super::users;
use crate::args::RunArgs;
use crate::exit::{Exit, Failure, plain};
use crate::say;

/// The password of `--key-store`: an argument could be read by everybody on the machine.
const PASSWORD: &str = "RIDDHI_KEY_STORE_PASSWORD";

/// All of it.
pub fn options(args: &RunArgs, config: Option<&Config>) -> Result<NetworkOptions, Failure> {
    let typed = args.key_store.as_ref().map(|path| StoreFile {
        path: path.into(),
        password: std::env::var(PASSWORD).unwrap_or_default(),
        key_password: None,
    });
    let key_store = typed.or_else(|| config.and_then(|c| c.tls.key_store.as_ref()).map(store));
    let databridge = match config {
        Some(config) => {
            DataBridgeOptions { legacy: config.tls.legacy, ..data_bridge(&config.databridge, key_store.as_ref())? }
        }
        None => usual_bridge(key_store.as_ref()),
    };
    Ok(NetworkOptions {
        edge: EdgeOptions {
            threads: usize::from(args.poll_threads),
            limits: config.map(|c| limits(&c.limits)).unwrap_or_default(),
            ..EdgeOptions::default()
        },
        tcp: args.tcp,
        http: args.http,
        http_users: Arc::new(http_users(args, config)?),
        databridge,
        key_store,
        trust_store: config.and_then(|c| c.tls.trust_store.as_ref()).map(store),
    })
}

/// Who may send to HTTP sources that ask: those of the file that was typed, else those of the data bridge.
fn http_users(args: &RunArgs, config: Option<&Config>) -> Result<HttpUsers, Failure> {
    match (&args.http_users, config) {
        (None, Some(config)) => {
            let users = config.databridge.users.iter();
            Ok(HttpUsers::new(users.map(|user| (user.name.clone(), user.password.0.clone()))))
        }
        (typed, _) => users::read(typed.as_deref()),
    }
}

/// The edge's bounds. Frames and bodies have one in common; a connection may be silent for ever unless a time is set.
fn limits(set: &riddhi_config::Limits) -> Limits {
    let usual = riddhi_config::Limits::default();
    let bytes = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    Limits {
        connections: bytes(u64::from(set.connections_max)),
        message_bytes: bytes(set.frame_bytes_max),
        header: Duration::from_millis(set.header_timeout_ms),
        idle: (set.idle_timeout_ms != usual.idle_timeout_ms).then(|| Duration::from_millis(set.idle_timeout_ms)),
        ..Limits::default()
    }
}

/// The first address of a host's name.
pub fn resolve(host: &str, port: u16, what: &str) -> Result<SocketAddr, Failure> {
    let failed = |why: &str| Failure::new(Exit::Usage, format!("{what}: {host}:{port}: {why}"));
    let found = (host, port).to_socket_addrs().map_err(|e| failed(&plain(&e)))?.next();
    found.ok_or_else(|| failed("the name has no address"))
}

/// A key store of the configuration.
fn store(read: &KeyStore) -> StoreFile {
    StoreFile {
        path: (&read.path).into(),
        password: read.password.0.clone(),
        key_password: read.key_password.as_ref().map(|p| p.0.clone()),
    }
}

/// The data bridge without a configuration: with TLS where there is a key store.
fn usual_bridge(key_store: Option<&StoreFile>) -> DataBridgeOptions {
    let mut options = DataBridgeOptions::default();
    if let Some(key_store) = key_store {
        options.tls_ports = options.ports.iter().map(|(at, speaks)| secured(*at, at.port() + 100, *speaks)).collect();
        options.key_store = Some(key_store.clone());
    }
    options
}

/// The port with TLS beside one without.
fn secured(mut at: SocketAddr, port: u16, speaks: Speaks) -> (SocketAddr, Speaks) {
    at.set_port(port);
    let thrift = speaks != Speaks::Binary;
    (at, if thrift { Speaks::Thrift(Service::Secure) } else { speaks })
}

/// The data bridge as the configuration has it: ports, users, times, and its certificate or else the one of all.
fn data_bridge(config: &DataBridge, key_store: Option<&StoreFile>) -> Result<DataBridgeOptions, Failure> {
    let mut users = Users::new();
    config.users.iter().for_each(|user| users.insert(&user.name, &user.password.0));
    let key_store = config.key_store.as_ref().map(store).or_else(|| key_store.cloned());
    let mut options = DataBridgeOptions::default();
    let (mut ports, mut closed) = (Vec::new(), Vec::new());
    for (at, speaks) in [(&config.binary, Speaks::Binary), (&config.thrift, Speaks::Thrift(Service::Plain))] {
        let Some(at) = at else { continue };
        let address = resolve(&at.host, at.port, "databridge")?;
        ports.push((address, speaks));
        if key_store.is_some() {
            options.tls_ports.push(secured(address, at.tls_port, speaks));
        } else {
            closed.push(at.tls_port.to_string());
        }
    }
    if !closed.is_empty() && !config.users.is_empty() {
        say(&format!(
            "warning: the data bridge's TLS ports, over which agents log in, stay closed ({}): there is no key store; \
             name one under databridge.config: keyStoreLocation (in a riddhi.yaml databridge: key_store)\n",
            closed.join(", ")
        ));
    }
    if !ports.is_empty() {
        options.ports = ports;
    }
    options.key_store = key_store;
    options.bridge.users = users;
    options.bridge.session_lifetime = Duration::from_secs(u64::from(config.session_minutes) * 60);
    options.bridge.retry_errors = config.retry_errors;
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_the_configuration() {
        let usual = riddhi_config::Limits::default();
        assert_eq!(limits(&usual), Limits::default());
        let set = riddhi_config::Limits {
            connections_max: 7,
            frame_bytes_max: 1 << 20,
            header_timeout_ms: 500,
            idle_timeout_ms: 60_000,
            ..usual
        };
        let limits = limits(&set);
        assert_eq!((limits.connections, limits.message_bytes), (7, 1 << 20));
        assert_eq!((limits.header, limits.idle), (Duration::from_millis(500), Some(Duration::from_secs(60))));
    }
}

//! The data bridge's ports: open as long as a source takes a stream, for all sources of the process.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock};

use riddhi_bridge::{Bridge, BridgePort, Subscription};
pub use riddhi_bridge::{BridgeOptions, Speaks, Users};
use riddhi_edge::{Door, Listening};
pub use riddhi_wire::databridge::thrift::Service;
use riddhi_wire::definition::StreamDefinition;

use super::tls::{For, StoreFile, secure};
use super::{Network, lock};
use crate::registry::Say;

/// How the data bridge is set, and where it listens.
#[derive(Clone, Debug)]
pub struct DataBridgeOptions {
    /// Who may log in, and how long things last.
    pub bridge: BridgeOptions,
    /// Where it listens, and what it speaks there.
    pub ports: Vec<(SocketAddr, Speaks)>,
    /// The same with TLS, over which agents log in.
    pub tls_ports: Vec<(SocketAddr, Speaks)>,
    /// Key and certificate of those.
    pub key_store: Option<StoreFile>,
    /// Whether agents that offer suites of old alone may log in there.
    pub legacy: bool,
}

impl Default for DataBridgeOptions {
    /// The plain ports of WSO2's products; nobody may log in.
    fn default() -> DataBridgeOptions {
        let at = |port| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        DataBridgeOptions {
            bridge: BridgeOptions::default(),
            ports: vec![(at(9611), Speaks::Binary), (at(7611), Speaks::Thrift(Service::Plain))],
            tls_ports: Vec::new(),
            key_store: None,
            legacy: false,
        }
    }
}

/// The data bridge of a process.
#[derive(Default)]
pub(crate) struct DataBridge {
    /// Made once; its sessions outlast the ports.
    bridge: OnceLock<Arc<Bridge>>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    streams: usize,
    listening: Vec<Listening>,
}

/// A stream that a source takes; it is given back when dropped.
pub(crate) struct Taken {
    bridge: Arc<DataBridge>,
    subscription: Option<Subscription>,
}

impl Taken {
    /// Takes a stream, and opens the ports if it is the first.
    pub(crate) fn open(
        network: &Network,
        definition: StreamDefinition,
        door: Door,
        say: &Say,
    ) -> Result<Taken, String> {
        let edge = network.edge()?;
        let (options, of) = (&network.options().databridge, network.databridge.clone());
        let (say, tell) = (say.clone(), say.clone());
        let bridge = of.bridge.get_or_init(|| Bridge::new(options.bridge.clone(), move |line| say(line)));
        let mut open = lock(&of.open);
        let subscription = bridge.subscribe(definition, door).map_err(|e| e.to_string())?;
        if open.listening.is_empty() {
            if options.ports.is_empty() {
                return Err("a wso2event source needs the data bridge, which has no port".to_owned());
            }
            let listen = |(at, speaks): &(SocketAddr, Speaks)| {
                edge.listen(*at, Arc::new(BridgePort::new(bridge, *speaks))).map_err(|e| e.to_string())
            };
            let mut all = options.ports.iter().map(listen).collect::<Result<Vec<_>, String>>()?;
            if !options.tls_ports.is_empty() {
                let store = options.key_store.as_ref().ok_or("the TLS ports of the data bridge need a key store")?;
                let secure = secure(store, For::Agents { legacy: options.legacy }, &tell)
                    .map_err(|e| format!("the data bridge: {e}"))?;
                for (at, speaks) in &options.tls_ports {
                    let port = Arc::new(BridgePort::new(bridge, *speaks));
                    all.push(edge.listen_tls(*at, port, secure.clone()).map_err(|e| e.to_string())?);
                }
            }
            open.listening = all;
        }
        open.streams += 1;
        drop(open);
        Ok(Taken { bridge: of, subscription: Some(subscription) })
    }

    /// Where publishers reach it.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        lock(&self.bridge.open).listening.iter().map(|l| l.address).collect()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut open = lock(&self.bridge.open);
        self.subscription = None;
        open.streams -= 1;
        if open.streams == 0 {
            open.listening.clear();
        }
    }
}

//! The HTTP ports: as many as URLs name, each shared by all sources that name it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use riddhi_edge::{Door, Listening};
use riddhi_http::{HttpService, RouteOptions, Routes};

use super::tls::{For, secure};
use super::{Network, lock};
use crate::registry::Say;

/// The ports that are open.
#[derive(Default)]
pub(crate) struct Ports {
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    /// By the address that was asked for.
    ports: HashMap<SocketAddr, Port>,
    retiring: bool,
}

struct Port {
    routes: Arc<Routes>,
    tls: bool,
    /// There as long as there is a path.
    listening: Listening,
}

/// A path that a source has; it is given back when dropped.
pub(crate) struct Path {
    ports: Arc<Ports>,
    asked: SocketAddr,
    path: String,
}

impl Path {
    /// Takes a path, and opens the port if it is the first there: with TLS if somebody hears what is to be said of it.
    pub(crate) fn open(
        network: &Network,
        asked: SocketAddr,
        path: &str,
        door: Door,
        options: RouteOptions,
        tls: Option<&Say>,
    ) -> Result<Path, String> {
        let edge = network.edge()?;
        let ports = network.http.clone();
        let mut open = lock(&ports.open);
        let retiring = open.retiring;
        if let Some(port) = open.ports.get(&asked) {
            if port.tls != tls.is_some() {
                return Err(format!(
                    "another http source listens at {asked} with{} TLS",
                    if port.tls { "" } else { "out" }
                ));
            }
            if !port.routes.add(path, door, options) {
                return Err(format!("another http source has {asked}{path}; give one of them a path of its own"));
            }
        } else {
            let routes = Arc::new(Routes::default());
            routes.add(path, door, options);
            if retiring {
                routes.retire();
            }
            let service = Arc::new(HttpService(routes.clone()));
            let listening = match tls {
                None => edge.listen(asked, service),
                Some(say) => {
                    let store = network.options().key_store.as_ref().ok_or_else(no_key_store)?;
                    edge.listen_tls(asked, service, secure(store, For::Http, say)?)
                }
            };
            let listening = listening.map_err(|e| e.to_string())?;
            open.ports.insert(asked, Port { routes, tls: tls.is_some(), listening });
        }
        drop(open);
        Ok(Path { ports, asked, path: path.to_owned() })
    }

    /// Where the port is.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        lock(&self.ports.open).ports.get(&self.asked).map(|port| port.listening.address)
    }
}

fn no_key_store() -> String {
    "https needs a key and a certificate: name a key store (PEM, PKCS#12 or JKS) with --key-store FILE, or in the \
     configuration under `tls: key_store`"
        .to_owned()
}

impl Ports {
    /// Ports that are opened from now on take requests again.
    pub(crate) fn resume(&self) {
        lock(&self.open).retiring = false;
    }

    /// From now on requests are answered 503.
    pub(crate) fn retire(&self) {
        let mut open = lock(&self.open);
        open.retiring = true;
        open.ports.values().for_each(|port| port.routes.retire());
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        let mut open = lock(&self.ports.open);
        if open.ports.get(&self.asked).is_some_and(|port| port.routes.remove(&self.path) == 0) {
            open.ports.remove(&self.asked);
        }
    }
}

//! What the network sources and sinks of a process share: poll loops, and the ports that several sources listen at.
//!
//! Nothing is started before the first source asks for it, so that apps without any have no further thread.

pub mod databridge;
pub(crate) mod http;
pub(crate) mod tcp;
pub mod tls;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use riddhi_edge::Edge;
pub use riddhi_edge::{Counts, EdgeOptions, Limits, Listening};
use riddhi_http::{HttpService, Pages};
pub use riddhi_http::{MakePage, Page, Users};

use databridge::{DataBridge, DataBridgeOptions};
use http::Ports;
use tcp::Channels;
use tls::StoreFile;

/// How the network side is set.
#[derive(Clone, Debug)]
pub struct NetworkOptions {
    /// Poll loops and limits.
    pub edge: EdgeOptions,
    /// Where Siddhi TCP is listened at.
    pub tcp: SocketAddr,
    /// The data bridge's ports, and who may log in there.
    pub databridge: DataBridgeOptions,
    /// Where HTTP sources listen that name no URL.
    pub http: SocketAddr,
    /// Who may send to HTTP sources that ask for a name and a password.
    pub http_users: Arc<Users>,
    /// Key and certificate of sources that listen for https.
    pub key_store: Option<StoreFile>,
    /// Whom https sinks trust that name no store; none: whom the system trusts.
    pub trust_store: Option<StoreFile>,
}

impl Default for NetworkOptions {
    fn default() -> NetworkOptions {
        NetworkOptions {
            edge: EdgeOptions::default(),
            tcp: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 9892)),
            databridge: DataBridgeOptions::default(),
            http: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8280)),
            http_users: Arc::default(),
            key_store: None,
            trust_store: None,
        }
    }
}

/// The network side of a process.
#[derive(Default)]
pub struct Network {
    options: NetworkOptions,
    edge: Mutex<Option<Arc<Edge>>>,
    tcp: Arc<Channels>,
    databridge: Arc<DataBridge>,
    http: Arc<Ports>,
}

impl Network {
    /// With nothing started.
    pub fn new(options: NetworkOptions) -> Network {
        Network {
            options,
            edge: Mutex::default(),
            tcp: Arc::default(),
            databridge: Arc::default(),
            http: Arc::default(),
        }
    }

    /// How it is set.
    pub fn options(&self) -> &NetworkOptions {
        &self.options
    }

    /// The poll loops; they are started if they are not running.
    ///
    /// # Errors
    ///
    /// They cannot be started: why, for people.
    pub(crate) fn edge(&self) -> Result<Arc<Edge>, String> {
        let mut edge = lock(&self.edge);
        if let Some(edge) = &*edge {
            return Ok(edge.clone());
        }
        let started = Edge::start(self.options.edge.clone());
        Ok(edge.insert(started.map_err(|e| format!("cannot start the poll loops: {e}"))?).clone())
    }

    /// The process is about to end: requests are answered so, and come again elsewhere or later.
    pub fn retire(&self) {
        self.http.retire();
    }

    /// Closes the data ports, before the sources behind them are: what comes in between is neither taken nor refused, as it is
    /// for the node that takes over. Connections end.
    pub fn close(&self) {
        self.tcp.set_closed(true);
        self.http.retire();
        if let Some(edge) = self.running() {
            edge.close();
        }
    }

    /// Sources that are opened from now on have their ports.
    pub fn open(&self) {
        self.tcp.set_closed(false);
        self.http.resume();
        if let Some(edge) = self.running() {
            // None of them is left from before: sources go with the node's part.
            let _ = edge.open();
        }
    }

    /// The poll loops, if they are running.
    pub fn running(&self) -> Option<Arc<Edge>> {
        lock(&self.edge).clone()
    }

    /// Serves texts at a port that is open whatever the node's part, until what this gives is dropped. They are made by a poll
    /// loop, so making one must not wait.
    ///
    /// # Errors
    ///
    /// The port cannot be listened at, or the poll loops cannot start: why, for people.
    pub fn serve_pages(&self, at: SocketAddr, make: Box<MakePage>) -> Result<Listening, String> {
        let edge = self.edge()?;
        edge.listen_always(at, Arc::new(HttpService(Arc::new(Pages::new(make))))).map_err(|e| e.to_string())
    }

    /// What each port has counted since it was opened, by its address.
    pub fn counts(&self) -> Vec<(SocketAddr, Counts)> {
        let Some(edge) = self.running() else { return Vec::new() };
        let mut all: Vec<_> = edge.counters().into_iter().map(|(at, counters)| (at, counters.read())).collect();
        all.sort_by_key(|(at, _)| *at);
        all
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if let Some(edge) = lock(&self.edge).take() {
            edge.stop();
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The poll loops of a process, and what listens on them.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use crate::counters::Counters;
use crate::io::Service;
use crate::limits::Limits;
use crate::listening::{Listener, bind};
use crate::poller::{Command, Handle, Poller};
use crate::secure::Secure;

/// Poll loops at most: a door has a bit for each.
const THREADS_MAX: usize = 64;

/// How long a port that was given up here may take to be free again: its poll loop has to hear of it.
const FREE_WITHIN: Duration = Duration::from_secs(5);

/// How the edge is set.
#[derive(Clone, Debug, Default)]
pub struct EdgeOptions {
    /// Poll loops; 0 is one.
    pub threads: usize,
    /// What peers may ask for.
    pub limits: Limits,
    /// Whether the data ports stay closed until [`Edge::open`].
    pub closed: bool,
}

/// Why an address is not listened at.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen at {address}: {error}")]
pub struct ListenError {
    /// The address.
    pub address: SocketAddr,
    /// What the system says.
    pub error: io::Error,
}

/// The poll loops. Data ports can be closed and opened together, as a node's role changes.
pub struct Edge {
    limits: Limits,
    handles: Vec<Handle>,
    next: Arc<AtomicUsize>,
    ids: AtomicU64,
    open: AtomicBool,
    wanted: Mutex<HashMap<u64, Wanted>>,
    /// Addresses that were given up and not asked for again.
    given_up: Mutex<HashSet<SocketAddr>>,
    threads: Mutex<Vec<thread::JoinHandle<()>>>,
}

struct Wanted {
    address: SocketAddr,
    service: Arc<dyn Service>,
    secure: Option<Arc<Secure>>,
    counters: Arc<Counters>,
    /// Whether it is open whatever the role.
    always: bool,
    bound: bool,
}

/// Something that listens; when it is dropped it does no more, and its connections end.
pub struct Listening {
    edge: Weak<Edge>,
    id: u64,
    /// What it counts.
    pub counters: Arc<Counters>,
    /// Where it listens: the port that the system chose if 0 was asked for. While closed, what was asked for.
    pub address: SocketAddr,
}

impl Edge {
    /// Starts the poll loops.
    pub fn start(options: EdgeOptions) -> io::Result<Arc<Edge>> {
        let n = options.threads.clamp(1, THREADS_MAX);
        let connections = Arc::new(AtomicUsize::new(0));
        let (mut pollers, mut handles) = (Vec::new(), Vec::new());
        for i in 0..n {
            let (poller, handle) = Poller::new(i as u16, options.limits.clone(), connections.clone())?;
            pollers.push(poller);
            handles.push(handle);
        }
        let edge = Arc::new(Edge {
            limits: options.limits,
            handles,
            next: Arc::default(),
            ids: AtomicU64::new(1),
            open: AtomicBool::new(!options.closed),
            wanted: Mutex::default(),
            given_up: Mutex::default(),
            threads: Mutex::default(),
        });
        for (i, mut poller) in pollers.into_iter().enumerate() {
            let (of, next) = (Arc::downgrade(&edge), edge.next.clone());
            poller.set_deal(Arc::new(move |command| {
                let to = next.fetch_add(1, Ordering::Relaxed) % n;
                of.upgrade().is_some_and(|edge| edge.handles[to].offer(command))
            }));
            let thread = thread::Builder::new().name(format!("riddhi-poll-{i}")).spawn(move || poller.run())?;
            lock(&edge.threads).push(thread);
        }
        Ok(edge)
    }

    /// Poll loops.
    pub fn threads(&self) -> usize {
        self.handles.len()
    }

    /// The bounds.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn command(&self, thread: u16, command: Command) {
        if let Some(handle) = self.handles.get(usize::from(thread)) {
            handle.tell(command);
        }
    }

    /// Listens at an address while data ports are open.
    pub fn listen(self: &Arc<Edge>, address: SocketAddr, service: Arc<dyn Service>) -> Result<Listening, ListenError> {
        self.add(address, service, None, false)
    }

    /// Listens at an address while data ports are open, for connections with TLS.
    pub fn listen_tls(
        self: &Arc<Edge>,
        address: SocketAddr,
        service: Arc<dyn Service>,
        secure: Arc<Secure>,
    ) -> Result<Listening, ListenError> {
        self.add(address, service, Some(secure), false)
    }

    /// Listens at an address, whatever the role.
    pub fn listen_always(
        self: &Arc<Edge>,
        address: SocketAddr,
        service: Arc<dyn Service>,
    ) -> Result<Listening, ListenError> {
        self.add(address, service, None, true)
    }

    fn add(
        self: &Arc<Edge>,
        address: SocketAddr,
        service: Arc<dyn Service>,
        secure: Option<Arc<Secure>>,
        always: bool,
    ) -> Result<Listening, ListenError> {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let counters = Arc::new(Counters::default());
        let mut wanted = Wanted { address, service, secure, counters: counters.clone(), always, bound: false };
        let mut all = lock(&self.wanted);
        if always || self.open.load(Ordering::Acquire) {
            self.bind(id, &mut wanted)?;
        }
        let address = wanted.address;
        all.insert(id, wanted);
        Ok(Listening { edge: Arc::downgrade(self), id, counters, address })
    }

    fn bind(&self, id: u64, wanted: &mut Wanted) -> Result<(), ListenError> {
        let failed = |error| ListenError { address: wanted.address, error };
        let socket = self.socket(wanted.address).map_err(failed)?;
        wanted.address = socket.local_addr().map_err(failed)?;
        wanted.bound = true;
        let (service, secure) = (wanted.service.clone(), wanted.secure.clone());
        let listener = Listener { id, socket, service, secure, counters: wanted.counters.clone() };
        self.command((id as usize % self.handles.len()) as u16, Command::Listen(listener));
        Ok(())
    }

    /// A socket at an address. One that was given up here is waited for.
    fn socket(&self, address: SocketAddr) -> io::Result<mio::net::TcpListener> {
        let given_up = lock(&self.given_up).remove(&address);
        let begun = Instant::now();
        loop {
            match bind(address) {
                Err(e) if given_up && e.kind() == io::ErrorKind::AddrInUse && begun.elapsed() < FREE_WITHIN => {
                    thread::sleep(Duration::from_millis(1));
                }
                other => return other,
            }
        }
    }

    /// Opens the data ports. Those that cannot be opened are told; the others are open.
    pub fn open(&self) -> Result<(), Vec<ListenError>> {
        let mut all = lock(&self.wanted);
        self.open.store(true, Ordering::Release);
        let closed = all.iter_mut().filter(|(_, w)| !w.bound);
        let errors: Vec<ListenError> = closed.filter_map(|(id, w)| self.bind(*id, w).err()).collect();
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// Closes the data ports and ends their connections.
    pub fn close(&self) {
        let mut all = lock(&self.wanted);
        self.open.store(false, Ordering::Release);
        for (id, wanted) in all.iter_mut().filter(|(_, w)| w.bound && !w.always) {
            wanted.bound = false;
            lock(&self.given_up).insert(wanted.address);
            self.unlisten(*id);
        }
    }

    /// Connections of a listener are with all poll loops.
    fn unlisten(&self, id: u64) {
        for handle in &self.handles {
            handle.tell(Command::Unlisten(id));
        }
    }

    /// What all listeners have counted, by address.
    pub fn counters(&self) -> Vec<(SocketAddr, Arc<Counters>)> {
        lock(&self.wanted).values().map(|w| (w.address, w.counters.clone())).collect()
    }

    /// Ends the poll loops and all their connections.
    pub fn stop(&self) {
        for handle in &self.handles {
            handle.tell(Command::Stop);
        }
        for thread in lock(&self.threads).drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(edge) = self.edge.upgrade() {
            if let Some(wanted) = lock(&edge.wanted).remove(&self.id).filter(|w| w.bound) {
                lock(&edge.given_up).insert(wanted.address);
            }
            edge.unlisten(self.id);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

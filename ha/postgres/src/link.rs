//! One connection, owned by a thread of its own, so that whoever asks waits no longer than it wants.
//!
//! The driver's calls wait for the server without a bound: a paused server confirms every packet and never answers. A call that is
//! given up leaves its thread behind, which ends when the connection does; how many there may be is bounded.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use postgres::Client;

use crate::error::Error;
use crate::options::Options;
use crate::tls::connector;

/// Connections of a process at most, those that wait for an answer nobody wants any more included. At the bound no new one is
/// opened ([`Error::Busy`]) until one of them ends.
pub const CONNECTIONS_MAX: usize = 16;

static CONNECTIONS: AtomicUsize = AtomicUsize::new(0);

type Job = Box<dyn FnOnce(&mut Client) + Send>;

/// A connection to the primary.
#[derive(Debug)]
pub struct Link {
    jobs: Option<SyncSender<Job>>,
    /// The host that answered.
    host: (String, u16),
}

/// Counts a connection as long as it lives.
struct Counted;

impl Counted {
    fn new() -> Result<Counted, Error> {
        let before = CONNECTIONS.fetch_add(1, Ordering::Relaxed);
        let counted = Counted;
        if before >= CONNECTIONS_MAX { Err(Error::Busy(before)) } else { Ok(counted) }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        CONNECTIONS.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Link {
    /// Connects to the first host that writes. Names are looked up on the connection's thread, within the same time.
    pub fn open(options: &Options, within: Duration) -> Result<Link, Error> {
        Link::open_with(options, None, within)
    }

    /// With settings at the start of the connection, which poolers do not like.
    pub(crate) fn open_with(options: &Options, startup: Option<&'static str>, within: Duration) -> Result<Link, Error> {
        let counted = Counted::new()?;
        let options = options.clone();
        // One at a time: whoever asks waits for the answer, or closes the link.
        let (jobs, to_do) = sync_channel::<Job>(1);
        let (opened, wait) = sync_channel(1);
        let until = Instant::now() + within;
        let run = move || {
            let _counted = counted;
            let (mut client, host) = match connect(&options, startup, until) {
                Ok(connected) => connected,
                Err(e) => {
                    let _ = opened.send(Err(e));
                    return;
                }
            };
            let _ = opened.send(Ok(host));
            for job in to_do {
                job(&mut client);
            }
        };
        thread::Builder::new().name("postgres".to_owned()).spawn(run).map_err(Error::Thread)?;
        match wait.recv_timeout(within) {
            Ok(Ok(host)) => Ok(Link { jobs: Some(jobs), host }),
            Ok(Err(e)) => Err(e),
            Err(RecvTimeoutError::Timeout) => Err(Error::NoAnswer(within)),
            Err(RecvTimeoutError::Disconnected) => Err(Error::Gone("its thread has ended".to_owned())),
        }
    }

    /// The host and port that answered.
    pub fn host(&self) -> &(String, u16) {
        &self.host
    }

    /// Whether it can still be used.
    pub fn is_open(&self) -> bool {
        self.jobs.is_some()
    }

    /// Has something done with the connection. After [`Error::NoAnswer`] and [`Error::Gone`] the link is closed, and what was
    /// asked for may have been done, or may still be.
    pub fn call<R, F>(&mut self, within: Duration, job: F) -> Result<R, Error>
    where
        R: Send + 'static,
        F: FnOnce(&mut Client) -> Result<R, Error> + Send + 'static,
    {
        let gone = || Error::Gone("the link was closed before".to_owned());
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        let (done, wait) = sync_channel(1);
        let job: Job = Box::new(move |client| {
            let _ = done.send(job(client));
        });
        let answer = match jobs.send(job) {
            Ok(()) => wait.recv_timeout(within).unwrap_or_else(|e| match e {
                RecvTimeoutError::Timeout => Err(Error::NoAnswer(within)),
                RecvTimeoutError::Disconnected => Err(Error::Gone("its thread has ended".to_owned())),
            }),
            Err(_) => Err(Error::Gone("its thread has ended".to_owned())),
        };
        if answer.as_ref().is_err_and(|e| e.is_open() || matches!(e, Error::ReadOnly(_))) {
            // A server that was made a standby is no longer the one to ask.
            self.jobs = None;
        }
        answer
    }
}

/// The first host that writes.
fn connect(options: &Options, startup: Option<&str>, until: Instant) -> Result<(Client, (String, u16)), Error> {
    let tls = connector(options)?;
    let mut told = Vec::new();
    let mut last = None;
    for host in &options.hosts {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        let mut config = options.config(host);
        config.connect_timeout(options.connect_timeout.min(left));
        if let Some(startup) = startup {
            config.options(startup);
        }
        let error = match config.connect(tls.clone()) {
            Ok(mut client) => match writes(&mut client) {
                Ok(()) => return Ok((client, host.clone())),
                Err(e) => e,
            },
            Err(e) => Error::of_login(&e, &options.user, &options.database),
        };
        let name =
            if host.0.parse::<IpAddr>().is_ok_and(|a| a.is_ipv6()) { format!("[{}]", host.0) } else { host.0.clone() };
        let words = match &error {
            Error::Unreachable(text) => text.clone(),
            other => other.to_string(),
        };
        told.push(format!("{name}:{}: {words}", host.1));
        last = Some(error);
    }
    match last {
        Some(error) if told.len() == 1 && !matches!(error, Error::Unreachable(_)) => Err(error),
        // Hosts that cannot be reached do not hide that the one that can be is not the right one.
        Some(error @ (Error::Login { .. } | Error::NoDatabase(_))) => Err(error),
        _ if told.is_empty() => Err(Error::Unreachable("no host is given".to_owned())),
        _ => Err(Error::Unreachable(told.join("; "))),
    }
}

fn writes(client: &mut Client) -> Result<(), Error> {
    let rows = client.query_typed("select pg_catalog.pg_is_in_recovery()", &[])?;
    match rows.first().map(|row| row.try_get::<_, bool>(0)).transpose()? {
        Some(true) => Err(Error::ReadOnly("the server is a standby".to_owned())),
        _ => Ok(()),
    }
}

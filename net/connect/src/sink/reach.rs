//! Servers that a sink connects to: by their name, with pauses between attempts, and whether they are still there.

use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use crate::trouble::plain;

/// How long a connection may take to be there.
pub(super) const CONNECT: Duration = Duration::from_secs(3);

/// Connects to `HOST:PORT`: to the first address of that name where somebody listens, and makes the socket as `set` says.
///
/// # Errors
///
/// A sentence with the name: nobody listens there, or the name has no address.
pub(super) fn connect(authority: &str, set: impl FnOnce(&TcpStream) -> io::Result<()>) -> Result<TcpStream, String> {
    let failed = |e: io::Error| format!("cannot connect to {authority}: {}", plain(&e));
    let mut last = Err(format!("cannot connect to {authority}: it has no address"));
    for address in authority.to_socket_addrs().map_err(failed)? {
        last = TcpStream::connect_timeout(&address, CONNECT).map_err(failed);
        if last.is_ok() {
            break;
        }
    }
    let stream = last?;
    set(&stream).map_err(failed)?;
    Ok(stream)
}

/// Whether the server has neither ended the connection nor said something that nobody asked for.
pub(super) fn is_open(stream: &TcpStream) -> bool {
    if stream.set_nonblocking(true).is_err() {
        return false;
    }
    let nothing = matches!(stream.peek(&mut [0; 1]), Err(e) if e.kind() == ErrorKind::WouldBlock);
    stream.set_nonblocking(false).is_ok() && nothing
}

/// The pauses between attempts that fail: each twice as long as the one before.
pub(super) struct Pauses {
    first: Duration,
    longest: Duration,
    next: Duration,
    /// No attempt before then, and why the last one failed.
    down: Option<(Instant, String)>,
}

impl Pauses {
    pub(super) fn new(first: Duration, longest: Duration) -> Pauses {
        Pauses { first, longest, next: first, down: None }
    }

    /// An attempt has failed.
    pub(super) fn failed(&mut self, why: &str) {
        self.down = Some((Instant::now() + self.next, why.to_owned()));
        self.next = (self.next * 2).min(self.longest);
    }

    /// It works.
    pub(super) fn end(&mut self) {
        (self.next, self.down) = (self.first, None);
    }

    /// Why nothing is tried now, if nothing is.
    pub(super) fn why(&self) -> Option<&str> {
        self.down.as_ref().filter(|(until, _)| Instant::now() < *until).map(|(_, why)| why.as_str())
    }
}

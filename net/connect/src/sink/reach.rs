//! Connecting to a server by its name.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::source::plain;

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

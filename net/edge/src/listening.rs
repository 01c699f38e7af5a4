//! Sockets that take connections.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use mio::net::TcpListener;
use socket2::{Domain, Protocol, Socket, Type};

use crate::counters::Counters;
use crate::io::Service;
use crate::secure::Secure;

/// Connections that the system keeps for us until they are taken.
const BACKLOG: i32 = 1024;

/// A listener, as its poll loop has it.
pub(crate) struct Listener {
    pub id: u64,
    pub socket: TcpListener,
    pub service: Arc<dyn Service>,
    /// With TLS.
    pub secure: Option<Arc<Secure>>,
    pub counters: Arc<Counters>,
}

/// A socket that listens at an address.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A node that comes back takes its ports again although old connections linger.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

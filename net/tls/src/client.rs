//! The side that connects, over a socket that may wait.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned, version};

use crate::error::StoreError;
use crate::store::StoreFile;
use crate::verify::Verifier;

/// Which servers are taken for what they say they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// The certificates of authorities, or of servers themselves; none: the authorities that the system trusts.
    pub store: Option<StoreFile>,
    /// Whether the name in the certificate must be that of the host.
    pub names: bool,
    /// Any certificate is taken: secret from those who listen, not from those who pretend.
    pub anybody: bool,
}

impl Default for Trust {
    fn default() -> Trust {
        Trust { store: None, names: true, anybody: false }
    }
}

/// Makes connections.
#[derive(Clone)]
pub struct Connector {
    config: Arc<ClientConfig>,
}

impl Connector {
    /// TLS 1.2 and 1.3 to servers that are trusted so.
    ///
    /// # Errors
    ///
    /// The certificates cannot be read, or the system trusts nobody.
    pub fn new(trust: &Trust) -> Result<Connector, StoreError> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Arc::new(Verifier::new(trust, provider.clone())?);
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .expect("the provider has suites for both versions");
        let config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        Ok(Connector { config: Arc::new(config) })
    }

    /// Encrypts a connection to `host`. The handshake is done before it returns, as long as the socket's time-outs let it.
    ///
    /// # Errors
    ///
    /// The server is not trusted, the two have nothing in common, or the connection broke.
    pub fn connect(&self, host: &str, socket: TcpStream) -> io::Result<ClientStream> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let tls = ClientConnection::new(self.config.clone(), name).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(tls, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(ClientStream(stream))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

/// An encrypted connection to a server.
pub struct ClientStream(StreamOwned<ClientConnection, TcpStream>);

impl ClientStream {
    /// The socket below.
    pub fn socket(&self) -> &TcpStream {
        &self.0.sock
    }

    /// Says that no more comes; the peer knows then that nothing was cut off.
    pub fn close(&mut self) {
        self.0.conn.send_close_notify();
        let _ = self.0.flush();
    }
}

impl Read for ClientStream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for ClientStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl fmt::Debug for ClientStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientStream").field(&self.0.sock).finish()
    }
}

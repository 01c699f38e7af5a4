//! The side that is connected to.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::server::ServerConfig;
use rustls::{ServerConnection, version};

use crate::error::{StoreError, Wrong};
use crate::session::{Failure, Session};
use crate::store::Identity;

/// Gives each connection its end of TLS.
#[derive(Clone)]
pub struct Acceptor {
    config: Arc<ServerConfig>,
}

impl Acceptor {
    /// TLS 1.2 and 1.3 with suites of forward secrecy and authenticated encryption.
    ///
    /// # Errors
    ///
    /// The key cannot be used, or is not that of the certificate.
    pub fn new(identity: Identity) -> Result<Acceptor, StoreError> {
        let path = identity.path().to_owned();
        let wrong = |e: rustls::Error| StoreError { path: path.clone(), what: Wrong::Key(e.to_string()) };
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .map_err(&wrong)?;
        let config = builder.with_no_client_auth().with_single_cert(identity.chain, identity.key).map_err(&wrong)?;
        Ok(Acceptor { config: Arc::new(config) })
    }

    /// The end of a connection.
    ///
    /// # Errors
    ///
    /// The library has none left, which is not known to happen.
    pub fn session(&self) -> Result<Session, Failure> {
        ServerConnection::new(self.config.clone()).map(Session::new).map_err(|e| Failure::of(&e))
    }
}

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Acceptor")
    }
}

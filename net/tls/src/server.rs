//! The side that is connected to.

use std::sync::Arc;

use rustls::SignatureAlgorithm;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::ServerConfig;
use rustls::{ServerConnection, version};

use crate::error::{StoreError, Wrong};
use crate::legacy;
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
        Acceptor::with(identity, ring::default_provider())
    }

    /// The same, and for those who offer nothing better one suite of old: see `legacy`.
    ///
    /// # Errors
    ///
    /// As of [`Acceptor::new`]; or the key is none of RSA, which that suite needs.
    pub fn legacy(identity: Identity) -> Result<Acceptor, StoreError> {
        let algorithm = any_supported_type(&identity.key).map(|key| key.algorithm());
        if algorithm.is_ok_and(|algorithm| algorithm != SignatureAlgorithm::RSA) {
            let what = "the suites of old agents need an RSA key, and this is none".to_owned();
            return Err(StoreError { path: identity.path().to_owned(), what: Wrong::Key(what) });
        }
        Acceptor::with(identity, legacy::provider())
    }

    fn with(identity: Identity, provider: CryptoProvider) -> Result<Acceptor, StoreError> {
        let path = identity.path().to_owned();
        let wrong = |e: rustls::Error| StoreError { path: path.clone(), what: Wrong::Key(e.to_string()) };
        let builder = ServerConfig::builder_with_provider(Arc::new(provider))
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

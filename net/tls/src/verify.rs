//! Whether a server is what it says it is.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::client::Trust;
use crate::error::{StoreError, Wrong};

/// Signed by somebody trusted and, if so asked, for this host; or anybody.
#[derive(Debug)]
pub struct Verifier {
    provider: Arc<CryptoProvider>,
    trusted: Vec<CertificateDer<'static>>,
    /// None: anybody.
    chains: Option<Arc<WebPkiServerVerifier>>,
    names: bool,
}

impl Verifier {
    /// Takes any certificate: secret from those who listen, not from those who pretend.
    pub fn anybody(provider: Arc<CryptoProvider>) -> Verifier {
        Verifier { provider, trusted: Vec::new(), chains: None, names: false }
    }

    /// Takes one that is signed by somebody among `roots` or is one of `trusted`; if `names`, for this host only.
    ///
    /// # Errors
    ///
    /// `roots` is empty.
    pub fn of(
        roots: RootCertStore,
        trusted: Vec<CertificateDer<'static>>,
        names: bool,
        provider: Arc<CryptoProvider>,
    ) -> Result<Verifier, VerifierBuilderError> {
        let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build()?;
        Ok(Verifier { provider, trusted, chains: Some(chains), names })
    }

    pub(crate) fn new(trust: &Trust, provider: Arc<CryptoProvider>) -> Result<Verifier, StoreError> {
        if trust.anybody {
            return Ok(Verifier::anybody(provider));
        }
        let path = trust.store.as_ref().map_or_else(|| "of the system".into(), |s| s.path.clone());
        let wrong = |what| StoreError { path: path.clone(), what };
        let trusted = match &trust.store {
            Some(store) => store.certificates()?,
            None => rustls_native_certs::load_native_certs().certs,
        };
        let mut roots = RootCertStore::empty();
        // Stores of Java have authorities that no library of today reads; they are trusted by nobody then.
        let (added, _) = roots.add_parsable_certificates(trusted.iter().cloned());
        if added == 0 {
            return Err(wrong(Wrong::NoCertificate));
        }
        Verifier::of(roots, trusted, trust.names, provider).map_err(|e| wrong(Wrong::Certificate(e.to_string())))
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chains) = &self.chains else { return Ok(ServerCertVerified::assertion()) };
        // A certificate that nobody else signed, trusted itself: what installations have. As with Java its dates are not
        // looked at; the library refuses a chain of one, as it may call itself an authority.
        if self.trusted.iter().any(|trusted| trusted == end) {
            if self.names {
                verify_server_name(&ParsedCertificate::try_from(end)?, name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        match chains.verify_server_cert(end, between, name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.names => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

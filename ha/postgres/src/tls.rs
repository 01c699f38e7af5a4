//! rustls as the modes of PostgreSQL's clients want it: from "anybody's certificate" to "this host's, by somebody trusted".

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::Error;
use crate::options::{Options, TlsMode};

/// What connects with TLS, or without where the options say so.
pub(crate) fn connector(options: &Options) -> Result<MakeRustlsConnect, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::Tls(e.to_string()))?;
    let verifier: Arc<dyn ServerCertVerifier> = match options.tls {
        TlsMode::Disable | TlsMode::Prefer | TlsMode::Require => Arc::new(Anybody(provider)),
        TlsMode::VerifyCa => Arc::new(Trusted::new(options, provider, false)?),
        TlsMode::VerifyFull => Arc::new(Trusted::new(options, provider, true)?),
    };
    let config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Secret from those who listen, not from those who pretend: what `require` means.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Signed by somebody trusted, and if `named` for this host.
#[derive(Debug)]
struct Trusted {
    roots: Vec<CertificateDer<'static>>,
    chains: Arc<WebPkiServerVerifier>,
    named: bool,
}

impl Trusted {
    fn new(options: &Options, provider: Arc<CryptoProvider>, named: bool) -> Result<Trusted, Error> {
        let missing = || {
            Error::Tls("sslmode verify-ca and verify-full need sslrootcert, a file of certificates in PEM".to_owned())
        };
        let pem = options.roots.as_deref().ok_or_else(missing)?;
        let (mut store, mut roots) = (RootCertStore::empty(), Vec::new());
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|e| Error::Tls(format!("sslrootcert: {e}")))?;
            store.add(certificate.clone()).map_err(|e| Error::Tls(format!("sslrootcert: {e}")))?;
            roots.push(certificate);
        }
        if roots.is_empty() {
            return Err(missing());
        }
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider);
        let chains = builder.build().map_err(|e| Error::Tls(e.to_string()))?;
        Ok(Trusted { roots, chains, named })
    }
}

impl ServerCertVerifier for Trusted {
    fn verify_server_cert(
        &self,
        end: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        // The usual certificate of a database that nobody else signed: the very one that is trusted. Chains of one certificate
        // are refused by the library, as it calls itself an authority; its dates are not looked at.
        if self.roots.iter().any(|root| root == end) {
            if self.named {
                verify_server_name(&ParsedCertificate::try_from(end)?, name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        match self.chains.verify_server_cert(end, between, name, ocsp, now) {
            Err(TlsError::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.named => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.chains.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.chains.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

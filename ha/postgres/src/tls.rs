//! rustls as the modes of PostgreSQL's clients want it: from "anybody's certificate" to "this host's, by somebody trusted".

use std::sync::Arc;

use riddhi_tls::Verifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::Error;
use crate::options::{Options, TlsMode};

/// What connects with TLS, or without where the options say so.
pub(crate) fn connector(options: &Options) -> Result<MakeRustlsConnect, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::Tls(e.to_string()))?;
    let verifier = match options.tls {
        TlsMode::Disable | TlsMode::Prefer | TlsMode::Require => Verifier::anybody(provider),
        TlsMode::VerifyCa => trusted(options, provider, false)?,
        TlsMode::VerifyFull => trusted(options, provider, true)?,
    };
    let config = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Signed by somebody in `sslrootcert`, and if `named` for this host.
fn trusted(options: &Options, provider: Arc<CryptoProvider>, named: bool) -> Result<Verifier, Error> {
    let missing =
        || Error::Tls("sslmode verify-ca and verify-full need sslrootcert, a file of certificates in PEM".to_owned());
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
    Verifier::of(store, roots, named, provider).map_err(|e| Error::Tls(e.to_string()))
}

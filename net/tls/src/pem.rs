//! PEM: certificates and a key in one file, in any order but that of the certificates.

use rustls::pki_types::pem::{self, PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::Wrong;
use crate::store::Contents;

/// Whether it looks like PEM: a line that begins a section, maybe behind remarks.
pub(crate) fn is_pem(bytes: &[u8]) -> bool {
    bytes.windows(11).any(|w| w == b"-----BEGIN ")
}

/// Reads it. With a key the certificates are its chain, without one they stand for themselves.
pub(crate) fn read(bytes: &[u8]) -> Result<Contents, Wrong> {
    let (mut key, mut certificates) = (None, Vec::new());
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(bytes) {
        let damaged = |e: pem::Error| Wrong::Damaged(e.to_string());
        let (kind, der) = section.map_err(damaged)?;
        let found = match kind {
            SectionKind::Certificate => {
                certificates.push(CertificateDer::from(der));
                continue;
            }
            SectionKind::PrivateKey => PrivateKeyDer::Pkcs8(der.into()),
            SectionKind::RsaPrivateKey => PrivateKeyDer::Pkcs1(der.into()),
            SectionKind::EcPrivateKey => PrivateKeyDer::Sec1(der.into()),
            _ => continue,
        };
        key.get_or_insert(found);
    }
    // Sections of other names are passed over, this one among them.
    if key.is_none() && bytes.windows(21).any(|w| w == b"ENCRYPTED PRIVATE KEY") {
        return Err(Wrong::EncryptedPem);
    }
    Ok(match key {
        Some(key) => Contents { key: Some((key, certificates)), certificates: Vec::new() },
        None => Contents { key: None, certificates },
    })
}

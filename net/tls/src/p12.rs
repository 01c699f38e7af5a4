//! PKCS#12, as keytool and openssl write it.

use p12_keystore::error::Error;
use p12_keystore::{CertificateBag, Pkcs12Archive};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::Wrong;
use crate::store::Contents;

/// Reads it: its first key, and the certificates that lead from the key's own to the one that nobody in it signed.
pub(crate) fn read(bytes: &[u8], password: &str) -> Result<Contents, Wrong> {
    let archive = Pkcs12Archive::from_pkcs12(bytes, password).map_err(|e| match e {
        Error::MacError(_) | Error::UnpadError => Wrong::Password,
        other => Wrong::Damaged(other.to_string()),
    })?;
    let der = |bag: &CertificateBag| CertificateDer::from(bag.cert.as_der().to_vec());
    let Some(key) = archive.keys.first() else {
        return Ok(Contents { key: None, certificates: archive.certs.iter().map(der).collect() });
    };
    let id = key.local_key_id.as_ref().map(AsRef::as_ref);
    let own = archive.certs.iter().position(|c| id.is_some() && c.local_key_id.as_deref() == id).unwrap_or(0);
    let (mut chain, mut used) = (Vec::new(), vec![false; archive.certs.len()]);
    let mut next = (own < archive.certs.len()).then_some(own);
    while let Some(at) = next {
        used[at] = true;
        let bag = &archive.certs[at];
        chain.push(der(bag));
        let signer = |(i, c): (usize, &CertificateBag)| {
            (!used[i] && !c.trusted && c.cert.subject() == bag.cert.issuer()).then_some(i)
        };
        next = archive.certs.iter().enumerate().find_map(signer);
    }
    let rest = archive.certs.iter().zip(&used).filter(|(_, used)| !**used).map(|(c, _)| der(c));
    let certificates = rest.collect();
    Ok(Contents { key: Some((PrivateKeyDer::Pkcs8(key.key.as_der().to_vec().into()), chain)), certificates })
}

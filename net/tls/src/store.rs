//! Files of keys and certificates, whatever their form.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::{StoreError, Wrong};
use crate::{jks, p12, pem};

/// Bytes of a store at most; one with all authorities of the world has half a MiB.
const BYTES_MAX: u64 = 16 << 20;

/// A file, and what opens it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct StoreFile {
    /// Where it is.
    pub path: PathBuf,
    /// What opens it; of no meaning for PEM.
    pub password: String,
    /// What opens the key in it, if that is another.
    pub key_password: Option<String>,
}

impl fmt::Debug for StoreFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What stands in a store.
#[derive(Default)]
pub(crate) struct Contents {
    /// The first key, with its certificates, its own first.
    pub key: Option<(PrivateKeyDer<'static>, Vec<CertificateDer<'static>>)>,
    /// Certificates without a key.
    pub certificates: Vec<CertificateDer<'static>>,
}

/// Who a server is: a key, and the certificates that say whose it is.
pub struct Identity {
    /// The private key.
    pub(crate) key: PrivateKeyDer<'static>,
    /// Its certificate first, then those that signed it.
    pub(crate) chain: Vec<CertificateDer<'static>>,
    path: PathBuf,
}

impl StoreFile {
    /// A file without a password.
    pub fn at(path: impl Into<PathBuf>) -> StoreFile {
        StoreFile { path: path.into(), ..StoreFile::default() }
    }

    /// The key in it, with its certificates.
    ///
    /// # Errors
    ///
    /// It cannot be read or opened, or has no key.
    pub fn identity(&self) -> Result<Identity, StoreError> {
        let wrong = |what| StoreError { path: self.path.clone(), what };
        let (key, chain) = self.contents().map_err(wrong)?.key.ok_or_else(|| wrong(Wrong::NoKey))?;
        if chain.is_empty() {
            return Err(wrong(Wrong::NoCertificate));
        }
        Ok(Identity { key, chain, path: self.path.clone() })
    }

    /// All certificates in it, for somebody to trust.
    ///
    /// # Errors
    ///
    /// It cannot be read or opened, or has no certificate.
    pub(crate) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, StoreError> {
        let wrong = |what| StoreError { path: self.path.clone(), what };
        let contents = self.contents().map_err(wrong)?;
        let own = contents.key.into_iter().flat_map(|(_, chain)| chain);
        let all: Vec<_> = contents.certificates.into_iter().chain(own).collect();
        if all.is_empty() { Err(wrong(Wrong::NoCertificate)) } else { Ok(all) }
    }

    fn contents(&self) -> Result<Contents, Wrong> {
        let bytes = read(&self.path)?;
        let key_password = self.key_password.as_deref().unwrap_or(&self.password);
        match &bytes[..] {
            [0xFE, 0xED, 0xFE, 0xED, ..] => jks::read(&bytes, &self.password, key_password),
            [0xCE, 0xCE, 0xCE, 0xCE, ..] => Err(Wrong::Jceks(self.path.display().to_string())),
            [0x30, ..] => p12::read(&bytes, &self.password),
            _ if pem::is_pem(&bytes) => pem::read(&bytes),
            _ => Err(Wrong::Form),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Wrong> {
    let mut bytes = Vec::new();
    File::open(path)?.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > BYTES_MAX { Err(Wrong::Size) } else { Ok(bytes) }
}

impl Identity {
    /// What a person should know of its certificate at this time: that it has expired, soon will, or is not valid yet.
    pub fn warning(&self, now: SystemTime) -> Option<String> {
        let (_, read) = x509_parser::parse_x509_certificate(self.chain.first()?).ok()?;
        let now = now.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs() as i64;
        let (from, until) = (read.validity().not_before, read.validity().not_after);
        let soon = Duration::from_secs(14 * 86_400).as_secs() as i64;
        let what = if until.timestamp() < now {
            format!("expired on {until}: clients refuse it, unless they trust this very certificate")
        } else if from.timestamp() > now {
            format!("is valid only from {from} on; look at the clock")
        } else if until.timestamp() < now + soon {
            format!("expires on {until}")
        } else {
            return None;
        };
        Some(format!("the certificate in {} ({}) {what}", self.path.display(), read.subject()))
    }

    /// The file that it came from.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("path", &self.path).finish_non_exhaustive()
    }
}

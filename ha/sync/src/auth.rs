//! Who may use the link: proofs of a shared secret.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of a secret at least.
const SECRET_BYTES_MIN: usize = 16;

/// Bytes of a proof.
pub(crate) const PROOF_BYTES: usize = 32;

/// A secret that both nodes are given. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// A secret that is too short to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret of the sync port has {0} bytes; at least {SECRET_BYTES_MIN} are needed")]
pub struct SecretError(usize);

impl Secret {
    /// Takes the bytes as they are.
    ///
    /// # Errors
    ///
    /// Fewer than 16 bytes.
    pub fn new(bytes: &[u8]) -> Result<Secret, SecretError> {
        if bytes.len() < SECRET_BYTES_MIN { Err(SecretError(bytes.len())) } else { Ok(Secret(bytes.to_vec())) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Who is let in: nodes of the group that know one of the secrets.
#[derive(Clone, Debug)]
pub struct Access {
    /// The group; it is equal on both nodes.
    pub group: String,
    /// The secret by which this node proves itself.
    pub secret: Secret,
    /// A further one that is taken from the peer, while the secret is being changed on one node after the other.
    pub also: Option<Secret>,
}

/// Which end proves itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Connects,
    Listens,
}

/// What was said on a connection before the proofs.
pub(crate) struct Said<'a> {
    /// The hello of who connects, with its nonce.
    pub connects: &'a [u8],
    /// The hello of who listens, with its nonce.
    pub listens: &'a [u8],
}

impl Said<'_> {
    fn mac(&self, secret: &Secret, end: End) -> Hmac<Sha256> {
        // Of any length; the error is for other kinds of MAC.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&secret.0) else { unreachable!("HMAC takes any key") };
        mac.update(match end {
            End::Connects => b"riddhi-sync connects",
            End::Listens => b"riddhi-sync listens",
        });
        for hello in [self.connects, self.listens] {
            mac.update(&(hello.len() as u64).to_le_bytes());
            mac.update(hello);
        }
        mac
    }

    /// The proof of an end that knows the secret.
    pub(crate) fn prove(&self, access: &Access, end: End) -> [u8; PROOF_BYTES] {
        self.mac(&access.secret, end).finalize().into_bytes().into()
    }

    /// Whether that end knows one of the secrets. It takes the same time for any wrong proof.
    pub(crate) fn is_proved(&self, access: &Access, end: End, proof: &[u8]) -> bool {
        let by = |secret: &Secret| self.mac(secret, end).verify_slice(proof).is_ok();
        let (first, second) = (by(&access.secret), access.also.as_ref().is_some_and(by));
        first | second
    }
}

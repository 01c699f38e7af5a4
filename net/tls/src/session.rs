//! One end of an encrypted connection, without a socket: what came is opened, what goes is sealed.

use std::io::{ErrorKind, Read, Write};

use rustls::{AlertDescription, Error, PeerIncompatible, ServerConnection};

/// Bytes that are sealed at once at most; the rest waits until they are sent.
const SEAL_BYTES: usize = 64 << 10;

/// The server's end.
pub struct Session {
    tls: ServerConnection,
    /// Whether anything came.
    began: bool,
    ended: bool,
}

/// What opening gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Bytes in clear.
    pub bytes: usize,
    /// Whether the peer said that no more comes.
    pub ended: bool,
}

/// Why a handshake failed, as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The two have no version or suite in common.
    NothingInCommon,
    /// The peer does not trust the certificate.
    Untrusted,
    /// The peer does not speak TLS.
    NotTls,
    /// The peer ended it, or broke the protocol.
    Broken,
}

/// A handshake, or a connection behind it, that cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Failure {
    /// What kind it is.
    pub cause: Cause,
    /// In words.
    pub why: String,
}

impl Failure {
    pub(crate) fn of(error: &Error) -> Failure {
        let cause = match error {
            Error::PeerIncompatible(
                PeerIncompatible::NoCipherSuitesInCommon
                | PeerIncompatible::NoKxGroupsInCommon
                | PeerIncompatible::NoSignatureSchemesInCommon
                | PeerIncompatible::Tls12NotOfferedOrEnabled
                | PeerIncompatible::Tls12NotOffered
                | PeerIncompatible::Tls13RequiredForQuic
                | PeerIncompatible::SupportedVersionsExtensionRequired
                | PeerIncompatible::EcPointsExtensionRequired
                | PeerIncompatible::NamedGroupsExtensionRequired
                | PeerIncompatible::SignatureAlgorithmsExtensionRequired,
            )
            | Error::AlertReceived(
                AlertDescription::HandshakeFailure
                | AlertDescription::ProtocolVersion
                | AlertDescription::InsufficientSecurity,
            ) => Cause::NothingInCommon,
            Error::AlertReceived(
                AlertDescription::UnknownCA
                | AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateUnknown,
            ) => Cause::Untrusted,
            _ => Cause::Broken,
        };
        Failure { cause, why: error.to_string() }
    }

    fn not_tls() -> Failure {
        Failure { cause: Cause::NotTls, why: "the peer does not speak TLS".to_owned() }
    }
}

impl Session {
    pub(crate) fn new(tls: ServerConnection) -> Session {
        Session { tls, began: false, ended: false }
    }

    /// Whether the handshake is still going on.
    pub fn is_handshaking(&self) -> bool {
        self.tls.is_handshaking()
    }

    /// Whether anything has come from the peer.
    pub fn has_begun(&self) -> bool {
        self.began
    }

    /// Opens what came. `plain` must have room for as many bytes and 64 KiB more, the most that a library keeps of a
    /// connection; then all of it is opened. What is to be sent in answer is appended to `out`, also after an error.
    ///
    /// # Errors
    ///
    /// The connection cannot go on.
    pub fn open(&mut self, mut came: &[u8], plain: &mut [u8], out: &mut Vec<u8>) -> Result<Opened, Failure> {
        // A record of a handshake, or of an alert; versions of old have a length here.
        if !self.began && came.first().is_some_and(|first| !matches!(first, 0x16 | 0x15 | 0x80)) {
            return Err(Failure::not_tls());
        }
        self.began |= !came.is_empty();
        let mut bytes = 0;
        let mut failed = None;
        while !came.is_empty() && !self.ended && failed.is_none() {
            if let Err(e) = self.tls.read_tls(&mut came) {
                failed = Some(Failure { cause: Cause::Broken, why: e.to_string() });
                break;
            }
            match self.tls.process_new_packets() {
                Ok(state) => self.ended = state.peer_has_closed(),
                Err(e) => failed = Some(Failure::of(&e)),
            }
            bytes += self.drain(&mut plain[bytes..]);
        }
        self.take(out);
        failed.map_or(Ok(Opened { bytes, ended: self.ended }), Err)
    }

    fn drain(&mut self, plain: &mut [u8]) -> usize {
        let mut bytes = 0;
        loop {
            match self.tls.reader().read(&mut plain[bytes..]) {
                Ok(0) => return bytes,
                Ok(n) => bytes += n,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                // Nothing more for now, or the end of the connection, which its socket tells too.
                Err(_) => return bytes,
            }
        }
    }

    /// Seals as many bytes as go into 64 KiB and appends them to `out`; gives how many. None before the handshake is done.
    pub fn seal(&mut self, plain: &[u8], out: &mut Vec<u8>) -> usize {
        if self.is_handshaking() {
            return 0;
        }
        let n = self.tls.writer().write(&plain[..plain.len().min(SEAL_BYTES)]).unwrap_or(0);
        self.take(out);
        n
    }

    /// Says that no more comes.
    pub fn close(&mut self, out: &mut Vec<u8>) {
        self.tls.send_close_notify();
        self.take(out);
    }

    fn take(&mut self, out: &mut Vec<u8>) {
        while self.tls.wants_write() && self.tls.write_tls(out).is_ok() {}
    }
}

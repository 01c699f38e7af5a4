//! What agents of old offer: `TLS_DHE_RSA_WITH_AES_128_CBC_SHA`, over TLS 1.2.
//!
//! The settings that come in the agents' jars, 6.0.9 to 6.1.66, name RC4, 3DES, and AES-128 in CBC mode with RSA or ephemeral
//! Diffie-Hellman and no other suite. The last of them keeps past sessions secret when the key leaks, and it alone is served here,
//! behind those of today. Source: RFC 5246 (records, keys), RFC 7919 (the group).

mod cbc;
mod dhe;

use rustls::crypto::{CryptoProvider, KeyExchangeAlgorithm, ring};
use rustls::{CipherSuite, CipherSuiteCommon, SignatureScheme, SupportedCipherSuite, Tls12CipherSuite};

/// What records of one key may be: far fewer than are needed to tell AES in this mode from noise.
const RECORDS_MAX: u64 = 1 << 32;

/// RSA, as any of the agents can check it.
static SIGNATURES: [SignatureScheme; 6] = [
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA256,
];

/// The usual suites and groups, and behind them the old one.
pub(crate) fn provider() -> CryptoProvider {
    let mut provider = ring::default_provider();
    // Its hash and key derivation are those of any suite with SHA-256.
    let like = provider.cipher_suites.iter().find_map(|suite| match suite {
        SupportedCipherSuite::Tls12(suite) if suite.common.suite == LIKE => Some(*suite),
        _ => None,
    });
    if let Some(like) = like {
        // Kept for good: a listener's certificate lives as long as its port, and there are few of them.
        let suite: &'static Tls12CipherSuite = Box::leak(Box::new(Tls12CipherSuite {
            common: CipherSuiteCommon {
                suite: CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA,
                hash_provider: like.common.hash_provider,
                confidentiality_limit: RECORDS_MAX,
            },
            prf_provider: like.prf_provider,
            kx: KeyExchangeAlgorithm::DHE,
            sign: &SIGNATURES,
            aead_alg: &cbc::Aes128CbcSha1,
        }));
        provider.cipher_suites.push(SupportedCipherSuite::Tls12(suite));
        provider.kx_groups.push(&dhe::Ffdhe2048);
    }
    provider
}

const LIKE: CipherSuite = CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::sync::Arc;

    use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
    use rustls::{ClientConfig, ClientConnection, RootCertStore, version};

    use super::*;
    use crate::{Acceptor, Session, StoreFile};

    const STORE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/rsa.pem");

    /// A client that offers the old suite alone.
    fn client() -> ClientConnection {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(STORE).unwrap()).unwrap();
        let mut provider = provider();
        provider.cipher_suites.retain(|suite| suite.suite() == CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA);
        let config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[&version::TLS12])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap()
    }

    fn server(legacy: bool) -> Session {
        let identity = StoreFile::at(std::path::Path::new(STORE)).identity().unwrap();
        let acceptor = if legacy { Acceptor::legacy(identity) } else { Acceptor::new(identity) };
        acceptor.unwrap().session().unwrap()
    }

    /// What the client has to say goes to the server, `damage` on its way; what it opens is given.
    fn over(
        client: &mut ClientConnection,
        server: &mut Session,
        damage: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Vec<u8>, String> {
        let (mut came, mut back) = (Vec::new(), Vec::new());
        while client.wants_write() {
            client.write_tls(&mut came).unwrap();
        }
        damage(&mut came);
        let mut plain = vec![0; came.len() + (64 << 10)];
        let opened = server.open(&came, &mut plain, &mut back).map_err(|e| e.to_string())?;
        plain.truncate(opened.bytes);
        let mut back = &back[..];
        while !back.is_empty() {
            client.read_tls(&mut back).unwrap();
            client.process_new_packets().map_err(|e| e.to_string())?;
        }
        Ok(plain)
    }

    fn shaken() -> (ClientConnection, Session) {
        let (mut client, mut server) = (client(), server(true));
        while client.is_handshaking() || server.is_handshaking() {
            assert_eq!(over(&mut client, &mut server, |_| {}), Ok(vec![]));
        }
        (client, server)
    }

    #[test]
    fn records_of_all_lengths_come_through_in_both_directions() {
        let (mut client, mut server) = shaken();
        assert_eq!(client.negotiated_cipher_suite().unwrap().suite(), CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA);
        for length in (0..100).chain([255, 256, 1000, 16_383, 16_384, 16_385, 40_000]) {
            let said: Vec<u8> = (0..length).map(|i| i as u8).collect();
            client.writer().write_all(&said).unwrap();
            assert_eq!(over(&mut client, &mut server, |_| {}).unwrap(), said);
            let mut sealed = Vec::new();
            assert_eq!(server.seal(&said, &mut sealed), said.len());
            let mut heard = Vec::new();
            let mut from = &sealed[..];
            while !from.is_empty() {
                client.read_tls(&mut from).unwrap();
                client.process_new_packets().unwrap();
                let _ = client.reader().read_to_end(&mut heard);
            }
            assert_eq!(heard, said);
        }
    }

    #[test]
    fn a_record_with_any_byte_changed_is_refused_with_one_error() {
        // Head, first block, what is said, checksum and padding.
        for at in (0..5 + 16 + 48).filter(|at| *at > 4) {
            for bit in [0x01, 0x80] {
                let (mut client, mut server) = shaken();
                client.writer().write_all(b"0123456789").unwrap();
                let refused = over(&mut client, &mut server, |came| {
                    assert!(came.len() >= 5 + 16 + 32);
                    let at = 5 + (at - 5) % (came.len() - 5);
                    came[at] ^= bit;
                });
                assert_eq!(refused, Err("cannot decrypt peer's message".to_owned()), "{at}");
            }
        }
    }

    #[test]
    fn it_is_served_only_when_asked_for() {
        let refused = over(&mut client(), &mut server(false), |_| {});
        assert!(refused.is_err(), "{refused:?}");
    }
}

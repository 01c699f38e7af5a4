//! JKS, the key store of Java up to version 8, which installations of WSO2's products still have.
//!
//! A store is a list of entries, keys with their chains and certificates alone, and a digest over all of it with the password
//! in front. A key is hidden by a stream of digests that begins with the key's password and a salt.

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha1::{Digest, Sha1};

use crate::error::Wrong;
use crate::store::Contents;

const DIGEST: usize = 20;

/// What stands between password and bytes in the digest of a store.
const WHITENER: &[u8] = b"Mighty Aphrodite";

/// How a key names the way it is hidden: 1.3.6.1.4.1.42.2.17.1.1.
const HIDDEN: &[u8] = &[0x06, 0x0A, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x2A, 0x02, 0x11, 0x01, 0x01];

/// Reads it: its first key, and all certificates without one.
pub(crate) fn read(bytes: &[u8], password: &str, key_password: &str) -> Result<Contents, Wrong> {
    let body = bytes.len().checked_sub(DIGEST).ok_or_else(cut)?;
    let (body, digest) = bytes.split_at(body);
    let ours = Sha1::new().chain_update(wide(password)).chain_update(WHITENER).chain_update(body).finalize();
    if ours[..] != *digest {
        return Err(Wrong::Password);
    }
    let mut from = Reader(&body[4..]);
    let version = from.number()?;
    if !(1..=2).contains(&version) {
        return Err(Wrong::Damaged(format!("it has the version {version}")));
    }
    let mut contents = Contents::default();
    for _ in 0..from.number()? {
        let kind = from.number()?;
        let (_alias, _date) = (from.text()?, from.bytes(8)?);
        match kind {
            1 => {
                let hidden = from.block()?;
                let chain = (0..from.number()?).map(|_| from.certificate(version));
                let chain = chain.collect::<Result<Vec<_>, _>>()?;
                if contents.key.is_none() {
                    contents.key = Some((PrivateKeyDer::Pkcs8(unhide(hidden, key_password)?.into()), chain));
                }
            }
            2 => contents.certificates.push(from.certificate(version)?),
            other => return Err(Wrong::Damaged(format!("it has an entry of the kind {other}"))),
        }
    }
    Ok(contents)
}

/// A key in clear. `hidden` is a sequence of an algorithm, which must be Java's own, and a block: salt, bytes, check.
fn unhide(hidden: &[u8], password: &str) -> Result<Vec<u8>, Wrong> {
    let damaged = || Wrong::Damaged("a key in it is no key".to_owned());
    let at = hidden.windows(HIDDEN.len()).position(|w| w == HIDDEN);
    let at =
        at.filter(|at| *at < 16).ok_or_else(|| Wrong::Damaged("a key in it is hidden in another way".to_owned()))?;
    let mut rest = &hidden[at + HIDDEN.len()..];
    // The algorithm's parameters: none, or a null.
    rest = rest.strip_prefix(&[0x05, 0x00]).unwrap_or(rest);
    let block = octets(rest).filter(|b| b.len() > 2 * DIGEST).ok_or_else(damaged)?;
    let (salt, block) = block.split_at(DIGEST);
    let (key, check) = block.split_at(block.len() - DIGEST);
    let password = wide(password);
    let mut clear = Vec::with_capacity(key.len());
    let mut stream: [u8; DIGEST] = salt.try_into().map_err(|_| damaged())?;
    for piece in key.chunks(DIGEST) {
        stream = Sha1::new().chain_update(&password).chain_update(stream).finalize().into();
        clear.extend(piece.iter().zip(stream).map(|(a, b)| a ^ b));
    }
    let ours = Sha1::new().chain_update(&password).chain_update(&clear).finalize();
    if ours[..] == *check { Ok(clear) } else { Err(Wrong::KeyPassword) }
}

/// The bytes of an octet string in DER that ends where `der` does.
fn octets(der: &[u8]) -> Option<&[u8]> {
    let [0x04, length, rest @ ..] = der else { return None };
    let (length, rest) = match usize::from(*length) {
        short @ 0..0x80 => (short, rest),
        long => {
            let digits = rest.get(..long - 0x80).filter(|d| (1..=4).contains(&d.len()))?;
            (digits.iter().fold(0, |n, d| n << 8 | usize::from(*d)), &rest[digits.len()..])
        }
    };
    (rest.len() == length).then_some(rest)
}

/// Two bytes a character, the higher one first.
fn wide(password: &str) -> Vec<u8> {
    password.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn cut() -> Wrong {
    Wrong::Damaged("it ends in the middle".to_owned())
}

/// Numbers and blocks, one after another; every length is compared with what is there.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, n: usize) -> Result<&'a [u8], Wrong> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or_else(cut)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, Wrong> {
        Ok(self.bytes(4)?.iter().fold(0, |n, b| n << 8 | u32::from(*b)))
    }

    fn block(&mut self) -> Result<&'a [u8], Wrong> {
        let n = self.number()? as usize;
        self.bytes(n)
    }

    fn text(&mut self) -> Result<&'a [u8], Wrong> {
        let n = self.bytes(2)?.iter().fold(0, |n, b| n << 8 | usize::from(*b));
        self.bytes(n)
    }

    fn certificate(&mut self, version: u32) -> Result<CertificateDer<'static>, Wrong> {
        if version == 2 {
            let kind = self.text()?;
            if kind != b"X.509" {
                return Err(Wrong::Damaged("it has a certificate that is not X.509".to_owned()));
            }
        }
        Ok(CertificateDer::from(self.block()?.to_vec()))
    }
}

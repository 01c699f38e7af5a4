//! Certificates and files of a test.
#![allow(dead_code)]

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use sha1::{Digest, Sha1};

/// A certificate that signed itself, and its key.
pub struct Made {
    pub cert: String,
    pub key: String,
    pub cert_der: Vec<u8>,
    pub key_der: Vec<u8>,
}

pub fn made(names: &[&str]) -> Made {
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2100, 1, 1));
    let key = KeyPair::generate().unwrap();
    let cert = params.self_signed(&key).unwrap();
    Made { cert: cert.pem(), key: key.serialize_pem(), cert_der: cert.der().to_vec(), key_der: key.serialize_der() }
}

/// A folder that goes with the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("riddhi-tls-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn wide(password: &str) -> Vec<u8> {
    password.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    parts.iter().fold(Sha1::new(), |d, part| d.chain_update(part)).finalize().into()
}

fn der(tag: u8, inner: &[u8]) -> Vec<u8> {
    let n = inner.len() as u16;
    let length = if n < 0x80 { vec![n as u8] } else { [&[0x82][..], &n.to_be_bytes()].concat() };
    [&[tag][..], &length, inner].concat()
}

/// A key hidden as Java hides it.
fn hidden(key: &[u8], password: &str) -> Vec<u8> {
    let password = wide(password);
    let salt = [7; 20];
    let (mut stream, mut bytes) = (salt, salt.to_vec());
    for piece in key.chunks(20) {
        stream = sha1(&[&password, &stream]);
        bytes.extend(piece.iter().zip(stream).map(|(a, b)| a ^ b));
    }
    bytes.extend(sha1(&[&password, key]));
    let algorithm = [0x06, 0x0A, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x2A, 0x02, 0x11, 0x01, 0x01, 0x05, 0x00];
    der(0x30, &[der(0x30, &algorithm), der(0x04, &bytes)].concat())
}

/// A JKS store with a key, and its certificate once more as one to trust.
pub fn jks(made: &Made, password: &str, key_password: &str) -> Vec<u8> {
    let text = |t: &str| [&(t.len() as u16).to_be_bytes()[..], t.as_bytes()].concat();
    let block = |b: &[u8]| [&(b.len() as u32).to_be_bytes()[..], b].concat();
    let number = |n: u32| n.to_be_bytes().to_vec();
    let certificate = [text("X.509"), block(&made.cert_der)].concat();
    let head = |kind: u32, alias: &str| [number(kind), text(alias), vec![0; 8]].concat();
    let body = [
        number(0xFEED_FEED),
        number(2),
        number(2),
        head(1, "wso2carbon"),
        block(&hidden(&made.key_der, key_password)),
        number(1),
        certificate.clone(),
        head(2, "ca"),
        certificate,
    ]
    .concat();
    let digest = sha1(&[&wide(password), b"Mighty Aphrodite", &body]);
    [&body[..], &digest].concat()
}

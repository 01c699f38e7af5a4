//! Key stores in all forms, made here: nothing secret is kept in the repository.

mod support;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use p12_keystore::{Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use riddhi_tls::{Acceptor, Connector, StoreFile, Trust};
use support::{Folder, jks, made};

fn file(path: PathBuf, password: &str) -> StoreFile {
    StoreFile { path, password: password.into(), key_password: None }
}

/// What is said of a store that a server should use.
fn refusal(store: &StoreFile) -> String {
    match store.identity().and_then(Acceptor::new) {
        Ok(_) => panic!("{store:?} was taken"),
        Err(e) => e.to_string(),
    }
}

#[test]
fn pem_has_certificate_and_key_in_any_order() {
    let (folder, made) = (Folder::new(), made(&["localhost"]));
    for (name, text) in [("a", [&made.cert, &made.key]), ("b", [&made.key, &made.cert])] {
        let store = StoreFile::at(folder.file(name, text.map(|s| s.as_str()).concat().as_bytes()));
        Acceptor::new(store.identity().unwrap()).unwrap();
    }
    let alone = StoreFile::at(folder.file("cert", made.cert.as_bytes()));
    assert!(refusal(&alone).contains("no private key"), "{}", refusal(&alone));
    let trust = Trust { store: Some(alone), ..Trust::default() };
    Connector::new(&trust).unwrap();
    let alone = StoreFile::at(folder.file("key", made.key.as_bytes()));
    assert!(refusal(&alone).contains("has no certificate"));
    let hidden = made.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let hidden = StoreFile::at(folder.file("hidden", (made.cert.clone() + &hidden).as_bytes()));
    assert!(refusal(&hidden).contains("openssl pkey"), "{}", refusal(&hidden));
    let other = support::made(&["localhost"]);
    let mixed = StoreFile::at(folder.file("mixed", (made.cert + &other.key).as_bytes()));
    assert!(refusal(&mixed).contains("its key cannot be used"), "{}", refusal(&mixed));
}

#[test]
fn pkcs12_old_and_new() {
    let (folder, made) = (Folder::new(), made(&["localhost"]));
    let algorithms = [
        EncryptionAlgorithm::PbeWithHmacSha256AndAes256,
        EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc,
        EncryptionAlgorithm::PbeWithShaAnd40BitRc4Cbc,
    ];
    for (i, algorithm) in algorithms.into_iter().enumerate() {
        let certificate = Certificate::from_der(&made.cert_der).unwrap();
        let chain = PrivateKeyChain::new("id", PrivateKey::from_der(&made.key_der).unwrap(), [certificate]);
        let mut store = KeyStore::new();
        store.add_entry("server", KeyStoreEntry::PrivateKeyChain(chain));
        let bytes = store.writer("secret").encryption_algorithm(algorithm).write().unwrap();
        let path = folder.file(&format!("{i}.p12"), &bytes);
        Acceptor::new(file(path.clone(), "secret").identity().unwrap()).unwrap();
        assert!(refusal(&file(path, "other")).contains("the password does not open it"));
        let cut = folder.file("cut.p12", &bytes[..bytes.len() / 2]);
        assert!(refusal(&file(cut, "secret")).contains("damaged"));
    }
}

#[test]
fn jks_with_keys_and_with_certificates() {
    let (folder, made) = (Folder::new(), made(&["localhost"]));
    let bytes = jks(&made, "store", "store");
    let path = folder.file("a.jks", &bytes);
    Acceptor::new(file(path.clone(), "store").identity().unwrap()).unwrap();
    assert!(refusal(&file(path.clone(), "other")).contains("the password does not open it"));
    Connector::new(&Trust { store: Some(file(path, "store")), ..Trust::default() }).unwrap();

    let path = folder.file("b.jks", &jks(&made, "store", "key"));
    assert!(refusal(&file(path.clone(), "store")).contains("another password"));
    let both = StoreFile { key_password: Some("key".into()), ..file(path, "store") };
    Acceptor::new(both.identity().unwrap()).unwrap();
    // Whatever byte of it is another one: no panic, and no key.
    for i in 0..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[i] ^= 0x55;
        let path = folder.file("c.jks", &bytes);
        assert!(file(path, "store").identity().is_err(), "byte {i}");
    }
}

#[test]
fn what_is_no_store_is_said_by_name() {
    let folder = Folder::new();
    let missing = refusal(&StoreFile::at("/nowhere/wso2carbon.jks"));
    assert_eq!(missing, "the key store /nowhere/wso2carbon.jks: there is no such file");
    assert!(refusal(&StoreFile::at(folder.file("x", b"hello"))).contains("neither PEM nor PKCS#12 nor JKS"));
    let jceks = refusal(&StoreFile::at(folder.file("x", &[0xCE, 0xCE, 0xCE, 0xCE, 0, 0, 0, 2])));
    assert!(jceks.contains("keytool -importkeystore"), "{jceks}");
    let shown = format!("{:?}", file("a".into(), "secret"));
    assert!(!shown.contains("secret"), "{shown}");
}

#[test]
fn a_certificate_out_of_date_is_told() {
    let (folder, made) = (Folder::new(), made(&["localhost"]));
    let store = StoreFile::at(folder.file("a", (made.cert.clone() + &made.key).as_bytes()));
    let identity = store.identity().unwrap();
    let year = Duration::from_secs(365 * 86_400);
    let now = SystemTime::now();
    assert_eq!(identity.warning(now), None);
    assert!(identity.warning(now + 100 * year).unwrap().contains("expired on"));
    assert!(identity.warning(now - 100 * year / 2).is_some_and(|w| w.contains("look at the clock")));
}

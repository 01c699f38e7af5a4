//! Why a file of keys and certificates cannot be used, and what to do.

use std::io;
use std::path::PathBuf;

/// What is wrong with a store, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("the key store {}: {what}", path.display())]
pub struct StoreError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    #[source]
    pub what: Wrong,
}

/// What is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// The file.
    #[error("{}", why_not(.0))]
    Io(#[from] io::Error),
    /// It is too large to be one.
    #[error("it has more than 16 MiB and is no key store")]
    Size,
    /// None of the forms.
    #[error("it is neither PEM nor PKCS#12 nor JKS")]
    Form,
    /// A form of Java that is not read.
    #[error(
        "it is a JCEKS store; turn it into PKCS#12: keytool -importkeystore -srckeystore {0} -srcstoretype JCEKS \
         -destkeystore {0}.p12 -deststoretype PKCS12"
    )]
    Jceks(String),
    /// It is not what it begins as.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// The password of the store.
    #[error("the password does not open it; give the one that `keytool -list -keystore` takes")]
    Password,
    /// The password of the key.
    #[error("the store opens, but its key has another password; give the key's too")]
    KeyPassword,
    /// A key that only a person can open.
    #[error(
        "its key is encrypted; write it in clear: openssl pkey -in FILE -out key.pem, and put the certificate behind it"
    )]
    EncryptedPem,
    /// No key.
    #[error(
        "it has certificates but no private key; a server needs both (in PEM: the certificate, those that signed it, then the \
         key, in one file)"
    )]
    NoKey,
    /// No certificate.
    #[error("it has no certificate")]
    NoCertificate,
    /// The key does not fit the certificate, or is not strong enough.
    #[error(
        "its key cannot be used: {0}; RSA keys need 2048 bits at least: keytool -genkeypair -keyalg RSA -keysize 2048"
    )]
    Key(String),
    /// A certificate that cannot be trusted.
    #[error("it has a certificate that cannot be read: {0}")]
    Certificate(String),
}

fn why_not(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        _ => error.to_string(),
    }
}

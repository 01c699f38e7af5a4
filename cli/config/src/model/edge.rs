//! What faces clients and apps.

use crate::model::{Address, Secret};

/// The receiver of WSO2 events.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DataBridge {
    /// The Binary protocol's ports; none: closed.
    pub binary: Option<Ports>,
    /// Thrift's ports; none: closed.
    pub thrift: Option<Ports>,
    /// Who may log in; nobody, if it is empty.
    pub users: Vec<User>,
    /// Whether admin/admin may.
    pub allow_default_password: bool,
    /// Answers to overload that agents take for worth another try, instead of those that they survive.
    pub retry_errors: bool,
    /// The certificate of the TLS ports.
    pub key_store: Option<KeyStore>,
    /// Minutes after which an idle session is forgotten.
    pub session_minutes: u32,
}

/// A plain and a TLS port of one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The address to bind.
    pub host: String,
    /// Without TLS.
    pub port: u16,
    /// With TLS.
    pub tls_port: u16,
}

/// Somebody who may log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name.
    pub name: String,
    /// In clear.
    pub password: Secret,
}

/// A file of keys and certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyStore {
    /// Its path; `${carbon.home}` may stand in it.
    pub path: String,
    /// What opens it.
    pub password: Secret,
    /// What opens the key in it, if that is another.
    pub key_password: Option<Secret>,
}

/// TLS of what has no key store of its own.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Tls {
    /// Key and certificate of https sources; also of the data bridge and the sync port, if they name none.
    pub key_store: Option<KeyStore>,
    /// Whom https sinks trust that name no store; none: whom the system trusts.
    pub trust_store: Option<KeyStore>,
    /// Serve suites that today's libraries do not offer, on the data bridge's TLS ports only.
    pub legacy: bool,
}

/// A port for HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// What the file calls it.
    pub id: String,
    /// Where.
    pub address: Address,
    /// With TLS, its certificate.
    pub key_store: Option<KeyStore>,
    /// The scheme is https.
    pub tls: bool,
}

/// What apps and extensions are handed.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Siddhi {
    /// Settings of extensions.
    pub extensions: Vec<Extension>,
    /// What `ref='name'` stands for.
    pub refs: Vec<Reference>,
    /// Settings of the engine.
    pub properties: Vec<(String, String)>,
}

/// Settings of one extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// As in `source:http`, what stands before the colon.
    pub namespace: String,
    /// And behind it.
    pub name: String,
    /// The settings.
    pub properties: Vec<(String, String)>,
}

/// What `ref='name'` stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The name.
    pub name: String,
    /// The type of source, sink or store.
    pub kind: String,
    /// Its options.
    pub properties: Vec<(String, String)>,
}

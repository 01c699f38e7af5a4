//! The certificate of ports with TLS, and what is said when a handshake fails.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use riddhi_edge::{Acceptor, Cause, Failure, Secure};
pub use riddhi_tls::StoreFile;

use crate::registry::Say;

/// How Java calls TLS; which version is spoken the two ends agree on, whatever the name.
pub(crate) const PROTOCOLS: [&str; 3] = ["TLS", "TLSv1.2", "TLSv1.3"];

/// Forms of key stores; a store tells its form itself.
pub(crate) const STORES: [&str; 3] = ["JKS", "PKCS12", "PEM"];

/// What a port is for, as far as handshakes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// Publishers of the data bridge; perhaps also those that offer suites of old alone.
    Agents { legacy: bool },
    /// Sources of type http.
    Http,
}

/// TLS with the key and the certificate of a store, which is read anew each time a port opens.
pub(crate) fn secure(store: &StoreFile, what: For, say: &Say) -> Result<Arc<Secure>, String> {
    let identity = store.identity().map_err(|e| e.to_string())?;
    if let Some(warning) = identity.warning(SystemTime::now()) {
        say(&format!("warning: {warning}"));
    }
    let acceptor = match what {
        For::Agents { legacy: true } => {
            say("note: the data bridge's TLS ports serve TLS_DHE_RSA_WITH_AES_128_CBC_SHA too, for agents that offer \
                 nothing better (tls: legacy)");
            Acceptor::legacy(identity)
        }
        _ => Acceptor::new(identity),
    };
    let acceptor = acceptor.map_err(|e| e.to_string())?;
    let say = say.clone();
    Ok(Secure::new(acceptor, move |peer, failure| say(&told(what, peer, failure))))
}

/// The line about the first handshake of a kind that failed.
fn told(what: For, peer: SocketAddr, failure: &Failure) -> String {
    let port = match what {
        For::Agents { .. } => "the data bridge",
        For::Http => "an https source",
    };
    let help = match (failure.cause, what) {
        (Cause::NothingInCommon, For::Agents { legacy: false }) => {
            "; the agent offers old suites only: in its data-agent-config (data.agent.config) set `ciphers` to \
             TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 and `sslEnabledProtocols` to TLSv1.2, or serve it here by `tls: legacy: true`"
        }
        (Cause::NothingInCommon, For::Agents { legacy: true }) => {
            "; in the agent's data-agent-config (data.agent.config) `ciphers` must have TLS_DHE_RSA_WITH_AES_128_CBC_SHA or \
             TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, and `sslEnabledProtocols` TLSv1.2"
        }
        (Cause::NothingInCommon, For::Http) => {
            "; TLS 1.2 and 1.3 are spoken here, with ECDHE and AES-GCM or ChaCha20-Poly1305"
        }
        (Cause::Untrusted, For::Agents { .. }) => {
            "; put the certificate into the agent's trust store (`trustStorePath`): keytool -importcert"
        }
        (Cause::Untrusted, For::Http) => "; the client must trust the certificate, or the authority that signed it",
        (Cause::NotTls, For::Agents { .. }) => "; it speaks in clear: the port without TLS is 100 below",
        (Cause::NotTls, For::Http) => "; it speaks in clear: the port is for https",
        (Cause::Broken, _) => "",
    };
    let (ip, why) = (peer.ip(), &failure.why);
    format!(
        "warning: {port}: a TLS handshake with {ip} failed: {why}{help}. Further ones of this kind are only counted"
    )
}

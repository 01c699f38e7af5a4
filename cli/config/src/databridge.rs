//! `databridge.config` and the users of `auth.configs`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use riddhi_ql::Diagnostic;

use crate::carbon::key_store;
use crate::code;
use crate::model::{DataBridge, Ports, Secret, User, Why};
use crate::section::{Cx, Found, Section};

/// Ports of both protocols without offset: plain, TLS.
const BINARY: [u16; 2] = [9611, 9711];
const THRIFT: [u16; 2] = [7611, 7711];

/// The receiver of a worker. Without a list of receivers it listens on the ports that the product listens on.
pub(crate) fn databridge(root: &mut Section, offset: u16, cx: &mut Cx) -> DataBridge {
    let mut section = root.section("databridge.config", cx);
    section.unused(&["workerThreads", "maxEventBufferCapacity", "eventBufferSize"], Why::Gone, cx);
    let mut read = DataBridge {
        key_store: key_store(&mut section, ["keyStoreLocation", "keyStorePassword"], None, cx),
        session_minutes: section.number("clientTimeoutMin", 1..=100_000, cx).unwrap_or(30),
        ..common(&mut section, cx)
    };
    let listed = section.has("dataReceivers");
    for mut outer in section.list("dataReceivers", cx) {
        // Older files have a `dataReceiver` around each.
        let mut receiver = if outer.has("dataReceiver") { outer.section("dataReceiver", cx) } else { outer };
        let binary = receiver.choice("type", &[("Thrift", false), ("Binary", true)], cx);
        let mut properties = receiver.section("properties", cx);
        let ports = ports(&mut properties, binary.unwrap_or(false), ["hostName", "tcpPort", "sslPort"], offset, cx);
        properties.unused(&["tcpReceiverThreadPoolSize", "sslReceiverThreadPoolSize"], Why::Gone, cx);
        properties.refused(
            "sslEnabledProtocols",
            "versions of TLS cannot be chosen",
            "take it out: TLS 1.2 and 1.3 are served",
            cx,
        );
        properties.refused(
            "ciphers",
            "suites cannot be chosen",
            "take it out: those of ECDHE with AES-GCM or ChaCha20-Poly1305 are served",
            cx,
        );
        properties.end(cx);
        receiver.end(cx);
        match binary {
            Some(true) => read.binary = ports,
            Some(false) => read.thrift = ports,
            None => {}
        }
    }
    if !listed {
        read.binary = default_ports(true, offset);
        read.thrift = default_ports(false, offset);
    }
    let at = section.span_of("keyStoreLocation");
    if read.key_store.as_ref().is_some_and(|k| k.path.contains("${")) {
        let message = "the certificate of the data bridge's TLS ports cannot be found: `carbon.home` is not set";
        cx.warning(
            code::NO_PATH,
            message,
            at,
            "give -D carbon.home=DIR, or CARBON_HOME in the environment, or write the path itself",
        );
    }
    section.end(cx);
    auth(root, &mut read, cx);
    read
}

/// What the product's section and Riddhi's own have in common.
pub(crate) fn common(section: &mut Section, cx: &mut Cx) -> DataBridge {
    let allow_default_password = section.flag("allow_default_password", cx).unwrap_or(false);
    let words = [("session_expired", false), ("retry", true)];
    let retry_errors = section.choice("errors", &words, cx).unwrap_or(false);
    DataBridge { allow_default_password, retry_errors, session_minutes: 30, ..DataBridge::default() }
}

pub(crate) fn ports(
    section: &mut Section,
    binary: bool,
    [host, plain, tls]: [&'static str; 3],
    offset: u16,
    cx: &mut Cx,
) -> Option<Ports> {
    let host = section.text(host, cx).map_or_else(|| "0.0.0.0".to_owned(), |f| f.text);
    let [port, tls_port] = if binary { BINARY } else { THRIFT };
    let highest = u16::MAX - offset;
    let port = section.number(plain, 1..=highest, cx).unwrap_or(port) + offset;
    let tls_port = section.number(tls, 1..=highest, cx).unwrap_or(tls_port) + offset;
    Some(Ports { host, port, tls_port })
}

pub(crate) fn default_ports(binary: bool, offset: u16) -> Option<Ports> {
    let [port, tls_port] = if binary { BINARY } else { THRIFT };
    Some(Ports { host: "0.0.0.0".to_owned(), port: port + offset, tls_port: tls_port + offset })
}

/// The users of the file, those with a password that everybody knows only if they are allowed.
fn auth(root: &mut Section, read: &mut DataBridge, cx: &mut Cx) {
    let mut auth = root.section("auth.configs", cx);
    let kind = auth.text("type", cx);
    auth.unused(&["ssoEnabled", "properties", "restAPIAuthConfigs", "queries"], Why::Gone, cx);
    let mut manager = auth.section("userManager", cx);
    manager.unused(&["adminRole"], Why::Gone, cx);
    let mut store = manager.section("userStore", cx);
    store.unused(&["roles"], Why::Gone, cx);
    let span = store.span;
    for mut outer in store.list("users", cx) {
        let mut inner = outer.section("user", cx);
        let name = inner.required("username", "say who may log in", cx);
        let password = inner.required("password", "give it in base64, as `echo -n secret | base64` prints it", cx);
        inner.unused(&["roles"], Why::Gone, cx);
        inner.end(cx);
        outer.end(cx);
        let Some((name, password)) = name.zip(password) else { continue };
        if let Some(password) = clear(&password, cx) {
            read.users.push(User { name: name.text, password });
        }
    }
    // Roles say what may be done in places that do not exist here; that is one remark, not one a user.
    cx.unused.retain(|u| !(u.path.contains("].user.roles") || u.path.ends_with("user: roles")));
    store.end(cx);
    manager.end(cx);
    auth.end(cx);
    if let Some(kind) = kind.filter(|k| k.text.eq_ignore_ascii_case("external")) {
        let help = "list the users under `auth.configs: userManager.userStore.users` with `type: local`";
        cx.error(code::UNSUPPORTED, "users of an external identity provider are not supported", kind.span, help);
    }
    if !read.users.is_empty() {
        let message =
            "the users of the data bridge stand in the file, their passwords readable by anybody who reads it";
        let help = "let nobody but the service read the file, and put the passwords in by `${env:NAME}`";
        cx.warning(code::CREDENTIALS, message, span, help);
    }
    default_password(read, span, cx);
}

/// admin/admin only by a key of its own.
pub(crate) fn default_password(read: &mut DataBridge, span: riddhi_ql::Span, cx: &mut Cx) {
    let is_default = |u: &User| u.name == "admin" && u.password.0 == "admin";
    if read.allow_default_password {
        if !read.users.iter().any(|u| u.name == "admin") {
            read.users.push(User { name: "admin".to_owned(), password: Secret("admin".to_owned()) });
        }
        let message = "admin may log in to the data bridge with the password that everybody knows";
        cx.warning(
            code::CREDENTIALS,
            message,
            span,
            "give the agents a user of their own and take `allow_default_password` out",
        );
    } else if read.users.iter().any(is_default) {
        read.users.retain(|u| !is_default(u));
        let message = "admin may not log in to the data bridge with the password that everybody knows";
        let help = "give it another password, or write `allow_default_password: true` in `databridge.config`";
        cx.warning(code::CREDENTIALS, message, span, help);
    }
}

/// A password out of its base64.
fn clear(found: &Found, cx: &mut Cx) -> Option<Secret> {
    let bytes = STANDARD.decode(found.text.trim()).ok();
    let text = bytes.and_then(|b| String::from_utf8(b).ok());
    if text.is_none() {
        let told = Diagnostic::error(code::KIND, "the password is not in base64", found.span);
        cx.diagnostics.push(found.told(told.help("write what `echo -n secret | base64` prints")));
    }
    text.map(Secret)
}

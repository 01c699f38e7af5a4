//! `@sink(type='http')`: a request a message, one after another over one connection that stays open, so that the order is kept.
//!
//! Invariant: a message counts as sent only when the server has answered 2xx. With `on.error='wait'` what was not answered is
//! sent again, and it is said when it may have arrived before; else it counts as lost.

mod client;

use riddhi_plan::connector::{ConnectorPlan, Options};
use riddhi_plan::registry::{ConnectorSpec, OptionProblem, OptionSpec, OptionType, Payload};
use riddhi_tls::{StoreFile, Trust};

use self::client::{Broken, Client};
use super::{Published, Sink, Unsent, on_error};
use crate::names::Names;
use crate::network::tls::{PROTOCOLS, STORES};
use crate::registry::{Say, Setting, not_yet, option, required};
use crate::url::Url;

/// Siddhi's options that are not there yet.
const MISSING: [&str; 30] = [
    "https.keystore.file",
    "https.keystore.password",
    "https.keystore.key.password",
    "oauth.username",
    "oauth.password",
    "consumer.key",
    "consumer.secret",
    "body.consumer.key",
    "body.consumer.secret",
    "token.url",
    "refresh.token",
    "oauth.scope",
    "socket.idle.timeout",
    "chunk.disabled",
    "ssl.configurations",
    "proxy.host",
    "proxy.port",
    "proxy.username",
    "proxy.password",
    "client.bootstrap.configurations",
    "max.pool.active.connections",
    "min.pool.idle.connections",
    "max.pool.idle.connections",
    "executor.service.threads",
    "min.evictable.idle.time",
    "time.between.eviction.runs",
    "max.wait.time",
    "test.on.borrow",
    "test.while.idle",
    "exhausted.action",
];

/// Its options.
pub(crate) fn spec() -> ConnectorSpec {
    use OptionType::{Bool, OneOf, Text};
    let mut options = vec![
        OptionSpec { dynamic: true, ..required("publisher.url", Text) },
        option("basic.auth.username", Text),
        option("basic.auth.password", Text),
        option("headers", Text),
        option("method", OneOf(&["POST", "PUT", "PATCH"])),
        option("https.truststore.file", Text),
        option("https.truststore.password", Text),
        option("ssl.verification.disabled", Bool),
        option("hostname.verification.enabled", Bool),
        option("ssl.protocol", OneOf(&PROTOCOLS)),
        option("tls.store.type", OneOf(&STORES)),
        on_error::option(),
    ];
    options.extend(MISSING.iter().map(|name| option(name, Text)));
    ConnectorSpec { name: "http", options, payload: Payload::Bytes, properties: Vec::new(), check }
}

fn check(plan: &ConnectorPlan) -> Vec<OptionProblem> {
    let o = &plan.options;
    let mut found = on_error::check(plan);
    found.extend(MISSING.iter().filter(|name| o.get(name).is_some()).map(|name| not_yet(name)));
    if let Some(Err(why)) = o.text("publisher.url").map(Url::parse) {
        found.push(OptionProblem::wrong("publisher.url", why, "write it like http://host:8080/path"));
    }
    if o.get("basic.auth.username").is_some() != o.get("basic.auth.password").is_some() {
        let help = "give `basic.auth.username` and `basic.auth.password`";
        found.push(OptionProblem::whole("one half of a name and a password", help));
    }
    if let Some(Err(why)) = o.text("headers").map(headers) {
        found.push(OptionProblem::wrong("headers", why, "write them like headers=\"'X-A:b','X-C:d'\""));
    }
    found
}

/// `'name:value','name:value'`.
fn headers(text: &str) -> Result<Vec<(String, String)>, String> {
    let (mut all, mut rest) = (Vec::new(), text.trim());
    while !rest.is_empty() {
        let inner = rest.strip_prefix('\'').and_then(|r| r.split_once('\''));
        let (pair, after) = inner.ok_or_else(|| format!("a header must stand in single quotes: {rest}"))?;
        let (name, value) = pair.split_once(':').ok_or_else(|| format!("'{pair}' is not name:value"))?;
        let (name, value) = (name.trim(), value.trim());
        let good = |c: char| c.is_ascii_alphanumeric() || "!#$%&*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(good) || value.contains(|c: char| c.is_control()) {
            return Err(format!("'{pair}' is no header"));
        }
        if ["content-length", "transfer-encoding", "host", "connection", "riddhi-name"]
            .iter()
            .any(|n| name.eq_ignore_ascii_case(n))
        {
            return Err(format!("the header {name} is the sink's own"));
        }
        all.push((name.to_owned(), value.to_owned()));
        rest = after.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    Ok(all)
}

/// Makes it.
pub(crate) fn make(plan: &ConnectorPlan, setting: &Setting) -> Box<dyn Sink> {
    let o = &plan.options;
    let given = o.text("headers").and_then(|text| headers(text).ok()).unwrap_or_default();
    let has = |name: &str| given.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
    let mut lines = String::new();
    if !has("content-type") {
        let media = if plan.map.ty == "json" { "application/json" } else { "text/plain" };
        lines += &format!("content-type: {media}\r\n");
    }
    if let (Some(name), Some(password)) = (o.text("basic.auth.username"), o.text("basic.auth.password")) {
        lines += &format!("authorization: {}\r\n", riddhi_http::basic(name, password));
    }
    given.iter().for_each(|(name, value)| lines += &format!("{name}: {value}\r\n"));
    Box::new(Http {
        method: o.word("method", "POST").to_ascii_uppercase(),
        headers: lines,
        waits: o.word("on.error", "log") == "wait",
        name: Vec::new(),
        client: Client::new(trust(o, setting), setting.stopping.clone()),
        done: 0,
        lost: Vec::new(),
        reason: String::new(),
        say: setting.say.clone(),
    })
}

/// Whom it trusts, if it sends by https.
fn trust(o: &Options, setting: &Setting) -> Trust {
    let named = o.text("https.truststore.file").map(|path| StoreFile {
        path: path.into(),
        // The password that the product's stores are shipped with is Siddhi's default.
        password: o.text("https.truststore.password").unwrap_or("wso2carbon").to_owned(),
        key_password: None,
    });
    Trust {
        store: named.or_else(|| setting.network.options().trust_store.clone()),
        names: o.flag("hostname.verification.enabled", true),
        anybody: o.flag("ssl.verification.disabled", false),
    }
}

/// Sends requests.
pub struct Http {
    method: String,
    /// Header lines that are always the same.
    headers: String,
    /// Whether what can be sent later is offered again.
    waits: bool,
    /// The name of the message at hand.
    name: Vec<u8>,
    client: Client,
    /// Messages at hand that need not be sent any more.
    done: usize,
    /// Those among them that were not sent, and never will be.
    lost: Vec<usize>,
    /// Why the last of them.
    reason: String,
    say: Say,
}

impl Http {
    fn send(&mut self, url: &Url, message: &[u8]) -> Result<(), Broken> {
        let mut request = Vec::with_capacity(message.len() + 256);
        let head = format!(
            "{} {} HTTP/1.1\r\nhost: {}\r\n{}riddhi-name: {}\r\ncontent-length: {}\r\n\r\n",
            self.method,
            url.path,
            url.authority,
            self.headers,
            String::from_utf8_lossy(&self.name),
            message.len()
        );
        request.extend_from_slice(head.as_bytes());
        request.extend_from_slice(message);
        let status = self.client.send(url, &request)?;
        match status {
            200..=299 => Ok(()),
            // The server may take it another time.
            408 | 425 | 429 | 500..=599 => Err(Broken::later(format!("{} answered {status}", url.authority))),
            _ => Err(Broken::never(format!("{} answered {status}", url.authority))),
        }
    }

    fn give_up(&mut self, why: String) {
        self.lost.push(self.done);
        self.reason = why;
        self.done += 1;
    }
}

impl Sink for Http {
    fn publish(&mut self, to: Option<&str>, what: Published<'_>, names: &Names<'_>) -> Result<(), Unsent> {
        let Published::Messages { out, .. } = what else { return Ok(()) };
        let url = Url::parse(to.unwrap_or_default());
        // When it is offered again, those that were answered are passed over.
        for (i, message) in out.messages().enumerate().skip(self.done) {
            self.name.clear();
            names.push_of_message(out, i, &mut self.name);
            let sent = match &url {
                Ok(url) => self.send(url, message),
                Err(why) => Err(Broken::never(why.clone())),
            };
            match sent {
                Ok(()) => self.done += 1,
                Err(broken) if broken.later && self.waits => {
                    if broken.maybe {
                        (self.say)(&format!(
                            "warning: sink http: {}; it is sent again and may arrive twice",
                            broken.why
                        ));
                    }
                    return Err(Unsent::Unavailable(broken.why));
                }
                Err(broken) => self.give_up(broken.why),
            }
        }
        self.done = 0;
        match std::mem::take(&mut self.lost) {
            lost if lost.is_empty() => Ok(()),
            lost => Err(Unsent::Partly(lost, std::mem::take(&mut self.reason))),
        }
    }

    fn dynamic(&self) -> Option<&'static str> {
        Some("publisher.url")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_an_option() {
        let pair = |n: &str, v: &str| (n.to_owned(), v.to_owned());
        assert_eq!(headers("'A:b','C: d:e' "), Ok(vec![pair("A", "b"), pair("C", "d:e")]));
        assert_eq!(headers(""), Ok(Vec::new()));
        for wrong in ["A:b", "'A'", "'A b:c'", "':c'", "'Host:x'", "'a:b\nc'", "'a:b"] {
            assert!(headers(wrong).is_err(), "{wrong:?}");
        }
    }
}

//! `@source(type='http')`: the bodies of requests to a path. A request is answered when its body is accepted, at the app's
//! level, or refused; what Siddhi answers 200 although it was lost is answered 400 here, unless `reply.always.ok` says so.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use riddhi_edge::door;
use riddhi_http::{Property, RouteOptions};
use riddhi_plan::connector::{ConnectorPlan, From};
use riddhi_plan::registry::{ANY_PROPERTY, ConnectorSpec, OptionProblem, OptionType, Payload};

use super::inbound::Inbound;
use super::{Inlet, Polled, Source, Wake};
use crate::network::Network;
use crate::network::http::Path;
use crate::registry::{Say, Setting, option};

/// Siddhi's options that are not there yet.
const MISSING: [&str; 6] = [
    "ssl.verify.client",
    "ssl.configurations",
    "request.size.validation.configurations",
    "header.validation.configurations",
    "server.bootstrap.configurations",
    "socket.idle.timeout",
];

/// How Java calls TLS; which version is spoken the two ends agree on, whatever the name.
pub(crate) const PROTOCOLS: [&str; 3] = ["TLS", "TLSv1.2", "TLSv1.3"];

/// Forms of key stores; a store tells its form itself.
pub(crate) const STORES: [&str; 3] = ["JKS", "PKCS12", "PEM"];

/// Its options.
pub(crate) fn spec() -> ConnectorSpec {
    use OptionType::{Bool, Number, OneOf, Text};
    let mut options = vec![
        option("receiver.url", Text),
        option("basic.auth.enabled", Bool),
        option("worker.count", Number(1, u64::MAX)),
        option("trace.log.enabled", Bool),
        option("content.type.checked", Bool),
        option("reply.always.ok", Bool),
        option("ssl.protocol", OneOf(&PROTOCOLS)),
        option("tls.store.type", OneOf(&STORES)),
    ];
    options.extend(MISSING.iter().map(|name| option(name, Text)));
    ConnectorSpec { name: "http", options, payload: Payload::Bytes, properties: vec![ANY_PROPERTY], check }
}

fn check(plan: &ConnectorPlan) -> Vec<OptionProblem> {
    let o = &plan.options;
    let missing = |name: &'static str| OptionProblem::missing(name, format!("Riddhi does not have `{name}` yet"));
    let mut found: Vec<_> = MISSING.iter().filter(|name| o.get(name).is_some()).map(|name| missing(name)).collect();
    if o.number("worker.count", 1) > 1 {
        found.push(OptionProblem::missing(
            "worker.count",
            "Riddhi has one thread for each app yet, which keeps the order",
        ));
    }
    if o.flag("trace.log.enabled", false) {
        found.push(missing("trace.log.enabled"));
    }
    if let Some(url) = o.text("receiver.url") {
        match Url::parse(url) {
            Ok(_) => {}
            Err(why) => found.push(OptionProblem::wrong("receiver.url", why, "write it like http://0.0.0.0:8280/path")),
        }
    }
    found
}

/// `http://host:port/path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    /// Whether it says `https`.
    pub tls: bool,
    /// Host and port, as in a `host` header.
    pub authority: String,
    /// Its host, without the brackets of an IPv6 address.
    pub host: String,
    /// Its port, or that of the scheme.
    pub port: u16,
    /// The path and what follows it, at least `/`.
    pub path: String,
}

impl Url {
    /// Reads one.
    pub fn parse(text: &str) -> Result<Url, String> {
        let (scheme, rest) = text.trim().split_once("://").ok_or_else(|| format!("'{text}' is no URL"))?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            other => return Err(format!("the scheme '{other}' is neither http nor https")),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let name_end = authority.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match authority[name_end..].rfind(':') {
            Some(at) => {
                let port = &authority[name_end + at + 1..];
                (&authority[..name_end + at], port.parse().map_err(|_| format!("'{port}' is no port"))?)
            }
            None => (authority, if tls { 443 } else { 80 }),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() || host.contains('@') {
            return Err(format!("'{text}' has no plain host"));
        }
        if text.contains(|c: char| c.is_control() || c == ' ' || c == '#') {
            return Err(format!("'{text}' has a character that no URL has"));
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Url { tls, authority: authority.to_owned(), host: host.to_owned(), port, path })
    }

    /// Its first address.
    pub fn address(&self) -> Result<SocketAddr, String> {
        let found = (self.host.as_str(), self.port).to_socket_addrs();
        let mut found = found.map_err(|e| format!("cannot find the host {}: {e}", self.host))?;
        found.next().ok_or_else(|| format!("the host {} has no address", self.host))
    }
}

/// Makes it.
pub(crate) fn make(plan: &ConnectorPlan, setting: &Setting) -> Box<dyn Source> {
    let o = &plan.options;
    let names: Vec<String> = plan
        .map
        .attributes
        .iter()
        .filter_map(|mapped| match &mapped.from {
            From::Property(name) => Some(name.clone()),
            From::Payload(_) => None,
        })
        .collect();
    let media = match plan.map.ty.as_str() {
        "json" => "json",
        "csv" => "csv",
        _ => "text",
    };
    Box::new(Http {
        network: setting.network.clone(),
        url: o.text("receiver.url").map(str::to_owned),
        path: format!("/{}/{}", setting.app, setting.stream),
        authenticates: o.flag("basic.auth.enabled", false),
        media: o.flag("content.type.checked", false).then_some(media),
        lenient: o.flag("reply.always.ok", false),
        names,
        say: setting.say.clone(),
        wake: None,
        scheme: "http",
        open: None,
    })
}

/// Takes the bodies of requests to a path.
pub struct Http {
    network: Arc<Network>,
    url: Option<String>,
    /// The path unless the URL says it.
    path: String,
    authenticates: bool,
    media: Option<&'static str>,
    lenient: bool,
    /// Properties that the mapper wants, as it names them.
    names: Vec<String>,
    say: Say,
    wake: Option<Wake>,
    scheme: &'static str,
    open: Option<(Path, String, Inbound)>,
}

impl Http {
    /// Address, path, and whether with TLS.
    fn place(&self) -> Result<(SocketAddr, String, bool), String> {
        match &self.url {
            None => Ok((self.network.options().http, self.path.clone(), false)),
            Some(url) => {
                let url = Url::parse(url)?;
                Ok((url.address()?, url.path, url.tls))
            }
        }
    }

    fn options(&self) -> Result<RouteOptions, String> {
        let users = &self.network.options().http_users;
        if self.authenticates && users.is_empty() {
            return Err("basic.auth.enabled='true', but nobody is known: name the users with --http-users FILE".into());
        }
        let property = |name: &String| match name.strip_prefix('_') {
            Some(parameter) => Property::Parameter(parameter.to_owned()),
            None => Property::Header(name.to_ascii_lowercase()),
        };
        Ok(RouteOptions {
            users: self.authenticates.then(|| users.clone()),
            media: self.media,
            properties: self.names.iter().map(property).collect(),
            lenient: self.lenient,
        })
    }
}

impl Source for Http {
    fn open(&mut self) -> Result<(), String> {
        let edge = self.network.edge().map_err(|e| format!("cannot start the poll loops: {e}"))?;
        let ((address, path, tls), options) = (self.place()?, self.options()?);
        let (door, answers) = door(&edge);
        let mut inbound = Inbound::new(answers, format!("http {path}")).with_names(self.names.clone());
        if let Some(wake) = self.wake.take() {
            inbound.set_waker(wake);
        }
        let tell = tls.then_some(&self.say);
        self.scheme = if tls { "https" } else { "http" };
        self.open = Some((Path::open(&self.network, address, &path, door, options, tell)?, path, inbound));
        Ok(())
    }

    fn address(&self) -> Option<String> {
        let (port, path, _) = self.open.as_ref()?;
        Some(format!("{}://{}{path}", self.scheme, port.address()?))
    }

    fn poll(&mut self, to: &mut Inlet<'_>) -> Polled {
        self.open.as_mut().map_or(Polled::Ended, |(.., inbound)| inbound.poll(to))
    }

    fn taken(&mut self, position: u64) {
        if let Some((.., inbound)) = &mut self.open {
            inbound.taken(position);
        }
    }

    fn accepted(&mut self, position: u64) {
        if let Some((.., inbound)) = &mut self.open {
            inbound.accepted(position);
        }
    }

    fn set_waker(&mut self, wake: Wake) {
        self.wake = Some(wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let url = |text: &str| {
            Url::parse(text).map(|u| format!("{} {} {} {} {}", u.tls, u.authority, u.host, u.port, u.path))
        };
        for (text, expected) in [
            ("http://0.0.0.0:8006/a/b", "false 0.0.0.0:8006 0.0.0.0 8006 /a/b"),
            ("HTTPS://h", "true h h 443 /"),
            ("http://h?x=/y", "false h h 80 /?x=/y"),
            ("http://[::1]:5/a", "false [::1]:5 ::1 5 /a"),
            ("http://[::1]", "false [::1] ::1 80 /"),
        ] {
            assert_eq!(url(text).as_deref(), Ok(expected), "{text}");
        }
        for wrong in [
            "",
            "h:1/a",
            "ftp://h/a",
            "http://",
            "http://:80/",
            "http://h:x/",
            "http://h:99999/",
            "http://u@h/",
            "http://h/a b",
        ] {
            assert!(url(wrong).is_err(), "{wrong}");
        }
    }
}

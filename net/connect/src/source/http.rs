//! `@source(type='http')`: the bodies of requests to a path. A request is answered when its body is accepted, at the app's
//! level, or refused; what Siddhi answers 200 although it was lost is answered 400 here, unless `reply.always.ok` says so.

use std::net::SocketAddr;

use riddhi_edge::{Answers, Door};
use riddhi_http::{Property, RouteOptions};
use riddhi_plan::connector::{ConnectorPlan, From};
use riddhi_plan::registry::{ANY_PROPERTY, ConnectorSpec, OptionProblem, OptionType, Payload};

use super::Source;
use super::inbound::Inbound;
use super::pushed::{Kind, Pushed};
use crate::network::Network;
use crate::network::http::Path;
use crate::network::tls::{PROTOCOLS, STORES};
use crate::registry::{Say, Setting, not_yet, option};
use crate::url::Url;

/// Siddhi's options that are not there yet.
const MISSING: [&str; 6] = [
    "ssl.verify.client",
    "ssl.configurations",
    "request.size.validation.configurations",
    "header.validation.configurations",
    "server.bootstrap.configurations",
    "socket.idle.timeout",
];

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
    let mut found: Vec<_> = MISSING.iter().filter(|name| o.get(name).is_some()).map(|name| not_yet(name)).collect();
    if o.number("worker.count", 1) > 1 {
        found.push(OptionProblem::missing(
            "worker.count",
            "Riddhi has one thread for each app yet, which keeps the order",
        ));
    }
    if o.flag("trace.log.enabled", false) {
        found.push(not_yet("trace.log.enabled"));
    }
    if let Some(Err(why)) = o.text("receiver.url").map(Url::parse) {
        found.push(OptionProblem::wrong("receiver.url", why, "write it like http://0.0.0.0:8280/path"));
    }
    found
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
    let http = Http {
        url: o.text("receiver.url").map(str::to_owned),
        path: format!("/{}/{}", setting.app, setting.stream),
        authenticates: o.flag("basic.auth.enabled", false),
        media: o.flag("content.type.checked", false).then_some(media),
        lenient: o.flag("reply.always.ok", false),
        names,
        say: setting.say.clone(),
    };
    Box::new(Pushed::new(http, &setting.network))
}

/// Takes the bodies of requests to a path.
struct Http {
    url: Option<String>,
    /// The path unless the URL says it.
    path: String,
    authenticates: bool,
    media: Option<&'static str>,
    lenient: bool,
    /// Properties that the mapper wants, as it names them.
    names: Vec<String>,
    say: Say,
}

/// A path at a port.
struct Place {
    scheme: &'static str,
    at: Path,
    path: String,
}

impl Http {
    /// Address, path, and whether with TLS.
    fn target(&self, network: &Network) -> Result<(SocketAddr, String, bool), String> {
        match &self.url {
            None => Ok((network.options().http, self.path.clone(), false)),
            Some(url) => {
                let url = Url::parse(url)?;
                Ok((url.address()?, url.path, url.tls))
            }
        }
    }

    fn options(&self, network: &Network) -> Result<RouteOptions, String> {
        let users = &network.options().http_users;
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

impl Kind for Http {
    type Place = Place;

    fn open(&mut self, network: &Network, door: Door, answers: Answers) -> Result<(Place, Inbound), String> {
        let ((address, path, tls), options) = (self.target(network)?, self.options(network)?);
        let inbound = Inbound::new(answers, format!("http {path}")).with_names(self.names.clone());
        let at = Path::open(network, address, &path, door, options, tls.then_some(&self.say))?;
        Ok((Place { scheme: if tls { "https" } else { "http" }, at, path }, inbound))
    }

    fn address(&self, place: &Place) -> Option<String> {
        Some(format!("{}://{}{}", place.scheme, place.at.address()?, place.path))
    }
}

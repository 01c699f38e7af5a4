//! The paths of sources.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use riddhi_edge::Door;

use crate::answer::Answer;
use crate::basic::Users;
use crate::head::Head;
use crate::session::{Fate, Site};

/// What is told with a request's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Property {
    /// The value of a header, the first of several.
    Header(String),
    /// A parameter of the query, as it stands.
    Parameter(String),
}

/// What requests must have, and what is told of them.
#[derive(Clone, Debug, Default)]
pub struct RouteOptions {
    /// Who may send; none: anybody.
    pub users: Option<Arc<Users>>,
    /// What the media type must contain, if it is looked at.
    pub media: Option<&'static str>,
    /// Told with each message, in this order.
    pub properties: Vec<Property>,
    /// Whether messages that are refused are answered 200 all the same.
    pub lenient: bool,
}

/// What is at a path.
pub struct Route {
    path: String,
    /// Where bodies go.
    pub door: Door,
    /// What requests must have.
    pub options: RouteOptions,
}

/// The paths of sources at a port.
#[derive(Default)]
pub struct Routes {
    all: RwLock<HashMap<String, Arc<Route>>>,
    retiring: AtomicBool,
}

impl Routes {
    /// Adds a path; false if it is there already.
    pub fn add(&self, path: &str, door: Door, options: RouteOptions) -> bool {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        if all.contains_key(path) {
            return false;
        }
        all.insert(path.to_owned(), Arc::new(Route { path: path.to_owned(), door, options }));
        true
    }

    /// Takes a path away; gives the number of those left.
    pub fn remove(&self, path: &str) -> usize {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        all.remove(path);
        all.len()
    }

    /// From now on all requests are answered 503.
    pub fn retire(&self) {
        self.retiring.store(true, Ordering::Release);
    }

    /// `last`: what the request before went to, which is mostly where the next one goes.
    fn find(&self, path: &str, last: &mut Option<Arc<Route>>) -> Option<Arc<Route>> {
        if let Some(route) = last.as_ref().filter(|route| route.path == path && !route.door.is_closed()) {
            return Some(route.clone());
        }
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        *last = all.get(path).filter(|route| !route.door.is_closed()).cloned();
        last.clone()
    }
}

impl Site for Routes {
    fn decide(&self, head: &Head<'_>, last: &mut Option<Arc<Route>>) -> Fate {
        if self.retiring.load(Ordering::Acquire) {
            return Fate::Tell(Answer::error(503, "this node is ending").with("retry-after", "1").closing());
        }
        let Some(route) = self.find(head.path, last) else {
            return Fate::Tell(Answer::error(404, "nobody listens at this path"));
        };
        match head.method {
            "POST" => match route.object(head) {
                Some(answer) => Fate::Tell(answer),
                None => Fate::Take(route),
            },
            "OPTIONS" => Fate::Tell(preflight(head)),
            _ => Fate::Tell(Answer::error(400, "events are sent by POST").with("allow", "POST, OPTIONS")),
        }
    }
}

/// What browsers ask before they send.
fn preflight(head: &Head<'_>) -> Answer {
    let origin = head.header("origin").and_then(|origin| std::str::from_utf8(origin).ok()).unwrap_or("*");
    Answer::empty(200)
        .with("access-control-allow-origin", origin)
        .with("access-control-allow-methods", "POST")
        .with("access-control-allow-headers", "content-type,user-agent,origin,referer,accept")
}

impl Route {
    /// What a request lacks.
    fn object(&self, head: &Head<'_>) -> Option<Answer> {
        if let Some(users) = &self.options.users
            && !head.header("authorization").is_some_and(|value| users.allow(value))
        {
            let answer = Answer::error(401, "a name and a password that are known here are needed");
            return Some(answer.with("www-authenticate", "Basic realm=\"Riddhi\", charset=\"UTF-8\""));
        }
        if head.header("content-encoding").is_some_and(|coding| !coding.eq_ignore_ascii_case(b"identity")) {
            return Some(
                Answer::error(415, "a body with a content coding is not taken").with("accept-encoding", "identity"),
            );
        }
        let media = self.options.media?;
        let given = head.header("content-type").unwrap_or_default();
        let ty = given.split(|b| *b == b';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
        let found = memchr::memmem::find(&ty, media.as_bytes()).is_some();
        (!found).then(|| Answer::error(415, &format!("the content type must be one of {media}")))
    }

    /// What is told with a body: for each property its length and its bytes; the length of one that is not there is
    /// `u32::MAX`.
    pub(crate) fn tell(&self, head: &Head<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        for property in &self.options.properties {
            let value = match property {
                Property::Header(name) => head.header(name).map(String::from_utf8_lossy),
                Property::Parameter(name) => head.parameter(name).map(Into::into),
            };
            // A head is far shorter than 4 GiB.
            let length = value.as_ref().map_or(u32::MAX, |v| v.len() as u32);
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(value.as_deref().unwrap_or_default().as_bytes());
        }
        out
    }
}

/// The properties in the head of a message, in the order of [`RouteOptions::properties`].
pub fn properties(mut head: &[u8]) -> impl Iterator<Item = Option<&str>> {
    std::iter::from_fn(move || {
        let (length, rest) = head.split_first_chunk::<4>()?;
        head = rest;
        let length = u32::from_le_bytes(*length);
        if length == u32::MAX {
            return Some(None);
        }
        let (value, rest) = head.split_at_checked(length as usize)?;
        head = rest;
        Some(std::str::from_utf8(value).ok())
    })
}

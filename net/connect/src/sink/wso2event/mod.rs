//! `@sink(type='wso2event')`: publishes to the data bridge of WSO2's products or of Riddhi, over Thrift or Binary.
//!
//! Attributes go to the parts of an event that their names tell, as with the source. Bundles go one after another, each when the one
//! before it has its answer, so the order is kept; an answer says that the bundle is taken. A bundle whose answer never came is sent
//! again, and may arrive twice, which is said.
//! Not here: log-in over TLS, and publishing to several groups at once; both are refused by name.

mod bundle;
mod endpoint;

use std::collections::VecDeque;

use riddhi_plan::connector::ConnectorPlan;
use riddhi_plan::registry::{ConnectorSpec, OptionProblem, OptionSpec, OptionType, Payload};
use riddhi_wire::databridge::client::Speaks;

use self::bundle::{Bundle, Bundler};
use self::endpoint::{Endpoint, Manner, Told};
use super::{OnError, Published, Sink, Unsent, on_error};
use crate::mapper::OutRows;
use crate::mapper::wso2event::{Layout, stream_id};
use crate::names::Names;
use crate::registry::{Say, Setting, option, required};
use crate::url::is_host_and_port;

/// Events of a bundle at most, as with WSO2's agents.
const BUNDLE_EVENTS: usize = 200;

/// Bundles that are kept at most, and what is handed over at once on top of them.
const BUNDLES_MAX: usize = 64;

/// Its options.
pub(crate) fn spec() -> ConnectorSpec {
    use OptionType::{OneOf, Text};
    let options: Vec<OptionSpec> = vec![
        stream_id::option(),
        required("url", Text),
        option("auth.url", Text),
        required("username", Text),
        required("password", Text),
        option("protocol", OneOf(&["thrift", "binary"])),
        option("mode", OneOf(&["non-blocking", "blocking"])),
        on_error::option(),
    ];
    ConnectorSpec { name: "wso2event", options, payload: Payload::DataBridge, properties: Vec::new(), check }
}

fn check(plan: &ConnectorPlan) -> Vec<OptionProblem> {
    let o = &plan.options;
    let mut found = on_error::check(plan);
    found.extend(stream_id::check(plan));
    let help = "write it like tcp://a:7611|tcp://b:7611, or with commas to take turns";
    let mut group = |name: &'static str| match o.text(name).map(Group::parse) {
        Some(Ok(group)) => Some(group),
        Some(Err(Wrong::Missing(why))) => {
            found.push(OptionProblem::missing(name, why));
            None
        }
        Some(Err(Wrong::Text(why))) => {
            found.push(OptionProblem::wrong(name, why, help));
            None
        }
        None => None,
    };
    let (urls, logins) = (group("url"), group("auth.url"));
    if o.get("auth.url").is_none() {
        let text = "Riddhi does not log in over TLS yet, which is what happens without `auth.url`; \
            a plain port of Binary serves both protocols: auth.url='tcp://HOST:9611'";
        found.push(OptionProblem::missing("url", text));
    }
    if let (Some(urls), Some(logins)) = (urls, logins)
        && urls.addresses.len() != logins.addresses.len()
    {
        found.push(OptionProblem::wrong("auth.url", "`url` and `auth.url` have not as many places", help));
    }
    found
}

/// Why a text names no receivers.
#[derive(Debug, PartialEq, Eq)]
enum Wrong {
    /// Riddhi does not have it yet.
    Missing(String),
    Text(String),
}

/// Receivers of which each bundle goes to one.
#[derive(Debug, PartialEq, Eq)]
struct Group {
    addresses: Vec<String>,
    /// Whether they take turns; else the first that is there gets all.
    turns: bool,
}

impl Group {
    /// `tcp://a:1|tcp://b:2` or `tcp://a:1,tcp://b:2`, perhaps in braces.
    fn parse(text: &str) -> Result<Group, Wrong> {
        let mut inner = text.trim();
        if let Some(rest) = inner.strip_prefix('{') {
            inner = rest.strip_suffix('}').ok_or_else(|| Wrong::Text(format!("a brace of '{text}' is not closed")))?;
        }
        if inner.contains(['{', '}']) {
            return Err(Wrong::Missing("Riddhi does not publish to several groups at once yet".to_owned()));
        }
        let turns = inner.contains(',');
        if turns && inner.contains('|') {
            return Err(Wrong::Text(format!("'{text}' has both commas and bars")));
        }
        let addresses = inner.split([',', '|']).map(|url| address(url.trim())).collect::<Result<Vec<_>, _>>()?;
        Ok(Group { addresses, turns })
    }
}

fn address(url: &str) -> Result<String, Wrong> {
    if url.starts_with("ssl://") {
        return Err(Wrong::Missing("Riddhi does not speak to the data bridge over TLS yet".to_owned()));
    }
    let authority = url.strip_prefix("tcp://").unwrap_or(url).trim_end_matches('/');
    if !is_host_and_port(authority) {
        return Err(Wrong::Text(format!("'{url}' is no host and port")));
    }
    Ok(authority.to_owned())
}

/// Makes it.
pub(crate) fn make(plan: &ConnectorPlan, setting: &Setting) -> Box<dyn Sink> {
    let o = &plan.options;
    let group = |name| o.text(name).and_then(|text| Group::parse(text).ok());
    let (urls, logins) = (group("url"), group("auth.url"));
    let turns = urls.as_ref().is_some_and(|group| group.turns);
    let addresses = urls.into_iter().flat_map(|group| group.addresses);
    let logins = logins.into_iter().flat_map(|group| group.addresses);
    let speaks = if o.word("protocol", "thrift") == "binary" { Speaks::Binary } else { Speaks::Thrift };
    let id = stream_id::of(plan, setting);
    let layout = Layout::of(&setting.schema.attributes, &plan.map);
    if let Err(why) = &layout {
        (setting.say)(&format!("warning: sink wso2event: nothing can be sent: {why}"));
    }
    let fits = layout.is_ok();
    Box::new(Wso2Event {
        bundler: Bundler::new(speaks, layout.unwrap_or_default(), id),
        fits,
        bundles: VecDeque::new(),
        memory: Vec::new(),
        endpoints: addresses.zip(logins).map(|(address, login)| Endpoint::new(address, login)).collect(),
        next: 0,
        turns,
        manner: Manner {
            speaks,
            user: o.text("username").unwrap_or_default().to_owned(),
            password: o.text("password").unwrap_or_default().to_owned(),
            stopping: setting.stopping.clone(),
        },
        waits: o.word("mode", "non-blocking") == "blocking",
        refused: (0, String::new()),
        say: setting.say.clone(),
    })
}

/// Publishes bundles.
struct Wso2Event {
    bundler: Bundler,
    /// Whether the stream's attributes can be carried.
    fits: bool,
    bundles: VecDeque<Bundle>,
    /// Of a bundle that was sent.
    memory: Vec<u8>,
    endpoints: Vec<Endpoint>,
    /// Whose turn it is.
    next: usize,
    turns: bool,
    manner: Manner,
    waits: bool,
    /// Rows that will not be taken, and why.
    refused: (u64, String),
    say: Say,
}

impl Wso2Event {
    fn seal(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        let bundle = self.bundler.seal(memory);
        self.bundles.push_back(bundle);
    }

    /// Sends the first bundle to one that takes it.
    fn send(&mut self) -> Result<(), String> {
        let Some(bundle) = self.bundles.front() else { return Ok(()) };
        let (n, mut why) = (self.endpoints.len(), "there is no receiver".to_owned());
        let first = if self.turns { self.next } else { 0 };
        for i in 0..n {
            let at = (first + i) % n;
            if let Some(down) = self.endpoints[at].is_down() {
                why = down.to_owned();
                continue;
            }
            match self.endpoints[at].publish(bundle, &self.manner) {
                Ok(told) => {
                    self.next = (at + 1) % n;
                    if let Told::Undefined(why) = told {
                        self.refused.0 += bundle.events as u64;
                        self.refused.1 = format!("the receiver knows no such stream: {why}");
                    }
                    self.memory = self.bundles.pop_front().map(Bundle::memory).unwrap_or_default();
                    return Ok(());
                }
                Err(broken) => {
                    if broken.maybe {
                        let text = "the bundle is sent again and may arrive twice";
                        (self.say)(&format!("warning: sink wso2event: {}; {text}", broken.why));
                    }
                    why = broken.why;
                }
            }
        }
        Err(why)
    }

    fn take(&mut self, rows: &OutRows<'_>) {
        for chunk in rows.chunks {
            let range = chunk.first as usize..(chunk.first + chunk.rows) as usize;
            if !self.fits || range.clone().any(|row| self.bundler.has_null(rows, row)) {
                self.refused.0 += u64::from(chunk.rows);
                self.refused.1 = "the data bridge has no null but that of strings, and no object".to_owned();
                continue;
            }
            for row in range {
                self.bundler.add(rows, row);
                if self.bundler.len() >= BUNDLE_EVENTS {
                    self.seal();
                }
            }
        }
    }
}

impl Sink for Wso2Event {
    fn publish(&mut self, _: Option<&str>, what: Published<'_>, _: &Names<'_>) -> Result<(), Unsent> {
        let Published::Rows(rows) = what else { return Ok(()) };
        while self.bundles.len() >= BUNDLES_MAX {
            self.send().map_err(Unsent::Unavailable)?;
        }
        self.take(rows);
        // Whoever must have it sent asks for that.
        while !self.bundles.is_empty() && self.send().is_ok() {}
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Unsent> {
        if self.bundler.len() > 0 {
            self.seal();
        }
        while !self.bundles.is_empty() {
            self.send().map_err(Unsent::Unavailable)?;
        }
        Ok(())
    }

    fn abandon(&mut self) -> u64 {
        let kept = self.bundles.drain(..).map(|bundle| bundle.events).sum::<usize>();
        (kept + self.bundler.clear()) as u64
    }

    fn refused(&mut self) -> Option<(u64, String)> {
        let (rows, why) = std::mem::take(&mut self.refused);
        (rows > 0).then_some((rows, why))
    }

    fn on_error(&self) -> OnError {
        if self.waits { OnError::Wait } else { OnError::Log }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_read_or_refused() {
        let group = |addresses: &[&str], turns| {
            Ok(Group { addresses: addresses.iter().map(|a| (*a).to_owned()).collect(), turns })
        };
        assert_eq!(Group::parse("tcp://a:1"), group(&["a:1"], false));
        assert_eq!(Group::parse("{tcp://a:1|tcp://b:2}"), group(&["a:1", "b:2"], false));
        assert_eq!(Group::parse(" a:1 , tcp://b:2/ "), group(&["a:1", "b:2"], true));
        assert!(matches!(Group::parse("{tcp://a:1},{tcp://b:2}"), Err(Wrong::Missing(_))));
        assert!(matches!(Group::parse("ssl://a:1"), Err(Wrong::Missing(_))));
        for wrong in ["", "a", "tcp://a", "a:0", "{a:1", "a:1,b:2|c:3"] {
            assert!(matches!(Group::parse(wrong), Err(Wrong::Text(_))), "{wrong}");
        }
    }
}

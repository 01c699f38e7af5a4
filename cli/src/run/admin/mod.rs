//! The admin port: whether the node is well, what it is, and its metrics. Open on both nodes of a pair.
//!
//! Pages are made by the edge's poll loops out of atomics and a few short locks: no app is ever waited for.
//! Not here: who may look. The port is for the inside of an installation.

#[cfg(test)]
mod check;
mod figures;
mod metrics;
mod process;
mod role;
mod text;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock, Weak};

use riddhi_connect::network::{Listening, Network, Page};
use riddhi_node::{Handle, Part};
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::signals::Stop;
use crate::{say, tell};

use super::pair::Followers;
pub use figures::{Board, End, Figures, SinkFigures, SourceFigures, State, now_ms};
pub use role::role;
use text::Text;

/// The port of WSO2's workers, which a node of a pair opens unless it is told otherwise.
const USUAL: u16 = 9090;

const PAGES: &str = "/health, /health/live, /health/ready, /ha/role, /metrics";

/// What the pages are made of.
pub struct Known {
    /// The node's name.
    pub node: String,
    /// The group's name; none: a node alone.
    pub group: Option<String>,
    /// The apps.
    pub board: Arc<Board>,
    /// Whether the end was asked for.
    pub stop: Stop,
    /// When the process started: milliseconds since 1970.
    pub started_ms: u64,
    /// The role's driver, once it runs.
    pub handle: OnceLock<Handle>,
    /// The apps that a warm passive follows.
    pub followers: OnceLock<Arc<Followers>>,
}

/// Whether a node takes events, in a word and a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// It does.
    pub ready: bool,
    /// The word.
    pub status: &'static str,
    /// The sentence; empty if there is nothing to say.
    pub reason: &'static str,
}

impl Known {
    /// Of a process that starts now.
    pub fn new(node: &str, group: Option<&str>, board: Arc<Board>, stop: Stop) -> Arc<Known> {
        Arc::new(Known {
            node: node.to_owned(),
            group: group.map(str::to_owned),
            board,
            stop,
            started_ms: figures::now_ms(),
            handle: OnceLock::new(),
            followers: OnceLock::new(),
        })
    }

    /// Whether the node takes events.
    pub fn readiness(&self) -> Readiness {
        let no = |status, reason| Readiness { ready: false, status, reason };
        if self.stop.asked() {
            return no("stopping", "the process was asked to end");
        }
        let run = self.board.all_run();
        if self.group.is_none() {
            return match run {
                true => Readiness { ready: true, status: "ready", reason: "" },
                false => no("starting", "not all apps run"),
            };
        }
        let Some(handle) = self.handle.get() else {
            return no("starting", "the node has not looked for the other one");
        };
        match handle.status().part {
            Part::Passive => no("passive", "events go to the active node"),
            Part::Active { serving: false, .. } => {
                no("not serving", "the node is the active, but must not take events now: look at its log")
            }
            Part::Active { .. } if !run => no("starting", "the apps are being started from what the other node left"),
            Part::Active { alone: true, .. } => Readiness {
                ready: true,
                status: "degraded",
                reason: "no other node is in sync: acknowledged events are on this node only",
            },
            Part::Active { .. } => Readiness { ready: true, status: "ready", reason: "" },
        }
    }
}

/// Opens the port. That the usual one is taken does not keep a node from its work, as long as nobody has named it.
pub fn open(
    address: Option<SocketAddr>,
    typed: bool,
    network: &Arc<Network>,
    known: &Arc<Known>,
) -> Result<Option<Listening>, Failure> {
    let Some(address) = address else { return Ok(None) };
    let (of, ports) = (known.clone(), Arc::downgrade(network));
    match network.serve_pages(address, Box::new(move |path| Some(page(path, &of, &ports)))) {
        Ok(listening) => {
            tell(&format!("note: health and metrics at http://{}\n", listening.address));
            Ok(Some(listening))
        }
        Err(why) if !typed && address.port() == USUAL => {
            say(&format!(
                "warning: no admin port: {why}\n  \
                 = help: give this node another one with --admin HOST:PORT, or `admin: {{port: ...}}` in the configuration\n"
            ));
            Ok(None)
        }
        Err(why) => {
            let help = "give another one with --admin HOST:PORT, or `admin: {port: ...}` in the configuration";
            Err(Failure::new(Exit::Failed, format!("the admin port: {why}")).help(help))
        }
    }
}

fn page(path: &str, known: &Known, network: &Weak<Network>) -> Page {
    let json =
        |status: u16, value: serde_json::Value| Page { status, media: "application/json", text: value.to_string() };
    match path {
        // As WSO2 SP answers: whoever is asked is there. A passive is as healthy as an active.
        "/health" | "/health/live" => json(200, json!({"status": "healthy"})),
        "/health/ready" => {
            let Readiness { ready, status, reason } = known.readiness();
            let mut value = json!({"status": status});
            if !reason.is_empty() {
                value["reason"] = reason.into();
            }
            json(if ready { 200 } else { 503 }, value)
        }
        "/ha/role" => json(200, role(known)),
        "/metrics" => Page { status: 200, media: text::MEDIA, text: metrics(known, network) },
        _ => json(404, json!({"error": format!("there is no such page; there are {PAGES}")})),
    }
}

fn metrics(known: &Known, network: &Weak<Network>) -> String {
    let mut text = Text::default();
    text.gauge("riddhi_build_info", "The version that runs; always 1.");
    text.sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    text.gauge("riddhi_node_info", "The node and its group, none for a node alone; always 1.");
    text.sample(&[("node", &known.node), ("group", known.group.as_deref().unwrap_or(""))], 1);
    text.gauge("riddhi_ready", "1 while the node takes events, as /health/ready says.");
    text.sample(&[], u8::from(known.readiness().ready));
    process::process(&mut text, known.started_ms);
    metrics::apps(&mut text, &known.board.apps());
    metrics::edge(&mut text, &network.upgrade().map(|n| n.counts()).unwrap_or_default());
    if let Some(handle) = known.handle.get() {
        metrics::ha(&mut text, handle);
    }
    if let Some(followers) = known.followers.get().filter(|followers| !followers.have_ended()) {
        metrics::followed(&mut text, followers.counts());
    }
    text.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering;

    fn known() -> (Arc<Known>, Arc<Figures>) {
        let figures = Figures::new("a\"b");
        let board = Arc::new(Board::default());
        board.expect(1);
        board.add(figures.clone());
        (Known::new("left", None, board, Stop::never()), figures)
    }

    fn ask(path: &str, known: &Known) -> (u16, String) {
        let page = page(path, known, &Weak::new());
        (page.status, page.text)
    }

    #[test]
    fn a_node_alone_is_ready_when_its_apps_run() {
        let (known, figures) = known();
        assert_eq!(ask("/health", &known), (200, r#"{"status":"healthy"}"#.into()));
        assert_eq!(ask("/health/live", &known).0, 200);
        assert_eq!(ask("/health/ready", &known).0, 503);
        figures.set_state(State::Running);
        figures.open.store(true, Ordering::Release);
        assert_eq!(ask("/health/ready", &known), (200, r#"{"status":"ready"}"#.into()));
        let role: serde_json::Value = serde_json::from_str(&ask("/ha/role", &known).1).unwrap();
        assert_eq!((&role["role"], &role["serving"]), (&"single".into(), &true.into()));
        known.stop.ask();
        assert_eq!(ask("/health/ready", &known).0, 503);
        let (status, text) = ask("/what", &known);
        assert!(status == 404 && text.contains("/metrics"), "{text}");
    }

    #[test]
    fn a_node_of_a_pair_is_not_ready_before_it_has_a_role() {
        let known = Known::new("left", Some("g"), Arc::default(), Stop::never());
        assert_eq!(ask("/health/ready", &known).0, 503);
        assert_eq!(ask("/health/live", &known).0, 200);
        let role: serde_json::Value = serde_json::from_str(&ask("/ha/role", &known).1).unwrap();
        assert_eq!((&role["role"], &role["clusterID"]), (&"passive".into(), &"g".into()));
    }

    #[test]
    fn metrics_are_in_prometheus_form() {
        let (known, figures) = known();
        let end = |place| End { place, ty: "tcp".into(), stream: "S".into() };
        figures.set_sources(vec![end(0), end(1)])[1].accepted.set(5);
        figures.set_sinks(vec![End { place: 0, ty: "log".into(), stream: "Out".into() }])[0].lost.set(2);
        figures.snapshot_written(77, 1_500_000);
        let text = ask("/metrics", &known).1;
        assert_eq!(check::check(&text), Ok(()), "{text}");
        for line in [
            "riddhi_source_events_total{app=\"a\\\"b\",stream=\"S\",source=\"tcp\",place=\"1\"} 5",
            "riddhi_sink_lost_rows_total{app=\"a\\\"b\",stream=\"Out\",sink=\"log\",place=\"0\"} 2",
            "riddhi_snapshot_duration_seconds{app=\"a\\\"b\"} 1.5",
            "riddhi_ready 0",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }
}

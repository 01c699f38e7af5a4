//! What is said of apps as they start and end.

use std::collections::BTreeSet;
use std::time::Instant;

use riddhi_plan::connector::Direction;
use riddhi_ql::suggest;
use riddhi_run::App;
use serde_json::{Map, Value, json};

use super::live::Account;
use super::watch::Watch;
use crate::say;
use crate::terminal::grouped;

/// Where its events come from and go to.
pub fn ends(app: &App) -> String {
    let of = |direction: Direction| -> Vec<String> {
        let connectors = app.connectors.iter().filter(|c| c.direction == direction);
        connectors.map(|c| format!("{} of {}", c.ty, app.streams[c.stream].name)).collect()
    };
    let (sources, sinks) = (of(Direction::Source), of(Direction::Sink));
    let from = if sources.is_empty() { String::new() } else { format!(", from {}", sources.join(", ")) };
    let to = if sinks.is_empty() { String::new() } else { format!(", to {}", sinks.join(", ")) };
    from + &to
}

/// Warns of an app that nothing can come into.
pub fn say_no_source(app: &App, name: &str) {
    if !app.connectors.iter().any(|c| c.direction == Direction::Source) {
        say(&format!(
            "warning: app {name} has no source, so nothing will come in\n  \
             = help: put @source(type='stdin', @map(type='json')) before a stream; `riddhi replay` runs recorded events\n"
        ));
    }
}

/// Warns of topics that only one side knows: probably a mistyped name. Topics made of attributes may be any.
pub fn say_topics(apps: &[(Watch, App, String)]) {
    let topics = |direction: Direction| -> BTreeSet<Option<&str>> {
        let all = apps.iter().flat_map(|(_, app, _)| &app.connectors);
        let memory = all.filter(|c| c.direction == direction && c.ty == "inMemory");
        memory.map(|c| c.options.text("topic")).collect()
    };
    let (published, read) = (topics(Direction::Sink), topics(Direction::Source));
    let pairs = [(&read, &published, "no app here publishes to"), (&published, &read, "no app here reads")];
    for (known, other, what) in pairs.into_iter().filter(|(_, other, _)| !other.contains(&None)) {
        for topic in known.difference(other).flatten() {
            let near = suggest(topic, other.iter().flatten().copied());
            let help = near.map_or(String::new(), |near| format!("  = help: there is '{near}'\n"));
            say(&format!("warning: {what} the topic '{topic}'\n{help}"));
        }
    }
}

/// The summary for people.
pub fn summary(name: &str, account: &Account, begun: &Instant) -> String {
    let mut out = format!(
        "app  {name}\nin   {} events accepted = {} handled + {} refused\n",
        grouped(account.accepted),
        grouped(account.handled),
        grouped(account.refused),
    );
    if account.closed {
        out.push_str("     whoever read the output has gone away; events read and not run count as refused\n");
    }
    if account.recovered > 0 {
        out.push_str(&format!("     {} events of the journal were run again\n", grouped(account.recovered)));
    }
    for (sink, (sent, lost)) in &account.sent {
        let lost = if *lost > 0 { format!(", {} lost", grouped(*lost)) } else { String::new() };
        out.push_str(&format!("out  {sink}: {} rows{lost}\n", grouped(*sent)));
    }
    if account.failed_rows > 0 {
        out.push_str(&format!("     {} rows could not be computed\n", grouped(account.failed_rows)));
    }
    out.push_str(&format!("time {:.3} s\n", begun.elapsed().as_secs_f64()));
    out
}

/// The summary for tools.
pub fn members(name: &str, account: &Account, begun: &Instant) -> Map<String, Value> {
    let sinks = account.sent.iter().map(|(sink, (rows, lost))| (sink.clone(), json!({"rows": rows, "lost": lost})));
    let members = json!({
        "app": name,
        "accepted": account.accepted,
        "handled": account.handled,
        "refused": account.refused,
        "recovered": account.recovered,
        "sinks": Value::Object(sinks.collect()),
        "failed_rows": account.failed_rows,
        "seconds": begun.elapsed().as_secs_f64(),
        "closed": account.closed,
    });
    if let Value::Object(members) = members { members } else { Map::new() }
}

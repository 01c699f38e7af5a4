//! `/metrics`: the families of the apps, the edge and the pair.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use riddhi_connect::network::Counts;
use riddhi_node::{Handle, Part, Traffic};

use super::super::pair::FollowCounts;
use super::figures::{End, Figures, Reading, SinkFigures, SourceFigures, State, now_ms};
use super::text::Text;

/// Adds what is known of the apps.
pub fn apps(text: &mut Text, apps: &[Arc<Figures>]) {
    let all: Vec<(&Figures, Reading)> = apps.iter().map(|f| (&**f, f.read())).collect();
    text.gauge("riddhi_app_up", "1 while the app runs.");
    each(text, &all, |f, _| Some(u64::from(f.state() == State::Running)));
    text.gauge("riddhi_app_sources_open", "1 while the app's sources are open.");
    each(text, &all, |f, _| Some(u64::from(f.open.load(Ordering::Acquire))));
    text.counter("riddhi_app_events_total", "Events that the engine has taken.");
    each(text, &all, |_, r| Some(r.handled));
    text.counter("riddhi_app_entries_total", "Entries that the engine has taken: chunks of events, and ticks.");
    each(text, &all, |_, r| Some(r.entries));
    text.counter("riddhi_app_frames_total", "Frames that the engine has taken: entries that it ran together.");
    each(text, &all, |_, r| Some(r.frames));
    text.counter("riddhi_app_output_rows_total", "Rows that came out of the streams with sinks.");
    each(text, &all, |_, r| Some(r.outputs));
    text.counter("riddhi_app_engine_waits_total", "Times that the sources waited for the engine: back-pressure.");
    each(text, &all, |f, _| Some(f.waits.get()));
    text.gauge("riddhi_app_engine_queue_entries", "Entries that wait for the engine.");
    each(text, &all, |_, r| Some(r.for_engine));
    text.gauge("riddhi_app_sink_queue_entries", "Entries whose outputs are not with all receivers yet.");
    each(text, &all, |_, r| Some(r.for_sinks));
    text.gauge(
        "riddhi_app_release_queue_entries",
        "In a pair: entries that are not acknowledged and have no outputs yet, as the other node has not confirmed them.",
    );
    each(text, &all, |_, r| r.for_release);
    text.gauge("riddhi_journal_bytes", "Bytes of the app's journal on disk.");
    each(text, &all, |f, _| Some(f.journal_bytes.load(Ordering::Relaxed)));
    snapshots(text, &all);
    sources(text, &all);
    sinks(text, &all);
}

fn each(text: &mut Text, all: &[(&Figures, Reading)], of: impl Fn(&Figures, &Reading) -> Option<u64>) {
    for (figures, reading) in all {
        if let Some(value) = of(figures, reading) {
            text.sample(&[("app", &figures.app)], value);
        }
    }
}

fn snapshots(text: &mut Text, all: &[(&Figures, Reading)]) {
    let at = |f: &Figures| Some(f.snapshot.at_ms.load(Ordering::Relaxed)).filter(|at| *at > 0);
    let there: Vec<&Figures> = all.iter().map(|(f, _)| *f).filter(|f| at(f).is_some()).collect();
    text.counter("riddhi_snapshots_total", "Snapshots written.");
    each(text, all, |f, _| Some(f.snapshot.written.load(Ordering::Relaxed)));
    text.gauge("riddhi_snapshot_age_seconds", "How old the newest snapshot is.");
    for f in &there {
        text.sample(&[("app", &f.app)], now_ms().saturating_sub(at(f).unwrap_or(0)) as f64 / 1000.0);
    }
    text.gauge("riddhi_snapshot_bytes", "Size of the newest snapshot.");
    for f in &there {
        text.sample(&[("app", &f.app)], f.snapshot.bytes.load(Ordering::Relaxed));
    }
    text.gauge(
        "riddhi_snapshot_duration_seconds",
        "How long the newest snapshot took; what came in meanwhile waited for the part in which the state was copied.",
    );
    for f in &there {
        text.sample(&[("app", &f.app)], f.snapshot.took_us.load(Ordering::Relaxed) as f64 / 1e6);
    }
}

fn sources(text: &mut Text, all: &[(&Figures, Reading)]) {
    fn each(text: &mut Text, all: &[(&Figures, Reading)], of: impl Fn(&SourceFigures) -> Option<f64>) {
        for (figures, reading) in all {
            for source in &reading.sources {
                if let Some(value) = of(source) {
                    labelled(text, &figures.app, "source", &source.end, value);
                }
            }
        }
    }
    text.counter("riddhi_source_events_total", "Events that a source has read; a malformed message counts as one.");
    each(text, all, |s| Some(s.accepted.get() as f64));
    text.counter("riddhi_source_malformed_total", "Messages that a source has read and the mapper has refused.");
    each(text, all, |s| Some(s.refused.get() as f64));
    text.gauge("riddhi_source_idle_seconds", "How long ago a source last gave an event.");
    let now = now_ms();
    each(text, all, |s| match s.last_ms.load(Ordering::Relaxed) {
        0 => None,
        at => Some(now.saturating_sub(at) as f64 / 1000.0),
    });
}

fn sinks(text: &mut Text, all: &[(&Figures, Reading)]) {
    fn each(text: &mut Text, all: &[(&Figures, Reading)], of: impl Fn(&SinkFigures) -> u64) {
        for (figures, reading) in all {
            for sink in &reading.sinks {
                labelled(text, &figures.app, "sink", &sink.end, of(sink) as f64);
            }
        }
    }
    text.counter("riddhi_sink_rows_total", "Rows that a sink has sent.");
    each(text, all, |s| s.rows.get());
    text.counter("riddhi_sink_lost_rows_total", "Rows that a sink could not send and has given up.");
    each(text, all, |s| s.lost.get());
}

fn labelled(text: &mut Text, app: &str, kind: &str, end: &End, value: f64) {
    let place = end.place.to_string();
    text.sample(&[("app", app), ("stream", &end.stream), (kind, &end.ty), ("place", &place)], value);
}

/// Adds what the ports have counted.
pub fn edge(text: &mut Text, ports: &[(SocketAddr, Counts)]) {
    let ports: Vec<(String, Counts)> = ports.iter().map(|(at, counts)| (at.to_string(), *counts)).collect();
    let each = |text: &mut Text, of: fn(&Counts) -> u64| {
        for (at, counts) in &ports {
            text.sample(&[("listener", at)], of(counts));
        }
    };
    text.counter("riddhi_edge_connections_total", "Connections that a port has taken.");
    each(text, |c| c.connections);
    text.gauge("riddhi_edge_open_connections", "Connections of a port that are open.");
    each(text, |c| c.connections.saturating_sub(c.ended));
    text.counter("riddhi_edge_received_bytes_total", "Bytes that a port has read.");
    each(text, |c| c.bytes);
    text.counter("riddhi_edge_messages_total", "Messages that a port has handed to apps.");
    each(text, |c| c.messages);
    text.counter("riddhi_edge_held_total", "Times that a connection was not read for a while, as its app had no room.");
    each(text, |c| c.held);
    text.counter(
        "riddhi_edge_refused_total",
        "What a port has refused, by cause: connections beyond the limit (full), messages or connections that break the protocol \
         (malformed), messages for what nobody listens to (unknown), log-ins (unauthorized), connections that were too slow (timeout).",
    );
    for (at, c) in &ports {
        for (cause, count) in [
            ("full", c.turned_away),
            ("malformed", c.malformed),
            ("unknown", c.unknown),
            ("unauthorized", c.unauthorized),
            ("timeout", c.timed_out),
        ] {
            text.sample(&[("listener", at), ("cause", cause)], count);
        }
    }
}

/// Adds what a warm passive follows.
pub fn followed(text: &mut Text, apps: &[(String, Arc<FollowCounts>)]) {
    type Of = fn(&FollowCounts) -> u64;
    fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
    let gauges: [(_, _, Of); 3] = [
        ("riddhi_follower_following", "1 while the app is kept up with what the active has put out.", |c| {
            get(&c.following)
        }),
        (
            "riddhi_follower_lag_entries",
            "Entries whose outputs are out and that were not applied yet.",
            FollowCounts::behind,
        ),
        ("riddhi_follower_lag_ms", "Milliseconds since the oldest of them was seen to be out.", |c| get(&c.lag_ms)),
    ];
    let counters: [(_, _, Of); 3] = [
        ("riddhi_follower_begun_total", "Times that the app was begun from a snapshot.", |c| get(&c.begun)),
        ("riddhi_follower_equal_total", "Snapshots of the active that are the state here.", |c| get(&c.same)),
        ("riddhi_follower_different_total", "Snapshots of the active that are not the state here: a mistake.", |c| {
            get(&c.different)
        }),
    ];
    for (name, help, of) in gauges {
        text.gauge(name, help);
        apps.iter().for_each(|(app, counts)| text.sample(&[("app", app)], of(counts)));
    }
    for (name, help, of) in counters {
        text.counter(name, help);
        apps.iter().for_each(|(app, counts)| text.sample(&[("app", app)], of(counts)));
    }
}

/// Adds the pair: role, who is in sync, records, the database.
pub fn ha(text: &mut Text, handle: &Handle) {
    let (status, traffic) = (handle.status(), handle.traffic());
    let part = |of: fn(bool, bool) -> bool| match status.part {
        Part::Passive => 0,
        Part::Active { serving, alone } => u64::from(of(serving, alone)),
    };
    let mut gauge = |name, help, value: u64| {
        text.gauge(name, help);
        text.sample(&[], value);
    };
    gauge("riddhi_ha_active", "1 on the active.", part(|_, _| true));
    gauge("riddhi_ha_serving", "1 on the active while it may take events.", part(|serving, _| serving));
    gauge("riddhi_ha_in_sync", "1 on the active while the passive has everything.", part(|_, alone| !alone));
    gauge("riddhi_ha_linked", "1 while the link to the other node is up.", u64::from(status.peer.is_some()));
    gauge("riddhi_ha_epoch", "The highest epoch that this node has seen.", status.epoch);
    gauge("riddhi_ha_doubt", "1 while the database's row is not to be trusted.", u64::from(status.doubt.is_some()));
    let active = matches!(status.part, Part::Active { .. });
    let position = if active { traffic.position } else { status.position };
    gauge("riddhi_ha_position", "The last record that this node has.", position);
    if active {
        gauge("riddhi_ha_confirmed_position", "The last record that the passive has confirmed.", traffic.confirmed);
        let lag = if traffic.confirmed > 0 { position.saturating_sub(traffic.confirmed) } else { 0 };
        gauge("riddhi_ha_lag_records", "Records that a passive which has confirmed any has not confirmed.", lag);
    }
    records(text, &traffic);
    text.gauge("riddhi_ha_database_round_trip_seconds", "How long the database took for the last answer.");
    if traffic.database_us > 0 {
        text.sample(&[], traffic.database_us as f64 / 1e6);
    }
}

fn records(text: &mut Text, traffic: &Traffic) {
    let counters = [
        ("riddhi_ha_records_sent_total", "Records sent to the other node.", traffic.records_sent),
        ("riddhi_ha_sent_bytes_total", "Bytes of records sent to the other node.", traffic.bytes_sent),
        ("riddhi_ha_records_received_total", "Records received from the other node.", traffic.records_received),
        ("riddhi_ha_received_bytes_total", "Bytes of records received from the other node.", traffic.bytes_received),
        ("riddhi_ha_links_total", "Links that were made to the other node.", traffic.links),
        ("riddhi_ha_database_requests_total", "What the database was asked.", traffic.database_requests),
        ("riddhi_ha_database_failures_total", "What the database did not answer.", traffic.database_failures),
    ];
    for (name, help, value) in counters {
        text.counter(name, help);
        text.sample(&[], value);
    }
}

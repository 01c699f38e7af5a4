//! What `riddhi ha status` is told: what the node is, why it does not serve, and what to do.

use std::sync::atomic::Ordering;

use riddhi_node::{Part, Status, Troubles};
use serde_json::{Value, json};

use crate::run::admin::{Known, State, now_ms, role};

/// All of it. The members of `/ha/role` are there under the same names.
pub fn report(known: &Known) -> Value {
    let mut value = role(known);
    let Some(handle) = known.handle.get() else { return value };
    let (status, traffic, troubles) = (handle.status(), handle.traffic(), handle.troubles());
    value["incarnation"] = status.me.incarnation.to_string().into();
    value["why"] = status.waits.map(|w| w.to_string()).into();
    value["inSync"] = in_sync(&status).into();
    value["doubt"] = status.doubt.map(|d| d.to_string()).into();
    if matches!(status.part, Part::Active { .. }) {
        let lag = (traffic.confirmed > 0).then(|| traffic.position.saturating_sub(traffic.confirmed));
        value["lagRecords"] = lag.into();
    }
    value["linkTrouble"] = troubles.link.clone().into();
    let round_trip = (traffic.database_us > 0).then(|| traffic.database_us as f64 / 1000.0);
    let answers = troubles.database.is_none() && round_trip.is_some();
    value["database"] = json!({"answers": answers, "roundTripMs": round_trip, "trouble": troubles.database});
    let app = |f: &std::sync::Arc<crate::run::admin::Figures>| {
        let at = f.snapshot.at_ms.load(Ordering::Relaxed);
        json!({
            "name": f.app,
            "runs": f.state() == State::Running,
            "journalBytes": f.journal_bytes.load(Ordering::Relaxed),
            "snapshotAgeSeconds": (at > 0).then(|| now_ms().saturating_sub(at) / 1000),
        })
    };
    value["apps"] = known.board.apps().iter().map(app).collect();
    value["toDo"] = to_do(&status, &troubles).into();
    value
}

/// Who has everything beside the active, by name if that is known here.
fn in_sync(status: &Status) -> Option<String> {
    let who = status.in_sync?;
    let known = [Some(&status.me), status.peer.as_ref()].into_iter().flatten().find(|h| h.incarnation == who);
    Some(known.map_or_else(|| format!("process {who}"), |h| h.node.as_str().to_owned()))
}

/// What somebody should do.
fn to_do(status: &Status, troubles: &Troubles) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(help) = status.waits.and_then(|w| w.help()) {
        all.push(help.to_owned());
    }
    if troubles.database.is_some() {
        all.push("bring back the database: until it answers nobody can take over, and nobody comes in sync".to_owned());
    }
    if troubles.link.is_some() {
        all.push("put right what keeps the nodes from each other, as `link` says".to_owned());
    }
    if let (Part::Active { alone: true, .. }, None) = (status.part, &status.peer) {
        all.push(
            "start the other node, or look at its log: as long as it is not there, this one's end stops everything"
                .to_owned(),
        );
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use riddhi_node::{Holder, Incarnation, Waits};

    #[test]
    fn what_is_wrong_is_told_with_what_to_do() {
        let holder = |node: &str, run| Holder { node: node.into(), incarnation: Incarnation(run) };
        let mut status = Status {
            me: holder("a", 1),
            part: Part::Active { serving: true, alone: false },
            epoch: 3,
            holder: Some(holder("a", 1)),
            in_sync: Some(Incarnation(2)),
            position: 7,
            peer: Some(holder("b", 2)),
            right_ms: None,
            doubt: None,
            waits: None,
        };
        assert_eq!(in_sync(&status).as_deref(), Some("b"));
        assert!(to_do(&status, &Troubles::default()).is_empty());
        (status.part, status.peer) = (Part::Active { serving: true, alone: true }, None);
        assert_eq!(in_sync(&status).as_deref(), Some("process 2"));
        let troubles = Troubles { database: Some("away".into()), link: Some("another group".into()) };
        assert_eq!(to_do(&status, &troubles).len(), 3);
        (status.part, status.waits) = (Part::Passive, Some(Waits::NotInSync));
        assert!(to_do(&status, &Troubles::default())[0].contains("riddhi ha force"));
    }
}

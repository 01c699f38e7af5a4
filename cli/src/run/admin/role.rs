//! `/ha/role`: what the node is, with the words of WSO2 SP's `GET /statistics` where that has them (`haStatus`, `clusterID`,
//! `isInSync`, `lastSyncTime`, `lastSnapshotTime`).

use std::sync::atomic::Ordering;

use riddhi_node::Part;
use serde_json::{Value, json};

use super::Known;

/// What the node is.
pub fn role(known: &Known) -> Value {
    let readiness = known.readiness();
    let snapshot = known.board.apps().iter().map(|f| f.snapshot.at_ms.load(Ordering::Relaxed)).max();
    let mut value = json!({
        "role": "single",
        "haStatus": "Single Node",
        "clusterID": known.group.as_deref().unwrap_or("Single Node Deployments"),
        "node": known.node,
        "serving": readiness.ready,
        "status": readiness.status,
        "lastSnapshotTime": snapshot.filter(|at| *at > 0),
        "version": env!("CARGO_PKG_VERSION"),
    });
    if known.group.is_none() {
        return value;
    }
    (value["role"], value["haStatus"]) = ("passive".into(), "Passive".into());
    let Some(handle) = known.handle.get() else { return value };
    let (status, traffic) = (handle.status(), handle.traffic());
    let active = matches!(status.part, Part::Active { .. });
    let in_sync = match status.part {
        Part::Active { alone, .. } => !alone,
        Part::Passive => status.in_sync == Some(status.me.incarnation),
    };
    if active {
        (value["role"], value["haStatus"]) = ("active".into(), "Active".into());
        value["confirmedPosition"] = traffic.confirmed.into();
    }
    value["epoch"] = status.epoch.into();
    value["isInSync"] = in_sync.into();
    value["activeNode"] = status.holder.as_ref().map(|h| h.node.as_str()).into();
    value["linkedTo"] = status.peer.as_ref().map(|p| p.node.as_str()).into();
    value["position"] = if active { traffic.position } else { status.position }.into();
    value["lastSyncTime"] = Some(traffic.heard_ms).filter(|at| *at > 0).into();
    value
}

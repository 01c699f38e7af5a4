//! A node's answer as text for people.

use serde_json::Value;

/// The status, a line for each thing.
pub fn status(value: &Value) -> String {
    let text = |key: &str| value[key].as_str();
    let mut out = String::new();
    let mut line = |name: &str, said: String| out.push_str(&format!("{name:<10}{said}\n"));
    line("node", format!("{}, group {}", text("node").unwrap_or("?"), text("clusterID").unwrap_or("?")));
    line("part", part(value));
    line("epoch", format!("{}, active: {}", value["epoch"], text("activeNode").unwrap_or("nobody yet")));
    line(
        "in sync",
        match (text("inSync"), value["role"] == "active") {
            (Some(who), _) => who.to_owned(),
            (None, true) => "nobody: acknowledged events are on this node only".to_owned(),
            (None, false) => "nobody".to_owned(),
        },
    );
    line(
        "link",
        match (text("linkedTo"), text("linkTrouble")) {
            (Some(peer), _) => format!("up, to {peer}"),
            (None, Some(why)) => format!("down: {why}"),
            (None, None) => "down".to_owned(),
        },
    );
    line("database", database(&value["database"]));
    if let Some(doubt) = text("doubt") {
        line("doubt", doubt.to_owned());
    }
    line("position", position(value));
    for app in value["apps"].as_array().into_iter().flatten() {
        line("app", self::app(app));
    }
    for what in value["toDo"].as_array().into_iter().flatten() {
        line("to do", what.as_str().unwrap_or_default().to_owned());
    }
    out
}

fn part(value: &Value) -> String {
    let role = value["role"].as_str().unwrap_or("?");
    let serves = value["serving"] == true;
    match (role, value["why"].as_str()) {
        ("active", None) if serves && value["isInSync"] == true => "active, serving".to_owned(),
        ("active", None) if serves => "active, serving alone".to_owned(),
        ("active", None) => "active, its sources are being opened".to_owned(),
        ("active", Some(why)) => format!("active, not serving: {why}"),
        (role, Some(why)) => format!("{role}: {why}"),
        (role, None) => role.to_owned(),
    }
}

fn database(value: &Value) -> String {
    match (value["trouble"].as_str(), value["roundTripMs"].as_f64()) {
        (Some(why), _) => format!("does not answer: {why}"),
        (None, Some(ms)) => format!("answers in {ms:.1} ms"),
        (None, None) => "not asked yet".to_owned(),
    }
}

fn position(value: &Value) -> String {
    let mut said = value["position"].to_string();
    if let (Some(confirmed), Some(lag)) = (value["confirmedPosition"].as_u64(), value["lagRecords"].as_u64()) {
        said.push_str(&format!(", confirmed by the passive: {confirmed}, {lag} to come"));
    }
    said
}

fn app(app: &Value) -> String {
    let runs = if app["runs"] == true { "runs" } else { "does not run" };
    let journal = app["journalBytes"].as_u64().unwrap_or(0).div_ceil(1024);
    let snapshot = match app["snapshotAgeSeconds"].as_u64() {
        Some(age) => format!("{age} s old"),
        None => "none of this run".to_owned(),
    };
    format!("{} {runs}, journal {journal} KiB, snapshot {snapshot}", app["name"].as_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_status_can_be_read() {
        let value = json!({
            "role": "active", "serving": true, "isInSync": true, "node": "a", "clusterID": "g", "epoch": 3, "activeNode": "a",
            "inSync": "b", "linkedTo": "b", "why": null, "position": 7, "confirmedPosition": 5, "lagRecords": 2,
            "database": {"answers": true, "roundTripMs": 0.42, "trouble": null},
            "apps": [{"name": "A", "runs": true, "journalBytes": 1500, "snapshotAgeSeconds": 12}], "toDo": [],
        });
        let text = status(&value);
        assert_eq!(
            text,
            "node      a, group g\npart      active, serving\nepoch     3, active: a\nin sync   b\nlink      up, to b\n\
             database  answers in 0.4 ms\nposition  7, confirmed by the passive: 5, 2 to come\n\
             app       A runs, journal 2 KiB, snapshot 12 s old\n"
        );
        let value =
            json!({"role": "passive", "why": "the active is silent", "toDo": ["start it"], "linkTrouble": "no"});
        let text = status(&value);
        for part in ["passive: the active is silent", "link      down: no", "to do     start it"] {
            assert!(text.contains(part), "{text}");
        }
    }
}

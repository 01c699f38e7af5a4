//! Events and actions as words, for transcripts and traces.

use riddhi_role::*;

/// An action in a few words.
pub fn action(action: &Action) -> String {
    match action {
        Action::Read => "read".into(),
        Action::Write { expected, row: r } => format!("write over v{expected}: {}", row(r)),
        Action::Send(m) => format!("send {}", message(m)),
        Action::HangUp => "hang up".into(),
        Action::Gate { serial, gate: Gate::Shut } => format!("gate {serial} shut"),
        Action::Gate { serial, gate: Gate::Alone } => format!("gate {serial} alone"),
        Action::Gate { serial, gate: Gate::Passive(i) } => format!("gate {serial} passive {i}"),
        Action::Serve => "serve".into(),
        Action::StopServing => "stop serving".into(),
        Action::Seal => "seal".into(),
        Action::Unseal => "unseal".into(),
        Action::TakeOver { epoch, after } => format!("take over e{epoch} after {after}"),
        Action::StepDown => "step down".into(),
        Action::Resync { incarnation, from: Some(from) } => format!("resync {incarnation} from {from}"),
        Action::Resync { incarnation, from: None } => format!("resync {incarnation} with state"),
        Action::Persist(d) => {
            let carries = d.carries.map_or("-".into(), |c| c.to_string());
            let on = d.database.map_or("-".into(), |d| format!("{}.{}", d.system, d.timeline));
            format!("persist e{} claim {} held {} carries {carries} on {on}", d.epoch, d.claim, d.held)
        }
        Action::Say(line) => format!("say {:?}: {line}", line.level()),
    }
}

pub fn row(r: &Row) -> String {
    let holder = r.holder.as_ref().map_or("-".into(), |h| format!("{}/{}", h.node, h.incarnation));
    let sync = r.in_sync.map_or("-".into(), |i| i.to_string());
    let Row { version, epoch, beat, position, written_on: on, .. } = r;
    format!("v{version} e{epoch} {holder} beat {beat} sync {sync} pos {position} on {}.{}", on.system, on.timeline)
}

pub fn message(m: &Message) -> String {
    match m {
        Message::Heartbeat { from, epoch, sent_at, alive } => {
            format!("{} {from} e{epoch} @{sent_at}", if *alive { "heartbeat" } else { "probe" })
        }
        Message::Answer { from, epoch, sent_at, alive } => {
            format!("{} {from} e{epoch} @{sent_at}", if *alive { "answer" } else { "probed" })
        }
        Message::HandOver { epoch, position } => format!("handover e{epoch} {position}"),
        Message::AskHandOver => "ask".into(),
    }
}

/// An event in a few words.
pub fn event(event: &Event) -> String {
    match event {
        Event::Row { row: r, database } => {
            format!("row {}, answered by {}.{}", row(r), database.system, database.timeline)
        }
        Event::LinkUp(h) => {
            let part = if h.active { " active" } else { "" };
            format!(
                "up {}/{} epoch {} line {} pos {}{part}",
                h.from.node, h.from.incarnation, h.epoch, h.line, h.position
            )
        }
        Event::Message(m) => message(m),
        Event::Acknowledged { incarnation, position } => format!("acked {incarnation} {position}"),
        Event::Received { epoch, position } => format!("received e{epoch} {position}"),
        other => format!("{other:?}").to_lowercase(),
    }
}

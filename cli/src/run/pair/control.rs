//! The control socket of a node: `riddhi ha` asks by a line of JSON, and is answered by one.
//!
//! `control.sock` in the state folder, for the user who runs the node only.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use riddhi_node::{Command, Handle, Line, Part};
use serde_json::{Value, json};

use super::lines::{Lines, Since};
use super::report::report;
use crate::run::admin::Known;
use crate::run::socket::{self, Purpose, Reply, Socket};

/// Its name.
const NAME: &str = "control.sock";

const PURPOSE: Purpose =
    Purpose { thread: "riddhi-control", fresh: "control.new", question_bytes_max: 4096, talk: Duration::from_secs(5) };

/// The longest wait for what comes of a command, and what it is if nothing else is said.
pub const WAIT_MAX: Duration = Duration::from_secs(3600);
const WAIT: Duration = Duration::from_secs(60);

/// Opens the socket. Nobody else uses the folder.
pub fn open(folder: &Path, known: Arc<Known>, lines: Arc<Lines>) -> io::Result<Socket> {
    socket::open(&folder.join(NAME), PURPOSE, move |question, reply| talk(question, reply, &known, &lines))
}

/// Connects to the socket of the node that uses a folder.
pub fn connect(folder: &Path) -> io::Result<UnixStream> {
    socket::connect(&folder.join(NAME))
}

fn talk(question: &str, mut reply: Reply<'_>, known: &Known, lines: &Lines) -> io::Result<()> {
    let Ok(question) = serde_json::from_str::<Value>(question) else {
        return reply.tell(json!({"error": "this is no question in JSON"}));
    };
    let Some(handle) = known.handle.get() else {
        return reply.tell(json!({"error": "the node is just being started: ask again"}));
    };
    let confirmed = question["confirmed"] == true;
    let command = match question["command"].as_str() {
        Some("status") => return reply.tell(report(known)),
        Some("promote") => Command::Promote,
        Some("demote") => Command::Demote,
        Some("force") => Command::Force { confirmed },
        _ => return reply.tell(json!({"error": "there are the commands status, promote, demote and force"})),
    };
    let wait = question["wait_s"].as_u64().map_or(WAIT, Duration::from_secs).min(WAIT_MAX);
    // Told with the answer on its way: who steps down waits for that.
    let waiting = lines.wait();
    let (done, text) = match carry_out(&command, handle, wait, |wait| waiting.since(wait)) {
        Ok(text) => (true, text),
        Err(text) => (false, text),
    };
    reply.tell(json!({"done": done, "text": text, "node": known.node}))
}

/// Tells the node, and waits for what comes of it.
fn carry_out(
    command: &Command,
    handle: &Handle,
    wait: Duration,
    since: impl Fn(Duration) -> Since,
) -> Result<String, String> {
    let status = handle.status();
    if *command == Command::Promote && status.part == Part::Passive && status.in_sync != Some(status.me.incarnation) {
        return Err("this node does not have everything yet, so the active would not hand over: wait until `riddhi ha status` says \
                    that it is in sync; if the active is gone for good, use `riddhi ha force`"
            .to_owned());
    }
    handle.command(command.clone());
    let begun = Instant::now();
    loop {
        let said = since(Duration::from_millis(50));
        if let Some(outcome) = outcome(command, &said, handle.status().part) {
            return outcome;
        }
        if begun.elapsed() >= wait {
            return late(command, handle.status().part);
        }
    }
}

/// What has come of a command, once that is known.
fn outcome(command: &Command, said: &Since, part: Part) -> Option<Result<String, String>> {
    let serves = matches!(part, Part::Active { serving: true, .. });
    let last = |wanted: fn(&Line) -> bool| said.lines.iter().rfind(|line| wanted(line));
    if let Some(line) = last(|l| matches!(l, Line::Cannot(_) | Line::HandOverFailed | Line::NotTaken)) {
        return Some(Err(line.to_string()));
    }
    let stakes = || last(|l| matches!(l, Line::Stakes { .. })).map(ToString::to_string);
    match command {
        Command::Force { confirmed: false } => stakes().map(Ok),
        Command::Force { confirmed: true } => {
            let stakes = stakes()?;
            serves.then(|| Ok(format!("this node is the active; {stakes}")))
        }
        Command::Promote => serves.then(|| Ok("this node is the active".to_owned())),
        Command::Demote => {
            let over = said.stepped_down || part == Part::Passive;
            over.then(
                || Ok("handed over: the other node is the active, this one begins anew as the passive".to_owned()),
            )
        }
    }
}

/// The time is over.
fn late(command: &Command, part: Part) -> Result<String, String> {
    match (command, part) {
        (Command::Promote | Command::Force { confirmed: true }, Part::Active { .. }) => {
            Ok("this node is the active; its apps are still being started".to_owned())
        }
        (Command::Promote, _) => {
            Err("the active has not handed over in time: `riddhi ha status` there says why".to_owned())
        }
        _ => Err("nothing has come of it in time: `riddhi ha status` says how it stands".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use riddhi_node::Cannot;

    const SERVES: Part = Part::Active { serving: true, alone: false };

    fn said(lines: &[Line]) -> Since {
        Since { lines: lines.to_vec(), stepped_down: false }
    }

    #[test]
    fn what_comes_of_a_command() {
        assert_eq!(outcome(&Command::Promote, &said(&[]), Part::Passive), None);
        assert!(outcome(&Command::Promote, &said(&[]), SERVES).unwrap().is_ok());
        let refused = outcome(&Command::Promote, &said(&[Line::Cannot(Cannot::NoLink)]), Part::Passive);
        assert!(refused.unwrap().unwrap_err().contains("no link"));
        assert_eq!(outcome(&Command::Demote, &said(&[Line::HandingOver]), SERVES), None);
        assert!(outcome(&Command::Demote, &said(&[Line::HandingOver, Line::HandOverFailed]), SERVES).unwrap().is_err());
        let stepped_down = Since { lines: Vec::new(), stepped_down: true };
        assert!(outcome(&Command::Demote, &stepped_down, SERVES).unwrap().is_ok());
        let stakes = Line::Stakes { line: 1, position: 5, epoch: 2, holder: None, recorded: 9 };
        let force = |confirmed| Command::Force { confirmed };
        assert!(
            outcome(&force(false), &said(std::slice::from_ref(&stakes)), Part::Passive)
                .unwrap()
                .unwrap()
                .contains("at least 9")
        );
        assert_eq!(outcome(&force(true), &said(std::slice::from_ref(&stakes)), Part::Passive), None);
        assert!(outcome(&force(true), &said(&[stakes]), SERVES).unwrap().is_ok());
        assert!(late(&Command::Promote, Part::Passive).is_err());
    }
}

//! `@sink(type='tcp')`: a frame a message over Siddhi TCP, in order over one connection that is made again when it is lost.
//!
//! A frame's session is the message's [name](crate::names). With `ack='true'` the server, a Riddhi, is asked for acknowledgements:
//! a frame is kept until it has its answer and sent again over the next connection, where the server knows it by its name. Without,
//! a frame counts as sent when the system has taken it, as with Siddhi's sink, and may be lost with the connection.
//!
//! Invariants: the thread of the sinks waits for the server only when [`QUEUE_BYTES_MAX`] are kept, or to hand on all that is
//! kept; a server that moves nothing for [`STALL`] has failed; between attempts to connect the pauses grow up to [`PAUSE_MAX`].

mod link;
mod queue;

use std::time::{Duration, Instant};

use riddhi_plan::connector::ConnectorPlan;
use riddhi_plan::registry::{ConnectorSpec, OptionProblem, OptionSpec, OptionType, Payload};

use self::link::{Answers, Link, Way};
use self::queue::Queue;
use super::reach::Pauses;
use super::{OnError, Published, Sink, Unsent, on_error};
use crate::names::Names;
use crate::registry::{Setting, Stopping, option, required};
use crate::url::is_host_and_port;

/// Bytes that are kept at most, and what is handed over at once on top of them.
const QUEUE_BYTES_MAX: usize = 4 << 20;

/// Bytes that are kept before they are written.
const WRITE_BYTES: usize = 64 << 10;

/// Bytes of a message at most: a source of Riddhi's takes frames of 16 MiB.
const MESSAGE_BYTES_MAX: usize = (16 << 20) - 4096;

/// A server that takes and answers nothing for so long has failed.
const STALL: Duration = Duration::from_secs(10);

/// How often it is looked whether the end was asked for.
const LOOK: Duration = Duration::from_millis(100);

/// The pause after the first attempt to connect that failed; each next one is twice as long.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Its options.
pub(crate) fn spec() -> ConnectorSpec {
    use OptionType::{Bool, Number, Text};
    let options: Vec<OptionSpec> = vec![
        required("url", Text),
        option("sync", Bool),
        option("tcp.no.delay", Bool),
        option("keep.alive", Bool),
        option("worker.threads", Number(0, 1024)),
        option("ack", Bool),
        on_error::option(),
    ];
    ConnectorSpec { name: "tcp", options, payload: Payload::Bytes, properties: Vec::new(), check }
}

fn check(plan: &ConnectorPlan) -> Vec<OptionProblem> {
    let o = &plan.options;
    let mut found = on_error::check(plan);
    if let Some(Err(why)) = o.text("url").map(targets) {
        found.push(OptionProblem::wrong("url", why, "write it like tcp://host:9892/App/Stream"));
    }
    if o.number("worker.threads", 0) > 1 {
        let text = "Riddhi sends over one connection, by the thread of the app's sinks";
        found.push(OptionProblem::missing("worker.threads", text));
    }
    if o.flag("ack", false) && o.word("on.error", "wait") == "log" {
        let help = "leave one of them out; with `ack` the sink waits until the server has taken all";
        found.push(OptionProblem::wrong("on.error", "what is to be acknowledged cannot be given up", help));
    }
    found
}

/// The servers and their channel: `tcp://HOST:PORT/CHANNEL`, several with a comma between them.
fn targets(text: &str) -> Result<(Vec<String>, String), String> {
    let (mut servers, mut channel) = (Vec::new(), None);
    for url in text.split(',').map(str::trim) {
        let rest = url.strip_prefix("tcp://").ok_or_else(|| format!("'{url}' is no URL of tcp"))?;
        let (authority, path) = rest.split_once('/').ok_or_else(|| format!("'{url}' names no channel"))?;
        if !is_host_and_port(authority) {
            return Err(format!("'{url}' names no port"));
        }
        if path.is_empty() {
            return Err(format!("'{url}' names no channel"));
        }
        if channel.get_or_insert(path) != &path {
            return Err("the servers have different channels".to_owned());
        }
        servers.push(authority.to_owned());
    }
    Ok((servers, channel.unwrap_or_default().to_owned()))
}

/// Makes it.
pub(crate) fn make(plan: &ConnectorPlan, setting: &Setting) -> Box<dyn Sink> {
    let o = &plan.options;
    let (servers, channel) = o.text("url").and_then(|url| targets(url).ok()).unwrap_or_default();
    Box::new(Tcp {
        servers,
        channel: channel.into_bytes(),
        way: Way {
            no_delay: o.flag("tcp.no.delay", true),
            keep_alive: o.flag("keep.alive", true),
            asks: o.flag("ack", false),
        },
        sync: o.flag("sync", false),
        stopping: setting.stopping.clone(),
        queue: Queue::default(),
        name: Vec::new(),
        answers: Answers::default(),
        link: None,
        next: 0,
        pauses: Pauses::new(PAUSE, PAUSE_MAX),
    })
}

/// Sends frames.
struct Tcp {
    servers: Vec<String>,
    channel: Vec<u8>,
    way: Way,
    /// Whether all that it is given is handed on at once.
    sync: bool,
    stopping: Stopping,
    queue: Queue,
    /// The name of the message at hand.
    name: Vec<u8>,
    answers: Answers,
    link: Option<Link>,
    /// The server that is tried next.
    next: usize,
    pauses: Pauses,
}

impl Tcp {
    /// The connection, made if it is time for it.
    fn connect(&mut self) -> Result<(), String> {
        if self.link.is_some() {
            return Ok(());
        }
        if let Some(why) = self.pauses.why() {
            return Err(why.to_owned());
        }
        let mut why = "there is no server".to_owned();
        for _ in 0..self.servers.len() {
            match Link::open(&self.servers[self.next], &self.way, &self.stopping) {
                Ok(link) => {
                    self.link = Some(link);
                    self.queue.begin_anew();
                    return Ok(());
                }
                Err(e) => why = e,
            }
            self.next = (self.next + 1) % self.servers.len();
        }
        self.failed(&why);
        Err(why)
    }

    fn failed(&mut self, why: &str) {
        if self.link.take().is_some() {
            self.next = (self.next + 1) % self.servers.len();
        }
        self.pauses.failed(why);
    }

    /// Writes and reads what can be without waiting.
    fn step(&mut self) -> Result<bool, String> {
        self.connect()?;
        let Some(link) = &mut self.link else { return Ok(false) };
        let before = self.queue.bytes();
        let stepped = link.step(&mut self.queue, &mut self.answers);
        if self.queue.bytes() < before {
            // It is one that takes.
            self.pauses.end();
        }
        if let Err(why) = &stepped {
            self.failed(why);
        }
        stepped
    }

    /// Waits until no more than so many bytes are kept.
    fn until(&mut self, bytes: usize) -> Result<(), String> {
        let mut since = Instant::now();
        loop {
            if self.step()? {
                since = Instant::now();
            }
            if self.queue.bytes() <= bytes {
                return Ok(());
            }
            let Some(link) = &self.link else { continue };
            if since.elapsed() >= STALL || ((self.stopping)() && since.elapsed() >= 2 * LOOK) {
                let doing = if self.way.asks { "acknowledged" } else { "took" };
                let server = &self.servers[self.next];
                let why = format!("{server} {doing} nothing for {:.1} s", since.elapsed().as_secs_f32());
                self.failed(&why);
                return Err(why);
            }
            link.wait(link.may_write(&self.queue), LOOK);
        }
    }
}

impl Sink for Tcp {
    fn publish(&mut self, _: Option<&str>, what: Published<'_>, names: &Names<'_>) -> Result<(), Unsent> {
        let Published::Messages { out, .. } = what else { return Ok(()) };
        if self.queue.bytes() >= QUEUE_BYTES_MAX {
            self.until(QUEUE_BYTES_MAX / 2).map_err(Unsent::Unavailable)?;
        }
        let mut too_long = Vec::new();
        for (i, message) in out.messages().enumerate() {
            if message.len() > MESSAGE_BYTES_MAX {
                too_long.push(i);
                continue;
            }
            self.name.clear();
            names.push_of_message(out, i, &mut self.name);
            self.queue.push(&self.name, &self.channel, message, out.of[i].rows);
        }
        if self.sync {
            // What is kept goes with what comes next; nothing is taken twice.
            let _ = self.until(0);
        } else if self.queue.bytes() >= WRITE_BYTES {
            // Whoever must have it sent asks for that.
            let _ = self.step();
        }
        if too_long.is_empty() {
            return Ok(());
        }
        Err(Unsent::Partly(too_long, format!("a message of more than {MESSAGE_BYTES_MAX} bytes")))
    }

    fn flush(&mut self) -> Result<(), Unsent> {
        if self.queue.is_empty() { Ok(()) } else { self.until(0).map_err(Unsent::Unavailable) }
    }

    fn abandon(&mut self) -> u64 {
        self.link = None;
        self.queue.clear()
    }

    fn refused(&mut self) -> Option<(u64, String)> {
        let Answers { refused, reason } = std::mem::take(&mut self.answers);
        (refused > 0).then_some((refused, reason))
    }

    fn on_error(&self) -> OnError {
        if self.way.asks { OnError::Wait } else { OnError::Log }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_servers_and_a_channel() {
        let one = (vec!["h:1".to_owned()], "A/B/C".to_owned());
        assert_eq!(targets("tcp://h:1/A/B/C"), Ok(one));
        let two = (vec!["h:1".to_owned(), "[::1]:2".to_owned()], "A".to_owned());
        assert_eq!(targets("tcp://h:1/A, tcp://[::1]:2/A"), Ok(two));
        for wrong in [
            "",
            "h:1/A",
            "tcp://h:1",
            "tcp://h:1/",
            "tcp://h/A",
            "tcp://:1/A",
            "tcp://h:0/A",
            "tcp://a:1/A,tcp://b:1/B",
        ] {
            assert!(targets(wrong).is_err(), "{wrong}");
        }
    }
}

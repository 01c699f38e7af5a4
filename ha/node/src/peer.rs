//! The threads of the link: one that takes connections, one that makes them, and of each link a reader and a writer.

use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use riddhi_role::{Hello, Incarnation};
use riddhi_sync::{Access, HangUp, Link, LinkReader, LinkWriter, Message, accept, connect};

use crate::driver::Input;
use crate::inlet::{Inlet, Taken};
use crate::log::{Log, Next};
use crate::traffic::Meter;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(2);

/// Handshakes at a time at most; who comes beyond is turned away.
const HANDSHAKES_MAX: usize = 8;

/// What this node says of itself, kept up by the driver.
pub(crate) type Me = Arc<Mutex<Said>>;

/// What this node says of itself in a greeting, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub hello: Hello,
    /// How many links there had been.
    pub links: u64,
    /// Whether the last of them was up.
    pub up: bool,
}

fn said(me: &Me) -> Said {
    me.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Takes connections at the sync port, each greeted on a thread of its own.
pub(crate) fn listen(listener: TcpListener, access: Access, me: Me, to: Sender<Input>) -> std::io::Result<()> {
    let busy = Arc::new(());
    thread::Builder::new().name("riddhi-sync".into()).spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else {
                // No descriptor left, or the like: later.
                thread::sleep(Duration::from_millis(100));
                continue;
            };
            if Arc::strong_count(&busy) > HANDSHAKES_MAX {
                continue;
            }
            let (access, me, to, held) = (access.clone(), me.clone(), to.clone(), busy.clone());
            let _ = thread::Builder::new().name("riddhi-greet".into()).spawn(move || {
                let _held = held;
                let said = said(&me);
                greeted(accept(stream, &access, said.hello.clone()), said, &to);
            });
        }
    })?;
    Ok(())
}

/// Makes a connection to each address that is asked for.
pub(crate) fn dial(asked: Receiver<String>, access: Access, me: Me, to: Sender<Input>) -> std::io::Result<()> {
    thread::Builder::new().name("riddhi-dial".into()).spawn(move || {
        for address in asked {
            let found = address.to_socket_addrs().ok().and_then(|mut all| all.next());
            let stream = found.and_then(|a| TcpStream::connect_timeout(&a, CONNECT).ok());
            match stream {
                Some(stream) => {
                    let said = said(&me);
                    greeted(connect(stream, &access, said.hello.clone()), said, &to);
                }
                None => drop(to.send(Input::NoLink(None))),
            }
        }
    })?;
    Ok(())
}

fn greeted(link: Result<Link, riddhi_sync::LinkError>, said: Said, to: &Sender<Input>) {
    let _ = match link {
        Ok(link) => to.send(Input::Linked(link, said)),
        Err(riddhi_sync::LinkError::Io(_)) => to.send(Input::NoLink(None)),
        Err(error) => to.send(Input::NoLink(Some(error.to_string()))),
    };
}

/// Where records come from and go to.
#[derive(Clone)]
pub(crate) struct Ends {
    pub log: Arc<Log>,
    pub inlet: Arc<Inlet>,
    pub meter: Arc<Meter>,
}

/// A link in use.
pub(crate) struct Used {
    writer: Arc<Mutex<LinkWriter>>,
    end: Arc<HangUp>,
}

impl Used {
    /// Ends it. This must not wait for the writer, which may stand in a write that nobody takes for seconds.
    pub(crate) fn hang_up(&self) {
        self.end.now();
    }

    pub(crate) fn acknowledge(&self, incarnation: Incarnation, epoch: u64, position: u64) {
        let _ = acknowledge(&self.writer, incarnation, epoch, position);
    }
}

/// Starts reader and writer of a link. They end with it, and the driver is told.
pub(crate) fn start(
    link: Link,
    number: u64,
    incarnation: Incarnation,
    ends: Ends,
    to: Sender<Input>,
) -> std::io::Result<Used> {
    let (reader, writer, end) = link.split()?;
    let (writer, end) = (Arc::new(Mutex::new(writer)), Arc::new(end));
    let (out, records) = (writer.clone(), ends.clone());
    let (down, ended) = (to.clone(), end.clone());
    thread::Builder::new().name("riddhi-link-out".into()).spawn(move || {
        write(&records, number, &out);
        ended.now();
        let _ = down.send(Input::Down(number));
    })?;
    let (back, ended) = (writer.clone(), end.clone());
    thread::Builder::new().name("riddhi-link-in".into()).spawn(move || {
        if let Some(why) = read(reader, number, incarnation, &ends, &back, &to) {
            let _ = to.send(Input::Note(format!("warning: the link to the other node: {why}")));
        }
        ended.now();
        let _ = to.send(Input::Down(number));
    })?;
    Ok(Used { writer, end })
}

fn write(ends: &Ends, number: u64, writer: &Mutex<LinkWriter>) {
    let mut gathered = false;
    loop {
        let next = ends.log.next(number, !gathered);
        if let Next::Record(_, bytes) = &next {
            ends.meter.sent(bytes.len());
        }
        let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = match &next {
            Next::Over => return,
            Next::Nothing => {
                gathered = false;
                writer.flush()
            }
            other => {
                gathered = true;
                other.message().map_or(Ok(()), |message| writer.write(&message))
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

/// Reads until the link is broken; says why if it is worth a line.
fn read(
    mut reader: LinkReader,
    number: u64,
    incarnation: Incarnation,
    ends: &Ends,
    writer: &Mutex<LinkWriter>,
    to: &Sender<Input>,
) -> Option<String> {
    let mut owed = None;
    loop {
        let taken = match reader.read() {
            Err(riddhi_sync::LinkError::Io(_)) => return None,
            Err(error) => return Some(error.to_string()),
            Ok(Message::Machine(message)) => {
                to.send(Input::Message(number, message)).ok()?;
                None
            }
            Ok(Message::Acknowledge { incarnation, epoch, position }) => {
                ends.meter.heard();
                ends.log.acknowledged(incarnation, epoch, position);
                None
            }
            Ok(Message::Begin { epoch, after, anew }) => Some(Taken::Begin { epoch, after, anew }),
            Ok(Message::Record { position, bytes }) => Some(Taken::Record { position, bytes: bytes.into() }),
        };
        if let Some(taken) = taken {
            if let Taken::Record { bytes, .. } = &taken {
                ends.meter.received(bytes.len());
            }
            match ends.inlet.take(number, taken) {
                Ok(counts) => owed = counts.or(owed),
                Err(error) => return Some(error.to_string()),
            }
        }
        if !reader.has_more()
            && let Some((epoch, position)) = owed.take()
        {
            ends.meter.heard();
            acknowledge(writer, incarnation, epoch, position)?;
        }
    }
}

fn acknowledge(writer: &Mutex<LinkWriter>, incarnation: Incarnation, epoch: u64, position: u64) -> Option<()> {
    let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
    writer.write(&Message::Acknowledge { incarnation, epoch, position }).ok()?;
    writer.flush().ok()
}

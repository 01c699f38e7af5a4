//! The driver: tells the machine what happens, and carries out what it asks for, in its order.

mod acting;
mod linking;

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use riddhi_postgres::Options;
use riddhi_role::{Command, Config, Disk, Epoch, Event, Holder, Message, Position, Recovered, Role, Start, Status};
use riddhi_sync::{Access, Link};
use rustix::time::{ClockId, clock_gettime};

use crate::DataPath;
use crate::database::{self, Request};
use crate::duty::{self, Duty};
use crate::inlet::Inlet;
use crate::log::Log;
use crate::peer::{self, Me, Said, Used};
use crate::traffic::{Meter, Traffic, Troubles};
use crate::upbringing::Upbringing;

/// What waits for the driver at most; whoever has more waits, which the driver does for nobody.
const INPUTS: usize = 1024;

/// What a node of a pair is made of.
pub struct Setup {
    /// Its times.
    pub config: Config,
    /// This node, and this run of it.
    pub me: Holder,
    /// What an earlier run kept.
    pub disk: Disk,
    /// The records of an earlier run, if there are any.
    pub recovered: Option<Recovered>,
    /// Where to keep what is to be kept.
    pub folder: PathBuf,
    /// The group's name.
    pub group: String,
    /// The database.
    pub database: Options,
    /// Who may be linked.
    pub access: Access,
    /// The sync port.
    pub listener: TcpListener,
    /// Where the other node finds it.
    pub advertised: String,
}

/// What reaches the driver.
pub(crate) enum Input {
    Answer(Event, Option<String>),
    Linked(Link, Said),
    NoLink(Option<String>),
    Message(u64, Message),
    Down(u64),
    Note(String),
    Done(Event),
    Operator(Command),
    Failed(String),
    Stop,
}

/// The running driver, for others.
#[derive(Clone)]
pub struct Handle {
    to: Sender<Input>,
    status: Arc<Mutex<Status>>,
    log: Arc<Log>,
    meter: Arc<Meter>,
}

impl Handle {
    /// What the node is now.
    pub fn status(&self) -> Status {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What has gone between the nodes and to the database so far.
    pub fn traffic(&self) -> Traffic {
        let (position, confirmed) = self.log.seen();
        Traffic { position, confirmed, ..self.meter.read() }
    }

    /// What is wrong now beside the node.
    pub fn troubles(&self) -> Troubles {
        self.meter.troubles()
    }

    /// An operator's wish; what comes of it is said by a line.
    pub fn command(&self, command: Command) {
        let _ = self.to.send(Input::Operator(command));
    }

    /// Ends the driver.
    pub fn stop(&self) {
        let _ = self.to.send(Input::Stop);
    }
}

struct Driver {
    role: Role,
    path: Arc<dyn DataPath>,
    log: Arc<Log>,
    inlet: Arc<Inlet>,
    meter: Arc<Meter>,
    folder: PathBuf,
    me: Me,
    status: Arc<Mutex<Status>>,
    to: Sender<Input>,
    database: Sender<Request>,
    /// What opens and closes ports, in its order.
    duties: Sender<Duty>,
    dial: Sender<String>,
    dialled: Instant,
    peer: Option<String>,
    advertised: String,
    /// The link that is used, and its number.
    link: Option<(u64, Used)>,
    links: u64,
    /// The epoch under which the peer's records end, and where, as it said when the link came up.
    peer_ends: (Epoch, Position),
    upbringing: Upbringing,
    /// What was said last of a link that did not come about.
    refused: Option<String>,
}

/// Runs a node on a thread of its own. `ended` is called, with the reason, if the driver cannot go on.
///
/// # Errors
///
/// The system gives no thread.
pub fn run(
    setup: Setup,
    log: Arc<Log>,
    path: Arc<dyn DataPath>,
    ended: Box<dyn FnOnce(String) + Send>,
) -> io::Result<Handle> {
    let (to, from) = bounded(INPUTS);
    let now = now();
    let start = Start { me: setup.me, disk: setup.disk, recovered: setup.recovered };
    let recovered = start.recovered.unwrap_or_default();
    let tick = Duration::from_millis(setup.config.tick_ms().max(10) / 2);
    let within = Duration::from_millis((setup.config.ttl_ms() / 2).max(50));
    let (role, actions) = Role::start(setup.config, start, now);
    let me: Me = Arc::new(Mutex::new(Said { hello: role.hello(), links: 0, up: false }));
    let status = Arc::new(Mutex::new(role.status(now)));
    let meter: Arc<Meter> = Arc::default();
    let inlet = Arc::new(Inlet::new(path.clone(), recovered.line, recovered.position));
    let database =
        database::spawn(setup.database, setup.group, setup.advertised.clone(), within, to.clone(), meter.clone())?;
    let duties = duty::spawn(path.clone(), to.clone())?;
    let (dial, asked) = bounded(1);
    peer::dial(asked, setup.access.clone(), me.clone(), to.clone())?;
    peer::listen(setup.listener, setup.access, me.clone(), to.clone())?;
    let handle = Handle { to: to.clone(), status: status.clone(), log: log.clone(), meter: meter.clone() };
    let mut driver = Driver {
        role,
        path,
        log,
        inlet,
        meter,
        folder: setup.folder,
        me,
        status,
        to,
        database,
        duties,
        dial,
        dialled: Instant::now(),
        peer: None,
        advertised: setup.advertised,
        link: None,
        links: 0,
        peer_ends: (0, 0),
        upbringing: Upbringing::default(),
        refused: None,
    };
    thread::Builder::new().name("riddhi-role".into()).spawn(move || {
        let done = driver.carry_out(actions).and_then(|()| driver.turn(&from, tick));
        if let Err(why) = done {
            ended(why);
        }
    })?;
    Ok(handle)
}

/// Milliseconds of the boot clock, which goes on while the machine sleeps.
fn now() -> u64 {
    let time = clock_gettime(ClockId::Boottime);
    time.tv_sec as u64 * 1000 + time.tv_nsec as u64 / 1_000_000
}

impl Driver {
    fn turn(&mut self, from: &Receiver<Input>, tick: Duration) -> Result<(), String> {
        let mut ticked = Instant::now();
        loop {
            match from.recv_timeout(tick.saturating_sub(ticked.elapsed())) {
                Ok(Input::Stop) => {
                    self.close_link();
                    return Ok(());
                }
                Ok(input) => self.take(input)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            // The time is told when what waits has been told, lest the own sleep be taken for the peer's silence.
            if ticked.elapsed() >= tick && from.is_empty() {
                ticked = Instant::now();
                self.tell_positions()?;
                self.tell(Event::Tick)?;
                self.find_peer();
            }
        }
    }

    fn take(&mut self, input: Input) -> Result<(), String> {
        match input {
            Input::Answer(event, peer) => {
                self.peer = peer.or_else(|| self.peer.take());
                self.tell(event)
            }
            Input::Linked(link, said) => self.linked(link, &said),
            Input::NoLink(why) => {
                if let Some(why) = why.filter(|why| self.refused.as_ref() != Some(why)) {
                    self.path.note(&format!("warning: no link to the other node: {why}"));
                    self.meter.set_trouble(|t| t.link = Some(why.clone()));
                    self.refused = Some(why);
                }
                Ok(())
            }
            Input::Message(link, message) if self.is_link(link) => self.tell(Event::Message(message)),
            Input::Down(link) if self.is_link(link) => {
                self.close_link();
                self.tell(Event::LinkDown)
            }
            Input::Message(..) | Input::Down(_) => Ok(()),
            Input::Note(text) => {
                self.path.note(&text);
                Ok(())
            }
            Input::Done(event) => {
                self.tell_positions()?;
                self.tell(event)
            }
            Input::Operator(command) => self.tell(Event::Operator(command)),
            Input::Failed(why) => Err(why),
            Input::Stop => Ok(()),
        }
    }

    fn tell_positions(&mut self) -> Result<(), String> {
        if self.role.hello().active {
            let (position, (incarnation, acked)) = (self.log.position(), self.log.acked());
            self.tell(Event::Appended { position })?;
            if incarnation.0 != 0 {
                self.tell(Event::Acknowledged { incarnation, position: acked })?;
            }
        } else if let Some((epoch, position)) = self.inlet.news() {
            self.tell(Event::Received { epoch, position })?;
        }
        Ok(())
    }

    fn tell(&mut self, event: Event) -> Result<(), String> {
        let actions = self.role.step(event, now());
        self.carry_out(actions)
    }
}
